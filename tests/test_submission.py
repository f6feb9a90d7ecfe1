"""The one way in: what a submission says of itself counts for nothing, and its answers count wherever they stand."""

import json
import re
from copy import deepcopy

import nbformat
import pytest
from nbformat.v4 import new_code_cell
from nbgrader.api import Gradebook

from proctor.answers import solved
from proctor.course import assignments, grade_id
from proctor.errors import NotExaminable
from proctor.examine.examine import examine
from proctor.submission import with_released_cells


@pytest.fixture(scope="module")
def softmax(course):
    return assignments(course)["03-softmax"]


def place(notebook, name):
    return next(number for number, cell in enumerate(notebook.cells) if grade_id(cell) == name)


BARE = "def softmax(x: torch.Tensor, dim: int) -> torch.Tensor:\n    # YOUR CODE HERE\n    raise NotImplementedError()"


@pytest.mark.parametrize(
    "first, second",
    [
        ("stub", "answer"),
        ("answer", "stub"),
        ("answer", "bare"),
        ("bare", "answer"),
        ("wrong", "answer"),
    ],
)
def test_of_two_copies_of_a_cell_the_last_that_holds_an_answer_counts(softmax, first, second):
    """JupyterLab copies a cell with all that nbgrader notes of it. A stub whose docstring was deleted is a stub."""
    notebook = solved(softmax)
    wrong = "def softmax(x, dim):\n    return x"
    sources = {
        "stub": softmax.stubs["softmax"],
        "answer": softmax.solutions["softmax"],
        "wrong": wrong,
        "bare": BARE,
    }
    at = place(notebook, "softmax")
    notebook.cells.insert(at + 1, deepcopy(notebook.cells[at]))
    notebook.cells[at].source, notebook.cells[at + 1].source = sources[first], sources[second]
    report = examine(with_released_cells(notebook, softmax))
    assert report.score == report.max_score


def test_what_is_locked_is_as_it_was_released_and_the_notebook_stays_as_it_is(softmax):
    notebook = solved(softmax)
    graded = notebook.cells[place(notebook, "softmax_values")]
    graded.source, graded.metadata.nbgrader.points = "assert True", 100
    before = deepcopy(notebook)
    made = with_released_cells(notebook, softmax).notebook
    assert notebook == before
    cell = made.cells[place(made, "softmax_values")]
    original = softmax.released.cells[place(softmax.released, "softmax_values")]
    assert (cell.source, cell.metadata) == (original.source, original.metadata)


def test_what_is_missing_comes_back_and_is_told(softmax):
    notebook = solved(softmax)
    for name in ("softmax", "softmax_values"):
        del notebook.cells[place(notebook, name)]
    submission = with_released_cells(notebook, softmax)
    assert submission.missing == {"softmax"}
    assert [grade_id(cell) for cell in submission.notebook.cells if grade_id(cell)] == [
        grade_id(cell) for cell in softmax.released.cells if grade_id(cell)
    ]
    assert {
        cell.status for cell in examine(submission).cells if cell.id.startswith("softmax_v")
    } == {"missing"}


def test_a_notebook_without_exercises_is_refused(softmax):
    notebook = solved(softmax)
    notebook.cells = [new_code_cell("1 + 1")]
    with pytest.raises(NotExaminable, match="none of this assignment's exercises"):
        with_released_cells(notebook, softmax)


def test_what_a_student_made_of_a_locked_cell_follows_it_as_a_cell_of_their_own(softmax):
    notebook = solved(softmax)
    released = notebook.cells[place(notebook, "setup")].source
    notebook.cells[place(notebook, "setup")].source = "import numpy as np\n" + released
    notebook.cells[place(notebook, "softmax_values")].source = "assert True"
    made = with_released_cells(notebook, softmax).notebook
    after = made.cells[place(made, "setup") + 1]
    assert made.cells[place(made, "setup")].source == released
    assert after.source.startswith("import numpy as np\n") and grade_id(after) is None
    assert "assert True" not in [cell.source for cell in made.cells]
    again = with_released_cells(made, softmax).notebook
    assert [cell.source for cell in again.cells] == [cell.source for cell in made.cells]
    # comments and blanks are no change
    notebook.cells[place(notebook, "setup")].source = released + "\n# my notebook\n"
    assert len(with_released_cells(notebook, softmax).notebook.cells) == len(notebook.cells)


THREE_LOOPS = """def matmul(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes")
    C = torch.zeros(A.shape[0], B.shape[1], dtype=A.dtype)
    for i in range(A.shape[0]):
        for j in range(B.shape[1]):
            for p in range(A.shape[1]):
                C[i, j] = C[i, j] + A[i, p] * B[p, j]
    return C
"""
COUNT_CALLS = """from torch.overrides import TorchFunctionMode


class CountCalls(TorchFunctionMode):
    def __init__(self):
        super().__init__()
        self.calls = 0

    def __torch_function__(self, func, types, args=(), kwargs=None):
        self.calls += 1
        return func(*args, **(kwargs or {}))
"""
FEW_CALLS = """A, B = torch.randn(20, 21), torch.randn(21, 22)
with CountCalls() as counter:
    matmul(A, B)
few = counter.calls < 20 * 21 * 22
that(few, "fewer calls of PyTorch than 20 * 21 * 22, one a product", counter.calls, matmul)
"""


def test_a_stub_without_its_docstring_is_no_attempt(course, run, tmp_path):
    """In its own cell, in a cell of the student's own, and in a notebook without nbgrader's notes."""
    assignment = assignments(course)["03-softmax"]
    docstring = re.compile(r'\n *"""[^"]*"""')
    notebooks = {
        "own": assignment.released,
        "scratch": assignment.released,
        "forgotten": solved(assignment),
    }
    for name, notebook in notebooks.items():
        notebook = deepcopy(notebook)
        cells = [cell for cell in notebook.cells if grade_id(cell) in assignment.stubs]
        for cell in cells:
            bare = docstring.sub("", assignment.stubs[grade_id(cell)])
            if name == "scratch":
                notebook.cells.insert(notebook.cells.index(cell) + 1, new_code_cell(bare))
            else:
                cell.source = bare
        if name == "forgotten":
            for cell in notebook.cells:
                cell.metadata.pop("nbgrader", None)
        nbformat.write(notebook, tmp_path / f"{name}.ipynb")
    paths = [tmp_path / f"{name}.ipynb" for name in notebooks]
    for report in json.loads(run(course, "proctor", "check", "--json", *paths, code=1).stdout):
        assert {cell["status"] for cell in report["cells"]} == {"not_attempted"}, report["notebook"]


LEFT_ALONE = """plain = torch.tensor([1.0, 2.0])
gradient_of(cubes, plain)
that(not plain.requires_grad, "a plain x requires no gradient afterwards", function=gradient_of)
"""
A_CONSTANT = """weight = torch.ones(2, 3, requires_grad=True)
expect(gradient_of, lambda x: (weight**2).sum(), torch.ones(2, 3)).gives(torch.zeros(2, 3))
"""
# x may no longer be expanded
AN_EXPANDED_X = """rows = many[:1].expand(12, 12)
result = numerical_gradient(squared, rows, eps=1e-3)
that(torch.allclose(result, rows.sum(1) + rows.sum(0)[:, None]), "x may be expanded", result)
"""
# by assignment: a student's answers, and the cells that are gone, each with the cell before it, its source and its points
OLDER = {
    "02-matmul": (
        {"matmul": THREE_LOOPS},
        {
            "count-calls": ("matmul_values", COUNT_CALLS, 0),
            "matmul_loops": ("count-calls", FEW_CALLS, 2),
        },
    ),
    "05-gradients": (
        {},
        {
            "gradient_of_x_left_alone": ("gradient_of_values", LEFT_ALONE, 1),
            "gradient_of_constant": ("gradient_of_x_left_alone", A_CONSTANT, 1),
            "numerical_gradient_input": ("numerical_gradient_values", AN_EXPANDED_X, 1),
        },
    ),
}


@pytest.fixture(params=OLDER)
def of_an_older_release(request, course):
    """An assignment, and a notebook of a release of it that had graded cells which are gone."""
    assignment = assignments(course)[request.param]
    answers, gone = OLDER[request.param]
    notebook = solved(assignment, answers)
    for name, (before, source, points) in gone.items():
        notes = {
            "grade_id": name,
            "grade": points > 0,
            "locked": True,
            "solution": False,
            "task": False,
        }
        notes |= {"schema_version": 3, "cell_type": "code"}
        if points:
            notes["points"] = points
        cell = new_code_cell(source, id=name, metadata={"nbgrader": notes})
        notebook.cells.insert(place(notebook, before) + 1, cell)
    return assignment, notebook


def test_a_graded_cell_that_is_gone_is_one_of_the_students_own(
    of_an_older_release, course, run, tmp_path
):
    assignment, notebook = of_an_older_release
    path = tmp_path / assignment.notebook.name
    nbformat.write(notebook, path)
    (report,) = json.loads(run(course, "proctor", "check", "--json", path).stdout)
    assert report["score"] == report["max_score"] == 26
    judged = {cell["id"] for cell in report["cells"]}
    assert judged == assignment.graded.keys() and not judged & OLDER[assignment.name][1].keys()


@pytest.mark.full
def test_a_class_whose_submissions_hold_a_graded_cell_that_is_gone(
    of_an_older_release, make_course, run
):
    assignment, notebook = of_an_older_release
    name, stem = assignment.name, assignment.notebook.stem
    course = make_course(name)
    path = course / "submitted" / "ada" / name / f"{stem}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)
    run(course, "nbgrader", "generate_assignment", name, "--create", "--force")
    run(course, "proctor", "grade", "--workers", "1", name)
    _, gone = OLDER[name]
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        found = gradebook.find_submission_notebook(stem, name, "ada")
        assert (found.score, found.max_score) == (26, 26)
        assert not gone.keys() & {grade.name for grade in found.grades}
    graded = nbformat.read(course / "autograded" / "ada" / name / f"{stem}.ipynb", as_version=4)
    for cell_name, (_, source, points) in gone.items():
        (cell,) = [cell for cell in graded.cells if cell.source.strip() == source.strip()]
        assert "nbgrader" not in cell.metadata or not points, cell_name
