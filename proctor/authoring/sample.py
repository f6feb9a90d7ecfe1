"""A sample class, made from the course's own corpora, so that every kind of verdict can be seen
before there is a class.
"""

import re
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
STUDENTS = ["ada", "ben", "chloe", "dario", "emre", "fatou", "gita", "hugo"]
START = datetime(2026, 1, 12, 9, 0, tzinfo=UTC)


def sample_class(course: Path, gradebook: Gradebook) -> int:
    """Fills `submitted/` in `course`, which is empty, and returns the number of notebooks that it
    wrote.

    Raises `GradingError` if there are other students, whose gradebook would keep these.
    """
    known = {student for (student,) in gradebook.db.query(Student.id)}
    if known.difference(STUDENTS) or read_roster(course, gradebook):
        raise GradingError(
            f"{course / 'submitted'} is empty, and no made-up students are put beside the course's own: collect first, "
            "or see a sample class in a second clone"
        )
    right = corpus(course / "answers" / "right")
    wrong = corpus(course / "answers" / "wrong")
    written = 0
    for count, student in enumerate(STUDENTS):
        for number, assignment in enumerate(assignments(course).values()):
            # with the reference solution, two students would seem to have copied
            own = _chosen(assignment, right, count)
            notebook = _notebook_of(student, number, assignment, own, wrong)
            if notebook is None:
                continue
            path = course / "submitted" / student / assignment.name / assignment.notebook.name
            path.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(notebook, path)
            when = START + timedelta(hours=7 * count)
            (path.parent / "timestamp.txt").write_text(when.strftime("%Y-%m-%d %H:%M:%S UTC\n"))
            written += 1
    return written


def _notebook_of(
    student: str, number: int, assignment: Assignment, own: Answers, wrong: list[Answer]
) -> NotebookNode | None:
    """The student's notebook of the assignment with this number, from right answers of their `own`;
    None without one.
    """
    exercises = [*assignment.stubs]
    counted = {cell.exercise for cell in assignment.graded.values() if cell.points}
    functions = [
        name for name in exercises if name in counted and not assignment.exercises[name].is_value
    ]
    match student:
        case "ada" | "ben":
            return solved(assignment, own)
        # gives up after three assignments
        case "chloe" if number < 3:
            return solved(assignment, _chosen(assignment, wrong, 0))
        # right but for the last two functions, and not yet through
        case "dario" if number < 5:
            chosen = _chosen(assignment, wrong, 1)
            return solved(assignment, own | {name: chosen[name] for name in functions[-2:]})
        # the first half
        case "emre":
            untouched = exercises[len(exercises) // 2 :]
            return solved(assignment, own | {name: assignment.stubs[name] for name in untouched})
        case "fatou":
            return assignment.released
        # the built-in that the first exercise to rule one out asks for
        case "gita":
            for name in exercises:
                for answer in wrong:
                    if answer.exercise == name and re.search(
                        "built.?in", f"{answer.title} {answer.id}".lower()
                    ):
                        return solved(assignment, own | {name: answer.source})
        # each of the first three assignments goes wrong in another way
        case "hugo" if number == 0:
            return solved(assignment, own | {functions[0]: "import os\n\nos._exit(1)"})
        case "hugo" if number == 1:
            return solved(assignment, own | {functions[0]: f"def {functions[0]}(x:\n    return (x"})
        case "hugo" if number == 2:
            notebook = solved(assignment, own | {functions[0]: ""})
            notebook.cells = [cell for cell in notebook.cells if grade_id(cell) != functions[-1]]
            return notebook
    return None


def _chosen(assignment: Assignment, pool: list[Answer], pick: int) -> Answers:
    """An answer of the pool to each exercise that has one there; another `pick` takes another one,
    if there are enough.
    """
    answers: Answers = {}
    for exercise in assignment.stubs:
        if sources := [answer.source for answer in pool if answer.exercise == exercise]:
            answers[exercise] = sources[pick % len(sources)]
    return answers
