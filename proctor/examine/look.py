"""Patterns in a tensor that is wrong as a whole: a factor, a sign, two dimensions swapped, a shift.

Each rule compares the tensor that came back with the expected one, and gives a sentence that is true of both, or nothing.
It is used if no known misconception explains the failure.
"""

import itertools
import math
from collections.abc import Mapping
from typing import Any

import torch

MAX_NUMBERS = 100_000
ENOUGH = 4  # different numbers: fewer can agree by chance
RTOL = 1e-4


class Differs(AssertionError):
    """The reply `got` isn't the expected one, `want`."""

    def __init__(self, message: str, got: torch.Tensor, want: torch.Tensor):
        super().__init__(message)
        self.got, self.want = got, want


def look(got: Any, want: Any, sizes: Mapping[int, str]) -> str:
    """The pattern, in a sentence; nothing if no rule fits. `sizes`: where each size of the arguments comes from."""
    if not _is_comparable(got) or not _is_comparable(want):
        return ""
    came, wanted = got.detach().double(), want.detach().double()
    found = _transposed(came, wanted)
    if found or got.shape != want.shape:
        return found or _shape(came, wanted)
    if got.dtype != want.dtype:
        return _another_dtype(came, wanted, got.dtype, want.dtype)
    rules = [_shifted, _in_another_order, _one_place]
    if want.is_floating_point():
        found = _factor(came, wanted, {want.numel(): "the number of its entries"} | dict(sizes))
        rules = [_sums_along_another, _offset, *rules]
    for rule in rules:
        found = found or rule(came, wanted)
    return found


def _is_comparable(value: Any) -> bool:
    if not isinstance(value, torch.Tensor) or value.is_complex() or not 0 < value.numel() <= MAX_NUMBERS:
        return False
    return bool(value.isfinite().all())


def look_again(seen: str, got: Any, want: Any) -> str:
    """The pattern that was `seen` in a failed call, for a message about a smaller call."""
    has_numbers = any(map(str.isdigit, seen))
    return f"In a larger call: {seen}" if has_numbers and look(got, want, {}) != seen else seen


def _near(one: torch.Tensor, other: torch.Tensor, rtol: float = RTOL) -> bool:
    return one.shape == other.shape and torch.allclose(one, other, rtol, 1e-3 * rtol * float(other.abs().max()))


def _transposed(got: torch.Tensor, want: torch.Tensor) -> str:
    """Two dimensions swapped."""
    if want.unique().numel() < ENOUGH or got.dim() != want.dim() or _near(got, want):
        return ""
    for one, other in itertools.combinations(range(-1, -want.dim() - 1, -1), 2):
        if _near(got, want.transpose(one, other)):
            return f"It is transposed: with dimensions {other} and {one} swapped, every number is right."
    return ""


def _shape(got: torch.Tensor, want: torch.Tensor) -> str:
    """Another shape, perhaps with the right numbers."""
    shapes = f"{tuple(got.shape)}, and should be {tuple(want.shape)}."
    # equal numbers would look right with two dimensions swapped, too
    if sorted(got.shape) == sorted(want.shape) or not _near(got.flatten(), want.flatten()):
        return f"Its shape is {shapes}"
    right = "Every number is right" if want.numel() > 1 else "The number is right"
    return f"{right}, and the shape isn't: it is {shapes}"


def _another_dtype(got: torch.Tensor, want: torch.Tensor, came: torch.dtype, asked: torch.dtype) -> str:
    """The right numbers in another dtype."""
    if not _near(got, want, 1e-3):
        return ""
    right = "Every number is right" if want.numel() > 1 else "The number is right"
    names = [str(each).removeprefix("torch.") for each in (came, asked)]
    return f"{right}, and the dtype isn't: it is {names[0]}, and should be {names[1]}."


def _offset(got: torch.Tensor, want: torch.Tensor) -> str:
    """The same number too much everywhere."""
    off = got - want
    if want.unique().numel() < ENOUGH or not _near(off, off.mean().expand_as(off)) or off.mean().abs() < RTOL:
        return ""
    return f"{float(off.mean().abs()):.5g} too {'large' if off.mean() > 0 else 'small'}, everywhere: the same number."


def _in_another_order(got: torch.Tensor, want: torch.Tensor) -> str:
    """The right numbers, each somewhere else."""
    if want.unique().numel() < ENOUGH or _near(got, want):
        return ""
    for dim in range(-1, -want.dim() - 1, -1):
        if _near(got, want.flip(dim)):
            return f"Along dimension {dim} the order is reversed."
    if _near(got.flatten().sort().values, want.flatten().sort().values):
        return "The right numbers stand there, in another order."
    return ""


def _one_place(got: torch.Tensor, want: torch.Tensor) -> str:
    """Everything right but at the first or the last place of a dimension."""
    wrong = ~torch.isclose(got, want, rtol=RTOL, atol=1e-3 * RTOL * float(want.abs().max()))
    for dim in range(want.dim()):
        places = {place[dim] for place in wrong.nonzero().tolist()}
        for place, which in ((0, "first"), (want.shape[dim] - 1, "last")):
            if want.shape[dim] >= ENOUGH and places == {place}:
                return f"All is right but at the {which} place of dimension {dim}."
    return ""


def _factor(got: torch.Tensor, want: torch.Tensor, sizes: Mapping[int, str]) -> str:
    """Everything a constant factor off; of a single number, only a factor that is a size or its root."""
    counts = want != 0
    ratios = got[counts] / want[counts]
    if not len(ratios) or got[~counts].any() or not _near(ratios, ratios[:1].expand_as(ratios)):
        return ""
    factor = float(ratios.mean())
    several = want[counts].unique().numel() > 1
    # of equal numbers, as of a softmax of one entry, a factor says nothing
    if abs(factor) < 1e-6 or abs(factor - 1) < RTOL or (want.numel() > 1 and not several):
        return ""
    if abs(factor + 1) < RTOL:
        return "The sign is flipped, everywhere." if several else "The sign is flipped."
    why = _why(abs(factor), sizes)
    if several:
        return f"{factor:.5g} times as large, everywhere{why}."
    return f"{factor:.5g} times as large{why}." if why else ""


def _why(factor: float, sizes: Mapping[int, str]) -> str:
    """Which size of an argument, or which size's root, something was multiplied with or divided by."""
    for size, where in sizes.items():
        for value, words in (
            (size, "a sum and a mean differ by that"),
            (math.sqrt(size), "this is its root, or 1 divided by that"),
        ):
            if size > 1 and any(math.isclose(factor, each, rel_tol=RTOL) for each in (value, 1 / value)):
                return f"; {size} is {where}: {words}"
    return ""


def _sums_along_another(got: torch.Tensor, want: torch.Tensor) -> str:
    """Shares that sum to 1 along another dimension than they should."""

    def shares(values: torch.Tensor) -> list[int]:
        sums = {dim: values.sum(dim) for dim in range(-1, -values.dim() - 1, -1) if values.shape[dim] > 1}
        return [dim for dim, sum_ in sums.items() if sum_.numel() > 1 and _near(sum_, torch.ones_like(sum_))]

    expected, found = shares(want), shares(got)
    if expected and found and not set(expected) & set(found):
        return f"The numbers sum to 1 along dimension {found[0]}, and should along dimension {expected[0]}."
    return ""


def _shifted(got: torch.Tensor, want: torch.Tensor) -> str:
    """Everything one place too early or too late along one dimension."""
    for dim in range(-1, -want.dim() - 1, -1):
        inner = want.shape[dim] - 1
        for start, to, words in ((0, 1, "late"), (1, 0, "early")):
            expected = want.narrow(dim, start, inner) if inner > 0 else want[:0]
            # a tensor that doesn't change along the dimension looks shifted anyhow
            if (
                expected.unique().numel() >= ENOUGH
                and _near(got.narrow(dim, to, inner), expected)
                and not _near(got, want)
            ):
                return f"Along dimension {dim} every number stands one place too {words}."
    return ""
