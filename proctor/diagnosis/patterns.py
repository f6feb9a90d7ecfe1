"""Patterns in a tensor that is wrong as a whole: a factor, a sign, two dimensions swapped, a shift.

Each rule compares the actual tensor with the expected one, and returns the note on a pattern in
both, or None. A pattern is shown if no known misconception explains the failure.
"""

import itertools
from typing import Any

import torch

from proctor.course.codes import Code, Note

MAX_NUMBERS = 100_000
ENOUGH = 4  # different numbers: fewer can agree by chance
RTOL = 1e-4


def describe_pattern(got: Any, want: Any) -> Note | None:
    """The pattern; None if no rule fits."""
    if not _is_comparable(got) or not _is_comparable(want):
        return None
    actual, expected = got.detach().double(), want.detach().double()
    # a few numbers can be transposed, shifted or a factor off by chance
    has_enough = len(expected.unique()) >= ENOUGH
    found = None
    if has_enough:
        found = _transposed(actual, expected)
    if found or got.shape != want.shape:
        return found or _shape(actual, expected, has_enough)
    if got.dtype != want.dtype:
        code = Code.DTYPE
        if has_enough and _near(actual, expected, 1e-3):
            code = Code.DTYPE_ALONE
        names = [str(each.dtype).removeprefix("torch.") for each in (got, want)]
        return code(got=names[0], want=names[1])
    if not has_enough or _near(actual, expected):
        return None
    rules = [_shifted, _in_another_order, _one_place]
    if want.is_floating_point():
        rules = [_factor, _sums_along_another, _offset, *rules]
    for rule in rules:
        found = found or rule(actual, expected)
    return found


def _is_comparable(value: Any) -> bool:
    if (
        not isinstance(value, torch.Tensor)
        or value.is_complex()
        or not 0 < value.numel() <= MAX_NUMBERS
    ):
        return False
    return bool(value.isfinite().all())


def _near(one: torch.Tensor, other: torch.Tensor, rtol: float = RTOL) -> bool:
    return one.shape == other.shape and torch.allclose(
        one, other, rtol, 1e-3 * rtol * float(other.abs().max())
    )


def _transposed(got: torch.Tensor, want: torch.Tensor) -> Note | None:
    """Two dimensions swapped."""
    if got.dim() != want.dim() or _near(got, want):
        return None
    for one, other in itertools.combinations(range(-1, -want.dim() - 1, -1), 2):
        if _near(got, want.transpose(one, other)):
            return Code.TRANSPOSED(one=one, other=other)
    return None


def _shape(got: torch.Tensor, want: torch.Tensor, has_enough: bool) -> Note:
    """Another shape, perhaps with the right numbers."""
    code = Code.SHAPE
    # equal numbers would look right with two dimensions swapped, too
    says_enough = has_enough and sorted(got.shape) != sorted(want.shape)
    if says_enough and _near(got.flatten(), want.flatten()):
        code = Code.SHAPE_ALONE
    return code(got=str(tuple(got.shape)), want=str(tuple(want.shape)))


def _offset(got: torch.Tensor, want: torch.Tensor) -> Note | None:
    """The same number too much everywhere."""
    off = got - want
    if not _near(off, off.mean().expand_as(off)):
        return None
    direction = "small"
    if off.mean() > 0:
        direction = "large"
    return Code.OFFSET(by=f"{float(off.mean().abs()):.5g}", direction=direction)


def _in_another_order(got: torch.Tensor, want: torch.Tensor) -> Note | None:
    """The right numbers, each somewhere else."""
    for dim in range(-1, -want.dim() - 1, -1):
        if _near(got, want.flip(dim)):
            return Code.REVERSED(dim=dim)
    if _near(got.flatten().sort().values, want.flatten().sort().values):
        return Code.ANOTHER_ORDER()
    return None


def _one_place(got: torch.Tensor, want: torch.Tensor) -> Note | None:
    """Everything right but at the first or the last place of a dimension."""
    wrong = ~torch.isclose(got, want, rtol=RTOL, atol=1e-3 * RTOL * float(want.abs().max()))
    for dim in range(want.dim()):
        places = {place[dim] for place in wrong.nonzero().tolist()}
        for place, which in ((0, "first"), (want.shape[dim] - 1, "last")):
            if want.shape[dim] >= ENOUGH and places == {place}:
                return Code.ONE_PLACE(place=which, dim=dim)
    return None


def _factor(got: torch.Tensor, want: torch.Tensor) -> Note | None:
    """Everything a constant factor off."""
    counts = want != 0
    ratios = got[counts] / want[counts]
    factor = float(ratios.mean())
    if abs(factor) < 1e-6 or got[~counts].any() or not _near(ratios, ratios[:1].expand_as(ratios)):
        return None
    if abs(factor + 1) < RTOL:
        return Code.SIGN()
    return Code.FACTOR(factor=f"{factor:.5g}")


def _sums_along_another(got: torch.Tensor, want: torch.Tensor) -> Note | None:
    """Shares that sum to 1 along another dimension than they should."""

    def shares(values: torch.Tensor) -> list[int]:
        found = []
        for dim in range(-1, -values.dim() - 1, -1):
            sums = values.sum(dim)
            is_long = values.shape[dim] > 1 and sums.numel() > 1
            if is_long and _near(sums, torch.ones_like(sums)):
                found.append(dim)
        return found

    expected, found = shares(want), shares(got)
    if expected and found and not set(expected) & set(found):
        return Code.SUMS(got=found[0], want=expected[0])
    return None


def _shifted(got: torch.Tensor, want: torch.Tensor) -> Note | None:
    """Everything one place too early or too late along one dimension."""
    for dim in range(-1, -want.dim() - 1, -1):
        inner = want.shape[dim] - 1
        for start, to, direction in ((0, 1, "late"), (1, 0, "early")):
            expected = want.narrow(dim, start, inner) if inner > 0 else want[:0]
            # a tensor that doesn't change along the dimension looks shifted anyhow
            if expected.unique().numel() >= ENOUGH and _near(got.narrow(dim, to, inner), expected):
                return Code.SHIFTED(dim=dim, direction=direction)
    return None
