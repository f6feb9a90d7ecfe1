"""The messages on a class's notebook: made in fresh sandboxes, with inputs that belong to this
notebook alone.
"""

from collections import defaultdict
from collections.abc import Sequence

from proctor.course.codes import Code
from proctor.course.report import Report, Status, Verdict
from proctor.diagnosis.explain import explain
from proctor.diagnosis.smallest import show_smallest
from proctor.grading.checking import checks_in, silenced
from proctor.grading.examination import Examination, Finding
from proctor.grading.student import seed_of


def explain_afresh(report: Report, examination: Examination) -> None:
    """Rewrites the messages: the checks that failed run once more in fresh sandboxes, with other
    inputs.

    The notebook's code can pass on nothing there about a classmate's questions. If a check doesn't
    fail in the same way, the first message stays, which quotes nothing.
    """
    by_run = defaultdict[str, dict[str, Finding]](dict)
    for cell in report.cells:
        finding = _shown_finding(cell, examination)
        if finding is not None:
            # a stand-in must not be within reach of the exercise that it stands in for
            is_alone = finding.stand_ins or finding.graded
            exercise = examination.assignment.exercise_of(cell.id) if is_alone else ""
            by_run[exercise][cell.id] = finding
    for exercise, findings in by_run.items():
        found = _found_afresh(exercise, [*findings.values()], examination)
        for cell in report.cells:
            if cell.id in findings:
                _reword(cell, found.get(findings[cell.id].check), examination)


def _shown_finding(cell: Verdict, examination: Examination) -> Finding | None:
    """The finding whose message a failed verdict has, if inputs were sent: the first run's, if
    another has the same.
    """
    if cell.status not in (Status.FAILED, Status.ERROR):
        return None
    assignment = examination.assignment
    is_value = assignment.exercises[assignment.exercise_of(cell.id)].is_value
    for finding in reversed(examination.findings):
        if finding.cell == cell.id and finding.note == cell.note:
            return None if is_value or not finding.asked.stop else finding
    return None


def _found_afresh(
    exercise: str, findings: Sequence[Finding], examination: Examination
) -> dict[str, Finding]:
    """The failures of the checks of these findings in a fresh sandbox, by check; with stand-ins,
    all are of the one exercise.
    """
    first = findings[0]
    fresh = examination.second_run(exercise, first.stand_ins, first.graded, examination.moved)
    fresh.alone = True
    fresh.seed = seed_of(0, "".join(cell.source for cell in examination.cells))
    checks = {check.name: check for check in checks_in(examination.assignment.checks)}
    found = dict[str, Finding]()
    try:
        with silenced():
            for finding in findings:
                outcome = checks[finding.check].run(fresh)
                if isinstance(outcome, Finding):
                    explain(outcome, fresh)
                    found[finding.check] = outcome
        show_smallest(fresh, [*found.values()])
    finally:
        fresh.asks.close()
    return found


def _reword(cell: Verdict, new: Finding | None, examination: Examination) -> None:
    """Puts the words of a fresh sandbox into a verdict, or that the check passes there."""
    first = examination.first_finding(cell.id)
    if new is None:
        cell.note = cell.note.added(Code.ONLY_THERE())
    elif new.status == cell.status and first is not None:
        cell.note = new.note
        cell.diagnosis = new.diagnosis
        first.seen = new.seen
        first.shown = new.shown
