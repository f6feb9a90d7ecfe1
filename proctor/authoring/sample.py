"""A sample class, made from the course's own corpora, so that every kind of verdict can be seen before there is a class."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook, Student

from proctor.course import Assignment, assignments, grade_id
from proctor.course.answers import Answer, corpus, solved
from proctor.errors import GradingError
from proctor.records.roster import read_roster

Answers = dict[str, str]  # sources, by exercise


def sample_class(course: Path, gradebook: Gradebook) -> int:
    """Fills `submitted/` in `course`, where nothing is yet, and returns how many notebooks it wrote.

    Raises `GradingError` where there are other students, whose gradebook would keep these.
    """
    right, wrong = corpus(course / "answers" / "right"), corpus(course / "answers" / "wrong")
    # Each has right answers of their own: if two had the reference solution, they would seem to have copied.
    students: dict[str, Callable[[Assignment, Answers], NotebookNode | None]] = {
        "ada": solved,
        "ben": solved,
        # she gives up after three assignments
        "chloe": lambda a, _: solved(a, _chosen(a, wrong, 0)) if _number(a) < 3 else None,
        # right but for the last two functions that earn points, and not yet through
        "dario": lambda a, own: solved(a, own | _last_two_wrong(a, wrong)) if _number(a) < 5 else None,
        "emre": _half_done,
        "fatou": lambda a, _: a.released,
        "gita": lambda a, own: _forbidden(a, own, wrong),
        "hugo": _rough,
    }
    known = {student for (student,) in gradebook.db.query(Student.id)}
    if known - students.keys() or read_roster(course, gradebook):
        raise GradingError(
            f"{course / 'submitted'} is empty, and no made-up students are put beside the course's own: collect first, "
            "or see a sample class in a second clone"
        )
    written = 0
    start = datetime(2026, 1, 12, 9, 0, tzinfo=UTC)
    for count, (student, make) in enumerate(students.items()):
        for assignment in assignments(course).values():
            notebook = make(assignment, _chosen(assignment, right, count))
            if notebook is None:
                continue
            path = course / "submitted" / student / assignment.name / assignment.notebook.name
            path.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(notebook, path)
            when = start + timedelta(hours=7 * count)
            (path.parent / "timestamp.txt").write_text(when.strftime("%Y-%m-%d %H:%M:%S UTC\n"))
            written += 1
    return written


def _number(assignment: Assignment) -> int:
    """The place of an assignment in its course, counted from 0."""
    return list(assignments(assignment.course)).index(assignment.name)


def _functions(assignment: Assignment) -> list[str]:
    """The exercises that ask for a function, and earn points, in their order."""
    counted = {cell.exercise for cell in assignment.graded.values() if cell.points}
    return [name for name, exercise in assignment.exercises.items() if name in counted and not exercise.is_value]


def _chosen(assignment: Assignment, pool: list[Answer], pick: int) -> Answers:
    """An answer of the pool to each exercise that has one there; another `pick` takes another one, if there are enough."""
    answers: Answers = {}
    for exercise in assignment.stubs:
        if sources := [answer.source for answer in pool if answer.exercise == exercise]:
            answers[exercise] = sources[pick % len(sources)]
    return answers


def _last_two_wrong(assignment: Assignment, wrong: list[Answer]) -> Answers:
    chosen = _chosen(assignment, wrong, 1)
    return {exercise: chosen[exercise] for exercise in _functions(assignment)[-2:]}


def _half_done(assignment: Assignment, own: Answers) -> NotebookNode:
    """The first half of the exercises solved, the others untouched."""
    untouched = list(assignment.stubs)[len(assignment.stubs) // 2 :]
    return solved(assignment, own | {exercise: assignment.stubs[exercise] for exercise in untouched})


def _forbidden(assignment: Assignment, own: Answers, wrong: list[Answer]) -> NotebookNode | None:
    """Right, but with the built-in that the first exercise to rule one out asks for; None where none does."""
    for exercise in assignment.stubs:
        for answer in wrong:
            if answer.exercise == exercise and re.search("built.?in", f"{answer.title} {answer.id}".lower()):
                return solved(assignment, own | {exercise: answer.source})
    return None


def _rough(assignment: Assignment, own: Answers) -> NotebookNode | None:
    """A notebook that went wrong in another way in each of the course's first three assignments."""
    number = _number(assignment)
    if number >= 3:
        return None
    first, last = _functions(assignment)[0], _functions(assignment)[-1]
    trouble = ["import os\n\nos._exit(1)", f"def {first}(x:\n    return (x", ""]
    notebook = solved(assignment, own | {first: trouble[number]})
    if not trouble[number]:
        notebook.cells = [cell for cell in notebook.cells if grade_id(cell) != last]
    return notebook
