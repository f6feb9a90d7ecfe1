"""Cells that lost what nbgrader notes of them, matched with an assignment's by their sources and the names that they define.

That is lost where cells are copied into a fresh notebook, and by some converters. Sources are read, never run. What can't
be read is matched with nothing, and runs as a cell of the student's own.
"""

from copy import deepcopy
from pathlib import Path
from typing import NamedTuple

from nbformat import NotebookNode

from proctor.course import MAX_READ_ALL, Assignment, assignments, untouched
from proctor.course.cells import bound

REMARK = (
    "its cells had lost what nbgrader notes of them, as when they are copied into another notebook: "
    "they were matched with the exercises by the names that they define"
)


class _Read(NamedTuple):
    """A cell's source without blanks at the ends of lines, and the names that it binds at its top level."""

    plain: str
    names: set[str]


def with_grade_ids(notebook: NotebookNode, assignment: Assignment) -> NotebookNode:
    """A copy in which the cells that can be matched have the grade ids of this assignment; the others have none."""
    made = deepcopy(notebook)
    for cell, name in zip(made.cells, _told(_read(notebook, [assignment]), assignment), strict=True):
        cell.metadata.pop("nbgrader", None)
        if name:
            cell.metadata.nbgrader = NotebookNode(grade_id=name)
        # but for blanks it is the stub, which never runs
        if name in assignment.stubs and untouched(cell.source, assignment.stubs[name]):
            cell.source = assignment.stubs[name]
    return made


def likely(notebook: NotebookNode, course: Path) -> list[Assignment]:
    """The assignments of which a notebook's sources tell most: one, but where they tell as much of several, or nothing.

    Answers tell more than released cells do: some write them into the notebook of another assignment.
    """
    found = list(assignments(course).values())
    read = _read(notebook, found)
    told = [(len(_answered(read, each)), len(set(_told(read, each)) & own(each))) for each in found]
    return [each for each, much in zip(found, told, strict=True) if much == max(told) and any(much)]


def answered(notebook: NotebookNode, assignment: Assignment) -> set[str]:
    """The exercises that a notebook answers, by the names that its cells define; not those that are left as the stub."""
    return _answered(_read(notebook, [assignment]), assignment)


def own(assignment: Assignment) -> set[str]:
    """The grade ids of an assignment's exercises and their checks; the other locked cells are in every notebook."""
    return {*assignment.graded, *assignment.stubs, *assignment.by_hand}


def _read(notebook: NotebookNode, found: list[Assignment]) -> list[_Read]:
    """What is read of each cell, as far as they are of sane size together."""
    wanted = {name for each in found for name in each.owners}
    left, read = MAX_READ_ALL, []
    for cell in notebook.cells:
        left -= len(cell.source)
        plain = _plain(cell.source) if left > 0 else ""
        code = cell.cell_type == "code" and any(name in plain for name in wanted)
        read.append(_Read(plain, wanted & bound(plain).keys() if code else set()))
    return read


def _told(read: list[_Read], assignment: Assignment) -> list[str | None]:
    """The grade id that each cell had, by what its source tells; None where it tells nothing, or of several exercises."""
    locked = {_plain(cell.source): name for name, cell in assignment.locked.items()}
    exercises, found = assignment.owners, []
    for cell in read:
        names = {exercises[name] for name in cell.names if name in exercises}
        found.append(locked.get(cell.plain) or (names.pop() if len(names) == 1 else None))
    return found


def _answered(read: list[_Read], assignment: Assignment) -> set[str]:
    exercises, stubs = assignment.owners, assignment.stubs
    locked = {_plain(cell.source) for cell in assignment.locked.values()}
    pairs = [(cell.plain, exercises[name]) for cell in read for name in cell.names if name in exercises]
    return {name for plain, name in pairs if plain not in locked and not untouched(plain, stubs[name])}


def _plain(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.strip().splitlines())
