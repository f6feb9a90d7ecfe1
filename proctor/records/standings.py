"""Which attempts of a class count today: by the table of attempts, the policy, and the due dates."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path

from nbgrader.api import Assignment as InGradebook
from nbgrader.api import Gradebook, SubmittedAssignment
from traitlets import TraitError
from traitlets.config.loader import Config

from proctor.errors import GradingError
from proctor.records.attempts import Attempt, State, Store
from proctor.records.counting import Attempts, Choice, choose, counting_under_any, fixing
from proctor.records.store import Key, extensions

Penalty = Callable[[str, float, float], float]  # of a student, by their points and the seconds


def policy_in(config: Config) -> Attempts:
    """The policy of `nbgrader_config.py`. Raises `GradingError` if it names none that there is."""
    try:
        return Attempts(config=config)
    except TraitError as error:
        raise GradingError(f"nbgrader_config.py: {error}") from None


class Standings:
    """Which attempts count. `worth`: the points of each graded cell, by assignment. `is_current`: whether an attempt's verdicts are by today's checks.

    `late_penalty` gives nbgrader's penalty. Due dates and extensions are as they were when this was made.
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

    def due(self, key: Key) -> float | None:
        """When a student was to hand in, with their extension; None if there is no due date."""
        return due_of(self.times, key)

    def choose(self, attempts: list[Attempt]) -> Choice:
        """Which of a student's attempts counts. What fixes a prediction has to be judged, too."""
        if not attempts:
            return Choice()
        due = self.due(attempts[0].key)
        choice = choose(attempts, self.policy, due, self._points_among(attempts))
        if choice.attempt is not None:
            for fixer in fixing(choice.attempt, attempts, due).values():
                if not self._is_judged(fixer) and fixer.kept and fixer not in choice.needed:
                    choice.needed.append(fixer)
        return choice

    def among_judged(self, attempts: list[Attempt]) -> Attempt | None:
        """Which of the attempts counts that were judged by now, by whatever checks."""
        judged = [each for each in attempts if each.state == State.JUDGED]
        if not judged:
            return None
        points_now = self._points_among(attempts, current=False)
        return choose(judged, self.policy, self.due(judged[0].key), points_now).attempt

    def protected(self, attempts: list[Attempt]) -> list[Attempt]:
        """The attempts whose files stay: they count under some policy, or fix a prediction."""
        due = self.due(attempts[0].key)
        points_now = self._points_among(attempts, current=False, whole=True)
        found = counting_under_any(attempts, due, points_now)
        for attempt in list(found):
            found += fixing(attempt, attempts, due).values()
        return found

    def fixed(self, attempt: Attempt, attempts: list[Attempt]) -> dict[str, bool]:
        """The predictions that earlier attempts fix for this one, by graded cell: whether they are right."""
        fixers = fixing(attempt, attempts, self.due(attempt.key))
        return {cell: fixer.statuses.get(cell) == "passed" for cell, fixer in fixers.items()}

    def as_recorded(self, attempts: list[Attempt]) -> list[Attempt]:
        """Copies of a student's judged attempts, with the verdicts on predictions that are fixed for them."""
        found = []
        for attempt in attempts:
            if attempt.state == State.JUDGED:
                fixed = self.fixed(attempt, attempts)
                verdicts = dict(attempt.verdicts)
                for cell, right in fixed.items():
                    if cell in verdicts and not attempt.unreadable:
                        verdicts[cell] = ["passed" if right else "failed", float(right)]
                found.append(replace(attempt, verdicts=verdicts))
        return found

    def _is_judged(self, attempt: Attempt) -> bool:
        return attempt.state == State.JUDGED and self.is_current(attempt)

    def _points_among(
        self, attempts: list[Attempt], current: bool = True, whole: bool = False
    ) -> Callable[[Attempt], float | None]:
        """The points of a student's attempts as they are recorded, with marks by hand and penalty.

        `current`: only by today's checks. If neither the policy nor `whole` asks for points, they
        are 0, and only tell which attempts have any.
        """
        whole = whole or self.policy.counts == "best"
        worth = self.worth.get(attempts[0].assignment, {})
        marks = self.store.marks(attempts[0].key)
        due = self.due(attempts[0].key)

        def points_of(attempt: Attempt) -> float | None:
            if attempt.state != State.JUDGED or (current and not self.is_current(attempt)):
                return None
            if not whole:
                return 0.0
            fixed = self.fixed(attempt, attempts)
            total = 0.0
            for cell, most in worth.items():
                _, share = attempt.verdicts.get(cell, ("", 0.0))
                if cell in fixed:
                    share = float(fixed[cell])
                mark, extra = marks.get((cell, attempt.answers.get(cell, "")), (None, None))
                total += (most * share if mark is None else mark) + (extra or 0.0)
            if due is None or attempt.arrived is None or attempt.arrived <= due:
                return total
            seconds = attempt.arrived - due
            return total - self.late_penalty(attempt.student, total, seconds)

        return points_of


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
    given = gradebook.db.query(InGradebook.name, SubmittedAssignment.student_id, SubmittedAssignment.extension)
    given = given.join(SubmittedAssignment.assignment).filter(SubmittedAssignment.extension.isnot(None))
    return dues, {(name, student): more for name, student, more in given} | extensions(course)
