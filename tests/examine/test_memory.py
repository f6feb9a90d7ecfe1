"""What a check makes of a reply may take only so much memory and time: who gives back too much loses that check or notebook, and nobody else anything."""

import nbformat
import pytest
import torch

from proctor.answers import put, solved
from proctor.course import assignments
from proctor.course.report import report_in
from proctor.examine.examine import SPARE, examine, limited
from proctor.examine.explain import ran_out
from proctor.submission import restored

NAME = "03-softmax"
GREEDY = """

def test_softmax_values__with_every_other(student, draw):
    got = student.softmax(torch.ones(3), dim=0)
    assert (got[:, None] * got[None]).sum() <= 1
"""
LONG = """
right = softmax
def softmax(x, dim):
    return torch.ones(60_000) if x.shape == (3,) and x.sum() == 3 else right(x, dim)
"""


@pytest.mark.full
def test_a_check_that_takes_too_much_costs_that_check_alone(make_known_course, run):
    course = make_known_course()
    checks = course / "tests" / "hidden" / "test_03_softmax.py"
    checks.write_text(checks.read_text() + GREEDY)
    assignment = assignments(course)[NAME]
    right = solved(assignment)
    long = put(right, "softmax", assignment.solutions["softmax"] + LONG)
    for student, notebook in {"ann": long, "bob": right, "cy": long, "dan": right}.items():
        (course / "submitted" / student / NAME).mkdir(parents=True)
        nbformat.write(notebook, course / "submitted" / student / NAME / assignment.notebook.name)
    run(course, "proctor", "grade", "--workers", 1)
    reports = {
        student: report_in(course / "autograded" / student / NAME / assignment.notebook.name)
        for student in ("ann", "bob", "cy", "dan")
    }
    for student in ("ann", "cy"):
        lost = {cell["id"]: cell for cell in reports[student]["cells"] if cell["status"] != "passed"}
        assert lost.keys() == {"softmax_values"} and lost["softmax_values"]["status"] == "out_of_memory"
        assert "float32 (60000,)" in lost["softmax_values"]["message"]
    assert [reports[student]["score"] for student in ("bob", "dan")] == [30, 30]


def test_the_limit_holds_for_its_time_only():
    with pytest.raises(MemoryError), limited():
        torch.zeros(SPARE)  # of four bytes each
    assert torch.zeros(SPARE // 4 + 2**20).numel()
    assert not ran_out(RuntimeError("shape mismatch"))


def test_what_takes_too_long_to_judge_ends_and_the_next_is_judged(course, monkeypatch):
    assignment = assignments(course)[NAME]
    submission = restored(solved(assignment), assignment)
    assert examine(submission).score
    monkeypatch.setattr("proctor.examine.examine.JUDGING", 0.01)
    report = examine(submission)
    assert {cell.status for cell in report.cells} == {"timeout"} and report.score == 0
    assert {cell.message for cell in report.cells} == {
        "what this notebook gives back or shows takes too long to be judged"
    }
    monkeypatch.undo()
    assert examine(submission).score == report.max_score
