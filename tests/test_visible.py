"""The visible checks warn: few known wrong answers leave a notebook green, and none that breaks a rule for every exercise.

What a slip is told names what was expected and what came, in place of an error of the check's own.
"""

import importlib
import linecache
import sys

import pytest
import torch

from proctor.course import grade_id
from proctor.examine.proofs import AFRESH
from proctor.grading.examination import all_forbidden
from proctor.sandbox.cell import Cell
from proctor.sandbox.launcher import fork_server
from proctor.sandbox.protocol import SandboxConfig
from proctor.session.session import Session
from proctor.submission import code_cells
from tests.test_corpus import ASSIGNMENTS, COURSE, corpus, examined

MOST = 1 / 8  # of the wrong answers of an assignment may pass every visible check
RULES = ("left_alone", "unchanged", "gradient", "forbidden", "dtype", "names")


def is_data(cell, assignment):
    """Whether a cell between the exercises only makes what a later one looks at: it draws nothing and calls no exercise."""
    draws = "figure" in cell.metadata.get("tags", [])
    return not draws and not any(
        name in cell.source
        for exercise in assignment.stubs
        for name in assignment.names_of(exercise)
    )


def by_visible_checks(assignment, exercise, folder):
    """Each known answer of a folder, and whether it passes every visible check of its exercise."""
    sources = {name: cell.source for name, cell in assignment.locked.items()} | assignment.solutions
    before = [
        Cell(sources.get(name, cell.source), name)
        for cell in code_cells(assignment.released)
        if (name := grade_id(cell)) not in assignment.graded and (name or is_data(cell, assignment))
    ]
    own = [sources[name] for name, cell in assignment.graded.items() if cell.exercise == exercise]
    session = Session(
        fork_server(),
        before,
        setup=SandboxConfig(modules=assignment.modules, forbidden=all_forbidden(assignment)),
    )
    try:
        session.run_all()
        for answer in corpus(folder, exercise):
            checks = [Cell(source, draw=False) for source in own]
            session.cells = [
                *before,
                Cell(AFRESH),
                Cell(answer.source, draw=False),
                *checks,
            ]
            session.position, session.link.sandboxes = len(before), 0
            session.renew()
            session.run_all()
            yield answer, not any(cell.done is None or cell.done.error_name for cell in checks)
    finally:
        session.close()


@pytest.mark.full
@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_right_answers_are_all_green(name):
    assignment = ASSIGNMENTS[name]
    found = [
        pair
        for exercise in assignment.stubs
        for pair in by_visible_checks(assignment, exercise, "right")
    ]
    assert found and [answer.id for answer, passes in found if not passes] == []


@pytest.mark.full
@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_few_wrong_answers_are_all_green(name, monkeypatch, request):
    # of no interest here, and slow
    monkeypatch.setattr("proctor.examine.examine.diagnose", lambda *_: {})
    assignment, found, rules, number = ASSIGNMENTS[name], [], [], 0
    for exercise in assignment.stubs:
        if exercise.startswith(("predict_", "catch_")):
            continue  # their checks look at the form alone, and say so
        number += len(corpus("wrong", exercise))
        passing = [
            answer for answer, passes in by_visible_checks(assignment, exercise, "wrong") if passes
        ]
        found += [f"{exercise}.{answer.id}: {answer.title}" for answer in passing]
        for answer, report, failed, _ in examined(exercise, passing, request.config.option.seed):
            broken = "forbidden" in {cell.status for cell in report.cells}
            about = [check.removeprefix(f"test_{exercise}") for check in failed]
            if broken or all(any(rule in each for rule in RULES) for each in about):
                rules.append(f"{exercise}.{answer.id}: {sorted(failed)}")
    told = "\n".join(
        [
            f"{len(found)} of {number} pass every visible check:",
            *found,
            "",
            "by a rule alone:",
            *rules,
        ]
    )
    print(told)
    assert len(found) <= MOST * number and not rules, told


TRAIN = "def train(model, data, steps, batch_size, seq_len, lr, generator):\n"
TRAINED = """    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    for _ in range(steps):
        starts = torch.randint(len(data) - seq_len, (batch_size, 1), generator=generator)
        tokens = data[starts + torch.arange(seq_len + 1)]
        optimizer.zero_grad()
        F.cross_entropy(model(tokens[:, :-1]).flatten(0, 1), tokens[:, 1:].flatten()).backward()
        optimizer.step()
"""
STEP = """def train_step(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    loss = loss_fn(LOGITS, TARGETS)
    loss.backward()
    optimizer.step()
    return loss.item()
"""
BATCH = "def get_batch(data, batch_size, seq_len, generator):\n    WHAT"
EVALUATE = """@torch.no_grad()
def evaluate(model, data, seq_len):
    parts = zip(data[:-1].split(seq_len), data[1:].split(seq_len))
    losses = [F.cross_entropy(model(ids[None])[0], targets, reduction="sum") for ids, targets in parts]
    return (sum(losses) / (len(data) - 1)).item()
"""
TWO = """class TwoCharLM(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.table = nn.Embedding(vocab_size, d_model)

    def forward(self, ids):
        self.table(ids)
"""
ATTENTION = """class SelfAttention(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        for name in ("W_q", "W_k", "W_v", "W_o"):
            setattr(self, name, nn.Linear(d_model, d_model, bias=False))

    def forward(self, x):
        self.W_o(x)
"""
ROWS = "[[8.0, 9.0, 10.0, 11.0], [20.0, 21.0, 22.0, 23.0]]"
PAIR = "get_batch returns two tensors, inputs and targets"
FLAT = "loss_fn gets (B*T, V) and (B*T,), here (1400, 300) and (1400,)\n  but found"
NONE = repr("None: is the `return` missing?")
THREE = "train returns a list, of three losses after three steps"
# each slip: the answer, its cells, of which the last one fails, and how what is told begins
SLIPS = {
    "a list for a tensor": (
        "def last_token(hidden):\n    return hidden[:, -1].tolist()",
        ["last_token_values"],
        f"last_token(a float32 tensor of shape (2, 3, 4))\n  gave      {ROWS}\n  expected  {ROWS}\n"
        "  that is a list, not a float32 tensor of shape (2, 4)",
    ),
    "no layer": (
        "def collapse(W1, b1, W2, b2):\n    W2 @ W1",
        ["collapse_weight"],
        "expected: a weight and a bias come back\n  but found None",
    ),
    "no attention": (
        ATTENTION,
        ["checking", "self_attention_values"],
        "expected: SelfAttention(4, 2), T = 5, is as nn.MultiheadAttention\n  but found None",
    ),
    "logits and targets as they are": (
        STEP.replace("LOGITS", "model(inputs)").replace("TARGETS", "targets"),
        ["train_step_loss"],
        f"expected: {FLAT} ((20, 70, 300), (20, 70))",
    ),
    "the last position alone": (
        STEP.replace("LOGITS", "model(inputs)[:, -1]").replace("TARGETS", "targets.flatten()"),
        ["train_step_loss"],
        f"expected: {FLAT} ((20, 300), (1400,))",
    ),
    "lists": (
        BATCH.replace("WHAT", "return [[1, 2, 3]], [[2, 3, 4]]"),
        ["get_batch_windows"],
        f"expected: {PAIR}\n  but found ('list', 'list')",
    ),
    "one tensor": (
        BATCH.replace("WHAT", "return data[:seq_len].repeat(batch_size, 1)"),
        ["get_batch_windows"],
        f"expected: {PAIR}\n  but found 'Tensor'",
    ),
    "no batch": (
        BATCH.replace("WHAT", "pass"),
        ["get_batch_windows"],
        f"expected: {PAIR}\n  but found {NONE}",
    ),
    "starts of lists": (
        BATCH.replace("WHAT", "return [[1, 2, 3]], [[2, 3, 4]]"),
        ["get_batch_starts"],
        f"expected: {PAIR}\n  but found ('list', 'list')",
    ),
    "no losses": (TRAIN + TRAINED, ["train_updates"], f"expected: {THREE}\n  but found {NONE}"),
    "other losses": (
        TRAIN + TRAINED + "    return [0.5, 0.5]",
        ["train_updates"],
        f"expected: {THREE}\n  but found ['float', 'float']",
    ),
    "no logits": (
        TWO,
        ["TwoCharLM_sight"],
        "TwoCharLM([[1, 5, 2, 5, 0, 3]])\n  gave      None: is the `return` missing?",
    ),
    "a tensor without a .grad": (
        "def gradient_of(f, x):\n    with torch.enable_grad():\n        f(x)\n        return x.grad",
        ["gradient_of_values"],
        "gradient_of(cubes, [[1.0, -2.0, 0.5], [3.0, 0.0, -1.0]])\n  gave      None\n"
        "  expected  [[12.0, 3.0, 6.75], [48.0, 3.0, 0.0]]\n  that is None, not a float32 tensor of shape (2, 3)",
    ),
    "no vectors": (
        "def last_token(hidden):\n    with torch.no_grad():\n        hidden[:, -1]",
        ["last_token_values"],
        "last_token(a float32 tensor of shape (2, 3, 4))\n  gave      None: is the `return` missing?\n  expected",
    ),
    "no eval()": (
        EVALUATE,
        ["Adding", "evaluate_mean", "evaluate_mode"],
        "expected: the model runs in evaluation mode, its dropout too",
    ),
}


def test_what_is_ruled_out_is_named_where_it_stands(monkeypatch):
    monkeypatch.syspath_prepend(str(COURSE / "helpers"))
    monkeypatch.delitem(sys.modules, "expect", raising=False)
    source = "def softmax(x):\n    return [torch.softmax(row, 0) for row in x]\ndef attend(x):\n    return softmax(x)\n"
    names = vars(importlib.import_module("expect")).copy()
    monkeypatch.setitem(
        linecache.cache, "<cell>", (len(source), None, source.splitlines(True), "<cell>")
    )
    exec(compile(source, "<cell>", "exec"), names)
    line = "✗ line 2, `return [torch.softmax(row, 0) for row in x]`,"
    for name, where in (("softmax", ""), ("attend", " in softmax,")):
        with pytest.raises(AssertionError) as failed:
            names["contract"](names[name], x=torch.zeros(1, 2), without="softmax")
        assert str(failed.value) == f"{line}{where} is what this exercise asks you to write"
    sys.modules.pop("expect")


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_told_in_words(slip, monkeypatch):
    answer, cells, told = SLIPS[slip]
    (assignment,) = [each for each in ASSIGNMENTS.values() if cells[-1] in each.graded]
    for module in ("checks", "expect"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.syspath_prepend(str(COURSE / "source" / assignment.name))
    *before, last = [assignment.locked[name].source for name in cells]
    names = vars(importlib.import_module("expect")).copy()
    exec("import math\nimport torch.nn as nn\nimport torch.nn.functional as F", names)
    try:
        for source in (answer, *before):
            exec(source, names)
        with pytest.raises(AssertionError) as failed:
            exec(last, names)
    finally:
        for module in ("checks", "expect"):
            sys.modules.pop(module, None)
    assert str(failed.value).startswith(f"✗ {told}")
