"""Wrong answers in other words are recognised, right ones never."""

import pytest
import torch

from proctor.answers import solved
from proctor.course import assignments
from proctor.course.answers import Answer
from proctor.course.report import Verdict
from proctor.diagnosis.known_answers import replayer_of
from proctor.examine.examine import examine
from proctor.sandbox.protocol import Call, encode
from proctor.submission import with_released_cells

# the classic mistakes under other names and in other words: assignment, exercise, the mistake, the answer
CLASSICS = [
    (
        "03-softmax",
        "softmax",
        "without_shift",
        "def softmax(x, dim):\n    num = torch.pow(math.e, x)\n    den = num.sum(dim).unsqueeze(dim)\n    return torch.div(num, den)",
    ),
    (
        "03-softmax",
        "softmax",
        "one_maximum_and_one_sum",
        "def softmax(x, dim):\n    big = x.max()\n    w = [v for v in (x - big).exp().unbind(0)]\n    w = torch.stack(w)\n    return w / w.sum()",
    ),
    (
        "04-cross-entropy",
        "uniform_loss",
        None,
        "def uniform_loss(vocab_size):\n    if vocab_size < 1:\n        raise ValueError('no')\n    return math.log2(vocab_size)",
    ),
    (
        "05-gradients",
        "sgd_step",
        None,
        "def sgd_step(parameters, lr):\n    with torch.no_grad():\n        for weight in parameters:\n            if weight.grad is not None:\n                weight += weight.grad * lr",
    ),
    (
        "05-gradients",
        "train_step",
        None,
        "def train_step(model, optimizer, loss_fn, inputs, targets):\n    out = model(inputs)\n    B, T, V = out.shape\n    loss = loss_fn(out.reshape(B * T, V), targets.reshape(-1))\n    loss.backward()\n    optimizer.step()\n    return float(loss)",
    ),
    (
        "02-matmul",
        "attention_scores",
        None,
        "def attention_scores(q, k):\n    d = q.size(-1)\n    return torch.einsum('...id,...jd->...ij', q, k) / d",
    ),
    (
        "06-training-loop",
        "TinyLM",
        "WithReLU",
        "class TinyLM(torch.nn.Sequential):\n    def __init__(self, vocab_size, d_model):\n        super().__init__(\n            torch.nn.Embedding(vocab_size, d_model),\n            torch.nn.Linear(d_model, 4 * d_model),\n            torch.nn.ReLU(),\n            torch.nn.Linear(4 * d_model, vocab_size),\n        )",
    ),
    (  # another small number
        "04-cross-entropy",
        "cross_entropy",
        "clamps_the_probabilities",
        "def cross_entropy(logits, targets):\n    p = torch.softmax(logits, -1).clamp(min=1e-7)\n    return -p.gather(-1, targets[..., None]).log().mean()",
    ),
    (  # an assertion that says nothing
        "01-vectors",
        "most_similar",
        "checks_with_assert",
        "def most_similar(query, table, k):\n    assert 1 <= k <= table.size(0)\n    return torch.topk(cosine_similarity(table, query), k)[1]",
    ),
    (  # the sizes that don't fit, named the other way round
        "02-matmul",
        "collapse",
        "adds_the_weights",
        "def collapse(W1, b1, W2, b2):\n    return W2 + W1, b2 + b1",
    ),
    (  # a shape with -1 in it
        "01-vectors",
        "split_heads",
        None,
        "def split_heads(x, n_heads):\n    B, T, D = x.shape\n    return x.reshape(B, T, n_heads, -1).transpose(1, 2)",
    ),
]


@pytest.fixture
def diagnosed(course, monkeypatch):
    """The verdicts on the cells of one wrong answer; the small calls that show what failed are test_smallest.py's."""
    monkeypatch.setattr("proctor.examine.examine.show_smallest", lambda *_: None)

    def diagnosed(name: str, exercise: str, source: str) -> list[Verdict]:
        assignment = assignments(course)[name]
        cells = {cell.id for cell in assignment.graded.values() if cell.exercise == exercise}
        return examine(
            with_released_cells(solved(assignment, {exercise: source}), assignment), cells=cells
        ).cells

    return diagnosed


@pytest.mark.full
@pytest.mark.parametrize(
    ("name", "exercise", "mistake", "source"),
    CLASSICS,
    ids=[f"{c[1]}-{n}" for n, c in enumerate(CLASSICS)],
)
def test_a_classic_mistake_in_other_words(diagnosed, name, exercise, mistake, source):
    cells = diagnosed(name, exercise, source)
    found = {cell.diagnosis["id"] for cell in cells if cell.diagnosis}
    assert len(found) == 1, [cell for cell in cells if cell.status != "passed"]
    assert found == {f"{exercise}.{mistake}"} or (
        mistake is None and found.pop().startswith(f"{exercise}.")
    )


def test_of_two_mistakes_one_is_named(course):
    assignment = assignments(course)["03-softmax"]
    two = "def softmax_with_temperature(logits, temperature):\n    return softmax(logits * temperature, 0).detach()"
    report = examine(
        with_released_cells(solved(assignment, {"softmax_with_temperature": two}), assignment)
    )
    assert not [cell for cell in report.cells if cell.status == "passed" and cell.diagnosis]


def test_a_known_answer_keeps_its_state_for_one_student_alone(course):
    assignment = assignments(course)["03-softmax"]
    source = "calls = []\ndef softmax(x, dim):\n    calls.append(x)\n    return len(calls)"
    counts, question = (
        Answer("softmax", "counts", source),
        encode(Call("softmax", [torch.ones(2), 0], {})),
    )
    for _ in range(2):
        replayer = replayer_of(assignment)
        replies = replayer.replies(
            [(question, counts), (question, replayer.reference["softmax"]), (question, counts)]
        )
        assert [replies[0].value, replies[1].value.tolist(), replies[2].value] == [1, [0.5, 0.5], 2]


def test_a_cell_whose_hidden_checks_pass_has_its_points_whatever_its_visible_ones_say(course):
    assignment = assignments(course)["01-vectors"]
    fours = """def split_heads(x, n_heads):
    B, T, D = x.shape
    if D % n_heads:
        raise ValueError
    return x.reshape(B, T, -1, 4).transpose(1, 2)"""
    report = examine(with_released_cells(solved(assignment, {"split_heads": fours}), assignment))
    cell = next(cell for cell in report.cells if cell.id == "split_heads_gradients")
    assert cell.status == "passed" and cell.diagnosis is None


def test_nothing_is_guessed(diagnosed):
    odd = "def softmax(x, dim):\n    return x.sigmoid().cumsum(dim) * 0.123 + x.sin()"
    assert not [
        cell
        for cell in diagnosed("03-softmax", "softmax", odd)
        if cell.id.startswith("softmax_v") and cell.diagnosis
    ]
