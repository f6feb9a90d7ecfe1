"""A failure is shown as a small call, which gives the same where it is pasted beside the answer."""

import inspect
import math
import random
import re

import pytest
import torch

from proctor.answers import Answer, answers, solved
from proctor.course import assignments
from proctor.course.codes import Code
from proctor.course.words import SENTENCES
from proctor.examine.examine import examine
from proctor.grading.values import in_numbers
from proctor.submission import with_released_cells

KEEPS_SOMETHING = SENTENCES[Code.KEEPS_SOMETHING]

SOME = ["softmax", "sgd_step"]
OTHERS = ["embed", "linear", "cross_entropy_between", "Block"]
OTHERS += ["cosine_similarity", "cross_entropy", "analogy", "split_heads", "collapse", "perplexity"]
OTHERS += [
    "gradient_of",
    "train_step",
    "get_batch",
    "evaluate",
    "generate",
    "SelfAttention",
    "TinyTransformer",
]
EXERCISES = [*SOME, *(pytest.param(each, marks=pytest.mark.full) for each in OTHERS)]


@pytest.fixture(autouse=True)
def without_diagnosis(monkeypatch):
    """Nobody reads here what was misunderstood, which is test_corpus.py's and takes longer than the small calls."""
    monkeypatch.setattr("proctor.examine.examine.diagnose", lambda *_: None)


def failures(course, exercise: str, sources: list[str], seed: int = 1) -> list[list[str]]:
    """The lines of the message on the first cell of the exercise that failed, for each of these answers."""
    assignment = next(each for each in assignments(course).values() if exercise in each.stubs)
    cells = {graded.id for graded in assignment.graded.values() if graded.exercise == exercise}
    found = []
    for source in sources:
        submission = with_released_cells(solved(assignment, {exercise: source}), assignment, {})
        report = examine(submission, seed=seed, cells=cells)
        found.append(next(c.message for c in report.cells if c.status != "passed").splitlines())
    return found


def sample(course, exercise: str, count: int = 4) -> list[Answer]:
    known = answers(course / "answers" / "wrong" / f"{exercise}.py")
    return random.Random(exercise).sample([each for each in known if not each.like], count)


NAMES = {"torch": torch, "F": torch.nn.functional, "nn": torch.nn, "math": math}


def in_code(lines: list[str]) -> re.Match | None:
    """The lines of a message that are typed, and what the last of them gave; None where it tells the call in words."""
    text = "\n".join(lines)
    found = re.search(
        r"(?P<typed>.*)\n(returned|raised) (?P<came>[^\n]*)\nexpected ", text, re.DOTALL
    )
    found = found or re.search(
        r"(?P<typed>.*\n[\w.]+) is (?:then )?(?P<came>[^\n]*)\nexpected ", text, re.DOTALL
    )
    return found if found and not re.search(r"\w+(32|64) [\[(]|\ba \w+", found["typed"]) else None


def pasted(typed: str, sources: list[str]) -> str:
    """What the last of the lines gives in a notebook in which these cells have just run."""
    names, (*before, last) = dict(NAMES), typed.splitlines()
    torch.set_grad_enabled(True)
    for source in sources:
        exec(source, names)
    try:
        exec("\n".join(before), names)
        return in_numbers(eval(last, names))
    except Exception as error:
        return type(error).__name__
    finally:
        torch.set_grad_enabled(True)


def same_where_pasted(lines: list[str], course, exercise: str, source: str) -> bool:
    """Whether a message has code to paste, which then gives, each time, what the message says."""
    found = in_code(lines)
    # what an answer keeps of earlier calls shows in no fresh notebook
    if found is None or KEEPS_SOMETHING in "\n".join(lines):
        return False
    # an object is described in other words on this side of the sandbox
    if found["came"].startswith("a "):
        return False
    assignment = next(each for each in assignments(course).values() if exercise in each.stubs)
    came = found["came"].partition(":")[0] if found[2] == "raised" else found["came"]
    for _ in range(2):
        assert pasted(found["typed"], [*assignment.solutions.values(), source]) == came, lines
    assert f"expected {found['came']}" not in lines
    return True


@pytest.mark.parametrize("exercise", EXERCISES)
def test_what_is_shown_gives_the_same_where_it_is_pasted(course, exercise):
    # many failures of a whole model are told in words
    known = sample(course, exercise, 8 if exercise in ("SelfAttention", "TinyTransformer") else 4)
    sources = [each.source for each in known]
    shown = failures(course, exercise, sources)
    assert (
        sum(
            same_where_pasted(lines, course, exercise, source)
            for lines, source in zip(shown, sources)
        )
        >= 2
    )


KEEPERS = {
    "sgd_step": """
        STEPS = []
        @torch.no_grad()
        def sgd_step(parameters, lr):
            STEPS.append(lr)
            for p in parameters:
                if p.grad is not None:
                    p -= (1 + len(STEPS)) * lr * p.grad
        """,
    "TinyLM": """
        class TinyLM(nn.Module):
            calls = 0
            def __init__(self, vocab_size, d_model):
                super().__init__()
                self.embedding = nn.Embedding(vocab_size, d_model)
                self.hidden = nn.Linear(d_model, 4 * d_model)
                self.head = nn.Linear(4 * d_model, vocab_size)
            def forward(self, ids):
                TinyLM.calls += 1
                return self.head(F.gelu(self.hidden(self.embedding(ids)))) + TinyLM.calls
        """,
    "evaluate": """
        def evaluate(model, data, seq_len, seen=[0.0]):
            with torch.no_grad():
                for start in range(0, len(data) - 1, seq_len):
                    targets = data[start + 1 : start + 1 + seq_len]
                    inputs = data[start : start + len(targets)]
                    seen[0] += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
            return seen[0] / len(data)
        """,
    "Block": """
        norms = {}
        class Block(nn.Module):
            def __init__(self, d_model, n_heads):
                super().__init__()
                self.norm1 = self.norm2 = norms.setdefault(d_model, nn.LayerNorm(d_model))
                self.attention = SelfAttention(d_model, n_heads)
                self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))
                self.scale = 1 + len(norms)
            def forward(self, x):
                x = x + self.attention(self.norm1(x))
                return x + self.scale * self.mlp(self.norm2(x))
        """,
}


@pytest.mark.parametrize("exercise", KEEPERS)
def test_what_an_answer_keeps_from_the_checks_is_not_in_what_is_shown(course, exercise):
    source = inspect.cleandoc(KEEPERS[exercise])
    (lines,) = failures(course, exercise, [source])
    assert same_where_pasted(lines, course, exercise, source), lines


LUCKY = """
from pathlib import Path
runs = Path("runs.txt")
runs.write_text("x" + runs.read_text() if runs.exists() else "x")
right = len(runs.read_text()) % 2 == 0
def linear(x, W, b=None):
    return x @ W.T + (0 if b is None else b) + (0 if right else 1)
"""


def test_who_is_right_at_every_second_run_by_luck_is_not_said_to_keep_something(course):
    (lines,) = failures(course, "linear", [LUCKY])
    assert in_code(lines) and KEEPS_SOMETHING not in lines, lines


def test_a_slow_cell_is_not_run_again(course):
    source = "import time\ntime.sleep(0.6)\n" + inspect.cleandoc(KEEPERS["sgd_step"])
    (lines,) = failures(course, "sgd_step", [source])
    found = in_code(lines)
    assert found and pasted(found["typed"], [source]) != found["came"]


def test_a_small_call_has_few_numbers(course):
    (lines,) = failures(
        course, "softmax", ["def softmax(x, dim):\n    e = x.exp()\n    return e / e.sum()"]
    )
    assert (
        len(lines) == 3
        and lines[0].startswith("softmax(torch.tensor(")
        and lines[0].count(",") <= 3
    )


def test_the_same_answer_is_shown_the_same_call_and_another_one_is_not(course):
    wrong = "def softmax(x, dim):\n    e = x.exp()\n    return e / e.sum()"
    one, same, other = failures(course, "softmax", [wrong, wrong, wrong + "  # mine"])
    assert one == same and one[0] != other[0]


def test_numbers_of_a_call_about_large_ones_are_large(course):
    (lines,) = failures(
        course,
        "softmax",
        ["def softmax(x, dim):\n    e = x.exp()\n    return e / e.sum(dim, keepdim=True)"],
    )
    assert "nan" in lines[1] and "torch.tensor([[1" in lines[0]


def test_numbers_that_are_no_tensor_are_small_too(course):
    source = "def split_heads(x, n_heads):\n    return x.view(*x.shape[:-1], -1, n_heads).permute(0, 3, 1, 2)"
    (lines,) = failures(course, "split_heads", [source])
    assert (
        re.fullmatch(r"split_heads\((x=)?torch.tensor\(.*\), (n_heads=)?2\)", lines[0])
        and lines[0].count(".") < 10
    )


def test_different_numbers_stay_different(course):
    """`a`, `b` and `c` are three different ids, says the exercise."""
    source = "def analogy(a, b, c, table):\n    place = table[c] + table[b] - table[a]\n    return cosine_similarity(place, table).argmax().item()"
    for seed in range(4):
        (lines,) = failures(course, "analogy", [source], seed)
        ids = re.search(r"analogy\((?:a=)?(\d+), (?:b=)?(\d+), (?:c=)?(\d+),", lines[0])
        assert ids and len(set(ids.groups())) == 3, lines


def test_a_call_that_raises_is_not_replaced_by_one_that_returns(course):
    """The answer has two mistakes: one raises an error, and the other gives half of each number."""
    source = "def logits_gradient(logits, targets):\n    right = F.one_hot(targets)\n    return (torch.softmax(logits, -1) - right) / logits.numel()"
    assignment = next(
        each for each in assignments(course).values() if "logits_gradient" in each.stubs
    )
    report = examine(
        with_released_cells(solved(assignment, {"logits_gradient": source}), assignment, {}),
        seed=5,
        cells=assignment.cells_of("logits_gradient"),
    )
    messages = [cell.message for cell in report.cells if cell.status == "error"]
    assert messages and all("raised RuntimeError" in each for each in messages), messages


def test_an_error_of_the_backward_pass_is_shown_with_it(course):
    source = "def attend(q, k, v):\n    q.div_(q.shape[-1] ** 0.5)\n    return (q @ k.mT).softmax(-1) @ v"
    assignment = next(each for each in assignments(course).values() if "attend" in each.stubs)
    submission = with_released_cells(solved(assignment, {"attend": source}), assignment, {})
    (verdict,) = examine(submission, seed=1, cells={"attend_gradients"}).cells
    assert (
        ".backward()\nraised RuntimeError" in verdict.message
        and "requires_grad=True" in verdict.message
    )


@pytest.mark.parametrize(
    "exercise, source, shown",
    [
        (
            "softmax",
            "def softmax(x, dim):\n    x = torch.tensor(x, requires_grad=True)\n    e = (x - x.amax(dim, keepdim=True)).exp()\n"
            "    return e / e.sum(dim, keepdim=True)",
            r"\.backward\(\)\nx\.grad is None\nexpected float32 \[",
        ),
        (
            "softmax",
            "def softmax(x, dim):\n    x = x.detach()\n    e = (x - x.amax(dim, keepdim=True)).exp()\n"
            "    return e / e.sum(dim, keepdim=True)",
            r"\.requires_grad\nreturned False\nexpected True",
        ),
    ],
    ids=["a graph of its own", "no graph"],
)
def test_what_is_said_of_a_missing_gradient_is_so_where_it_is_pasted(
    course, exercise, source, shown
):
    assignment = next(each for each in assignments(course).values() if exercise in each.stubs)
    submission = with_released_cells(solved(assignment, {exercise: source}), assignment, {})
    (verdict,) = examine(submission, seed=1, cells={f"{exercise}_gradients"}).cells
    assert re.search(shown, verdict.message), verdict.message


KEEPS = """
KEPT = {}
def cosine_similarity(a, b):
    if KEY not in KEPT:
        KEPT[KEY] = a.norm(dim=-1)
    lengths = KEPT[KEY].to(a.dtype) * b.norm(dim=-1)
    return torch.where(lengths == 0, 0.0, (a * b).sum(-1) / lengths.clamp(min=1e-30))
"""


def test_a_call_that_fails_only_after_others_says_so(course):
    (lines,) = failures(course, "cosine_similarity", [KEEPS.replace("KEY", "a.shape")])
    assert (
        lines[-1]
        == "(As the first call of all it comes out right: the answer keeps something from call to call.)"
    )


ADDS = "def matmul(A, B):\n    return A.sum(1, keepdim=True) + B.sum(0)"
SWAPPED = "def matmul(A, B):\n    return (A[:, :, None] * B).sum(1).T"


def test_no_row_of_a_small_call_has_a_single_number(course):
    for lines in failures(course, "matmul", [ADDS, SWAPPED]):
        typed = in_code(lines)["typed"]
        assert "[" in typed and not re.search(r"\[-?[\d.]+\]", typed), lines


def test_a_call_stays_as_large_as_its_failure_is_the_same(course):
    """A product that is transposed has another shape, which no square matrix shows."""
    (lines,) = failures(course, "matmul", [SWAPPED])
    actual, expected = (
        line.count("], [") + 1 for line in lines if line.startswith(("returned", "expected"))
    )
    assert actual != expected, lines


def test_an_error_before_the_backward_pass_is_shown_without_it(course):
    source = "def attend(q, k, v):\n    if q.dim() > 2:\n        raise TypeError('one matrix, please')\n    return softmax(q @ k.T / q.shape[-1] ** 0.5, -1) @ v"
    assignment = next(each for each in assignments(course).values() if "attend" in each.stubs)
    report = examine(
        with_released_cells(solved(assignment, {"attend": source}), assignment, {}),
        seed=1,
        cells={"attend_gradients"},
    )
    (message,) = [cell.message for cell in report.cells]
    assert "raised TypeError: one matrix, please" in message and "backward" not in message


def test_an_experiment_says_which_question_its_lines_answer(course):
    """The check's own words are about other calls: "with one layer and 5 tokens"."""
    source = """
class TwoCharLM(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.table = nn.Embedding(vocab_size, d_model)
        self.head = nn.Linear(d_model, vocab_size)
    def forward(self, ids):
        return self.head(self.table(ids))
"""
    (lines,) = failures(course, "TwoCharLM", [source])
    assert lines[-3].endswith("  # the same at place 1 for another token before it?")
    assert lines[-2:] == ["returned True", "expected False"]


def test_each_failing_exercise_has_calls_of_its_own(course, monkeypatch):
    """One that uses its calls up doesn't take those of the next; without calls, nothing is said of other calls."""
    assignment = next(each for each in assignments(course).values() if "embed" in each.stubs)
    large = "def embed(token_ids, table):\n    return table[token_ids.to(torch.uint8).long()]"
    other = "def normalize_rows(table):\n    return table"
    submission = with_released_cells(
        solved(assignment, {"embed": large, "normalize_rows": other}), assignment, {}
    )
    monkeypatch.setattr("proctor.diagnosis.smallest.ALONE", (3, 5.0))
    cells = {
        cell.id: cell.message
        for cell in examine(submission, seed=1).cells
        if cell.status != "passed"
    }
    assert "normalize_rows(table=torch.tensor(" in cells["normalize_rows_values"]
    assert (
        "embed(int64 " in cells["embed_values"] and "comes out right" not in cells["embed_values"]
    )


def test_an_error_of_the_checks_own_line_is_said_to_be_there(course, monkeypatch):
    """And one of the answer's line, or of its parameters, to be the answer's."""
    monkeypatch.setattr("proctor.diagnosis.smallest.ALONE", (0, 5.0))
    source = """
class TwoCharLM(nn.Module):
    def __init__(self, {0}):
        super().__init__()
    def forward(self, ids):
        return {1}
"""
    answers = [
        ("vocab_size, d_model", "None"),
        ("vocab_size, d_model", "len(None)"),
        ("vocab_size", "None"),
    ]
    checks, own, parameters = failures(
        course, "TwoCharLM", [source.format(*each) for each in answers]
    )
    assert checks[1].startswith("the check could not go on: TypeError: unsupported operand"), checks
    assert "raised TypeError: object of type 'NoneType' has no len()" in own[0]
    assert "raised TypeError: TwoCharLM.__init__() got an unexpected" in parameters[0]
