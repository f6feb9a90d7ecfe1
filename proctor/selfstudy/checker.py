"""Checks notebooks in a thread of its own, the saved ones first."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from proctor.course import grade_id
from proctor.course.report import Report, Status, Verdict
from proctor.errors import NotExaminable
from proctor.sandbox.launcher import CancelHandle
from proctor.selfstudy.progress import is_ones_own
from proctor.submission import Submission, code_cells, read


@dataclass
class Check:
    """The check of a notebook, which ends with a report, without one if nothing is answered in it,
    or with an `error`.

    `saved`: whether a save caused it. `saved_at`: the time of the last save. `touched`: the
    exercises with a new answer. `before`: the earlier statuses, by graded cell. `at`: the exercise
    to explain, or to go on with.
    """

    path: Path
    saved: bool = False
    submission: Submission | None = None
    report: Report | None = None
    touched: set[str] = field(default_factory=set)
    before: dict[str, Status] = field(default_factory=dict)
    error: str = ""
    at: str | None = None
    saved_at: float = 0.0
    answers: set[tuple[str, str]] = field(default_factory=set)
    handle: CancelHandle = field(default_factory=CancelHandle)

    @property
    def cells(self) -> list[Verdict]:
        """The verdicts."""
        return self.report.cells if self.report else []

    @property
    def new(self) -> list[Verdict]:
        """The verdicts that have changed."""
        return [
            cell for cell in self.cells if self.before.get(cell.id, "not_attempted") != cell.status
        ]


class Checker:
    """A thread that checks one notebook after the other, and passes each check to `show`."""

    def __init__(self, course: Path, show: Callable[[Check], None]):
        self.course = course
        self.show = show
        self.seed: int | None = None  # one for the session: an unchanged answer keeps its verdict
        self.last: dict[Path, Check] = {}
        self.running: Check | None = None
        self._waiting: list[Check] = []
        self._changed = threading.Condition()
        threading.Thread(target=self._run, daemon=True).start()

    def put(self, path: Path, saved: bool = False) -> None:
        """Has a notebook checked.

        A saved one comes first; the running check stops for it, and starts again later.
        """
        with self._changed:
            running = self.running
            if saved and running and not running.handle.stopped:
                running.handle.stop()
                self._waiting.insert(0, Check(running.path, running.saved))
            self._waiting = [each for each in self._waiting if each.path != path]
            self._waiting.insert(0 if saved else len(self._waiting), Check(path, saved))
            self._changed.notify()

    def is_done(self) -> bool:
        """Whether nothing is left to check."""
        with self._changed:
            return self.running is None and not self._waiting

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                self.running = check = self._waiting.pop(0)
            try:
                self._judge(check)
            except KeyboardInterrupt:
                # a save stopped it
                continue
            except NotExaminable as error:
                check.error = f"can't be examined: {error.to_its_owner}"
            except Exception as error:
                check.error = f"can't be examined here: {error}; 'proctor doctor' may say why"
            finally:
                self.running = None
            self.show(check)

    def _judge(self, check: Check) -> None:
        submission = read(check.path, self.course)
        check.saved_at = check.path.stat().st_mtime
        cells = code_cells(submission.notebook)
        sources = {grade_id(cell): cell.source for cell in cells}
        check.answers = {(name, sources[name]) for name in submission.assignment.stubs}
        last = self.last.get(check.path, check)
        check.touched = {exercise for exercise, _ in check.answers - last.answers}
        check.before = {cell.id: cell.status for cell in last.cells}
        if last.report or {cell.source for cell in cells} - submission.assignment.released_sources:
            # imports torch
            from proctor.examine.examine import examine

            reveals = is_ones_own(check.path, self.course)
            report = examine(submission, seed=self.seed, handle=check.handle, reveals=reveals)
            report.notes = submission.notes
            check.report = report
            self.seed = report.seed
        check.submission = submission
        self.last[check.path] = check
