"""Values and types in words, for messages to people."""

import re
from typing import Any

import torch

from proctor.sandbox.protocol import GeneratorState, Opaque


def describe(value: Any, depth: int = 0) -> str:
    """A value in a few words: `float32 (2, 3)`, `3.5`, `a list of 20`."""
    if isinstance(value, torch.Tensor):
        return f"{str(value.dtype).removeprefix('torch.')} {tuple(value.shape)}"
    if isinstance(value, torch.Generator | GeneratorState):
        return "a generator"
    if isinstance(value, Opaque):
        return f"a {bare(value.type_name).removeprefix('__main__.')}"
    if isinstance(value, list | tuple):
        if len(value) > 4 or depth == 2:
            return f"a list of {len(value)}"
        return "[" + ", ".join(describe(item, depth + 1) for item in value) + "]"
    if isinstance(value, dict):
        return f"a dict of {len(value)}"
    if isinstance(value, str) and len(value) > 60:
        return f"a str of length {len(value)}"
    text = repr(value)
    return text if len(text) <= 60 else f"a {type(value).__name__} of length {len(text)}"


def bare(name: str) -> str:
    """A type's name, which a student may have chosen, as no more than a name."""
    return re.sub(r"[^\w.]", "", name[:200])[:60]
