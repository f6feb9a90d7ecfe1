"""Stand-ins: right answers of the course's own that take the place of a student's wrong or missing
ones.

An exercise that calls another one is judged again with stand-ins for the failed exercises, so that
one mistake costs one exercise. This half runs beside the student's code, in the sandbox or in a
notebook's own kernel.
"""

import ast
import functools
import inspect
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.sandbox import guard

# no name that a cell can read or bind
EITHER = "<either>"


class StandIns(ast.NodeTransformer):
    """The stand-ins for the names of one notebook, each in place only while its name is in use.

    `functions` holds them by name. They may use the operations that an exercise rules out. As a
    transformer of a cell's syntax tree, it decorates the student's functions: a copy in a list, or
    under another name, means the stand-in, too, while that is in use.
    """

    def __init__(self, namespace: dict[str, Any]):
        self.namespace = namespace
        self.functions: dict[str, Callable] = {}
        self.in_use: set[str] = set()
        self.called: set[str] = set()
        self._student_functions: dict[str, Any] = {}

    def learn(self, sources: dict[str, str]) -> None:
        """Makes the stand-ins from their sources, by name; each is run in a scope of its own."""
        for name, source in sources.items():
            scope = {"__name__": f"stand_in_{name}", "torch": torch, "math": math, "nn": nn, "F": F}
            code = compile(source, f"<stand-in {name}>", "exec")
            guard.exempt(code)
            exec(code, scope)
            made = scope[name]
            if isinstance(made, type):
                made.__init__ = self._counted(name, made.__init__)
            else:
                made = self._counted(name, made)
            self.functions[name] = made

    def _counted(self, name: str, function: Callable) -> Callable:
        """`function`, which notes that it is called; a copy that the notebook keeps works only
        while its name is in use.
        """
        takes = inspect.signature(function)

        def stand_in(*args, **kwargs):
            if name not in self.in_use:
                raise NameError(f"name '{name}' is not defined")
            student_function = self._student_functions.get(name)
            if inspect.isfunction(student_function) and not _fits(takes, args, kwargs):
                # only the student's has the parameters that this caller knows
                return student_function(*args, **kwargs)
            self.called.add(name)
            return function(*args, **kwargs)

        stand_in.__name__ = stand_in.__qualname__ = name
        return stand_in

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        if node.name in self.functions:
            self.namespace[EITHER] = self._either
            node.decorator_list.append(ast.Name(EITHER, ast.Load()))
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        # a method of that name is no answer
        return node

    def _either(self, student_function: Callable) -> Callable:
        """`student_function`, or the stand-in while its name is in use."""
        name = student_function.__name__

        @functools.wraps(student_function)
        def either(*args, **kwargs):
            if name not in self.in_use:
                return student_function(*args, **kwargs)
            self._student_functions[name] = student_function
            return self.functions[name](*args, **kwargs)

        return either

    @contextmanager
    def in_place(self, names: list[str], graded: dict[str, Any]) -> Iterator[None]:
        """While entered, these `names` mean stand-ins, and those in `graded` the things given
        there.

        Afterwards they have the notebook's meaning again.
        """
        meant = graded | {name: self.functions[name] for name in names}
        before = {name: self.namespace[name] for name in meant if name in self.namespace}
        self.in_use = set(names)
        self.called = set()
        self._student_functions = {
            name: getattr(thing, "__wrapped__", thing) for name, thing in before.items()
        }
        self.namespace.update(meant)
        try:
            yield
        finally:
            self.in_use = set()
            for name, thing in meant.items():
                if self.namespace.get(name) is not thing:
                    # a cell has defined it meanwhile
                    continue
                if name in before:
                    self.namespace[name] = before[name]
                else:
                    del self.namespace[name]


def _fits(takes: inspect.Signature, args: tuple, kwargs: dict[str, Any]) -> bool:
    """Whether a function with this signature can be called so."""
    try:
        takes.bind(*args, **kwargs)
    except TypeError:
        return False
    return True
