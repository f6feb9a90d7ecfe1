"""One turn of the service, in which it holds the lock: what is due is graded, recorded and answered, fairly among students."""

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from nbgrader.api import Assignment as InGradebook
from nbgrader.api import SubmittedAssignment

from proctor.classroom.grade import Class, Graded, HandedIn
from proctor.course import assignments
from proctor.course.report import readable, report_in
from proctor.errors import GradingError
from proctor.records.engine import Recorder, make_private
from proctor.records.gradebook import recording
from proctor.records.roster import read_roster
from proctor.records.store import ARRIVAL, Row, extensions, remember
from proctor.serve import page

if TYPE_CHECKING:
    from proctor.serve.service import Service

LONGEST = 20.0  # seconds after which another grading may have its turn
LATER = 60.0  # seconds after which what is no student's fault is tried again
TRIES = 5  # of one submission


class Turn:
    """Grades and answers what is due. Asked for the next submission, it gives whose turn it is, or none for now."""

    def __init__(self, service: "Service", recorder: Recorder):
        self.service, self.store, self.course = service, service.store, service.course
        self.recorder, self.known = recorder, assignments(service.course)
        self.of_class = Class(recorder, trust_students=service.trust_students)
        self._end = 0.0
        self._prepared: set[str] = set()
        self._flying: dict[tuple[str, str], tuple[Row, bool]] = {}
        with recording(self.course), recorder.transaction() as gradebook:
            self._roster = read_roster(self.course, gradebook)
            due = gradebook.db.query(InGradebook.name, InGradebook.duedate)
            self._dues = {name: when.replace(tzinfo=UTC).timestamp() for name, when in due if when}
            given = gradebook.db.query(InGradebook.name, SubmittedAssignment.student_id, SubmittedAssignment.extension)
            given = given.join(SubmittedAssignment.assignment).filter(SubmittedAssignment.extension.isnot(None))
            self._more_time = extensions(self.course) | {(name, student): more for name, student, more in given}

    def take(self) -> bool:
        """Does what is due; whether anything was."""
        service, now = self.service, time.time()
        first = not service.checked
        for row in self.store.rows("state = 'graded' AND page = ''"):
            self._answer(row)
        if first:
            for key in self.store.all_placed():
                self._settle(key)
        self._tell_what_was_held_back(now)
        service.checked, service.dues = now, list({self._due(row) or 0.0 for row in self.store.rows("page = 'told'")})
        did = False
        if service.restore or self.store.in_turn(now):
            pool = service.pool()
            self._end = time.monotonic() + LONGEST
            try:
                for graded in self.of_class.grade(self, pool):
                    did = True
                    self._end_of(graded)
            except GradingError:
                self._take_back()
                raise
        return did

    def _take_back(self) -> None:
        """What was being graded when something else went wrong was no try."""
        with contextlib.suppress(GradingError):
            for row, again in self._flying.values():
                row.tries -= not again
                self._save(row)

    def __iter__(self) -> Iterator[HandedIn]:
        return self

    def __next__(self) -> HandedIn:
        self.service.look()
        if time.monotonic() > self._end or (self._flying and self._is_crowded()):
            raise StopIteration
        now = time.time()
        for key, row in list(self.service.restore.items()):
            if key not in self._flying:
                return self._begin(row, again=True)
        for row in self.store.in_turn(now):
            if row.key not in self._flying and self._may(row):
                handed_in = self._begin(row)
                if self.of_class.todo([handed_in]):
                    return handed_in
                # it was recorded just before the service ended
                self._end_of(Graded(handed_in))
        raise StopIteration

    def _is_crowded(self) -> bool:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return os.getloadavg()[0] > self.service.policy.max_load * cores

    def _may(self, row: Row) -> bool:
        """Whether a submission may be graded; notes why not."""
        if self._roster is not None and not self._roster.knows(row.student):
            row.why, row.not_before = "nobody on the class's roster is called so", time.time() + LATER
            words = "waits until your instructor has put you on the list of the class"
        elif row.tries >= TRIES:
            row.state, row.why = "failed", row.why or f"the service ended {TRIES} times while it was at it"
            words = "could not be graded, by no fault of yours; your instructor is told"
        elif row.assignment not in self.known:
            row.state, row.why = "failed", "there is no such assignment in release/"
            words = "could not be graded; your instructor is told"
        else:
            return True
        self._save(row)
        self.service.notice(row, words)
        return False

    def _begin(self, row: Row, again: bool = False) -> HandedIn:
        """Puts a submission into `submitted/`, and gives it to be graded; `again`: as it was graded before."""
        assignment = self.known[row.assignment]
        if row.assignment not in self._prepared:
            self.recorder.prepare(assignment)
            self._prepared.add(row.assignment)
        handed_in = HandedIn(row.student, assignment, self.course / "submitted" / row.student / row.assignment)
        with recording(self.course):
            if again:
                remember(self.recorder.memory, [row.key], row.seed)
                self.of_class.again[row.key] = row.seed
            else:
                row.tries += 1
                self._save(row)
            self._place(row, handed_in.folder)
        self._flying[row.key] = row, again
        self.service.flying.add(row.name)
        return handed_in

    def _place(self, row: Row, target: Path) -> None:
        """Puts a copy of a submission where `proctor grade` finds it, as a whole or not at all."""
        make_private(target.parent, self.service.coursedir.groupshared)
        fresh, old = (target.with_name(f".{target.name}.{end}") for end in ("new", "old"))
        for left in (fresh, old):
            shutil.rmtree(left, ignore_errors=True)
        shutil.copytree(self.service.kept(row), fresh)
        when = datetime.fromtimestamp(row.received, UTC)
        (fresh / "timestamp.txt").write_text(f"{when:%Y-%m-%d %H:%M:%S.%f} UTC")
        if os.path.lexists(target):
            if not self.store.placed(*row.key):
                # what was collected by other means stays
                old = self.service.kept(row).with_name("before")
                old = old if not old.exists() else target.with_name(f".{target.name}.old")
                old.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(target, old)
        fresh.rename(target)
        shutil.rmtree(target.with_name(f".{target.name}.old"), ignore_errors=True)

    def _end_of(self, graded: Graded) -> None:
        """Writes down what a submission came to, and answers."""
        key = graded.submission.key
        row, again = self._flying[key]
        if again and not graded.error:
            self.service.restore.pop(key, None)
            with recording(self.course), self.store.transaction():
                self.store.place(*key, row.name)
        elif graded.error:
            self._put_off(row, graded.error, again)
        else:
            with recording(self.course):
                self._note(row, report_in(self._path(row)))
                self._answer(row)
            self.service.say(
                f"{row.student}/{row.assignment}: attempt {row.number}, {row.score:g} of {row.max_score:g}, "
                f"{time.time() - row.arrived:.1f} s after it came"
            )
            self._settle(key)
        del self._flying[key]
        self.service.flying.discard(row.name)

    def _put_off(self, row: Row, error: str, again: bool) -> None:
        """What could not be graded, by no fault of its student, is tried again later."""
        self.service.say(f"{row.student}/{row.assignment} could not be graded: {readable(error)}")
        if again:
            # when the service starts again
            self.service.restore.pop(row.key, None)
            return
        row.why, row.not_before = readable(error), time.time() + LATER
        self._save(row)
        self.service.notice(row, "could not be graded yet, by no fault of yours; it is tried again")

    def _note(self, row: Row, report: dict) -> None:
        cells = report.get("cells", [])
        row.number = len(self.store.attempts(*row.key)) + 1
        row.state, row.graded, row.why = "graded", time.time(), row.why if row.why.endswith(ARRIVAL) else ""
        row.score, row.max_score = (sum(cell[part] for cell in cells) for part in ("score", "max_score"))
        row.seed, row.cells = report.get("seed", 0), {cell["id"]: cell["status"] for cell in cells}
        assignment = self.known[row.assignment]
        told = {
            cell["id"]: cell["status"] == "passed"
            for cell in cells
            if assignment.is_prediction(assignment.exercise_of(cell["id"])) and cell["status"] in ("passed", "failed")
        }
        waiting = self.store.rows(
            "state = 'waiting' AND student = ? AND assignment = ? AND name != ?", *row.key, row.name
        )
        with self.store.transaction():
            self.store.save(row)
            self.store.place(*row.key, row.name)
            self.store.keep_predictions(row.key, told, report.get("made_of", {}).get("checks", ""))
            for each in waiting:
                each.not_before = self.service.policy.not_before(self.store.graded_at(*row.key, each.unreadable))
            self.store.save(*waiting)

    def _answer(self, row: Row) -> None:
        """Puts the page on what was graded last where its student finds it."""
        service, due = self.service, self._due(row)
        before = [each for each in self.store.attempts(*row.key) if each.number < row.number]
        facts = page.facts_of(row, before, self.known[row.assignment], service.policy, due)
        row.page = "final" if facts["past_due"] else "told"
        try:
            text = service.pages(self.recorder.config).make(self._path(row), row.student, facts)
            page.put(service.feedback, row.pages, text, service.coursedir.groupshared)
        except OSError:
            raise
        except Exception as error:
            row.page, row.why = "error", f"no page could be made: {readable(f'{type(error).__name__}: {error}')}"
            service.say(f"{row.student}/{row.assignment}: {row.why}")
        self._save(row)

    def _tell_what_was_held_back(self, now: float) -> None:
        """Answers once more, without holding anything back, who was answered before the due date."""
        for row in self.store.rows("state = 'graded' AND page = 'told'"):
            due = self._due(row)
            if due and row.graded < due <= now and self.store.placed(*row.key) == row.name:
                self._answer(row)

    def _settle(self, key: tuple[str, str]) -> None:
        """Has the attempt that counts graded again, where it isn't the one that was graded last."""
        attempts = self.store.attempts(*key)
        counted = self.service.policy.counted(
            [each for each in attempts if not each.unreadable] or attempts,
            lambda each: (due := self._due(each)) is None or each.received <= due,
            lambda each: each.score,
        )
        if not counted or key[1] not in self.known or counted.name == self.store.placed(*key):
            return
        # unless somebody removed it
        if self.service.kept(counted).is_dir():
            self.service.restore[key] = counted

    def _due(self, row: Row) -> float | None:
        """When a student was to hand in, with the extension that they have; None where there is no due date."""
        due, more = self._dues.get(row.assignment), self._more_time.get((row.assignment, row.student))
        return due + more.total_seconds() if due and more else due

    def _path(self, row: Row) -> Path:
        """The notebook of a submission that was just graded."""
        return self.recorder.graded(row.student, row.assignment) / self.known[row.assignment].notebook.name

    def _save(self, row: Row) -> None:
        with recording(self.course), self.store.transaction():
            self.store.save(row)
