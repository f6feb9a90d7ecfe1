"""Patterns in a tensor that is wrong as a whole: a factor, a sign, two dimensions swapped, a shift.

Each rule compares the tensor that came back with the expected one, and gives the note on a pattern that is in both, or None.
It is used if no known misconception explains the failure.
"""

import itertools
import math
from collections.abc import Mapping
from typing import Any

import torch

from proctor.course.codes import Code, Note

MAX_NUMBERS = 100_000
ENOUGH = 4  # different numbers: fewer can agree by chance
RTOL = 1e-4


class Differs(AssertionError):
    """The reply `got` isn't the expected one, `want`."""

    def __init__(self, message: str, got: torch.Tensor, want: torch.Tensor):
        super().__init__(message)
        self.got, self.want = got, want


def look(got: Any, want: Any, sizes: Mapping[int, Note]) -> Note | None:
    """The pattern; None if no rule fits. `sizes`: the origin of each size of the arguments."""
    if not _is_comparable(got) or not _is_comparable(want):
        return None
    came, wanted = got.detach().double(), want.detach().double()
    found = _transposed(came, wanted)
    if found or got.shape != want.shape:
        return found or _shape(came, wanted)
    if got.dtype != want.dtype:
        return _another_dtype(came, wanted, got.dtype, want.dtype)
    rules = [_shifted, _in_another_order, _one_place]
    if want.is_floating_point():
        found = _factor(came, wanted, {want.numel(): Code.NUMBER_OF_ENTRIES()} | dict(sizes))
        rules = [_sums_along_another, _offset, *rules]
    for rule in rules:
        found = found or rule(came, wanted)
    return found


def _is_comparable(value: Any) -> bool:
    if not isinstance(value, torch.Tensor) or value.is_complex() or not 0 < value.numel() <= MAX_NUMBERS:
        return False
    return bool(value.isfinite().all())


def look_again(seen: Note | None, got: Any, want: Any) -> Note | None:
    """The pattern that was `seen` in a failed call, for a message about a smaller call."""
    if seen is None or not seen.params or look(got, want, {}) == seen:
        return seen
    return Code.IN_LARGER_CALL(seen=seen)


def _near(one: torch.Tensor, other: torch.Tensor, rtol: float = RTOL) -> bool:
    return one.shape == other.shape and torch.allclose(one, other, rtol, 1e-3 * rtol * float(other.abs().max()))


def _transposed(got: torch.Tensor, want: torch.Tensor) -> Note | None:
    """Two dimensions swapped."""
    if want.unique().numel() < ENOUGH or got.dim() != want.dim() or _near(got, want):
        return None
    for one, other in itertools.combinations(range(-1, -want.dim() - 1, -1), 2):
        if _near(got, want.transpose(one, other)):
            return Code.TRANSPOSED(one=one, other=other)
    return None


def _shape(got: torch.Tensor, want: torch.Tensor) -> Note | None:
    """Another shape, perhaps with the right numbers."""
    shapes = {"got": str(tuple(got.shape)), "want": str(tuple(want.shape))}
    # equal numbers would look right with two dimensions swapped, too
    if sorted(got.shape) == sorted(want.shape) or not _near(got.flatten(), want.flatten()):
        return Code.SHAPE(**shapes)
    return (Code.SHAPE_ALONE if want.numel() > 1 else Code.SHAPE_OF_ONE)(**shapes)


def _another_dtype(got: torch.Tensor, want: torch.Tensor, came: torch.dtype, asked: torch.dtype) -> Note | None:
    """The right numbers in another dtype."""
    if not _near(got, want, 1e-3):
        return None
    names = [str(each).removeprefix("torch.") for each in (came, asked)]
    return (Code.DTYPE_ALONE if want.numel() > 1 else Code.DTYPE_OF_ONE)(got=names[0], want=names[1])


def _offset(got: torch.Tensor, want: torch.Tensor) -> Note | None:
    """The same number too much everywhere."""
    off = got - want
    if want.unique().numel() < ENOUGH or not _near(off, off.mean().expand_as(off)) or off.mean().abs() < RTOL:
        return None
    return Code.OFFSET(by=f"{float(off.mean().abs()):.5g}", direction="large" if off.mean() > 0 else "small")


def _in_another_order(got: torch.Tensor, want: torch.Tensor) -> Note | None:
    """The right numbers, each somewhere else."""
    if want.unique().numel() < ENOUGH or _near(got, want):
        return None
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


def _factor(got: torch.Tensor, want: torch.Tensor, sizes: Mapping[int, Note]) -> Note | None:
    """Everything a constant factor off; of a single number, only a factor that is a size or its root."""
    counts = want != 0
    ratios = got[counts] / want[counts]
    if not len(ratios) or got[~counts].any() or not _near(ratios, ratios[:1].expand_as(ratios)):
        return None
    factor = float(ratios.mean())
    several = want[counts].unique().numel() > 1
    # of equal numbers, as of a softmax of one entry, a factor says nothing
    if abs(factor) < 1e-6 or abs(factor - 1) < RTOL or (want.numel() > 1 and not several):
        return None
    if abs(factor + 1) < RTOL:
        return (Code.SIGN if several else Code.SIGN_OF_ONE)()
    why, shown = _why(abs(factor), sizes), f"{factor:.5g}"
    if not several:
        return Code.FACTOR_OF_ONE(factor=shown, why=why) if why else None
    return (Code.FACTOR_BY_SIZE if why else Code.FACTOR)(factor=shown, why=why)


def _why(factor: float, sizes: Mapping[int, Note]) -> Note | None:
    """Which size of an argument, or which size's root, something was multiplied with or divided by."""
    for size, origin in sizes.items():
        for value, code in ((size, Code.SIZE), (math.sqrt(size), Code.ROOT)):
            if size > 1 and any(math.isclose(factor, each, rel_tol=RTOL) for each in (value, 1 / value)):
                return code(size=size, origin=origin)
    return None


def _sums_along_another(got: torch.Tensor, want: torch.Tensor) -> Note | None:
    """Shares that sum to 1 along another dimension than they should."""

    def shares(values: torch.Tensor) -> list[int]:
        sums = {dim: values.sum(dim) for dim in range(-1, -values.dim() - 1, -1) if values.shape[dim] > 1}
        return [dim for dim, sum_ in sums.items() if sum_.numel() > 1 and _near(sum_, torch.ones_like(sum_))]

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
            if (
                expected.unique().numel() >= ENOUGH
                and _near(got.narrow(dim, to, inner), expected)
                and not _near(got, want)
            ):
                return Code.SHIFTED(dim=dim, direction=direction)
    return None
