"""The classes that nbgrader_config.py names for `nbgrader autograde`, and so for the formgrader's
button.

What was handed in for an assignment with hidden checks goes through the engine, as in `proctor
grade`. An assignment of the instructor's own is graded by nbgrader, which is shown a copy of the
files: nbgrader itself would copy what a link points to, or wait for a FIFO for ever.
"""

import contextlib
import glob
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
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import Execute, SaveAutoGrades
from traitlets import Bool

from proctor.course import Assignment, assignment_at, assignments
from proctor.course.files import make_private
from proctor.course.report import message_of
from proctor.errors import CannotRecord, GradingError, ProctorError
from proctor.grading.outcome import Conditions, Outcome
from proctor.records import lock
from proctor.records.attempts import Attempt
from proctor.records.engine import NOT_PYTHON, Recorder
from proctor.records.extensions import give
from proctor.records.grading_pass import GradingPass
from proctor.records.job import Job, check_id
from proctor.records.late import AssignLatePenalties
from proctor.records.record import without_kernels
from proctor.records.stage import stage, write_new_files
from proctor.records.timestamps import timestamp
from proctor.sandbox.cell import Limits, usual_limits
from proctor.sandbox.files import FILE, FOLDER, TIMESTAMP, files_in, within_limits
from proctor.sandbox.launcher import fork_server
from proctor.sandbox.limited import run_limited
from proctor.submission import bytes_of, is_python, notebook_in
from proctor.submission.choose import load_submission
from proctor.submission.clean import clean_metadata, make_harmless
from proctor.text import printable_record, shown

__all__ = ["AssignLatePenalties", "Examine", "Intake", "SaveAutoGrades"]


class Examine(Execute):
    """Runs a notebook that no hidden check judges in a sandbox.

    Takes nbgrader's options of `Execute`, the timeout among them. A graded cell that names no
    hidden check gets what nbgrader would give it. For another kernel than Python's, a notebook runs
    as in nbgrader if the students are trusted; else raises `GradingError`.

    Its limits and options hold for the notebooks that hidden checks judge, too.
    """

    parent: Any  # `Intake`

    trust_students = Bool(
        False,
        help="Grade even if a wall is missing, or the notebook is for another kernel than Python's.",
    ).tag(config=True)

    draw_all = Bool(
        False, help="Run the course's own figures and visible checks for every student, too."
    ).tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: dict, km: Any = None
    ) -> tuple[NotebookNode, dict]:
        if not is_python(nb):
            if not self.trust_students:
                raise GradingError(NOT_PYTHON)
            return super().preprocess(nb, resources, km)
        self.parent.extend(resources["nbgrader"]["assignment"], resources["nbgrader"]["student"])
        # imports PyTorch, which a process that only records does without
        from proctor.examine.examine import run_cells

        folder = Path(resources["metadata"]["path"])
        beside = within_limits(files_in(folder), files_in(self.parent.handed_in, FOLDER))
        clean_metadata(nb)
        outcome = run_cells(nb, beside, self.limits, self.trust_students)
        for note in [*outcome.notes, *write_new_files(outcome.files, folder)]:
            self.log.warning("%s", message_of(note))
        return nb, resources

    @property
    def limits(self) -> Limits:
        # nbclient takes none, 0 and -1 for no limit
        cell = self.timeout if self.timeout and self.timeout > 0 else Limits.notebook
        return usual_limits(cell)


class Intake(NotebookExporter):
    """Grades the submissions that `nbgrader autograde` found: set it as
    `Autograde.exporter_class`.
    """

    parent: Any  # nbgrader's `Autograde`, which calls `convert_notebooks` once it has made this
    recorder: Recorder
    handed_in: Path  # the submission that nbgrader grades

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.coursedir: CourseDirectory = self.parent.coursedir
        self.course = Path(self.coursedir.root)
        self.examine, self.prepared = Examine(parent=self), set[str]()
        fork_server()  # takes longer to start than nbgrader needs until then
        self.log.addFilter(printable_record)
        # whatever nbgrader_config.py names to run the notebook
        self.parent.sanitize_preprocessors = without_kernels(self.parent.sanitize_preprocessors)
        self.parent.autograde_preprocessors = [
            Examine,
            *without_kernels(self.parent.autograde_preprocessors),
        ]
        self.parent.convert_notebooks = self.grade_all

    def grade_all(self) -> None:
        """Grades one submission after the other. Raises `NbGraderException` as nbgrader does."""
        submitted = self.coursedir.submitted_directory
        pattern = self.coursedir.format_path(
            submitted, "(?P<student>.*)", "(?P<assignment>.*)", escape=True
        )
        # a folder's name may hold a line break
        names = re.compile(pattern, re.DOTALL)
        make_private(lock.workplace(self.course), self.coursedir.groupshared)
        try:
            how = {"config": self.config, "log": self.log}
            self.recorder = Recorder(self.course, trust_students=self.examine.trust_students, **how)
            self.grading = GradingPass(self.recorder, assignments(self.course), self.examine.limits)
        except GradingError as error:
            # nbgrader says nothing of the error that ends it
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
                    # nbgrader has logged it
                    failed = True
                except Exception as error:
                    failed = True
                    said = error if isinstance(error, ProctorError) else traceback.format_exc()
                    self.log.error("%s/%s: %s", shown(facts["student"]), facts["assignment"], said)
                    if isinstance(error, CannotRecord):
                        break
        if failed:
            raise NbGraderException("not everything was graded: the log says why")

    def _found(self) -> dict[str, list[str]]:
        """The submissions, by folder, with their notebooks; nbgrader finds the expected names
        alone.
        """
        coursedir, found = self.coursedir, {}
        if coursedir.notebook_id == "*":
            student, assignment = coursedir.student_id, coursedir.assignment_id
            folders = glob.glob(
                coursedir.format_path(coursedir.submitted_directory, student, assignment)
            )
            found = {folder: [] for folder in folders if self._released(Path(folder).name)}
        return found | self.parent.assignments

    def _released(self, name: str) -> Assignment | None:
        """The assignment that is released by this name, if it has hidden checks; else it is the
        instructor's own.
        """
        place = Path(self.coursedir.format_path(self.coursedir.release_directory, ".", name))
        found = [assignment_at(path, self.course) for path in sorted(place.glob("*.ipynb"))]
        return found[-1] if found and found[-1].checks.is_file() else None

    def _grade(self, folder: Path, notebooks: list[str], assignment: str, student: str) -> None:
        check_id(student)
        released = self._released(assignment)
        if released is None:
            self._leave_to_nbgrader(folder, notebooks, assignment, student)
        elif student not in self.coursedir.student_id_exclude.split(","):
            self._grade_attempts(folder, released, student)

    def _leave_to_nbgrader(
        self, folder: Path, notebooks: list[str], assignment: str, student: str
    ) -> None:
        """Has nbgrader grade a submission for an assignment of the instructor's own: a copy of its
        files.
        """
        stamp = folder / TIMESTAMP
        if timestamp(stamp)[1]:
            mend = "write one like '2030-03-20 18:00:00 UTC' into it, or remove it, then autograde again"
            raise GradingError(f"{stamp} holds no time that can be read: {mend}")
        coursedir, nbgrader = self.coursedir, self.parent
        source = Path(coursedir.format_path(coursedir.source_directory, ".", assignment))
        own = [nbformat.read(path, as_version=4) for path in source.glob("*.ipynb")]
        if not (self.recorder.trust_students or all(map(is_python, own))):
            # `Examine` raises it, too, and nbgrader then prints a traceback
            raise GradingError(NOT_PYTHON)
        place = Path(coursedir.format_path(coursedir.autograded_directory, student, assignment))
        make_private(place.parent, coursedir.groupshared)
        # an extension of an assignment that has no due date any more would end nbgrader
        self.extend(assignment, student)
        self.handed_in = folder
        submitted = coursedir.submitted_directory
        # the files that nbgrader makes have the permissions that it is used to
        private = os.umask(self.recorder.umask)
        try:
            with tempfile.TemporaryDirectory() as copies:
                coursedir.submitted_directory = os.path.relpath(
                    Path(copies, "files"), coursedir.root
                )
                copy = Path(
                    coursedir.format_path(coursedir.submitted_directory, student, assignment)
                )
                for note in stage(folder, source, copy, ours=False):
                    self.log.warning("%s/%s: %s", student, assignment, message_of(note))
                for notebook in folder.glob("*.ipynb"):
                    (copy / notebook.name).write_text(run_limited(rewritten, notebook))
                nbgrader.assignments = {
                    str(copy): [str(copy / Path(notebook).name) for notebook in notebooks]
                }
                type(nbgrader).convert_notebooks(nbgrader)
        finally:
            coursedir.submitted_directory = submitted
            os.umask(private)

    def extend(self, assignment: str, student: str) -> None:
        """Gives a submission the extension of its student, if there is one."""
        with contextlib.suppress(MissingEntry), self.recorder.transaction() as gradebook:
            submission = gradebook.find_submission(assignment, student)
            give(self.recorder.course, self.recorder.store_folder, submission)

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
        from proctor.examine.examine import run_submission

        examine = self.examine
        conditions = Conditions(examine.limits, job.seed, examine.trust_students, examine.draw_all)
        return run_submission(load_submission(job.folder, job.assignment), conditions)


def rewritten(path: Path) -> str:
    """A notebook that was handed in, as one that nbgrader can read in little time."""
    notebook, _ = notebook_in(bytes_of(path, FILE))
    make_harmless(notebook.cells, set())
    return nbformat.writes(notebook)
