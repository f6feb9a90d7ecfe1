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
ENOUGH = 4  # different numbers: fewer can agree by chance
RTOL = 1e-4
NAN = (
    "nan comes where 0 is divided by 0 or infinity by infinity, where 0 is multiplied by infinity, infinity is taken off "
    "infinity, or a negative number has no root or logarithm."
)
SUM_OR_MEAN = "a sum and a mean differ by that"
FUNCTIONS = {
    "the square of what it should be": torch.square,
    "the root of what it should be": torch.sqrt,
    "the exponential of what it should be": torch.exp,
    "the logarithm of what it should be": torch.log,
    "1 divided by what it should be": torch.reciprocal,
    "1 minus what it should be": lambda want: 1 - want,
    "what it should be, without its sign": torch.abs,
    "what it should be, but 0 where that is negative": torch.relu,
}
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
    if not small or got.is_complex() or want.is_complex() or not want.isfinite().all():
        return ""
    if got.isnan().any():
        return NAN
    if not got.isfinite().all():
        return ""
    dtypes, numbers = (got.dtype, want.dtype), want.is_floating_point()
    got, want = got.detach().double(), want.detach().double()
    if sentence := _transposed(got, want):
        return sentence
    if got.shape != want.shape:
        return _reshaped(got, want) or _part(got, want) or _dimensions(got, want)
    if dtypes[0] != dtypes[1]:
        return _another_dtype(got, want, *dtypes)
    if dtypes[1] == torch.float64 and (sentence := _rounded(got, want)):
        return sentence
    sizes = {want.numel(): "the number of its entries"} | dict(sizes)
    seen = _factor(got, want, sizes) if numbers else None
    rules = [_sums_along_another, _decimals, _function, _offset] if numbers else []
    for rule in [*rules, _shifted, _in_another_order, _one_place, _equal_along]:
        seen = seen or rule(got, want)
    return seen or ""


def look_again(seen: str, got: Any, want: Any) -> str:
    """What was `seen` in a failed call, told beside a smaller one: where that doesn't show the same, it says so."""
    again = look(got, want, {})
    if not seen:
        # few small numbers have a factor or a sign by chance, and no shape
        return again if isinstance(got, torch.Tensor) and again and got.shape != want.shape else ""
    true_of_both = again.split()[:2] == seen.split()[:2] or not any(map(str.isdigit, seen))
    return seen if true_of_both else f"In a larger call: {seen}"


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


def _part(got: torch.Tensor, want: torch.Tensor) -> str:
    """Some entries of one dimension, or one of them without the dimension."""
    for dim in range(want.dim()):
        came = got.unsqueeze(dim) if got.dim() == want.dim() - 1 else got
        number = came.shape[dim] if came.dim() == want.dim() else want.shape[dim]
        for start in range(want.shape[dim] - number + 1 if number < want.shape[dim] else 0):
            if _near(came, want.narrow(dim, start, number)):
                which = f"entry {start}" if number == 1 else f"entries {start} to {start + number - 1}"
                return f"Only {which} of dimension {dim} came back, of {want.shape[dim]}."
    return ""


def _dimensions(got: torch.Tensor, want: torch.Tensor) -> str:
    """How many dimensions, or entries in a dimension, are too many or too few."""
    if got.dim() != want.dim():
        number = f"{got.dim()} dimension{'s' * (got.dim() != 1)}"
        return f"It has {number}, and should have {want.dim()}: {tuple(want.shape)}."
    wrong = [dim for dim in range(want.dim()) if got.shape[dim] != want.shape[dim]]
    which = " and ".join(f"dimension {dim} has {got.shape[dim]} entries instead of {want.shape[dim]}" for dim in wrong)
    return f"{which[:1].upper()}{which[1:]}."


def _another_dtype(got: torch.Tensor, want: torch.Tensor, came: torch.dtype, asked: torch.dtype) -> str:
    """The right numbers in another dtype."""
    if not _near(got, want, 1e-3):
        return ""
    right = "Every number is right" if want.numel() > 1 else "The number is right"
    names = [str(each).removeprefix("torch.") for each in (came, asked)]
    return f"{right}, and the dtype isn't: it is {names[0]}, and should be {names[1]}."


def _decimals(got: torch.Tensor, want: torch.Tensor) -> str | None:
    """Rounded to so many digits behind the point."""
    for digits in range(1, 7):
        scaled, off = got * 10**digits, float((got - want).abs().max()) * 10**digits
        # float32 has seven digits in all
        rounding = 2e-7 * float(scaled.abs().max())
        if rounding < 0.01 and float((scaled - scaled.round()).abs().max()) < 1e-4 + rounding:
            return f"Every number is rounded to {digits} digits behind the point." if 0.01 < off < 0.51 else None
    return None


def _function(got: torch.Tensor, want: torch.Tensor) -> str | None:
    """The same function of every number."""
    if want.numel() > 1 and want.unique().numel() < ENOUGH:
        return None
    for words, function in FUNCTIONS.items():
        expected = function(want)
        if expected.isfinite().all() and _near(got, expected) and not _near(expected, want):
            return f"Every number is {words}." if want.numel() > 1 else f"It is {words}."
    return None


def _offset(got: torch.Tensor, want: torch.Tensor) -> str | None:
    """The same number too much everywhere."""
    off = got - want
    if want.unique().numel() < ENOUGH or not _near(off, off.mean().expand_as(off)) or off.mean().abs() < RTOL:
        return None
    return f"{float(off.mean().abs()):.5g} too {'large' if off.mean() > 0 else 'small'}, everywhere: the same number."


def _in_another_order(got: torch.Tensor, want: torch.Tensor) -> str | None:
    """The right numbers, each somewhere else."""
    if want.unique().numel() < ENOUGH or _near(got, want):
        return None
    for dim in range(-1, -want.dim() - 1, -1):
        if _near(got, want.flip(dim)):
            return f"Along dimension {dim} the order is reversed."
    if _near(got.flatten().sort().values, want.flatten().sort().values):
        return "The right numbers stand there, in another order."
    return None


def _one_place(got: torch.Tensor, want: torch.Tensor) -> str | None:
    """Everything right but at the first or the last place of a dimension."""
    wrong = ~torch.isclose(got, want, rtol=RTOL, atol=1e-3 * RTOL * float(want.abs().max()))
    for dim in range(want.dim()):
        places = {place[dim] for place in wrong.nonzero().tolist()}
        for place, which in ((0, "first"), (want.shape[dim] - 1, "last")):
            if want.shape[dim] >= ENOUGH and places == {place}:
                return f"All is right but at the {which} place of dimension {dim}."
    return None


def _equal_along(got: torch.Tensor, want: torch.Tensor) -> str | None:
    """The same number all along a dimension, along which numbers should differ."""
    for dim in range(want.dim()):
        one, right = got.narrow(dim, 0, 1), want.narrow(dim, 0, 1)
        if got.any() and _near(got, one.expand_as(got)) and not _near(want, right.expand_as(want), 1e-2):
            return f"Along dimension {dim} every number is the same, and should not be."
    return None


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
    words = f"{factor:.5g} times as large{', everywhere' if several else ''}"
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
