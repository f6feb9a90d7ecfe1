"""From a file's bytes, whatever they are, to a notebook, or to the reason why they are none and what mends it."""

import json
import os
import re
import stat
import warnings
from itertools import count
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
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
CONFLICT = re.compile(rb"^<{7}", re.MULTILINE)
KINDS = {b"PK\x03\x04": "a zip archive", b"%PDF": "a PDF", b"<": "a web page"}  # of files, by what they begin with
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


class _Notebook(msgspec.Struct):
    cells: list[_Cell]


class _Format(msgspec.Struct):
    nbformat: int = 4


def parse(path: Path) -> NotebookNode:
    """The notebook at `path`, without outputs. Raises `NotExaminable` where it is none."""
    return notebook_in(bytes_of(path))[0]


def bytes_of(path: Path, depth: int = 0) -> bytes:
    """The bytes of a file that should be a notebook. Raises `NotExaminable` where it can't be read, or is too large.

    For `depth`, see `proctor.sandbox.files.open_below`: a file that was handed in is no link, nor in a linked folder.
    """
    try:
        # here, a link may lead to a notebook of one's own
        file = open_below(path, depth) if depth else os.open(path, READ & ~getattr(os, "O_NOFOLLOW", 0))
    except Linked:
        raise NotExaminable("it is a link to another file", "hand in the file itself") from None
    except FileNotFoundError:
        raise NotExaminable("there is no such file") from None
    except OSError as error:
        # Windows opens no folder
        why = "it is a folder: name a notebook in it" if path.is_dir() else f"it can't be read: {error.strerror}"
        raise NotExaminable(why) from None
    try:
        facts = os.fstat(file)
        if stat.S_ISDIR(facts.st_mode):
            raise NotExaminable("it is a folder: name a notebook in it")
        if not stat.S_ISREG(facts.st_mode):
            raise NotExaminable("it is no plain file")
        if not facts.st_size:
            raise NotExaminable("it is empty", hand_in=True)
        if facts.st_size > MAX_SIZE:
            raise NotExaminable(f"it is larger than {MAX_SIZE // 2**20} MiB", CLEAR, hand_in=True)
        with open(file, "rb", closefd=False) as opened:
            return opened.read()
    finally:
        os.close(file)


def notebook_in(data: bytes) -> tuple[NotebookNode, list[Note]]:
    """The notebook in a file's bytes, and what is odd about how it was saved. Raises `NotExaminable` where it is none."""
    encoding = json.detect_encoding(data).upper()
    try:
        try:
            plain = encoding.startswith("UTF-8")
            made = _read(data.removeprefix(BYTE_ORDER_MARK) if plain else data.decode(encoding, "replace").encode())
        except UnicodeDecodeError:
            encoding = "Windows-1252"
            made = _read(data.decode(encoding, "replace").encode())
    except (NotExaminable, MemoryError):
        raise
    except Exception as error:  # whatever it is that these bytes can make go wrong
        raise _why(data, error) from None
    return made, [] if encoding.startswith("UTF-8") else [Code.ENCODING(encoding=encoding)]


def _read(data: bytes) -> NotebookNode:
    try:
        found = msgspec.json.decode(data, type=_Notebook)
    except msgspec.ValidationError:
        found = msgspec.json.decode(_upgraded(data), type=_Notebook)
    except msgspec.DecodeError:
        found = msgspec.convert(_as_python_reads(data), type=_Notebook)
    sources = [cell.source if isinstance(cell.source, str) else "".join(cell.source) for cell in found.cells]
    if len(sources) > MAX_CELLS:
        raise NotExaminable(f"it has {len(sources)} cells, more than {MAX_CELLS}")
    if sum(map(len, sources)) > MAX_SOURCES:
        raise NotExaminable(f"its cells' texts, without what they show, are larger than {MAX_SOURCES // 2**20} MiB")
    # of what the notebook says of itself nothing is needed
    cells = list(map(_cell, count(), found.cells, sources))
    return NotebookNode(cells=cells, metadata=NotebookNode(), nbformat=4, nbformat_minor=5)


def _upgraded(data: bytes) -> bytes:
    """A notebook in a format before the fourth, brought up to date by nbformat; any other as it is."""
    if msgspec.json.decode(data, type=_Format).nbformat >= 4:
        return data
    with warnings.catch_warnings(action="ignore"):
        return nbformat.writes(nbformat.reads(data.decode(), as_version=4)).encode()


def _as_python_reads(data: bytes) -> Any:
    """A notebook with NaN or infinities, which JSON hasn't and only outputs hold, or half of a letter, which becomes �."""
    found = json.loads(data, parse_constant=lambda _: 0)
    for cell in found["cells"]:
        cell.pop("outputs", None)
    return json.loads(HALF.sub("\N{REPLACEMENT CHARACTER}", json.dumps(found, ensure_ascii=False)))


def _cell(number: int, cell: _Cell, source: str) -> NotebookNode:
    # as other systems end lines
    made = NotebookNode(cell_type=cell.cell_type, source=re.sub("\r\n?", "\n", source), metadata=NotebookNode())
    facts = cell.metadata.get("nbgrader") if isinstance(cell.metadata, dict) else None
    if isinstance(facts, dict):
        made.metadata.nbgrader = NotebookNode(facts)
    if cell.cell_type == "code":
        made |= {"outputs": [], "execution_count": None}
    elif pictures := _pictures(cell.attachments):
        made.attachments = pictures
    made.id = cell.id if isinstance(cell.id, str) and ID.fullmatch(cell.id) else f"cell-{number}"
    return made


def _pictures(attachments: Any) -> dict[str, dict[str, str]]:
    """The attachments of a cell, if they are text by name and kind, as pictures are."""
    try:
        return msgspec.convert(attachments, dict[str, dict[str, str]])
    except msgspec.ValidationError:
        return {}


def _why(data: bytes, error: Exception) -> NotExaminable:
    """Why these bytes are no notebook, and what to do."""
    start, hand_in = data.lstrip()[:8], True
    if conflict := CONFLICT.search(data):
        line = data.count(b"\n", 0, conflict.start()) + 1
        reason = f"git left merge-conflict markers at line {line}"
        remedy = "choose one side, save"
    elif kind := next((kind for mark, kind in KINDS.items() if start.startswith(mark)), ""):
        reason, remedy, hand_in = f"it is {kind}", "hand in the .ipynb file itself", False
    elif not start.startswith(b"{"):
        reason, remedy = "it doesn't begin as a notebook does", SAVE
    elif data.rstrip()[-1:] != b"}" or CUT_OFF in str(error):
        line = data.count(b"\n") + 1
        reason = f"the file ends in the middle, in line {line}, as when a download or an upload breaks off"
        remedy = ""
    elif isinstance(error, RecursionError):
        reason, remedy = "a part of it is nested too deep", CLEAR
    elif isinstance(error, msgspec.ValidationError):
        reason, remedy = f"it is none of today's format ({str(error)[:200]})", SAVE
    else:
        reason = f"it can't be read ({type(error).__name__}: {str(error)[:200]})"
        remedy = "open it in JupyterLab, mend it or take an earlier copy, save"
    return NotExaminable(f"it is not a notebook: {reason}", remedy, hand_in)
