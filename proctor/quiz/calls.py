"""Small calls of an assignment's exercises: those of its hidden checks, with fewer and rounder numbers."""

from collections import Counter
from typing import Any

import torch

from proctor.course import Assignment
from proctor.examine.checking import run_checks
from proctor.examine.examination import open_examination
from proctor.sandbox.launcher import fork_server
from proctor.sandbox.protocol import Call, decode_question
from proctor.submission import files_beside, parse, restored

MOST = 8  # numbers of one argument
LARGEST = 1e4
KEPT = 10  # calls of one exercise
ALIKE = 2  # of these, with the same shapes


def calls_for(assignment: Assignment, seed: int) -> dict[str, list[Call]]:
    """Small calls by exercise, the most telling first, as the hidden checks draw them from this seed."""
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
        found[exercise] = _varied([each for each in calls if all(map(_fits, values_of(each)))])
    return found


def values_of(call: Call) -> list[Any]:
    return [*call.args, *call.kwargs.values()]


def _small(call: Call) -> Call:
    """The call with shorter dimensions, up to three that stay different, and rounder numbers."""
    tensors = [each for each in values_of(call) if isinstance(each, torch.Tensor)]
    sizes = sorted({size for each in tensors for size in each.shape if size > 1})
    shorter = dict(zip(sizes, (1, 2, 3)[-len(sizes) :]))
    args = [_rounder(each, shorter) for each in call.args]
    return Call(call.name, args, {name: _rounder(each, shorter) for name, each in call.kwargs.items()})


def _rounder(value: Any, shorter: dict[int, int]) -> Any:
    if isinstance(value, float):
        return round(value, 1)
    if not isinstance(value, torch.Tensor):
        return value
    small = value[tuple(slice(0, shorter.get(size, size)) for size in value.shape)]
    return small.round(decimals=1) if small.is_floating_point() else small


def _fits(value: Any) -> bool:
    if not isinstance(value, torch.Tensor):
        return isinstance(value, int | float | None)
    few = 0 < value.numel() <= MOST and bool((value.abs() <= LARGEST).all())
    # equal numbers hide what is done with them
    return few and (value.numel() == 1 or len(value.unique()) > 1)


def _varied(calls: list[Call]) -> list[Call]:
    """Some of the calls: tables before rows, rows before single numbers, and the smaller first."""

    def dullness(call: Call) -> tuple[int, int]:
        shapes = [each.shape for each in values_of(call) if isinstance(each, torch.Tensor)]
        dimensions = max((sum(size > 1 for size in shape) for shape in shapes), default=0)
        return -min(dimensions, 2), sum(shape.numel() for shape in shapes)

    found = []
    alike = Counter[str]()
    for call in sorted(calls, key=dullness):
        shapes = repr([getattr(each, "shape", each) for each in values_of(call)])
        alike[shapes] += 1
        if alike[shapes] <= ALIKE:
            found.append(call)
    return found[:KEPT]
