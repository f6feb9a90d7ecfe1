"""Brings an exercise back into a learner's notebook as it was released; their answer stays in a
cell below it.
"""

import json
from copy import deepcopy
from datetime import datetime
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_raw_cell, upgrade

from proctor.course import Assignment, assignment_of, grade_id
from proctor.course.cells import bound
from proctor.course.files import replace
from proctor.errors import NotExaminable, ProctorError
from proctor.submission import parse
from proctor.text import shown


def reset(path: Path, assignment: Assignment, exercise: str) -> str:
    """Puts the exercise's released cells into the notebook at `path`; returns a message.

    If it raises `ProctorError`, because it is no notebook, or `OSError`, the file is as it was.
    """
    try:
        found = assignment_of(parse(path), assignment.course)
        if found is None or found.name != assignment.name:
            raise NotExaminable(
                f"no cell of it is known as one of {assignment.name}, where {exercise} belongs"
            )
        data = path.read_bytes()
        # gives each cell an id
        notebook = upgrade(nbformat.reads(data.decode(json.detect_encoding(data)), as_version=4))
    except NotExaminable as error:
        raise ProctorError(f"{shown(str(path))} is as it was: {error.to_its_owner}") from None
    except (nbformat.ValidationError, AttributeError, ValueError) as error:
        raise ProctorError(
            f"{shown(str(path))} is as it was: it is not quite a notebook ({error}); open it in JupyterLab, and save it"
        ) from None
    answers = [cell for cell in notebook.cells if _answers(cell, assignment, exercise)]
    blank = ("", assignment.stubs[exercise].strip())
    kept = [_note(cell.source, exercise) for cell in answers if cell.source.strip() not in blank]
    cells = [cell for cell in notebook.cells if grade_id(cell) or cell not in answers]
    place = -1
    for released in assignment.released.cells:
        name = grade_id(released)
        places = [number for number, cell in enumerate(cells) if _name(cell) == _name(released)]
        if assignment.exercise_of(name) == exercise:
            fresh = deepcopy(released)
            if places:
                # an editor may have given it another
                fresh.id = cells[places[0]].id
            else:
                # behind the last of those that the course has before it
                places = [place + 1]
            cells = [cell for cell in cells if grade_id(cell) != name]
            own = [fresh]
            if name == exercise:
                own += kept
            cells[places[0] : places[0]] = own
        if places:
            place = places[0]
    notebook.cells = cells
    replace(path.resolve(), (nbformat.writes(notebook) + "\n").encode(errors="replace"))
    note = "; your own answer is kept in the cell below it" if kept else ""
    reload = "where the notebook is open in JupyterLab, choose 'Reload Notebook from Disk' in its File menu"
    return f"{exercise} is in {path} as it was released{note}; {reload}"


def _answers(cell: NotebookNode, assignment: Assignment, exercise: str) -> bool:
    """Whether a cell answers the exercise, with or without nbgrader's metadata."""
    if grade_id(cell) or cell.cell_type != "code":
        return grade_id(cell) == exercise
    return not bound(cell.source).keys().isdisjoint(assignment.names_of(exercise))


def _name(cell: NotebookNode) -> str:
    """The id that nbgrader or Jupyter gave a cell."""
    return grade_id(cell) or cell.get("id", "")


def _note(source: str, exercise: str) -> NotebookNode:
    """A cell that isn't run, with a student's source."""
    when = datetime.now().strftime("%Y-%m-%d %H:%M")
    return new_raw_cell(
        f"# {exercise}, before it was reset on {when}\n{source}", metadata={"format": "text/plain"}
    )
