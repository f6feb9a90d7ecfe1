"""The results of a class, by the gradebook: for the terminal, the report, the exports and the
feedback pages.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from nbgrader.api import (
    Assignment,
    BaseCell,
    Gradebook,
    GradeCell,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
)
from nbgrader.api import Grade as Entry
from sqlalchemy import case, func


@dataclass
class Result:
    """The points that one submission earned; `cells` are those by graded cell."""

    penalty: float
    timestamp: datetime | None
    late: timedelta
    raw: float = 0.0
    max_score: float = 0.0
    # a grade is still to be given, or looked at again
    by_hand: bool = False
    # whether any cell has a score, be it 0
    scored: bool = False
    cells: dict[str, float] = field(default_factory=dict)

    @property
    def score(self) -> float:
        """The points, the late penalty taken off."""
        return max(0.0, self.raw - self.penalty)

    @property
    def graded(self) -> bool:
        """Whether there is a grade: none if it could not be read and no person has graded it."""
        return self.scored or not self.cells


Results = dict[tuple[str, str], Result]  # by student and assignment


def results(gradebook: Gradebook, *which: Any) -> Results:
    """The result of every submission, or of those notebooks of which the SQL expressions `which`
    are true.
    """
    submission, notebook, zero = SubmittedAssignment, SubmittedNotebook, timedelta()
    submissions = gradebook.db.query(submission.student_id, Assignment.name)
    submissions = submissions.select_from(submission).join(submission.assignment)
    notebooks = submissions.add_columns(
        notebook.late_submission_penalty,
        submission.timestamp,
        Assignment.duedate,
        submission.extension,
    ).outerjoin(submission.notebooks)
    found: Results = {}
    for student, name, penalty, when, due, extension in notebooks.filter(*which):
        late = zero
        if when and due:
            late = max(when - due - (extension or zero), zero)
        found.setdefault((student, name), Result(0.0, when, late)).penalty += penalty or 0.0
    kinds: list[Any] = [GradeCell, TaskCell]
    most = {}
    for kind in kinds:
        most.update(gradebook.db.query(kind.id, kind.max_score).all())
    # points for an earlier submission, which are to be looked at again, are no grade of this one
    by_a_person = case((Entry.needs_manual_grade.is_(False), Entry.manual_score))
    cells = (
        submissions.add_columns(BaseCell.id, BaseCell.name, Entry.score)
        .add_columns(func.coalesce(Entry.auto_score, by_a_person), Entry.needs_manual_grade)
        .join(notebook, notebook.assignment_id == submission.id)
        .join(Entry, Entry.notebook_id == notebook.id)
        .join(BaseCell, BaseCell.id == Entry.cell_id)
        .filter(*which)
    )
    for student, name, cell, called, score, given, by_hand in cells:
        one = found[student, name]
        one.cells[called] = score
        one.raw += score
        one.max_score += most[cell]
        one.by_hand |= by_hand
        one.scored |= given is not None
    return found
