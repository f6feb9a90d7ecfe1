"""A sample class, made from the course's known answers, so that every kind of verdict can be seen
before there is a class.
"""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook

from proctor.course import Assignment, assignments
from proctor.course.answers import known, solved
from proctor.errors import GradingError
from proctor.records.roster import read_roster

Answers = dict[str, str]  # sources, by exercise
STUDENTS = ["ada", "ben", "chloe", "dario", "emre", "fatou", "gita", "hugo"]
START = datetime(2026, 1, 12, 9, 0, tzinfo=UTC)
LOST = "the student has deleted this cell"


def sample_class(course: Path, gradebook: Gradebook) -> int:
    """Fills `submitted/` in `course`, which is empty, and returns the number of notebooks that it
    wrote.

    Raises `GradingError` if there are other students, whose gradebook would keep these.
    """
    recorded = {student.id for student in gradebook.students}
    if recorded.difference(STUDENTS) or read_roster(course, gradebook):
        raise GradingError(
            f"{course / 'submitted'} is empty, and no made-up students are put beside the course's own: collect first, "
            "or see a sample class in a second clone"
        )
    written = 0
    for number, assignment in enumerate(assignments(course).values()):
        for student, changed in _class(assignment, number).items():
            count = STUDENTS.index(student)
            # with the reference solution, two students would seem to have copied
            own = _chosen(assignment, assignment.right_answers, count)
            notebook = solved(assignment, own | changed)
            notebook.cells = [cell for cell in notebook.cells if cell.source != LOST]
            path = course / "submitted" / student / assignment.name / assignment.notebook.name
            path.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(notebook, path)
            when = START + timedelta(hours=7 * count)
            (path.parent / "timestamp.txt").write_text(when.strftime("%Y-%m-%d %H:%M:%S UTC\n"))
            written += 1
    return written


def _class(assignment: Assignment, number: int) -> dict[str, Answers]:
    """The students who hand in the assignment with this number, and their answers that are not
    right.
    """
    stubs = assignment.stubs
    counted = {cell.exercise for cell in assignment.graded.values() if cell.points}
    functions = [
        name for name in stubs if name in counted and not assignment.exercises[name].is_value
    ]
    half = [*stubs][len(stubs) // 2 :]
    students = {"ada": {}, "ben": {}, "emre": {name: stubs[name] for name in half}, "fatou": stubs}
    # the built-in in place of the first exercise that rules one out
    for name in stubs:
        for answer in known(assignment.wrong_answers / f"{name}.py"):
            if re.search("built_?in", answer.id):
                students.setdefault("gita", {name: answer.source})
    # these give up later, and earlier
    if number < 5:
        wrong = _chosen(assignment, assignment.wrong_answers, 1)
        students["dario"] = {name: wrong[name] for name in functions[-2:]}
    if number < 3:
        students["chloe"] = _chosen(assignment, assignment.wrong_answers, 0)
        # each assignment goes wrong in another way
        first, last = functions[0], functions[-1]
        students["hugo"] = [
            {first: "import os\n\nos._exit(1)"},
            {first: f"def {first}(x:\n    return (x"},
            {first: "", last: LOST},
        ][number]
    return students


def _chosen(assignment: Assignment, folder: Path, pick: int) -> Answers:
    """An answer in this folder to each exercise that has one there; another `pick` takes another
    one, if there are enough.
    """
    answers: Answers = {}
    for exercise in assignment.stubs:
        if found := known(folder / f"{exercise}.py"):
            answers[exercise] = found[pick % len(found)].source
    return answers
