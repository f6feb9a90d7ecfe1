"""The service: it notices what arrives, has it judged in turn, records what counts, and answers.

An arrival becomes an attempt, and is copied. It is judged by the code of `proctor grade`; then the
attempt that counts is recorded, and the student is answered. Whatever was done when the service
ended is not done again.
"""

import contextlib
import os
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from operator import attrgetter
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
from proctor.records.served import NO_SUCH
from proctor.records.stale import read_anew
from proctor.records.standings import Times, due_dates, due_of, policy_in
from proctor.records.store import Key
from proctor.sandbox.files import NOT_COLLECTED, note_in
from proctor.serve import page
from proctor.serve.answer import CHECKED, serve_attempts
from proctor.serve.policy import Serve
from proctor.submission.choose import load_submission
from proctor.text import shown

PAUSE = 0.5  # seconds between two looks into the exchange
# seconds between two looks at due dates, extensions, checks, and places in the queue
REFRESHED = 5.0
AGAIN = 5.0  # seconds after which a turn that failed is tried again
PATIENCE = 60.0  # seconds for which a submission waits for its assignment to be in release/
QUEUE = 4  # submissions in front of one's own from which on a page tells one's place
READ = 2.0  # seconds of CPU time that a submission is read for while all others wait
LOOK = 3.0  # seconds after which a look copies and reads no more; the rest waits for the next one
# bytes of a student's waiting submissions
KEPT = 256 * 2**20
# of one student's for one assignment, in time or late, that come at once: older ones are not read
UNREADABLE = 20


class Service:
    """A course's service.

    Raises `GradingError` if the configuration doesn't allow one, or if there is one already.

    `running`: the attempts that are being judged. `times`: the due dates and the extensions.
    `checked`: when all pages were last compared with them; 0 if an attempt may count now that did
    not before.
    """

    def __init__(
        self,
        course: Path,
        make_pool: Callable[[], Pool],
        trust_students: bool,
        print_line: Callable[[str], None],
    ):
        self.course = course
        self.trust_students = trust_students
        self.print_line = print_line
        self._make_pool = make_pool
        self._config: Config | None = None
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
            self.store = Store(course)
            self.folders = Folders(course)
            self.times = self._times()
        self._pool: Pool | None = None
        self._looked = self._refreshed = self.checked = 0.0
        self._seen = {
            attempt.name for attempt in self.store.rows("NOT (way = 'exchange' AND state = 'new')")
        }
        # whose submissions wait to be copied, in turn, and how many could not be read, in time or
        # late
        self._to_copy = deque[Key]()
        self._unreadable = Counter[tuple[Key, bool]]()
        # the words on the page of a submission, by its name
        self._notices: dict[str, str] = {}
        self.running: dict[Key, Attempt] = {}

    def configure(self) -> None:
        """Reads `nbgrader_config.py`, which may have changed."""
        config = configuration(self.course)
        if config == self._config:
            return
        read = deepcopy(config)
        where = self.course / "nbgrader_config.py"
        self.coursedir = CourseDirectory(config=config)
        factory = ExchangeFactory(config=config)
        if not issubclass(factory.collect, ExchangeCollect):
            raise GradingError(
                f"'proctor serve' works with nbgrader's own exchange only: {where} names another one"
            )
        exchange: Any = factory.Collect(coursedir=self.coursedir, authenticator=None)
        try:
            self.policy = Serve(config=config)
        except TraitError as error:
            raise GradingError(f"{where}: {error}") from None
        self.attempts = policy_in(config)
        place = Path(exchange.root, self.coursedir.course_id)
        self.inbound = place / "inbound"
        self.feedback = place / "feedback"
        self._by_owner = exchange.check_owner
        if not self.inbound.is_dir():
            raise GradingError(
                f"there is no {self.inbound}: 'nbgrader release_assignment ASSIGNMENT' makes it"
            )
        self.feedback.mkdir(exist_ok=True)
        with contextlib.suppress(PermissionError):  # another instructor's
            self.feedback.chmod(0o2771 if self.coursedir.groupshared else 0o711)
        self.pages = Pages(config, before=(page.tell,), after=(page.shorten,))
        self._config = read

    def run(self, once: bool) -> None:
        """Serves until it is interrupted or, `once`, until nothing is left that can be graded
        now.
        """
        if not once:
            # no student need wait for that, and without walls it ends here
            self.pool()
        said = ""
        while True:
            try:
                with recording(self.course):
                    busy = self._turn() or bool(self._to_copy)
                said = ""
            except (GradingError, CourseError) as error:
                if once:
                    raise
                if said != str(error):
                    self.print_line(f"{error}; trying again")
                busy, said = False, str(error)
                self.checked = 0.0
                time.sleep(AGAIN)
            if once and not busy:
                return
            # another grading may have its turn
            time.sleep(PAUSE)

    def close(self) -> None:
        """Ends what it started; the rest stays to be done."""
        if self._pool is not None:
            self._pool.close()
        self._mine.release()
        self.store.close()

    def _turn(self) -> bool:
        """Looks, judges what waits, records what counts, and answers; returns whether anything was
        judged.
        """
        self.look()
        now = time.time()
        to_judge = bool(self.store.next_in_queue(now))
        if not to_judge and now - self.checked <= CHECKED:
            return False
        self.configure()
        # before the recorder, whose folder for temporary files is not the pool's
        pool = self.pool() if to_judge else None
        with contextlib.closing(
            Recorder(self.course, trust_students=self.trust_students)
        ) as recorder:
            self.running.clear()
            grading = GradingPass(
                recorder, assignments(self.course), Examine(config=recorder.config).limits
            )
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

    def look(self) -> None:
        """Notes the arrivals, copies them, and tells students who wait for long where they
        stand.
        """
        now = time.time()
        if now - self._looked < PAUSE / 2:
            return
        known = assignments(self.course)
        found = []
        for each in arrivals(self.inbound, self._seen, self._by_owner, now):
            # nbgrader takes a release away for a while to make it anew
            if each.odd or each.assignment in known or now - each.arrived > PATIENCE:
                found.append(each)
        if found:
            self.configure()
            found.sort(key=attrgetter("arrived", "name"))
            self._add([self._row(each, known, now) for each in found])
        self._copy_waiting(known)
        if now - self._refreshed > REFRESHED:
            self._refreshed = now
            read_anew()
            self._tell_places(now)
            times = self._times()
            if times != self.times:
                # another attempt of somebody's may count now
                self.times, self.checked = times, 0.0
        self._looked = time.time()

    def _add(self, rows: list[Attempt]) -> None:
        """Adds attempts.

        If `nbgrader collect` found one already, and nobody judged it, it is answered from now on.
        """
        self._seen |= {row.name for row in rows}
        collected = self.store.rows("way = ? AND state = ?", Way.EXCHANGE, State.NEW)
        there = {each.name: each for each in collected}
        new = []
        for row in rows:
            if found := there.get(row.name):
                found.way, found.state, found.pages = Way.SERVE, row.state, row.pages
                found.not_before = row.not_before
                self.store.save(found)
            # no database can hold half a character
            elif row.name.isprintable():
                new.append(row)
        self.store.add(*new)

    def _row(self, arrival: Arrival, known: dict[str, Assignment], now: float) -> Attempt:
        """The attempt that arrived."""
        came = arrival.arrived
        claimed = arrival.claimed.replace(tzinfo=UTC).timestamp() if arrival.claimed else came
        received = claimed if came - EARLIER <= claimed <= came else came
        assignment = known.get(arrival.assignment)
        expected = assignment.notebook.stem if assignment else ""
        row = Attempt(
            arrival.student,
            arrival.assignment,
            Way.SERVE,
            name=arrival.name,
            state=State.WAITING,
            arrived=received,
            known_by="the exchange",
            collected=now,
            pages=pages(self.inbound, arrival.name, expected),
            why=arrival.odd,
        )
        if not row.why and assignment is None:
            row.why = NO_SUCH
        if row.why:
            self._leave_aside(row)
            return row
        if not self.policy.answers(
            row.assignment, datetime.fromtimestamp(came, UTC).replace(tzinfo=None)
        ):
            row.state = State.LEFT
        row.not_before = self.policy.not_before(self.judged_at(row.key))
        return row

    def _leave_aside(self, row: Attempt) -> None:
        row.state = State.FAILED
        self.print_line(f"left aside, {self.inbound}/{shown(row.name)}: {row.why}")

    def waiting(self, key: Key) -> list[Attempt]:
        """A student's attempts for an assignment that wait, in the order of their arrival."""
        return self.store.rows("state = ? AND student = ? AND assignment = ?", State.WAITING, *key)

    def judged_at(self, key: Key) -> list[float]:
        """When a student's attempts for an assignment were judged."""
        return [each.judged for each in self.store.judged(*key) if each.way == Way.SERVE]

    def _copy_waiting(self, known: dict[str, Assignment]) -> None:
        """Copies and reads the new submissions, student by student: to read it may take long."""
        end = time.monotonic() + LOOK
        waiting = self.store.rows("state = ? AND NOT kept", State.WAITING)
        for key in dict.fromkeys(row.key for row in waiting):
            if key not in self._to_copy:
                self._to_copy.append(key)
        while self._to_copy and time.monotonic() < end:
            key = self._to_copy.popleft()
            if self._copy_next(key, known.get(key[1])):
                self._to_copy.append(key)
            else:
                del self._unreadable[key, False]
                del self._unreadable[key, True]

    def _copy_next(self, key: Key, assignment: Assignment | None) -> bool:
        """Copies the next of a student's waiting submissions, marks those that won't be graded, and
        returns whether more are to be copied.

        If the last one counts, only the newest is graded; else, those of a day. Submissions before
        the due date and after it are counted apart, and so are those that can be read and those
        that can't.
        """
        waiting = self.waiting(key)
        in_turn = waiting[::-1]
        many = 1 if self.attempts.counts == "last" else self.policy.attempts_a_day
        if self.attempts.counts == "first":
            in_turn = [*waiting[:1], *in_turn[:-1]]
            many += 1
        left = defaultdict[tuple[bool, bool], int](lambda: many)
        copied = False
        for row in in_turn:
            late = is_late(row, self.due(row))
            if not row.kept:
                # until it is read, it counts as one that can be read
                if left[late, False] <= 0 or self._unreadable[key, late] >= UNREADABLE:
                    row.state = State.SUPERSEDED
                    continue
                if copied:
                    break
                copied = True
                self._copy(row, assignment)
                self._unreadable[key, late] += row.unreadable or row.state == State.FAILED
            left[late, row.unreadable] -= row.state == State.WAITING
            runs = key in self.running and self.running[key].name == row.name
            if left[late, row.unreadable] < 0 and not runs:
                row.state = State.SUPERSEDED
                self.folders.drop(row)
        self.store.save(*waiting)
        return any(row.state == State.WAITING and not row.kept for row in waiting)

    def _copy(self, row: Attempt, assignment: Assignment | None) -> None:
        """Copies an attempt, so that nobody changes it any more, and notes whether it can be
        read.
        """
        others = self.store.rows("state = ? AND student = ? AND kept", State.WAITING, row.student)
        room = KEPT - sum(map(self.folders.size, others))
        files = self.folders.files(row)
        try:
            self.folders.keep(
                row, self.inbound / row.name, min(room, 1000 * self.coursedir.max_dir_size)
            )
            if left := note_in(files, NOT_COLLECTED):
                self.print_line(f"{row.student}/{row.assignment}: {left}")
        except NotTaken as error:
            row.why, row.page = str(error), "told"
            self._leave_aside(row)
            self.notice(row, f"could not be graded: {row.why}")
        # the same error comes again, and is told, when the attempt is judged
        with contextlib.suppress(Exception):
            if row.kept and assignment:
                found = load_submission(files, assignment, cpu=READ)
                # a notebook that takes longer is read once more in its turn, like any attempt
                if found.unreadable and not found.took_too_long:
                    row.why = readable(found.unreadable)
                    row.verdicts = {cell: ["unreadable", 0.0] for cell in assignment.graded}
        self.store.save(row)

    def _times(self) -> Times:
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            return due_dates(self.course, gradebook)

    def due(self, row: Attempt) -> float | None:
        """When a student was to hand in, with the extension that they have; None if there is no due
        date.
        """
        return due_of(self.times, row.key)

    def _tell_places(self, now: float) -> None:
        """Tells students who wait for long where they stand, or why their submission isn't
        graded.
        """
        queue = [row for row in self.store.next_in_queue(now) if row.key not in self.running]
        for place, row in enumerate(queue[QUEUE:], QUEUE):
            self.notice(row, f"waits to be graded: {place} are graded before it")
        newer = ""
        if self.attempts.counts == "last":
            newer = "; what you hand in meanwhile is graded then in its place"
        for row in self.store.rows("state = ? AND not_before > ?", State.WAITING, now):
            then = f"from {page.clock(row.not_before)} on"
            if row.unreadable:
                self.notice(row, f"could not be read; the reason follows {then}")
            # if there is another reason to wait, its student was told that
            elif not row.why:
                self.notice(row, f"is graded {then}{newer}")
        last = self.store.rows("state IN ('superseded', 'left', 'failed') AND page = ''")
        for row in last:
            words = TRIED if row.tries else f"could not be graded: {row.why}"
            self.notice(row, LAST_WORDS.get(row.state, words))
            row.page = "told"
        self.store.save(*last)

    def notice(self, row: Attempt, words: str) -> None:
        """Tells a student in a short page what becomes of a submission, unless it says so
        already.
        """
        if self._notices.get(row.name) == words:
            return
        received = f"received {page.clock(row.arrived or 0.0)}"
        text = page.notice(row.assignment, f"What you handed in {words}.", received)
        page.put(self.feedback, row.pages, text, self.coursedir.groupshared)
        self._notices[row.name] = words


LAST_WORDS = {
    State.SUPERSEDED: "is not graded, for you handed in a newer one before its turn came",
    State.LEFT: "was received, and is graded by your instructor later",
}
TRIED = "could not be graded, by no fault of yours; your instructor is told"
