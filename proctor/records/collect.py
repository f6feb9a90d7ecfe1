"""`nbgrader collect`: attempts are made of the folders in the exchange.

Every folder of a student's in the exchange becomes an attempt, once, by its name. `submitted/` then
holds the attempt that counts. Nothing that was there is lost. `proctor.records.archives` does the
same for the archives of Canvas and Moodle.
"""

import contextlib
import os
import time
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import ExchangeCollect
from traitlets.config.loader import Config

from proctor.course import assignments
from proctor.course.files import make_private
from proctor.errors import GradingError, NotTaken
from proctor.records import lock
from proctor.records.attempts import Attempt, State, Store, Way
from proctor.records.counting import is_late
from proctor.records.folders import Folders, is_placed, notice_by_hand, place
from proctor.records.groups import check_groups
from proctor.records.inbound import arrival_of, owner
from proctor.records.roster import ADD, read_roster
from proctor.records.stale import points
from proctor.records.standings import Standings, policy_in
from proctor.records.store import Key
from proctor.sandbox.files import HANDED_IN_BY, NOT_COLLECTED, TIMESTAMP, note_in
from proctor.text import all_shown, printable, printable_record, shown


class Collect(ExchangeCollect):
    """nbgrader's, for a folder into which students may put anything: `ExchangeFactory.collect`.

    A folder that can't be collected stays where it is, and a line names it. No link is followed.
    The time in a folder's name counts. With nbgrader's `check_owner`, a folder that belongs to
    another account than the student's counts only if the student handed in nothing; grading then
    says so.
    """

    coursedir: CourseDirectory
    inbound_path: str

    def _path_to_record(self, path: str) -> dict[str, Any]:
        # nbgrader keeps one folder of each user name: so it keeps them all
        return {"username": path, "filename": path, "timestamp": datetime.min}

    def copy_files(self) -> None:
        """Makes attempts of the folders, and puts the ones that count into `submitted/`."""
        self.log.addFilter(printable_record)
        if not self.src_records:
            self.log.warning("No submissions of %s to collect", self.coursedir.assignment_id)
        by_student = defaultdict[str, list[tuple[Attempt, str]]](list)
        for path in sorted(record["filename"] for record in self.src_records):
            try:
                attempt, account = self._attempt(Path(path))
            except (NotTaken, OSError) as error:
                self._leave(path, error)
            else:
                by_student[attempt.student].append((attempt, account))
        strangers = []
        try:
            intake = Intake(self.coursedir, self.config)
            with contextlib.closing(intake.store):
                for student, found in by_student.items():
                    if intake.roster and student not in intake.roster:
                        strangers.append(student)
                    else:
                        self._collect(student, self._own(student, found), intake)
        except GradingError as error:
            self.fail(str(error))
        if strangers:
            mend = f"To put one on it: '{ADD}'; then collect again"
            self.log.warning("Left aside, not on the roster: %s. %s", all_shown(strangers), mend)

    def _attempt(self, folder: Path) -> tuple[Attempt, str]:
        """The attempt in a folder, and the account that the folder belongs to.

        Raises `NotTaken` if it is none.
        """
        facts = folder.lstat()
        arrival = arrival_of(folder.name, facts, by_owner=False)
        if arrival.odd:
            raise NotTaken(arrival.odd)
        if arrival.claimed is None:
            raise NotTaken("the time in its name can't be read")
        if arrival.assignment != self.coursedir.assignment_id:
            raise NotTaken(f"it is a submission for {arrival.assignment}")
        attempt = Attempt(arrival.student, arrival.assignment, Way.EXCHANGE, name=folder.name)
        attempt.arrived = arrival.claimed.replace(tzinfo=UTC).timestamp()
        attempt.known_by = "the exchange"
        return attempt, owner(facts)

    def _own(self, student: str, found: list[tuple[Attempt, str]]) -> list[Attempt]:
        """A student's attempts: those by another account only if there are no others."""
        own = [attempt for attempt, account in found if account == student]
        coursedir = self.coursedir
        place = Path(
            coursedir.format_path(coursedir.submitted_directory, student, coursedir.assignment_id)
        )
        elsewhere = place.exists() and not (place / HANDED_IN_BY).exists()
        if not self.check_owner or not (own or elsewhere):
            return [attempt for attempt, _ in found]
        for attempt, account in found:
            if account != student:
                whose = account or "an account that is not known here"
                why = f"it belongs to {whose}, and {student} handed in something else"
                self._leave(os.path.join(self.inbound_path, attempt.name), NotTaken(why))
        return own

    def _collect(self, student: str, attempts: list[Attempt], intake: "Intake") -> None:
        """Adds a student's attempts, and copies those that are needed."""
        key = student, self.coursedir.assignment_id
        try:
            intake.add(key, attempts)
            while needed := intake.needed(key):
                for attempt in needed:
                    self._copy(attempt, intake)
            said = [*intake.settle(key), *intake.late(key)]
        except (FileExistsError, NotADirectoryError) as error:
            self._leave(str(error.filename), error)
        except OSError as error:
            self._fail(intake.folders.submitted(key), error)
        else:
            for line in said:
                self.log.info("%s", line)

    def _copy(self, attempt: Attempt, intake: "Intake") -> None:
        """Copies the files of an attempt, or marks it as failed."""
        source, target = Path(self.inbound_path, attempt.name), intake.folders.files(attempt)
        try:
            account = owner(source.lstat())
            intake.folders.keep(attempt, source, 1000 * self.coursedir.max_dir_size)
        except (NotTaken, FileNotFoundError, FileExistsError, NotADirectoryError) as error:
            self._leave(str(source), error)
            attempt.state, attempt.why = State.FAILED, "it could not be collected"
        except OSError as error:
            self._fail(target, error)
        else:
            (target / TIMESTAMP).write_text(attempt.name.rsplit("+", 3)[2])
            if self.check_owner and account != attempt.student:
                (target / HANDED_IN_BY).write_text(account or "an account that isn't known here")
            if left := note_in(target, NOT_COLLECTED):
                self.log.warning("Of %s/%s, %s", attempt.student, attempt.assignment, left)
            self.log.info("Collected %s", source)
        intake.store.save(attempt)

    def _fail(self, place: Path, error: OSError) -> NoReturn:
        self.fail(
            printable(
                f"{place} can't be written: {error}. What was there stays; mend that, and collect again"
            )
        )
        raise AssertionError("nbgrader ended")

    def _leave(self, path: str, error: Exception) -> None:
        folder, name = os.path.split(path)
        self.log.warning("Left aside, %s/%s: %s", folder, shown(name), error)


class Intake:
    """Adds attempts that were collected, and has `submitted/` hold those that count.

    `roster`: the students of the class; empty if nobody wrote one. Raises `GradingError` if the
    roster, the policy or the store can't be read.
    """

    def __init__(self, coursedir: CourseDirectory, config: Config):
        self.course = Path(coursedir.root)
        if coursedir.groupshared:
            os.umask(0o007)
        self.store, self.folders = Store(self.course), Folders(self.course)
        self.added = defaultdict[Key, list[Attempt]](list)
        make_private(self.course / "attempts", coursedir.groupshared)
        make_private(lock.workplace(self.course), coursedir.groupshared)
        worth = {name: points(assignment) for name, assignment in assignments(self.course).items()}
        with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
            check_groups(self.course, gradebook)
            self.roster = read_roster(self.course, gradebook)
            self.standings = Standings(self.course, policy_in(config), self.store, gradebook, worth)

    def add(self, key: Key, attempts: list[Attempt]) -> None:
        """Adds the attempts that are new, in order of time."""
        for member in self.store.members(key):
            notice_by_hand(self.store, self.folders, member)
        known = {each.name: each for each in self.store.of(*key) if each.name}
        new = [each for each in attempts if each.name not in known]
        for each in new:
            each.collected = time.time()
        new.sort(key=lambda attempt: attempt.arrived or 0.0)
        self.store.add(*new)
        self.added[key] += new
        for each in attempts:
            earlier = known.get(each.name)
            if earlier is None:
                continue
            # a disk that was away may be there again
            has_no_files = earlier.state == State.FAILED and not earlier.kept
            # or `proctor serve` left it to this
            if has_no_files or earlier.state == State.LEFT:
                earlier.state = State.NEW
                # the time in the folder's name, which `proctor serve` may not have believed
                earlier.arrived = each.arrived
                self.store.save(earlier)

    def needed(self, key: Key) -> list[Attempt]:
        """The attempts in the exchange whose files are needed, and not kept yet."""
        choice = self.standings.of(key).choose()
        wanted = [*choice.needed, *filter(None, [choice.attempt])]
        return [each for each in dict.fromkeys(wanted) if not each.kept and each.name]

    def settle(self, key: Key) -> list[str]:
        """Puts the attempt that counts into `submitted/`, for each member of the group, and
        returns a line on that.
        """
        return list(filter(None, map(self._settle, self.store.members(key))))

    def late(self, key: Key) -> list[str]:
        """A line on each attempt that was added late and doesn't count."""
        if not self.added[key]:
            return []
        standing = self.standings.of(key)
        counting = standing.choose().attempt
        lines = []
        for each in self.added[key]:
            if counting and each != counting and is_late(each, standing.due):
                whose = "/".join(map(shown, key))
                lines.append(f"{whose}: attempt {each.number} is late; {counting.number} counts")
        return lines

    def _settle(self, key: Key) -> str:
        attempt = self.standings.of(key).choose().attempt
        if attempt is None or not attempt.kept or is_placed(self.store, self.folders, key, attempt):
            return ""
        folder = self.folders.submitted(key)
        done = "Replaced what was in" if os.path.lexists(folder) else "Collected"
        with lock.writing(lock.workplace(self.course)):
            place(self.store, self.folders, key, attempt)
        return f"{done} {shown(str(folder))}"
