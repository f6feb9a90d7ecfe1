"""The service: it looks for what came, has it judged in turn, records what counts, and answers.

What came becomes an attempt, and is copied; it is judged by `proctor grade`'s own code; then the attempt that counts is
recorded, and the student answered. What was done when the service ended is not done again.
"""

import contextlib
import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeFactory
from nbgrader.exchange.default import ExchangeCollect
from traitlets import TraitError
from traitlets.config.loader import Config

from proctor.classroom.workers import Pool
from proctor.course import Assignment, assignments
from proctor.course.configuration import configuration
from proctor.course.report import readable
from proctor.errors import CourseError, GradingError, NoSandboxes, NotTaken
from proctor.records.attempts import Attempt, State, Store, Way
from proctor.records.counting import is_late
from proctor.records.engine import Recorder
from proctor.records.feedback_page import Pages
from proctor.records.folders import Folders
from proctor.records.gradebook import recording
from proctor.records.grading_pass import GradingPass
from proctor.records.inbound import EARLIER, Arrival, arrivals, pages
from proctor.records.plugins import Examine
from proctor.records.stale import read_anew
from proctor.records.standings import due_dates, due_of, policy_in
from proctor.records.store import Key
from proctor.sandbox.files import NOT_COLLECTED, note_in
from proctor.serve import page
from proctor.serve.answer import serve_attempts
from proctor.serve.policy import Serve
from proctor.submission.choose import load_submission
from proctor.text import shown

PAUSE = 0.5  # seconds between two looks into the exchange
REFRESHED = 15.0  # seconds after which the places in the queue are told anew
AGAIN = 5.0  # seconds after which what failed for all is tried again
PATIENCE = 60.0  # seconds for which a submission waits for its assignment to be in release/
QUEUE = 4  # submissions in front of one's own from which on a page tells one's place
READ = 2.0  # seconds of CPU time that a submission is read for while all others wait
LOOK = 3.0  # seconds after which a look copies and reads no more; the rest waits for the next one
KEPT = 256 * 2**20  # bytes of a student's waiting submissions, and of the copies of those that were graded
UNREADABLE = 20  # of one student's for one assignment, in time or late, that come at once: older ones are not looked at


class Service:
    """A course's service. Raises `GradingError` where the configuration doesn't allow one, or where there is one already.

    `running`: what is being judged. `times`: the due dates and the extensions.
    """

    def __init__(
        self, course: Path, make_pool: Callable[[], Pool], trust_students: bool, print_line: Callable[[str], None]
    ):
        self.course, self.trust_students, self.print_line = course, trust_students, print_line
        self._make_pool = make_pool
        self.configure()
        # files made from here on are the instructor's, as in a `Recorder`
        os.umask(0o007 if self.coursedir.groupshared else 0o077)
        with recording(course):
            folder = course / "attempts" / ".proctor"
            folder.mkdir(parents=True, exist_ok=True)
            self._mine = FileLock(folder / "lock", timeout=0, thread_local=False)
            try:
                self._mine.acquire()
            except Timeout:
                raise GradingError(f"another 'proctor serve' answers {course} already") from None
            self.store, self.folders = Store(course), Folders(course)
            self.times = self._times()
        self._pool: Pool | None = None
        self._pages: Pages | None = None
        self._looked = self._refreshed = self.checked = 0.0
        self._seen = {attempt.name for attempt in self.store.rows() if not self._is_new(attempt)}
        # while anything waits to be copied: how much was, by student, and could not be read, by key, in time or late
        self._copied, self._unreadable = Counter[str](), Counter[tuple[Key, bool]]()
        # by name, what the page on a submission says
        self._notices: dict[str, str] = {}
        self.running: dict[Key, Attempt] = {}
        # when more may be told, as it was known at the time `checked`
        self.dues: set[float] = set()

    def configure(self) -> None:
        """Reads `nbgrader_config.py`, which may have changed."""
        config, where = configuration(self.course), self.course / "nbgrader_config.py"
        self.coursedir, factory = CourseDirectory(config=config), ExchangeFactory(config=config)
        if not issubclass(factory.collect, ExchangeCollect):
            raise GradingError(f"'proctor serve' works with nbgrader's own exchange only: {where} names another one")
        exchange: Any = factory.Collect(coursedir=self.coursedir, authenticator=None)
        try:
            self.policy, self.attempts = Serve(config=config), policy_in(config)
        except TraitError as error:
            raise GradingError(f"{where}: {error}") from None
        place = Path(exchange.root, self.coursedir.course_id)
        self.inbound, self.feedback, self._by_owner = place / "inbound", place / "feedback", exchange.check_owner
        if not self.inbound.is_dir():
            raise GradingError(f"there is no {self.inbound}: 'nbgrader release_assignment ASSIGNMENT' makes it")
        self.feedback.mkdir(exist_ok=True)
        with contextlib.suppress(PermissionError):  # another instructor's
            self.feedback.chmod(0o2771 if self.coursedir.groupshared else 0o711)

    def run(self, once: bool) -> None:
        """Serves until it is interrupted or, `once`, until nothing is left that can be graded now."""
        if not once:
            # no student need wait for that, and without walls it ends here
            self.pool()
        said = ""
        while True:
            try:
                with recording(self.course):
                    busy = self._turn() or bool(self._to_copy())
                said = ""
            except (GradingError, CourseError) as error:
                if once:
                    raise
                if said != str(error):
                    self.print_line(f"{error}; trying again")
                busy, said = False, str(error)
                time.sleep(AGAIN)
            if once and not busy:
                return
            # another grading may have its turn
            time.sleep(PAUSE)

    def close(self) -> None:
        """Ends what it started; what wasn't done yet stays to be done."""
        if self._pool is not None:
            self._pool.close()
        self._mine.release()
        self.store.close()

    def _turn(self) -> bool:
        """Looks, judges what waits, records what counts, and answers; whether anything was due."""
        self.look()
        now = time.time()
        to_judge = bool(self.store.next_in_queue(now))
        untold = self.store.rows("state = ? AND page = '' AND way = ?", State.JUDGED, Way.SERVE)
        if self.checked and not (to_judge or untold or any(self.checked < due <= now for due in self.dues)):
            return False
        self.configure()
        # before the recorder, whose folder for temporary files is not the pool's
        pool = self.pool() if to_judge else None
        with contextlib.closing(Recorder(self.course, trust_students=self.trust_students)) as recorder:
            self.running.clear()
            grading = GradingPass(recorder, assignments(self.course), Examine(config=recorder.config).limits)
            return serve_attempts(self, grading, pool)

    def pool(self) -> Pool:
        """The processes that grade, ready for work."""
        if self._pool is None or self._pool.closed:
            self._pool = self._make_pool()
            try:
                self._pool.require_walls(self.trust_students)
            except NoSandboxes:
                self._pool.close()
                raise
        return self._pool

    def pages(self, config: Config) -> Pages:
        """The maker of pages, with its templates loaded as long as `nbgrader_config.py` says the same."""
        if self._pages is None or self._pages.config != config:
            self._pages = Pages(config, before=(page.Tell,), after=(page.Shorten,))
        return self._pages

    def look(self) -> None:
        """Notes what has come, copies it, and tells students who wait for long where they stand."""
        now = time.time()
        if now - self._looked < PAUSE / 2:
            return
        known = assignments(self.course)
        read_anew()
        found = list(arrivals(self.inbound, self._seen, self._by_owner, now))
        # nbgrader takes a release away for a while to make it anew
        found = [each for each in found if each.odd or each.assignment in known or now - each.arrived > PATIENCE]
        if found:
            self.configure()
        rows = [self._row(each, known, now) for each in sorted(found, key=lambda each: (each.arrived, each.name))]
        self._seen |= {row.name for row in rows}
        # no database can hold half a character
        self._add([row for row in rows if row.name.isprintable()])
        for row in rows:
            if row.state == State.FAILED:
                self._tell_left_aside(row)
        end, keys = time.monotonic() + LOOK, list(dict.fromkeys(row.key for row in self._to_copy()))
        while keys and time.monotonic() < end:
            # students in turn: what one of them hands in may take long to read
            student, name = key = min(keys, key=lambda key: self._copied[key[0]])
            self._copied[student] += 1
            if not self._choose(key, known.get(name)):
                keys.remove(key)
                self._unreadable.pop((key, False), None)
                self._unreadable.pop((key, True), None)
        if not keys:
            self._copied.clear()
        if now - self._refreshed > REFRESHED:
            self._refreshed = now
            self._tell_places(now)
            if (times := self._times()) != self.times:
                # another attempt of somebody's may count now
                self.times, self.checked = times, 0.0
        elif rows:
            self._tell_places(now, {row.name for row in rows})
        self._looked = time.time()

    def _add(self, rows: list[Attempt]) -> None:
        """Adds attempts. One that `nbgrader collect` found, and nobody judged yet, is answered from now on."""
        there = {each.name: each for each in self.store.rows("name != ''") if self._is_new(each)} if rows else {}
        for row in rows:
            if row.name in there:
                found = there[row.name]
                found.way, found.state, found.pages = Way.SERVE, row.state, row.pages
                found.not_before = row.not_before
                self.store.save(found)
        self.store.add(*(row for row in rows if row.name not in there))

    def _is_new(self, attempt: Attempt) -> bool:
        return attempt.way == Way.EXCHANGE and attempt.state == State.NEW

    def _row(self, arrival: Arrival, known: dict[str, Assignment], now: float) -> Attempt:
        """The attempt that arrived."""
        came = arrival.arrived
        claimed = arrival.claimed.replace(tzinfo=UTC).timestamp() if arrival.claimed else came
        received = claimed if came - EARLIER <= claimed <= came else came
        row = Attempt(arrival.student, arrival.assignment, Way.SERVE, name=arrival.name, state=State.WAITING)
        row.arrived, row.known_by, row.collected = received, "the exchange", now
        assignment = known.get(row.assignment)
        row.pages = pages(self.inbound, row.name, assignment.notebook.stem if assignment else "")
        row.why = arrival.odd or ("" if assignment else "there is no such assignment in release/")
        if row.why:
            row.state = State.FAILED
            return row
        if not self.policy.answers(row.assignment, datetime.fromtimestamp(came, UTC).replace(tzinfo=None)):
            row.state = State.LEFT
        row.not_before = self.policy.not_before(self.judged_at(row.key))
        return row

    def judged_at(self, key: Key) -> list[float]:
        """When a student's attempts for an assignment were judged."""
        return [each.judged for each in self.store.judged(*key) if each.way == Way.SERVE]

    def _to_copy(self) -> list[Attempt]:
        """What waits to be copied and read."""
        return self.store.rows("state = ? AND NOT kept", State.WAITING)

    def _choose(self, key: Key, assignment: Assignment | None) -> bool:
        """Copies the next of a student's waiting submissions, marks those that won't be graded, and returns whether more are to be copied.

        Where the last one counts, only the newest is graded; else, those of a day. Submissions before the due date and after
        it are counted apart, and so are those that can be read and those that can't.
        """
        copied = False
        waiting = self.store.rows("state = ? AND student = ? AND assignment = ?", State.WAITING, *key)
        turn, many = waiting[::-1], 1 if self.attempts.counts == "last" else self.policy.attempts_a_day
        if self.attempts.counts == "first":
            turn, many = [waiting[0], *turn[:-1]], many + 1
        left = defaultdict[tuple[bool, bool], int](lambda: many)
        for row in turn:
            late = is_late(row, self.due(row))
            runs = key in self.running and self.running[key].name == row.name
            # until it is taken, it counts as one that can be read
            some = row.kept or self._unreadable[key, late] < UNREADABLE
            if taken := runs or (left[late, row.unreadable] > 0 and some):
                if not row.kept:
                    if copied:
                        break
                    self._copy(row, assignment)
                    copied = True
                    self._unreadable[key, late] += row.unreadable or row.state == State.FAILED
                left[late, row.unreadable] -= row.state == State.WAITING
            if row.state == State.WAITING and not runs and (not taken or left[late, row.unreadable] < 0):
                row.state = State.SUPERSEDED
        for row in waiting:
            if row.state == State.SUPERSEDED:
                self.folders.drop(row)
        self.store.save(*waiting)
        return any(row.state == State.WAITING and not row.kept for row in waiting)

    def _copy(self, row: Attempt, assignment: Assignment | None) -> None:
        """Copies an attempt, so that nobody changes it any more, and notes whether it can be read."""
        others = self.store.rows("state = ? AND student = ? AND kept", State.WAITING, row.student)
        replaced = self.attempts.counts == "last"
        others = [each for each in others if not (replaced and each.assignment == row.assignment)]
        room = KEPT - sum(map(self.folders.size, others))
        files = self.folders.files(row)
        try:
            self.folders.keep(row, self.inbound / row.name, min(room, 1000 * self.coursedir.max_dir_size))
            if left := note_in(files, NOT_COLLECTED):
                self.print_line(f"{row.student}/{row.assignment}: {left}")
        except NotTaken as error:
            row.state, row.why, row.page = State.FAILED, str(error), "told"
            self.notice(row, f"could not be graded: {row.why}")
            self._tell_left_aside(row)
        # the same error comes again, and is told, when the attempt is judged
        with contextlib.suppress(Exception):
            found = load_submission(files, assignment, cpu=READ) if row.kept and assignment else None
            # a notebook that takes longer is read once more in its turn, like any attempt
            if assignment and found and found.unreadable and not found.took_too_long:
                row.why = readable(found.unreadable)
                row.verdicts = {cell: ["unreadable", 0.0] for cell in assignment.graded}
        self.store.save(row)

    def _tell_left_aside(self, row: Attempt) -> None:
        self.print_line(f"left aside, {self.inbound}/{shown(row.name)}: {row.why}")

    def _times(self) -> tuple[dict[str, float], dict[tuple[str, str], timedelta | None]]:
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            return due_dates(self.course, gradebook)

    def due(self, row: Attempt) -> float | None:
        """When a student was to hand in, with the extension that they have; None where there is no due date."""
        return due_of(self.times, row.key)

    def drop_old_copies(self, student: str, protected: list[Attempt], key: Key) -> None:
        """Removes the oldest copies of a student's attempts where all are too large together; not the `protected` ones.

        Of those that could not be read, the newest one is kept.
        """
        rows = self.store.rows("state = ? AND student = ? AND kept", State.JUDGED, student)[::-1]
        room, unreadable = KEPT, set()
        counting = [row for row in rows if row.key == key and row in protected]
        counting += [row for row in rows if row.key != key and row.id == self.store.placed(row.key)[0]]
        for row in sorted(rows, key=lambda row: row not in counting):
            room -= self.folders.size(row)
            if row not in counting and (room < 0 or (row.unreadable and row.key in unreadable)):
                self.folders.drop(row)
                self.store.save(row)
            if row.unreadable:
                unreadable.add(row.key)

    def _tell_places(self, now: float, only: set[str] | None = None) -> None:
        """Tells students who wait for long where they stand, `only` those that are named; and why one isn't graded."""
        queue = [row for row in self.store.next_in_queue(now) if row.key not in self.running]
        for place, row in enumerate(queue):
            if place >= QUEUE and (only is None or row.name in only):
                self.notice(row, f"waits to be graded: {place} are graded before it")
        newer = "; what you hand in meanwhile is graded then in its place" if self.attempts.counts == "last" else ""
        for row in self.store.rows("state = ? AND not_before > ?", State.WAITING, now):
            if row.unreadable:
                self.notice(row, f"could not be read; the reason follows from {page.clock(row.not_before)} on")
            # if there is another reason to wait, its student was told that
            elif not row.why:
                self.notice(row, f"is graded from {page.clock(row.not_before)} on{newer}")
        last = self.store.rows("state IN ('superseded', 'left', 'failed') AND page = ''")
        for row in last:
            self.notice(row, LAST_WORDS.get(row.state) or (TRIED if row.tries else f"could not be graded: {row.why}"))
            row.page = "told"
        self.store.save(*last)

    def notice(self, row: Attempt, words: str) -> None:
        """Tells a student in a short page what becomes of a submission, unless it says so already."""
        if self._notices.get(row.name) == words:
            return
        received = f"received {page.clock(row.arrived or 0.0)}"
        text = page.notice(row.assignment, f"What you handed in {words}.", [received])
        page.put(self.feedback, row.pages, text, self.coursedir.groupshared)
        self._notices[row.name] = words


LAST_WORDS = {
    State.SUPERSEDED: "is not graded, for you handed in a newer one before its turn came",
    State.LEFT: "was received, and is graded by your instructor later",
}
TRIED = "could not be graded, by no fault of yours; your instructor is told"
