"""A code cell on its way through a sandbox, and the limits that it runs under.

Imports no PyTorch: the process that records grades does without it.
"""

import os
from dataclasses import dataclass, field, fields, replace
from typing import Any

import msgspec

from proctor.errors import CourseError


class CellDone(msgspec.Struct, tag=True):
    """The result of a cell: its outputs, as notebooks keep them, and the error that ended it.

    `bound`: which of the exercises' names it bound, and whether to anything but PyTorch's own of
    that name.
    """

    outputs: list[dict[str, Any]]
    error_name: str | None = None
    error_message: str = ""
    bound: dict[str, bool] = {}


@dataclass(frozen=True)
class Limits:
    """Seconds for one cell, one call from a check, an exercise in all, the notebook; grace after an
    interrupt.

    They are of the sandbox's own time: waiting for a core on a crowded machine doesn't count.
    """

    cell: float = 30.0
    call: float = 10.0
    exercise: float = 20.0
    notebook: float = 200.0
    grace: float = 2.0


def usual_limits(cell: float = Limits.cell) -> Limits:
    """The limits, with those that the environment's `PROCTOR_LIMITS` sets otherwise, such as
    `cell=1,call=0.5`.

    Raises `CourseError` if it names no limit, or no number.
    """
    limits = Limits(cell=cell)
    for part in filter(None, os.environ.get("PROCTOR_LIMITS", "").split(",")):
        name, _, value = part.partition("=")
        try:
            limits = replace(limits, **{name: float(value)})
        except (TypeError, ValueError):
            known = ", ".join(each.name for each in fields(Limits))
            raise CourseError(
                f"PROCTOR_LIMITS: {part} is no limit in seconds, such as cell=10; there are {known}"
            ) from None
    return limits


@dataclass
class Cell:
    """A code cell of a submission on its way through a sandbox.

    Characters of its source that no file can hold become `?`.

    `draw`: make pictures of its figures, and show the traceback of its error. `stand_ins`: the
    names that mean stand-ins while it runs; `graded`: by name, the graded cell whose snapshot gives
    its meaning. `seconds`: the time that it has taken. `number`: its own among the notebook's code
    cells, counted from 1, wherever a second run puts it.
    """

    source: str
    id: str | None = None
    exercise: str = ""
    draw: bool = True
    stand_ins: list[str] = field(default_factory=list)
    graded: dict[str, str] = field(default_factory=dict)
    done: CellDone | None = None
    lethal: bool = False
    seconds: float = 0.0
    number: int = 0

    @property
    def charged(self) -> str:
        """The exercise that pays for the cell's time: that of a visible check.

        The notebook pays for an answer's own cell.
        """
        return "" if self.exercise == self.id else self.exercise

    def __post_init__(self) -> None:
        self.source = self.source.encode(errors="replace").decode()
