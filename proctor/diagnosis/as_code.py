"""Values and calls as code that a student can paste."""

from typing import Any

import torch

from proctor.grading.values import nested, short
from proctor.sandbox.protocol import Call

WIDTH = 76  # characters of a line that is not broken in a terminal


def call_as_code(
    call: Call,
    named: dict[str, Any],
    weights: list[torch.Tensor] | None = None,
    apart: bool = False,
) -> list[str]:
    """The lines of a call whose arguments are `named`: several tensors have a line each, and one if
    `apart`.

    With `weights`, the lines end in the backward pass of the output, weighted so.
    """
    whole = f"{call.name}({_arguments(call, {})})"
    names = {id(value): name for name, value in named.items() if isinstance(value, torch.Tensor)}
    if not apart and weights is None and (len(whole) <= WIDTH or len(names) < 2):
        return [whole]
    lines = [f"{name} = {as_code(named[name], weights is not None)}" for name in names.values()]
    called = f"{call.name}({_arguments(call, names)})"
    if weights is not None and len(weights) > 1:
        called = f"sum((out * w).sum() for out, w in zip({called}, [{', '.join(map(as_code, weights))}])).backward()"
    elif weights is not None:
        (one,) = weights
        if one.dim():
            called = f"({called} * {as_code(one)}).sum()"
        called += ".backward()"
    return [*lines, called]


def _arguments(call: Call, names: dict[int, str]) -> str:
    def text(value: Any) -> str:
        return names.get(id(value)) or as_code(value)

    by_name = [f"{name}={text(value)}" for name, value in call.kwargs.items()]
    return ", ".join([*map(text, call.args), *by_name])


def as_code(value: Any, differentiated: bool = False) -> str:
    """A value as it is typed: `torch.tensor([0.5, -1.0])`; a tensor that is not contiguous stays
    so.
    """
    if not isinstance(value, torch.Tensor):
        return repr(value)
    has_gradient = differentiated and value.is_floating_point()
    if not value.is_contiguous():
        once = value
        for dim, size in enumerate(value.shape):
            if value.stride(dim) == 0 and size > 1:
                once = once.narrow(dim, 0, 1)
        if once is not value:
            turned = f"{as_code(once)}.expand({', '.join(map(str, value.shape))})"
        else:
            turned = f"{as_code(value.transpose(0, -1).contiguous())}.transpose(0, -1)"
        if has_gradient:
            turned += ".requires_grad_()"
        return turned
    options = ""
    if value.dtype == torch.float64:
        options += ", dtype=torch.float64"
    if has_gradient:
        options += ", requires_grad=True"
    return f"torch.tensor({nested(value.tolist(), _typed)}{options})"


def _typed(number: float) -> str:
    text = short(number)
    if text.lstrip("-") in ("inf", "nan"):
        return f'float("{text}")'
    if isinstance(number, float) and not set(text) & set(".e"):
        return f"{text}.0"
    return text
