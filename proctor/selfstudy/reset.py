"""Brings an exercise back into a learner's notebook as it was released; what they wrote stays in a cell below it."""

import json
from copy import deepcopy
from datetime import datetime
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_raw_cell

from proctor.course import Assignment, assignment_of, grade_id
from proctor.course.cells import bound
from proctor.course.files import replace
from proctor.errors import NotExaminable
from proctor.submission import parse


def reset(path: Path, assignment: Assignment, exercise: str) -> str:
    """Puts the exercise's released cells in the notebook at `path`; says where what was there is kept.

    Raises `NotExaminable` where the file is no notebook, `OSError` where it can't be written: it is as it was then.
    """
    found = assignment_of(parse(path), assignment.course)
    if found is None or found.name != assignment.name:
        raise NotExaminable(f"no cell of it is known as one of {assignment.name}, where {exercise} belongs")
    data = path.read_bytes()
    try:
        notebook = nbformat.reads(data.decode(json.detect_encoding(data)), as_version=4)
        has_ids = notebook.nbformat_minor >= 5
    except (nbformat.ValidationError, AttributeError, ValueError) as error:
        raise NotExaminable(f"it is not quite a notebook ({error})", "open it in JupyterLab, and save it") from None
    before_it, cells = deepcopy(notebook), notebook.cells
    # an answer counts wherever it stands: also in a cell that has lost what nbgrader noted of it
    names = set(assignment.names_of(exercise))
    strays = [
        cell for cell in cells if cell.cell_type == "code" and not grade_id(cell) and names & bound(cell.source).keys()
    ]
    old = [cell for cell in cells if grade_id(cell) == exercise] + strays
    nothing = ("", assignment.stubs[exercise].strip())
    kept = [_note(cell.source, exercise) for cell in old if cell.source.strip() not in nothing]
    cells[:] = [cell for cell in cells if not any(cell is stray for stray in strays)]
    before: list[NotebookNode] = []
    for released in assignment.released.cells:
        name = grade_id(released)
        if name and assignment.exercise_of(name) == exercise:
            _put(cells, released, before, kept if name == exercise else [])
        before.append(released)
    if notebook == before_it:
        return f"{exercise} is in {path} as it was released: there is nothing to reset"
    if not has_ids:
        for cell in cells:
            cell.pop("id", None)
    replace(path.resolve(), (nbformat.writes(notebook) + "\n").encode(errors="replace"))
    where = "; what you wrote is kept in the cell below it" if kept else ""
    reload = "where the notebook is open in JupyterLab, choose 'Reload Notebook from Disk' in its File menu"
    return f"{exercise} is in {path} as it was released{where}; {reload}"


def _put(
    cells: list[NotebookNode], released: NotebookNode, before: list[NotebookNode], kept: list[NotebookNode]
) -> None:
    """Puts a released cell where the first one with its grade id is, else behind the nearest that the course has before it.

    `kept` follow.
    """
    name = grade_id(released)
    there = [number for number, cell in enumerate(cells) if grade_id(cell) == name]
    place = there[0] if there else next((found for each in reversed(before) if (found := _behind(cells, each))), 0)
    fresh = deepcopy(released)
    if there and "id" in cells[place]:
        fresh.id = cells[place].id
    below = [cell for cell in cells[place:] if grade_id(cell) != name]
    cells[place:] = [fresh, *kept, *below]


def _behind(cells: list[NotebookNode], released: NotebookNode) -> int:
    """The place behind the last cell that is this released one, by what nbgrader or Jupyter calls it; 0 where there is none."""
    name = grade_id(released)
    same = [(grade_id(cell) == name) if name else (cell.get("id") == released.id) for cell in cells]
    return len(same) - same[::-1].index(True) if True in same else 0


def _note(source: str, exercise: str) -> NotebookNode:
    """A cell that isn't run, with what was written."""
    when = datetime.now().strftime("%Y-%m-%d %H:%M")
    return new_raw_cell(f"# {exercise}, before it was reset on {when}\n{source}", metadata={"format": "text/plain"})
