"""Makes a notebook of a file's bytes, or gives the reason why they are none, with a remedy."""

import codecs
import contextlib
import json
import os
import re
import stat
import warnings
from pathlib import Path
from typing import Any, Literal

import msgspec
import nbformat
from nbformat import NotebookNode

from proctor.course.codes import Code, Note
from proctor.course.foreign import CUT_OFF
from proctor.errors import NotExaminable
from proctor.sandbox.files import READ, Linked, open_below

MAX_SIZE = 128 * 2**20  # bytes of a notebook's file, most of them outputs, which are not read
MAX_CELLS = 2000
MAX_SOURCES = 5 * 2**20  # characters of all cells' sources
CONFLICT = re.compile(rb"^<{7}", re.MULTILINE)
# of files, by their first bytes
KINDS = {b"PK\x03\x04": "a zip archive", b"%PDF": "a PDF", b"<": "a web page"}
SAVE = "open it in JupyterLab, save it"
CLEAR = "open it in JupyterLab, clear all outputs, save"
ID = re.compile("[a-zA-Z0-9_-]{1,64}")
HALF = re.compile("[\ud800-\udfff]")  # of a letter, which Python reads and no file can hold


class _Cell(msgspec.Struct, gc=False):
    """The part of a cell that is read; everything else, outputs above all, is passed over."""

    cell_type: Literal["code", "markdown", "raw"]
    source: str | list[str]
    id: Any = None
    metadata: Any = None
    attachments: Any = None


class _Metadata(msgspec.Struct):
    nbgrader: dict


class _Notebook(msgspec.Struct):
    cells: list[_Cell]


class _Format(msgspec.Struct):
    nbformat: int = 4


def parse(path: Path) -> NotebookNode:
    """The notebook at `path`, without outputs. Raises `NotExaminable` if there is none."""
    return notebook_in(bytes_of(path))[0]


def bytes_of(path: Path, depth: int = 0) -> bytes:
    """The bytes of a file that should be a notebook.

    Raises `NotExaminable` if it can't be read, or is too large.

    For `depth`, see `proctor.sandbox.files.open_below`: a file that was handed in is no link, nor
    in a linked folder.
    """

    def opener(name: str, _: int) -> int:
        if depth:
            return open_below(path, depth)
        # a learner's own link may lead to a notebook
        return os.open(name, READ & ~getattr(os, "O_NOFOLLOW", 0))

    try:
        with open(path, "rb", opener=opener) as file:
            facts = os.fstat(file.fileno())
            if not stat.S_ISREG(facts.st_mode):
                raise NotExaminable("it is no plain file")
            if not facts.st_size:
                raise NotExaminable("it is empty", hand_in=True)
            if facts.st_size > MAX_SIZE:
                raise NotExaminable(
                    f"it is larger than {MAX_SIZE // 2**20} MiB", CLEAR, hand_in=True
                )
            return file.read()
    except Linked:
        raise NotExaminable("it is a link to another file", "hand in the file itself") from None
    except FileNotFoundError:
        raise NotExaminable("there is no such file") from None
    except OSError as error:
        why = f"it can't be read: {error.strerror}"
        # Python opens no folder
        if path.is_dir():
            why = "it is a folder: name a notebook in it"
        raise NotExaminable(why) from None


def notebook_in(data: bytes) -> tuple[NotebookNode, list[Note]]:
    """The notebook in a file's bytes, and a note on an unusual encoding.

    Raises `NotExaminable` if there is none.
    """
    encoding = json.detect_encoding(data).upper()
    try:
        if encoding.startswith("UTF-8"):
            with contextlib.suppress(UnicodeDecodeError):
                return _read(data.removeprefix(codecs.BOM_UTF8)), []
            encoding = "Windows-1252"
        return _read(data.decode(encoding, "replace").encode()), [Code.ENCODING(encoding=encoding)]
    except (NotExaminable, MemoryError):
        raise
    except Exception as error:  # anything that these bytes can make go wrong
        raise _why(data, error) from None


def _read(data: bytes) -> NotebookNode:
    try:
        found = msgspec.json.decode(data, type=_Notebook)
    except msgspec.ValidationError:
        found = msgspec.json.decode(_upgraded(data), type=_Notebook)
    except msgspec.DecodeError:
        found = msgspec.convert(_as_python_reads(data), type=_Notebook)
    if len(found.cells) > MAX_CELLS:
        raise NotExaminable(f"it has {len(found.cells)} cells, more than {MAX_CELLS}")
    # nothing is needed that the notebook says of itself
    cells = [_cell(number, cell) for number, cell in enumerate(found.cells)]
    if sum(len(cell.source) for cell in cells) > MAX_SOURCES:
        raise NotExaminable(
            f"its cells' texts, without their outputs, are larger than {MAX_SOURCES // 2**20} MiB"
        )
    return NotebookNode(cells=cells, metadata=NotebookNode(), nbformat=4, nbformat_minor=5)


def _upgraded(data: bytes) -> bytes:
    """A notebook in a format before the fourth, brought up to date by nbformat; any other as it
    is.
    """
    if msgspec.json.decode(data, type=_Format).nbformat >= 4:
        return data
    with warnings.catch_warnings(action="ignore"):
        return nbformat.writes(nbformat.reads(data.decode(), as_version=4)).encode()


def _as_python_reads(data: bytes) -> Any:
    """A notebook with NaN or infinities, which JSON hasn't and only outputs hold, or half of a
    letter, which becomes �.
    """
    found = json.loads(data, parse_constant=lambda _: 0)
    for cell in found["cells"]:
        cell.pop("outputs", None)
    return json.loads(HALF.sub("\N{REPLACEMENT CHARACTER}", json.dumps(found, ensure_ascii=False)))


def _cell(number: int, cell: _Cell) -> NotebookNode:
    # lines end differently on other systems
    source = cell.source if isinstance(cell.source, str) else "".join(cell.source)
    source = re.sub("\r\n?", "\n", source)
    made = NotebookNode(cell_type=cell.cell_type, source=source, metadata=NotebookNode())
    with contextlib.suppress(msgspec.ValidationError):
        facts = msgspec.convert(cell.metadata, _Metadata).nbgrader
        made.metadata.nbgrader = NotebookNode(facts)
    if cell.cell_type == "code":
        made |= {"outputs": [], "execution_count": None}
    else:
        with contextlib.suppress(msgspec.ValidationError):
            # pictures are text, by name and kind
            made.attachments = msgspec.convert(cell.attachments, dict[str, dict[str, str]])
    made.id = f"cell-{number}"
    if isinstance(cell.id, str) and ID.fullmatch(cell.id):
        made.id = cell.id
    return made


def _why(data: bytes, error: Exception) -> NotExaminable:
    """The reason why these bytes are no notebook, with a remedy."""
    start = data.lstrip()[:8]
    hand_in = True
    remedy = SAVE
    if conflict := CONFLICT.search(data):
        line = data.count(b"\n", 0, conflict.start()) + 1
        reason = f"git left merge-conflict markers at line {line}"
        remedy = "choose one side, save"
    elif kind := next((kind for mark, kind in KINDS.items() if start.startswith(mark)), ""):
        reason = f"it is {kind}"
        remedy = "hand in the .ipynb file itself"
        hand_in = False
    elif not start.startswith(b"{"):
        reason = "it doesn't begin as a notebook does"
    elif data.rstrip()[-1:] != b"}" or CUT_OFF in str(error):
        line = data.count(b"\n") + 1
        reason = f"the file ends in the middle, in line {line}, as when a download or an upload breaks off"
        remedy = ""
    elif isinstance(error, RecursionError):
        reason = "a part of it is nested too deep"
        remedy = CLEAR
    elif isinstance(error, msgspec.ValidationError):
        reason = f"it is none of today's format ({str(error)[:200]})"
    else:
        reason = f"it can't be read ({type(error).__name__}: {str(error)[:200]})"
        remedy = "open it in JupyterLab, mend it or take an earlier copy, save"
    return NotExaminable(f"it is not a notebook: {reason}", remedy, hand_in)
