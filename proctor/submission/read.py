"""The one way in for a submission: whatever its bytes are, a notebook that can be examined, or a reason why it is none.

The cells that a student can't change are put back as they were released, and the missing ones added.
"""

import os
import re
import stat
import warnings
from collections import Counter
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from proctor.course import Assignment, assignment_of, assignments, find_course, grade_id, untouched
from proctor.course.report import readable
from proctor.errors import AGAIN, NotExaminable
from proctor.sandbox.cell import Cell
from proctor.sandbox.files import READ, Linked, files_beside, open_below
from proctor.submission import by_names, damaged

MAX_SIZE = 128 * 2**20  # bytes of a notebook's file, most of them outputs, which are not read
MAX_OLD = 2 * 2**20  # bytes of one in an older format, which is read whole
MAX_CELLS = 2000
MAX_SOURCES = 5 * 2**20  # bytes of all cells' sources, as they stand in the file
MAX_FACTS = 2 * 1024  # bytes of what nbgrader notes of a cell
MAX_ATTACHMENTS = 8 * 2**20  # bytes of those of one cell
MAX_QUOTES = 1000  # in them: each picture has six
ID = re.compile(rb'"([a-zA-Z0-9_-]{1,64})"')
NOTHING = msgspec.Raw(b"{}")


class _Facts(msgspec.Struct):
    """What is read of a cell's metadata: what nbgrader notes there."""

    nbgrader: msgspec.Raw = NOTHING


class _Cell(msgspec.Struct, gc=False):
    """What is read of a cell; everything else, outputs above all, is passed over.

    What may be of any size stays as it is in the file: as objects it would take up to thirty times as much.
    """

    cell_type: str
    source: msgspec.Raw
    id: msgspec.Raw = NOTHING
    metadata: msgspec.Raw = NOTHING
    attachments: msgspec.Raw = NOTHING


class _Notebook(msgspec.Struct):
    cells: list[_Cell]
    nbformat: int = 4


def parse(path: Path) -> NotebookNode:
    """The notebook at `path`, in today's format and without outputs. Raises `NotExaminable` where it is none."""
    return notebook_in(bytes_of(path))[0]


def notebook_in(data: bytes) -> tuple[NotebookNode, list[str]]:
    """The notebook in a file's bytes, and what is odd about how it was saved. Raises `NotExaminable` where it is none."""
    remark = ""
    try:
        data, remark = damaged.as_utf8(data)
        try:
            made = _from_utf8(data)
        except UnicodeDecodeError:
            data, remark = damaged.from_windows(data)
            made = _from_utf8(data)
    except NotExaminable:
        raise
    except Exception as error:  # whatever it is that these bytes can make go wrong
        if (alike := _of_both_sides(data)) is None:
            reason, remedy = damaged.why(data, error)
            raise NotExaminable(f"it is not a notebook: {reason}", remedy) from None
        made, remark = alike, "git left merge-conflict markers in it, and both sides are the same but for outputs"
    return made, [remark] if remark else []


def _from_utf8(data: bytes) -> NotebookNode:
    try:
        found = _decode(data)
    except msgspec.ValidationError:
        return _parse_old(data)
    if len(found.cells) > MAX_CELLS:
        raise NotExaminable(f"it has {len(found.cells)} cells, more than {MAX_CELLS}")
    if sum(len(memoryview(cell.source)) for cell in found.cells) > MAX_SOURCES:
        raise NotExaminable(f"its cells' texts, without what they show, are larger than {MAX_SOURCES // 2**20} MiB")
    return _made_of(found.cells)


def _of_both_sides(data: bytes) -> NotebookNode | None:
    """The notebook where both sides of a merge conflict say the same but for outputs; None where they don't."""
    try:
        one, other = map(_from_utf8, damaged.sides(data))
    except Exception:  # see above
        return None
    said = [[(cell.cell_type, cell.source, cell.metadata) for cell in each.cells] for each in (one, other)]
    return one if said[0] == said[1] else None


def bytes_of(path: Path, depth: int = 0, most: int = MAX_SIZE) -> bytes:
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
        if facts.st_size > most:
            raise NotExaminable(f"it is larger than {most // 2**20} MiB")
        with open(file, "rb", closefd=False) as opened:
            return opened.read()
    finally:
        os.close(file)


def _decode(data: bytes) -> _Notebook:
    """What is read of a notebook, also where it is no proper JSON, as long as Python reads it."""
    try:
        return msgspec.json.decode(data, type=_Notebook)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        return msgspec.json.decode(damaged.mended(data), type=_Notebook)


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
    source = "".join(msgspec.json.decode(cell.source, type=str | list[str]))
    source = re.sub("\r\n?", "\n", source)  # as other systems end lines
    made = NotebookNode(cell_type=cell.cell_type, source=source, metadata=NotebookNode())
    if facts := _facts(_noted(cell.metadata)):
        made.metadata.nbgrader = facts
    if cell.cell_type == "code":
        made |= {"outputs": [], "execution_count": None}
    elif cell.cell_type not in ("markdown", "raw"):
        raise NotExaminable(f"it holds a cell of the unknown type {cell.cell_type[:40]!r}")
    elif attachments := _attachments(cell.attachments):
        made.attachments = nbformat.from_dict(attachments)
    made.id = found[1].decode() if (found := ID.fullmatch(cell.id)) else new_code_cell().id
    return made


def _noted(metadata: msgspec.Raw) -> msgspec.Raw:
    """What nbgrader notes in a cell's metadata; nothing where there is none, or no metadata."""
    try:
        return msgspec.json.decode(metadata, type=_Facts).nbgrader
    except (msgspec.MsgspecError, RecursionError):
        return NOTHING


def _facts(raw: msgspec.Raw) -> NotebookNode:
    """What nbgrader notes as it was sent; an empty object where it is too large, or none."""
    try:
        found = nbformat.from_dict(msgspec.json.decode(raw)) if len(memoryview(raw)) <= MAX_FACTS else None
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, NotebookNode) else NotebookNode()


def _attachments(raw: msgspec.Raw) -> dict[str, dict[str, str]]:
    """The pictures of a cell; none where they are too large, or something else."""
    if len(memoryview(raw)) > MAX_ATTACHMENTS or bytes(raw).count(b'"') > MAX_QUOTES:
        return {}
    try:
        return msgspec.json.decode(raw, type=dict[str, dict[str, str]])
    except (ValueError, RecursionError):
        return {}


def _parse_old(data: bytes) -> NotebookNode:
    """A notebook in a format before the fourth, brought up to date by nbformat."""
    if len(data) > MAX_OLD:
        raise ValueError("not in a format that is known")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        notebook = nbformat.reads(damaged.mended(data).decode(), as_version=4)
    if not all(isinstance(cell.get("source"), str) for cell in notebook.cells) or len(notebook.cells) > MAX_CELLS:
        raise ValueError("a cell without a type or a source: open it in JupyterLab and save it again")
    plain = [
        {key: cell.get(key) for key in ("cell_type", "source", "metadata") if key in cell} for cell in notebook.cells
    ]
    return _made_of([msgspec.convert(_raw(cell), _Cell) for cell in plain])


def _raw(cell: dict) -> dict:
    return cell | {key: msgspec.Raw(msgspec.json.encode(cell.get(key, {}))) for key in ("source", "metadata")}


@dataclass
class Submission:
    """A notebook with the release's own facts about every cell, and the files that lie beside it.

    `missing`: the exercises whose cells it lacked. `unreadable`: why the file could not be read; the notebook is the
    released one then. `notes`: how it was read where that isn't plain, in words for its student and the instructor.
    """

    assignment: Assignment
    notebook: NotebookNode
    files: dict[str, bytes] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    unreadable: str = ""
    notes: list[str] = field(default_factory=list)

    def cells(self, draw: bool = True, draw_all: bool = False) -> list[Cell]:
        """The code cells in their order; without `draw`, their figures are not made into pictures.

        Without `draw_all` the course's own figures and visible checks are blank, but for those whose names the student's
        cells use.
        """
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
    (notebook, notes), course = notebook_in(bytes_of(path)), course or find_course()
    assignment = whose(notebook, course, path.name)
    if path.name in {each.notebook.name for each in assignments(course).values()} - {assignment.notebook.name}:
        notes = [f"this is {assignment.name}'s notebook under another one's name", *notes]
    return restored(notebook, assignment, files_beside(path, course), notes)


def whose(notebook: NotebookNode, course: Path, file: str = "") -> Assignment:
    """The assignment that a notebook belongs to, by its grade ids, or else by the names that it defines.

    Where these tell as much of several, the file's name decides. Raises `NotExaminable` where there is none.
    """
    if assignment := assignment_of(notebook, course):
        return assignment
    found = by_names.likely(notebook, course)
    if not found:
        raise NotExaminable("it shares no graded cell with an assignment of this course, nor the name of an exercise")
    if len(found) > 1 and len(found := [each for each in found if each.notebook.name == file] or found) > 1:
        names = " or ".join(each.name for each in found)
        raise NotExaminable(
            f"it may be of {names}, by the names that it defines", f"call it {found[0].notebook.name}, say"
        )
    return found[0]


def unreadable(assignment: Assignment, reason: str) -> Submission:
    """What stands for a submission that could not be read."""
    notebook = deepcopy(assignment.released)
    said = "**This submission could not be read.** It has no grade until it is handed in again, or graded by hand."
    # as code, on one line: it may name files
    told = " ".join(readable(reason).split())
    notebook.cells.insert(0, new_markdown_cell(f"{said}\n\n    {told}", id="unreadable"))
    return Submission(assignment, notebook, unreadable=reason)


def restored(
    notebook: NotebookNode,
    assignment: Assignment,
    files: dict[str, bytes] | None = None,
    notes: Iterable[str] = (),
) -> Submission:
    """The notebook with the released cells' type, metadata and, where they are locked, sources; `notebook` stays as it is.

    What it says of points, locks and kernels is not believed. Of several copies of a cell the last that holds an answer
    counts. What a student made of a locked cell, their imports in `setup` above all, follows it as a cell of their own. Raises `NotExaminable` where no exercise is left.
    """
    released, notes = {grade_id(cell): cell for cell in assignment.released.cells if grade_id(cell)}, list(notes)
    own = by_names.own(assignment)
    if own and not own & {grade_id(cell) for cell in notebook.cells}:
        _require(notebook, assignment)
        notebook = by_names.with_grade_ids(notebook, assignment)
        notes.append(by_names.REMARK)
        if assignment.by_hand:
            notes.append("what is graded by hand can't be matched so: look for it in the notebook")
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
        if original is not None and ours and _is_added_to(cell, original, assignment):
            cells.append(NotebookNode(_of_nobody(cell), id=f"{cell.id[:50]}-changed"))
    present = {grade_id(cell) for cell in cells} - {None}
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
    return Submission(assignment, made, files or {}, assignment.stubs.keys() - present, notes=notes)


def _require(notebook: NotebookNode, assignment: Assignment) -> None:
    """Raises `NotExaminable` where a notebook without an assignment's grade ids doesn't belong to it, and says whose it is."""
    found = [each.name for each in by_names.likely(notebook, assignment.course)]
    if assignment.name in found:
        return
    if not found and (other := assignment_of(notebook, assignment.course)):
        found = [other.name]
    reason = f"this is {' or '.join(found)}'s notebook" if found else "it holds none of this assignment's exercises"
    raise NotExaminable(reason, f"hand in {assignment.name}'s, {assignment.notebook.name}")


def _of_nobody(cell: NotebookNode) -> NotebookNode:
    """The cell without what it says of itself to nbgrader."""
    return NotebookNode(cell, metadata=NotebookNode({k: v for k, v in cell.metadata.items() if k != "nbgrader"}))


def _is_added_to(cell: NotebookNode, original: NotebookNode, assignment: Assignment) -> bool:
    """Whether a locked cell that isn't graded has been given other code than was released."""
    name = grade_id(original)
    if name not in assignment.locked or name in assignment.graded or not cell.cell_type == original.cell_type == "code":
        return False
    return cell.source.strip() != original.source.strip() and not untouched(cell.source, original.source)


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
