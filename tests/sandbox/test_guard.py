"""What an exercise rules out raises while it is asked about, and is free everywhere else."""

import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from proctor.answers import solved
from proctor.course import assignments
from proctor.examine.examine import examine
from proctor.submission import with_released_cells

NAMES = ["03-softmax", "02-matmul", "05-gradients", "04-cross-entropy", "01-vectors"]
USES = {  # by exercise, an answer that uses what is ruled out, and the line that is named
    "softmax": [
        ("return torch.softmax(x, dim)", 2),
        ("return F.softmax(x, dim=dim)", 2),
        ("return nn.Softmax(dim)(x)", 2),
        ("return torch._refs.softmax(x, dim)", 2),
        ("return torch.sparse.softmax(x.to_sparse(), dim).to_dense()", 2),
        (
            "try:\n        return torch.softmax(x, dim)\n    except Exception:\n        return x.exp() / x.exp().sum(dim, True)",
            3,
        ),
    ],
    "matmul": [
        ("return A @ B", 2),
        ("return torch.tensor(np.matmul(A.tolist(), B.tolist()), dtype=A.dtype)", 2),
        ("return F.linear(A, B.T)", 2),
        ("return torch.einsum('nk,km->nm', A, B)", 2),
    ],
    "sgd_step": [("torch.optim.SGD(list(parameters), lr=lr).step()", 2)],
    "numerical_gradient": [
        ("y = x.clone().requires_grad_()\n    (y * y).sum().backward()\n    return y.grad", 3)
    ],
    "cross_entropy": [("return F.cross_entropy(logits.flatten(0, -2), targets.flatten())", 2)],
    "negative_log_likelihood": [
        ("return F.nll_loss(probs.log()[None], torch.tensor([target]))", 2)
    ],
    "embed": [("return F.embedding(token_ids, table)", 2)],
    "cosine_similarity": [("return torch.cosine_similarity(a, b, dim=-1)", 2)],
}
CASES = [(exercise, body, line) for exercise, found in USES.items() for body, line in found]


@pytest.fixture(scope="module")
def of(course):
    """The assignment that an exercise belongs to."""
    found = assignments(course)
    return lambda exercise: next(a for a in found.values() if exercise in a.stubs)


def answer(assignment, exercise: str, body: str) -> str:
    return f"def {exercise}({', '.join(assignment.parameters[exercise])}):\n    {body}"


@pytest.mark.full
@pytest.mark.parametrize(
    "exercise, body, line", CASES, ids=[f"{case[0]}-{case[1][:40]}" for case in CASES]
)
def test_a_use_costs_its_own_exercise_and_names_the_line(of, exercise, body, line):
    assignment = of(exercise)
    source = answer(assignment, exercise, body)
    notebook = solved(assignment, {exercise: source})
    notebook.cells.insert(0, new_code_cell("import numpy as np\nimport torch.nn as nn"))
    report = examine(with_released_cells(notebook, assignment))
    own = [cell for cell in report.cells if assignment.graded[cell.id].exercise == exercise]
    assert {cell.status for cell in own} == {"forbidden"}
    text = source.splitlines()[line - 1].strip()
    assert own[0].message == f"line {line}: `{text}` is what this exercise asks you to write"
    assert all(cell.status == "passed" for cell in report.cells if cell not in own)
    assert not report.flags


@pytest.mark.parametrize(
    "source",
    [
        # the gradient of logsumexp is softmax
        "def softmax(x, dim):\n    y = x.detach().clone().requires_grad_(not x.requires_grad)\n"
        "    e = (x - x.amax(dim, keepdim=True)).exp()\n    torch.logsumexp(x, dim)\n    return e / e.sum(dim, keepdim=True)",
        "def softmax(x, dim):\n    return (x - torch.logsumexp(x, dim, keepdim=True)).exp()",
        "torch.softmax(torch.ones(3), 0)\nold = torch.softmax\ndef softmax(x, dim):\n"
        "    return (x - torch.logsumexp(x, dim, keepdim=True)).exp()\nassert torch.allclose(softmax(torch.ones(3), 0), old(torch.ones(3), 0))",
    ],
)
def test_what_is_allowed_trips_nothing(of, source):
    report = examine(with_released_cells(solved(of("softmax"), {"softmax": source}), of("softmax")))
    assert report.score == report.max_score and not report.flags


def test_a_use_in_a_helper_names_its_cell(of):
    assignment = of("softmax")
    notebook = solved(assignment, {"softmax": "def softmax(x, dim):\n    return helper(x, dim)"})
    notebook.cells.insert(0, new_code_cell("def helper(x, dim):\n    return torch.softmax(x, dim)"))
    report = examine(with_released_cells(notebook, assignment))
    assert report.cells[0].message.startswith(
        "code cell 1, line 2: `return torch.softmax(x, dim)` "
    )


def test_a_package_that_is_not_there_costs_nothing_where_the_answer_needs_none_of_it(of):
    assignment = of("softmax")
    guarded = "try:\n    import not_here_either\nexcept ImportError:\n    not_here_either = None\nassert not_here_either is None\n"
    source = f"import not_here as nh\nfrom not_here.too import thing\nnh.use(thing)\n{guarded}{assignment.solutions['softmax']}"
    report = examine(with_released_cells(solved(assignment, {"softmax": source}), assignment))
    assert report.score == report.max_score


def test_a_shadowed_builtin_costs_nothing(of):
    assignment = of("uniform_loss")
    notebook = solved(assignment)
    notebook.cells.insert(0, new_code_cell("isinstance = 'mine'\nabs = max = 3"))
    report = examine(with_released_cells(notebook, assignment))
    assert report.score == report.max_score


BEHIND = """
def softmax(x, dim):
    guard = getattr(get_ipython().run.__func__, "__glo" + "bals__")["guard"]
    kept, guard._forbidden = guard._forbidden, frozenset()
    try:
        return torch.softmax(x, dim)
    finally:
        guard._forbidden = kept
"""


@pytest.mark.full
def test_flags_are_told_to_the_instructor_alone(make_course, run, course):
    """The first answer with a built-in's bits is told, and not those that call it."""
    name = "03-softmax"
    copy = make_course(name)
    assignment = assignments(course)[name]
    notebook = solved(assignment, {"softmax": BEHIND})
    folder = copy / "submitted" / "ada" / name
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / assignment.notebook.name)
    done = run(copy, "proctor", "grade", name, "--workers", "1")
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    answer = next(number for number, cell in enumerate(code, 1) if cell.source == BEHIND)
    assert f"code cell {answer}, line 1, the same bits as torch.softmax in all " in done.stdout
    assert done.stdout.count("the same bits") == 1
    report = json.loads(run(copy, "proctor", "report", "--json").stdout)
    (ada,) = report["assignments"][0]["submissions"]
    (flagged,) = ada["looks"]
    assert "the same bits" in flagged and ada["score"] == assignment.max_score
    run(copy, "nbgrader", "generate_feedback", name)
    feedback = (copy / "feedback" / "ada" / name / "softmax.html").read_text()
    assert "may use a built-in" not in feedback and "same bits" not in feedback
