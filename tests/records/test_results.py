"""What a class earned is computed once, with what an instructor gave and what was taken off."""

import os
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from proctor.records.results import results

DUE = datetime(2030, 3, 20, 18)


@pytest.fixture
def gradebook(tmp_path, monkeypatch):
    # nbgrader runs `alembic` from there
    monkeypatch.setenv(
        "PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    )
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as gradebook:
        gradebook.add_assignment("03-softmax", duedate=DUE)
        gradebook.add_notebook("softmax", "03-softmax")
        for cell in ("values", "errors"):
            gradebook.add_grade_cell(cell, "softmax", "03-softmax", max_score=3, cell_type="code")
        gradebook.add_task_cell("essay", "softmax", "03-softmax", max_score=4, cell_type="markdown")
        yield gradebook


def test_it_is_the_gradebooks_with_the_penalty_taken_off(gradebook):
    def hand_in(student: str, hours: int, penalty: float, **scores: dict):
        gradebook.add_student(student)
        found = gradebook.add_submission(
            "03-softmax", student, timestamp=DUE + timedelta(hours=hours)
        )
        found.notebooks[0].late_submission_penalty = penalty
        for cell in ("values", "errors", "essay"):
            grade = gradebook.find_grade(cell, "softmax", "03-softmax", student)
            grade.needs_manual_grade = cell not in scores
            for name, value in scores.get(cell, {}).items():
                setattr(grade, name, value)
        return found

    by_hand = {"auto_score": 1, "manual_score": 2, "extra_credit": 0.5}
    hand_in("ada", -1, 0, values={"auto_score": 3}, errors=by_hand, essay={"manual_score": 4})
    hand_in("ben", 5, 9, values={"auto_score": 3}).extension = timedelta(hours=2)
    hand_in("unread", 5, 0)
    # given for an earlier submission; nbgrader adds it to a score, and counts it nowhere else
    hand_in("extra", -1, 0, values={"extra_credit": 0.5})
    gradebook.db.commit()
    found = {student: one for (student, _), one in results(gradebook).items()}
    ada, ben, unread, extra = (found[student] for student in ("ada", "ben", "unread", "extra"))
    assert (ada.score, ada.max_score, ada.late, ada.by_hand, ada.graded) == (
        9.5,
        10,
        timedelta(),
        False,
        True,
    )
    assert ada.cells == {"values": 3, "errors": 2.5, "essay": 4}
    assert (ben.raw, ben.penalty, ben.score, ben.late, ben.by_hand) == (
        3,
        9,
        0,
        timedelta(hours=3),
        True,
    )
    assert ben.graded and not unread.graded and unread.by_hand and not extra.graded
