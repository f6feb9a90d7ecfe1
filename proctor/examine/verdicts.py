"""The verdict on each graded cell, by what its checks found."""

from proctor.course import Assignment, GradedCell
from proctor.course.report import Report, Status, Verdict, readable
from proctor.errors import Missing
from proctor.examine.examination import Examination
from proctor.sandbox.cell import CellDone


def verdict_on(graded: GradedCell, examination: Examination, passed: set[str], visible: CellDone | None) -> Verdict:
    """The verdict on a graded cell: its hidden checks', or its own, `visible` asserts' where it names no hidden check."""
    failed = [finding for finding in examination.findings if finding.cell == graded.id]
    verdict = Verdict(graded.id, 0.0, graded.points, Status.PASSED)
    if failed:
        verdict.status, verdict.message, verdict.diagnosis = failed[0].status, failed[0].message, failed[0].diagnosis
        verdict.crash = failed[0].crash
    elif graded.id in examination.assignment.plain and visible is not None:
        _by_itself(verdict, visible, examination.excused.get(graded.exercise))
    elif graded.id not in passed:
        verdict.status, verdict.message = Status.FAILED, "no hidden check belongs to this cell; tell your instructor"
    else:
        verdict.score, verdict.message = graded.points, examination.remarks.get(graded.id, "")
    return verdict


def _by_itself(verdict: Verdict, visible: CellDone, excuse: Exception | None) -> None:
    """Gives what nbgrader gives for a cell that ran to its end: all of its points, or the number that it ends in."""
    if visible.error_name:
        verdict.status = Status.FAILED
        verdict.message = readable(f"{visible.error_name}: {visible.error_message}".strip(": "))
        if excuse is not None:
            verdict.status = Status.MISSING if isinstance(excuse, Missing) else Status.NOT_ATTEMPTED
            verdict.message = str(excuse)
        return
    # takes long, and is seldom needed
    from nbgrader.utils import get_partial_grade

    results = [output for output in visible.outputs if output["output_type"] == "execute_result"]
    try:
        verdict.score = get_partial_grade(results[0], verdict.max_score) if results else verdict.max_score
    except (LookupError, TypeError, ValueError) as error:
        verdict.status, verdict.message = Status.FAILED, readable(f"it ends in what is no number of points: {error}")
    if verdict.score < verdict.max_score:
        verdict.status = Status.FAILED
        verdict.message = verdict.message or f"it gives {verdict.score:g} of {verdict.max_score:g} points"


def spread_forbidden(report: Report, assignment: Assignment) -> None:
    """A forbidden built-in earns nothing for the whole exercise, whichever cell it was found in."""
    found = {exercise_of(cell, assignment): cell.message for cell in report.cells if cell.status == Status.FORBIDDEN}
    for cell in report.cells if found else ():
        if cell.id not in assignment.plain and (message := found.get(exercise_of(cell, assignment))):
            cell.score, cell.status, cell.message = 0.0, Status.FORBIDDEN, message


def exercise_of(cell: Verdict, assignment: Assignment) -> str:
    return assignment.graded[cell.id].exercise


def shown_by(examination: Examination) -> dict[str, CellDone]:
    """How the visible checks ended, by graded cell."""
    cells = examination.session.cells if examination.session else []
    return {cell.id: cell.done for cell in cells if cell.id and cell.done is not None}
