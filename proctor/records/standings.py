"""Which attempts of a class count today: by the table of attempts, the policy, and the due
dates.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from functools import cached_property
from pathlib import Path

from nbgrader.api import Assignment as InGradebook
from nbgrader.api import Gradebook, SubmittedAssignment
from traitlets import TraitError
from traitlets.config.loader import Config

from proctor.errors import GradingError
from proctor.records.attempts import Attempt, State, Store
from proctor.records.counting import Attempts, Choice, choose, counting_under_any, fixing
from proctor.records.groups import extensions_by_group
from proctor.records.marks import NO_MARK
from proctor.records.store import Key

Penalty = Callable[[str, float, float], float]  # of a student, by their points and the seconds


def policy_in(config: Config) -> Attempts:
    """The policy of `nbgrader_config.py`. Raises `GradingError` if it names none that there is."""
    try:
        return Attempts(config=config)
    except TraitError as error:
        raise GradingError(f"nbgrader_config.py: {error}") from None


class Standings:
    """The rules of a course by which attempts count.

    `worth`: the points of each graded cell, by assignment. `is_current`: whether an attempt's
    verdicts are by today's checks.

    `late_penalty` gives nbgrader's penalty. Due dates and extensions are as they were when this was
    made.
    """

    def __init__(
        self,
        course: Path,
        policy: Attempts,
        store: Store,
        gradebook: Gradebook,
        worth: dict[str, dict[str, float]],
        is_current: Callable[[Attempt], bool] = lambda attempt: True,
        late_penalty: Penalty = lambda student, score, seconds: 0.0,
    ):
        self.policy, self.store, self.worth = policy, store, worth
        self.is_current, self.late_penalty = is_current, late_penalty
        self.times = due_dates(course, gradebook)

    def of(self, key: Key) -> "Standing":
        return Standing(self, key, self.store.of(*key), due_of(self.times, key))


@dataclass
class Standing:
    """A student's attempts for an assignment, with those of the whole group.

    `due`: when the student was to hand in.
    """

    rules: Standings
    key: Key
    attempts: list[Attempt]
    due: float | None

    @cached_property
    def judged(self) -> list[Attempt]:
        """The attempts that were judged by now, by whatever checks."""
        return [each for each in self.attempts if each.state == State.JUDGED]

    def choose(self) -> Choice:
        """Which attempt counts. The attempts that fix its predictions have to be judged, too."""
        choice = choose(self.attempts, self.rules.policy, self.due, self.points, self._is_current)
        if choice.attempt is not None:
            for fixer in fixing(choice.attempt, self.attempts, self.due).values():
                if not self._is_current(fixer) and fixer.kept and fixer not in choice.needed:
                    choice.needed.append(fixer)
        return choice

    def among_judged(self) -> Attempt | None:
        """Which of the judged attempts counts."""
        return choose(
            self.judged, self.rules.policy, self.due, self.points, self._is_judged
        ).attempt

    def protected(self) -> list[Attempt]:
        """The attempts whose files stay: they count under some policy, or fix a prediction."""
        found = counting_under_any(self.attempts, self.due, self.points, self._is_judged)
        for attempt in list(found):
            found += fixing(attempt, self.attempts, self.due).values()
        return found

    def fixed(self, attempt: Attempt) -> dict[str, bool]:
        """The predictions that earlier attempts fix for this one, by graded cell: whether they are
        right.
        """
        fixers = fixing(attempt, self.attempts, self.due)
        return {cell: fixer.statuses.get(cell) == "passed" for cell, fixer in fixers.items()}

    def as_recorded(self) -> list[Attempt]:
        """Copies of the judged attempts, with the verdicts on predictions that are fixed for
        them.
        """
        return [replace(attempt, verdicts=self._verdicts(attempt)) for attempt in self.judged]

    def points(self, attempt: Attempt) -> float:
        """The points of a judged attempt as they are recorded, with marks by hand and penalty."""
        marks = self.rules.store.marks(self.key)
        verdicts = self._verdicts(attempt)
        total = 0.0
        for cell, most in self.rules.worth.get(attempt.assignment, {}).items():
            _, share = verdicts.get(cell, ("", 0.0))
            mark, extra = marks[cell].get(attempt.answers.get(cell, ""), NO_MARK)
            if mark is None:
                mark = most * share
            total += mark + (extra or 0.0)
        if self.due is None or attempt.arrived is None or attempt.arrived <= self.due:
            return total
        student, _ = self.key
        return total - self.rules.late_penalty(student, total, attempt.arrived - self.due)

    def _verdicts(self, attempt: Attempt) -> dict[str, list]:
        """An attempt's verdicts, those on predictions that are fixed for it included."""
        verdicts = dict(attempt.verdicts)
        for cell, right in self.fixed(attempt).items():
            if cell in verdicts and not attempt.unreadable:
                verdicts[cell] = ["passed" if right else "failed", float(right)]
        return verdicts

    def _is_judged(self, attempt: Attempt) -> bool:
        return attempt.state == State.JUDGED

    def _is_current(self, attempt: Attempt) -> bool:
        return attempt.state == State.JUDGED and self.rules.is_current(attempt)


Times = tuple[dict[str, float], dict[tuple[str, str], timedelta | None]]


def due_of(times: Times, key: Key) -> float | None:
    """When a student was to hand in, with their extension; None if there is no due date."""
    student, assignment = key
    dues, more_time = times
    due = dues.get(assignment)
    more = more_time.get((assignment, student))
    return due + more.total_seconds() if due and more else due


def due_dates(course: Path, gradebook: Gradebook) -> Times:
    """When assignments are due, and the extensions, by assignment and student."""
    due = gradebook.db.query(InGradebook.name, InGradebook.duedate)
    dues = {name: when.replace(tzinfo=UTC).timestamp() for name, when in due if when}
    given = gradebook.db.query(
        InGradebook.name, SubmittedAssignment.student_id, SubmittedAssignment.extension
    )
    given = given.join(SubmittedAssignment.assignment).filter(
        SubmittedAssignment.extension.isnot(None)
    )
    return dues, {(name, student): more for name, student, more in given} | extensions_by_group(
        course
    )
