"""`nbgrader collect`, and `nbgrader zip_collect` for the archives of submissions that Canvas and Moodle give out.

Canvas names a file `lovelaceada_LATE_12345_67890_softmax-1.ipynb`: last and first name, `LATE` where it is, Canvas's id
of the student, that of the file, and the file's name; a text or an address that was typed in is `…_12345_text.html` or
`…_12345_link.html`. Moodle makes a folder `Ada Lovelace_1234567_assignsubmission_file`, or `…_onlinetext`, of the name and a
number that is another one in every assignment, with one more underscore in older versions, or puts that before the name
of the file. Neither holds the student's id in nbgrader, so students must be in the gradebook, by
`nbgrader db student import`, beforehand. All that a student handed in is collected, a notebook or none: so grading says
what was there instead.

What a student handed in becomes an attempt, whatever was collected before: every folder in the exchange, once, by its
name, and every archive in which a student's files are others than in the one before. `submitted/` then holds the attempt
that counts; nothing is lost that was there.
"""

import contextlib
import json
import os
import re
import shutil
import stat
import tempfile
import time
import unicodedata
import zipfile
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import count, islice
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import ExchangeCollect
from nbgrader.plugins import FileNameCollectorPlugin
from nbgrader.utils import rmtree, unzip
from traitlets.config.loader import Config

from proctor.course import assignments
from proctor.course.files import make_private, replace, replaced_folder
from proctor.errors import NotTaken
from proctor.records import lock
from proctor.records.attempts import Attempt, State, Store, Way
from proctor.records.folders import Folders, notice_by_hand, place
from proctor.records.groups import check_groups
from proctor.records.inbound import EARLIER, NOBODY, copy_submission, is_a_name, owner
from proctor.records.stale import contents, points
from proctor.records.standings import Standings, policy_in
from proctor.records.store import Key
from proctor.sandbox.files import HANDED_IN_BY, MAX_FILES, NOT_COLLECTED, RESERVED, note_in, written
from proctor.submission import MAX_SIZE
from proctor.text import printable, shown

MOODLE = re.compile(r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_(file|onlinetext)(_(?P<file>.*))?")
CANVAS = re.compile(
    r"(?P<name>.+?)_(?P<late>LATE_)?(?P<id>\d+)_(?:(?P<number>\d+)_(?P<file>.+)|(?P<typed>(text|link)\.html))"
)
# that nbgrader unpacks
ARCHIVES = (".zip", ".gz")
# bytes of a file's name, and letters at its end that stay if it is longer
LONGEST, END = 200, 20
# Canvas or a browser adds this to a name that is there already
COPY = re.compile(r"(?:-(\d+)| \((\d+)\)|)$")


class Collect(ExchangeCollect):
    """nbgrader's, for a folder into which students may put anything: `ExchangeFactory.collect`.

    A folder that can't be collected is left aside, and named. No link is followed, and the time that counts is the one by
    which nbgrader chose a submission, which is in its name. With nbgrader's `check_owner`, a folder that belongs to another
    account than the student's counts only where the student handed in nothing, and a note says so when it is graded.
    """

    coursedir: CourseDirectory
    inbound_path: str

    def init_src(self) -> None:
        # nbgrader keeps one of each student
        self._records: list[dict[str, Any]] = []
        super().init_src()

    def copy_files(self) -> None:
        """Makes attempts of what came, and puts the one that counts into `submitted/`."""
        coursedir, changed = self.coursedir, list[str]()
        if not self._records:
            self.log.warning("No submissions of %s to collect", coursedir.assignment_id)
        by_student = defaultdict[str, list[dict[str, Any]]](list)
        for record in self._records:
            by_student[record["username"]].append(record)
        with Intake(coursedir, self.config) as intake:
            for student, records in by_student.items():
                key = student, coursedir.assignment_id
                made = intake.add(key, [self._attempt(each) for each in records])
                for attempt in made:
                    self._keep(attempt, intake, changed)
                try:
                    said = [intake.settle(member) for member in intake.store.members(key)]
                except (FileExistsError, NotADirectoryError) as error:
                    self._leave(str(error.filename), error)
                    continue
                except OSError as error:
                    self._fail(intake.folders.submitted(key), error)
                for line in filter(None, said):
                    self.log.info("%s", line)
        if changed:
            said = "Changed after the time in its name, which counts; restoring a copy of the exchange does that, too"
            self.log.warning("%s", printable(f"{said}: {', '.join(changed)}"))

    def _attempt(self, record: dict[str, Any]) -> Attempt:
        arrived = record["timestamp"].replace(tzinfo=UTC).timestamp()
        known = {"name": record["filename"], "arrived": arrived, "known_by": "the exchange"}
        return Attempt(record["username"], self.coursedir.assignment_id, Way.EXCHANGE, **known)

    def _keep(self, attempt: Attempt, intake: "Intake", changed: list[str]) -> None:
        """Copies an attempt; adds it to those that were changed after the time in its name."""
        source, place = Path(self.inbound_path, attempt.name), intake.folders.files(attempt)
        if not self._collect(source, place):
            attempt.state, attempt.why = State.FAILED, "it could not be collected"
            intake.store.save(attempt)
            return
        attempt.digest, attempt.kept = contents(place), True
        intake.store.save(attempt)
        # its student may remove it meanwhile
        with contextlib.suppress(OSError):
            last = max(each.lstat().st_ctime for each in (source, *islice(source.iterdir(), MAX_FILES)))
            after = timedelta(seconds=int(last - (attempt.arrived or 0.0)))
            if after.total_seconds() > EARLIER:
                changed.append(f"{attempt.student} (by {after})")

    def _path_to_record(self, path: str) -> dict[str, Any]:
        try:
            record = super()._path_to_record(path)
            student, facts = record["username"], os.lstat(path)
            if not is_a_name(student):
                raise NotTaken(NOBODY)
            if not record["filename"].isprintable():
                raise NotTaken("its name can't be shown")
            if not stat.S_ISDIR(facts.st_mode):
                raise NotTaken("it is no folder")
            if student in self._with_work_of_their_own and student != (whose := owner(facts)):
                raise NotTaken(
                    f"it belongs to {whose or 'an account that is not known here'}, and {student} handed in something else"
                )
        except Exception as error:  # whatever a folder makes go wrong: the others are collected
            self._leave(path, error)
            return {"username": "", "filename": "", "timestamp": datetime.min}
        self._records.append(record)
        return record

    @cached_property
    def _with_work_of_their_own(self) -> set[str]:
        """The students who handed in something by their own accounts, or elsewhere; none where `check_owner` is off."""
        if not self.check_owner:
            return set()
        found = Path(self.inbound_path).glob(f"*+{self.coursedir.assignment_id}+*")
        there = Path(self.coursedir.root, self.coursedir.submitted_directory).glob(f"*/{self.coursedir.assignment_id}")
        own = set()
        for path in found:
            # its student may remove it meanwhile
            with contextlib.suppress(OSError):
                if (student := _student(path)) == owner(path.lstat()):
                    own.add(student)
        return own | {path.parent.name for path in there if not (path / HANDED_IN_BY).exists()}

    @property
    def _most(self) -> int:
        """How many bytes a submission may have: with our own files in it, nbgrader refuses what is larger, and stops."""
        return 1000 * (self.coursedir.max_dir_size - 1)

    def _collect(self, source: Path, place: Path) -> bool:
        """Copies a submission to `place`, as a whole or not at all; whether it did."""
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            # on the disk that is named where it is full
            with tempfile.TemporaryDirectory(prefix=".collected-", dir=place.parent) as work:
                copy = Path(work, "copy")
                copy_submission(source.parent, source.name, copy, self._most)
                if left := note_in(copy, NOT_COLLECTED):
                    self.log.warning("%s", printable(f"Of {_student(source)}/{self.coursedir.assignment_id}, {left}"))
                whose = owner(source.lstat())
                (copy / "timestamp.txt").write_text(source.name.rsplit("+", 3)[2])
                if self.check_owner and _student(source) != whose:
                    (copy / HANDED_IN_BY).write_text(whose or "an account that isn't known here")
                with replaced_folder(place) as fresh:
                    self.do_copy(str(copy), str(fresh))
            self.log.info("Collected %s", source)
            return True
        except (NotTaken, FileNotFoundError, FileExistsError, NotADirectoryError) as error:
            self._leave(str(source), error)
            return False
        except OSError as error:
            self._fail(place, error)

    def _fail(self, place: Path, error: OSError) -> NoReturn:
        why = error.args[0][-1][-1] if isinstance(error, shutil.Error) else error
        self.fail(printable(f"{place} can't be written: {why}. What was there stays; mend that, and collect again"))
        raise AssertionError("nbgrader ended")

    def _leave(self, path: str, error: Exception) -> None:
        folder, name = os.path.split(path)
        self.log.warning("%s", printable(f"Left aside, {folder}/{shown(name)}: {error}"))


class Intake:
    """Makes attempts of what was collected, and has `submitted/` hold those that count."""

    def __init__(self, coursedir: CourseDirectory, config: Config):
        self.course = Path(coursedir.root)
        self.store, self.folders = Store(self.course), Folders(self.course)
        make_private(self.course / "attempts", coursedir.groupshared)
        make_private(lock.workplace(self.course), coursedir.groupshared)
        with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
            check_groups(self.course, gradebook)
            policy = policy_in(config)
            worth = {name: points(assignment) for name, assignment in assignments(self.course).items()}
            self.standings = Standings(self.course, policy, self.store, gradebook, worth)

    def __enter__(self) -> "Intake":
        return self

    def __exit__(self, *exc: object) -> None:
        self.store.close()

    def add(self, key: Key, attempts: list[Attempt]) -> list[Attempt]:
        """Adds the attempts that are new, in order of time; returns those whose files are needed."""
        for member in self.store.members(key):
            notice_by_hand(self.store, self.folders, member)
        known = {each.name: each for each in self.store.of(*key) if each.name}
        new = [each for each in attempts if each.name not in known]
        new.sort(key=lambda attempt: attempt.arrived or 0.0)
        now = time.time()
        for each in new:
            each.collected = now
        self.store.add(*new)
        for each in attempts:
            if each.name in known and known[each.name].state == State.LEFT:
                # `proctor serve` left it to this
                known[each.name].state = State.NEW
                self.store.save(known[each.name])
        choice = self.standings.of(key).choose()
        wanted = [*choice.needed, *filter(None, [choice.attempt])]
        return [each for each in dict.fromkeys(wanted) if not each.kept and each.name]

    def settle(self, key: Key) -> str:
        """Puts the attempt that counts into `submitted/`, as far as it is known; says what it did."""
        attempt = self.standings.of(key).choose().attempt
        placed, _ = self.store.placed(key)
        if attempt is None or not attempt.kept or attempt.id == placed:
            return ""
        with lock.writing(lock.workplace(self.course)):
            place(self.store, self.folders, key, attempt)
        what = "Replaced what was in" if placed else "Collected"
        return f"{what} {shown(str(self.folders.submitted(key)))}"


def _student(path: Path) -> str:
    """The student whom a folder in the exchange names."""
    return path.name.rsplit("+", 3)[0]


class Handed(NamedTuple):
    """A file of an archive: its student, its name in `submitted/`, and its rank among several of one name.

    `prefix` is what stands before the name of the file that was handed in: what the LMS knows the submission by. It is empty
    for what was typed in on Canvas, which takes back no page on that. `late`: whether the LMS marked it so.
    """

    student: str
    name: str
    rank: tuple[int, ...]
    prefix: str
    late: bool = False


def collected_file(app: Any) -> Path:
    """Where `zip_collect`, which is the `app`, keeps what all archives of an assignment brought."""
    return Path(app.coursedir.root, app.downloaded_directory, app.coursedir.assignment_id, "collected.json")


def read_collected(app: Any) -> dict[str, dict[str, str]]:
    """By student, the `prefix` of the file's name in the last archive with one of theirs."""
    try:
        return json.loads(collected_file(app).read_text("utf-8"))
    except FileNotFoundError:
        return {"prefix": {}}


class FromLMS(FileNameCollectorPlugin):
    """Finds the students of the gradebook in the names of an archive's files: `ZipCollectApp.collector_plugin`.

    A file that is nobody's, or might be that of several students, is left out and named. Where a
    student handed in a file several times, the last counts; those notebooks of the same archive are collected beside it.
    """

    parent: Any  # `ZipCollectApp`

    def __init__(self, **options: Any):
        super().__init__(**options)
        # four of nbgrader's steps that no option changes
        self.parent.extractor_plugin_inst.extract = self.unpack
        self.parent._clear_existing_files = self.clear
        self.parent._collect_files = self.handed_in
        self.parent._transfer_files = self.transfer

    def clear(self, path: str) -> None:
        """Empties `extracted/`, which is made from `archive/` once more."""
        if any(Path(self.parent._format_collect_path(self.parent.archive_directory)).iterdir()):
            rmtree(path)
            os.makedirs(path)

    def unpack(self, archives: str, extracted: str) -> None:
        """Unpacks the archives in one folder into another, and copies other files.

        An archive that a student handed in stays packed: grading opens it, within limits, and one that is broken is theirs.
        """
        for path in sorted(path for path in Path(archives).rglob("*") if path.is_file()):
            place = Path(extracted, path.relative_to(archives).parent)
            place.mkdir(parents=True, exist_ok=True)
            if path.suffix not in ARCHIVES:
                shutil.copy(path, place)
                continue
            try:
                if zipfile.is_zipfile(path):
                    self._unzip(path, place / path.stem)
                else:
                    unzip(str(path), str(place), create_own_folder=True)
            except Exception as error:  # whatever it is that a broken archive can make go wrong
                self.parent.fail(f"{shown(str(path))} can't be unpacked ({shown(str(error))}): download it again")

    def _unzip(self, path: Path, place: Path) -> None:
        """Unpacks the files in a zip archive, and names those that can't be unpacked."""
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if entry.is_dir():
                    continue
                parts = [_fitting(part) for part in entry.filename.split("/") if part not in ("", ".", "..")]
                target, called = place.joinpath(*parts), f"{shown(entry.filename)} in {shown(str(path))}"
                try:
                    data = _data(archive, entry)
                except Exception as error:  # whatever it is that a broken entry can make go wrong
                    self.log.error("%s", printable(f"Left out, {called}: {error}"))
                    continue
                if target.exists() or not written(target, data):
                    self.log.error("%s", printable(f"Left out, {called}: another file or folder has its name"))
                elif target.name != entry.filename.rpartition("/")[2]:
                    said = f"Unpacked as {target.name}, {called}: its own name is too long, or can't be shown"
                    self.log.warning("%s", printable(said))

    def transfer(self, found: dict[Path, Handed]) -> None:
        """Makes an attempt of each student's files, and names the folders in `submitted/` that it replaced."""
        known, done = read_collected(self.parent), Counter[str]()
        collected, late = defaultdict[str, dict[str, Path]](dict), set[str]()
        for path, handed in sorted(found.items(), key=lambda each: each[1].rank):
            collected[handed.student][handed.name] = path
            late |= {handed.student} if handed.late else set()
            if handed.prefix:
                known["prefix"][handed.student] = handed.prefix
        try:
            with Intake(self.parent.coursedir, self.config) as intake:
                for student, sources in collected.items():
                    try:
                        done[self._put(intake, student, sources, student in late)] += 1
                    except OSError as error:
                        name = shown(error.filename or student)
                        self.log.error("%s", printable(f"Left out, {name}: {error.strerror or error}"))
                        done["left out"] += 1
        finally:
            replace(collected_file(self.parent), json.dumps(known, indent=1).encode())
        self.log.info("Students: %s", ", ".join(f"{count} {what}" for what, count in done.items()))

    def _put(self, intake: Intake, student: str, sources: dict[str, Path], late: bool) -> str:
        """Makes an attempt of a student's files, by name, and returns what became of `submitted/`."""
        key = student, self.parent.coursedir.assignment_id
        known_by = "the LMS's mark LATE" if late else ""
        attempt = Attempt(*key, Way.ARCHIVE, known_by=known_by, marked_late=late)
        with tempfile.TemporaryDirectory(dir=intake.course / "attempts") as work:
            # as deep as a submission is
            fresh = Path(work, "of", "student")
            fresh.mkdir(parents=True)
            for name, source in sources.items():
                shutil.copyfile(source, fresh / name)
            attempt.digest = contents(fresh)
            earlier = [each for each in intake.store.of(*key) if each.key == key and each.way == Way.ARCHIVE]
            if earlier and earlier[-1].digest == attempt.digest:
                earlier[-1].marked_late = late
                intake.store.save(earlier[-1])
                intake.add(key, [])
            else:
                intake.add(key, [attempt])
                with replaced_folder(intake.folders.files(attempt)) as place:
                    shutil.copytree(fresh, place)
                attempt.kept = True
                intake.store.save(attempt)
        placed, _ = intake.store.placed(key)
        done = "unchanged"
        for member in intake.store.members(key):
            if said := intake.settle(member):
                self.log.warning("%s", said)
                done = "replaced" if placed else "new"
        return done

    def handed_in(self, _: list[str]) -> dict[Path, Handed]:
        """The files in `extracted/` that count: the last one of each student and name. Names those that are left out."""
        last: dict[tuple[str, str], tuple[Path, Handed]] = {}
        place = Path(self.parent._format_collect_path(self.parent.extracted_directory))
        found = [(path, path.relative_to(place).parts) for path in place.rglob("*")]
        # of equals the last one counts: the one that lies least deep in its archive
        for path, parts in sorted(found, key=lambda each: (each[1][0], -len(each[1]), each[1])):
            hidden = any(part.startswith((".", "__MACOSX")) for part in parts)
            if path.is_symlink() or not path.is_file() or hidden:
                continue
            try:
                handed = self._handed(path, parts)
            except NotTaken as error:
                self.log.error("Left out, %s", error)
                continue
            kept = last.setdefault(handed[:2], (path, handed))
            older, newer = sorted([kept, (path, handed)], key=lambda each: each[1].rank)
            last[handed[:2]] = newer
            # two of one archive were handed in together
            if older[0] != newer[0] and parts[0] == kept[0].relative_to(place).parts[0]:
                counts = f"{shown(handed.student)} handed in {shown(newer[0].name)}, too, which counts"
                said = "Left out"
                if handed.name in self._released:
                    names = (f"{Path(handed.name).stem}-earlier-{number}.ipynb" for number in count(1))
                    name = next(name for name in names if (handed.student, name) not in last)
                    last[handed.student, name] = older[0], older[1]._replace(name=name)
                    counts, said = f"{counts} if there is an answer in it", f"Collected as {name}"
                self.log.error("%s, %s: %s", said, counts, shown(str(older[0])))
        return dict(last.values())

    def _handed(self, path: Path, parts: tuple[str, ...]) -> Handed:
        """The student and the name of a file. Raises `NotTaken` where they aren't known."""
        place = shown(str(path))
        named = [(part, found) for kind in (MOODLE, CANVAS) for part in parts if (found := kind.fullmatch(part))]
        if not named:
            raise NotTaken(f"neither Canvas nor Moodle names a file like this: {place}")
        part, found = named[0]
        students = self._students.get(_key(found["name"]), [])
        if canvas_id := found.groupdict().get("id"):
            called, others = students, [each for each in students if each not in self._with_canvas_id]
            students = self._students.get(canvas_id) or others
            if called and not students:
                mend = "if it is theirs, correct their lms_user_id, and collect again"
                raise NotTaken(
                    f"{', '.join(map(shown, called))} has another Canvas id than {canvas_id}: {place}. {mend}."
                )
        if len(students) != 1:
            mend = "import the students' names (nbgrader db student import FILE.csv), and collect again"
            if students:
                mend = f"copy it to submitted/STUDENT/{self.parent.coursedir.assignment_id}/ by hand"
            called = f"each of {', '.join(map(shown, students))}" if students else "nobody in the gradebook"
            raise NotTaken(f"{called} is called {shown(found['name'])}: {place}. To mend it, {mend}.")
        last = part == parts[-1]
        typed = found.groupdict().get("typed")
        name = (found["file"] or typed or "") if last else parts[-1]
        if name.casefold() in RESERVED or not is_a_name(name):
            raise NotTaken(f"no file that a student hands in can be called so: {place}")
        stem, copy = Path(name).stem, COPY.search(Path(name).stem)
        assert copy is not None, "it may find nothing at the end"
        plain = f"{stem[: copy.start()]}{Path(name).suffix}"
        rank = int(copy[1] or copy[2] or 0), int(found["number"] or 0)
        prefix = "" if typed else part.removesuffix(name) if last else f"{part}/"
        late = bool(found.groupdict().get("late"))
        return Handed(students[0], plain if plain in self._released else name, rank, prefix, late)

    @cached_property
    def _released(self) -> set[str]:
        coursedir = self.parent.coursedir
        folder = coursedir.format_path(coursedir.release_directory, ".", coursedir.assignment_id)
        return {path.name for path in Path(folder).glob("*.ipynb")}

    @cached_property
    def _with_canvas_id(self) -> set[str]:
        """The students whose Canvas id is known."""
        return {student for student, _, _, canvas_id in self._class if canvas_id}

    @cached_property
    def _students(self) -> dict[str | None, list[str]]:
        """The students by name, first or last name first, and by Canvas's id of them, as far as it is known."""
        found: dict[str | None, list[str]] = {}
        for student, first, last, canvas_id in self._class:
            for key in {_key(first + last), _key(last + first), canvas_id} - {""}:
                found.setdefault(key, []).append(student)
        return found

    @cached_property
    def _class(self) -> list[tuple[str, str, str, str]]:
        """The students of the gradebook: id, first and last name, and Canvas's id, each empty where it isn't known."""
        coursedir = self.parent.coursedir
        with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
            found = [(each.id, each.first_name, each.last_name, each.lms_user_id) for each in gradebook.students]
        return [(student, first or "", last or "", canvas_id or "") for student, first, last, canvas_id in found]


def _data(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """A file in an archive. Raises an error of any kind if it can't be unpacked."""
    if entry.file_size > MAX_SIZE:
        raise NotTaken(f"it is larger than {MAX_SIZE // 2**20} MiB")
    with archive.open(entry) as file:
        # without a number it would be unpacked as a whole, however much that is
        return file.read(entry.file_size)


def _fitting(name: str) -> str:
    """A name that every disk can hold and every message can show: a long one loses its middle."""
    name = "".join(letter if letter.isprintable() else "_" for letter in name)
    start, end = name[:-END], name[-END:]
    room = LONGEST - len(end.encode())
    return start.encode()[:room].decode(errors="ignore") + end


def _key(name: str) -> str:
    """A name without what archives leave out of it: case, spaces, punctuation; and accents, which some spell apart."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in letters if letter.isalnum())
