"""Reading a submission's file: whatever its bytes are, a notebook or a reason why it is none."""

import re
import warnings
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from proctor.course import Assignment, assignment_of, find_course


class NotExaminable(Exception):
    """The file is no notebook of this course; the message says why."""


MAX_SIZE = 256 * 2**20  # bytes of a notebook's file, most of them outputs, which are not read
MAX_OLD = 2 * 2**20  # bytes of one in an older format, which is read whole
MAX_CELLS = 2000
MAX_FACTS = 64 * 1024  # bytes of what nbgrader notes of a cell
MAX_ATTACHMENTS = 8 * 2**20
ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
HALF = re.compile(  # of a character, in JSON's spelling; or what stays
    rb"(?:\\\\)++|\\u[dD][89abAB]..\\u[dD][c-fC-F]..|(?P<odd>\\u[dD][89abAB]..|\\u[dD][c-fC-F]..)"
)
NO_NUMBER = re.compile(  # or strings, which stay
    rb'(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"NI-]*+)++|(?P<odd>-?(?:NaN|Infinity)\b)', re.DOTALL
)
NOTHING = msgspec.Raw(b"{}")


class _Facts(msgspec.Struct):
    """What is read of a cell's metadata: what nbgrader notes there."""

    nbgrader: msgspec.Raw = NOTHING


class _Cell(msgspec.Struct):
    """What is read of a cell; everything else, outputs above all, is passed over."""

    cell_type: str
    source: str | list[str]
    id: Any = None
    metadata: msgspec.Raw = NOTHING
    attachments: msgspec.Raw = NOTHING


class _Notebook(msgspec.Struct):
    cells: list[_Cell]
    nbformat: int = 4


def parse(path: Path) -> NotebookNode:
    """The notebook at `path`, in today's format and without outputs. Raises `NotExaminable` where it is none."""
    try:
        if path.is_dir():
            raise NotExaminable("it is a folder: name a notebook in it")
        if not path.is_file():
            raise NotExaminable("there is no such file")
        if not path.stat().st_size:
            raise NotExaminable("it is empty")
        if path.stat().st_size > MAX_SIZE:
            raise NotExaminable(f"it is larger than {MAX_SIZE // 2**20} MiB")
        data = _replaced(HALF, b"\\u003f", path.read_bytes().removeprefix(b"\xef\xbb\xbf"))  # half of one becomes `?`
        try:
            found = _decode(data)
        except msgspec.ValidationError:
            return _parse_old(data)
        if len(found.cells) > MAX_CELLS:
            raise NotExaminable(f"it has {len(found.cells)} cells, more than {MAX_CELLS}")
        return _made_of(found.cells)
    except NotExaminable:
        raise
    except Exception as error:  # whatever it is that these bytes can make go wrong
        raise NotExaminable(f"it is not a notebook ({type(error).__name__}: {str(error)[:200]})") from None


def _replaced(pattern: re.Pattern, by: bytes, data: bytes) -> bytes | bytearray:
    """`data` with another text, and blanks up to the old length, wherever the pattern finds something odd.

    In place: `re.sub` would make objects of all that it finds, gigabytes of them in a notebook of 256 MiB.
    """
    found = pattern.finditer(data)
    if (first := next((match for match in found if match["odd"]), None)) is None:
        return data
    changed = bytearray(data)
    for match in chain([first], found):
        if match["odd"]:
            start, end = match.span()
            changed[start:end] = by.ljust(end - start)
    return changed


def _decode(data: bytes | bytearray) -> _Notebook:
    """What is read of a notebook; its outputs may hold NaN, which is no JSON, but which Python writes."""
    try:
        return msgspec.json.decode(data, type=_Notebook)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        return msgspec.json.decode(_replaced(NO_NUMBER, b"0", data), type=_Notebook)


def _made_of(cells: list[_Cell]) -> NotebookNode:
    """A notebook of these cells. Of what it says of itself nothing is needed."""
    made, seen = [], set()
    for cell in map(_cell, cells):
        if cell.id in seen:
            cell.id = new_code_cell().id
        seen.add(cell.id)
        made.append(cell)
    return nbformat.v4.new_notebook(cells=made, nbformat_minor=5)


def _cell(cell: _Cell) -> NotebookNode:
    source = cell.source if isinstance(cell.source, str) else "".join(cell.source)
    source = re.sub("\r\n?", "\n", source)  # as other systems end lines
    made = NotebookNode(cell_type=cell.cell_type, source=source, metadata=NotebookNode())
    if facts := _facts(_noted(cell.metadata), MAX_FACTS):
        made.metadata.nbgrader = facts
    if cell.cell_type == "code":
        made |= {"outputs": [], "execution_count": None}
    elif cell.cell_type not in ("markdown", "raw"):
        raise NotExaminable(f"it holds a cell of the unknown type {cell.cell_type[:40]!r}")
    elif attachments := _facts(cell.attachments, MAX_ATTACHMENTS):
        bundles = {name: bundle for name, bundle in attachments.items() if isinstance(bundle, dict)}
        made.attachments = NotebookNode(
            {
                name: {mime: data for mime, data in bundle.items() if isinstance(data, str)}
                for name, bundle in bundles.items()
            }
        )
    made.id = cell.id if isinstance(cell.id, str) and ID.fullmatch(cell.id) else new_code_cell().id
    return made


def _noted(metadata: msgspec.Raw) -> msgspec.Raw:
    """What nbgrader notes in a cell's metadata; nothing where there is none, or no metadata."""
    try:
        return msgspec.json.decode(metadata, type=_Facts).nbgrader
    except (msgspec.MsgspecError, RecursionError):
        return NOTHING


def _facts(raw: msgspec.Raw, most: int) -> NotebookNode:
    """An object as it was sent; an empty one where it is too large, or none."""
    try:
        found = nbformat.from_dict(msgspec.json.decode(raw)) if len(bytes(raw)) <= most else None
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, NotebookNode) else NotebookNode()


def _parse_old(data: bytes | bytearray) -> NotebookNode:
    """A notebook in a format before the fourth, brought up to date by nbformat."""
    if len(data) > MAX_OLD:
        raise ValueError("not in a format that is known")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        notebook = nbformat.reads(data.decode(), as_version=4)
    if not all(isinstance(cell.get("source"), str) for cell in notebook.cells) or len(notebook.cells) > MAX_CELLS:
        raise ValueError("a cell without a type or a source: open it in JupyterLab and save it again")
    plain = [
        {key: cell.get(key) for key in ("cell_type", "source", "metadata") if key in cell} for cell in notebook.cells
    ]
    return _made_of([msgspec.convert(_raw(cell), _Cell) for cell in plain])


def _raw(cell: dict) -> dict:
    return cell | {"metadata": msgspec.Raw(msgspec.json.encode(cell.get("metadata", {})))}


def read(path: Path, course: Path | None = None) -> tuple[NotebookNode, Assignment]:
    """The notebook at `path` and its assignment. Raises `NotExaminable` where it is none of the course's."""
    notebook = parse(path)
    assignment = assignment_of(notebook, course or find_course())
    if assignment is None:
        raise NotExaminable("it shares no graded cell with an assignment of this course")
    return notebook, assignment
