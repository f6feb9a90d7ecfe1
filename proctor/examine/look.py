"""Patterns that the eye sees in a tensor that is wrong as a whole: a factor, a sign, two dimensions swapped, a shift.

Each rule compares what came back with what was expected, and gives a sentence that is true of both, or None. It speaks
where no known misconception explains the failure.
"""

import itertools
import math
from collections.abc import Mapping
from typing import Any

import torch

MAX_NUMBERS = 100_000
LARGER = "In a larger call: "
ENOUGH = 4  # different numbers: fewer can agree by chance
RTOL = 1e-4
FACTOR = "times as large"
SUM_OR_MEAN = "a sum and a mean differ by that"
CONSTANTS = {"2": 2.0, "sqrt(2)": math.sqrt(2), "log(2)": math.log(2), "log(10)": math.log(10), "pi": math.pi}


class Differs(AssertionError):
    """The reply `got` isn't the expected one, `want`."""

    def __init__(self, message: str, got: torch.Tensor, want: torch.Tensor):
        super().__init__(message)
        self.got, self.want = got, want


def look(got: Any, want: Any, sizes: Mapping[int, str]) -> str:
    """The pattern, in a sentence; nothing where no rule fits. `sizes`: where each size of the arguments comes from."""
    if not isinstance(got, torch.Tensor) or not isinstance(want, torch.Tensor):
        return ""
    small = 0 < got.numel() <= MAX_NUMBERS and 0 < want.numel() <= MAX_NUMBERS
    if not small or not got.is_floating_point() or not want.is_floating_point():
        return ""
    if not got.isfinite().all() or not want.isfinite().all():
        return ""
    got, want, dtype = got.detach().double(), want.detach().double(), want.dtype
    if sentence := _transposed(got, want):
        return sentence
    if got.shape != want.shape:
        return _reshaped(got, want)
    if dtype == torch.float64 and (sentence := _rounded(got, want)):
        return sentence
    sizes = {want.numel(): "the number of its entries"} | dict(sizes)
    return _factor(got, want, sizes) or _sums_along_another(got, want) or _shifted(got, want) or ""


def look_again(seen: str, got: Any, want: Any) -> str:
    """The sentence beside a smaller call than the one in which this was `seen`: a factor may be another there."""
    tensors = isinstance(got, torch.Tensor) and isinstance(want, torch.Tensor)
    if seen.startswith(LARGER):
        return seen
    if not seen:
        # few small numbers have a factor or a sign by chance, and no shape
        return look(got, want, {}) if tensors and got.shape != want.shape else ""
    if FACTOR in seen and not (tensors and _near(got.double(), float(seen.split()[0]) * want.double(), 1e-3)):
        return f"{LARGER}{seen}"
    return seen


def _near(one: torch.Tensor, other: torch.Tensor, rtol: float = RTOL) -> bool:
    return one.shape == other.shape and torch.allclose(one, other, rtol, 1e-3 * rtol * float(other.abs().max()))


def _transposed(got: torch.Tensor, want: torch.Tensor) -> str | None:
    """Two dimensions swapped."""
    if want.unique().numel() < ENOUGH or got.dim() != want.dim() or _near(got, want):
        return None
    for one, other in itertools.combinations(range(-1, -want.dim() - 1, -1), 2):
        if _near(got, want.transpose(one, other)):
            return f"It is transposed: with dimensions {other} and {one} swapped, every number is right."
    return None


def _reshaped(got: torch.Tensor, want: torch.Tensor) -> str:
    """The right numbers in another shape."""
    # equal numbers would look right with two dimensions swapped, too
    if sorted(got.shape) == sorted(want.shape) or not _near(got.flatten(), want.flatten()):
        return ""
    right = "Every number is right" if want.numel() > 1 else "The number is right"
    return f"{right}, and the shape isn't: it is {tuple(got.shape)}, and should be {tuple(want.shape)}."


def _rounded(got: torch.Tensor, want: torch.Tensor) -> str | None:
    """The digits of float32 in a float64 tensor."""
    rounded = torch.equal(got.float().double(), got) and not torch.equal(want.float().double(), want)
    if rounded and _near(got, want, 1e-5):
        return "Every number is rounded to float32, though float64 is asked for: something on the way is float32."
    return None


def _factor(got: torch.Tensor, want: torch.Tensor, sizes: Mapping[int, str]) -> str | None:
    """Everything a constant factor off; of a single number, only a factor that has a name."""
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
        return "The sign is flipped, everywhere." if several else "The sign is flipped."
    if not (name := _name(abs(factor), sizes)) and not several:
        return None
    words = f"{factor:.5g} {FACTOR}{', everywhere' if several else ''}"
    if f"{name};".startswith(f"{factor:.5g};"):
        words += name.removeprefix(f"{factor:.5g}")
    elif name:
        words += f": {'-' if factor < 0 and name[0].isdigit() else ''}{name}"
    return f"{words}."


def _name(factor: float, sizes: Mapping[int, str]) -> str:
    """The term that a factor equals: a constant, a size of an argument, two of them, a root or a logarithm, or 1 divided by such."""
    named = {text: (value, "") for text, value in CONSTANTS.items()}
    for size, where in sizes.items():
        # 2 has a name already
        if size > 2:
            named[f"{size}"] = size, f"; {size} is {where}: {SUM_OR_MEAN}"
            named[f"sqrt({size})"] = math.sqrt(size), f"; {size} is {where}"
            named[f"log({size})"] = math.log(size), f"; {size} is {where}"
    for one, other in itertools.combinations_with_replacement(sizes, 2):
        if one > 1 and other > 1:
            named[f"({one} * {other})"] = (
                one * other,
                f"; {one} is {sizes[one]}, {other} is {sizes[other]}: {SUM_OR_MEAN}",
            )
    for text, (value, why) in named.items():
        for name, candidate in ((text, value), (f"1/{text}", 1 / value)):
            if math.isclose(factor, candidate, rel_tol=RTOL):
                return f"{name}{why}"
    return ""


def _sums_along_another(got: torch.Tensor, want: torch.Tensor) -> str | None:
    """Shares that sum to 1 along another dimension than they should."""

    def shares(values: torch.Tensor) -> list[int]:
        sums = {dim: values.sum(dim) for dim in range(-1, -values.dim() - 1, -1) if values.shape[dim] > 1}
        return [dim for dim, sum_ in sums.items() if sum_.numel() > 1 and _near(sum_, torch.ones_like(sum_))]

    expected, found = shares(want), shares(got)
    if expected and found and not set(expected) & set(found):
        return f"The numbers sum to 1 along dimension {found[0]}, and should along dimension {expected[0]}."
    return None


def _shifted(got: torch.Tensor, want: torch.Tensor) -> str | None:
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
    return None
