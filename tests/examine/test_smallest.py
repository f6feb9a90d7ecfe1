"""A failure is shown as a small call, which gives the same where it is pasted beside the answer."""

import math
import random
import re

import pytest
import torch

from proctor.answers import Answer, answers, solved
from proctor.course import assignments
from proctor.examine.examine import examine
from proctor.examine.wording import in_numbers
from proctor.submission import restored

EXERCISES = ["embed", "cosine_similarity", "linear", "softmax", "cross_entropy", "cross_entropy_between"]
EXERCISES += ["gradient_of", "sgd_step", "train_step", "get_batch", "evaluate", "generate"]
EXERCISES += ["SelfAttention", "Block", "TinyTransformer"]


def failures(course, exercise: str, sources: list[str], seed: int = 1) -> list[list[str]]:
    """The lines of the message on the first cell of the exercise that failed, for each of these answers."""
    assignment = next(each for each in assignments(course).values() if exercise in each.stubs)
    cells = {graded.id for graded in assignment.graded.values() if graded.exercise == exercise}
    found = []
    for source in sources:
        submission = restored(solved(assignment, {exercise: source}), assignment, {})
        report = examine(submission, seed=seed, cells=cells)
        found.append(next(c.message for c in report.cells if c.status in ("failed", "error")).splitlines())
    return found


def sample(course, exercise: str, count: int = 4) -> list[Answer]:
    known = answers(course / "answers" / "wrong" / f"{exercise}.py")
    return random.Random(exercise).sample([each for each in known if not each.like], count)


NAMES = {"torch": torch, "F": torch.nn.functional, "nn": torch.nn, "math": math}


@pytest.mark.parametrize("exercise", EXERCISES)
def test_what_is_shown_fails_where_it_is_pasted(course, exercise):
    known = [each for each in sample(course, exercise) if "forbidden" not in each.title.lower()]
    assignment = next(each for each in assignments(course).values() if exercise in each.stubs)
    pasted = 0
    for answer, lines in zip(known, failures(course, exercise, [each.source for each in known])):
        text = "\n".join(lines)
        # the lines that are typed, then what the last of them gives
        found = re.search(r"(?P<typed>.*)\n(returned|raised) (?P<came>[^\n]*)\nexpected ", text, re.DOTALL)
        found = found or re.search(r"(?P<typed>.*\n[\w.]+) is (?:then )?(?P<came>[^\n]*)\nexpected ", text, re.DOTALL)
        if not found or re.search(r"\w+(32|64) [\[(]|\ba \w+", found["typed"]):
            continue
        *before, last = found["typed"].splitlines()
        came = set()
        for _ in range(2):
            names = dict(NAMES)
            for source in [*assignment.solutions.values(), answer.source]:
                exec(source, names)
            try:
                exec("\n".join(before), names)
                came.add(in_numbers(eval(last, names)))
            except Exception as error:
                came.add(type(error).__name__)
        # it fails there too; to the digit where the answer has no weights of its own, which are random, and keeps nothing
        assert lines[-1].removeprefix("expected ") not in came, text
        assert f"expected {found['came']}" not in lines
        pasted += found["came"].partition(":")[0] in came
    assert pasted >= 1


def test_a_small_call_has_few_numbers(course):
    (lines,) = failures(course, "softmax", ["def softmax(x, dim):\n    e = x.exp()\n    return e / e.sum()"])
    assert len(lines) == 3 and lines[0].startswith("softmax(torch.tensor(") and lines[0].count(",") <= 3


def test_the_same_answer_is_shown_the_same_call_and_another_one_is_not(course):
    wrong = "def softmax(x, dim):\n    e = x.exp()\n    return e / e.sum()"
    one, same, other = failures(course, "softmax", [wrong, wrong, wrong + "  # mine"])
    assert one == same and one[0] != other[0]


def test_numbers_of_a_call_about_large_ones_are_large(course):
    (lines,) = failures(
        course, "softmax", ["def softmax(x, dim):\n    e = x.exp()\n    return e / e.sum(dim, keepdim=True)"]
    )
    assert "nan" in lines[1] and "torch.tensor([[1" in lines[0]


def test_where_only_a_large_call_fails_it_is_said_what_it_has(course):
    source = "def embed(token_ids, table):\n    return table[token_ids.to(torch.uint8).long()]"
    (lines,) = failures(course, "embed", [source])
    assert lines[-1] == "(Smaller calls come out right; this one has 70000 entries in one dimension.)"


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
    assert lines[-1] == "(As the first call of all it comes out right: the answer keeps something from call to call.)"


def test_a_call_after_another_is_shown_with_both(course):
    source = """
KEPT = []
def cosine_similarity(a, b):
    found = [norm for tensor, norm in KEPT if tensor is a]
    norm = found[0] if found else a.norm(dim=-1)
    KEPT.append((a, norm))
    lengths = norm * b.norm(dim=-1)
    return torch.where(lengths == 0, 0.0, (a * b).sum(-1) / lengths.clamp(min=1e-30))
"""
    (lines,) = failures(course, "cosine_similarity", [source])
    assert any(line.startswith("a.copy_(torch.tensor(") for line in lines), lines
