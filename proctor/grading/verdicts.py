"""From the findings of an examination to the verdicts on its graded cells."""

import re
import traceback
from pathlib import Path

from proctor.course import Assignment, GradedCell
from proctor.course.codes import Code, Note
from proctor.course.report import Report, Status, Verdict
from proctor.errors import Missing, Noted
from proctor.grading.examination import Examination, Finding
from proctor.sandbox.cell import CellDone

# the line at which IPython's traceback points, and the colours in it
ARROW = re.compile(r"^-+> (\d+) (.+)$", re.MULTILINE)
COLOUR = re.compile(r"\x1b\[[\d;]*m")


def add_verdicts(report: Report, examination: Examination) -> None:
    """Adds the verdicts on the graded cells to the report, in the order of the release."""
    visible = visible_checks(examination)
    not_judged = _not_judged(examination, visible)
    for graded in examination.assignment.graded.values():
        if graded.exercise in not_judged and graded.id in examination.to_judge:
            verdict = Verdict(graded.id, 0.0, graded.points, Status.TIMEOUT, Code.USED_UP())
        elif graded.id in examination.to_judge:
            verdict = verdict_on(graded, examination, visible.get(graded.id))
        elif graded.id in examination.known:
            verdict = examination.known[graded.id]
        else:
            continue
        report.cells.append(verdict)
    spread_forbidden(report, examination.assignment)


def visible_checks(examination: Examination) -> dict[str, CellDone]:
    """The results of the visible checks, by graded cell."""
    return {cell.id: cell.done for cell in examination.cells if cell.id and cell.done is not None}


def _not_judged(examination: Examination, visible: dict[str, CellDone]) -> set[str]:
    """The exercises whose checks did not all run before the budget was used up."""
    if examination.budget.used() < 1:
        return set()
    assignment = examination.assignment
    by_themselves = assignment.self_checked.keys() & visible.keys()
    left = examination.to_judge - examination.judged - by_themselves
    return set(map(assignment.exercise_of, left))


def verdict_on(graded: GradedCell, examination: Examination, visible: CellDone | None) -> Verdict:
    """The verdict on a graded cell: its hidden checks', or its own, `visible` asserts' if it names
    no hidden check.
    """
    verdict = Verdict(graded.id, 0.0, graded.points, Status.PASSED)
    failed = examination.first_finding(graded.id)
    if failed:
        verdict.status = failed.status
        verdict.note = failed.note
        verdict.diagnosis = failed.diagnosis
        verdict.crash = failed.crash
        verdict.check = _place_of(failed, examination.assignment.checks)
    elif graded.id in examination.assignment.self_checked and visible is not None:
        _judge_itself(verdict, visible, examination.excused.get(graded.exercise))
    elif graded.id not in examination.judged:
        verdict.status = Status.FAILED
        verdict.note = Code.NO_CHECK()
    else:
        verdict.score = graded.points
        text = examination.remarks.get(graded.id)
        if text:
            verdict.note = Code.REMARK(text=text)
    return verdict


def _judge_itself(verdict: Verdict, visible: CellDone, excuse: Noted | None) -> None:
    """Gives the points that nbgrader gives for a cell that ran to its end: all, or the number that
    it ends in.
    """
    if visible.error_name:
        verdict.status = Status.FAILED
        error = f"{visible.error_name}: {visible.error_message}".strip(": ")
        verdict.note = Code.OWN_ASSERT(error=error, line=_failed_line(visible))
        if excuse is not None:
            verdict.status = Status.NOT_ATTEMPTED
            if isinstance(excuse, Missing):
                verdict.status = Status.MISSING
            verdict.note = excuse.note
        return
    # takes long, and is seldom needed
    from nbgrader.utils import get_partial_grade

    verdict.score = verdict.max_score
    results = [output for output in visible.outputs if output["output_type"] == "execute_result"]
    if results:
        try:
            verdict.score = get_partial_grade(results[0], verdict.max_score)
        except (LookupError, TypeError, ValueError) as error:
            verdict.score = 0.0
            verdict.status = Status.FAILED
            verdict.note = Code.NO_POINTS(why=str(error))
            return
    if verdict.score < verdict.max_score:
        verdict.status = Status.FAILED
        verdict.note = Code.PART_OF_POINTS(score=verdict.score, max_score=verdict.max_score)


def _failed_line(visible: CellDone) -> Note | None:
    """The line of a graded cell that ended it, from IPython's traceback."""
    for output in visible.outputs:
        for part in output.get("traceback", []):
            found = ARROW.search(COLOUR.sub("", part))
            if found:
                return Code.LINE(number=int(found[1]), text=found[2].strip()[:100])
    return None


def _place_of(failed: Finding, checks: Path) -> str:
    """The hidden check that failed, and its line, unless it didn't get to run."""
    name = failed.check.split("[")[0]
    place = f"tests/hidden/{checks.name}::{failed.check}"
    for frame in traceback.extract_tb(failed.error.__traceback__):
        if (frame.filename, frame.name) == (str(checks), name):
            return f"{place}:{frame.lineno}"
    return place


def spread_forbidden(report: Report, assignment: Assignment) -> None:
    """A forbidden built-in earns nothing for the whole exercise, whichever cell it was found in."""
    notes = {}
    for cell in report.cells:
        if cell.status == Status.FORBIDDEN:
            notes[assignment.exercise_of(cell.id)] = cell.note
    for cell in report.cells:
        note = notes.get(assignment.exercise_of(cell.id))
        if note and cell.id not in assignment.self_checked:
            cell.score = 0.0
            cell.status = Status.FORBIDDEN
            cell.note = note
