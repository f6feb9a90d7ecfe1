"""Arithmetic on the findings in an attempt: its points of today, its verdicts, its predictions.

Nothing runs.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import sha256

from nbformat import NotebookNode
from nbgrader.utils import determine_grade, is_grade, is_solution

from proctor.course import Assignment, exercise_in, grade_id, nbgrader_facts
from proctor.course.cells import bound
from proctor.course.codes import Code
from proctor.course.report import BLANK, Report, Status, Verdict
from proctor.grading.outcome import Outcome
from proctor.records.attempts import Attempt
from proctor.submission import code_cells


def apply_fixed_predictions(report: Report, fixed: dict[str, bool]) -> None:
    """Puts the verdicts on predictions that earlier attempts fix in the place of this attempt's
    own.
    """
    for cell in report.cells:
        if cell.id not in fixed:
            continue
        right = fixed[cell.id]
        status = Status.PASSED if right else Status.FAILED
        if cell.status != status:
            cell.status, cell.score, cell.note = (
                status,
                cell.max_score * right,
                Code.FIRST_PREDICTION(),
            )
            cell.diagnosis = cell.behaviour = None


def with_points(outcome: Outcome, worth: dict[str, float]) -> None:
    """Gives an outcome, which may have been found earlier, the points of today."""
    if outcome.report:
        for cell in outcome.report.cells:
            share = _share(cell)
            cell.max_score = worth.get(cell.id, cell.max_score)
            cell.score = cell.max_score * share
    set_points(outcome.notebook, worth)


def set_points(notebook: NotebookNode, worth: dict[str, float]) -> None:
    """Writes the points of graded cells into a notebook."""
    for cell in notebook.cells:
        name = grade_id(cell) or ""
        if name in worth and "points" in nbgrader_facts(cell):
            cell.metadata.nbgrader["points"] = worth[name]


def _share(verdict: Verdict) -> float:
    if not verdict.max_score:
        return float(verdict.status == Status.PASSED)
    return verdict.score / verdict.max_score


def verdicts_of(outcome: Outcome, assignment: Assignment) -> dict[str, list]:
    """The status of each graded cell, and the share of its points that it earned."""
    found: dict[str, list] = {}
    if outcome.report:
        found = {cell.id: [cell.status.value, _share(cell)] for cell in outcome.report.cells}
    for cell in filter(is_grade, code_cells(outcome.notebook)):
        name = grade_id(cell) or ""
        if name in assignment.self_checked and name not in found:
            # a warning is no failure
            said = [each for each in cell.outputs if each.get("name") != "stderr"]
            score, most = determine_grade(NotebookNode(cell | {"outputs": said}))
            share = (score or 0.0) / most if most else 0.0
            found[name] = [(Status.PASSED if share == 1 else Status.FAILED).value, share]
    return found


def predictions_in(outcome: Outcome, assignment: Assignment) -> list[str]:
    """The graded cells of a notebook's predictions that are no blank and didn't raise."""
    if not (outcome.report and outcome.ran):
        return []
    found = []
    for cell in outcome.report.cells:
        predicted = assignment.is_prediction(assignment.exercise_of(cell.id))
        if predicted and cell.status in (Status.PASSED, Status.FAILED):
            found.append(cell.id)
    return found


def answer_digests(notebook: NotebookNode) -> dict[str, str]:
    """A digest of the answer that each graded cell stands for: that of the solution cell, which is
    the graded cell itself or the last one before it.

    It is the digest of the whole notebook if the answer may be somewhere else.
    """
    everything = _digest([cell.source for cell in notebook.cells])
    times = Counter[str]()
    for cell in code_cells(notebook):
        times.update(bound(cell.source).keys())
    found: dict[str, str] = {}
    answer = everything
    for cell in notebook.cells:
        if is_solution(cell):
            answer = _digest([cell.source])
            if not is_grade(cell) and not _only_here(exercise_in(cell).names, cell.source, times):
                answer = everything
        if is_grade(cell):
            found[grade_id(cell) or ""] = answer
    return found


def _only_here(names: Iterable[str], source: str, times: Mapping[str, int]) -> bool:
    """Whether this cell alone binds each of these names, `times` being how many cells do."""
    return all(name in bound(source) and times[name] == 1 for name in names)


def _digest(sources: list[str]) -> str:
    return sha256(json.dumps(sources).encode()).hexdigest()


def answered_in(attempt: Attempt, assignment: Assignment) -> int | None:
    """How many exercises an attempt answers; None if it could not be read."""
    if attempt.unreadable:
        return None
    found = set()
    for cell, status in attempt.statuses.items():
        if status not in BLANK:
            found.add(assignment.exercise_of(cell))
    return len(found)
