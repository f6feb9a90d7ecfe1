"""Values as a message shows them: a few numbers are written out."""

from collections.abc import Callable
from typing import Any

import torch

from proctor.sandbox.wording import describe

MOST_SHOWN = 16  # entries of a tensor: so few can be reckoned by hand


def in_numbers(value: Any) -> str:
    """A value as `describe` has it; of a tensor with few entries, these: `float32 [0.5, -1.25]`."""
    if (
        isinstance(value, torch.Tensor)
        and 0 < value.numel() <= MOST_SHOWN
        and not value.is_complex()
    ):
        return f"{str(value.dtype).removeprefix('torch.')} {nested(value.tolist(), short)}"
    if isinstance(value, list | tuple) and 0 < len(value) <= 4:
        return f"[{', '.join(map(in_numbers, value))}]"
    if isinstance(value, float):
        text = short(value)
        return text if set(text) & set(".en") else f"{text}.0"
    return describe(value)


def nested(numbers: Any, as_text: Callable[[float], str]) -> str:
    """Nested lists of numbers as Python writes them, each number as text."""
    if isinstance(numbers, list):
        return f"[{', '.join(nested(each, as_text) for each in numbers)}]"
    return as_text(numbers)


def short(number: float) -> str:
    """A number with at most six digits."""
    # the sum has no negative zero
    return f"{number + 0.0:.6g}" if isinstance(number, float) else str(number)
