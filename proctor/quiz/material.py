"""The course's own material of a quiz: small calls, and the known wrong answers that a student may
see.
"""

import re
from functools import cache

from proctor.course import Assignment
from proctor.course.answers import known, put, solved
from proctor.examine.proofs import examined
from proctor.grading.verdicts import visible_checks
from proctor.quiz.own_code import own_code
from proctor.quiz.variants import Variant

MOST = 6  # answers to one exercise
LINES = 14  # of an answer that is shown beside another


def calls_of(assignment: Assignment, exercise: str) -> tuple[str, list[str]]:
    """The statements of `answers/calls/` that come before each call of an exercise, and the
    calls.
    """
    path = assignment.right_answers.parent / "calls" / f"{exercise}.py"
    source = path.read_text(encoding="utf-8") if path.is_file() else ""
    # the docstring, perhaps statements, and the calls, one a line
    parts = source.split("\n\n")
    return "\n\n".join(parts[1:-1]), parts[-1].splitlines()


@cache
def visibly_wrong(assignment: Assignment, exercise: str) -> list[Variant]:
    """Short wrong answers to an exercise that the visible checks fail, under its name."""
    path = assignment.wrong_answers / f"{exercise}.py"
    short = [each for each in known(path) if not each.like and each.source.count("\n") < LINES]
    found = []
    for answer, _, examination in examined(assignment, exercise, short, 0, visible=True):
        if any(done.error_name for done in visible_checks(examination).values()):
            # its own name would give it away
            source = re.sub(rf"\b{answer.id}\b", exercise, answer.source)
            source = source.replace(f"\n{exercise} = {exercise}", "")
            code = own_code(put(solved(assignment), exercise, source), assignment, exercise)
            found.append(Variant(answer.title, code.source, beside=code.shown))
        if len(found) == MOST:
            break
    return found
