"""The one way in: what a submission says of itself counts for nothing, and its answers count wherever they stand."""

from copy import deepcopy

import pytest
from nbformat.v4 import new_code_cell

from proctor.answers import solved
from proctor.course import assignments, grade_id
from proctor.errors import NotExaminable
from proctor.examine.examine import examine
from proctor.submission import restored


@pytest.fixture(scope="module")
def softmax(course):
    return assignments(course)["03-softmax"]


def place(notebook, name):
    return next(number for number, cell in enumerate(notebook.cells) if grade_id(cell) == name)


@pytest.mark.parametrize("first, second", [("stub", "answer"), ("answer", "stub"), ("wrong", "answer")])
def test_of_two_copies_of_a_cell_the_last_that_holds_an_answer_counts(softmax, first, second):
    """JupyterLab copies a cell with all that nbgrader notes of it."""
    notebook = solved(softmax)
    wrong = "def softmax(x, dim):\n    return x"
    sources = {"stub": softmax.stubs["softmax"], "answer": softmax.solutions["softmax"], "wrong": wrong}
    at = place(notebook, "softmax")
    notebook.cells.insert(at + 1, deepcopy(notebook.cells[at]))
    notebook.cells[at].source, notebook.cells[at + 1].source = sources[first], sources[second]
    report = examine(restored(notebook, softmax))
    assert report.score == report.max_score


def test_what_is_locked_is_as_it_was_released_and_the_notebook_stays_as_it_is(softmax):
    notebook = solved(softmax)
    graded = notebook.cells[place(notebook, "softmax_values")]
    graded.source, graded.metadata.nbgrader.points = "assert True", 100
    before = deepcopy(notebook)
    made = restored(notebook, softmax).notebook
    assert notebook == before
    cell = made.cells[place(made, "softmax_values")]
    original = softmax.released.cells[place(softmax.released, "softmax_values")]
    assert (cell.source, cell.metadata) == (original.source, original.metadata)


def test_what_is_missing_comes_back_and_is_told(softmax):
    notebook = solved(softmax)
    for name in ("softmax", "softmax_values"):
        del notebook.cells[place(notebook, name)]
    submission = restored(notebook, softmax)
    assert submission.missing == {"softmax"}
    assert [grade_id(cell) for cell in submission.notebook.cells if grade_id(cell)] == [
        grade_id(cell) for cell in softmax.released.cells if grade_id(cell)
    ]
    assert {cell.status for cell in examine(submission).cells if cell.id.startswith("softmax_v")} == {"missing"}


def test_a_notebook_without_exercises_is_refused(softmax):
    notebook = solved(softmax)
    notebook.cells = [new_code_cell("1 + 1")]
    with pytest.raises(NotExaminable, match="none of this assignment's exercises"):
        restored(notebook, softmax)


def test_what_a_student_made_of_a_locked_cell_follows_it_as_a_cell_of_their_own(softmax):
    notebook = solved(softmax)
    released = notebook.cells[place(notebook, "setup")].source
    notebook.cells[place(notebook, "setup")].source = "import numpy as np\n" + released
    notebook.cells[place(notebook, "softmax_values")].source = "assert True"
    made = restored(notebook, softmax).notebook
    after = made.cells[place(made, "setup") + 1]
    assert made.cells[place(made, "setup")].source == released
    assert after.source.startswith("import numpy as np\n") and grade_id(after) is None
    assert "assert True" not in [cell.source for cell in made.cells]
    again = restored(made, softmax).notebook
    assert [cell.source for cell in again.cells] == [cell.source for cell in made.cells]
    # comments and blanks are no change
    notebook.cells[place(notebook, "setup")].source = released + "\n# my notebook\n"
    assert len(restored(notebook, softmax).notebook.cells) == len(notebook.cells)
