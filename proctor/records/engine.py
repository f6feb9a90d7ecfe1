"""The engine: all that grading writes of a course is written through its `Recorder`.

`proctor grade`, `proctor serve`, `nbgrader autograde` and the formgrader's button make one. It
keeps the attempts and their outcomes; `proctor.records.record` records the one that counts.
"""

import contextlib
import logging
import os
import stat
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from copy import deepcopy
from pathlib import Path
from typing import Any

from nbconvert.exporters.exporter import ResourcesDict
from nbgrader import preprocessors as nbgrader
from nbgrader.api import (
    Assignment,
    BaseCell,
    Grade,
    Gradebook,
    MissingEntry,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeFactory
from sqlalchemy import or_
from sqlalchemy.exc import SAWarning
from traitlets.config.loader import Config

from proctor.course import Assignment as Released
from proctor.course import several_notebooks
from proctor.course.codes import Reason
from proctor.course.configuration import configuration
from proctor.course.files import RunFolder, make_private
from proctor.course.report import reasons
from proctor.errors import GradingError, NotTaken
from proctor.grading.outcome import Outcome
from proctor.records import lock
from proctor.records.attempts import Attempt, State, Store
from proctor.records.extensions import give
from proctor.records.folders import Folders, is_placed, place
from proctor.records.gradebook import OpenGradebook, copy_gradebook, nbgraders_log, recording
from proctor.records.groups import check_groups
from proctor.records.job import Job
from proctor.records.late import AssignLatePenalties, takes_penalties
from proctor.records.outcomes import (
    answer_digests,
    answered_in,
    predictions_in,
    set_points,
    verdicts_of,
)
from proctor.records.stale import made_of, points, points_in_source
from proctor.records.standings import Standings, policy_in
from proctor.records.store import Key, seed_of
from proctor.sandbox.cell import Limits
from proctor.submission import is_python
from proctor.text import shown

NOT_PYTHON = (
    "its notebook is for another kernel than Python's, which has no sandbox: the students' code "
    "would run with your rights. If you trust them, add --trust-students, or "
    "c.Examine.trust_students = True for 'nbgrader autograde'"
)


class Recorder:
    """The gradebook, `autograded/` and the attempts of a course.

    Only one thread at a time may use them.

    `trial` is a folder if there is one: copies are made there, and written in their place.
    `trust_students`: their code may run without walls. `config` and `log`: those of an nbgrader
    that records here. Raises `CannotRecord` if they can't be written.
    """

    def __init__(
        self,
        course: Path,
        trial: Path | None = None,
        trust_students: bool = False,
        config: Config | None = None,
        log: logging.Logger | None = None,
    ):
        warnings.simplefilter("ignore", SAWarning)  # nbgrader's own, at every submission
        logging.getLogger("tornado.application").addHandler(logging.NullHandler())  # no tracebacks
        self.course, self.log = course, log
        self.config = configuration(course) if config is None else config
        self.trust_students = trust_students
        self.config.Examine.trust_students = trust_students
        # the folder of proctor.db: a trial has a copy of its own
        self.store_folder = trial or course
        if trial is not None:
            copy_gradebook(course, self.config, trial)
            self.config.CourseDirectory.autograded_directory = str(trial / "autograded")
        self.open_gradebook = OpenGradebook(self.config)
        self._known: dict[Released, Notebook] = {}
        self.groupshared = CourseDirectory(config=self.config).groupshared
        self.workplace = lock.workplace(self.store_folder)
        self.folders, self.policy = Folders(course, trial), policy_in(self.config)
        with contextlib.ExitStack() as opened, recording(course):
            self._keep_files_private(opened)
            self._make_temporary_files_elsewhere(opened)
            with self.transaction() as gradebook:
                check_groups(course, gradebook)
            self.store = Store(self.store_folder)
            opened.callback(self.store.close)
            self._opened = opened.pop_all()

    def close(self) -> None:
        self._opened.close()

    def _keep_files_private(self, opened: contextlib.ExitStack) -> None:
        """Files made from here on are the instructor's, and the group's if it shares the course."""
        self.umask = os.umask(0o007 if self.groupshared else 0o077)
        opened.callback(os.umask, self.umask)
        gradebook = (self.course / "gradebook.db").resolve()
        # nbgrader made it readable for everybody; there may be none yet
        with contextlib.suppress(OSError):
            if not (self.groupshared or gradebook.parent.stat().st_mode & stat.S_IWGRP):
                gradebook.chmod(gradebook.stat().st_mode & 0o600)

    def _make_temporary_files_elsewhere(self, opened: contextlib.ExitStack) -> None:
        """Temporary files, nbgrader's included, go into a folder that the next run removes."""
        self.workplace.mkdir(parents=True, exist_ok=True)
        # no process is between making a folder there and locking it
        with self.writing():
            folder = opened.enter_context(RunFolder(self.workplace, young=0))
        opened.callback(setattr, tempfile, "tempdir", tempfile.tempdir)
        tempfile.tempdir = folder

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Gradebook]:
        """The gradebook: all changes are recorded at the end, or none.

        Raises `CannotRecord` if it can't be used.
        """
        with recording(self.course), self.open_gradebook.transaction() as gradebook:
            yield gradebook

    def points(self, assignment: Released) -> dict[str, float]:
        """The points of each graded cell: the released ones, but a trial tries those in
        `source/`.
        """
        return points_in_source(assignment) if self.folders.trial else points(assignment)

    @property
    def marks_stay(self) -> bool:
        """Whether a later answer keeps a mark until a person looks again, as nbgrader has it."""
        return self.policy.counts == "last"

    def writing(self) -> AbstractContextManager[None]:
        """Keeps other programs from writing meanwhile."""
        return lock.writing(self.workplace)

    def standings(
        self, known: dict[str, Released], is_current: Callable[[Attempt], bool]
    ) -> Standings:
        """Which attempts count, by the due dates and extensions of now."""
        plugin: Any = AssignLatePenalties(config=self.config)
        takes = takes_penalties(Autograde(config=self.config))
        late_penalty = plugin.of_points if takes else lambda *_: 0.0
        worth = {name: self.points(assignment) for name, assignment in known.items()}
        with self.transaction() as gradebook:
            return Standings(
                self.course, self.policy, self.store, gradebook, worth, is_current, late_penalty
            )

    def recorded(self) -> dict[Key, dict[str, float | None]]:
        """Every submission in the gradebook, with the automatic scores of its cells by grade id."""
        found: dict[Key, dict[str, float | None]] = {}
        with self.transaction() as gradebook:
            rows = gradebook.db.query(
                SubmittedAssignment.student_id, Assignment.name, BaseCell.name, Grade.auto_score
            )
            rows = (
                rows.select_from(SubmittedAssignment)
                .join(Assignment)
                .outerjoin(SubmittedAssignment.notebooks)
            )
            rows = rows.outerjoin(SubmittedNotebook.grades).outerjoin(
                BaseCell, BaseCell.id == Grade.cell_id
            )
            for student, name, cell, score in rows:
                found.setdefault((student, name), {})[cell] = score
        return found

    def folder(self, student: str, assignment: str) -> Path:
        """The submission's folder in `autograded/`: the course's own, in a trial, too."""
        return self.course / "autograded" / student / assignment

    def prepare(self, assignment: Released) -> None:
        """Puts an assignment into the gradebook as it is released, unless it is there.

        Raises `GradingError` if that fails, and for an assignment that can't be graded.
        """
        name = assignment.name
        for notebook in (assignment.source, assignment.notebook):
            if several := several_notebooks(notebook.parent):
                raise GradingError(several)
        if not (self.trust_students or is_python(assignment.released)):
            raise GradingError(NOT_PYTHON)
        # it may have been released again since
        self._known.pop(assignment, None)
        wanted = (
            assignment.graded.keys()
            | assignment.locked.keys()
            | assignment.stubs.keys()
            | assignment.by_hand
        )
        with self.transaction() as gradebook, contextlib.suppress(MissingEntry):
            notebooks = gradebook.find_assignment(name).notebooks
            known = set()
            worth = {}
            for book in notebooks:
                known.update(cell.name for cell in book.source_cells)
                for cell in [*book.grade_cells, *book.task_cells]:
                    worth[cell.name] = cell.max_score
            if wanted <= known and self.points(assignment).items() <= worth.items():
                return
            if (new := wanted - known) and gradebook.assignment_submissions(name):
                raise GradingError(
                    f"release/{name} has new cells ({', '.join(sorted(new))}), and nbgrader adds none once "
                    "somebody is graded: put the former release back, or see 'Once somebody is graded' in docs/exercise.md"
                )
        notebook = deepcopy(assignment.released)
        set_points(notebook, self.points(assignment))
        facts = {"assignment": name, "notebook": assignment.notebook.stem}
        facts["db_url"] = CourseDirectory(config=self.config).db_url
        with nbgraders_log(self.course, f"{name} can't be put into the gradebook:", log=self.log):
            with self.transaction() as gradebook:
                gradebook.update_or_create_assignment(name)
            nbgrader.SaveCells(config=self.config).preprocess(
                notebook, ResourcesDict(nbgrader=facts)
            )

    def known(self, assignment: Released) -> Notebook:
        """An assignment's notebook in the gradebook, with its cells, read once."""
        if assignment not in self._known:
            with self.transaction() as gradebook:
                book = gradebook.find_notebook(assignment.notebook.stem, assignment.name)
                # loads them
                _ = book.source_cells, book.grade_cells, book.task_cells, book.solution_cells
                gradebook.db.expunge_all()
            self._known[assignment] = book
        return self._known[assignment]

    def begin(self, job: Job, limits: Limits, seed: int | None = None) -> bool:
        """Readies an attempt to be judged with this seed, or else with its own; nothing is read in
        it.

        False if another process is judging it.
        """
        attempt = job.attempt
        with recording(self.course):
            if not self.store.claim(attempt):
                return False
            if not attempt.seed_number:
                earlier = self.store.of(*attempt.key)
                attempt.seed_number = 1 + sum(each.judged > 0 for each in earlier)
            self.store.save(attempt)
            # before it is judged: a file that changes meanwhile has it judged again
            job.inputs = made_of(attempt.digest, job.assignment, limits)
            job.seed = seed_of(self.store_folder, job.assignment.name, attempt.seed_number)
            if seed is not None:
                job.seed = seed
        return True

    def keep(self, job: Job, outcome: Outcome) -> None:
        """Keeps the outcome of an attempt that was judged: its grade can be computed from it at any
        time.
        """
        attempt = job.attempt
        with recording(self.course):
            self.folders.save_outcome(attempt, outcome)
            attempt.claim = ""
            # a person may give points for an answer that could not be judged, too
            attempt.answers = answer_digests(outcome.notebook)
            if not outcome.unjudged:
                attempt.state, attempt.judged = State.JUDGED, time.time()
                attempt.made_of = job.inputs
                attempt.why = ""
                if outcome.report:
                    found = reasons(outcome.report.as_dict())
                    attempt.why = found.get(Reason.UNREADABLE, "")
                attempt.verdicts = verdicts_of(outcome, job.assignment)
                if attempt.unreadable:
                    # a blank notebook stands in for it
                    attempt.answers = dict.fromkeys(attempt.answers, attempt.digest)
                attempt.predictions = predictions_in(outcome, job.assignment)
                attempt.answered = answered_in(attempt, job.assignment)
                attempt.written = outcome.written
                if not self.folders.trial and not attempt.kept:
                    with contextlib.suppress(NotTaken):
                        self.folders.keep(attempt, job.folder, ours=True)
            self.store.save(attempt)

    def fetch(self, attempt: Attempt) -> None:
        """Copies an attempt's files from the exchange.

        Raises `GradingError` if that can't be done.
        """
        coursedir = CourseDirectory(config=self.config)
        exchange: Any = ExchangeFactory(config=self.config).Collect(
            coursedir=coursedir, authenticator=None
        )
        source = Path(exchange.root, coursedir.course_id, "inbound", attempt.name)
        with recording(self.course):
            try:
                if not attempt.name:
                    raise NotTaken("it did not come through the exchange")
                self.folders.keep(attempt, source, 1000 * coursedir.max_dir_size)
            except (NotTaken, FileNotFoundError) as error:
                attempt.state, attempt.why = State.FAILED, f"its files are gone ({error})"
                raise GradingError(f"attempt {attempt.number}: {attempt.why}") from None
            finally:
                self.store.save(attempt)

    def files(self, attempt: Attempt) -> Path:
        """The folder of an attempt's files: the copy in `attempts/`, which stays as it is, while
        another attempt may take the place in `submitted/` at any time.
        """
        kept = self.folders.files(attempt)
        if not kept.is_dir() and is_placed(self.store, self.folders, attempt.key, attempt):
            return self.folders.submitted(attempt.key)
        return kept

    def place(self, key: Key, attempt: Attempt) -> Path:
        """Puts the attempt that counts for a student into `submitted/`, but in a trial; returns the
        folder of its files.
        """
        if self.folders.trial is not None or not attempt.kept:
            return self.files(attempt)
        try:
            with self.writing():
                make_private(self.folders.submitted(key).parent, self.groupshared)
                return place(self.store, self.folders, key, attempt)
        except (FileExistsError, NotADirectoryError) as error:
            why = f"{error.filename} can't be made ({error.strerror})"
            raise GradingError(f"{why}: move away what is in its place") from None

    def settle(self, names: list[str], student: str = "*") -> list[str]:
        """Gives every submission for these assignments, or this student's, the late penalty that it
        has by today's due dates, extensions and plugin; returns a line for each change. Runs
        nothing.
        """
        if not takes_penalties(Autograde(config=self.config)):
            return []
        found, failed = [], nbgraders_log(self.course, log=self.log)
        with self.writing(), failed, self.transaction() as gradebook:
            plugin = AssignLatePenalties(config=self.config)
            due, penalty = Assignment.duedate, SubmittedNotebook.late_submission_penalty
            concerned = (
                gradebook.db.query(SubmittedNotebook).join(SubmittedAssignment).join(Assignment)
            )
            stale = or_(
                due.isnot(None), penalty.isnot(None), SubmittedAssignment.extension.isnot(None)
            )
            if student != "*":
                concerned = concerned.filter(SubmittedAssignment.student_id == student)
            for notebook in concerned.filter(Assignment.name.in_(names), stale):
                give(self.course, self.store_folder, notebook.assignment)
                before, now = notebook.late_submission_penalty or 0.0, plugin.assign(notebook)
                if now != before:
                    whose = f"{shown(notebook.student.id)}/{notebook.assignment.name}"
                    found.append(f"{whose}: late penalty {before:g}, now {now:g}")
        return found
