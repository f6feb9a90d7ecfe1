"""The classes that nbgrader_config.py names for `nbgrader autograde`, and so for the formgrader's button.

What was handed in for an assignment with hidden checks goes through the engine, as in `proctor grade`. An assignment of
the instructor's own is graded by nbgrader, which is shown a copy of the files: nbgrader itself would copy what a link
points to, or wait for a FIFO for ever.
"""

import contextlib
import glob
import logging
import os
import re
import tempfile
import traceback
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.api import MissingEntry
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import Execute, SaveAutoGrades
from traitlets import Bool

from proctor.course import Assignment, assignment_at, assignments
from proctor.course.files import make_private
from proctor.course.report import message_of
from proctor.errors import CannotRecord, GradingError, ProctorError
from proctor.examine.outcome import Outcome
from proctor.records import lock
from proctor.records.attempts import Attempt
from proctor.records.engine import (
    NOT_PYTHON,
    AssignLatePenalties,
    Job,
    Recorder,
    check_id,
    stage,
    without_kernels,
    write_new_files,
)
from proctor.records.extensions import give
from proctor.records.grading_pass import GradingPass
from proctor.records.timestamps import timestamp
from proctor.sandbox.cell import Limits, limits_in
from proctor.sandbox.files import FILE, FOLDER, files_in, within_limits
from proctor.sandbox.launcher import fork_server
from proctor.sandbox.limited import run_limited
from proctor.submission import bytes_of, is_python, notebook_in
from proctor.submission.clean import clean_metadata, make_harmless
from proctor.text import printable, shown

__all__ = ["AssignLatePenalties", "Examine", "Intake", "SaveAutoGrades"]


class Examine(Execute):
    """Runs a notebook that no hidden check judges in a sandbox; in the place of this, the engine puts what the others came to.

    Takes nbgrader's options of `Execute`, the timeout among them. A graded cell that names no hidden check gets what
    nbgrader would give it. For another kernel than Python's, a notebook runs as in nbgrader if the
    students are trusted; else raises `GradingError`.
    """

    parent: Any  # nbgrader's exporter, whose parent is `_GradedByNbgrader`

    trust_students = Bool(
        False, help="Grade even if a wall is missing, or the notebook is for another kernel than Python's."
    ).tag(config=True)

    draw_all = Bool(False, help="Run the course's own figures and visible checks for every student, too.").tag(
        config=True
    )

    def preprocess(self, nb: NotebookNode, resources: dict, km: Any = None) -> tuple[NotebookNode, dict]:
        if not is_python(nb):
            if not self.trust_students:
                raise GradingError(NOT_PYTHON)
            return super().preprocess(nb, resources, km)
        folder, handed_in = Path(resources["metadata"]["path"]), self.parent.parent.handed_in
        # imports PyTorch, which whoever only records does without
        from proctor.examine.run import run_cells

        beside = within_limits(files_in(folder), files_in(handed_in, FOLDER))
        clean_metadata(nb)
        outcome = run_cells(nb, beside, self.limits, self.trust_students)
        for note in [*outcome.notes, *write_new_files(outcome.files, folder)]:
            self.log.warning("%s", message_of(note))
        return nb, resources

    @property
    def limits(self) -> Limits:
        # nbclient takes none, 0 and -1 for no limit
        cell = self.timeout if self.timeout and self.timeout > 0 else Limits.notebook
        return limits_in(f"cell={cell},{os.environ.get('PROCTOR_LIMITS', '')}")


class Intake(NotebookExporter):
    """Grades what `nbgrader autograde` has found: set it as `Autograde.exporter_class`."""

    parent: Any  # nbgrader's `Autograde`, which calls `convert_notebooks` once it has made this
    recorder: Recorder

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.coursedir: CourseDirectory = self.parent.coursedir
        self.course = Path(self.coursedir.root)
        self.examine, self.prepared = Examine(parent=self), set[str]()
        fork_server()  # takes longer to start than nbgrader needs until then
        self.log.addFilter(_printable)
        self.parent.convert_notebooks = self.grade_all

    def grade_all(self) -> None:
        """Grades one submission after the other. Raises `NbGraderException` as nbgrader does."""
        submitted = self.coursedir.submitted_directory
        pattern = self.coursedir.format_path(submitted, "(?P<student>.*)", "(?P<assignment>.*)", escape=True)
        # a folder's name may hold a line break
        names = re.compile(pattern, re.DOTALL)
        make_private(lock.workplace(self.course), self.coursedir.groupshared)
        try:
            how = {"config": self.config, "log": self.log}
            self.recorder = Recorder(self.course, trust_students=self.examine.trust_students, **how)
            self.grading = GradingPass(self.recorder, assignments(self.course), self.examine.limits)
        except GradingError as error:
            # nbgrader says nothing of what ends it
            self.log.error("%s, then autograde again", error)
            raise NbGraderException(str(error)) from None
        failed = False
        with contextlib.closing(self.recorder):
            for folder, notebooks in sorted(self._found().items()):
                facts = names.match(folder)
                assert facts is not None, "it was found by this pattern"
                try:
                    self._grade(Path(folder), notebooks, **facts.groupdict())
                except NbGraderException:
                    # which nbgrader has told
                    failed = True
                except Exception as error:
                    failed, said = True, error if isinstance(error, ProctorError) else traceback.format_exc()
                    self.log.error("%s/%s: %s", shown(facts["student"]), facts["assignment"], said)
                    if isinstance(error, CannotRecord):
                        break
        if failed:
            raise NbGraderException("not everything was graded: the log says why")

    def _found(self) -> dict[str, list[str]]:
        """The submissions, by folder, with their notebooks; nbgrader finds the expected names alone."""
        coursedir, found = self.coursedir, {}
        if coursedir.notebook_id == "*":
            student, assignment = coursedir.student_id, coursedir.assignment_id
            folders = glob.glob(coursedir.format_path(coursedir.submitted_directory, student, assignment))
            found = {folder: [] for folder in folders if self._released(Path(folder).name)}
        return found | self.parent.assignments

    def _released(self, name: str) -> Assignment | None:
        """The assignment that is released by this name, where there are hidden checks of it; else it is the instructor's own."""
        place = Path(self.coursedir.format_path(self.coursedir.release_directory, ".", name))
        found = [assignment_at(path, self.course) for path in sorted(place.glob("*.ipynb"))]
        return found[-1] if found and found[-1].checks.is_file() else None

    def _grade(self, folder: Path, notebooks: list[str], assignment: str, student: str) -> None:
        check_id(student)
        released = self._released(assignment)
        if released is None:
            # the files that nbgrader makes have the permissions that it is used to
            private = os.umask(self.recorder.umask)
            try:
                with tempfile.TemporaryDirectory() as copies:
                    _GradedByNbgrader(self, folder, notebooks, (assignment, student), Path(copies)).start()
            finally:
                os.umask(private)
        elif student not in self.coursedir.student_id_exclude.split(","):
            self._grade_attempts(folder, released, student)

    def _grade_attempts(self, folder: Path, assignment: Assignment, student: str) -> None:
        """Judges the attempts of a student that must be judged, and records the one that counts."""
        grading, key = self.grading, (student, assignment.name)
        grading.known |= {assignment.name: assignment}
        for member in self.recorder.store.members(key):
            grading.notice(member)
        needed = grading.needed(key, self.parent.force)
        if not needed and not grading.why_recorded(key):
            self.log.info("Skipping existing assignment: %s", folder)
            return
        self.log.info("Autograding %s", folder)
        if assignment.name not in self.prepared:
            # it may have been released anew since the gradebook knew it
            self.recorder.prepare(assignment)
            self.prepared.add(assignment.name)
        while needed:
            for attempt in needed:
                self._judge(attempt)
            needed = grading.needed(key)
        for job in grading.settle(key, self.parent.force):
            for note in job.notes:
                self.log.warning("%s: %s", job, message_of(note))
            if job.error:
                raise GradingError(job.error)

    def _judge(self, attempt: Attempt) -> None:
        job = self.grading.begin(attempt)
        if job is None:
            self.log.warning("%s/%s is judged by another program now", *map(shown, attempt.key))
            return
        if job.error:
            raise GradingError(job.error)
        outcome = self._outcome(job)
        if outcome.unjudged:
            self.log.error("%s; it is recorded as unjudged: autograde it again", outcome.unjudged)
        self.grading.keep(job, outcome)

    def _outcome(self, job: Job) -> Outcome:
        # imports PyTorch
        from proctor.examine.run import grade_folder

        how = self.examine.limits, job.seed, self.examine.trust_students, self.examine.draw_all
        return grade_folder(job.folder, job.assignment, *how)


class _GradedByNbgrader(Autograde):
    """nbgrader's autograde of one submission for an assignment of the instructor's own: of `copies` of its files."""

    coursedir: CourseDirectory

    def __init__(self, intake: Intake, handed_in: Path, notebooks: list[str], names: tuple[str, str], copies: Path):
        run = intake.parent
        as_asked = {"force": run.force, "create_student": run.create_student, "parent": run.parent, "log": run.log}
        coursedir, exporter = CourseDirectory(config=run.config), NotebookExporter
        super().__init__(coursedir=coursedir, config=run.config, exporter_class=exporter, **as_asked)
        self.recorder, self.handed_in, self.notebooks = intake.recorder, handed_in, notebooks
        self.names, self.copies = names, copies
        self.sanitize_preprocessors = without_kernels(self.sanitize_preprocessors)
        # whatever nbgrader_config.py names to run the notebook
        self.autograde_preprocessors = [Examine, *without_kernels(self.autograde_preprocessors)]

    def init_notebooks(self) -> None:
        """Makes the copies."""
        stamp = self.handed_in / "timestamp.txt"
        if timestamp(stamp)[1]:
            mend = "write one like '2030-03-20 18:00:00 UTC' into it, or remove it, then autograde again"
            raise GradingError(f"{stamp} holds no time that can be read: {mend}")
        source = self.coursedir.format_path(self.coursedir.source_directory, ".", self.names[0])
        own = [nbformat.read(path, as_version=4) for path in Path(source).glob("*.ipynb")]
        if not (self.recorder.trust_students or all(map(is_python, own))):
            # `Examine` raises it, too, and nbgrader then prints a traceback
            raise GradingError(NOT_PYTHON)
        self.coursedir.submitted_directory = os.path.relpath(self.copies / "files", self.coursedir.root)
        assignment, student = self.names
        copy = Path(self.coursedir.format_path(self.coursedir.submitted_directory, student, assignment))
        self.notes = stage(self.handed_in, Path(source), copy, ours=False)
        for notebook in self.handed_in.glob("*.ipynb"):
            (copy / notebook.name).write_text(run_limited(rewritten, notebook))
        self.assignments = {str(copy): [str(copy / Path(notebook).name) for notebook in self.notebooks]}

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        for note in self.notes:
            self.log.warning("%s/%s: %s", student_id, assignment_id, message_of(note))
        place = Path(self.coursedir.format_path(self.coursedir.autograded_directory, student_id, assignment_id))
        make_private(place.parent, self.coursedir.groupshared)
        # an extension of an assignment that has no due date any more would end nbgrader
        self._extend()
        super().init_assignment(assignment_id, student_id)
        self._extend()

    def _extend(self) -> None:
        """Gives the submission the extension of its student, once there is one."""
        with contextlib.suppress(MissingEntry), self.recorder.transaction() as gradebook:
            give(self.recorder.course, gradebook.find_submission(*self.names))


def rewritten(path: Path) -> str:
    """A notebook that was handed in, as one that nbgrader can read in little time."""
    notebook, _ = notebook_in(bytes_of(path, FILE))
    make_harmless(notebook.cells, set())
    return nbformat.writes(notebook)


def _printable(record: logging.LogRecord) -> bool:
    """Lets every record pass, without a file name's control characters."""
    record.msg, record.args = printable(record.getMessage()), ()
    return True
