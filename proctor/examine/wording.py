"""What a message adds from the source of the cells: the line that can't be read, the cell that bound a name anew.

For wording alone: no verdict depends on it, and where a source can't be read, nothing is added.
"""

import ast
import re
from collections.abc import Iterable
from typing import Any

import torch

from proctor.course.cells import bound, parsed
from proctor.course.report import NOT_INSTALLED
from proctor.sandbox.cell import Cell
from proctor.sandbox.protocol import describe

MOST_SHOWN = 12  # entries of a tensor: so few can be reckoned by hand
SYNTAX = ("SyntaxError", "IndentationError", "TabError")
PLACE = re.compile(r"\s*\([^()]*, line (\d+)\)$")  # behind Python's own message
HINTS = {
    "never closed": "A bracket is opened here and never closed.",
    "unterminated": "A quote is opened here and never closed.",
    "indent": "The indentation of this line doesn't fit the lines around it.",
    "": "Python can't read this line. Look for a typo, or for a missing colon, comma or bracket, here or just above.",
}

LACKING = re.compile(r"(?:NoModuleNamed_|raised ModuleNotFoundError: No module named ')(\w+(?:\.\w+)*)")


def lacks(message: str) -> str:
    """In words, the package that a failed answer needs, where the message about it names one that isn't there; else nothing."""
    found = LACKING.search(message)
    return f"needs {found[1]}, {NOT_INSTALLED}, nor handed in beside the notebook" if found else ""


def syntax(source: str, message: str) -> str:
    """Python's message about a cell that it can't read, with the line that it means, and in plain words."""
    error, place, lines = parsed(source), PLACE.search(message), source.splitlines()
    if isinstance(error, SyntaxError):
        words, number, offset = error.msg, error.lineno or 0, error.offset or 0
        hints = [next(hint for part, hint in HINTS.items() if part in words)]
    else:
        # IPython, which numbered the line, had left out the blank ones above
        blank = next((count for count, line in enumerate(lines) if line.strip()), 0)
        words, number, offset = PLACE.sub("", message), int(place[1]) + blank if place else 0, 0
        hints = []
    if not 0 < number <= len(lines):
        return words
    line = lines[number - 1]
    text, start = line.strip().replace("\t", " "), f"line {number}: `"
    told = [words, f"{start}{text[:100]}`"]
    at = offset - 1 - (len(line) - len(line.lstrip()))
    if 0 <= at < 100:
        told.append(" " * (len(start) + at) + "^")
    return "\n".join([*told, *hints])


def line_at(cells: list[Cell], exercise: str, cell: int, line: int) -> str:
    """A line of a notebook's code cell, both counted from 1, as it is told; empty where there is none."""
    if not 0 < cell <= len(cells) or not 0 < line <= len(lines := cells[cell - 1].source.splitlines()):
        return ""
    where = "" if cells[cell - 1].id == exercise else f"code cell {cell}, "
    return f"{where}line {line}: `{lines[line - 1].strip()[:100]}`"


def in_numbers(value: Any) -> str:
    """A value as `describe` has it; of a tensor with few entries, these: `float32 [0.5, -1.25]`."""
    if isinstance(value, torch.Tensor) and 0 < value.numel() <= MOST_SHOWN and not value.is_complex():
        return f"{str(value.dtype).removeprefix('torch.')} {_nested(value.tolist())}"
    if isinstance(value, list | tuple) and 0 < len(value) <= 4:
        return f"[{', '.join(map(in_numbers, value))}]"
    return describe(value)


def _nested(numbers: Any) -> str:
    if isinstance(numbers, list):
        return f"[{', '.join(map(_nested, numbers))}]"
    return f"{numbers:.6g}" if isinstance(numbers, float) else str(numbers)


def keeps_stub(source: str) -> bool:
    """Whether the stub's `raise NotImplementedError()` still stands in a cell."""
    tree = parsed(source)
    raised = (
        [node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise)] if isinstance(tree, ast.Module) else []
    )
    names = [each.func if isinstance(each, ast.Call) else each for each in raised]
    return any(isinstance(name, ast.Name) and name.id == "NotImplementedError" for name in names)


def bound_elsewhere(cells: list[Cell], exercise: str, names: Iterable[str], snapshot: str) -> str:
    """Which cell bound one of the exercise's `names`, which were judged, the notebook having run to the cell `snapshot`; empty if the exercise's own."""
    ids = [cell.id for cell in cells]
    if snapshot not in ids or exercise not in ids:
        return ""
    own, told = ids.index(exercise), []
    for name in names:
        binding = [n for n, cell in enumerate(cells[: ids.index(snapshot)]) if cell.done and name in cell.done.bound]
        if binding and binding[-1] != own:
            anew = "anew " if binding[-1] > own else ""
            told.append(
                f"`{name}` was bound {anew}by code cell {binding[-1] + 1}{_line_binding(name, cells[binding[-1]].source)}"
            )
    return "\n".join(told)


def _line_binding(name: str, source: str) -> str:
    """The line of a cell that binds this name, as it is told; empty where none is seen to."""
    lines, stars = source.splitlines(), [line for line in source.splitlines() if "import *" in line]
    line = lines[bound(source)[name] - 1] if name in bound(source) else "".join(stars[-1:])
    return line and f": `{line.strip()[:100]}`"
