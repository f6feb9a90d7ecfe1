"""Which answer a mark by hand was given for."""

import pytest
from nbformat.v4 import new_code_cell

from proctor.answers import put, solved
from proctor.course import assignments
from proctor.records.outcomes import answer_digests

CELL = "softmax_values"
MINE = "def softmax(x, dim):\n    return x.exp()"


@pytest.fixture
def right(course):
    return solved(assignments(course)["03-softmax"])


def test_it_changes_with_its_own_cell_alone(right):
    before = answer_digests(right)
    now = answer_digests(put(right, "softmax", MINE))
    assert now[CELL] != before[CELL]
    assert now["softmax_stability"] == now[CELL]
    other = "predict_row_sum_value"
    assert now[other] == before[other]


@pytest.mark.parametrize("own", [MINE, "# my answer is below"])
def test_an_answer_that_stands_elsewhere_too_changes_with_every_cell(right, own):
    notebook = put(right, "softmax", own)
    notebook.cells.append(new_code_cell("def softmax(x, dim):\n    return x"))
    before = answer_digests(notebook)[CELL]
    notebook.cells[-1].source += " + 1"
    assert answer_digests(notebook)[CELL] != before
