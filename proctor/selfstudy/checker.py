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
    """How a check ended: with a report, with none where nothing was touched, or with `error`.

    `saved`: whether a save asked for it. `touched`: the exercises whose answer is new;
    `before`: what the verdicts were, by graded cell; `at`: the exercise to explain, or to go on with.
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
    """A thread that checks what it is given, and tells of each check."""

    def __init__(self, course: Path, tell: Callable[[CheckResult], None]):
        self.course, self.tell = course, tell
        self.seed: int | None = None  # one for the session: what a save did not change does not change its verdict
        self.last: dict[Path, tuple[Submission, Report | None]] = {}
        self.handle: CancelHandle | None = None
        # notebooks, and whether a save asked for their check
        self.running: tuple[Path, bool] | None = None
        self._waiting: list[tuple[Path, bool]] = []
        self._news = threading.Condition()
        self._stopped = self._closed = False
        threading.Thread(target=self._run, daemon=True).start()

    def put(self, path: Path, saved: bool = False) -> None:
        """Has a notebook checked: a saved one before what runs, which is stopped for it, and what waits."""
        with self._news:
            if saved and self.running and not self._stopped:
                self._waiting.insert(0, self.running)
                self._stop()
            self._waiting = [each for each in self._waiting if each[0] != path]
            self._waiting.insert(0 if saved else len(self._waiting), (path, saved))
            self._news.notify()

    def is_done(self) -> bool:
        """Whether nothing is left to check."""
        with self._news:
            return self.running is None and not self._waiting

    def runs_for(self) -> float:
        """The seconds for which the present check has waited for the student's code; 0 where it doesn't."""
        asked_at = self.handle.asked_at if self.handle is not None else 0.0
        return time.monotonic() - asked_at if asked_at else 0.0

    def close(self) -> None:
        """Stops what runs, and the thread, which this doesn't wait for."""
        with self._news:
            self._closed = True
            self._stop()
            self._news.notify()

    def _stop(self) -> None:
        self._stopped = True
        if self.handle is not None:
            self.handle.stop()

    def _run(self) -> None:
        while True:
            path, saved = self._next()
            try:
                checked = self._check(path)
            except KeyboardInterrupt:
                # another save took its place
                checked = None
            except NotExaminable as error:
                checked = CheckResult(path, error=f"can't be examined: {error.to_its_owner}")
            except Exception as error:
                checked = CheckResult(path, error=f"can't be examined here: {error}; 'proctor doctor' may say why")
            with self._news:
                self.running, self.handle = None, None
            if checked is not None and not self._closed:
                checked.saved = saved
                self.tell(checked)

    def _next(self) -> tuple[Path, bool]:
        with self._news:
            self._news.wait_for(lambda: self._waiting or self._closed)
            if self._closed:
                raise SystemExit
            self._stopped, self.running = False, self._waiting.pop(0)
            return self.running

    def _check(self, path: Path) -> CheckResult:
        submission = read(path, self.course)
        old, report = self.last.get(path, (None, None))
        if report is None and _is_untouched(submission):
            self.last[path] = submission, None
            return CheckResult(path, submission=submission)
        # imports torch
        from proctor.examine.examine import examine
        from proctor.examine.student import fresh_seed
        from proctor.session.connection import CancelHandle

        self.seed = self.seed or fresh_seed()
        with self._news:
            self.handle = CancelHandle(stopped=self._stopped)
        before = {cell.id: cell.status for cell in report.cells} if report else {}
        report = examine(submission, seed=self.seed, handle=self.handle, reveals=is_ones_own(path, self.course))
        report.notes = submission.notes
        self.last[path] = submission, report
        touched = _touched(old, submission) if old else set()
        return CheckResult(path, False, submission, report, touched, before)


def _is_untouched(submission: Submission) -> bool:
    """Whether the notebook holds nothing but what was released."""
    return {cell.source for cell in code_cells(submission.notebook)} <= submission.assignment.released_sources


def _touched(old: Submission, new: Submission) -> set[str]:
    """The exercises whose answer differs between two submissions."""
    return {exercise for exercise, _ in _answers(old) ^ _answers(new)}


def _answers(submission: Submission) -> set[tuple[str, str]]:
    """Each exercise with the source of its solution cell."""
    cells = [(grade_id(cell) or "", cell.source) for cell in code_cells(submission.notebook)]
    return {(name, source) for name, source in cells if name in submission.assignment.stubs}
