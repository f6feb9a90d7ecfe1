"""nbgrader's autograding in a room: a preprocessor that stands where nbgrader's `Execute` stood.

nbgrader has by then put the locked cells back from the gradebook. The cells run in a room; the hidden checks that a
graded cell names run out here; the verdict becomes that cell's output in nbgrader's own terms.
"""

import re
from functools import cached_property
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.preprocessors import Execute
from nbgrader.utils import is_grade
from traitlets import Bool

from proctor.checks import fresh_seed
from proctor.clean import clean_cell, clean_metadata, clean_outputs, error
from proctor.course import Assignment, assignments, find_course, grade_id
from proctor.doctor import keeps_secrets
from proctor.examine import judge, protected, warm
from proctor.intake import UNREADABLE
from proctor.plugin import sit
from proctor.report import Report, Verdict, readable
from proctor.sitting import Cell, Limits, Sitting
from proctor.walls import WallError

HIDDEN = re.compile(r"^.*\bhidden_checks\((['\"])(?P<cell>[^'\"]+)\1\).*$\n?", re.MULTILINE)


class Examine(Execute):
    """Runs a notebook in a room and judges its graded cells by the hidden checks that they name.

    Takes nbgrader's options of `Execute`, the timeout among them. A graded cell that names no hidden check gets what
    nbgrader would give it; a notebook for another kernel than Python's runs as nbgrader would run it.
    """

    trust_students = Bool(
        False, help="Grade even where the room can't keep the hidden checks from the student's code."
    ).tag(config=True)

    @cached_property
    def seed(self) -> int:
        """One seed for the whole class."""
        return fresh_seed()

    def preprocess(self, nb: NotebookNode, resources: dict, km=None) -> tuple[NotebookNode, dict]:
        if nb.metadata.get("kernelspec", {}).get("language", "python") != "python":
            return super().preprocess(nb, resources, km)
        if not (self.trust_students or keeps_secrets(protected())):
            raise WallError(
                "the hidden checks can't be kept from students here: see 'proctor doctor', or set trust_students"
            )
        folder = Path(resources.get("metadata", {}).get("path") or ".")
        limits = Limits(cell=float(self.timeout or Limits.notebook))
        assignment = self._assignment(resources.get("nbgrader", {}).get("assignment"), nb)
        if UNREADABLE in nb.metadata:
            self._refuse(nb)
            return nb, resources
        if assignment is None:
            sitting = Sitting(warm(), [Cell(cell.source, grade_id(cell)) for cell in _code(nb)], limits)
            report = None
        else:
            exam = sit(nb, assignment, warm(), limits)
            exam.sitting.cells = [_cell(cell, assignment) for cell in _code(nb)]
            exam.wanted = {
                grade_id(cell) for cell in _code(nb) if HIDDEN.search(cell.source)
            } & assignment.graded.keys()
            sitting = exam.sitting
        sitting.files = folder
        try:
            sitting.keep_files(folder)
            if assignment is not None:
                report = judge(exam, name=resources["unique_key"], seed=self.seed)
        finally:
            sitting.close()
        self._record(nb, sitting, report)
        self._make_harmless(nb, assignment)
        return nb, resources

    def _refuse(self, nb: NotebookNode) -> None:
        """Every graded cell of a submission that could not be read fails, and says why."""
        reason = f"the notebook that was handed in could not be read: {nb.metadata[UNREADABLE]}"
        for cell in filter(is_grade, _code(nb)):
            facts = cell.metadata.nbgrader
            _judged(cell, Verdict(facts.grade_id, 0.0, float(facts.points), "missing", readable(reason)))
        clean_metadata(nb)

    def _assignment(self, name: str | None, nb: NotebookNode) -> Assignment | None:
        if not any(HIDDEN.search(cell.source) for cell in _code(nb)):
            return None
        found = assignments(find_course())
        return found.get(name)

    def _record(self, nb: NotebookNode, sitting: Sitting, report: Report | None) -> None:
        verdicts = {cell.id: cell for cell in report.cells} if report else {}
        for count, (cell, run) in enumerate(zip(_code(nb), sitting.cells, strict=True), 1):
            cell.execution_count = count
            cell.outputs = clean_outputs(run.done.outputs) if run.done else []
            if run.done and run.done.error_name and not any(output.output_type == "error" for output in cell.outputs):
                cell.outputs.append(error(run.done.error_name, run.done.error_message))
            if is_grade(cell) and grade_id(cell) in verdicts:
                _judged(cell, verdicts[grade_id(cell)])
        clean_metadata(nb)
        if report is not None:
            nb.metadata["proctor"] = report.as_dict()

    def _make_harmless(self, nb: NotebookNode, assignment: Assignment | None) -> None:
        """Cleans what the student wrote; the course's own cells stay as they are."""
        ours = {cell.source for cell in assignment.released.cells} if assignment else set()
        for cell in nb.cells:
            if cell.source not in ours:
                clean_cell(cell)


def _code(nb: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in nb.cells if cell.cell_type == "code"]


def _cell(cell: NotebookNode, assignment: Assignment) -> Cell:
    """A cell for the room: without the line that names its hidden checks."""
    return Cell(HIDDEN.sub("", cell.source), grade_id(cell), assignment.exercise_of(grade_id(cell)))


def _judged(cell: NotebookNode, verdict: Verdict) -> None:
    """Leaves of a graded cell's outputs what was printed or drawn, and says the verdict as nbgrader reads it."""
    cell.outputs = [output for output in cell.outputs if output.output_type == "display_data" or _is_stdout(output)]
    if verdict.status != "passed":
        cell.outputs.append(error(verdict.status, verdict.message))


def _is_stdout(output: NotebookNode) -> bool:
    return output.output_type == "stream" and output.name == "stdout"
