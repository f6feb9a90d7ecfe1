"""The engine: the outcome of a submission becomes its rows in nbgrader's gradebook and its folder
in `autograded/`.

`proctor grade`, `proctor serve`, `nbgrader autograde` and the formgrader's button have it `record`
a submission. The rows are recorded in a transaction, and only then is the folder put in place, by
renaming: whenever the process ends, a submission is recorded as a whole or not at all. The
preprocessors that nbgrader_config.py names run in it.
"""

import contextlib
import logging
import os
import shutil
import stat
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from copy import deepcopy
from pathlib import Path
from typing import Any

import msgspec
from nbconvert.exporters.exporter import ResourcesDict
from nbconvert.preprocessors import ExecutePreprocessor
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbformat.v4.rwbase import split_lines
from nbgrader import preprocessors as nbgrader
from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
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
from nbgrader.utils import (
    compute_checksum,
    determine_grade,
    find_all_files,
    is_grade,
    is_solution,
    is_task,
    setenv,
)
from sqlalchemy import or_
from sqlalchemy.exc import SAWarning
from traitlets.config.loader import Config
from traitlets.utils.importstring import import_item

from proctor.course import Assignment as Released
from proctor.course import grade_id, several_notebooks
from proctor.course.codes import Reason
from proctor.course.configuration import configuration
from proctor.course.files import RunFolder, make_private
from proctor.course.report import (
    Verdict,
    message_of,
    notes_as_stored,
    reasons,
    report_in,
)
from proctor.errors import GradingError, NotTaken
from proctor.grading.outcome import Outcome
from proctor.records import lock, remarks
from proctor.records.attempts import Attempt, State, Store
from proctor.records.counting import is_late
from proctor.records.extensions import give
from proctor.records.folders import Folders, is_placed, place, received
from proctor.records.gradebook import (
    OpenGradebook,
    copy_gradebook,
    nbgraders_log,
    patiently,
    recording,
)
from proctor.records.groups import check_groups
from proctor.records.inbound import belongs_to_another
from proctor.records.job import Job
from proctor.records.late import AssignLatePenalties, takes_penalties
from proctor.records.marks import given_for, record_mark
from proctor.records.outcomes import (
    answer_digests,
    answered_in,
    apply_fixed_predictions,
    predictions_in,
    set_points,
    verdicts_of,
    with_points,
)
from proctor.records.stage import stage, write_new_files
from proctor.records.stale import made_of, matches, points, points_in_source
from proctor.records.standings import Standings, policy_in
from proctor.records.store import Key, seed_of
from proctor.sandbox.cell import Limits
from proctor.submission import code_cells, is_python
from proctor.submission.clean import clean_metadata, error
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
        self._gradebook = OpenGradebook(self.config)
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
        with recording(self.course), self._gradebook.transaction() as gradebook:
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

    def record(self, job: Job, outcome: Outcome) -> None:
        """Records the outcome of the attempt that counts, with the points of today.

        Raises `GradingError` with nbgrader's error, `CannotRecord` if nothing can be recorded.
        """
        job.notes += belongs_to_another(job.folder)
        with_points(outcome, job.worth)
        with (
            nbgraders_log(self.course, log=self.log) as log,
            tempfile.TemporaryDirectory(prefix="out-") as out,
        ):
            _Result(self, job, outcome, Path(out), log).put_in_place()

    def files(self, attempt: Attempt) -> Path:
        """The folder of an attempt's files: `submitted/` if they are there."""
        if is_placed(self.store, self.folders, attempt.key, attempt):
            return self.folders.submitted(attempt.key)
        return self.folders.files(attempt)

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

    def harvest_marks(self, gradebook: Gradebook, key: Key, assignment: Released) -> None:
        """Keeps the marks by hand in the gradebook with the answers that they were given for.

        These aren't known if the gradebook is an older one, or was written by a process that ended
        before it had put the folder in place. Only while `writing` is it sure that none is just
        doing so.
        """
        report = report_in(self.folder(*key) / assignment.notebook.name)
        placed = report.get("made_of", {}).get("attempt", 0)
        attempts = self.store.in_gradebook(key, placed)
        known, marks = self.known(assignment), self.store.marks(key)
        books = (
            gradebook.db.query(SubmittedNotebook)
            .filter_by(notebook_id=known.id)
            .join(SubmittedAssignment)
        )
        book = books.filter(SubmittedAssignment.student_id == key[0]).one_or_none()
        if book is None or not attempts:
            return
        rows = _rows(gradebook.db, Grade, book, [*known.grade_cells, *known.task_cells])
        scores = {cell: grade.auto_score for cell, grade in rows.items()}
        if not matches(report.get("recorded", {}), scores):
            return
        for cell, grade in rows.items():
            answer = attempts[0].answers.get(cell, "")
            if mark := given_for(grade, marks[cell], answer):
                self.store.keep_mark(key, cell, answer, mark)

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


def without_kernels(preprocessors: list[Any]) -> list[Any]:
    """Leaves out the preprocessors that run notebooks in an ordinary kernel, which has no walls.

    Each is an instance, a class, or the dotted name of one.
    """
    found = []
    for each in preprocessors:
        if isinstance(each, str):
            each = import_item(each)
        kind = each if isinstance(each, type) else type(each)
        if not issubclass(kind, ExecutePreprocessor):
            found.append(each)
    return found


def _row(db: Any, kind: Any, **columns: Any) -> Any:
    """The row that has these columns, added if there is none."""
    row = db.query(kind).filter_by(**columns).one_or_none()
    if row is None:
        row = kind(**columns)
        db.add(row)
        db.flush()
    return row


def _rows(db: Any, kind: Any, book: SubmittedNotebook, cells: list[Any]) -> dict[str, Any]:
    """The rows of a submitted notebook's cells, by grade id; those that are new have no id yet, and
    are not added.
    """
    # both columns: their index finds it however many rows there are
    rows = db.query(kind).filter(
        kind.cell_id.in_([cell.id for cell in cells]), kind.notebook_id == book.id
    )
    known = {row.cell_id: row for row in rows}
    found = {}
    for cell in cells:
        found[cell.name] = known.get(cell.id) or kind(cell_id=cell.id, notebook_id=book.id)
    return found


class _Result(Autograde):
    """The outcome of a submission, made in the folder `out`, with the settings that nbgrader's
    Autograde has.

    nbgrader's two passes over a notebook are one here; its checks were made when the submission was
    read.
    """

    coursedir: CourseDirectory

    def __init__(
        self, recorder: Recorder, job: Job, outcome: Outcome, out: Path, log: logging.Logger
    ):
        self.recorder, self.job, self.outcome, self.out = recorder, job, outcome, out
        self.assignment = job.assignment
        student, name = job.key
        coursedir = CourseDirectory(config=recorder.config, student_id=student, assignment_id=name)
        # the result is made in one folder, and then takes the place of an earlier one in another
        self.place = Path(coursedir.format_path(coursedir.autograded_directory, student, name))
        self.made = Path(coursedir.format_path(str(out), student, name))
        coursedir.autograded_directory = str(out)
        super().__init__(coursedir=coursedir, config=recorder.config, log=log)
        self.notebooks = [str(job.folder / self.assignment.notebook.name)]

    def put_in_place(self) -> None:
        self.job.notes += self.outcome.notes
        self.run_pre_convert_hook()
        self._copy_files()
        notebook = self._processed()
        with self.recorder.writing():
            patiently(lambda: self._save(notebook))
            self.set_permissions(self.assignment.name, self.job.student)
            make_private(self.place.parent, self.coursedir.groupshared)
            if self.place.exists():
                self.place.rename(self.out / "replaced")
            self.made.rename(self.place)
        self.run_post_convert_hook()

    def _save(self, notebook: NotebookNode) -> None:
        recorder, key = self.recorder, self.job.key
        # read in a transaction of its own
        recorder.known(self.assignment)
        with recorder._gradebook.transaction() as gradebook:
            # this locks it: a mark that somebody saves meanwhile comes before or after
            gradebook.db.query(Assignment).update({Assignment.name: Assignment.name})
            recorder.harvest_marks(gradebook, key, self.assignment)
            recorder.store.note_recorded(key, self.job.attempt.id)
            self._save_rows(gradebook, notebook)
            made = msgspec.json.format(
                msgspec.json.encode(split_lines(notebook), order="sorted"), indent=1
            )
            (self.made / self.assignment.notebook.name).write_bytes(made + b"\n")

    def _copy_files(self) -> None:
        """Copies the submission's files that may come along and, over them, the instructor's."""
        job, source = self.job, self.assignment.source.parent
        job.notes += stage(job.folder, source, self.made, self.assignment.checks.is_file())
        left = {
            str(source / name) for name in self.exclude_overwriting.get(self.assignment.name, [])
        }
        for file in set(find_all_files(str(source), self.coursedir.ignore + ["*.ipynb"])) - left:
            copy = self.made / Path(file).relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, copy)
        # no cell's folder takes its place
        (self.made / self.assignment.notebook.name).touch()

    def _processed(self) -> NotebookNode:
        """Runs the preprocessors on the notebook, the instructor's own included."""
        notebook, resources = self.outcome.notebook, ResourcesDict()
        found = [
            *self._made(self.sanitize_preprocessors),
            self._examined,
            *self._made(self.autograde_preprocessors),
        ]
        if is_python(notebook):
            found = without_kernels(found)
        else:
            # `prepare` has made sure that the students are trusted
            found.remove(self._examined)
        name = self.assignment.notebook.stem
        facts = {"student": self.job.student, "assignment": self.assignment.name, "notebook": name}
        resources |= {
            "unique_key": name,
            "output_files_dir": f"{name}_files",
            "output_extension": ".ipynb",
        }
        resources["metadata"] = ResourcesDict(name=name, path=str(self.made))
        resources["nbgrader"] = facts | {"db_url": self.coursedir.db_url}
        with setenv(NBGRADER_EXECUTION="autograde"):
            for preprocessor in found:
                notebook, resources = preprocessor(notebook, resources)
        return notebook

    def _made(self, preprocessors: list[Any]) -> list[Any]:
        """The preprocessors that nbgrader_config.py names, unless this class does their work."""
        here = "ClearOutput DeduplicateIds OverwriteKernelspec CheckCellMetadata SaveAutoGrades AssignLatePenalties"
        ours: dict[str, Any] = dict.fromkeys(here.split()) | {"OverwriteCells": self._overwrite}
        found = []
        for each in preprocessors:
            name = each if isinstance(each, str) else each.__name__
            each = ours.get(name.rpartition(".")[2], each)
            if isinstance(each, str):
                each = import_item(each)
            if isinstance(each, type):
                each = each(parent=self)
            if each is not None:
                found.append(each)
        return found

    def _overwrite(
        self, nb: NotebookNode, resources: ResourcesDict
    ) -> tuple[NotebookNode, ResourcesDict]:
        """Puts the gradebook's checksums and the sources of locked cells into the notebook, as
        nbgrader does.
        """
        known = {cell.name: cell for cell in self.recorder.known(self.assignment).source_cells}
        for cell in nb.cells:
            stored = known.get(grade_id(cell) or "")
            if stored is not None:
                cell.metadata.nbgrader["checksum"] = stored.checksum
                if stored.locked:
                    cell.source = stored.source
        return nb, resources

    def _examined(
        self, nb: NotebookNode, resources: ResourcesDict
    ) -> tuple[NotebookNode, ResourcesDict]:
        """Puts the verdicts into the notebook and the report into its metadata, and the files that
        its cells made beside it.
        """
        job, found, report = self.job, self.outcome, self.outcome.report
        clean_metadata(nb)
        job.notes += write_new_files(found.files, self.made)
        now = {}
        if report is not None:
            if found.ran:
                apply_fixed_predictions(report, job.fixed)
            verdicts = {cell.id: cell for cell in report.cells}
            for cell in filter(is_grade, code_cells(nb)):
                if verdict := verdicts.get(grade_id(cell) or ""):
                    _judged(cell, verdict)
            now = report.as_dict()
        now |= notes_as_stored(job.notes)
        now |= {
            # an unjudged submission is graded again
            "made_of": {} if found.unjudged else job.made_of,
            # the outcome's notes are for the student, too
            "told": list(map(message_of, found.notes)),
            "seconds": round(found.seconds, 3),
            "attempt": job.attempt.number,
        }
        if job.fewer:
            now["fewer"] = job.fewer
        if is_late(job.attempt, None):
            now["marked_late"] = True
        if job.attempt.student != job.student:
            now["by"] = job.attempt.student
        nb.metadata["proctor"] = now
        return nb, resources

    def _save_rows(self, gradebook: Gradebook, nb: NotebookNode) -> None:
        """Records a notebook's grades as nbgrader does, with the remarks on its answers.

        An answer that could not be read, or not be judged, has no grade until a person gives one.
        """
        db, student, name = gradebook.db, self.job.student, self.assignment.name
        if self.create_student:
            gradebook.update_or_create_student(student)
        else:
            gradebook.find_student(student)
        known = self.recorder.known(self.assignment)
        submission = _row(
            db, SubmittedAssignment, assignment_id=known.assignment_id, student_id=student
        )
        book = _row(db, SubmittedNotebook, assignment_id=submission.id, notebook_id=known.id)
        submission.timestamp = received(self.job.attempt.arrived)
        give(self.recorder.course, self.recorder.store_folder, submission)
        db.flush()
        grades = _rows(db, Grade, book, [*known.grade_cells, *known.task_cells])
        comments = _rows(db, Comment, book, [*known.solution_cells, *known.task_cells])

        report = nb.metadata.get("proctor", {})
        unreadable = Reason.UNREADABLE in reasons(report)
        unjudged = {cell["id"] for cell in report.get("cells", []) if cell["status"] == "unjudged"}
        remark_on = remarks.texts(self.recorder.store_folder, name, student, nb)
        marks, stays = self.recorder.store.marks(self.job.key), self.recorder.marks_stay
        answers = self.job.attempt.answers
        for cell in nb.cells:
            name = grade_id(cell) or ""
            if is_grade(cell):
                known_score = None
                if not unreadable and name not in unjudged:
                    known_score, _ = determine_grade(cell, self.log)
                answer = answers.get(name, "")
                if record_mark(grades[name], known_score, marks[name], answer, stays):
                    report["marks_stay"] = stays
            if is_solution(cell) or is_task(cell):
                comment = remark_on.get(name) or None
                checksum = cell.metadata.nbgrader.get("checksum")
                if not (comment or is_task(cell)) and checksum == compute_checksum(cell):
                    comment = "No response."
                comments[name].auto_comment = comment
        self.job.scores = {cell: grade.auto_score for cell, grade in grades.items()}
        report["recorded"] = self.job.scores
        # added one by one, each would be loaded again with all that it is related to
        db.bulk_save_objects(
            [row for row in [*grades.values(), *comments.values()] if row.id is None]
        )
        # penalties depend on it
        db.flush()
        if takes_penalties(self):
            AssignLatePenalties(parent=self).assign(book)


def _judged(cell: NotebookNode, verdict: Verdict) -> None:
    """Leaves a graded cell its printed and drawn outputs, and adds the verdict as nbgrader reads
    it.
    """
    kept = []
    for each in cell.outputs:
        if each.output_type == "display_data" or each.get("name") == "stdout":
            kept.append(each)
    cell.outputs = kept
    if verdict.status != "passed":
        cell.outputs.append(error(verdict.status, verdict.text))
    elif verdict.given:
        cell.outputs.append(new_output("stream", name="stdout", text=f"{verdict.message}\n"))
