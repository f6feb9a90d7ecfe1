"""What a check makes of a reply may take only so much memory: who gives back too much loses that check, and nobody else anything."""

import nbformat
import pytest
import torch

from proctor.answers import put, solved
from proctor.course import assignments
from proctor.course.report import report_in
from proctor.session.budget import MEMORY, Budget, ran_out

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
        lost = {
            cell["id"]: cell for cell in reports[student]["cells"] if cell["status"] != "passed"
        }
        assert (
            lost.keys() == {"softmax_values"}
            and lost["softmax_values"]["status"] == "out_of_memory"
        )
        assert "float32 (60000,)" in lost["softmax_values"]["message"]
    assert [reports[student]["score"] for student in ("bob", "dan")] == [30, 30]


def test_the_limit_holds_for_its_time_only():
    budget = Budget()
    # of four bytes each
    assert budget.spend(torch.zeros, MEMORY) is None and budget.used() >= 1
    assert torch.zeros(MEMORY // 4 + 2**20).numel()
    assert not ran_out(RuntimeError("shape mismatch"))
