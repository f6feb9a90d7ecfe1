"""The visible checks warn: few known wrong answers leave a notebook green, and none that breaks a rule for every exercise.

What a slip is told names what was expected and what came, in place of an error of the check's own.
"""

import importlib
import sys

import pytest

from proctor.course import grade_id
from proctor.sandbox.cell import Cell
from proctor.sandbox.launcher import fork_server
from proctor.sandbox.link import Setup
from proctor.sandbox.session import Session
from proctor.submission import code_cells
from tests.test_corpus import AFRESH, ASSIGNMENTS, COURSE, all_forbidden, corpus, examined

MOST = 0.12  # of the wrong answers of an assignment may pass every visible check
RULES = ("left_alone", "unchanged", "gradient", "forbidden", "dtype", "names")


def is_data(cell, assignment):
    """Whether a cell between the exercises only makes what a later one looks at: it draws nothing and calls no exercise."""
    draws = "figure" in cell.metadata.get("tags", [])
    return not draws and not any(
        name in cell.source for exercise in assignment.stubs for name in assignment.names_of(exercise)
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
        fork_server(), before, setup=Setup(modules=assignment.modules, forbidden=all_forbidden(assignment))
    )
    try:
        session.run_all()
        for answer in corpus(folder, exercise):
            checks = [Cell(source, draw=False, trace=False) for source in own]
            session.cells = [*before, Cell(AFRESH), Cell(answer.source, draw=False, trace=False), *checks]
            session.position, session.link.sandboxes = len(before), 0
            session.spent.clear()
            session.run_all()
            yield answer, not any(cell.done is None or cell.done.error_name for cell in checks)
    finally:
        session.close()


@pytest.mark.full
@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_right_answers_are_all_green(name):
    assignment = ASSIGNMENTS[name]
    found = [pair for exercise in assignment.stubs for pair in by_visible_checks(assignment, exercise, "right")]
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
        passing = [answer for answer, passes in by_visible_checks(assignment, exercise, "wrong") if passes]
        found += [f"{exercise}.{answer.id}: {answer.title}" for answer in passing]
        for answer, report, failed, _ in examined(exercise, passing, request.config.option.seed):
            broken = "forbidden" in {cell.status for cell in report.cells}
            about = [check.removeprefix(f"test_{exercise}") for check in failed]
            if broken or all(any(rule in each for rule in RULES) for each in about):
                rules.append(f"{exercise}.{answer.id}: {sorted(failed)}")
    told = "\n".join([f"{len(found)} of {number} pass every visible check:", *found, "", "by a rule alone:", *rules])
    print(told)
    assert len(found) <= MOST * number and not rules, told


STEP = """def train_step(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    loss = loss_fn(LOGITS, TARGETS)
    loss.backward()
    optimizer.step()
    return loss.item()
"""
FLAT = "loss_fn gets (B*T, V) and (B*T,), here (1400, 300) and (1400,)\n  but found"
# each slip: the answer, its cells, of which the last one fails, and how what is told begins
SLIPS = {
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
}


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
