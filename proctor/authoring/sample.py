"""A sample class, made from the course's own corpora, so that every kind of verdict can be seen before there is a class."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from proctor.course import Assignment, assignments, grade_id
from proctor.course.answers import Answer, corpus, put, solved

Maker = Callable[[Assignment], NotebookNode | None]


def sample_class(course: Path) -> list[Path]:
    """Fills `submitted/` in `course` and returns the notebooks written. An existing submission is never replaced."""
    right = _by_exercise(corpus(course / "answers" / "right"))
    wrong = _by_exercise(corpus(course / "answers" / "wrong"))
    students: dict[str, Maker] = {
        "ada": solved,
        "ben": lambda a: _answered(a, right, pick=1),
        "chloe": lambda a: _answered(a, wrong, pick=0),
        "dario": lambda a: _mixed(a, wrong),
        "emre": _half_done,
        "fatou": lambda a: a.released,
        "gita": lambda a: _forbidden(a, wrong),
        "hugo": lambda a: _rough(a),
    }
    written = []
    start = datetime(2026, 1, 12, 9, 0, tzinfo=UTC)
    for count, (student, make) in enumerate(students.items()):
        for assignment in assignments(course).values():
            notebook = make(assignment)
            path = course / "submitted" / student / assignment.name / assignment.notebook.name
            if notebook is None or path.exists():
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(notebook, path)
            when = start + timedelta(hours=7 * count)
            (path.parent / "timestamp.txt").write_text(when.strftime("%Y-%m-%d %H:%M:%S UTC\n"))
            written.append(path)
    return written


def _by_exercise(found: list[Answer]) -> dict[str, list[Answer]]:
    grouped: dict[str, list[Answer]] = {}
    for answer in found:
        grouped.setdefault(answer.exercise, []).append(answer)
    return grouped


def _answered(assignment: Assignment, pool: dict[str, list[Answer]], pick: int) -> NotebookNode:
    notebook = assignment.released
    for exercise in assignment.stubs:
        notebook = put(notebook, exercise, pool[exercise][pick % len(pool[exercise])].source)
    return notebook


def _mixed(assignment: Assignment, wrong: dict[str, list[Answer]]) -> NotebookNode:
    """Right but for the assignment's last two exercises."""
    notebook = solved(assignment)
    for exercise in list(assignment.stubs)[-2:]:
        notebook = put(notebook, exercise, wrong[exercise][1].source)
    return notebook


def _half_done(assignment: Assignment) -> NotebookNode:
    """The first half of the exercises solved, the others untouched."""
    notebook = solved(assignment)
    for exercise in list(assignment.stubs)[len(assignment.stubs) // 2 :]:
        notebook = put(notebook, exercise, assignment.stubs[exercise])
    return notebook


def _forbidden(assignment: Assignment, wrong: dict[str, list[Answer]]) -> NotebookNode | None:
    """Right, but with the built-in that the first exercise to rule one out asks for; None where none does."""
    for exercise in assignment.stubs:
        for answer in wrong[exercise]:
            if "built-in" in answer.title.lower() or "built_in" in answer.id or "builtin" in answer.id:
                return put(solved(assignment), exercise, answer.source)
    return None


def _rough(assignment: Assignment) -> NotebookNode | None:
    """A notebook that went wrong in another way in each of the course's first four assignments."""
    notebook, exercises = solved(assignment), list(assignment.stubs)
    first, last = exercises[0], exercises[-1]
    trouble = ["while True:\n    pass", "import os\n\nos._exit(1)", f"def {first}(x:\n    return (x", ""]
    number = list(assignments(assignment.course)).index(assignment.name)
    if number >= len(trouble):
        return None
    notebook = put(notebook, first, trouble[number])
    if not trouble[number]:
        notebook.cells = [cell for cell in notebook.cells if grade_id(cell) != last]
    return notebook
