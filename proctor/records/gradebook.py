"""nbgrader's preprocessors that need the gradebook, with the gradebook opened once a run and not once a preprocessor.

They do what nbgrader's do, in `nbgrader autograde` and in `proctor grade`. Those that only make sure of what nbgrader
was told of a cell have nothing to do where `Intake` has taken it from the release.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from weakref import WeakKeyDictionary

import nbformat
from nbconvert.exporters.exporter import ResourcesDict
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbgrader import preprocessors as nbgrader
from nbgrader.api import BaseCell, Comment, Grade, Gradebook, MissingEntry, SubmittedNotebook
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_solution
from sqlalchemy.orm import scoped_session, sessionmaker

from proctor.course import grade_id
from proctor.course.report import reasons
from proctor.records import remarks
from proctor.records.extensions import give


class OpenGradebook:
    """A gradebook that stays open."""

    def __init__(self, url: str, course_id: str):
        self._where = url, course_id

    @cached_property
    def gradebook(self) -> Gradebook:
        return Gradebook(*self._where)

    @cached_property
    def released(self) -> SimpleNamespace:
        """What the gradebook knows of the assignments' cells, read once."""
        gradebook = Gradebook(*self._where)
        names = ("find_source_cell", "find_graded_cell", "find_notebook")
        return SimpleNamespace(**{name: cache(getattr(gradebook, name)) for name in names})

    @contextmanager
    def transaction(self) -> Iterator[Gradebook]:
        """The gradebook; what is written is recorded at the end, all of it or, where an exception is raised, nothing."""
        with self.gradebook.engine.begin() as connection:
            # nbgrader commits at every turn: here that only sends what was written to the database
            session = sessionmaker(connection, join_transaction_mode="rollback_only")
            self.gradebook.db = scoped_session(session)
            try:
                yield self.gradebook
                self.gradebook.db.commit()
            finally:
                self.gradebook.db.remove()


_open_gradebooks: WeakKeyDictionary = WeakKeyDictionary()  # by the run of nbgrader that grades


def run_of(preprocessor: Preprocessor) -> Any:
    """The run of nbgrader that a preprocessor works for: its `Autograde`, by way of the exporter."""
    exporter: Any = preprocessor.parent
    return exporter.parent


def _open_gradebook(preprocessor: NbGraderPreprocessor, resources: dict) -> OpenGradebook:
    """The gradebook that the run of a preprocessor has open; nbgrader makes a preprocessor for every notebook."""
    run = run_of(preprocessor)
    if run not in _open_gradebooks:
        _open_gradebooks[run] = getattr(run, "open_gradebook", None) or OpenGradebook(
            resources["nbgrader"]["db_url"], run.coursedir.course_id
        )
    return _open_gradebooks[run]


class OverwriteCells(nbgrader.OverwriteCells):
    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        self.notebook_id, self.assignment_id = resources["nbgrader"]["notebook"], resources["nbgrader"]["assignment"]
        self.gradebook = _open_gradebook(self, resources).released
        nb, resources = NbGraderPreprocessor.preprocess(self, nb, resources)
        if self.add_missing_cells:
            nb, resources = self.add_missing_grade_cells(nb, resources)
            nb, resources = self.add_missing_task_cells(nb, resources)
        return nb, resources


class _OfOneNotebook:
    """A gradebook for what `SaveAutoGrades` asks of a notebook's cells: all grades and comments are read at once.

    nbgrader asks for each by itself, and writes it by itself; here they are written when the transaction ends.
    """

    def __init__(self, gradebook: Gradebook, notebook: str, assignment: str, student: str):
        self._found, found = {}, gradebook.find_submission_notebook(notebook, assignment, student)
        kinds: list[Any] = [Grade, Comment]
        for kind in kinds:
            rows = gradebook.db.query(BaseCell.name, kind).join(kind.cell).filter(kind.notebook_id == found.id)
            self._found[kind] = dict(rows.all())
        self.db = SimpleNamespace(commit=lambda: None)

    def find_grade(self, cell: str, notebook: str, assignment: str, student: str) -> Any:
        return self._find(Grade, cell, f"grade: {assignment}/{notebook}/{cell} for {student}")

    def find_comment(self, cell: str, notebook: str, assignment: str, student: str) -> Any:
        return self._find(Comment, cell, f"comment: {assignment}/{notebook}/{cell} for {student}")

    def _find(self, kind: type, cell: str, what: str) -> Any:
        if cell not in self._found[kind]:
            raise MissingEntry(f"No such {what}")
        return self._found[kind][cell]


class SaveAutoGrades(nbgrader.SaveAutoGrades):
    """A notebook's grades are recorded together, with the remarks that were written for what its answers do.

    A grade that was given by hand stays settled where the very answer that it was given for is graded again. What could not be
    read, or not be judged, has no grade until a person gives one.
    """

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        facts = resources["nbgrader"]
        self.notebook_id, self.assignment_id, self.student_id = facts["notebook"], facts["assignment"], facts["student"]
        run = run_of(self)
        self._place, self._now = getattr(run, "place", None), nb.cells
        root = Path(run.coursedir.root)
        home = getattr(run, "memory", root)
        report = nb.metadata.get("proctor", {})
        self._unreadable = "could not be read" in reasons(report)
        self._unjudged = {cell["id"] for cell in report.get("cells", []) if cell["status"] == "unjudged"}
        self.remarks = remarks.texts(home, self.assignment_id, self.student_id, nb)
        record = getattr(run, "record", _open_gradebook(self, resources).transaction)
        with record() as gradebook:
            give(root, gradebook.find_submission(self.assignment_id, self.student_id))
            self.gradebook = _OfOneNotebook(gradebook, self.notebook_id, self.assignment_id, self.student_id)
            return NbGraderPreprocessor.preprocess(self, nb, resources)

    def _add_score(self, cell: NotebookNode, resources: ResourcesDict) -> None:
        name = cell.metadata.nbgrader.grade_id
        grade = self.gradebook.find_grade(name, self.notebook_id, self.assignment_id, self.student_id)
        settled = grade.manual_score is not None and not grade.needs_manual_grade
        before = grade.auto_score
        super()._add_score(cell, resources)
        if self._unreadable or name in self._unjudged:
            # so nbgrader says that a person is to give it
            grade.auto_score, grade.needs_manual_grade = None, True
        if settled and grade.auto_score == before and self._is_as_before(cell):
            grade.needs_manual_grade = False

    def _is_as_before(self, cell: NotebookNode) -> bool:
        """Whether this answer, or the notebook where the answer may be anywhere in it, is what was graded the last time."""
        of_its_own = is_solution(cell)
        before = [each.source for each in self._before if not of_its_own or grade_id(each) == grade_id(cell)]
        return before == ([cell.source] if of_its_own else [each.source for each in self._now])

    @cached_property
    def _before(self) -> list[NotebookNode]:
        """The notebook's cells as they were graded the last time, where that is still known."""
        path = self._place / f"{self.notebook_id}.ipynb" if self._place else None
        return nbformat.read(path, as_version=4).cells if path and path.is_file() else []

    def _add_comment(self, cell: NotebookNode, resources: ResourcesDict) -> None:
        super()._add_comment(cell, resources)
        if text := self.remarks.get(name := cell.metadata.nbgrader.grade_id):
            found = self.gradebook.find_comment(name, self.notebook_id, self.assignment_id, self.student_id)
            found.auto_comment = text


class AssignLatePenalties(nbgrader.AssignLatePenalties):
    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        facts = resources["nbgrader"]
        with _open_gradebook(self, resources).transaction() as gradebook:
            self.assign(gradebook.find_submission_notebook(facts["notebook"], facts["assignment"], facts["student"]))
        return nb, resources

    def assign(self, notebook: SubmittedNotebook) -> float:
        """Gives a notebook the penalty that it has by its due date and the plugin of today; returns the points that it takes."""
        penalty, late = None, notebook.assignment.total_seconds_late
        if late > 0:
            self.init_plugin()
            plugin: Any = self.plugin_inst
            penalty = plugin.late_submission_penalty(notebook.student.id, notebook.score, late)
            # nothing is given for being late, and no more taken than there is
            penalty = None if penalty is None else min(max(penalty, 0), notebook.score)
        if penalty != notebook.late_submission_penalty:
            notebook.late_submission_penalty = penalty
        return penalty or 0.0


class OverwriteKernelspec(nbgrader.OverwriteKernelspec):
    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        return (nb, resources) if resources.get("restored") else super().preprocess(nb, resources)


class CheckCellMetadata(nbgrader.CheckCellMetadata):
    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, dict]:
        return (nb, resources) if resources.get("restored") else super().preprocess(nb, resources)
