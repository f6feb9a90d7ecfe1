"""Grading a class: rooms in many processes, and one process that writes nbgrader's gradebook and `autograded/`.

nbgrader's own code does all the bookkeeping, one submission at a time, under one lock; while a submission is in a room,
the lock is free and another's books are kept.
"""

import contextlib
import glob
import hashlib
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import islice
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import parse_utc
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import SAWarning
from traitlets.config import Config, PyFileConfigLoader

from proctor.course import Assignment, assignment_of, assignments
from proctor.intake import ERRAND, Errand
from proctor.notebook import MAX_SIZE, NotExaminable, parse
from proctor.pool import Pool
from proctor.room import plain_files
from proctor.visit import Visit, pack

FATAL = ("database is locked", "readonly database", "disk is full", "No space left", "Read-only file system", "quota")


class GradingError(Exception):
    """A submission, or a whole assignment, could not be graded; the message says why."""


class CannotRecord(GradingError):
    """Grades can't be written: the disk is full, say, or the gradebook is locked. Nothing that was recorded is lost."""


@dataclass(frozen=True)
class Submission:
    """What one student handed in for one assignment."""

    student: str
    assignment: Assignment
    folder: Path

    def __str__(self):
        return f"{self.student}/{self.assignment.name}"


@dataclass
class Graded:
    """How the grading of one submission ended: with a score, or with what went wrong in proctor or nbgrader."""

    submission: Submission
    seconds: float = 0.0
    score: float = 0.0
    max_score: float = 0.0
    notes: list[str] = field(default_factory=list)
    error: str = ""


@dataclass
class Class:
    """A class that is being graded; `seed` is the same for all of it."""

    course: Path
    seed: int
    trust_students: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)
    stopped: threading.Event = field(default_factory=threading.Event)

    def grade(self, todo: list[Submission], pool: Pool) -> Iterator[Graded]:
        """Grades submissions, and yields each as soon as its grade is recorded."""
        warnings.simplefilter("ignore", SAWarning)  # nbgrader's own, at every submission
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
        graded, start = Graded(submission), time.monotonic()
        if self.stopped.is_set():
            return graded
        with tempfile.TemporaryDirectory(prefix="proctor-intake-") as intake, self.lock:
            try:
                made_of = fingerprint(submission)  # before it is read: what changes meanwhile is graded again
                unusable, graded.notes = stage(submission, Path(intake))
                ERRAND.set(Errand(partial(self._elsewhere, pool), made_of, unusable))
                _keep_books(self.course, submission, Path(intake))
                graded.score, graded.max_score = _score(self.course, submission)
            except CannotRecord:
                self.stopped.set()
                raise
            except (GradingError, OSError) as error:
                graded.error = str(error)
        graded.seconds = time.monotonic() - start
        return graded

    def _elsewhere(self, pool: Pool, nb, assignment, files, limits, draw_all) -> Visit:
        """A visit in another process; meanwhile others may keep their books."""
        self.lock.release()
        try:
            bundle = pack(assignment) if assignment else None
            return pool.attend(bundle, nbformat.writes(nb), files, limits, self.seed, self.trust_students, draw_all)
        finally:
            self.lock.acquire()
            os.environ["NBGRADER_EXECUTION"] = "autograde"  # another clerk's nbgrader has removed it


def submissions(course: Path, names: list[str], student: str = "*") -> list[Submission]:
    """What was handed in for these assignments, by assignment and student."""
    found = assignments(course)
    folders = [(name, path) for name in names for path in sorted((course / "submitted").glob(f"*/{glob.escape(name)}"))]
    return [
        Submission(path.parent.name, found[name], path)
        for name, path in folders
        if path.is_dir() and student in ("*", path.parent.name)
    ]


def fingerprint(submission: Submission) -> str:
    """Changes when the submission, its assignment's checks or the grader change."""
    digest = hashlib.sha256(_grader())
    for file in (submission.assignment.checks, submission.assignment.notebook):
        digest.update(file.read_bytes())
    for path in sorted(submission.folder.rglob("*")):
        digest.update(os.fsencode(path.relative_to(submission.folder)))
        with contextlib.suppress(OSError):
            if path.is_file() and not path.is_symlink():
                with path.open("rb") as file:
                    digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


@cache
def _grader() -> bytes:
    files = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).digest()


def is_graded(course: Path, submission: Submission) -> bool:
    """Whether what is in `autograded/` was made from what is in `submitted/`, by these checks and this grader."""
    path = course / "autograded" / submission.student / submission.assignment.name / submission.assignment.notebook.name
    try:
        known = json.loads(path.read_text(encoding="utf-8"))["metadata"]["proctor"]["fingerprint"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return known == fingerprint(submission)


def stage(submission: Submission, intake: Path) -> tuple[str, list[str]]:
    """Copies a submission to `intake`, as nbgrader expects one; tells why it has no usable notebook, and what is odd.

    Only plain files of sane size are copied. A notebook under another name is taken where there is no other.
    """
    notes: list[str] = []
    target = intake / submission.student / submission.assignment.name
    target.mkdir(parents=True)
    for name, data in plain_files(submission.folder).items():
        if not name.lower().endswith(".ipynb") and name != "timestamp.txt":
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes(data)
    notebook, note = _notebook(submission)
    notes += [note] if note else []
    expected = target / submission.assignment.notebook.name
    if notebook is None:
        expected.write_text("")
    else:
        shutil.copyfile(notebook, expected, follow_symlinks=False)
    stamp = submission.folder / "timestamp.txt"
    if stamp.is_file() and not stamp.is_symlink():
        try:
            parse_utc(stamp.read_text(encoding="utf-8").strip())
            shutil.copyfile(stamp, target / "timestamp.txt")
        except (OSError, ValueError, OverflowError):
            notes.append("its timestamp can't be read: graded as if it were in time")
    return (note if notebook is None else ""), notes


def _notebook(submission: Submission) -> tuple[Path | None, str]:
    """The notebook to grade, and what is odd about it."""
    expected = submission.folder / submission.assignment.notebook.name
    if os.path.lexists(expected):
        reason = _unusable(expected)
        return (None, reason) if reason else (expected, "")
    others = [path for path in sorted(submission.folder.glob("*")) if path.suffix.lower() == ".ipynb"]
    others.sort(key=lambda path: path.name.lower() != expected.name.lower())
    for path in others:
        if not _unusable(path):
            with contextlib.suppress(NotExaminable):
                assignment = assignment_of(parse(path), submission.assignment.course)
                if assignment is not None and assignment.name == submission.assignment.name:
                    return path, f"handed in as {path.name} rather than {expected.name}"
    return None, f"no notebook of this assignment was handed in: {expected.name} is missing"


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


def _keep_books(course: Path, submission: Submission, intake: Path) -> None:
    """nbgrader's own autograde of one submission, from `intake`. Raises `GradingError` with its log."""
    config = _config(course)
    logger = logging.Logger("nbgrader")
    said = _Lines()
    logger.addHandler(said)
    coursedir = CourseDirectory(config=config)
    coursedir.submitted_directory = str(intake)
    coursedir.student_id, coursedir.assignment_id = submission.student, submission.assignment.name
    converter = _AutogradeOne(coursedir=coursedir, config=config, log=logger)
    converter.force = True
    try:
        converter.start()
    except Exception as error:
        lines = "\n".join([*said.lines, f"{type(error).__name__}: {error}"])
        kind = CannotRecord if any(words in lines for words in FATAL) else GradingError
        raise kind(lines[-1500:]) from error


class _AutogradeOne(Autograde):
    """nbgrader's autograde for one submission, whose student may be called what no glob finds: `[a]`."""

    def init_notebooks(self) -> None:
        folder = Path(self._format_source(self.coursedir.assignment_id, self.coursedir.student_id))
        self.notebooks = []
        self.assignments = {str(folder): [str(path) for path in folder.iterdir() if path.suffix == ".ipynb"]}


class _Lines(logging.Handler):
    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record):
        self.lines.append(record.getMessage())


@cache
def _config(course: Path) -> Config:
    return PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()


def _score(course: Path, submission: Submission) -> tuple[float, float]:
    with _gradebook(course) as gradebook:
        found = gradebook.find_submission(submission.assignment.name, submission.student)
        return found.score, found.max_score


def prepare(course: Path, assignment: Assignment) -> None:
    """Puts an assignment into the gradebook where it isn't there yet, or only in part. Raises `GradingError`."""
    name = assignment.name
    with _gradebook(course) as gradebook, contextlib.suppress(MissingEntry):
        cells = {cell.name for notebook in gradebook.find_assignment(name).notebooks for cell in notebook.source_cells}
        if cells >= assignment.graded.keys() | assignment.locked.keys() | assignment.stubs.keys():
            return
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", name, "--create", "--force"]
    with tempfile.TemporaryDirectory() as unused:  # what is in release/ stays as it is
        command += [f"--CourseDirectory.release_directory={unused}"]
        done = subprocess.run(command, cwd=course, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise GradingError(f"nbgrader generate_assignment {name} failed:\n{done.stdout[-3000:]}")


def _gradebook(course: Path) -> Gradebook:
    return Gradebook(_config(course).CourseDirectory.db_url, _config(course).CourseDirectory.course_id)


def handed_in(course: Path) -> list[str]:
    """The assignments that somebody handed in."""
    names = {path.name for path in (course / "submitted").glob("*/*") if path.is_dir()}
    return [name for name in assignments(course) if name in names]


def show(course: Path, console: Console) -> None:
    """A table of who got what, what needs a look, and where to look next."""
    names = handed_in(course)
    table = Table(title="The class", title_justify="left", title_style="bold", show_edge=False)
    table.add_column("student")
    for name in names:
        table.add_column(name.replace("-", "\n", 1), justify="right")
    table.add_column("all", justify="right")
    with _gradebook(course) as gradebook:
        for student in gradebook.students:
            scores = {s.assignment.name: s for s in student.submissions}
            cells = [
                f"{scores[name].score:g} / {scores[name].max_score:g}" if name in scores else "–" for name in names
            ]
            table.add_row(student.id, *cells, f"{sum(s.score for s in scores.values()):g}", style=None)
    console.print(table)
    if looks := _worth_a_look(course):
        console.print("\n[bold]Worth a look[/]")
        for line in looks:
            console.print(line, highlight=False, markup=False, soft_wrap=True)
    console.print("\n[bold]Next[/]")
    console.print("  one student's answers   .venv/bin/proctor check submitted/…/NOTEBOOK.ipynb")
    console.print("  look and comment        make lab, then Nbgrader > Formgrader")
    console.print("  feedback pages          .venv/bin/nbgrader generate_feedback ASSIGNMENT")
    console.print("  grades as CSV           .venv/bin/nbgrader export")


def _worth_a_look(course: Path) -> list[str]:
    found: dict[tuple[str, str], list[str]] = {}
    for path in sorted((course / "autograded").glob("*/*/*.ipynb")):
        report = json.loads(path.read_text(encoding="utf-8"))["metadata"].get("proctor", {})
        for cell in report.get("cells", []):
            if cell["status"] in ("timeout", "died", "out_of_memory", "forbidden", "missing"):
                where = str(path.relative_to(course / "autograded"))
                found.setdefault((cell["status"], where), []).append(cell["id"])
    said = {"timeout": "too slow", "died": "ended the process", "out_of_memory": "out of memory"}
    return [
        f"  {said.get(status, status)}: {where}: {', '.join(ids)}" for (status, where), ids in sorted(found.items())
    ]
