"""What helps a learner on: the next exercise, its hints one at a time, its solution."""

import re

from proctor.course import Assignment, defines_value, grade_id
from proctor.report import Report
from proctor.selfstudy.progress import BLANK, Progress

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


def next_hint(progress: Progress, assignment: Assignment, exercise: str) -> str:
    """The hint that follows the last one that was given for this exercise; behind the last, that there are no more."""
    ladder, given = hints(assignment, exercise), progress.of(assignment.name, exercise).hints
    if given >= len(ladder):
        none = f"There are no more hints for `{exercise}`" if ladder else f"There are no hints for `{exercise}`"
        again = f", `proctor hint {exercise} --again` begins anew" if ladder else ""
        return f"{none}. `proctor solution {exercise}` shows one way to do it{again}."
    progress.hint_given(assignment.name, exercise, given + 1)
    return ladder[given]


def solution(assignment: Assignment, exercise: str) -> str:
    """The source of the reference solution; of a value, without the placeholder above it."""
    source = assignment.solutions[exercise]
    if defines_value(exercise):
        source = source.partition("### BEGIN SOLUTION")[2] or source
    lines = source.strip().splitlines()
    return "\n".join(line for line in lines if "### BEGIN SOLUTION" not in line and "### END SOLUTION" not in line)


def next_exercise(report: Report, assignment: Assignment) -> str | None:
    """The first exercise that was tried and isn't solved yet; otherwise the first that wasn't tried."""
    open_cells = [cell for cell in report.cells if cell.status != "passed"]
    tried = [cell for cell in open_cells if cell.status not in BLANK]
    return next((assignment.graded[cell.id].exercise for cell in tried + open_cells), None)
