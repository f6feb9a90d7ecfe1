"""An exercise's hints and its solution, as the notebooks hold them."""

import re

from proctor.course import Assignment, grade_id

HINT = re.compile(r"<details>\s*<summary>(Hint[^<]*)</summary>(.*?)</details>", re.DOTALL)


def hints(assignment: Assignment, exercise: str) -> list[str]:
    """The hints that the notebook gives for an exercise, in their order, as Markdown."""
    found, here = [], False
    for cell in assignment.released.cells:
        if cell.cell_type == "code":
            here = grade_id(cell) == exercise
        elif here:
            found += [f"**{title}.** {text.strip()}" for title, text in HINT.findall(cell.source)]
    return found


def solution(assignment: Assignment, exercise: str) -> str:
    """The source of the reference solution; of a value, without the placeholder above it."""
    source = assignment.solutions[exercise]
    if assignment.exercises[exercise].is_value:
        source = source.partition("### BEGIN SOLUTION")[2] or source
    lines = source.strip().splitlines()
    return "\n".join(line for line in lines if "### BEGIN SOLUTION" not in line and "### END SOLUTION" not in line)
