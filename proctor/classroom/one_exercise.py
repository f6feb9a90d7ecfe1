"""`proctor grade --exercise`: one exercise is judged again, and of the later ones those whose
stand-ins it may change.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from proctor.course.report import BLANK, Report, Status
from proctor.records.attempts import State
from proctor.records.folders import Folders
from proctor.records.job import Job
from proctor.records.stale import changed, only_one_changed


class OneExercise:
    """Finds the verdicts on attempts that stay.

    `others`: the exercises that are judged again besides this one, once for each attempt. `whole`:
    for each attempt that is judged as a whole, the reason.
    """

    def __init__(self, folders: Folders, name: str):
        self.folders = folders
        self.name = name
        self.others: list[str] = []
        self.whole: list[str] = []

    def known(self, job: Job) -> Report | None:
        """The stored report on an attempt with the verdicts that stay; None if the attempt is
        judged as a whole.
        """
        made_of = job.attempt.made_of
        outcome = None
        if job.attempt.state == State.JUDGED:
            outcome = self.folders.outcome(job.attempt)
        report = None
        if outcome and outcome.ran and not outcome.unjudged:
            report = outcome.report
        if report is None:
            self.whole.append("not judged before")
        elif not only_one_changed(self.name, made_of, job.inputs):
            self.whole.append(changed(made_of, job.inputs))
        elif report.seed != job.seed:
            self.whole.append("another seed")
        else:
            others = self._may_change(job, report)
            self.others += others
            of = job.assignment.exercise_of
            again = {self.name, *others}
            stay = [cell for cell in report.cells if of(cell.id) not in again]
            return replace(report, cells=stay)
        return None

    def _may_change(self, job: Job, report: Report) -> set[str]:
        """The later exercises that passed with a stand-in for this one, or lost points, perhaps for
        want of one.
        """
        assignment = job.assignment
        exercises = list(assignment.stubs)
        later = exercises[exercises.index(self.name) + 1 :]
        names = set(assignment.names_of(self.name))
        found = set[str]()
        for cell in report.cells:
            exercise = assignment.exercise_of(cell.id)
            # a prediction that is wrong stays wrong
            is_final = cell.status == Status.FAILED and assignment.is_prediction(exercise)
            is_lost = cell.status not in (Status.PASSED, *BLANK) and not is_final
            if exercise in later and (is_lost or names & set(cell.given)):
                found.add(exercise)
        return found

    def lines(self) -> list[str]:
        """Lines on the other exercises that were judged again."""
        lines = []
        if self.others:
            lines.append(f"judged again besides {self.name}:{counted(self.others)}")
        if self.whole:
            lines.append(f"judged as a whole: {len(self.whole)}{counted(self.whole)}")
        return lines


def counted(reasons: Iterable[str]) -> str:
    """How often there is each reason, in words."""
    found = [f"{count} {reason}" for reason, count in Counter(reasons).most_common()]
    return f" ({', '.join(found)})" if found else ""
