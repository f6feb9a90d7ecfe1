"""A student's notebook with the release's own facts: the cells that they can't change as they were, the missing ones added."""

from collections import Counter
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from proctor.course import MAX_READ_ALL, Assignment, assignment_of, assignments, grade_id, untouched
from proctor.course.cells import bound
from proctor.course.codes import Code, Note
from proctor.course.report import readable
from proctor.errors import NotExaminable
from proctor.sandbox.cell import Cell


@dataclass
class Submission:
    """A notebook with the release's own facts about every cell, and the files that lie beside it.

    `missing`: the exercises whose cells it lacked. `unreadable`: why the file could not be read; the notebook is the
    released one then, and `took_too_long` says whether a limit of time was the reason. `notes`: how it was read where that
    isn't plain.
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
        return {name: value for name, value in vars(self).items() if name != "assignment"} | {
            "missing": sorted(self.missing),
            "notes": [vars(note) for note in self.notes],
        }

    @classmethod
    def of(cls, assignment: Assignment, plain: dict[str, Any]) -> "Submission":
        """The submission from what `plain` gave."""
        made = {"notebook": nbformat.from_dict(plain["notebook"]), "missing": set(plain["missing"])}
        made["notes"] = [Note(note["code"], note["params"]) for note in plain["notes"]]
        return cls(assignment, **plain | made)

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


def whose(notebook: NotebookNode, course: Path, file: str = "") -> Assignment:
    """The assignment that a notebook belongs to, by its grade ids, or else by the names that it defines.

    Where these tell as much of several, the file's name decides. Raises `NotExaminable` where there is none.
    """
    if assignment := assignment_of(notebook, course):
        return assignment
    found = _likely(notebook, course)
    if not found:
        raise NotExaminable("it shares no graded cell with an assignment of this course, nor the name of an exercise")
    if len(found) > 1 and len(found := [each for each in found if each.notebook.name == file] or found) > 1:
        names = " or ".join(each.name for each in found)
        raise NotExaminable(
            f"it may be of {names}, by the names that it defines", f"call it {found[0].notebook.name}, say"
        )
    return found[0]


def answered(notebook: NotebookNode, assignment: Assignment) -> set[str]:
    """The exercises that a notebook answers, by the names that its cells define; not those that are left as the stub."""
    return {
        exercise
        for cell, names in zip(notebook.cells, _matches(notebook, assignment), strict=True)
        for exercise in names & assignment.stubs.keys()
        if not untouched(cell.source, assignment.stubs[exercise])
    }


def _matches(notebook: NotebookNode, assignment: Assignment) -> list[set[str]]:
    """The grade ids that each cell may have had: a locked cell's by its source, else those of the exercises that it defines.

    nbgrader's notes are lost where cells are copied into a fresh notebook, and by some converters. Sources are read, never
    run. What can't be read matches nothing, and runs as a cell of the student's own.
    """
    locked = {_plain(cell.source): {name} for name, cell in assignment.locked.items()}
    exercises, left, found = assignment.owners, MAX_READ_ALL, []
    for cell in notebook.cells:
        left -= len(cell.source)
        plain = _plain(cell.source) if left > 0 else ""
        named = cell.cell_type == "code" and any(name in plain for name in exercises)
        defined = {exercises[name] for name in bound(plain).keys() & exercises.keys()} if named else set()
        found.append(locked.get(plain) or defined)
    return found


def _plain(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


def _likely(notebook: NotebookNode, course: Path) -> list[Assignment]:
    """The assignments that match a notebook's sources best; several on a tie, none where none does.

    Answers tell more than released cells do: some write them into the notebook of another assignment.
    """
    found = list(assignments(course).values())
    much = [(len(answered(notebook, a)), len(set().union(*_matches(notebook, a)) & _exercise_cells(a))) for a in found]
    return [each for each, score in zip(found, much, strict=True) if score == max(much) and any(score)]


def _exercise_cells(assignment: Assignment) -> set[str]:
    """The grade ids of an assignment's exercises and their checks; the other locked cells are in every notebook."""
    return {*assignment.graded, *assignment.stubs, *assignment.by_hand}


def unreadable(assignment: Assignment, reason: str, took_too_long: bool = False) -> Submission:
    """The submission in place of one that could not be read."""
    notebook = deepcopy(assignment.released)
    said = "**This submission could not be read.** It has no grade until it is handed in again, or graded by hand."
    # as code, on one line: it may name files
    text = " ".join(readable(reason).split())
    notebook.cells.insert(0, new_markdown_cell(f"{said}\n\n    {text}", id="unreadable"))
    return Submission(assignment, notebook, unreadable=reason, took_too_long=took_too_long)


def restored(
    notebook: NotebookNode, assignment: Assignment, files: dict[str, bytes] | None = None, notes: Iterable[Note] = ()
) -> Submission:
    """The notebook with the released cells' type, metadata and, where they are locked, sources; `notebook` stays as it is.

    What it says of points, locks and kernels is not believed. Of several copies of a cell the last that holds an answer
    counts. What a student made of a locked cell, their imports in `setup` above all, follows it as a cell of their own.
    Raises `NotExaminable` where no exercise is left.
    """
    notes, exercise_cells = list(notes), _exercise_cells(assignment)
    if exercise_cells and not exercise_cells & {grade_id(cell) for cell in notebook.cells}:
        notebook = _with_grade_ids(notebook, assignment)
        notes.append(Code.MATCHED_BY_NAMES())
        if assignment.by_hand:
            notes.append(Code.BY_HAND_UNMATCHED())
    released = {grade_id(cell): cell for cell in assignment.released.cells if grade_id(cell)}
    counts, by_hand = dict[str | None, int](), assignment.by_hand
    for number, cell in enumerate(notebook.cells):
        name = grade_id(cell)
        is_blank = name in by_hand and cell.source.strip() == released[name].source.strip()
        is_blank = is_blank or (name in assignment.stubs and untouched(cell.source, assignment.stubs[name]))
        if name not in counts or not is_blank:
            counts[name] = number
    cells = []
    for number, cell in enumerate(notebook.cells):
        original = released.get(grade_id(cell)) if counts[grade_id(cell)] == number else None
        cells.append(_as_released(cell, original, assignment) if original else _without_nbgrader_metadata(cell))
        if original and _is_added_to(cell, original, assignment):
            cells.append(NotebookNode(_without_nbgrader_metadata(cell), id=f"{cell.id[:50]}-changed"))
    present = {grade_id(cell) for cell in cells}
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


def _with_grade_ids(notebook: NotebookNode, assignment: Assignment) -> NotebookNode:
    """A copy of a notebook without grade ids in which the cells have one that match one.

    Raises `NotExaminable` where the notebook matches another assignment, and says which.
    """
    found = _likely(notebook, assignment.course)
    if assignment not in found:
        other = found[0] if found else assignment_of(notebook, assignment.course)
        reason = f"this is {other.name}'s notebook" if other else "it holds none of this assignment's exercises"
        raise NotExaminable(reason, f"hand in {assignment.name}'s, {assignment.notebook.name}")
    cells = [_without_nbgrader_metadata(cell) for cell in notebook.cells]
    for cell, names in zip(cells, _matches(notebook, assignment), strict=True):
        if len(names) == 1:
            (name,) = names
            cell.metadata.nbgrader = NotebookNode(grade_id=name)
            # but for blanks it is the stub, which never runs
            if name in assignment.stubs and untouched(cell.source, assignment.stubs[name]):
                cell.source = assignment.stubs[name]
    return NotebookNode(notebook, cells=cells)


def _without_nbgrader_metadata(cell: NotebookNode) -> NotebookNode:
    """A copy of the cell without its nbgrader metadata."""
    return NotebookNode(cell, metadata=NotebookNode({k: v for k, v in cell.metadata.items() if k != "nbgrader"}))


def _is_added_to(cell: NotebookNode, original: NotebookNode, assignment: Assignment) -> bool:
    """Whether a locked cell that isn't graded has been given other code than was released."""
    name = grade_id(original)
    if name not in assignment.locked or name in assignment.graded or not cell.cell_type == original.cell_type == "code":
        return False
    return cell.source.strip() != original.source.strip() and not untouched(cell.source, original.source)


def _as_released(cell: NotebookNode, original: NotebookNode, assignment: Assignment) -> NotebookNode:
    # a cell of another type has other parts
    made = NotebookNode(cell if cell.cell_type == original.cell_type else deepcopy(original), id=cell.id)
    made.source = original.source if grade_id(original) in assignment.locked else cell.source
    made.metadata = deepcopy(original.metadata)
    return made
