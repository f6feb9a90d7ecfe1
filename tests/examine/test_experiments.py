"""The small experiments of the hidden checks: short, and in every one of them each right answer does what it should."""

import contextlib
import inspect
import re
from types import SimpleNamespace

import pytest
import torch

from proctor.answers import answers
from proctor.course import assignments, grade_id
from proctor.diagnosis.small_calls import Drawn
from proctor.diagnosis.smallest import VISIBLE, probe_typed
from proctor.grading.hidden import in_checks
from proctor.grading.replies import OWN_WORDS, same
from proctor.grading.student import Draw
from proctor.sandbox.protocol import Answer, Raised, Returned, decode_answer, encode
from tests.conftest import COURSE

EXPERIMENTS = {
    (assignment.graded[cell].exercise, cell): texts
    for assignment in assignments(COURSE).values()
    for cell, texts in in_checks(assignment, "EXPERIMENTS").items()
}


def typed(text: str, seed: int) -> list[str]:
    return inspect.cleandoc(text).format_map(Drawn(Draw(seed))).splitlines()


def notebook(assignment, exercise: str, source: str) -> SimpleNamespace:
    """What a solved notebook defines, with this answer to the exercise."""
    solved = (
        {name: cell.source for name, cell in assignment.locked.items()}
        | assignment.solutions
        | {exercise: source}
    )
    names = {}
    exec("import math, torch\nimport torch.nn as nn\nimport torch.nn.functional as F", names)
    for cell in assignment.released.cells:
        if grade_id(cell) in solved and grade_id(cell) not in assignment.graded:
            # what the course's own cells import besides lies elsewhere
            with contextlib.suppress(ModuleNotFoundError):
                exec(solved[grade_id(cell)], names)
    return SimpleNamespace(**names)


def outcome(student: SimpleNamespace, lines: list[str]) -> Answer:
    torch.manual_seed(0)
    names = [
        name
        for name in re.findall(r"\w+", "\n".join(lines))
        if name not in ("torch", "nn", "F", "math")
    ]
    try:
        found = Returned(probe_typed(student, lines, names))
    except Exception as error:
        found = Raised(type(error).__name__, [], str(error))
    return decode_answer(encode(found))


@pytest.mark.full
@pytest.mark.parametrize("exercise", sorted({exercise for exercise, _ in EXPERIMENTS}))
def test_right_answers_come_out_as_expected(course, exercise, monkeypatch):
    monkeypatch.syspath_prepend(course / "helpers")
    assignment = next(each for each in assignments(course).values() if exercise in each.stubs)
    lines = [
        typed(text, 1)
        for (owner, _), texts in EXPERIMENTS.items()
        if owner == exercise
        for text in texts
    ]
    reference = notebook(assignment, exercise, assignment.solutions[exercise])
    expected = [outcome(reference, each) for each in lines]
    for want in expected:
        assert isinstance(want, Returned) or want.kind in OWN_WORDS, want
    for answer in answers(course / "answers" / "right" / f"{exercise}.py"):
        student = notebook(assignment, exercise, answer.source)
        for each, want in zip(lines, expected):
            got = outcome(student, each)
            assert (isinstance(got, Raised) and isinstance(want, Raised)) or same(
                got, want, VISIBLE
            ), (answer.id, each)


def test_an_experiment_is_short():
    assert EXPERIMENTS
    for (_, cell), texts in EXPERIMENTS.items():
        for text in texts:
            lines = typed(text, 1)
            drawn = re.findall(r"\{\w+\}", text)
            assert len(lines) <= 8 and len(drawn) <= 12, (cell, lines)
