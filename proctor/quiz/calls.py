"""Small calls of an assignment's exercises, for questions: those of its hidden checks, with fewer and rounder numbers."""

from collections import Counter
from typing import Any

import torch

from proctor.course import Assignment
from proctor.examine.checking import run_checks
from proctor.examine.examination import open_examination
from proctor.quiz.trial import as_text
from proctor.sandbox.launcher import fork_server
from proctor.sandbox.protocol import Call, decode_question
from proctor.submission import files_beside, parse, restored

MOST = 8  # numbers of one argument
LARGEST = 1e4
KEPT = 10  # calls of one exercise
ALIKE = 2  # of these, with the same shapes


def calls_for(assignment: Assignment, seed: int) -> dict[str, list[Call]]:
    """Small calls by exercise, the smallest first, as the hidden checks draw them from this seed."""
    files, _ = files_beside(assignment.source, assignment)
    reference = restored(parse(assignment.source), assignment, files)
    examination = open_examination(reference, fork_server(), draw=False)
    try:
        examination.asks.run_all()
        run_checks(examination, seed)
    finally:
        examination.asks.close()
    found = {}
    for exercise in assignment.stubs:
        questions = [decode_question(message) for message, _ in examination.asks.transcript[exercise]]
        calls = [_small(each) for each in questions if isinstance(each, Call)]
        by_text = {as_text(each): each for each in calls if each is not None}
        found[exercise] = _varied([*by_text.values()])
    return found


def _small(call: Call) -> Call | None:
    """The call with shorter dimensions and rounder numbers; None if an argument is no plain value."""
    values = _values(call)
    if not all(isinstance(each, torch.Tensor | int | float | bool | None) for each in values):
        return None
    tensors = [each for each in values if isinstance(each, torch.Tensor)]
    sizes = sorted({size for each in tensors for size in each.shape if size > 1})
    larger = [size for size in sizes if size > 3]
    # sizes that differ stay different, as far as they can
    for shorter in (dict(zip(larger, (3, 2))), dict(zip(sizes, (1, 2, 3))), dict.fromkeys(sizes, 2)):
        args = [_rounder(each, shorter) for each in call.args]
        kwargs = {name: _rounder(each, shorter) for name, each in call.kwargs.items()}
        if all(map(_fits, [*args, *kwargs.values()])):
            return Call(call.name, args, kwargs)
    return None


def _fits(value: Any) -> bool:
    if not isinstance(value, torch.Tensor):
        return True
    if not 0 < value.numel() <= MOST or bool((value.abs() > LARGEST).any()):
        return False
    # equal numbers hide what is done with them
    return value.numel() == 1 or len(value.unique()) > 1


def _rounder(value: Any, shorter: dict[int, int]) -> Any:
    if isinstance(value, float):
        return round(value, 1)
    if not isinstance(value, torch.Tensor):
        return value
    parts = tuple(slice(0, shorter.get(size, size)) for size in value.shape)
    small = value[parts].clone()
    if not small.is_floating_point():
        return small
    if small.numel() and small.abs().max() >= 10:
        return small.round()
    return (small * 10).round() / 10


def _varied(calls: list[Call]) -> list[Call]:
    """Up to `KEPT` calls, the most telling first, and at most `ALIKE` whose arguments have the same shapes."""
    calls = sorted(calls, key=_dullness)
    found: list[Call] = []
    shapes = Counter[tuple]()
    for call in calls:
        shape = tuple(tuple(each.shape) if isinstance(each, torch.Tensor) else each for each in _values(call))
        shapes[shape] += 1
        if shapes[shape] <= ALIKE:
            found.append(call)
    return found[:KEPT]


def _dullness(call: Call) -> tuple[bool, int, bool, int]:
    """How little a call tells: one number less than a row, a row less than a table; of these, the smaller is better."""
    tensors = [each for each in _values(call) if isinstance(each, torch.Tensor)]
    dimensions = max((sum(size > 1 for size in each.shape) for each in tensors), default=0)
    deep = any(each.dim() > 3 for each in tensors)
    return is_single(call), -min(dimensions, 2), deep, sum(each.numel() for each in tensors)


def is_single(call: Call) -> bool:
    """Whether each tensor of a call holds one number: then most mistakes make no difference."""
    return all(each.numel() == 1 for each in _values(call) if isinstance(each, torch.Tensor))


def _values(call: Call) -> list[Any]:
    return [*call.args, *call.kwargs.values()]
