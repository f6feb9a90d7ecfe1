"""Grading a class: sandboxes in many processes, and one process that writes nbgrader's gradebook and `autograded/`.

XX
"""

import contextlib
import gc
import glob
import hashlib
import json
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from pathlib import Path

from proctor.classroom.recording import CannotRecord, Recorder, recording, report_in
from proctor.classroom.workers import GradingError, NoSandboxes, Pool, version
from proctor.course import Assignment, assignment_of, assignments
from proctor.examine.outcome import Bundle, Outcome, code_cells, pack
from proctor.nbgrader_plugins.intake import ERRAND, Errand, timestamp
from proctor.nbgrader_plugins.seeds import contents, everything, seed_of
from proctor.sandbox.worker import plain_files, walk
from proctor.submission import MAX_SIZE, NotExaminable, parse


def _shown(name: str) -> str:
    """A file's name, as it can be shown in one line."""
    return name if name.isprintable() else ascii(name)


def _can_be_recorded(student: str) -> bool:
    return (
        student == student.strip()
        and "\n" not in student
        and not any("\ud800" <= letter <= "\udfff" for letter in student)
    )


@dataclass(frozen=True)
class Submission:
    """What one student handed in for one assignment."""

    student: str
    assignment: Assignment
    folder: Path

    @property
    def key(self) -> tuple[str, str]:
        return self.student, self.assignment.name

    def __str__(self):
        return "/".join(map(_shown, self.key))


@dataclass
class Graded:
    """How the grading of one submission ended: `error` says what went wrong in proctor or nbgrader.

    `seconds` is what it took in its sandbox and to be judged there.
    """

    submission: Submission
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)
    error: str = ""


@dataclass
class Class:
    """A class that is being graded; `seed`, where there is one, stands for the seeds of the attempts."""

    recorder: Recorder
    seed: int | None = None
    trust_students: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)
    stopped: threading.Event = field(default_factory=threading.Event)
    nowhere: NoSandboxes | None = None  # why there is nowhere to grade any more

    def grade(self, todo: list[Submission], pool: Pool) -> Iterator[Graded]:
        """Grades submissions, and yields each as soon as its grade is recorded.

        Raises `CannotRecord` where none can be, `NoSandboxes` where there is nowhere to grade any more.
        """
        os.chdir(self.recorder.course)  # where nbgrader goes, and comes back from while others are at work
        os.environ["NBGRADER_EXECUTION"] = "autograde"
        gc.collect()
        gc.freeze()  # what was imported stays: no collection need look through it again
        with ThreadPoolExecutor(2 * pool.workers) as clerks:
            waiting = iter(todo)
            running = {clerks.submit(self._grade, one, pool) for one in islice(waiting, 2 * pool.workers)}
            try:
                while running:
                    for done in wait(running, return_when=FIRST_COMPLETED).done:
                        running.remove(done)
                        yield done.result()
                        if (following := next(waiting, None)) is not None:
                            running.add(clerks.submit(self._grade, following, pool))
            except BaseException:
                self.stopped.set()
                pool.close()
                raise

    def _grade(self, submission: Submission, pool: Pool) -> Graded:
        graded = Graded(submission)

        def elsewhere(nb, assignment, files, limits, draw_all) -> Outcome:
            """A visit in another process; meanwhile others may keep their books."""
            notebook = json.dumps({"cells": code_cells(nb), "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
            self.lock.release()
            try:
                bundle = _packed(assignment) if assignment else None
                visit = pool.run(bundle, notebook, files, limits, ERRAND.get().seed, self.trust_students, draw_all)
                graded.seconds = visit.seconds
                return visit
            except NoSandboxes as error:
                self.nowhere = error  # nbgrader goes on, whatever is raised here
                raise
            finally:
                self.lock.acquire()

        with self.lock:
            if self.stopped.is_set():
                return graded
            try:
                if not _can_be_recorded(submission.student):
                    raise GradingError(
                        f"submitted/{submission}: no gradebook can hold a student's id with a line break, a broken "
                        "character, or a space at either end. Rename the folder, then grade again"
                    )
                with recording(self.recorder.course):
                    made_of = fingerprint(submission)  # before it is read: what changes meanwhile is graded again
                    with tempfile.TemporaryDirectory(prefix="in-", dir=self.recorder.workplace) as intake:
                        unusable, graded.notes = stage(submission, Path(intake))
                        ERRAND.set(Errand(elsewhere, made_of, unusable, self._seed(submission)))
                        self.recorder.record(submission.student, submission.assignment.name, Path(intake))
            except CannotRecord:
                self.stopped.set()
                raise
            except GradingError as error:
                if self.nowhere:
                    self.stopped.set()
                    raise self.nowhere from None
                graded.error = str(error)
            except Exception as error:  # whatever it is, the others are graded
                graded.error = f"{type(error).__name__}: {error}"
        return graded

    def _seed(self, submission: Submission) -> int:
        if self.seed is not None:
            return self.seed
        return seed_of(self.recorder.course, *submission.key, contents(submission.folder))


@cache
def _packed(assignment: Assignment) -> Bundle:
    return pack(assignment)


def submissions(course: Path, names: list[str], student: str = "*") -> list[Submission]:
    """What was handed in for these assignments, by assignment and student; hidden folders are no students, as in nbgrader."""
    found = assignments(course)
    folders = [
        (name, path) for name in names for path in sorted((course / "submitted").glob(f"[!.]*/{glob.escape(name)}"))
    ]
    return [
        Submission(path.parent.name, found[name], path)
        for name, path in folders
        if path.is_dir() and student in ("*", path.parent.name)
    ]


def fingerprint(submission: Submission) -> str:
    """Changes when the submission, what its assignment is judged by, or the grader change."""
    parts = version().encode() + _checks(submission.assignment) + everything(submission.folder)
    return hashlib.sha256(parts).hexdigest()


@cache
def _checks(assignment: Assignment) -> bytes:
    return hashlib.sha256(repr(_packed(assignment)).encode()).digest()


def is_graded(course: Path, submission: Submission) -> bool:
    """Whether what is in `autograded/` was made from what is in `submitted/`, by these checks and this grader."""
    path = course / "autograded" / submission.student / submission.assignment.name / submission.assignment.notebook.name
    known = report_in(path).get("fingerprint")
    return known is not None and known == fingerprint(submission)


def stage(submission: Submission, intake: Path) -> tuple[str, list[str]]:
    """Copies a submission to `intake`, as nbgrader expects one; tells why it has no usable notebook, and what is odd.

    Only plain files of sane size are copied. A notebook under another name is taken where there is no other.
    """
    notes: list[str] = []
    target = intake / submission.student / submission.assignment.name
    target.mkdir(parents=True)
    files = plain_files(submission.folder)
    for name, data in files.items():
        if not name.lower().endswith(".ipynb") and Path(name).parts[0] not in (
            "timestamp.txt",
            submission.assignment.notebook.name,
        ):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes(data)
    if left_out := sorted(_names(submission.folder) - files.keys()):
        notes.append(
            f"{', '.join(map(_shown, left_out[:5]))} was left out: not a plain file, too large or one too many"
        )
    notebook, note = _notebook(submission)
    notes += [note] if note else []
    if notebook and (others := [path for path in _notebooks(submission.folder) if path != notebook]):
        notes.append(
            f"{', '.join(_shown(path.name) for path in others[:5])} was handed in, too: {_shown(notebook.name)} counts"
        )
    expected = target / submission.assignment.notebook.name
    if notebook is None:
        expected.write_text("")
    else:
        shutil.copyfile(notebook, expected, follow_symlinks=False)
    when, odd = timestamp(submission.folder / "timestamp.txt")
    notes += [odd] if odd else []
    if when is not None:
        (target / "timestamp.txt").write_text(f"{when.isoformat(' ')} UTC")
    return (note if notebook is None else ""), notes


def _names(folder: Path) -> set[str]:
    """The names in `folder` but for its notebooks and folders."""
    names = {os.path.join(place, name) for place, names in walk(folder) for name in names}
    return {os.path.relpath(name, folder) for name in names if not name.lower().endswith(".ipynb")}


def _notebooks(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("*")) if path.suffix.lower() == ".ipynb"]


def _notebook(submission: Submission) -> tuple[Path | None, str]:
    """The notebook to grade, and what is odd about it."""
    expected = submission.folder / submission.assignment.notebook.name
    if os.path.lexists(expected):
        reason = _unusable(expected)
        return (None, reason) if reason else (expected, "")
    others = _notebooks(submission.folder)
    others.sort(key=lambda path: path.name.lower() != expected.name.lower())
    for path in others:
        if not _unusable(path):
            with contextlib.suppress(NotExaminable):
                assignment = assignment_of(parse(path), submission.assignment.course)
                if assignment is not None and assignment.name == submission.assignment.name:
                    return path, f"handed in as {_shown(path.name)} rather than {expected.name}"
    names = (Path(place, name) for place, names in walk(submission.folder) for name in sorted(names))
    lying = [_shown(str(path.relative_to(submission.folder))) for path in islice(names, 3)]
    found = f"; what was handed in: {', '.join(lying)}" if lying else ""
    return None, f"no notebook of this assignment was handed in: {expected.name} is missing{found}"


def _unusable(path: Path) -> str:
    try:
        if path.is_symlink() or not path.is_file():
            return f"{path.name} is no plain file"
        if path.stat().st_size > MAX_SIZE:
            return f"{path.name} is larger than {MAX_SIZE // 2**20} MiB"
        with path.open("rb"):
            return ""
    except OSError as error:
        return f"{path.name} can't be read: {error.strerror}"


def strays(course: Path) -> list[str]:
    """What lies in `submitted/` where no assignment is looked for: a misspelt folder, or a notebook beside them."""
    known, found = assignments(course), sorted((course / "submitted").glob("[!.]*/*"))
    found = [path for path in found if path.name not in known and (path.is_dir() or path.suffix.lower() == ".ipynb")]
    return [f"submitted/{_shown(path.parent.name)}/{_shown(path.name)}" for path in found if path.name[0] != "."]


def handed_in(course: Path) -> list[str]:
    """The assignments that somebody handed in."""
    names = {path.name for path in (course / "submitted").glob("[!.]*/*") if path.is_dir()}
    return [name for name in assignments(course) if name in names]
