"""What helps a learner on: the next exercise, its hints one at a time."""

from proctor.course import Assignment
from proctor.course.report import Report
from proctor.examine.hints import hints
from proctor.selfstudy.progress import BLANK, Progress


def next_hint(progress: Progress, assignment: Assignment, exercise: str) -> str:
    """The hint that follows the last one that was given for this exercise; behind the last, that there are no more."""
    ladder, given = hints(assignment, exercise), progress.of(assignment.name, exercise).hints
    if given >= len(ladder):
        none = f"There are no more hints for `{exercise}`" if ladder else f"There are no hints for `{exercise}`"
        again = f", `proctor hint {exercise} --again` begins anew" if ladder else ""
        return f"{none}. `proctor solution {exercise}` shows one way to do it{again}."
    progress.hint_given(assignment.name, exercise, given + 1)
    return ladder[given]


def next_exercise(report: Report, assignment: Assignment) -> str | None:
    """The first exercise that was tried and isn't solved yet; otherwise the first that wasn't tried."""
    open_cells = [cell for cell in report.cells if cell.status != "passed"]
    tried = [cell for cell in open_cells if cell.status not in BLANK]
    return next((assignment.graded[cell.id].exercise for cell in tried + open_cells), None)
