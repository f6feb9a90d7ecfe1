"""Which exercises of a notebook that was saved again have to be asked again: those whose answer changed, and what it reaches.

It is decided by names, in doubt for asking.
"""

from proctor.course import grade_id
from proctor.course.cells import is_quiet, needed, reach, readers
from proctor.course.report import Report
from proctor.submission import Submission, code_cells


def changed(old: Submission, new: Submission) -> set[str]:
    """The exercises whose solution cell changed."""
    before, after = _answers(old), _answers(new)
    return {exercise for exercise in new.assignment.stubs if before.get(exercise) != after.get(exercise)}


def to_ask(old: Submission, report: Report, new: Submission) -> set[str] | None:
    """The graded cells whose verdict in the `report` on the old notebook may not hold for the new one; None for all."""
    exercises, before, after = changed(old, new), _answers(old), _answers(new)
    if _others(old) != _others(new) or old.files != new.files or old.missing != new.missing:
        return None
    if not all(is_quiet(answers[exercise]) for exercise in exercises for answers in (before, after)):
        return None
    graded, wrong = new.assignment.graded, {cell.id for cell in report.cells if cell.status != "passed"}
    idle = new.assignment.idle(new.notebook)
    try:
        cells = {str(n): reach(source) for n, source in enumerate(_others(new)) if source not in idle}
        cells |= {exercise: reach(after[exercise], before[exercise]) for exercise in after}
    except SyntaxError:
        return None
    touched = readers(exercises, cells)
    names = frozenset().union(*(cells[cell].binds for cell in touched))
    asked = {
        each for each in new.assignment.stubs if each in touched or names.intersection(new.assignment.names_of(each))
    }
    # what an answer calls is stood in for where it is wrong, which only asking finds
    below = needed(asked, cells)
    again = {name for name, cell in graded.items() if cell.exercise in asked}
    again |= {name for name, cell in graded.items() if name in wrong and cell.exercise in below}
    again |= {cell.id for cell in report.cells if cell.status == "unjudged"}
    # an exercise is asked as a whole, and what judges itself has run anyway
    whole = {graded[name].exercise for name in again}
    return {name for name, cell in graded.items() if cell.exercise in whole} | new.assignment.plain.keys()


def is_untouched(submission: Submission) -> bool:
    """Whether the notebook holds nothing but what was released."""
    return {cell.source for cell in code_cells(submission.notebook)} <= submission.assignment.released_sources


def _answers(submission: Submission) -> dict[str, str]:
    found = {grade_id(cell): cell.source for cell in code_cells(submission.notebook)}
    return {exercise: found[exercise] for exercise in submission.assignment.stubs if exercise in found}


def _others(submission: Submission) -> list[str]:
    """The sources of the other cells; where an answer stands among them, its name."""
    stubs = submission.assignment.stubs
    cells = [(grade_id(cell), cell.source) for cell in code_cells(submission.notebook)]
    return [name if name in stubs else source for name, source in cells if name is not None or source]
