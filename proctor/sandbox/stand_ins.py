"""Stand-ins: right answers of the course's own that take the place of a student's wrong or missing ones.

An exercise that calls another one is asked again with stand-ins for what failed beside it, so that one mistake costs
one exercise. This half runs beside the student's code, in the sandbox or in a notebook's own kernel.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.sandbox import guard

ABSENT = object()


class StandIns:
    """The stand-ins for the names of one notebook, each in place only while its name is `given`.

    `functions` holds them by name. They may use what an exercise rules out.
    """

    def __init__(self, namespace: dict[str, Any]):
        self.namespace = namespace
        self.functions: dict[str, Callable] = {}
        self.given: set[str] = set()
        self.called: set[str] = set()

    def learn(self, sources: dict[str, str]) -> None:
        """Makes the stand-ins from their sources, by name; each is run in a scope of its own."""
        for name, source in sources.items():
            scope = {"__name__": f"stand_in_{name}", "torch": torch, "math": math, "nn": nn, "F": F}
            code = compile(source, f"<stand-in {name}>", "exec")
            guard.exempt(code)
            exec(code, scope)
            made = scope[name]
            if isinstance(made, type):
                self.functions[name] = type(name, (made,), {"__init__": self._counted(name, made.__init__)})
            else:
                self.functions[name] = self._counted(name, made)

    def _counted(self, name: str, function: Callable) -> Callable:
        """`function`, which notes that it is called; a copy that the notebook keeps works only while it is given."""

        def stand_in(*args, **kwargs):
            if name not in self.given:
                raise NameError(f"name '{name}' is not defined")
            self.called.add(name)
            return function(*args, **kwargs)

        stand_in.__name__ = stand_in.__qualname__ = name
        return stand_in

    @contextmanager
    def in_place(self, given: list[str]) -> Iterator[None]:
        """While entered, the names in `given` mean stand-ins. Afterwards they mean what the notebook defines again."""
        own = {name: self.namespace.get(name, ABSENT) for name in given}
        self.given, self.called = set(given), set()
        self.namespace.update({name: self.functions[name] for name in given})
        try:
            yield
        finally:
            self.given = set()
            for name, thing in own.items():
                # what a cell has defined meanwhile stays
                if self.namespace.get(name) is self.functions[name]:
                    if thing is ABSENT:
                        del self.namespace[name]
                    else:
                        self.namespace[name] = thing
