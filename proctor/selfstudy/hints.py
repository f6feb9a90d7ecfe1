"""The next exercise of a learner, and its hints one at a time."""

from collections.abc import Collection

from proctor.course import Assignment
from proctor.course.report import BLANK, Report
from proctor.examine.hints import hints
from proctor.selfstudy.progress import Progress


def next_hint(progress: Progress, assignment: Assignment, exercise: str) -> str:
    """The hint that follows the last one that was shown for this exercise; behind the last, that there are no more."""
    found, shown = hints(assignment, exercise), progress.of(assignment.name, exercise).hints
    if shown < len(found):
        progress.hint_given(assignment.name, exercise, shown + 1)
        return found[shown]
    more, again = (" more", f", `proctor hint {exercise} --again` begins anew") if found else ("", "")
    return f"There are no{more} hints for `{exercise}`. `proctor solution {exercise}` shows one way to do it{again}."


def next_exercise(
    report: Report, assignment: Assignment, saved: Collection[str] = (), last: tuple[str, str] = ("", "")
) -> str | None:
    """The exercise to explain or to go on with: of those that don't pass yet, one that was tried comes first; among these
    one that was just `saved`, then the `last` that was explained, of whichever assignment.
    """
    left = [(assignment.graded[cell.id].exercise, cell) for cell in report.cells if cell.status != "passed"]
    tried = {exercise for exercise, cell in left if cell.status not in BLANK}
    order = [(each not in tried, each not in saved, (assignment.name, each) != last) for each, _ in left]
    return left[order.index(min(order))][0] if left else None
