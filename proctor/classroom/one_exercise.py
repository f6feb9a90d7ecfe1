"""`proctor grade --exercise`: one exercise is judged again, and of the later ones those whose stand-ins it may change."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from proctor.course.report import BLANK, Report, Status
from proctor.records.attempts import State
from proctor.records.engine import Job
from proctor.records.folders import Folders
from proctor.records.stale import changed, only_one_changed


class OneExercise:
    """Finds the verdicts on attempts that stay, and says in the end which other ones were found anew."""

    def __init__(self, folders: Folders, name: str):
        self.folders = folders
        self.name = name
        # by attempt: the other exercises that are judged again, and why the whole is
        self._others: dict[Job, set[str]] = {}
        self._whole: dict[Job, str] = {}

    def known(self, job: Job) -> Report | None:
        """The stored report on an attempt with the verdicts that stay; None if the attempt is judged as a whole."""
        attempt, assignment = job.attempt, job.assignment
        outcome = self.folders.outcome(attempt) if attempt.state == State.JUDGED else None
        report = outcome.report if outcome and outcome.ran and not outcome.unjudged else None
        if report is None:
            self._whole[job] = "not judged before"
            return None
        if not only_one_changed(self.name, attempt.made_of, job.inputs):
            self._whole[job] = changed(attempt.made_of, job.inputs)
            return None
        if report.seed != job.seed:
            self._whole[job] = "another seed"
            return None
        others = self._others[job] = self._may_change(job, report)
        again = {self.name, *others}
        stay = [cell for cell in report.cells if assignment.exercise_of(cell.id) not in again]
        return replace(report, cells=stay)

    def _may_change(self, job: Job, report: Report) -> set[str]:
        """The later exercises that passed with a stand-in for this one, or lost points, perhaps for want of one."""
        assignment = job.assignment
        order = list(assignment.stubs)
        later = order[order.index(self.name) + 1 :]
        names = set(assignment.names_of(self.name))
        found = set[str]()
        for cell in report.cells:
            exercise = assignment.exercise_of(cell.id)
            is_final = cell.status == Status.FAILED and assignment.is_prediction(exercise)
            is_lost = cell.status not in (Status.PASSED, *BLANK) and not is_final
            if exercise in later and (is_lost or names & set(cell.given)):
                found.add(exercise)
        return found

    def lines(self) -> list[str]:
        """Lines on what else was judged again."""
        found = Counter(exercise for others in self._others.values() for exercise in others)
        names = ", ".join(f"{name} ({count})" for name, count in found.most_common())
        lines = [f"judged again besides {self.name}: {names}"] if found else []
        if self._whole:
            lines.append(f"judged as a whole: {len(self._whole)}{counted(self._whole.values())}")
        return lines


def counted(reasons: Iterable[str]) -> str:
    """How often there is each reason, in words."""
    found = Counter(reasons).most_common()
    return f" ({', '.join(f'{count} {reason}' for reason, count in found)})" if found else ""
