"""The one way in for a submission: whatever its bytes are, a notebook that can be examined, or a reason why it is none.

The cells that a student can't change are put back as they were released, and the missing ones added.
"""

import os
import re
import stat
import warnings
from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from proctor.course import Assignment, assignment_of, find_course, grade_id, untouched
from proctor.sandbox.files import FILE, FOLDER, READ, Linked, files_beside, files_in, open_below, within_limits

if TYPE_CHECKING:
    from proctor.sandbox.session import Cell


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


def parse(path: Path, depth: int = 0) -> NotebookNode:
    """The notebook at `path`, in today's format and without outputs. Raises `NotExaminable` where it is none.

    For `depth`, see `proctor.sandbox.files.open_below`: a file that was handed in is no link, nor in a linked folder.
    """
    try:
        # half of a letter becomes `?`
        data = _replaced(HALF, b"\\u003f", _bytes(path, depth).removeprefix(b"\xef\xbb\xbf"))
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


def _bytes(path: Path, depth: int) -> bytes:
    """What is in the file of a notebook."""
    try:
        # here, a link may lead to a notebook of one's own
        file = open_below(path, depth) if depth else os.open(path, READ & ~getattr(os, "O_NOFOLLOW", 0))
    except Linked:
        raise NotExaminable("it is a link to another file") from None
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
            raise NotExaminable("it is empty")
        if facts.st_size > MAX_SIZE:
            raise NotExaminable(f"it is larger than {MAX_SIZE // 2**20} MiB")
        with open(file, "rb", closefd=False) as opened:
            return opened.read()
    finally:
        os.close(file)


def _replaced(pattern: re.Pattern, by: bytes, data: bytes | bytearray) -> bytes | bytearray:
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


@dataclass
class Submission:
    """A notebook with the release's own facts about every cell, and the files that lie beside it.

    `missing`: the exercises whose cells it lacked. `unreadable`: why the file could not be read; the notebook is the
    released one then.
    """

    assignment: Assignment
    notebook: NotebookNode
    files: dict[str, bytes] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    unreadable: str = ""

    def cells(self, draw: bool = True, draw_all: bool = False) -> "list[Cell]":
        """The code cells in their order; without `draw`, their figures are not made into pictures.

        Without `draw_all` the course's own figures and visible checks are blank, but for those whose names the student's
        cells use.
        """
        # imports torch, while whoever calls has started a fork server
        from proctor.sandbox.session import Cell

        assignment, plain = self.assignment, self.assignment.plain
        left_out = set() if draw_all else assignment.idle(self.notebook)
        cells = []
        for cell in code_cells(self.notebook):
            name, source = grade_id(cell), "" if cell.source in left_out else cell.source
            if name in assignment.locked:
                # its own asserts judge it, also those that the instructor hid
                source = plain.get(name, source)
            # nobody reads the traceback of a visible check that hidden ones judge
            traced = name not in assignment.graded or name in plain
            cells.append(Cell(source, name, assignment.exercise_of(name), draw, traced))
        return cells


def is_python(notebook: NotebookNode) -> bool:
    """Whether the notebook is for a kernel of Python's, as far as it says."""
    return notebook.metadata.get("kernelspec", {}).get("language", "python") == "python"


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def read(path: Path, course: Path | None = None) -> Submission:
    """The submission at `path`. Raises `NotExaminable` where it is no notebook of the course's."""
    notebook, course = parse(path), course or find_course()
    assignment = assignment_of(notebook, course)
    if assignment is None:
        raise NotExaminable("it shares no graded cell with an assignment of this course")
    return restored(notebook, assignment, files_beside(path, course))


def take_in(path: Path, assignment: Assignment) -> Submission:
    """The submission at `path`, which was handed in for `assignment`; an unreadable one where it can't be read.

    The files beside it come along, behind the instructor's own.
    """
    try:
        notebook = parse(path, FILE)
        files = within_limits(files_in(assignment.source.parent), files_in(path.parent, FOLDER))
        return restored(notebook, assignment, files)
    except NotExaminable as error:
        return unreadable(assignment, str(error))
    except OSError as error:
        return unreadable(assignment, f"its folder can't be read: {error.strerror}")


def unreadable(assignment: Assignment, reason: str) -> Submission:
    """What stands for a submission that could not be read."""
    notebook = deepcopy(assignment.released)
    said = f"**This submission could not be read: {reason}.** It earns what an untouched notebook earns."
    notebook.cells.insert(0, new_markdown_cell(said, id="unreadable"))
    return Submission(assignment, notebook, unreadable=reason)


def restored(notebook: NotebookNode, assignment: Assignment, files: dict[str, bytes] | None = None) -> Submission:
    """The notebook with the released cells' type, metadata and, where they are locked, sources; `notebook` stays as it is.

    What it says of points, locks and kernels is not believed. Of several copies of a cell the last that holds an answer
    counts. Raises `NotExaminable` where no exercise is left.
    """
    released = {grade_id(cell): cell for cell in assignment.released.cells if grade_id(cell)}
    counts: dict[str | None, int] = {}
    for number, cell in enumerate(notebook.cells):
        name = grade_id(cell)
        if name not in counts or name not in assignment.stubs or not untouched(cell.source, assignment.stubs[name]):
            counts[name] = number
    cells = []
    for number, cell in enumerate(notebook.cells):
        original = released.get(grade_id(cell))
        ours = counts[grade_id(cell)] == number
        cells.append(_as_released(cell, original, assignment) if original is not None and ours else _of_nobody(cell))
    present = {grade_id(cell) for cell in cells} - {None}
    # the other locked cells are in every notebook
    own = assignment.graded.keys() | assignment.stubs.keys() | assignment.by_hand
    if own and not own & present:
        raise NotExaminable("it holds none of this assignment's exercises")
    before = None
    for name, original in released.items():
        if name not in present:
            names = [grade_id(cell) for cell in cells]
            cells.insert(names.index(before) + 1 if before else 0, deepcopy(original))
        before = name
    ids = Counter(cell.id for cell in cells)
    for cell in cells:
        if ids[cell.id] > 1:
            cell.id = new_code_cell().id
    made = NotebookNode(notebook, cells=cells, metadata=deepcopy(assignment.released.metadata))
    return Submission(assignment, made, files or {}, assignment.stubs.keys() - present)


def _of_nobody(cell: NotebookNode) -> NotebookNode:
    """The cell without what it says of itself to nbgrader."""
    return NotebookNode(cell, metadata=NotebookNode({k: v for k, v in cell.metadata.items() if k != "nbgrader"}))


def _as_released(cell: NotebookNode, original: NotebookNode, assignment: Assignment) -> NotebookNode:
    made = NotebookNode(cell, metadata=deepcopy(original.metadata), cell_type=original.cell_type)
    if grade_id(original) in assignment.locked:
        made.source = original.source
    if original.cell_type != cell.cell_type:
        for each in ("outputs", "execution_count", "attachments"):
            made.pop(each, None)
        if original.cell_type == "code":
            made.outputs, made.execution_count = [], None
    return made
