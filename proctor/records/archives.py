"""`nbgrader zip_collect`, for the archives of submissions that Canvas and Moodle give out.

Canvas names a file `lovelaceada_LATE_12345_67890_softmax-1.ipynb`: last and first name, `LATE` if
it is, Canvas's id of the student, that of the file, and the file's name; a text or an address that
was typed in is `…_12345_text.html` or `…_12345_link.html`. Moodle makes a folder `Ada
Lovelace_1234567_assignsubmission_file`, or `…_onlinetext`, of the name and a number that is another
one in every assignment, with one more underscore in older versions, or puts that before the name of
the file. Neither holds the student's id in nbgrader, so students must be in the gradebook, by
`nbgrader db student import`, beforehand. All that a student handed in is collected, a notebook or
none: so grading says what was there instead.

Each archive is an attempt of the students who have files in it, unless they had the same files in
the one before, or the archive was collected before.
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
import tempfile
import unicodedata
import zipfile
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from itertools import count, product
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, Student
from nbgrader.plugins import FileNameCollectorPlugin

from proctor.course.files import replace, replaced_folder
from proctor.errors import GradingError, NotTaken
from proctor.records.attempts import Attempt, State, Way
from proctor.records.collect import Intake
from proctor.records.inbound import is_a_name
from proctor.records.stale import contents
from proctor.records.store import Key
from proctor.sandbox.files import RESERVED, written
from proctor.submission import MAX_SIZE
from proctor.text import all_shown, printable_record, shown

MOODLE = re.compile(
    r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_(file|onlinetext)(_(?P<file>.*))?"
)
CANVAS = re.compile(
    r"(?P<name>.+?)_(?P<late>LATE_)?(?P<id>\d+)_(?:(?P<number>\d+)_(?P<file>.+)|(?P<typed>(text|link)\.html))"
)
# by their suffixes, as shutil calls them
FORMATS = {".zip": "zip", ".gz": "gztar"}
# bytes of a file's name, and letters at its end that stay if it is longer
LONGEST, END = 200, 20
# Canvas or a browser adds this to a name that is there already
COPY = re.compile(r"(?:-(\d+)| \((\d+)\)|)$")


@dataclass(frozen=True)
class ArchiveFile:
    """A file of an archive: its student, its name in `submitted/`, and its rank among several of
    one name.

    `prefix` stands before the name of the file that was handed in; the LMS knows the submission by
    it. It is empty for a text that was typed in on Canvas, which takes back no page on that.
    `late`: whether the LMS marked it so.
    """

    path: Path
    student: str
    name: str
    rank: tuple[int, int]
    prefix: str
    late: bool


Files = dict[str, ArchiveFile]  # a student's in one archive, by name


def collected_file(app: Any) -> Path:
    """The file in which `zip_collect`, which is the `app`, keeps the names in all archives of an
    assignment.
    """
    return Path(
        app.coursedir.root, app.downloaded_directory, app.coursedir.assignment_id, "collected.json"
    )


def read_collected(app: Any) -> dict[str, dict[str, str]]:
    """By student, the `prefix` of the file's name in the last archive with one of theirs; by
    digest, the names of the `archives` that were collected.
    """
    found = {"prefix": {}, "archives": {}}
    with contextlib.suppress(FileNotFoundError):
        found |= json.loads(collected_file(app).read_text("utf-8"))
    return found


class FromLMS(FileNameCollectorPlugin):
    """Finds the students of the gradebook in the names of an archive's files:
    `ZipCollectApp.collector_plugin`.

    A file that is nobody's, or might be that of several students, is left out and named.
    """

    parent: Any  # `ZipCollectApp`

    def __init__(self, **options: Any):
        super().__init__(**options)
        self.log.addFilter(printable_record)
        # nbgrader's two steps merge all archives, and stop at the first file that they don't expect
        self.parent.extract_archive_files = self.unpack_archives
        self.parent.process_extracted_files = self.collect_archives

    def unpack_archives(self) -> None:
        """Unpacks the archives into `extracted/`, in the order of their names, and copies other
        files.

        An archive that a student handed in stays packed: grading opens it, within limits.
        """
        archives = Path(self.parent._format_collect_path(self.parent.archive_directory))
        found = sorted(filter(Path.is_file, archives.rglob("*")), key=_natural)
        if not found:
            self.parent.fail(
                f"there is no archive in {archives}: put it there as you downloaded it"
            )
        shutil.rmtree(self._extracted, ignore_errors=True)
        # each archive's digest and files; the files beside the archives are one, too
        self._unpacked: list[tuple[str, list[Path]]] = []
        packed = {}
        loose = []
        for path in found:
            place = self._extracted / path.relative_to(archives)
            place.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix in FORMATS:
                with path.open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                packed[digest] = path.name
                self._unpack(path, place.with_suffix(""))
                self._unpacked.append((digest, list(place.with_suffix("").rglob("*"))))
            else:
                loose.append(Path(shutil.copy(path, place)))
        self._unpacked.append(("", loose))
        self._packed = packed
        if len(packed) > 1:
            self.log.info("Archives, the earliest first: %s", all_shown(packed.values()))

    @property
    def _extracted(self) -> Path:
        return Path(self.parent._format_collect_path(self.parent.extracted_directory))

    def _unpack(self, path: Path, place: Path) -> None:
        try:
            if FORMATS[path.suffix] == "zip":
                self._unzip(path, place)
            else:
                shutil.unpack_archive(path, place, FORMATS[path.suffix], filter="data")
        except Exception as error:  # whatever a broken archive can make go wrong
            self.parent.fail(
                f"{shown(str(path))} can't be unpacked ({shown(str(error))}): download it again"
            )

    def _unzip(self, path: Path, place: Path) -> None:
        """Unpacks the files in a zip archive, and names those that can't be unpacked."""
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if entry.is_dir():
                    continue
                target = place
                for part in entry.filename.split("/"):
                    if part not in ("", ".", ".."):
                        target /= _fitting(part)
                called = f"{shown(entry.filename)} in {shown(str(path))}"
                try:
                    data = _data(archive, entry)
                except Exception as error:  # whatever a broken entry can make go wrong
                    self.log.error("Left out, %s: %s", called, error)
                    continue
                if target.exists() or not written(target, data):
                    self.log.error("Left out, %s: another file or folder has its name", called)
                elif target.name != entry.filename.rpartition("/")[2]:
                    said = "Unpacked as %s, %s: its own name is too long, or can't be shown"
                    self.log.warning(said, target.name, called)

    def collect_archives(self) -> None:
        """Makes attempts of each student's files, and names the folders in `submitted/` that it
        replaced.
        """
        known = read_collected(self.parent)
        uploads = defaultdict[str, list[tuple[Files, bool]]](list)
        for digest, paths in self._unpacked:
            is_new = digest not in known["archives"]
            for student, files in self._match(paths, known["prefix"]).items():
                uploads[student].append((files, is_new))
        done = Counter[str]()
        try:
            intake = Intake(self.parent.coursedir, self.config)
            with contextlib.closing(intake.store):
                for student, each in uploads.items():
                    done[self._collect_or_leave_out(intake, student, each)] += 1
        except GradingError as error:
            self.parent.fail(str(error))
        # only now: whoever interrupts this collects them anew
        known["archives"] |= self._packed
        replace(collected_file(self.parent), json.dumps(known, indent=1).encode())
        self.log.info(
            "Students: %s", ", ".join(f"{number} {which}" for which, number in done.items())
        )

    def _collect_or_leave_out(
        self, intake: Intake, student: str, uploads: list[tuple[Files, bool]]
    ) -> str:
        """Collects a student's files, unless a file can't be read or written."""
        try:
            return self._collect(intake, student, uploads)
        except OSError as error:
            where = shown(error.filename or student)
            self.log.error("Left out, %s: %s", where, error.strerror or error)
            return "left out"

    def _collect(self, intake: Intake, student: str, uploads: list[tuple[Files, bool]]) -> str:
        """Makes attempts of a student's files in the archives; returns a line on `submitted/`."""
        key = student, self.parent.coursedir.assignment_id
        intake.add(key, [])
        for number, (files, is_new) in enumerate(uploads, 1):
            self._add(intake, key, files, is_new, last=number == len(uploads))
        placed, _ = intake.store.placed(key)
        said = intake.settle(key)
        for line in [*said, *intake.late(key)]:
            self.log.info("%s", line)
        if not said:
            return "with another attempt that counts" if intake.added[key] else "unchanged"
        return "replaced" if placed else "new"

    def _add(self, intake: Intake, key: Key, files: Files, is_new: bool, last: bool) -> None:
        """Makes an attempt of the files in one archive, unless there is one.

        `is_new`: the archive was not collected before. `last`: it is the student's last one.
        """
        late = any(file.late for file in files.values())
        with tempfile.TemporaryDirectory(dir=intake.course / "attempts") as work:
            # as deep as a submission is
            fresh = Path(work, "of", "student")
            fresh.mkdir(parents=True)
            for name, file in files.items():
                shutil.copyfile(file.path, fresh / name)
            digest = contents(fresh)
            earlier = []
            for each in intake.store.of(*key):
                if each.key == key and each.way == Way.ARCHIVE:
                    earlier.append(each)
            # a student may hand in the same again after something else: then it counts again
            possible = earlier[-1:] if last and is_new else earlier
            same = [each for each in possible if each.digest == digest]
            if same:
                attempt = same[-1]
                # what came in time stays so, if it comes late once more
                if is_new and not late:
                    attempt.marked_late = False
            else:
                attempt = Attempt(*key, Way.ARCHIVE, marked_late=late, digest=digest)
                attempt.known_by = "the LMS's mark LATE" if late else ""
                intake.add(key, [attempt])
            # also of one that was added by a process that ended before it had copied the files
            if not (attempt.kept or attempt.judged):
                with replaced_folder(intake.folders.files(attempt)) as place:
                    fresh.rename(place)
                attempt.kept = True
                attempt.state = State.NEW
            intake.store.save(attempt)

    def _match(self, paths: list[Path], prefixes: dict[str, str]) -> dict[str, Files]:
        """The files of one archive by student and name; names those that are left out.

        Adds to `prefixes`.

        Of several files of one name the last one has it, and the others are collected beside it.
        """
        found = []
        # of equals the last one counts: the one that lies least deep in its archive
        for path in sorted(paths, key=lambda path: (-len(path.parts), path)):
            parts = path.relative_to(self._extracted).parts
            hidden = any(part.startswith((".", "__MACOSX")) for part in parts)
            if path.is_symlink() or not path.is_file() or hidden:
                continue
            try:
                found.append(self._identify(path, parts))
            except NotTaken as error:
                self.log.error("Left out, %s", error)
        matched = defaultdict[str, Files](dict)
        for file in sorted(found, key=lambda file: file.rank):
            files = matched[file.student]
            older = files.get(file.name)
            if older:
                stem, suffix = os.path.splitext(file.name)
                names = (f"{stem}-earlier-{number}{suffix}" for number in count(1))
                name = next(name for name in names if name not in files)
                files[name] = older
                newer = f"{shown(file.student)} handed in {shown(file.path.name)}, too"
                where = shown(str(older.path))
                self.log.error(
                    "Collected as %s, %s, which counts if there is an answer in it: %s",
                    name,
                    newer,
                    where,
                )
            files[file.name] = file
            if file.prefix:
                prefixes[file.student] = file.prefix
        return matched

    def _identify(self, path: Path, parts: tuple[str, ...]) -> ArchiveFile:
        """A file with its student and its name. Raises `NotTaken` if they aren't known."""
        for kind, part in product((MOODLE, CANVAS), parts):
            found = kind.fullmatch(part)
            if found:
                break
        else:
            raise NotTaken(f"neither Canvas nor Moodle names a file like this: {shown(str(path))}")
        facts = defaultdict(str, found.groupdict(""))
        student = self._student(facts["name"], facts["id"], path)
        name, prefix = parts[-1], f"{part}/"
        if part == parts[-1]:
            name = facts["file"] or facts["typed"]
            prefix = ""
            if facts["file"]:
                prefix = part.removesuffix(name)
        if name.casefold() in RESERVED or not is_a_name(name):
            raise NotTaken(f"no file that a student hands in can be called so: {shown(str(path))}")
        stem, suffix = os.path.splitext(name)
        copy = COPY.search(stem)
        assert copy is not None, "it may find nothing at the end"
        rank = int(copy[1] or copy[2] or 0), int(facts["number"] or 0)
        original = stem[: copy.start()] + suffix
        if original in self._released:
            name = original
        return ArchiveFile(path, student, name, rank, prefix, late=bool(facts["late"]))

    def _student(self, name: str, canvas_id: str, path: Path) -> str:
        """The student of this name, or with this id.

        Raises `NotTaken` if none is known, or several are.
        """
        called = found = self._students[_key(name)]
        if canvas_id:
            found = self._students[canvas_id] or [each for each in called if not each.lms_user_id]
        if len(found) == 1:
            return found[0].id
        why = "nobody in the gradebook"
        mend = "import the students' names (nbgrader db student import FILE.csv), and collect again"
        names = all_shown(each.id for each in found or called)
        if found:
            why = f"each of {names}"
            mend = f"copy it to submitted/STUDENT/{self.parent.coursedir.assignment_id}/ by hand"
        elif called:
            mend = "if it is theirs, correct their lms_user_id, and collect again"
            raise NotTaken(
                f"{names} has another Canvas id than {canvas_id}: {shown(str(path))}. To mend it, {mend}."
            )
        raise NotTaken(f"{why} is called {shown(name)}: {shown(str(path))}. To mend it, {mend}.")

    @cached_property
    def _released(self) -> set[str]:
        coursedir = self.parent.coursedir
        folder = coursedir.format_path(coursedir.release_directory, ".", coursedir.assignment_id)
        return {path.name for path in Path(folder).glob("*.ipynb")}

    @cached_property
    def _students(self) -> dict[str, list[Any]]:
        """The students of the gradebook by name, first or last name first, and by Canvas's id of
        them, if it is known.
        """
        coursedir = self.parent.coursedir
        columns = Student.id, Student.first_name, Student.last_name, Student.lms_user_id
        with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
            rows = gradebook.db.query(*columns).order_by(Student.id).all()
        found = defaultdict(list)
        for row in rows:
            first, last = row.first_name or "", row.last_name or ""
            for key in {_key(first + last), _key(last + first), row.lms_user_id or ""} - {""}:
                found[key].append(row)
        return found


def _natural(path: Path) -> list[str | int]:
    """Sorts as people do: `2` before `10`, and `all` before `all (1)`."""
    parts: list[str | int] = re.split(r"(\d+)", str(path.with_suffix("")))
    # between two texts there is a number
    parts[1::2] = map(int, parts[1::2])
    return parts


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
    space = LONGEST - len(end.encode())
    return start.encode()[:space].decode(errors="ignore") + end


def _key(name: str) -> str:
    """A name without its case, spaces, punctuation and accents: archives leave them out, or spell
    them apart.
    """
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(filter(str.isalnum, letters))
