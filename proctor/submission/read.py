"""From a file's bytes, whatever they are, to a notebook, or to the reason why they are none and what mends it."""

import json
import os
import re
import stat
import warnings
from itertools import islice
from pathlib import Path
from typing import Literal, TypeVar

import msgspec
import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from proctor.errors import AGAIN, NotExaminable
from proctor.sandbox.files import READ, Linked, open_below

MAX_SIZE = 128 * 2**20  # bytes of a notebook's file, most of them outputs, which are not read
MAX_OLD = 2 * 2**20  # bytes of one in an older format, which is read whole
MAX_RECODED = 32 * 2**20  # bytes of a file in another encoding than UTF-8, which takes up to seven times as much memory
MAX_ODD = 1_000_000  # of what isn't JSON in a file
MAX_CELLS = 2000
MAX_SOURCES = 5 * 2**20  # bytes of all cells' sources, as they stand in the file
MAX_FACTS = 2 * 1024  # bytes of what nbgrader notes of a cell
MAX_ATTACHMENTS = 8 * 2**20  # bytes of those of one cell
MAX_QUOTES = 1000  # in them: each picture has six
MAX_CONFLICTS = 5  # that a message tells of
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
CONFLICT = re.compile(rb"^<{7}", re.MULTILINE)
KINDS = {b"PK\x03\x04": "a zip archive", b"%PDF": "a PDF", b"<": "a web page"}  # of files, by what they begin with
SAVE = f"open it in JupyterLab, save it, and {AGAIN}"
CLEAR = f"open it in JupyterLab, clear all outputs, save, and {AGAIN}"
ID = re.compile(rb'"([a-zA-Z0-9_-]{1,64})"')
# What Python writes and JSON hasn't, each up to its end, in time that grows with the bytes alone: NaN and infinity outside
# of strings, and half of a letter within one.
NO_NUMBER = re.compile(rb'(?:[^"NI-]++|-(?!I)|"(?:[^"\\]++|\\.?)*+"?)*+(?:(NaN|-?Infinity)|.|\Z)', re.DOTALL)
HALF = re.compile(
    rb"(?<!\\)(?:\\\\)*+(?:\\u[dD][89abAB]..\\u[dD][c-fC-F]..|(\\u[dD][89a-fA-F]..))",
    re.DOTALL,
)
NOTHING = msgspec.Raw(b"{}")
T = TypeVar("T")


class _Metadata(msgspec.Struct):
    """What is read of a cell's metadata: what nbgrader notes there."""

    nbgrader: msgspec.Raw = NOTHING


class _Cell(msgspec.Struct, gc=False):
    """What is read of a cell; everything else, outputs above all, is passed over.

    What may be of any size stays as it is in the file: as objects it would take up to thirty times as much.
    """

    cell_type: Literal["code", "markdown", "raw"]
    source: msgspec.Raw
    id: msgspec.Raw = NOTHING
    metadata: msgspec.Raw = NOTHING
    attachments: msgspec.Raw = NOTHING


class _Notebook(msgspec.Struct):
    cells: list[_Cell]


class _Format(msgspec.Struct):
    nbformat: int = 4


def parse(path: Path) -> NotebookNode:
    """The notebook at `path`, without outputs. Raises `NotExaminable` where it is none."""
    return notebook_in(bytes_of(path))[0]


def bytes_of(path: Path, depth: int = 0) -> bytes:
    """What is in a file that should be a notebook. Raises `NotExaminable` where it can't be read, or is too large.

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
        raise NotExaminable(f"it can't be read: {error.strerror}") from None
    try:
        facts = os.fstat(file)
        if stat.S_ISDIR(facts.st_mode):
            raise NotExaminable("it is a folder: name a notebook in it")
        if not stat.S_ISREG(facts.st_mode):
            raise NotExaminable("it is no plain file")
        if not facts.st_size:
            raise NotExaminable("it is empty", AGAIN)
        if facts.st_size > MAX_SIZE:
            raise NotExaminable(f"it is larger than {MAX_SIZE // 2**20} MiB", CLEAR)
        with open(file, "rb", closefd=False) as opened:
            return opened.read()
    finally:
        os.close(file)


def notebook_in(data: bytes) -> tuple[NotebookNode, list[str]]:
    """The notebook in a file's bytes, and what is odd about how it was saved. Raises `NotExaminable` where it is none."""
    encoding = json.detect_encoding(data).upper()
    try:
        try:
            plain = encoding.startswith("UTF-8")
            made = _read(data.removeprefix(BYTE_ORDER_MARK) if plain else _recoded(data, encoding))
        except UnicodeDecodeError:
            encoding = "Windows-1252"
            made = _read(_recoded(data, encoding))
    except (NotExaminable, MemoryError):
        raise
    except Exception as error:  # whatever it is that these bytes can make go wrong
        raise _why(data, error) from None
    return made, [] if encoding.startswith("UTF-8") else [f"it was saved as {encoding}, and read so"]


def _recoded(data: bytes, encoding: str) -> bytes:
    if len(data) > MAX_RECODED:
        raise NotExaminable(f"it is saved as {encoding}, and larger than {MAX_RECODED // 2**20} MiB", CLEAR)
    return data.decode(encoding, "replace").encode()


def _read(data: bytes) -> NotebookNode:
    try:
        found = msgspec.json.decode(data, type=_Notebook)
    except msgspec.ValidationError:
        found = msgspec.json.decode(_upgraded(data), type=_Notebook)
    except msgspec.DecodeError:
        found = msgspec.json.decode(_mended(data), type=_Notebook)
    if len(found.cells) > MAX_CELLS:
        raise NotExaminable(f"it has {len(found.cells)} cells, more than {MAX_CELLS}")
    if sum(len(memoryview(cell.source)) for cell in found.cells) > MAX_SOURCES:
        raise NotExaminable(f"its cells' texts, without what they show, are larger than {MAX_SOURCES // 2**20} MiB")
    # of what the notebook says of itself nothing is needed
    return nbformat.v4.new_notebook(cells=[_cell(cell) for cell in found.cells], nbformat_minor=5)


def _upgraded(data: bytes) -> bytes:
    """A notebook in a format before the fourth, brought up to date by nbformat; any other as it is."""
    if len(data) > MAX_OLD or msgspec.json.decode(data, type=_Format).nbformat >= 4:
        return data
    with warnings.catch_warnings(action="ignore"):
        return nbformat.writes(nbformat.reads(data.decode(), as_version=4)).encode()


def _mended(data: bytes) -> bytearray:
    """The same in proper JSON, as long as it was: 0 for what is no number, which only outputs hold, and � for half a letter."""
    made = bytearray(data)
    for pattern, instead in ((NO_NUMBER, b"0        "), (HALF, rb"\ufffd")):
        for number, found in enumerate(pattern.finditer(data)):
            if number > MAX_ODD:
                raise NotExaminable(f"it is no JSON in more than {MAX_ODD:,} places", CLEAR)
            if found[1]:
                made[slice(*found.span(1))] = instead[: len(found[1])]
    return made


def _cell(cell: _Cell) -> NotebookNode:
    source = "".join(msgspec.json.decode(cell.source, type=str | list[str]))
    source = re.sub("\r\n?", "\n", source)  # as other systems end lines
    made = NotebookNode(cell_type=cell.cell_type, source=source, metadata=NotebookNode())
    noted = _part(cell.metadata, MAX_SIZE, _Metadata) or _Metadata()
    if facts := _part(noted.nbgrader, MAX_FACTS, dict):
        made.metadata.nbgrader = nbformat.from_dict(facts)
    if cell.cell_type == "code":
        made |= {"outputs": [], "execution_count": None}
    elif bytes(cell.attachments).count(b'"') <= MAX_QUOTES and (
        pictures := _part(cell.attachments, MAX_ATTACHMENTS, dict[str, dict[str, str]])
    ):
        made.attachments = nbformat.from_dict(pictures)
    made.id = found[1].decode() if (found := ID.fullmatch(cell.id)) else new_code_cell().id
    return made


def _part(raw: msgspec.Raw, most: int, kind: type[T]) -> T | None:
    """A part of a cell; None where it takes more bytes than `most`, or is of another kind."""
    try:
        return msgspec.json.decode(raw, type=kind) if len(memoryview(raw)) <= most else None
    except (ValueError, RecursionError):
        return None


def _why(data: bytes, error: Exception) -> NotExaminable:
    """Why these bytes are no notebook, and what to do."""
    start, conflicts = data.lstrip()[:8], islice(CONFLICT.finditer(data), MAX_CONFLICTS)
    if lines := ", ".join(str(data.count(b"\n", 0, found.start()) + 1) for found in conflicts):
        reason, remedy = f"git left merge-conflict markers at lines {lines}", f"choose one side, save, and {AGAIN}"
    elif kind := next((kind for mark, kind in KINDS.items() if start.startswith(mark)), ""):
        reason, remedy = f"it is {kind}", "hand in the .ipynb file itself"
    elif not start.startswith(b"{"):
        reason, remedy = "it doesn't begin as a notebook does", SAVE
    elif data.rstrip()[-1:] != b"}" or "truncated" in str(error):
        line = data.count(b"\n") + 1
        reason, remedy = (
            f"the file ends in the middle, in line {line}, as when a download or an upload breaks off",
            AGAIN,
        )
    elif isinstance(error, RecursionError):
        reason, remedy = "a part of it is nested too deep", CLEAR
    elif isinstance(error, msgspec.ValidationError):
        reason, remedy = f"it is none of today's format ({str(error)[:200]})", SAVE
    else:
        reason = f"it can't be read ({type(error).__name__}: {str(error)[:200]})"
        remedy = f"open it in JupyterLab, mend it or take an earlier copy, save, and {AGAIN}"
    return NotExaminable(f"it is not a notebook: {reason}", remedy)
