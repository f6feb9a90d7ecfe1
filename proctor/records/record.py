"""How a submission is recorded: its rows in nbgrader's gradebook, and its folder in `autograded/`.

The rows are recorded in a transaction, and only then is the folder put in place, by renaming:
whenever the process ends, a submission is recorded as a whole or not at all. The preprocessors that
nbgrader_config.py names run in it.
"""

import logging
import shutil
import tempfile
from pathlib import Path
from typing import Any

import msgspec
from nbconvert.exporters.exporter import ResourcesDict
from nbconvert.preprocessors import ExecutePreprocessor
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbformat.v4.rwbase import split_lines
from nbgrader.api import (
    Assignment,
    Comment,
    Grade,
    Gradebook,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import (
    compute_checksum,
    determine_grade,
    find_all_files,
    is_grade,
    is_solution,
    is_task,
    setenv,
)
from traitlets.utils.importstring import import_item

from proctor.course import Assignment as Released
from proctor.course import grade_id
from proctor.course.codes import Reason
from proctor.course.files import make_private
from proctor.course.report import Verdict, message_of, notes_as_stored, reasons, report_in
from proctor.grading.outcome import Outcome
from proctor.records import remarks
from proctor.records.counting import is_late
from proctor.records.engine import Recorder
from proctor.records.extensions import give
from proctor.records.folders import received
from proctor.records.gradebook import nbgraders_log, patiently
from proctor.records.inbound import belongs_to_another
from proctor.records.job import Job
from proctor.records.late import AssignLatePenalties, takes_penalties
from proctor.records.marks import given_for, record_mark
from proctor.records.outcomes import apply_fixed_predictions, with_points
from proctor.records.stage import stage, write_new_files
from proctor.records.stale import matches
from proctor.records.store import Key
from proctor.submission import code_cells, is_python
from proctor.submission.clean import clean_metadata, error


def record(recorder: Recorder, job: Job, outcome: Outcome) -> None:
    """Records the outcome of the attempt that counts, with the points of today.

    Raises `GradingError` with nbgrader's error, `CannotRecord` if nothing can be recorded.
    """
    job.notes += belongs_to_another(job.folder)
    with_points(outcome, job.worth)
    with (
        nbgraders_log(recorder.course, log=recorder.log) as log,
        tempfile.TemporaryDirectory(prefix="out-") as out,
    ):
        _Result(recorder, job, outcome, Path(out), log).put_in_place()


def harvest_marks(recorder: Recorder, gradebook: Gradebook, key: Key, assignment: Released) -> None:
    """Keeps the marks by hand in the gradebook with the answers that they were given for.

    These aren't known if the gradebook is an older one, or was written by a process that ended
    before it had put the folder in place. Only while `writing` is it sure that none is just
    doing so.
    """
    report = report_in(recorder.folder(*key) / assignment.notebook.name)
    placed = report.get("made_of", {}).get("attempt", 0)
    attempts = recorder.store.in_gradebook(key, placed)
    known, marks = recorder.known(assignment), recorder.store.marks(key)
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
            recorder.store.keep_mark(key, cell, answer, mark)


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
        with recorder.open_gradebook.transaction() as gradebook:
            # this locks it: a mark that somebody saves meanwhile comes before or after
            gradebook.db.query(Assignment).update({Assignment.name: Assignment.name})
            harvest_marks(recorder, gradebook, key, self.assignment)
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
