"""Additions to a message from the source of the cells: the line that can't be read, the cell that bound a name anew.

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
    """Python's message about a cell that it can't read; where the cell's tree can't be made, with the line and in plain words."""
    error, lines = parsed(source), source.splitlines()
    if not isinstance(error, SyntaxError) or not 0 < (number := error.lineno or 0) <= len(lines):
        return message
    line, start = lines[number - 1], f"line {number}: `"
    described = [error.msg, f"{start}{line.strip()[:100]}`".replace("\t", " ")]
    at = (error.offset or 0) - 1 - (len(line) - len(line.lstrip()))
    if 0 <= at < 100:
        described.append(" " * (len(start) + at) + "^")
    return "\n".join([*described, next(hint for part, hint in HINTS.items() if part in error.msg)])


def line_at(cells: list[Cell], exercise: str, cell: int, line: int) -> str:
    """A line of a notebook's code cell, both counted from 1, as a message shows it; empty where there is none."""
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
    if isinstance(value, float):
        text = f"{value:.6g}"
        return text if set(text) & set(".en") else f"{text}.0"
    return describe(value)


def _nested(numbers: Any) -> str:
    if isinstance(numbers, list):
        return f"[{', '.join(map(_nested, numbers))}]"
    return f"{numbers:.6g}" if isinstance(numbers, float) else str(numbers)


def keeps_stub(source: str) -> bool:
    """Whether the stub's `raise NotImplementedError()` still stands in a cell."""
    tree = parsed(source)
    nodes = ast.walk(tree) if isinstance(tree, ast.Module) else ()
    raised = [node.exc for node in nodes if isinstance(node, ast.Raise)]
    names = [each.func if isinstance(each, ast.Call) else each for each in raised]
    return any(isinstance(name, ast.Name) and name.id == "NotImplementedError" for name in names)


def bound_elsewhere(cells: list[Cell], exercise: str, names: Iterable[str], snapshot: str) -> str:
    """Which cell bound one of the exercise's `names`, which were judged, the notebook having run to the cell `snapshot`; empty if the exercise's own."""
    ids = [cell.id for cell in cells]
    if snapshot not in ids or exercise not in ids:
        return ""
    solution, described = ids.index(exercise), []
    for name in names:
        places = [n for n, cell in enumerate(cells[: ids.index(snapshot)]) if cell.done and name in cell.done.bound]
        if places and places[-1] != solution:
            anew, source = "anew " if places[-1] > solution else "", cells[places[-1]].source
            described.append(f"`{name}` was bound {anew}by code cell {places[-1] + 1}{_line_binding(name, source)}")
    return "\n".join(described)


def _line_binding(name: str, source: str) -> str:
    """The line of a cell that binds this name, in words; empty where none is seen to."""
    lines, stars = source.splitlines(), [line for line in source.splitlines() if "import *" in line]
    line = lines[bound(source)[name] - 1] if name in bound(source) else "".join(stars[-1:])
    return line and f": `{line.strip()[:100]}`"
