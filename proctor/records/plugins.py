"""What nbgrader_config.py names of `nbgrader autograde`, and so of the formgrader's button.

What was handed in for an assignment with hidden checks goes through the engine, as in `proctor grade`. An assignment of
the instructor's own is graded by nbgrader, which is shown a copy of the files: nbgrader itself would copy what a link
points to, or wait for a FIFO for ever.
"""

import contextlib
import glob
import logging
import os
import re
import shutil
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import Execute
from traitlets import Bool

from proctor.course import Assignment, assignment_at
from proctor.course.report import printable
from proctor.errors import CannotRecord, GradingError, NoSandbox, ProctorError
from proctor.examine.outcome import Outcome
from proctor.records import lock
from proctor.records.engine import (
    AssignLatePenalties,
    Job,
    Recorder,
    SaveAutoGrades,
    make_harmless,
    make_private,
    run_of,
    stage,
    timestamp,
    write_cells,
    write_made,
    write_outcome,
)
from proctor.records.extensions import give
from proctor.records.stale import made_of
from proctor.sandbox.cell import Limits, limits_in
from proctor.sandbox.files import FILE, FOLDER, files_in, within_limits
from proctor.sandbox.launcher import fork_server
from proctor.submission import bytes_of, code_cells, is_python

__all__ = ["AssignLatePenalties", "Examine", "Intake", "SaveAutoGrades"]


class Examine(Execute):
    """Puts what running a notebook in a sandbox came to into it; one without hidden checks is run here.

    Takes nbgrader's options of `Execute`, the timeout among them. A graded cell that names no hidden check gets what
    nbgrader would give it; a notebook for another kernel than Python's runs as nbgrader would run it.
    """

    trust_students = Bool(
        False, help="Grade even where the sandbox can't keep the hidden checks from the student's code."
    ).tag(config=True)

    draw_all = Bool(False, help="Run the course's own figures and visible checks for every student, too.").tag(
        config=True
    )

    def preprocess(self, nb: NotebookNode, resources: dict, km: Any = None) -> tuple[NotebookNode, dict]:
        if not is_python(nb):
            return super().preprocess(nb, resources, km)
        run, folder = run_of(self), Path(resources["metadata"]["path"])
        if run.job is not None:
            write_outcome(nb, run.job, folder, run.recorder.course)
            return nb, resources
        # imports PyTorch, which whoever only records does without
        from proctor.examine.run import run_cells

        sources, beside = [cell.source for cell in code_cells(nb)], files_in(folder)
        beside = within_limits(beside, files_in(run.handed_in, FOLDER))
        found = run_cells(sources, beside, self.limits, self.trust_students)
        for note in write_made(found, folder):
            self.log.warning("%s", note)
        write_cells(nb, found, None)
        make_harmless(nb, set())
        return nb, resources

    def run(self, job: Job) -> Outcome | None:
        """What running a submission in this process comes to; None where it can't be read, or isn't for a sandbox.

        Raises `NoSandbox` where it can't be run.
        """
        from proctor.examine.run import run_submission

        if job.submission.unreadable or not is_python(job.submission.notebook):
            return None
        assert job.seed is not None, "it was read to be run"
        return run_submission(job.submission, self.limits, job.seed, self.trust_students, self.draw_all)

    @property
    def limits(self) -> Limits:
        return limits_in(f"cell={self.timeout or Limits.notebook},{os.environ.get('PROCTOR_LIMITS', '')}")

    @property
    def terms(self) -> str:
        """What of the configuration a grade depends on."""
        return repr(self.limits)


class Intake(NotebookExporter):
    """Has nbgrader convert submissions in our way: set it as `Autograde.exporter_class`."""

    parent: Any  # nbgrader's `Autograde`, which calls `convert_notebooks` once it has made this

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.parent.convert_notebooks = Converter(self.parent).convert_notebooks


class Converter(Autograde):
    """Grades what `run`, an `Autograde` of nbgrader's, has found."""

    # as every run that a preprocessor works for has one: the engine's has a job
    job = None
    coursedir: CourseDirectory
    recorder: Recorder
    # of what nbgrader converts: where it lies, its notebooks as they were graded before, what is odd, assignment and student
    handed_in = place = Path()
    _notes: list[str] = []
    _names = "", ""

    def __init__(self, run: Autograde):
        super().__init__(coursedir=run.coursedir, parent=run.parent, config=run.config, log=run.log)
        self.force, self.create_student = run.force, run.create_student
        self.assignments, self.writer = run.assignments, run.writer
        self.exporter = NotebookExporter(parent=self, config=self.config)
        self.examine = Examine(parent=self)
        self._examines = any(str(each).endswith("plugins.Examine") for each in self.autograde_preprocessors)
        if self._examines:
            fork_server()  # takes longer to start than what nbgrader imports and does before it is needed

    def convert_notebooks(self) -> None:
        """Grades one submission after the other, while nobody else grades. Raises `NbGraderException` as nbgrader does."""
        self.log.addFilter(_printable)
        course, failed = Path(self.coursedir.root), False
        names = re.compile(self._format_source("(?P<assignment>.*)", "(?P<student>.*)", escape=True))
        make_private(lock.workplace(course), self.coursedir.groupshared)
        try:
            self.recorder = Recorder(course, holder="nbgrader autograde", config=self.config, log=self.log)
        except GradingError as error:
            # nbgrader says nothing of what ends it
            self.log.error("%s, then autograde again", error)
            raise NbGraderException(str(error)) from None
        with contextlib.closing(self.recorder):
            for folder, notebooks in sorted(self._found().items()):
                facts = names.match(folder)
                assert facts is not None, "it was found by this pattern"
                try:
                    self._grade(Path(folder), notebooks, **facts.groupdict())
                except ProctorError as error:
                    failed = True
                    self.log.error("%s/%s: %s", facts["student"], facts["assignment"], error)
                    if isinstance(error, CannotRecord):
                        break
                except NbGraderException:
                    # which nbgrader has told
                    failed = True
                except Exception:
                    failed = True
                    self.log.error("%s/%s: %s", facts["student"], facts["assignment"], traceback.format_exc())
        if failed:
            raise NbGraderException("not everything was graded: the log says why")

    def _found(self) -> dict[str, list[str]]:
        """What was handed in, by folder, with its notebooks; nbgrader finds the expected names alone."""
        coursedir, found = self.coursedir, {}
        if coursedir.notebook_id == "*":
            folders = glob.glob(self._format_source(coursedir.assignment_id, coursedir.student_id))
            found = {folder: [] for folder in folders if self._released(Path(folder).name)}
        return found | self.assignments

    def _released(self, name: str) -> Assignment | None:
        """The assignment that is released by this name, where there are hidden checks of it; else it is the instructor's own."""
        place = Path(self.coursedir.format_path(self.coursedir.release_directory, ".", name))
        found = [assignment_at(Path(self.coursedir.root), path) for path in sorted(place.glob("*.ipynb"))]
        return found[-1] if found and found[-1].checks.is_file() else None

    def _grade(self, folder: Path, notebooks: list[str], assignment: str, student: str) -> None:
        released = self._released(assignment)
        if released is None:
            self._as_nbgrader_does(folder, notebooks, assignment, student)
        elif self._is_due(folder, released, student):
            self.log.info("Autograding %s", folder)
            now = made_of(folder, released, self.examine.terms)
            job = self.recorder.read(student, released, folder, now, None)
            try:
                job.outcome = self.examine.run(job) if self._examines else None
            except NoSandbox as error:
                self.log.error("%s; it is recorded as unjudged: autograde it again", error)
                job.unjudged = str(error)
            self.recorder.record(job)
            for note in job.notes:
                self.log.warning("%s/%s: %s", student, assignment, note)

    def _is_due(self, folder: Path, assignment: Assignment, student: str) -> bool:
        """Whether nbgrader would convert what is in `folder`."""
        if student in self.coursedir.student_id_exclude.split(","):
            return False
        place = Path(self._format_dest(assignment.name, student))
        when, before = (timestamp(each / "timestamp.txt")[0] for each in (folder, place))
        is_newer = when is not None and before is not None and when > before
        if self.force or is_newer or not (place / assignment.notebook.name).is_file():
            return True
        self.log.info("Skipping existing assignment: %s", place)
        return False

    def _as_nbgrader_does(self, folder: Path, notebooks: list[str], assignment: str, student: str) -> None:
        """Has nbgrader convert a copy of an assignment of the instructor's own."""
        coursedir, submitted, stamp = self.coursedir, self.coursedir.submitted_directory, folder / "timestamp.txt"
        if timestamp(stamp)[1]:
            mend = "write one like '2030-03-20 18:00:00 UTC' into it, or remove it, then autograde again"
            raise GradingError(f"{stamp} holds no time that can be read: {mend}")
        with tempfile.TemporaryDirectory() as unused:
            self.handed_in, self.place, self._names = folder, Path(unused, "before"), (assignment, student)
            self.place.mkdir()
            # nbgrader removes them
            for notebook in Path(self._format_dest(assignment, student)).glob("*.ipynb"):
                shutil.copy(notebook, self.place)
            coursedir.submitted_directory = os.path.relpath(Path(unused, "files"), coursedir.root)
            copy = Path(self._format_source(assignment, student))
            source = Path(coursedir.format_path(coursedir.source_directory, ".", assignment))
            # what nbgrader makes has the permissions that it is used to
            private = os.umask(self.recorder.umask)
            try:
                self._notes = stage(folder, source, copy, ours=False)
                for notebook in folder.glob("*.ipynb"):
                    (copy / notebook.name).write_bytes(bytes_of(notebook, FILE))
                self.assignments = {str(copy): [str(copy / Path(notebook).name) for notebook in notebooks]}
                super().convert_notebooks()
            finally:
                os.umask(private)
                coursedir.submitted_directory = submitted

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """As nbgrader's, for what it converts itself."""
        for note in self._notes:
            self.log.warning("%s/%s: %s", student_id, assignment_id, note)
        make_private(Path(self._format_dest(assignment_id, student_id)).parent, self.coursedir.groupshared)
        # an extension of what is no longer due would end nbgrader
        with contextlib.suppress(MissingEntry), self.rows():
            pass
        super().init_assignment(assignment_id, student_id)

    @contextmanager
    def rows(self) -> Iterator[Gradebook]:
        """The gradebook, the submission being in it; what is written is recorded at the end."""
        with self.recorder.transaction() as gradebook:
            give(self.recorder.course, gradebook.find_submission(*self._names))
            yield gradebook


def _printable(record: logging.LogRecord) -> bool:
    """Lets every record pass, without what a file's name would tell the terminal."""
    record.msg, record.args = printable(record.getMessage()), ()
    return True
