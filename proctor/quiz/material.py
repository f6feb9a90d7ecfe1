"""The course's own material of a quiz: small calls, and the known wrong answers that a student may
see.
"""

import ast
import re

from proctor.course import Assignment
from proctor.course.answers import known, put, solved
from proctor.course.cells import globals_read
from proctor.quiz.own_code import needed, own_code
from proctor.quiz.trial import Trial
from proctor.quiz.variants import Variant
from proctor.sandbox.protocol import Raised

MOST = 6  # answers to one exercise
LINES = 14  # of an answer that is shown beside another


def calls_of(assignment: Assignment, exercise: str) -> tuple[str, list[str]]:
    """The statements of `answers/calls/` that come before each call of an exercise, and the
    calls.
    """
    path = assignment.right_answers.parent / "calls" / f"{exercise}.py"
    source = path.read_text(encoding="utf-8") if path.is_file() else ""
    given = []
    calls = []
    # without the docstring
    for node in ast.parse(source).body[1:]:
        text = ast.get_source_segment(source, node) or ""
        is_call = isinstance(node, ast.Expr) and any(
            name in text for name in assignment.names_of(exercise)
        )
        (calls if is_call else given).append(text)
    return "\n".join(given), calls


def visibly_wrong(assignment: Assignment, exercise: str) -> list[Variant]:
    """Short wrong answers to an exercise that the visible checks fail, under its name."""
    notebook = solved(assignment)
    checks = "\n".join(
        assignment.locked[name].source for name in sorted(assignment.cells_of(exercise))
    )
    before = "\n".join(source for source, _ in needed(notebook, exercise, globals_read(checks)))
    trial = Trial(assignment)
    found = []
    try:
        # if the reference fails, the checks need more than definitions
        can_tell = trial.run(f"{before}\n{checks}", "0") == 0
        for each in known(assignment.wrong_answers / f"{exercise}.py") if can_tell else ():
            if each.like or len(each.source.splitlines()) > LINES or len(found) == MOST:
                continue
            # its own name would give it away
            source = re.sub(rf"\b{each.id}\b", exercise, each.source).replace(
                f"\n{exercise} = {exercise}", ""
            )
            if isinstance(trial.run(f"{before}\n{source}\n{checks}", "0"), Raised):
                code = own_code(put(notebook, exercise, source), assignment, exercise)
                found.append(Variant(each.title, code.source(), beside=code.shown))
    finally:
        trial.close()
    return found
