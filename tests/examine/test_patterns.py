"""What the eye sees in a wrong tensor is said, where no known wrong answer explains it."""

import json
import math
import re

import nbformat
import pytest
import torch

from proctor.answers import solved
from proctor.course import assignments
from proctor.course.report import message_of
from proctor.diagnosis.patterns import describe_pattern
from proctor.examine.examine import examine
from proctor.submission import with_released_cells

WEIGHTS = """def causal_attention_weights(scores):
    T = scores.shape[-1]
    above = torch.ones(T, T, dtype=torch.bool, device=scores.device).triu(1)
    weights = softmax(scores.masked_fill(above, -math.inf), -1)
    return """
SCORES = "def attention_scores(q, k):\n    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])\n    return "
# by assignment and exercise: answers that neither a known one nor a change of one place explains, and what is said of them
WRONG = {
    ("02-matmul", "attention_scores"): [
        (SCORES + "torch.cat([scores[..., 1:], scores[..., :1]], -1)", r"Along dimension -1 every number stands one place too early\."),
        (SCORES + "scores[None, None]", r"right, and the shape isn't: it is \(1, 1, .*\), and should be \("),
        (SCORES + "torch.cat([scores[..., -1:, :], scores[..., :-1, :]], -2)", r"Along dimension -2 every number stands one place too late\."),
        (SCORES + "scores[..., torch.arange(scores.shape[-1]).neg() - 1]", r"Along dimension -1 the order is reversed\."),
        (SCORES + "(scores[..., :-1] + scores[..., 1:]) / 2", r"Its shape is \(.*\), and should be \(.*\)\."),
        (SCORES + "sum((scores, 3.0))", r"3 too large, everywhere: the same number\."),
        (SCORES + "F.pad(scores[..., :-1], (0, 1))", r"All is right but at the last place of dimension"),
    ],
    ("03-softmax", "causal_attention_weights"): [
        (WEIGHTS + "math.prod((weights, T))", r"2 times as large, everywhere\."),
        (WEIGHTS + "math.prod((weights, 3 ** 0.5))", r"1\.7321 times as large, everywhere\."),
    ],
    ("03-softmax", "attend"): [
        (
            "def attend(q, k, v):\n    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])\n"
            '    return torch.einsum("...ij->...ji", softmax(scores, -1) @ v)',
            r"It is transposed: with dimensions -2 and -1 swapped, every number is right\.",
        )
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    "assignment, exercise",
    [
        pytest.param(*key, marks=[pytest.mark.full] * (len(answers) > 1))
        for key, answers in WRONG.items()
    ],
)
def test_what_is_seen_is_said_where_no_known_answer_explains_it(
    course, run, tmp_path, assignment, exercise
):
    """By `proctor check`, each answer in a notebook of its own."""
    answers = WRONG[assignment, exercise]
    paths = [tmp_path / f"{number}.ipynb" for number in range(len(answers))]
    for path, (answer, _) in zip(paths, answers):
        nbformat.write(solved(assignments(course)[assignment], {exercise: answer}), path)
    done = run(course, "proctor", "check", "--json", "--seed", 7, *paths, code=1)
    for (answer, words), report in zip(answers, json.loads(done.stdout), strict=True):
        lost = [cell for cell in report["cells"] if cell["status"] != "passed"]
        others = [cell["message"] for cell in report["cells"] if cell not in lost]
        assert lost and all(cell["id"].startswith(exercise) for cell in lost), answer
        assert any(
            re.search(words, cell["message"]) and cell["diagnosis"] is None for cell in lost
        ), (answer, lost)
        assert not any(re.search(words, message) for message in others), answer


@pytest.mark.full
def test_an_error_that_is_left_to_pytorch_is_named_beside_the_call(course):
    leaves_it = "def matmul(A, B):\n    return torch.stack([(row.reshape(len(B), 1) * B).sum(0) for row in A])"
    assignment = assignments(course)["02-matmul"]
    report = examine(
        with_released_cells(solved(assignment, {"matmul": leaves_it}), assignment), seed=7
    )
    (cell,) = [cell for cell in report.cells if cell.status != "passed"]
    assert re.search(
        r"raised RuntimeError: shape .* is invalid .*\nexpected ValueError to be raised",
        cell.message,
    )
    assert cell.diagnosis and cell.diagnosis["id"] == "general.pytorchs_own"


X = torch.linspace(-2, 3, 12).reshape(3, 4)


@pytest.mark.parametrize(
    "got, want, words",
    [
        (X.double(), X, "Every number is right, and the dtype isn't: it is float64, and should be float32."),
        (X - math.log(2), X, "0.69315 too small, everywhere: the same number."),
        (-X, X, "The sign is flipped, everywhere."),
        (X * 2, X, "2 times as large, everywhere."),
        (X * 3, X, "3 times as large, everywhere."),
        (X.long(), X, "Its dtype is int64, and should be float32."),
        (X.flip(0), X, "Along dimension -2 the order is reversed."),
        (X.T.reshape(3, 4), X, "The right numbers stand there, in another order."),
        (X.softmax(0), X.softmax(1), "The numbers sum to 1 along dimension -2, and should along dimension -1."),
        (X[1:], X, "Its shape is (2, 4), and should be (3, 4)."),
        (X.index_fill(1, torch.tensor([3]), 9.0), X, "All is right but at the last place of dimension 1."),
        (X.new_ones(3, 4, 1), X, "Its shape is (3, 4, 1), and should be (3, 4)."),
        (torch.tensor([[3]]), torch.tensor([3]), "Its shape is (1, 1), and should be (1,)."),
        (torch.tensor([4, 1, 3, 2]), torch.tensor([2, 3, 1, 4]), "Along dimension -1 the order is reversed."),
    ],
)  # fmt: skip
def test_a_pattern_has_its_sentence(got, want, words):
    note = describe_pattern(got, want)
    assert note is not None and message_of(note) == words


@pytest.mark.parametrize(
    "got, want",
    [
        (X, X),
        (X.sin(), X),
        (X * 0, X),
        (X / 0, X),
        (X.long(), X.long()),
        (X + 1e-7, X),
        (X[:0], X),
        (X[:0], X[:0]),
        (torch.tensor(6.0), torch.tensor(2.0)),
        (X[0, :3] * 2, X[0, :3]),
        (X[0, :2].flip(0), X[0, :2]),
        (-X[:1, :1], X[:1, :1]),
        (torch.full((4, 1), 0.25), torch.ones(4, 1)),
        (torch.zeros(400, 400), torch.ones(400, 400)),
    ],
)
def test_where_nothing_is_sure_nothing_is_said(got, want):
    assert describe_pattern(got, want) is None
