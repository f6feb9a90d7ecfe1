"""Small calls like a large one: their values, and the lines of code that show a result of
theirs.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import torch

from proctor.diagnosis.as_code import call_as_code
from proctor.grading.student import Draw
from proctor.grading.values import MOST_SHOWN
from proctor.sandbox.protocol import Call

LARGE = 100  # in size: the check is about such numbers
# gives the lines that show a result of a call, whose arguments it is also given by name
View = Callable[[Call, dict[str, Any]], list[str]]


@dataclass(frozen=True)
class ShrinkSpec:
    """How a large call becomes a small one.

    `sizes`: for each size of the large call's tensors, a smaller one. `numbers`: "halves"; "zeros",
    halves with rows of zeros, if there are some in the large call; numbers "near" the large call's;
    or the "same". `most`: the largest whole number.
    """

    sizes: dict[int, int]
    numbers: str
    most: int


def candidates(call: Call) -> Iterator[ShrinkSpec]:
    """The small calls to try, the simplest first."""
    sizes = set[int]()
    for x in tensors_of(call):
        sizes.update(x.shape)
    small = {}
    larger = {}
    # different sizes stay different
    for n, size in enumerate(sorted(sizes - {0, 1}), 2):
        small[size] = n
        larger[size] = min(size, n + 2)
    # a call may fail only with some numbers
    kinds = ["halves", "zeros", "near", "near"]
    if largest_number(call) > LARGE:
        # the check is about that
        kinds = ["near", "near"]
    for spec_sizes, most in ((small, 2), (larger, 4), (larger, 4)):
        for numbers in kinds:
            yield ShrinkSpec(spec_sizes, numbers, most)
    if all(x.numel() <= MOST_SHOWN for x in tensors_of(call)):
        yield ShrinkSpec({}, "same", most)


def can_shrink(call: Call) -> bool:
    """Whether it has no generator, from which the reference solution may draw other numbers, and no
    long list or string.
    """
    for value in _arguments(call):
        is_long = isinstance(value, list | str) and len(value) > MOST_SHOWN
        if is_long or isinstance(value, torch.Generator):
            return False
    return True


def _arguments(call: Call) -> list[Any]:
    return [*call.args, *call.kwargs.values()]


def tensors_of(call: Call) -> list[torch.Tensor]:
    """The tensors among a call's arguments."""
    return [value for value in _arguments(call) if isinstance(value, torch.Tensor)]


def largest_number(call: Call) -> float:
    """The largest size of a floating-point number in a call."""
    floats = [x for x in tensors_of(call) if x.is_floating_point() and x.numel()]
    return max((float(x.abs().max()) for x in floats), default=0.0)


def changed(call: Call, change: Callable[[Any], Any]) -> Call:
    """The call with each of its arguments changed, and each weight of its output."""
    args = [*map(change, call.args)]
    kwargs = {name: change(value) for name, value in call.kwargs.items()}
    weights = call.weights and [*map(change, call.weights)]
    return msgspec.structs.replace(call, args=args, kwargs=kwargs, weights=weights)


def small_call(call: Call, spec: ShrinkSpec, draw: Draw) -> Call:
    """The small call of `spec`, with numbers from `draw`."""
    numbers = {value for value in _arguments(call) if type(value) is int}
    small_numbers = dict[int, int]()
    for value in sorted(numbers, reverse=True):
        small_numbers[value] = _small_int(value, spec, small_numbers.values())

    def small(value: Any) -> Any:
        if type(value) is int:
            return small_numbers[value]
        if not isinstance(value, torch.Tensor) or not spec.sizes:
            return value
        corner = value[tuple(slice(spec.sizes.get(size, size)) for size in value.shape)].clone()
        if not value.is_floating_point():
            return _small_ids(value, corner, spec, draw)
        if spec.numbers == "same":
            return corner
        return _small_floats(value, corner, spec, draw).to(value.dtype)

    return changed(call, small)


def _small_int(value: int, spec: ShrinkSpec, taken: Collection[int]) -> int:
    """A number that stays below each size that it was below; one above them all stays as it is.

    Different numbers stay different: an exercise may need that.
    """
    below = [then for size, then in spec.sizes.items() if size > value]
    if not below:
        return value
    most = min(value, spec.most, max(1, max(below) - 1))
    return next((number for number in range(most, -1, -1) if number not in taken), most)


def _small_ids(
    value: torch.Tensor, corner: torch.Tensor, spec: ShrinkSpec, draw: Draw
) -> torch.Tensor:
    """Ids that stay below each size that they were below."""
    most = int(value.max()) if value.numel() else 0
    below = min([then for size, then in spec.sizes.items() if size > most], default=most + 1)
    if spec.numbers in ("halves", "zeros"):
        return draw.integers(0, max(1, below), *corner.shape).to(value.dtype)
    # the rows that the ids point to matter, if the numbers are near those of the large call
    return corner.clamp(max=below - 1)


def _small_floats(
    value: torch.Tensor, corner: torch.Tensor, spec: ShrinkSpec, draw: Draw
) -> torch.Tensor:
    """Halves, or numbers near those in the `corner`; shares, if those in the rows of `value`
    are.
    """
    shape = corner.shape
    is_shares = (
        value.dim() and bool((value >= 0).all()) and bool(((value.sum(-1) - 1).abs() < 1e-4).all())
    )
    if spec.numbers == "near":
        near = corner.double() * draw.uniform(0.8, 1.25, *shape)
        two_digits = [float(f"{each:.2g}") for each in near.flatten().tolist()]
        rounded = torch.tensor(two_digits).view(shape)
        if is_shares:
            return rounded / rounded.sum(-1, keepdim=True)
        return rounded
    if is_shares:
        # 1/4, 1/8, … and the rest of 1, in some order
        parts = [0.5**n for n in range(2, shape[-1] + 1)]
        row = torch.tensor([*parts, 1 - sum(parts)])
        return row[draw.uniform(1, 2, *shape).argsort(-1)]
    halves = draw.integers(1, 5, *shape) / 2 * (draw.integers(0, 2, *shape) * 2 - 1)
    if spec.numbers == "zeros" and value.dim() and bool((value == 0).all(-1).any()):
        halves[draw.integers(0, 2, *shape[:-1]) == 0] = 0
    return halves


def _is_float(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.is_floating_point()


def views_of(call: Call) -> list[View]:
    """The results of a call that are looked at."""
    views: list[View] = [call_as_code]
    if call.weights is not None:
        views += [graph_lines, gradient_lines]
    if call.look_back:
        views.append(argument_lines)
    return views


def graph_lines(call: Call, named: dict[str, Any]) -> list[str]:
    """The call, and whether its value has a graph."""
    *lines, last = call_as_code(call, named, [torch.tensor(1.0)])
    return [*lines, last.replace(".backward()", ".requires_grad")]


def gradient_lines(call: Call, named: dict[str, Any]) -> list[str]:
    """The backward pass of the call's output, and a list of the gradients."""
    names = [f"{name}.grad" for name, value in named.items() if _is_float(value)]
    return [*call_as_code(call, named, call.weights), f"[{', '.join(names)}]"]


def argument_lines(call: Call, named: dict[str, Any]) -> list[str]:
    """The call, and a list of its tensors as they are afterwards."""
    names = [name for name, value in named.items() if isinstance(value, torch.Tensor)]
    return [*call_as_code(call, named, apart=True), f"[{', '.join(names)}]"]


def output_weights(outputs: Any) -> list[torch.Tensor]:
    """The weights 1, 2, 3, … for the backward pass of a call with these outputs."""
    tensors = outputs if isinstance(outputs, list) else [outputs]
    return [torch.arange(1, x.numel() + 1, dtype=x.dtype).view(x.shape) for x in tensors]


class Drawn(dict):
    """The values for the braces in an experiment's text: a number, a positive one, a bit, a seed,
    each drawn anew.
    """

    def __init__(self, draw: Draw):
        super().__init__()
        self.draw = draw

    def __missing__(self, kind: str) -> float | int:
        if kind == "seed":
            return self.draw.randint(1, 1000)
        if kind == "bit":
            return self.draw.randint(0, 2)
        half = self.draw.randint(1, 5) / 2
        if kind == "number":
            half *= self.draw.randint(0, 2) * 2 - 1
        return half
