"""Brings an exercise back into a learner's notebook as it was released; what they wrote stays in a cell below it."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_raw_cell

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
    notebook = json.loads(path.read_bytes())
    before_it = json.dumps(notebook)
    cells = notebook.get("cells")
    if not isinstance(cells, list):
        raise OSError("its format is an old one: open it in JupyterLab and save it first")
    # an answer counts wherever it stands: also in a cell that has lost what nbgrader noted of it
    names = set(assignment.names_of(exercise))
    strays = [cell for cell in cells if _is_code(cell) and not _id(cell) and names & bound(_source(cell)).keys()]
    old = [cell for cell in cells if _id(cell) == exercise] + strays
    nothing = ("", assignment.stubs[exercise].strip())
    kept = [_note(cell, exercise) for cell in old if _source(cell).strip() not in nothing]
    cells[:] = [cell for cell in cells if not any(cell is stray for stray in strays)]
    before: list[NotebookNode] = []
    for released in assignment.released.cells:
        name = grade_id(released)
        if name and assignment.exercise_of(name) == exercise:
            _put(cells, released, before, kept if name == exercise else [])
        before.append(released)
    if notebook.get("nbformat_minor", 0) < 5:
        for cell in cells:
            cell.pop("id", None)
    if json.dumps(notebook) == before_it:
        return f"{exercise} is in {path} as it was released: there is nothing to reset"
    text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    replace(path.resolve(), text.encode(errors="replace"))
    where = "; what you wrote is kept in the cell below it" if kept else ""
    reload = "where the notebook is open in JupyterLab, choose 'Reload Notebook from Disk' in its File menu"
    return f"{exercise} is in {path} as it was released{where}; {reload}"


def _put(cells: list[dict], released: NotebookNode, before: list[NotebookNode], kept: list[dict]) -> None:
    """Puts a released cell where the first one with its grade id is, else behind the nearest that the course has before it.

    `kept` follow.
    """
    name = grade_id(released)
    there = [number for number, cell in enumerate(cells) if _id(cell) == name]
    place = there[0] if there else next((found for each in reversed(before) if (found := _behind(cells, each))), 0)
    cells[:] = [cell for cell in cells[:place] if _id(cell) != name] + [
        _as_written(released) | ({"id": cells[place]["id"]} if there and "id" in cells[place] else {}),
        *kept,
        *(cell for cell in cells[place:] if _id(cell) != name),
    ]


def _behind(cells: list[dict], released: NotebookNode) -> int:
    """The place behind the last cell that is this released one, by what nbgrader or Jupyter calls it; 0 where there is none."""
    name = grade_id(released)
    same = [
        (_id(cell) == name) if name else (cell.get("id") == released.id) for cell in cells if isinstance(cell, dict)
    ]
    return len(same) - same[::-1].index(True) if True in same else 0


def _is_code(cell: Any) -> bool:
    return isinstance(cell, dict) and cell.get("cell_type") == "code"


def _note(cell: dict, exercise: str) -> dict:
    """A cell that isn't run, with what was written."""
    when = datetime.now().strftime("%Y-%m-%d %H:%M")
    text = f"# {exercise}, before it was reset on {when}\n{_source(cell)}"
    return _as_written(new_raw_cell(text, id=new_code_cell().id, metadata={"format": "text/plain"}))


def _as_written(cell: NotebookNode) -> dict:
    """A cell as it stands in a file."""
    return json.loads(json.dumps(cell)) | {"source": cell.source.splitlines(keepends=True)}


def _id(cell: Any) -> str | None:
    """The grade id of a cell as it stands in a file."""
    metadata = cell.get("metadata") if isinstance(cell, dict) else None
    return grade_id(NotebookNode(metadata=metadata)) if isinstance(metadata, dict) else None


def _source(cell: dict) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)
