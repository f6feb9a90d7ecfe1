"""nbgrader's records for `proctor grade`: its gradebook, open for a whole run, and its autograde of one submission.

What a submission earned is recorded in one transaction, and only then is its folder in `autograded/` put in place, by
renaming: whenever the process ends, a submission is recorded as a whole or not at all.
"""

import contextlib
import logging
import os
import re
import shutil
import sqlite3
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from nbgrader.api import Assignment, Gradebook, MissingEntry, SubmittedAssignment, SubmittedNotebook
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.converters.base import BaseConverter
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import find_all_files
from sqlalchemy import or_
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SAWarning, SQLAlchemyError
from traitlets.config.loader import Config, PyFileConfigLoader

from proctor.course import Assignment as Released
from proctor.course.report import readable
from proctor.errors import CannotRecord, GradingError
from proctor.records import lock, store
from proctor.records.extensions import give
from proctor.records.gradebook import AssignLatePenalties, OpenGradebook, OverwriteCells, SaveAutoGrades
from proctor.records.history import keep_before
from proctor.records.intake import make_private
from proctor.records.stale import points

if TYPE_CHECKING:
    from proctor.records.intake import Job

FULL = "the disk of {course} is full: free some space"
READ_ONLY = "{course} can't be written: make it, gradebook.db and autograded/ writable for you"
LOCKED = "another program holds {course}/gradebook.db: end it, a formgrader or another grading"
DAMAGED = (
    "{course}/gradebook.db is damaged: put a copy that you kept in its place, or move it away to begin a new one, "
    "without the grades that were given by hand"
)
OLDER = "{course}/gradebook.db is of another version of nbgrader: run 'nbgrader db upgrade', which keeps a copy"
FATAL = {  # what is said where nothing more can be recorded: by nbgrader, SQLite or the system; and what to do
    "database is locked": LOCKED,
    "readonly database": READ_ONLY,
    "unable to open database file": READ_ONLY,
    "file is not a database": DAMAGED,
    "image is malformed": DAMAGED,
    "no such column": OLDER,
    "no such table": OLDER,
    "Read-only file system": READ_ONLY,
    "Permission denied": READ_ONLY,
    "Operation not permitted": READ_ONLY,
    "disk is full": FULL,
    "disk I/O error": FULL,
    "No space left": FULL,
    "quota exceeded": FULL,
    "File too large": FULL,
}


ERROR = re.compile(r"[\w.]*(Error|InvalidEntry)\b")  # the last line of a traceback


class Recorder:
    """The gradebook and `autograded/` of a course. Only one thread at a time may use them.

    `trial` is a folder where there is one: copies are made there, and written in their place. `patience`: seconds that
    `proctor serve` is waited for. Raises `CannotRecord` where another program grades, or where they can't be written.
    """

    def __init__(
        self,
        course: Path,
        trial: Path | None = None,
        holder: str = "proctor grade",
        patience: float = lock.PATIENCE,
    ):
        warnings.simplefilter("ignore", SAWarning)  # nbgrader's own, at every submission
        logging.getLogger("tornado.application").addHandler(logging.NullHandler())  # tracebacks of what is raised, too
        self.course = course
        self.config = configuration(course)
        # what is made from here on is the instructor's, and his group's where they share the course, and nobody else's
        os.umask(0o007 if CourseDirectory(config=self.config).groupshared else 0o077)
        # where proctor's store is
        self.memory = course
        if trial is not None:
            self.memory = trial
            _copy_gradebook(course, self.config, trial)
            self.config.CourseDirectory.autograded_directory = str(trial / "autograded")
        self.open_gradebook = OpenGradebook(self.config.CourseDirectory.db_url, self.config.CourseDirectory.course_id)
        self.workplace = lock.workplace(trial or course)
        with recording(course):
            self.workplace.mkdir(parents=True, exist_ok=True)
            try:
                self._mine = lock.take(self.workplace, holder, patience)
            except lock.Held as error:
                raise CannotRecord(f"{error} is at work in {course}: wait for its end") from None
        for left in self.workplace.glob("*/"):  # by a run that was killed
            shutil.rmtree(left, ignore_errors=True)
        # what is made in passing, by nbgrader too, lies where the next run removes it
        self._temporary, tempfile.tempdir = tempfile.tempdir, str(self.workplace)

    def transaction(self) -> AbstractContextManager[Gradebook]:
        """The gradebook; what is written is recorded at the end, all of it or, where an exception is raised, nothing."""
        return self.open_gradebook.transaction()

    def recorded(self) -> set[tuple[str, str]]:
        """The student and the assignment of every submission in the gradebook."""
        with recording(self.course), self.transaction() as gradebook:
            return set(gradebook.db.query(SubmittedAssignment.student_id, Assignment.name).join(Assignment).all())

    def graded(self, student: str, assignment: str) -> Path:
        """Where the submission's folder in `autograded/` is; in a trial, too, what was graded before is the course's."""
        return self.course / "autograded" / student / assignment

    def prepare(self, assignment: Released) -> None:
        """Puts an assignment into the gradebook where it isn't there as it is released. Raises `GradingError`."""
        name = assignment.name
        wanted = assignment.graded.keys() | assignment.locked.keys() | assignment.stubs.keys() | assignment.by_hand
        with recording(self.course), self.transaction() as gradebook, contextlib.suppress(MissingEntry):
            notebooks = gradebook.find_assignment(name).notebooks
            known = {cell.name for notebook in notebooks for cell in notebook.source_cells}
            worth = {each.name: each.max_score for book in notebooks for each in [*book.grade_cells, *book.task_cells]}
            if wanted <= known and points(assignment).items() <= worth.items():
                return
        # what is in release/ stays as it is
        told = f"nbgrader generate_assignment {name} failed:"
        with self._nbgrader(told) as logger, tempfile.TemporaryDirectory() as unused:
            coursedir = CourseDirectory(config=self.config, assignment_id=name)
            coursedir.release_directory = unused
            options = {"create_assignment": True, "force": True, "config": self.config, "log": logger}
            GenerateAssignment(coursedir=coursedir, **options).start()

    def record(self, student: str, job: "Job", intake: Path) -> None:
        """Has nbgrader autograde the submission in `intake`, which has been run.

        Raises `GradingError` with what nbgrader said, `CannotRecord` where nothing can be recorded.
        """
        with self._nbgrader() as logger, tempfile.TemporaryDirectory(prefix="out-") as out:
            _AutogradeOne(self, student, job, intake, Path(out), logger).start()

    @contextmanager
    def _nbgrader(self, *told: str) -> Iterator[logging.Logger]:
        """For what nbgrader does; what goes wrong with it is raised with these lines and the warnings that it logged."""
        logger, said = logging.Logger("nbgrader"), Lines()
        logger.addHandler(said)
        try:
            yield logger
        except Exception as error:
            raise trouble(self.course, "\n".join([*told, *said.lines, f"{type(error).__name__}: {error}"])) from error

    def settle(self, names: list[str]) -> list[str]:
        """Gives every submission for these assignments the late penalty that it has by today's due dates, extensions and
        plugin, which need no sandbox; returns what that changed.
        """
        if not any(str(each).endswith("AssignLatePenalties") for each in self.config.Autograde.autograde_preprocessors):
            return []
        found, plugin = [], AssignLatePenalties(config=self.config)
        with recording(self.course), self.transaction() as gradebook:
            due, penalty = Assignment.duedate, SubmittedNotebook.late_submission_penalty
            concerned = gradebook.db.query(SubmittedNotebook).join(SubmittedAssignment).join(Assignment)
            stale = or_(due.isnot(None), penalty.isnot(None), SubmittedAssignment.extension.isnot(None))
            for notebook in concerned.filter(Assignment.name.in_(names), stale):
                give(self.course, notebook.assignment)
                before, now = notebook.late_submission_penalty or 0.0, plugin.assign(notebook)
                if now != before:
                    whose = f"{notebook.student.id}/{notebook.assignment.name}"
                    found.append(f"{whose}: late penalty {before:g}, now {now:g}")
        return found

    def close(self) -> None:
        tempfile.tempdir = self._temporary
        self._mine.release()


def _copy_gradebook(course: Path, config: Config, trial: Path) -> None:
    """Copies the gradebook and proctor's store to the folder `trial`, and has `config` name the copy."""
    gradebook = gradebook_file(config.CourseDirectory.db_url)
    if gradebook is None:
        url = make_url(config.CourseDirectory.db_url)
        raise GradingError(f"a trial needs a gradebook that is a file: nbgrader_config.py names {url!r}")
    with recording(course):
        # what an older proctor kept is taken over
        store.connect(course).close()
        for file in (gradebook, course / store.FILE):
            if file.is_file():
                with (
                    contextlib.closing(sqlite3.connect(file)) as original,
                    contextlib.closing(sqlite3.connect(trial / file.name)) as copy,
                ):
                    original.backup(copy)
    config.CourseDirectory.db_url = f"sqlite:///{trial / gradebook.name}"


def gradebook_file(url: str) -> Path | None:
    """The file of the gradebook at this address, be it there or not; None where it is in another kind of database."""
    found = make_url(url)
    return Path(found.database) if found.get_backend_name() == "sqlite" and found.database else None


@contextmanager
def recording(course: Path) -> Iterator[None]:
    """Raises `CannotRecord` for what goes wrong with the course's disk or its gradebook."""
    try:
        yield
    except (OSError, sqlite3.Error, SQLAlchemyError) as error:
        raise trouble(course, f"{type(error).__name__}: {error}") from error


def trouble(course: Path, said: str) -> GradingError:
    """What is to be raised where this was said, with what to do about it."""
    errors = [line for line in said.splitlines() if ERROR.match(line)]
    for words, advice in FATAL.items():
        for line in errors:
            if words in line:
                then = "then start again to go on."
                then += "" if advice is DAMAGED else " Nothing that was recorded is lost."
                return CannotRecord(f"{advice.format(course=course)}, {then} ({line[:300]})")
    return GradingError(readable(said[-1500:]))


def configuration(course: Path) -> Config:
    """What `nbgrader_config.py` says. Raises `GradingError` where it can't be read."""
    if str(course) not in sys.path:
        sys.path.insert(0, str(course))  # as nbgrader does, for an instructor's own plugins
    try:
        return PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()
    except Exception as error:
        raise GradingError(f"{course / 'nbgrader_config.py'} can't be read: {type(error).__name__}: {error}") from error


class OneSubmission(BaseConverter):
    """A converter of nbgrader's, for the one submission that its `coursedir` names."""

    coursedir: CourseDirectory

    def init_notebooks(self) -> None:
        """As nbgrader's, but for a student who may be called what no glob finds: `[a]`."""
        folder = Path(self._format_source(self.coursedir.assignment_id, self.coursedir.student_id))
        self.assignments = {str(folder): [str(path) for path in folder.iterdir() if path.suffix == ".ipynb"]}


class _AutogradeOne(OneSubmission, Autograde):
    """nbgrader's autograde of the one submission in `intake`, by way of the folder `out`.

    Differs from nbgrader's in order only. Both of its passes are one. What goes into the gradebook goes there together,
    once the grades are known. What was made sure of when the submission was read is not checked again.
    """

    # for `Intake`: the submission has been read
    ready = True

    def __init__(self, recorder: Recorder, student: str, job: "Job", intake: Path, out: Path, logger: logging.Logger):
        assignment = job.submission.assignment.name
        coursedir = CourseDirectory(config=recorder.config, student_id=student, assignment_id=assignment)
        self.place = Path(coursedir.format_path(coursedir.autograded_directory, student, assignment))
        coursedir.submitted_directory, coursedir.autograded_directory = str(intake), str(out)
        super().__init__(coursedir=coursedir, config=recorder.config, log=logger)
        self.open_gradebook, self.out, self.job = recorder.open_gradebook, out, job
        # a trial adds to the remarks of its own store
        self.memory = recorder.memory

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """Copies the submission's files and, over them, the instructor's; the gradebook is for `record`."""
        super(Autograde, self).init_assignment(assignment_id, student_id)
        source = Path(self.coursedir.format_path(self.coursedir.source_directory, ".", assignment_id))
        left = {str(source / name) for name in self.exclude_overwriting.get(assignment_id, [])}
        for file in set(find_all_files(str(source), self.coursedir.ignore + ["*.ipynb"])) - left:
            copy = Path(self._format_dest(assignment_id, student_id), Path(file).relative_to(source))
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.unlink(missing_ok=True)
            shutil.copy(file, copy)

    def convert_single_notebook(self, notebook_filename: str) -> None:
        copy = Path(self._format_dest(self.coursedir.assignment_id, self.coursedir.student_id))
        copy.mkdir(parents=True, exist_ok=True)
        shutil.copy(notebook_filename, copy)
        # what its cells showed when it ran stays
        replaced = REPLACED | ({"ClearOutput": None} if self.job.has_run else {})
        for preprocessor in [*self.sanitize_preprocessors, *self.autograde_preprocessors]:
            name = preprocessor if isinstance(preprocessor, str) else preprocessor.__name__
            if (ours := replaced.get(name.rpartition(".")[2], preprocessor)) is not None:
                self.exporter.register_preprocessor(ours)
        self._sanitizing = False  # from here on, nbgrader finds the submission where it puts its result
        super(Autograde, self).convert_single_notebook(str(copy / Path(notebook_filename).name))

    @contextmanager
    def record(self) -> Iterator[Gradebook]:
        """The gradebook, the submission being in it; what is written is recorded at the end."""
        self._sanitizing = True
        place = self._format_source(self.coursedir.assignment_id, self.coursedir.student_id)
        timestamp = self.coursedir.get_existing_timestamp(place)
        self._sanitizing = False
        with self.open_gradebook.transaction() as gradebook:
            gradebook.update_or_create_student(self.coursedir.student_id)
            facts = {"timestamp": timestamp} if timestamp else {}
            gradebook.update_or_create_submission(self.coursedir.assignment_id, self.coursedir.student_id, **facts)
            yield gradebook

    def run_post_convert_hook(self) -> None:
        """Puts what was made in place, the grades being recorded."""
        made = self._format_dest(self.coursedir.assignment_id, self.coursedir.student_id)
        make_private(self.place.parent, self.coursedir.groupshared)
        if self.place.exists():
            keep_before(self.place, Path(made))
            self.place.rename(self.out / "replaced")
        os.rename(made, self.place)
        super().run_post_convert_hook()


REPLACED = {
    "DeduplicateIds": None,
    "OverwriteKernelspec": None,
    "CheckCellMetadata": None,
    "OverwriteCells": OverwriteCells,
    "SaveAutoGrades": SaveAutoGrades,
    "AssignLatePenalties": AssignLatePenalties,
}


class Lines(logging.Handler):
    """Gathers what nbgrader warns of."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())
