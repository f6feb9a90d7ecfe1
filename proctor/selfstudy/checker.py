"""Checks notebooks in a thread of its own, the saved ones first."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from proctor.course import grade_id
from proctor.course.report import Report, Status, Verdict
from proctor.errors import NotExaminable
from proctor.selfstudy.progress import is_ones_own
from proctor.submission import Submission, code_cells, read

if TYPE_CHECKING:
    from proctor.session.connection import CancelHandle


@dataclass
class CheckResult:
    """How a check ended: with a report, without one for an untouched notebook, or with `error`.

    `saved`: whether a save caused it. `touched`: the exercises with a new answer. `before`: the
    earlier statuses, by graded cell. `at`: the exercise to explain, or to go on with.
    """

    path: Path
    saved: bool = False
    submission: Submission | None = None
    report: Report | None = None
    touched: set[str] = field(default_factory=set)
    before: dict[str, Status] = field(default_factory=dict)
    error: str = ""
    at: str | None = None

    @property
    def new(self) -> list[Verdict]:
        """The verdicts that have changed."""
        cells = self.report.cells if self.report else []
        return [cell for cell in cells if self.before.get(cell.id, "not_attempted") != cell.status]


class Checker:
    """A thread that checks one notebook after the other, and passes each result to `show`."""

    def __init__(self, course: Path, show: Callable[[CheckResult], None]):
        self.course = course
        self.show = show
        self.seed: int | None = None  # one for the session: an unchanged answer keeps its verdict
        self.last: dict[Path, tuple[Submission, Report | None]] = {}
        self.handle: CancelHandle | None = None
        # notebooks, each with whether a save caused the check
        self.running: tuple[Path, bool] | None = None
        self._waiting: list[tuple[Path, bool]] = []
        self._changed = threading.Condition()
        self._stopped = False
        threading.Thread(target=self._run, daemon=True).start()

    def put(self, path: Path, saved: bool = False) -> None:
        """Has a notebook checked.

        A saved one comes first; the running check stops for it, and starts again later.
        """
        with self._changed:
            if saved and self.running and not self._stopped:
                self._waiting.insert(0, self.running)
                self.stop()
            self._waiting = [each for each in self._waiting if each[0] != path]
            self._waiting.insert(0 if saved else len(self._waiting), (path, saved))
            self._changed.notify()

    def is_done(self) -> bool:
        """Whether nothing is left to check."""
        with self._changed:
            return self.running is None and not self._waiting

    def seconds_waited(self) -> float:
        """The seconds for which the running check has waited for the student's code; 0 if it
        doesn't.
        """
        asked_at = self.handle.asked_at if self.handle else 0.0
        return time.monotonic() - asked_at if asked_at else 0.0

    def stop(self) -> None:
        """Stops the running check."""
        self._stopped = True
        if self.handle:
            self.handle.stop()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                self._stopped = False
                self.running = path, saved = self._waiting.pop(0)
            try:
                result = self._check(path)
            except KeyboardInterrupt:
                # a save stopped it
                continue
            except NotExaminable as error:
                result = CheckResult(path, error=f"can't be examined: {error.to_its_owner}")
            except Exception as error:
                result = CheckResult(
                    path, error=f"can't be examined here: {error}; 'proctor doctor' may say why"
                )
            finally:
                self.running = self.handle = None
            result.saved = saved
            self.show(result)

    def _check(self, path: Path) -> CheckResult:
        submission = read(path, self.course)
        old, report = self.last.get(path, (None, None))
        sources = {cell.source for cell in code_cells(submission.notebook)}
        if report is None and sources <= submission.assignment.released_sources:
            self.last[path] = submission, None
            return CheckResult(path, submission=submission)
        # imports torch
        from proctor.examine.examine import examine
        from proctor.grading.student import fresh_seed
        from proctor.session.connection import CancelHandle

        self.seed = self.seed or fresh_seed()
        with self._changed:
            self.handle = CancelHandle(stopped=self._stopped)
        before = {cell.id: cell.status for cell in report.cells} if report else {}
        report = examine(
            submission, seed=self.seed, handle=self.handle, reveals=is_ones_own(path, self.course)
        )
        report.notes = submission.notes
        self.last[path] = submission, report
        answers = _answers(submission)
        known = _answers(old) if old else answers
        touched = {name for name in answers if answers[name] != known.get(name)}
        return CheckResult(path, False, submission, report, touched, before)


def _answers(submission: Submission) -> dict[str, str]:
    """The source of each exercise's solution cell."""
    sources = {grade_id(cell) or "": cell.source for cell in code_cells(submission.notebook)}
    return {name: sources[name] for name in submission.assignment.stubs}
