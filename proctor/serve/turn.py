"""One turn of the service, in which it holds the lock: it grades, records and answers the submissions that are due, fairly among students."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from proctor.classroom.grade import Class
from proctor.classroom.workers import Pool
from proctor.course import assignments
from proctor.course.files import replaced_folder
from proctor.course.report import readable, report_in
from proctor.errors import GradingError
from proctor.records.engine import Job, Recorder, make_private
from proctor.records.gradebook import recording
from proctor.records.roster import read_roster
from proctor.records.served import STUCK, name_of, stuck
from proctor.records.stale import read_anew
from proctor.records.store import Key, Row, State
from proctor.serve import page

if TYPE_CHECKING:
    from proctor.serve.service import Service

# seconds after which another grading may have its turn, unless a submission is run for longer: the lock is kept for that
LONGEST = 20.0
LATER = 60.0  # seconds after which what is no student's fault is tried again
TRIES = 5  # of one submission


class Turn:
    """Grades and answers what is due. As an iterator it gives the submission whose turn it is, or none for now."""

    def __init__(self, service: "Service", recorder: Recorder):
        read_anew()
        self.service, self.store, self.course = service, service.store, service.course
        self.recorder, self.known = recorder, assignments(service.course)
        self.of_class = Class(recorder)
        self._end = time.monotonic() + LONGEST
        # when what is being graded was begun
        self._began: dict[Key, float] = {}
        self._troubles: dict[str, str] = {}
        with recorder.transaction() as gradebook:
            self._roster = read_roster(self.course, gradebook)

    def grade_next(self, pool: Pool | None) -> bool:
        """Does what is due, all but grading where there is no `pool`; whether there was, or is, something to grade."""
        service, now, did = self.service, time.time(), False
        for row in self.store.rows("state = ? AND page = ''", State.GRADED):
            if self._is_there(row):
                self._answer(row)
            elif row.assignment in self.known:
                row.page, row.why = "error", "no page could be made: what was graded is not there any more"
                service.print_line(f"{row.student}/{row.assignment}: {row.why}")
                self.store.save(row)
        if not service.checked:
            for key in self.store.all_placed():
                self._settle(key)
        # answers that held something back before the due date are told in full after it
        for row in self.store.rows("state = ? AND page = 'told'", State.GRADED):
            due = service.due(row)
            if due and row.graded < due <= now and self.store.placed(*row.key) == row.name and self._is_there(row):
                self._answer(row)
        service.checked = now
        service.dues = {service.due(row) or 0.0 for row in self.store.rows("page = 'told'")}
        try:
            with recording(self.course):
                for job in self.of_class.grade(self, pool) if pool else ():
                    did = True
                    self._end_of(job)
        except GradingError:
            # a submission that was being graded when something else failed has used up no try
            for row in service.running.values():
                row.tries -= row.state == State.WAITING
                self.store.save(row)
            raise
        return did or service.has_to_restore()

    def __iter__(self) -> Iterator[Job]:
        return self

    def __next__(self) -> Job:
        service, now = self.service, time.monotonic()
        if now > self._end and not any(began < min(self._end, now - LONGEST) for began in self._began.values()):
            raise StopIteration
        service.look()
        for key, row in list(service.restore.items()):
            if row.not_before > time.time() or key in service.running:
                continue
            if not (trouble := self._trouble(row)):
                job = self._begin(row)
                if not job.error:
                    return job
                self._end_of(job)
                continue
            row.not_before = time.time() + LATER
            service.print_line(f"{row.student}/{row.assignment} could not be graded: {readable(trouble)}")
        for row in self.store.in_turn(time.time()):
            if row.key in service.running or not self._may(row):
                continue
            if row.unreadable and self._counting(row):
                # the attempt that counts already needs no sandbox
                self._note(row, None)
                self._answer(row)
                service.print_line(
                    f"{row.student}/{row.assignment}: could not be read, so what was graded before counts"
                )
                service.drop_old_copies(row.student)
                continue
            job = self._begin(row)
            if not job.error and self.of_class.todo([job]):
                return job
            # it can't be put there, or was recorded just before the service ended
            self._end_of(job)
        raise StopIteration

    def _may(self, row: Row) -> bool:
        """Whether a submission may be graded; notes why not."""
        why = ""
        if self._roster and row.student not in self._roster:
            why, row.not_before = "nobody on the class's roster is called so", time.time() + LATER
            words = "waits until your instructor has put you on the list of the class"
            if row.why != why:
                self.service.print_line(f"{name_of(row)} waits: {why}")
        elif row.tries >= TRIES:
            row.state, row.why = State.FAILED, row.why or f"the service ended {TRIES} times while it was at it"
            words = "could not be graded, by no fault of yours; your instructor is told"
            self.service.print_line(f"{name_of(row)} is not tried again: {row.why}")
        elif trouble := self._trouble(row):
            why, row.not_before = trouble, time.time() + LATER
            words = "could not be graded yet, by no fault of yours; it is tried again"
            self.service.print_line(f"{row.student}/{row.assignment} could not be graded: {readable(trouble)}")
        else:
            return True
        # why it can't be read is told its student later
        if why and not row.unreadable:
            row.why = why
        self.store.save(row)
        self.service.notice(row, words)
        return False

    def _trouble(self, row: Row) -> str:
        """Why a submission's assignment can't be graded now; empty where it can."""
        name = row.assignment
        if name not in self.known:
            return "there is no such assignment in release/"
        if name not in self._troubles:
            try:
                self.recorder.prepare(self.known[name])
                self._troubles[name] = ""
            except GradingError as error:
                self._troubles[name] = str(error)
        return self._troubles[name]

    def _begin(self, row: Row) -> Job:
        """Puts a submission into `submitted/`, and gives it to be graded."""
        assignment = self.known[row.assignment]
        job = Job(row.student, assignment, self.course / "submitted" / row.student / row.assignment)
        if row.key in self.service.restore:
            # as it was graded before
            self.of_class.seeds[row.key] = row.seed
        else:
            row.tries += 1
            self.store.save(row)
        self.service.running[row.key], self._began[row.key] = row, time.monotonic()
        try:
            self._place(row, job.folder)
        except (FileExistsError, NotADirectoryError) as error:
            job.error = f"{error.filename} can't be made ({error.strerror}): move away what is in its place"
        return job

    def _place(self, row: Row, target: Path) -> None:
        """Puts a copy of a submission where `proctor grade` finds it, as a whole or not at all."""
        make_private(target.parent, self.service.coursedir.groupshared)
        with replaced_folder(target) as fresh:
            shutil.copytree(self.service.folder_of(row), fresh)
            (fresh / "timestamp.txt").write_text(page.utc(row.received))
            before = self.service.folder_of(row).with_name("before")
            # a submission that was collected by other means stays
            if os.path.lexists(target) and not (self.store.placed(*row.key) or before.exists()):
                shutil.move(target, before)

    def _end_of(self, job: Job) -> None:
        """Writes down what a submission came to, and answers."""
        service, key = self.service, job.key
        row, is_restored = service.running[key], key in service.restore
        if job.error:
            service.print_line(f"{row.student}/{row.assignment} could not be graded: {readable(job.error)}")
        if is_restored:
            # the same error comes again, and is told, when the service starts again
            del service.restore[key]
            self.of_class.seeds.pop(key, None)
            if not job.error:
                row.score = self._score_now(key) or 0.0
                with self.store.database:
                    self.store.place(*key, row.name)
                self.store.save(row)
        elif job.error:
            row.why, row.not_before = readable(job.error), time.time() + LATER
            self.store.save(row)
            service.notice(row, "could not be graded yet, by no fault of yours; it is tried again")
        else:
            self._note(row, report_in(self._path(row)))
            self._answer(row)
            points = f"attempt {row.number}, {row.score:g} of {row.max_score:g}"
            service.print_line(
                f"{row.student}/{row.assignment}: {points}, {time.time() - row.arrived:.1f} s after it came"
            )
            found = stuck(self.known[row.assignment], self.store.attempts(*key))
            if now := [exercise for exercise, times in found.items() if times == STUCK]:
                service.print_line(f"{name_of(row)}: {', '.join(now)} failed {STUCK} times in a row")
            self._settle(key)
            service.drop_old_copies(row.student)
        del service.running[key], self._began[key]

    def _note(self, row: Row, report: dict | None) -> None:
        """Notes what a submission came to; without a report, that it can't be read, and that another one counts."""
        assignment, found = self.known[row.assignment], report or {}
        cells = found.get("cells", [])
        row.number = len(self.store.attempts(*row.key)) + 1
        row.state, row.graded = State.GRADED, time.time()
        row.score = sum(cell["score"] for cell in cells)
        row.max_score = sum(cell.points for cell in assignment.graded.values())
        row.seed, row.cells = found.get("seed", 0), {cell["id"]: cell["status"] for cell in cells} or row.cells
        row.why = row.why if row.unreadable else ""
        predictions = {
            cell["id"]: cell["status"] == "passed"
            for cell in cells
            if assignment.is_prediction(assignment.exercise_of(cell["id"])) and cell["status"] in ("passed", "failed")
        }
        with self.store.database:
            self.store.keep_predictions(row, predictions, found.get("made_of", {}).get("checks", ""))
            if report is not None:
                self.store.place(*row.key, row.name)
            self.store.save(row)
        waiting = self.store.rows("state = ? AND student = ? AND assignment = ?", State.WAITING, *row.key)
        for each in waiting:
            each.not_before = self.service.policy.not_before(self.store.graded_at(*row.key))
        self.store.save(*waiting)

    def _answer(self, row: Row) -> None:
        """Puts the page on a submission where its student finds it: on what the gradebook has where it can't be read."""
        service, due, assignment = self.service, self.service.due(row), self.known[row.assignment]
        counting = self._counting(row) if row.unreadable else None
        shown = counting or row
        attempts = self.store.attempts(*row.key)
        before = [each for each in attempts if each.number < shown.number]
        facts = page.facts_of(shown, before, assignment, service.policy, due)
        if counting:
            facts |= page.unread(row, counting, attempts, service.policy)
        try:
            text = service.pages(self.recorder.config).make(self._path(row), row.assignment, row.student, served=facts)
            page.put(service.feedback, row.pages, text, service.coursedir.groupshared)
            row.page = "final" if facts["past_due"] else "told"
        except OSError:
            raise
        except Exception as error:
            row.page, row.why = "error", f"no page could be made: {readable(f'{type(error).__name__}: {error}')}"
            service.print_line(f"{row.student}/{row.assignment}: {row.why}")
        self.store.save(row)

    def _counting(self, row: Row) -> Row | None:
        """The student's attempt that the gradebook has, another one than `row`; None where there is none that could be read."""
        found = self.store.rows("name = ? AND name != ?", self.store.placed(*row.key), row.name)
        return next((each for each in found if not each.unreadable), None)

    def _settle(self, key: Key) -> None:
        """Has the attempt that counts graded again, where it isn't the one that was graded last."""
        attempts, placed = self.store.attempts(*key), self.store.placed(*key)
        # 'proctor grade' may have graded it again, with other checks
        now = self._score_now(key) if self.service.policy.counts == "best" else None
        counted = self.service.policy.counted(
            [each for each in attempts if not each.unreadable] or attempts,
            self.service.is_on_time,
            lambda each: now if now is not None and each.name == placed else each.score,
        )
        if not counted or key[1] not in self.known or counted.name == placed:
            return
        # unless somebody removed it
        if self.service.folder_of(counted).is_dir():
            counted.not_before = 0.0
            self.service.restore[key] = counted

    def _is_there(self, row: Row) -> bool:
        """Whether the graded notebook of a submission is there, and its assignment: an instructor may remove them."""
        return row.assignment in self.known and self._path(row).is_file()

    def _score_now(self, key: Key) -> float | None:
        """The points by the checks of what the gradebook has of a student; None where no report tells."""
        assignment = self.known.get(key[1])
        path = self.recorder.folder(*key) / assignment.notebook.name if assignment else None
        cells = report_in(path).get("cells") if path else None
        return sum(cell["score"] for cell in cells) if cells else None

    def _path(self, row: Row) -> Path:
        """The notebook of a submission that was just graded."""
        return self.recorder.folder(row.student, row.assignment) / self.known[row.assignment].notebook.name
