"""The engine: the outcome of a submission becomes its rows in nbgrader's gradebook and its folder in `autograded/`.

`proctor grade`, `proctor serve`, `nbgrader autograde` and the formgrader's button have it `record` a submission. The rows
are recorded in a transaction, and only then is the folder put in place, by renaming: whenever the process ends, a
submission is recorded as a whole or not at all. The preprocessors that nbgrader_config.py names run in it.
"""

import contextlib
import json
import logging
import os
import shutil
import stat
import tempfile
import warnings
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import nbformat
from nbconvert.exporters.exporter import ResourcesDict
from nbconvert.preprocessors import ExecutePreprocessor
from nbformat import NotebookNode
from nbformat.v4 import new_notebook, new_output
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
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import (
    compute_checksum,
    determine_grade,
    find_all_files,
    is_grade,
    is_solution,
    is_task,
    parse_utc,
    setenv,
)
from sqlalchemy import or_
from sqlalchemy.exc import SAWarning
from traitlets.config.loader import Config
from traitlets.utils.importstring import import_item

from proctor.course import Assignment as Released
from proctor.course import grade_id, several_notebooks
from proctor.course.codes import Code, Note, Reason, left_behind
from proctor.course.configuration import configuration
from proctor.course.report import Verdict, message_of, reasons, report_in
from proctor.errors import CannotRecord, GradingError, Held
from proctor.examine.outcome import Outcome
from proctor.records import lock, remarks
from proctor.records.extensions import due_date, give
from proctor.records.gradebook import OpenGradebook, copy_gradebook, nbgraders_log, recording
from proctor.records.inbound import belongs_to_another
from proctor.records.roster import RENAME
from proctor.records.stale import contents, made_of, matches, points
from proctor.records.store import Key, apply_first_predictions, attempt_seed
from proctor.sandbox.cell import Limits
from proctor.sandbox.files import (
    FILE,
    FOLDER,
    RESERVED,
    is_kept,
    is_odd,
    open_below,
    opened,
    plain_files,
    walk,
    write_files,
    written,
)
from proctor.submission import code_cells, is_python
from proctor.submission.clean import clean_metadata, error
from proctor.text import shown

MAX_STAMP = 200  # bytes of a timestamp's file
NOT_PYTHON = (
    "its notebook is for another kernel than Python's, which has no sandbox: the students' code "
    "would run with your rights. If you trust them, add --trust-students, or "
    "c.Examine.trust_students = True for 'nbgrader autograde'"
)


def check_id(student: str) -> None:
    """Raises `GradingError` if a student can't be called so."""
    broken = "\n" in student or any("\ud800" <= letter <= "\udfff" for letter in student)
    if broken or student != student.strip():
        raise GradingError(
            f"submitted/{shown(student)}: a student's id has no line break, no broken character, and no space at either "
            f"end. {RENAME}, then grade again"
        )


@dataclass(eq=False)
class Job:
    """One student's submission for one assignment, in `folder`, on its way into the records.

    `made_of`: the digests of all that its grade depends on. `notes` for the instructor on its files: which counted, which
    stayed behind. `error`: why it could not be graded.
    """

    student: str
    assignment: Released
    folder: Path
    made_of: dict[str, str] = field(default_factory=dict)
    seed: int = 0
    notes: list[Note] = field(default_factory=list)
    error: str = ""

    @property
    def key(self) -> Key:
        return self.student, self.assignment.name

    def __str__(self) -> str:
        return "/".join(map(shown, self.key))


class Recorder:
    """The gradebook and `autograded/` of a course. Only one thread at a time may use them.

    `trial` is a folder where there is one: copies are made there, and written in their place. `patience`: seconds that
    `proctor serve` is waited for. `trust_students`: their code may run without walls. `config`
    and `log`: those of an nbgrader that records here. Raises `CannotRecord` where another program
    grades, or where they can't be written.
    """

    def __init__(
        self,
        course: Path,
        trial: Path | None = None,
        holder: str = "proctor grade",
        patience: float = lock.PATIENCE,
        trust_students: bool = False,
        config: Config | None = None,
        log: logging.Logger | None = None,
    ):
        warnings.simplefilter("ignore", SAWarning)  # nbgrader's own, at every submission
        logging.getLogger("tornado.application").addHandler(logging.NullHandler())  # tracebacks of what is raised, too
        self.course, self.log = course, log
        self.config = configuration(course) if config is None else config
        self.trust_students = trust_students
        self.config.Examine.trust_students = trust_students
        # whose proctor.db is used: a trial has a copy of its own
        self.store_folder = course
        if trial is not None:
            self.store_folder = trial
            copy_gradebook(course, self.config, trial)
            self.config.CourseDirectory.autograded_directory = str(trial / "autograded")
        coursedir = CourseDirectory(config=self.config)
        self.transaction = OpenGradebook(self.config).transaction
        self._known: dict[Released, Notebook] = {}
        self.workplace = lock.workplace(trial or course)
        # files made from here on are the instructor's, and the group's where it shares the course, and nobody else's
        self.umask = os.umask(0o007 if coursedir.groupshared else 0o077)
        gradebook = (course / "gradebook.db").resolve()
        # made by nbgrader, everybody may read it; there may be none yet
        with contextlib.suppress(OSError):
            if not (coursedir.groupshared or gradebook.parent.stat().st_mode & stat.S_IWGRP):
                gradebook.chmod(gradebook.stat().st_mode & 0o600)
        with recording(course):
            self.workplace.mkdir(parents=True, exist_ok=True)
            try:
                self._mine = lock.acquire(self.workplace, holder, patience)
            except Held as error:
                os.umask(self.umask)
                raise CannotRecord(f"{error} is at work in {course}: wait for its end") from None
        for left in self.workplace.glob("*/"):  # by a run that was killed
            shutil.rmtree(left, ignore_errors=True)
        # temporary files, nbgrader's included, go into a folder that the next run removes
        self._temporary, tempfile.tempdir = tempfile.tempdir, str(self.workplace)

    def recorded(self) -> dict[Key, dict[str, float | None]]:
        """Every submission in the gradebook, with the scores of its cells by grade id, but for what people gave."""
        found: dict[Key, dict[str, float | None]] = {}
        with recording(self.course), self.transaction() as gradebook:
            rows = gradebook.db.query(SubmittedAssignment.student_id, Assignment.name, BaseCell.name, Grade.auto_score)
            rows = rows.select_from(SubmittedAssignment).join(Assignment).outerjoin(SubmittedAssignment.notebooks)
            rows = rows.outerjoin(SubmittedNotebook.grades).outerjoin(BaseCell, BaseCell.id == Grade.cell_id)
            for student, name, cell, score in rows:
                found.setdefault((student, name), {})[cell] = score
        return found

    def folder(self, student: str, assignment: str) -> Path:
        """The submission's folder in `autograded/`: the course's own, in a trial, too."""
        return self.course / "autograded" / student / assignment

    def prepare(self, assignment: Released) -> None:
        """Puts an assignment into the gradebook where it isn't there as it is released.

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
        wanted = assignment.graded.keys() | assignment.locked.keys() | assignment.stubs.keys() | assignment.by_hand
        with recording(self.course), self.transaction() as gradebook, contextlib.suppress(MissingEntry):
            notebooks = gradebook.find_assignment(name).notebooks
            known = {cell.name for notebook in notebooks for cell in notebook.source_cells}
            worth = {each.name: each.max_score for book in notebooks for each in [*book.grade_cells, *book.task_cells]}
            if wanted <= known and points(assignment).items() <= worth.items():
                return
            if (new := wanted - known) and gradebook.assignment_submissions(name):
                raise GradingError(
                    f"release/{name} has new cells ({', '.join(sorted(new))}), and nbgrader adds none once "
                    "somebody is graded: put the former release back, or see 'Once somebody is graded' in docs/exercise.md"
                )
        # the files in release/ stay as they are
        heading = f"nbgrader generate_assignment {name} failed:"
        with nbgraders_log(self.course, heading, log=self.log) as logger, tempfile.TemporaryDirectory() as unused:
            coursedir = CourseDirectory(config=self.config, assignment_id=name)
            coursedir.release_directory = unused
            options = {"create_assignment": True, "force": True, "config": self.config, "log": logger}
            GenerateAssignment(coursedir=coursedir, **options).start()
        self._leave_out_what_is_not_released(assignment)

    def _leave_out_what_is_not_released(self, assignment: Released) -> None:
        """nbgrader took the gradebook's cells from `source/`: takes out those that are new there, and other points."""
        released, worth = set(map(grade_id, assignment.released.cells)), points(assignment)
        with recording(self.course), self.transaction() as gradebook:
            notebook = gradebook.find_notebook(assignment.notebook.stem, assignment.name)
            graded = [*notebook.grade_cells, *notebook.task_cells]
            for cell in [*graded, *notebook.solution_cells, *notebook.source_cells]:
                if cell.name not in released:
                    gradebook.db.delete(cell)
                elif cell in graded:
                    cell.max_score = worth.get(str(cell.name), 0.0)

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

    def begin(self, job: Job, limits: Limits, seed: int | None = None) -> None:
        """Readies a submission to be graded with this seed, or else with that of its attempt; nothing is read in it.

        Raises `GradingError` if no gradebook or message can hold the student's id.
        """
        check_id(job.student)
        with recording(self.course):
            # before it is graded: what changes meanwhile is graded again
            job.made_of = made_of(job.folder, job.assignment, limits)
            job.seed = attempt_seed(self.store_folder, *job.key, contents(job.folder)) if seed is None else seed
        job.notes = belongs_to_another(job.folder)

    def record(self, job: Job, outcome: Outcome) -> None:
        """Records the outcome of a submission.

        Raises `GradingError` with what nbgrader said, `CannotRecord` where nothing can be recorded.
        """
        with nbgraders_log(self.course, log=self.log) as log, tempfile.TemporaryDirectory(prefix="out-") as out:
            _Result(self, job, outcome, Path(out), log).put_in_place()

    def settle(self, names: list[str], student: str = "*") -> list[str]:
        """Gives every submission for these assignments, or this student's, the late penalty that it has by today's due
        dates, extensions and plugin, which need no sandbox; returns what that changed.
        """
        if not _takes_penalties(Autograde(config=self.config)):
            return []
        found, failed = [], nbgraders_log(self.course, "the late penalties can't be told:", log=self.log)
        with recording(self.course), failed, self.transaction() as gradebook:
            plugin = AssignLatePenalties(config=self.config)
            due, penalty = Assignment.duedate, SubmittedNotebook.late_submission_penalty
            concerned = gradebook.db.query(SubmittedNotebook).join(SubmittedAssignment).join(Assignment)
            stale = or_(due.isnot(None), penalty.isnot(None), SubmittedAssignment.extension.isnot(None))
            if student != "*":
                concerned = concerned.filter(SubmittedAssignment.student_id == student)
            for notebook in concerned.filter(Assignment.name.in_(names), stale):
                give(self.course, notebook.assignment)
                before, now = notebook.late_submission_penalty or 0.0, plugin.assign(notebook)
                if now != before:
                    whose = f"{shown(notebook.student.id)}/{notebook.assignment.name}"
                    found.append(f"{whose}: late penalty {before:g}, now {now:g}")
        return found

    def close(self) -> None:
        tempfile.tempdir = self._temporary
        os.umask(self.umask)
        self._mine.release()


def _takes_penalties(autograde: Autograde) -> bool:
    """Whether the one for late work is among the preprocessors that nbgrader_config.py names."""
    return any("AssignLatePenalties" in str(each) for each in autograde.autograde_preprocessors)


def without_kernels(preprocessors: list[Any]) -> list[Any]:
    """Leaves out the preprocessors that run notebooks in an ordinary kernel, which has no walls.

    Each is an instance, a class, or the dotted name of one.
    """
    found = []
    for each in preprocessors:
        made = import_item(each) if isinstance(each, str) else each
        kind = made if isinstance(made, type) else type(made)
        if not issubclass(kind, ExecutePreprocessor):
            found.append(made)
    return found


def _rows(db: Any, kind: Any, book: SubmittedNotebook, cells: list[Any]) -> dict[str, Any]:
    """The rows of a submitted notebook's cells, by grade id; those that are new have no id yet, and are not added."""
    # both columns: their index finds it however many rows there are
    asked = db.query(kind).filter(kind.cell_id.in_([cell.id for cell in cells]), kind.notebook_id == book.id)
    found = {row.cell_id: row for row in asked}
    return {cell.name: found.get(cell.id) or kind(cell_id=cell.id, notebook_id=book.id) for cell in cells}


class _Result(Autograde):
    """The outcome of a submission, made in the folder `out`, with the settings that nbgrader's Autograde has.

    Both passes of nbgrader's over a notebook are one here, and what it would make sure of was made sure of when the
    submission was read.
    """

    coursedir: CourseDirectory

    def __init__(self, recorder: Recorder, job: Job, outcome: Outcome, out: Path, log: logging.Logger):
        self.recorder, self.job, self.out, self.assignment = recorder, job, out, job.assignment
        self.outcome = outcome
        coursedir = CourseDirectory(config=recorder.config, student_id=job.student, assignment_id=self.assignment.name)
        places = coursedir.autograded_directory, str(out)
        # where the result is to lie, as that of an earlier attempt does until then, and where it is made
        self.place, self.made = (
            Path(coursedir.format_path(each, job.student, self.assignment.name)) for each in places
        )
        coursedir.autograded_directory = str(out)
        super().__init__(coursedir=coursedir, config=recorder.config, log=log)
        self.notebooks = [str(job.folder / self.assignment.notebook.name)]

    def put_in_place(self) -> None:
        self.job.notes += self.outcome.notes
        self.run_pre_convert_hook()
        self._copy_files()
        notebook = self._processed()
        with self.recorder.transaction() as gradebook:
            self._save_rows(gradebook, notebook)
            made = msgspec.json.format(msgspec.json.encode(split_lines(notebook), order="sorted"), indent=1)
            (self.made / self.assignment.notebook.name).write_bytes(made + b"\n")
        self.set_permissions(self.assignment.name, self.job.student)
        make_private(self.place.parent, self.coursedir.groupshared)
        if self.place.exists():
            self.place.rename(self.out / "replaced")
        self.made.rename(self.place)
        self.run_post_convert_hook()

    def _copy_files(self) -> None:
        """Copies what may come along of the submission's files and, over them, the instructor's."""
        job, source = self.job, self.assignment.source.parent
        job.notes += stage(job.folder, source, self.made, self.assignment.checks.is_file())
        left = {str(source / name) for name in self.exclude_overwriting.get(self.assignment.name, [])}
        for file in set(find_all_files(str(source), self.coursedir.ignore + ["*.ipynb"])) - left:
            copy = self.made / Path(file).relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.unlink(missing_ok=True)
            shutil.copy(file, copy)
        # no cell's folder takes its place
        (self.made / self.assignment.notebook.name).touch()

    def _processed(self) -> NotebookNode:
        """The notebook as the preprocessors make it; what nbgrader's own and ours do is done here, or need not be done again."""
        notebook, resources = self.outcome.notebook, ResourcesDict()
        sanitize = self._made(self.sanitize_preprocessors)
        autograde = self._made(self.autograde_preprocessors)
        if is_python(notebook):
            found = [*without_kernels(sanitize), self._examined, *without_kernels(autograde)]
        else:
            # `prepare` has made sure that the students are trusted
            found = [*sanitize, *autograde]
        name = self.assignment.notebook.stem
        facts = {"student": self.job.student, "assignment": self.assignment.name, "notebook": name}
        resources |= {"unique_key": name, "output_files_dir": f"{name}_files", "output_extension": ".ipynb"}
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
            each = import_item(each) if isinstance(each, str) else each
            found += [each(parent=self) if isinstance(each, type) else each] if each else []
        return found

    def _overwrite(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Puts the gradebook's checksums into the notebook and, where cells are locked, its sources, as nbgrader does."""
        cells = self.recorder.known(self.assignment).source_cells
        known = {cell.name: (cell.source, cell.locked, cell.checksum) for cell in cells}
        for cell in nb.cells:
            if (name := grade_id(cell)) in known:
                source, locked, cell.metadata.nbgrader["checksum"] = known[name]
                cell.source = source if locked else cell.source
        return nb, resources

    def _examined(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Puts the verdicts into the notebook and the report into its metadata, and the files that its cells made beside it."""
        job, found, report = self.job, self.outcome, self.outcome.report
        clean_metadata(nb)
        job.notes += write_new_files(found.files, self.made)
        if report is not None:
            if found.ran:
                checks, due = job.made_of["checks"], self._due_if_in_time()
                apply_first_predictions(self.recorder.course, job.key, report, checks, due)
            verdicts = {cell.id: cell for cell in report.cells}
            for cell in filter(is_grade, code_cells(nb)):
                if verdict := verdicts.get(grade_id(cell) or ""):
                    _judged(cell, verdict)
        now = report.as_dict() if report else {}
        # an unjudged submission is graded again; the outcome's notes are for the student, too
        now |= {"made_of": {} if found.unjudged else job.made_of, "told": list(map(message_of, found.notes))}
        now |= {"notes": list(map(message_of, job.notes)), "note_codes": list(map(asdict, job.notes))}
        now["seconds"] = round(found.seconds, 3)
        nb.metadata["proctor"] = now
        return nb, resources

    def _due_if_in_time(self) -> datetime | None:
        """The due date of the submission's student; None if there is none, or if the submission is late."""
        when, _ = timestamp(self.made / "timestamp.txt")
        with self.recorder.transaction() as gradebook:
            due = due_date(self.recorder.course, gradebook, (self.assignment.name, self.job.student))
        return due if due and (when is None or when <= due) else None

    def _save_rows(self, gradebook: Gradebook, nb: NotebookNode) -> None:
        """Records a notebook's grades as nbgrader does, with the remarks that were written for what its answers do.

        An answer that could not be read, or not be judged, has no grade until a person gives one.
        """
        db, student, name = gradebook.db, self.job.student, self.assignment.name
        ensure = gradebook.update_or_create_student if self.create_student else gradebook.find_student
        ensure(student)
        known = self.recorder.known(self.assignment)
        columns = {"assignment_id": known.assignment_id, "student_id": student}
        submission = db.query(SubmittedAssignment).filter_by(**columns).one_or_none()
        if submission is None:
            submission = SubmittedAssignment(assignment=db.get(Assignment, known.assignment_id), student_id=student)
            db.add(submission)
            db.flush()
        book = db.query(SubmittedNotebook).filter_by(notebook_id=known.id, assignment_id=submission.id).one_or_none()
        if book is None:
            db.add(book := SubmittedNotebook(notebook_id=known.id, assignment=submission))
        when, _ = timestamp(self.made / "timestamp.txt")
        submission.timestamp = when or submission.timestamp
        give(self.recorder.course, submission)
        db.flush()
        grades = _rows(db, Grade, book, [*known.grade_cells, *known.task_cells])
        comments = _rows(db, Comment, book, [*known.solution_cells, *known.task_cells])

        report = nb.metadata.get("proctor", {})
        unreadable = Reason.UNREADABLE in reasons(report)
        unjudged = {cell["id"] for cell in report.get("cells", []) if cell["status"] == "unjudged"}
        remark_on = remarks.texts(self.recorder.store_folder, name, student, nb)
        last = report_in(self.place / self.assignment.notebook.name).get("recorded", {})
        restored = not matches(last, {cell: grade.auto_score for cell, grade in grades.items()})
        for cell in nb.cells:
            name = grade_id(cell) or ""
            if is_grade(cell):
                known_score = None if unreadable or name in unjudged else determine_grade(cell, self.log)[0]
                self._grade(grades[name], known_score, cell, nb, restored)
            if is_solution(cell) or is_task(cell):
                blank = not is_task(cell) and cell.metadata.nbgrader.get("checksum") == compute_checksum(cell)
                comments[name].auto_comment = remark_on.get(name) or ("No response." if blank else None)
        report["recorded"] = {cell: grade.auto_score for cell, grade in grades.items()}
        # added one by one, each would be loaded again with all that it is related to
        db.bulk_save_objects([row for row in [*grades.values(), *comments.values()] if row.id is None])
        # penalties depend on it
        db.flush()
        if _takes_penalties(self):
            AssignLatePenalties(parent=self).assign(book)

    def _grade(self, grade: Any, score: float | None, cell: NotebookNode, nb: NotebookNode, restored: bool) -> None:
        """Records a cell's score. A mark stays settled if it was given for the very answer that is graded now.

        `restored`: the gradebook is an older one, so the answer that its marks were given for isn't known.
        """
        given_for = None
        if grade.manual_score is not None:
            if not restored:
                before = self._graded_before
                noted = before.metadata.get("proctor", {}).get("by_hand", {})
                # a mark that is to be looked at again was given for an earlier answer, which was noted then
                given_for = noted.get(grade_id(cell)) if grade.needs_manual_grade else _answer(cell, before)
            nb.metadata.get("proctor", {}).setdefault("by_hand", {})[grade_id(cell)] = given_for
        grade.auto_score = score
        for_a_person = grade.manual_score is not None or score is None
        grade.needs_manual_grade = for_a_person and given_for != _answer(cell, nb)

    @cached_property
    def _graded_before(self) -> NotebookNode:
        """The notebook as it was graded the last time; one without cells where that isn't known any more."""
        graded = self.place / self.assignment.notebook.name
        return nbformat.read(graded, as_version=4) if graded.is_file() else new_notebook()


def _answer(cell: NotebookNode, nb: NotebookNode) -> str:
    """A digest of the answer that a graded cell stands for: its own source, or the notebook's where that may be anywhere in it."""
    of_its_own = is_solution(cell)
    sources = [each.source for each in nb.cells if not of_its_own or grade_id(each) == grade_id(cell)]
    return sha256(json.dumps(sources).encode()).hexdigest()


class AssignLatePenalties(nbgrader.AssignLatePenalties):
    """nbgrader's, which can be asked for one notebook's penalty."""

    def assign(self, notebook: SubmittedNotebook) -> float:
        """Gives a notebook the penalty that it has by its due date and the plugin of today; returns the points that it takes."""
        penalty, late = None, notebook.assignment.total_seconds_late
        if late > 0:
            plugin: Any = self.plugin_class(parent=self)
            penalty = plugin.late_submission_penalty(notebook.student.id, notebook.score, late)
            # nothing is given for being late, and no more taken than there is
            penalty = None if penalty is None else min(max(penalty, 0), notebook.score)
        if penalty != notebook.late_submission_penalty:
            notebook.late_submission_penalty = penalty
        return penalty or 0.0


def write_new_files(files: dict[str, bytes], folder: Path) -> list[Note]:
    """Puts the files that a notebook's cells made into `folder`, as far as they may be kept; tells of the others."""
    reserved = [name for name in files if str(Path(name)).casefold() in RESERVED]
    free = {name: data for name, data in files.items() if name not in reserved}
    others = [name for name in write_files(free, folder) if not name.endswith(".pyc")]
    notes = [left_behind(others)] if others else []
    if reserved:
        notes.append(left_behind(reserved, Code.RESERVED_NAME))
    return notes


def _judged(cell: NotebookNode, verdict: Verdict) -> None:
    """Leaves a graded cell its printed and drawn outputs, and adds the verdict as nbgrader reads it."""
    cell.outputs = [each for each in cell.outputs if each.output_type == "display_data" or each.get("name") == "stdout"]
    if verdict.status != "passed":
        cell.outputs.append(error(verdict.status, verdict.text))
    elif verdict.given:
        cell.outputs.append(new_output("stream", name="stdout", text=f"{verdict.message}\n"))


def stage(folder: Path, source: Path, target: Path, ours: bool) -> list[Note]:
    """Copies a submission's files that may go to `autograded/`, but for notebooks, and returns notes on odd ones.

    Files of the same names as the instructor's in `source` come along: his own take their place. Where the assignment is
    not `ours`, but one of the instructor's own, which nbgrader may run there, so does what is of the same kinds.
    """
    target.mkdir(parents=True)
    notes, files, names = [], {}, set()
    with contextlib.suppress(OSError), opened(folder, FOLDER) as place:
        files = plain_files(folder, depth=FOLDER)
        names = {str(inside / name) for inside, _, found, _ in walk(place) for name in found}
    theirs = {str(path.relative_to(source)) for path in source.rglob("*") if path.is_file()}
    kinds = set() if ours else {Path(name).suffix.lower() for name in theirs}
    behind = []
    for name, data in files.items():
        if name == "timestamp.txt" or name.lower().endswith(".ipynb"):
            continue
        if any(str(folder) in theirs for folder in Path(name).parents):
            # a folder that is called as a file of the instructor's
            behind.append(name)
        elif is_kept(name) or name in theirs or (Path(name).suffix.lower() in kinds and not is_odd(name)):
            if not written(target / name, data):
                behind.append(name)
        elif not (ours and name.lower().endswith(".zip")):
            # an archive was looked into for a notebook, which is told where it counts
            behind.append(name)
    if not_plain := [name for name in names - files.keys() if not name.lower().endswith(".ipynb")]:
        notes.append(left_behind(not_plain, Code.NOT_PLAIN))
    if behind:
        notes.append(left_behind(behind))
    when, odd = timestamp(folder / "timestamp.txt")
    notes += [Code.BAD_TIMESTAMP()] if odd else []
    if "timestamp.txt" in files and not odd:
        (target / "timestamp.txt").write_bytes(files["timestamp.txt"])
    elif when is not None:
        (target / "timestamp.txt").write_text(f"{when.isoformat(' ')} UTC")
    return notes


def make_private(folder: Path, groupshared: bool) -> None:
    """Makes a folder for the instructor's eyes, and those of his group where nbgrader is told that it shares the course.

    A folder that is there already stays as it is.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(0o700)
        if groupshared:
            folder.chmod(0o2770)


def timestamp(path: Path) -> tuple[datetime | None, bool]:
    """The time in this file, as nbgrader has it, and whether it is odd; None where there is no file or nothing in it.

    Where it can't be read, when the file was written counts: the submission itself is sound.
    """
    try:
        descriptor = open_below(path, FILE)
    except OSError:
        return None, False
    facts = os.fstat(descriptor)
    if not stat.S_ISREG(facts.st_mode):
        os.close(descriptor)
        return None, False
    with open(descriptor, "rb") as file:
        try:
            stamp = file.read() if facts.st_size <= MAX_STAMP else b"?"
            return (parse_utc(stamp.decode().strip()) if stamp.strip() else None), False
        except Exception:  # the library raises errors of any kind on a text that is no time
            written = datetime.fromtimestamp(facts.st_mtime, UTC).replace(tzinfo=None)
            return written, True
