"""A student's notebook with the release's own facts: locked cells as they were released, and
missing cells added.
"""

from collections import Counter
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from proctor.course import MAX_READ_ALL, Assignment, assignment_of, assignments, grade_id, untouched
from proctor.course.cells import bound
from proctor.course.codes import Code, Note, as_note
from proctor.course.report import readable
from proctor.errors import NotExaminable
from proctor.sandbox.cell import Cell


@dataclass
class Submission:
    """A notebook with the release's own facts about every cell, and the files beside it.

    `missing`: the exercises whose cells it lacked. `unreadable`: the reason why the file could not
    be read; the notebook is the released one then, and `took_too_long` is true if a limit of time
    was the reason. `notes`: unusual facts about how it was read.
    """

    assignment: Assignment
    notebook: NotebookNode
    files: dict[str, bytes] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    unreadable: str = ""
    took_too_long: bool = False
    notes: list[Note] = field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        """All of it but the assignment, as plain data, for another process."""
        return vars(self) | {
            "assignment": None,
            "missing": [*self.missing],
            "notes": [*map(asdict, self.notes)],
        }

    @classmethod
    def of(cls, assignment: Assignment, plain: dict[str, Any]) -> "Submission":
        """The submission from the result of `plain`."""
        facts: dict[str, Any] = {
            "assignment": assignment,
            "notebook": nbformat.from_dict(plain["notebook"]),
        }
        return cls(
            **plain | facts | {"missing": set(plain["missing"]), "notes": as_note(plain["notes"])}
        )

    def cells(self, draw: bool = True, draw_all: bool = False) -> list[Cell]:
        """The code cells in their order; without `draw`, their figures are not made into pictures.

        Without `draw_all` the course's own figures and visible checks are blank, unless the
        student's cells use their names.
        """
        assignment = self.assignment
        self_checked = assignment.self_checked
        left_out = set[str]()
        if not draw_all:
            left_out = assignment.idle(self.notebook)
        cells = []
        for cell in code_cells(self.notebook):
            name = grade_id(cell)
            source = cell.source
            if source in left_out:
                source = ""
            if name in assignment.locked:
                # its own asserts judge it, also those that the instructor hid
                source = self_checked.get(name, source)
            # of one that judges itself, the traceback says which line failed
            shown = draw or name in self_checked
            cells.append(Cell(source, name, assignment.exercise_of(name), shown))
        return cells


def is_python(notebook: NotebookNode) -> bool:
    """Whether the notebook names no kernel but Python's."""
    return notebook.metadata.get("kernelspec", {}).get("language", "python") == "python"


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def find_assignment(notebook: NotebookNode, course: Path, file: str = "") -> Assignment:
    """The assignment of a notebook, by its grade ids, or else by the names that it defines.

    Among several, the file's name decides. Raises `NotExaminable` if there is none.
    """
    if assignment := assignment_of(notebook, course):
        return assignment
    likely = _likely(notebook, course)
    if not likely:
        raise NotExaminable(
            "it shares no graded cell with an assignment of this course, nor the name of an exercise"
        )
    likely = [each for each in likely if each.notebook.name == file] or likely
    if len(likely) > 1:
        names = " or ".join(each.name for each in likely)
        remedy = f"call it {likely[0].notebook.name}, say"
        raise NotExaminable(f"it may be of {names}, by the names that it defines", remedy)
    return likely[0]


def answered(notebook: NotebookNode, assignment: Assignment) -> set[str]:
    """The exercises that a notebook answers, by the names that its cells define.

    A stub is no answer.
    """
    found = set()
    for cell, names in zip(notebook.cells, _matches(notebook, assignment), strict=True):
        for name in names & assignment.stubs.keys():
            if not assignment.is_stub(name, cell.source):
                found.add(name)
    return found


def _matches(notebook: NotebookNode, assignment: Assignment) -> list[set[str]]:
    """The grade ids that each cell may have had: a locked cell's by its source, else those of the
    exercises that it defines.

    Some converters lose nbgrader's metadata, and a copy of a cell in a fresh notebook has none.
    Sources are read and never run. A source that can't be read matches nothing.
    """
    locked = {}
    for name, cell in assignment.locked.items():
        locked[_stripped(cell.source)] = {name}
    owners = assignment.owners
    left = MAX_READ_ALL
    found = []
    for cell in notebook.cells:
        left -= len(cell.source)
        source = _stripped(cell.source) if left > 0 else ""
        names = set()
        # to parse a source takes long
        if cell.cell_type == "code" and any(name in source for name in owners):
            names = {owners[name] for name in bound(source) if name in owners}
        found.append(locked.get(source, names))
    return found


def _stripped(source: str) -> str:
    return "\n".join(map(str.rstrip, source.strip().splitlines()))


def _likely(notebook: NotebookNode, course: Path) -> list[Assignment]:
    """The assignments that match a notebook's sources best; several on a tie, none if none matches.

    Answers count more than released cells: some students write them into the notebook of another
    assignment.
    """
    best = (0, 0)
    likely = list[Assignment]()
    for assignment in assignments(course).values():
        cells = set().union(*_matches(notebook, assignment)) & _exercise_cells(assignment)
        score = (len(answered(notebook, assignment)), len(cells))
        if score > best:
            best = score
            likely = []
        if score == best and any(score):
            likely.append(assignment)
    return likely


def _exercise_cells(assignment: Assignment) -> set[str]:
    """The grade ids of an assignment's exercises and their checks; every notebook has the other
    locked cells.
    """
    return {*assignment.graded, *assignment.stubs, *assignment.by_hand}


def unreadable(assignment: Assignment, reason: str, took_too_long: bool = False) -> Submission:
    """The submission in place of an unreadable one."""
    notebook = deepcopy(assignment.released)
    said = "**This submission could not be read.** It has no grade until it is handed in again, or graded by hand."
    # as code, on one line: it may name files
    text = " ".join(readable(reason).split())
    notebook.cells.insert(0, new_markdown_cell(f"{said}\n\n    {text}", id="unreadable"))
    return Submission(assignment, notebook, unreadable=reason, took_too_long=took_too_long)


def with_released_cells(
    notebook: NotebookNode,
    assignment: Assignment,
    files: dict[str, bytes] | None = None,
    notes: Iterable[Note] = (),
) -> Submission:
    """The notebook with the released cells' type, metadata and, if they are locked, sources;
    `notebook` stays as it is.

    The notebook's own points, locks and kernel are not believed. Of several copies of a cell the
    last with an answer counts. A student's changes to a locked cell, their imports in `setup` above
    all, follow it as a cell of their own. Raises `NotExaminable` if no exercise is left.
    """
    notes = [*notes]
    exercise_cells = _exercise_cells(assignment)
    if exercise_cells and exercise_cells.isdisjoint(map(grade_id, notebook.cells)):
        notebook = _with_grade_ids(notebook, assignment)
        notes.append(Code.MATCHED_BY_NAMES())
        if assignment.by_hand:
            notes.append(Code.BY_HAND_UNMATCHED())
    released = assignment.by_grade_id()
    counts = _copies_that_count(notebook, assignment, released)
    cells = []
    for number, cell in enumerate(notebook.cells):
        name = grade_id(cell)
        own = _without_nbgrader_metadata(cell)
        if name not in released or counts[name] != number:
            cells.append(own)
            continue
        original = released[name]
        cells.append(_as_released(cell, original, name in assignment.locked))
        if name in assignment.locked.keys() - assignment.graded.keys() and _is_changed(
            cell, original
        ):
            cells.append(NotebookNode(own, id=f"{cell.id[:50]}-changed"))
    present = set(map(grade_id, cells))
    place = 0
    for name, original in released.items():
        if name not in present:
            cells.insert(place, deepcopy(original))
        place = 1 + next(number for number, cell in enumerate(cells) if grade_id(cell) == name)
    ids = Counter(cell.id for cell in cells)
    for cell in cells:
        if ids[cell.id] > 1:
            cell.id = new_code_cell().id
    made = NotebookNode(notebook, cells=cells, metadata=deepcopy(assignment.released.metadata))
    return Submission(assignment, made, files or {}, assignment.stubs.keys() - present, notes=notes)


def _copies_that_count(
    notebook: NotebookNode, assignment: Assignment, released: dict[str, NotebookNode]
) -> dict[str | None, int]:
    """The place of the copy of each cell that counts, by grade id: the last that isn't blank, or
    else the first.
    """
    places = {}
    for number, cell in enumerate(notebook.cells):
        name = grade_id(cell)
        is_blank = assignment.is_stub(name, cell.source)
        if name in assignment.by_hand:
            is_blank = cell.source.strip() == released[name].source.strip()
        if name not in places or not is_blank:
            places[name] = number
    return places


def _with_grade_ids(notebook: NotebookNode, assignment: Assignment) -> NotebookNode:
    """A copy of a notebook without grade ids in which each cell that matches one released cell has
    its grade id.

    Raises `NotExaminable` with the other assignment if the notebook matches another one.
    """
    likely = _likely(notebook, assignment.course)
    if assignment not in likely:
        other = likely[0] if likely else assignment_of(notebook, assignment.course)
        reason = "it holds none of this assignment's exercises"
        if other:
            reason = f"this is {other.name}'s notebook"
        raise NotExaminable(reason, f"hand in {assignment.name}'s, {assignment.notebook.name}")
    cells = [*map(_without_nbgrader_metadata, notebook.cells)]
    for cell, names in zip(cells, _matches(notebook, assignment), strict=True):
        if len(names) == 1:
            (name,) = names
            cell.metadata.nbgrader = NotebookNode(grade_id=name)
            # the examination knows a stub by its exact source, and never runs it
            if assignment.is_stub(name, cell.source):
                cell.source = assignment.stubs[name]
    return NotebookNode(notebook, cells=cells)


def _without_nbgrader_metadata(cell: NotebookNode) -> NotebookNode:
    """A copy of the cell without its nbgrader metadata."""
    metadata = NotebookNode(cell.metadata)
    metadata.pop("nbgrader", None)
    return NotebookNode(cell, metadata=metadata)


def _is_changed(cell: NotebookNode, original: NotebookNode) -> bool:
    """Whether a released code cell has been given other code."""
    is_code = cell.cell_type == original.cell_type == "code"
    # a cell with a magic can't be parsed
    is_same = cell.source.strip() == original.source.strip() or untouched(
        cell.source, original.source
    )
    return is_code and not is_same


def _as_released(cell: NotebookNode, original: NotebookNode, is_locked: bool) -> NotebookNode:
    made = NotebookNode(cell, id=cell.id)
    if cell.cell_type != original.cell_type:
        # a cell of another type has other parts
        made = NotebookNode(deepcopy(original), id=cell.id)
    made.source = cell.source
    if is_locked:
        made.source = original.source
    made.metadata = deepcopy(original.metadata)
    return made
