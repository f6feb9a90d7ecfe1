"""The service: it looks for what came, has it graded in turn, and answers.

A submission is seen and copied, put into `submitted/`, graded and recorded by `proctor grade`'s own code, written down as
graded, and answered, in this order. What was done when the service ended is not done again.
"""

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeFactory
from nbgrader.exchange.default import ExchangeCollect
from traitlets import TraitError
from traitlets.config.loader import Config

from proctor.classroom.workers import Pool
from proctor.course import Assignment, assignments
from proctor.errors import CourseError, GradingError, NoSandboxes, NotTaken
from proctor.records import lock
from proctor.records.engine import Recorder
from proctor.records.gradebook import configuration, recording
from proctor.records.inbound import Arrival, arrivals, pages, receipt, take
from proctor.records.store import ARRIVAL, Row, Store
from proctor.serve import page
from proctor.serve.policy import Serve
from proctor.submission.choose import take_in

PAUSE = 0.5  # seconds between two looks into the exchange
REFRESHED = 15.0  # seconds after which the places in the queue are told anew
AGAIN = 5.0  # seconds after which what failed for all is tried again
Key = tuple[str, str]


class Service:
    """A course's service. Raises `GradingError` where the configuration doesn't allow one, or where there is one already."""

    def __init__(self, course: Path, workers: int, trust_students: bool, say: Callable[[str], None]):
        self.course, self.workers, self.trust_students, self.say = course, workers, trust_students, say
        self.configure()
        # what is made from here on is the instructor's, as in a `Recorder`
        os.umask(0o007 if self.coursedir.groupshared else 0o077)
        with recording(course):
            own = course / "attempts" / ".proctor"
            own.mkdir(parents=True, exist_ok=True)
            try:
                self._mine = lock.take(own, lock.SERVE, patience=0)
            except lock.Held as error:
                raise GradingError(f"{error} answers {course} already") from None
            self.store = Store(course)
        self._seen = {row.name for row in self.store.rows()}
        self._pool: Pool | None = None
        self._pages: page.Pages | None = None
        self._looked = self._refreshed = 0.0
        self._told: dict[str, str] = {}
        # what is being graded, by name; the attempts that count, where others were graded later; and when more may be told
        self.flying: set[str] = set()
        self.restore: dict[Key, Row] = {}
        self.dues: list[float] = []
        self.checked = 0.0

    def configure(self) -> None:
        """Reads `nbgrader_config.py`, which may have changed."""
        config, where = configuration(self.course), self.course / "nbgrader_config.py"
        self.coursedir, factory = CourseDirectory(config=config), ExchangeFactory(config=config)
        if not issubclass(factory.collect, ExchangeCollect):
            raise GradingError(f"'proctor serve' works with nbgrader's own exchange only: {where} names another one")
        if not self.coursedir.course_id:
            raise GradingError(f"{where} names no c.CourseDirectory.course_id")
        exchange: Any = factory.Collect(coursedir=self.coursedir, authenticator=None)
        try:
            self.policy = Serve(config=config)
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
                busy = self._turn()
                said = ""
            except (GradingError, CourseError) as error:
                if once:
                    raise
                if said != str(error):
                    self.say(f"{error}; trying again")
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

    def _turn(self) -> bool:
        """Looks, and grades and answers what is due; whether anything was."""
        from proctor.serve.turn import Turn

        self.look()
        if not self._is_due():
            return False
        self.configure()
        with contextlib.closing(Recorder(self.course, holder=lock.SERVE, patience=0)) as recorder:
            self.flying.clear()
            return Turn(self, recorder).take()

    def _is_due(self) -> bool:
        """Whether there is something to grade or to tell."""
        now = time.time()
        passed = any(self.checked < due <= now for due in self.dues) or not self.checked
        untold = self.store.rows("state = 'graded' AND page = ''")
        return bool(passed or self.restore or untold or self.store.in_turn(now))

    def pool(self) -> Pool:
        """The processes that grade, ready for work."""
        if self._pool is None or self._pool.closed:
            # not in the folder of this turn's recorder, which the next one empties
            theirs, tempfile.tempdir = tempfile.tempdir, None
            try:
                self._pool = Pool(self.workers)
            finally:
                tempfile.tempdir = theirs
            try:
                self._pool.require_walls(self.trust_students)
            except NoSandboxes:
                self._pool.close()
                raise
        return self._pool

    def pages(self, config: Config) -> page.Pages:
        """What makes pages, with its templates loaded as long as `nbgrader_config.py` says the same."""
        if self._pages is None or self._pages.config != config:
            self._pages = page.Pages(config)
        return self._pages

    def look(self) -> None:
        """Notes what has come, copies it, and tells who waits for long where they stand."""
        now = time.time()
        if now - self._looked < PAUSE / 2:
            return
        with recording(self.course):
            known = assignments(self.course)
            found = sorted(
                arrivals(self.inbound, self._seen, self._by_owner, now), key=lambda each: (each.arrived, each.name)
            )
            rows = [self._seen_now(each, known, now) for each in found]
            with self.store.transaction():
                self.store.save(*rows)
            self._seen |= {row.name for row in rows}
            for key in {row.key for row in self.store.rows("state = 'waiting' AND receipt = ''")}:
                self._choose(key, known.get(key[1]))
            if now - self._refreshed > REFRESHED:
                self._refreshed = now
                self._tell_places(now)
            elif rows:
                self._tell_places(now, {row.name for row in rows})
        self._looked = time.time()

    def _seen_now(self, arrival: Arrival, known: dict[str, Assignment], now: float) -> Row:
        try:
            return self._row(arrival, known, now)
        except Exception as error:  # whatever it is that this one can make go wrong: the others are graded
            why = f"it can't be looked at ({type(error).__name__})"
            return Row(arrival.name, arrival.student, "", "failed", arrival.arrived, arrival.arrived, now, why=why)

    def _row(self, arrival: Arrival, known: dict[str, Assignment], now: float) -> Row:
        """What is to become of what arrived."""
        arrived = arrival.arrived
        claimed = arrival.claimed.replace(tzinfo=UTC).timestamp() if arrival.claimed else arrived
        early = claimed < arrived - self.policy.clock
        received = arrived if early else min(claimed, arrived)
        row = Row(arrival.name, arrival.student, arrival.assignment, "waiting", arrived, received, now, why=arrival.odd)
        if not row.why and row.assignment not in known:
            row.why = "there is no such assignment in release/"
        if row.why:
            row.state = "failed"
            return row
        row.pages = pages(self.inbound, row.name, known[row.assignment].notebook.stem)
        if not self.policy.answers(row.assignment, datetime.fromtimestamp(arrived, UTC).replace(tzinfo=None)):
            row.state = "left"
        elif early:
            row.why = f"it says that it was handed in at {page.clock(claimed)}{ARRIVAL}"
        row.not_before = self.policy.not_before(self.store.graded_at(*row.key))
        return row

    def _choose(self, key: Key, assignment: Assignment | None) -> None:
        """Of a student's waiting submissions only the newest is graded, where the last one counts; else, those of a day.

        What can't be read is no attempt: it takes the place of nothing that can, and waits for nothing that can.
        """
        waiting = self.store.rows("state = 'waiting' AND student = ? AND assignment = ?", *key)
        turn, many = waiting[::-1], 1 if self.policy.counts == "last" else self.policy.attempts_a_day
        if self.policy.counts == "first":
            turn, many = [waiting[0], *turn[:-1]], many + 1
        left = {False: many, True: many}
        for row in turn:
            # until it is taken, it counts as one that can be read
            if taken := row.name in self.flying or left[row.unreadable] > 0:
                self._take(row, assignment)
                left[row.unreadable] -= row.state == "waiting"
            if row.state == "waiting" and row.name not in self.flying and (not taken or left[row.unreadable] < 0):
                row.state = "superseded"
        with self.store.transaction():
            self.store.save(*waiting)
        for row in waiting:
            if row.state == "superseded":
                shutil.rmtree(self.kept(row), ignore_errors=True)

    def _take(self, row: Row, assignment: Assignment | None) -> None:
        """Copies a submission, once, so that nobody changes it any more, and notes whether it can be read."""
        if row.receipt:
            return
        try:
            row.files = take(self.inbound, row.name, self.kept(row), 1000 * self.coursedir.max_dir_size)
            row.receipt = receipt(row.files)
        except NotTaken as error:
            row.state, row.why = "failed", str(error)
        # what goes wrong here goes wrong once more, and is told, when it is graded
        with contextlib.suppress(Exception):
            if row.receipt and assignment and take_in(self.kept(row), assignment).unreadable:
                row.cells = dict.fromkeys(assignment.graded, "unreadable")
                row.not_before = self.policy.not_before(self.store.graded_at(*row.key, unreadable=True))

    def kept(self, row: Row) -> Path:
        """Where the copy of a submission is kept."""
        return self.course / "attempts" / row.student / row.assignment / row.name

    def _tell_places(self, now: float, only: set[str] | None = None) -> None:
        """Tells those who wait for long where they stand, `only` those where they are named; and who isn't graded, why."""
        queue = [row for row in self.store.in_turn(now) if row.name not in self.flying]
        for place, row in enumerate(queue):
            if place >= self.policy.queue_told and (only is None or row.name in only):
                self.notice(row, f"waits to be graded: {place} are graded before it")
        for row in self.store.rows("state = 'waiting' AND not_before > ?", now):
            if row.why and not row.why.endswith(ARRIVAL):
                # its student was told another reason
                continue
            if row.unreadable:
                words = "could not be read; why, you are told from {} on. What can be read is graded before"
                self.notice(row, words.format(page.clock(row.not_before)))
                continue
            newer = "; what you hand in meanwhile is graded then in its place" if self.policy.counts == "last" else ""
            self.notice(row, f"is graded from {page.clock(row.not_before)} on{newer}")
        for row in self.store.rows("state IN ('superseded', 'left', 'failed') AND page = ''"):
            self.notice(row, LAST_WORDS.get(row.state) or (TRIED if row.tries else f"could not be graded: {row.why}"))
            row.page = "told"
            with self.store.transaction():
                self.store.save(row)

    def notice(self, row: Row, words: str) -> None:
        """Tells a student in a short page what becomes of a submission, unless it says so already."""
        if self._told.get(row.name) == words:
            return
        self._told[row.name] = words
        lines = [f"received {page.clock(row.received)}", *page.receipts(row)]
        text = page.notice(row.assignment, f"What you handed in {words}.", lines)
        page.put(self.feedback, row.pages, text, self.coursedir.groupshared)


LAST_WORDS = {
    "superseded": "is not graded, for you handed in a newer one before its turn came",
    "left": "was received, and is graded by your instructor later",
}
TRIED = "could not be graded, by no fault of yours; your instructor is told"
