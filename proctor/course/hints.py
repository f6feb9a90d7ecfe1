"""An exercise's hints and its solution, as the notebooks hold them, and the reveal of a
prediction.
"""

import re

from proctor.course import Assignment, grade_id
from proctor.course.answers import known

HINT = re.compile(r"<details>\s*<summary>(Hint[^<]*)</summary>(.*?)</details>", re.DOTALL)


def hints(assignment: Assignment, exercise: str) -> list[str]:
    """The hints that the notebook gives for an exercise, in their order, as Markdown."""
    found, here = [], False
    for cell in assignment.released.cells:
        if cell.cell_type == "code":
            here = grade_id(cell) == exercise
        elif here:
            for title, text in HINT.findall(cell.source):
                found.append(f"**{title}.** {text.strip()}")
    return found


def solution(assignment: Assignment, exercise: str) -> str:
    """The source of the reference solution; of a value, without the placeholder above it."""
    source = assignment.solutions[exercise]
    if assignment.exercises[exercise].is_value:
        source = source.partition("### BEGIN SOLUTION")[2] or source
    lines = []
    for line in source.strip().splitlines():
        if "### BEGIN SOLUTION" not in line and "### END SOLUTION" not in line:
            lines.append(line)
    return "\n".join(lines)


def reveal(assignment: Assignment, exercise: str, taken: str = "") -> str:
    """The answer to a prediction, its reason, and the mistake behind each wrong choice but the
    `taken` one, as Markdown.
    """
    answer = _value(solution(assignment, exercise))
    lines = [f"**The answer: {answer}.** {assignment.reasons.get(exercise, '')}"]
    for wrong in known(assignment.wrong_answers / f"{exercise}.py"):
        # a question for a number has no choices
        if answer.isalpha() and wrong.title and wrong.id != taken:
            lines.append(
                f"* **{_value(wrong.source)}** {wrong.title[0].lower()}{wrong.title[1:]}. {wrong.hint}"
            )
    return "\n\n".join(lines)


def _value(source: str) -> str:
    """The value that a solution cell assigns, a letter without its quotes."""
    return source.rpartition(" = ")[2].strip('"')
