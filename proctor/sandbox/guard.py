"""The guard: during a question, the operations that its exercise rules out raise
`ForbiddenBuiltin`.

`install` runs in the fork server, before any line of a student's: it re-registers PyTorch's
kernels, and wraps operations without one. From then on a forbidden operation looks at its callers
whenever it runs: it raises for the student's code, and works as always for the grader's own, for
autograd's formulas in a backward pass that the grader starts, and outside of questions. It yields
no value, so nothing is gained by catching its exception.

A name stands for every kernel and every Python function of PyTorch's that is called so, but for
underscores around it. `numpy` stands for NumPy's functions and the ways to it, `torch.optim` for
every optimizer, and `torch.autograd` for the backward pass.
"""

import functools
import linecache
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterable
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

import numpy
import torch
import torch._decomp

from proctor.sandbox.protocol import Trip

LIBRARIES = (sys.prefix, sys.base_prefix, os.path.dirname(os.path.dirname(__file__)))
MAX_TRIPS = 20
MAX_TEXT = 200  # characters of a line of code
# a key that kernels are registered at, and a key at which such a kernel runs
KEYS = {
    key: key for key in "CPU MkldnnCPU QuantizedCPU SparseCPU SparseCsrCPU NestedTensorCPU".split()
}
KEYS |= dict.fromkeys(
    ["CompositeExplicitAutograd", "CompositeExplicitAutogradNonFunctional"], "CPU"
)
KEYS |= {
    "CompositeImplicitAutograd": "AutogradCPU",
    "CompositeImplicitAutogradNestedTensor": "NestedTensorCPU",
}
ENGINE = torch.autograd.Variable._execution_engine
# PyTorch's own operations, written once more in Python on top of others
IN_PYTHON = ("torch._", "torch.distributions")
NUMPY_PRODUCTS = set(
    "dot matmul inner outer vdot vecdot matvec vecmat einsum tensordot kron cross convolve correlate".split()
)


class ForbiddenBuiltin(Exception):
    """Raised in place of an operation that the exercise asks the student to write."""


trips: list[Trip] = []
# the number of a code cell, by the file name of its code; nothing for other files
cell_of: Callable[[str], int | None] = dict[str, int]().get
_forbidden: frozenset[str] = frozenset()
_ours: dict[int, CodeType] = {}
_installed: frozenset[str] = frozenset()
_undo: list[Callable[[], None]] = []


def start(names: Iterable[str]) -> None:
    """From now on, the operations with these names raise."""
    global _forbidden
    trips.clear()
    _forbidden = _stripped(names)


def stop() -> None:
    """From now on, everything is free."""
    global _forbidden
    _forbidden = frozenset()


def installed() -> frozenset[str]:
    """All the names that are guarded in this process."""
    return _installed


def changed(names: Iterable[str]) -> list[Trip]:
    """A trip if other names than these are forbidden by now."""
    return [] if _forbidden == _stripped(names) else [Trip("the guard's own names")]


def _stripped(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.strip("_") for name in names)


def exempt(code: CodeType) -> None:
    """Lets this code of the grader's, and all that is defined in it, use everything."""
    _ours[id(code)] = code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            exempt(constant)


def call(function: Callable, args: Iterable, kwargs: dict[str, Any]) -> Any:
    """Calls a function of the student's; its operations count as theirs, even if it is a built-in
    itself.
    """
    return function(*args, **kwargs)


def check(name: str) -> None:
    """Raises `ForbiddenBuiltin` if `name` is forbidden now and the student's code has called it.

    A call by a library counts as a call by the code that called the library, but for NumPy: a plot,
    or PyTorch itself, may use that.
    """
    if name not in _forbidden:
        return
    frame: FrameType | None = sys._getframe(2)
    file = frame.f_code.co_filename
    if (
        name == "numpy"
        and file.startswith(LIBRARIES)
        and re.search(r"[\\/](torch|numpy|matplotlib)[\\/]", file)
    ):
        return
    trip = Trip(name)
    while frame is not None and frame.f_code is not call.__code__:
        if id(frame.f_code) in _ours:
            return
        file = frame.f_code.co_filename
        if not file.startswith(LIBRARIES):
            text = linecache.getline(file, frame.f_lineno).strip()[:MAX_TEXT]
            trip = Trip(name, cell_of(file) or 0, frame.f_lineno, text)
            break
        frame = frame.f_back
    if len(trips) < MAX_TRIPS:
        trips.append(trip)
    raise ForbiddenBuiltin(f"{name} is what this exercise asks you to write")


def install(names: Iterable[str]) -> None:
    """Guards the operations with these names, and nothing else.

    A kernel takes half a millisecond.
    """
    global _installed
    names = _stripped(names)
    if names == _installed:
        return
    uninstall()
    _installed = names
    _guard_kernels(names)
    for name, module in list(sys.modules.items()):
        if name.startswith(IN_PYTHON):
            _guard_functions(module, names)
        if name.startswith("torch.optim") and "torch.optim" in names:
            _guard_optimizers(module)
    for table in torch._decomp.global_decomposition_table.values():
        for operator in list(table):
            if (name := _bare(operator.name())) in names:
                _replace(table, operator, name)
    if "torch.autograd" in names:
        _replace(torch.autograd.forward_ad, "make_dual", "torch.autograd")
        _replace(torch.autograd.Variable, "_execution_engine", "torch.autograd", _Engine())
    if "numpy" in names:
        _guard_numpy()


def uninstall() -> None:
    """Puts everything back."""
    global _installed
    while _undo:
        _undo.pop()()
    _installed = frozenset()


def _replace(place: Any, key: Any, name: str, new: Any = None) -> None:
    """Puts something `new` into a dict, a module or a class; by default the old thing with a check
    of `name` before it.
    """
    if isinstance(place, dict):
        put = place.__setitem__
        old = place[key]
    else:
        put = functools.partial(setattr, place)
        old = getattr(place, key)
    if new is None:
        new = _guarded(name, old)
    # noted before it is done: an interrupt may come in between
    _undo.append(lambda: put(key, old))
    put(key, new)


def _guarded(
    name: str, function: Callable, matters: Callable[[Iterable], bool] = lambda values: True
) -> Callable:
    @functools.wraps(function)
    def guarded(*args, **kwargs):
        if name in _forbidden and matters([*args, *kwargs.values()]):
            check(name)
        return function(*args, **kwargs)

    vars(guarded).pop("__wrapped__", None)
    return guarded


def _bare(operator: str) -> str:
    """The name of an operator without its namespace, overload and underscores: `softmax` of
    `aten::_softmax.out`.
    """
    return operator.split("::")[-1].split(".")[0].strip("_")


def _guard_kernels(names: frozenset[str]) -> None:
    libraries: dict[str, torch.library.Library] = {}
    # a library that nobody holds any more takes its kernels back
    _undo.append(libraries.clear)
    # PyTorch warns that a kernel is replaced
    with warnings.catch_warnings(action="ignore"):
        for operator in torch._C._dispatch_get_all_op_names():
            space, name = operator.split("::")[0], _bare(operator)
            if name not in names:
                continue
            for key, runs_at in KEYS.items():
                if torch._C._dispatch_has_kernel_for_dispatch_key(operator, key):
                    if space not in libraries:
                        libraries[space] = torch.library.Library(space, "IMPL")
                    there = torch._C._dispatch_key_parse(runs_at)
                    kernel = torch._C._dispatch_get_computed_kernel_for_dispatch_key(
                        operator, there
                    )
                    table = libraries[space].m
                    assert table is not None, "a library has one until it is destroyed"
                    table.impl(operator, key, _guarded(name, kernel.call_boxed), True)


def _guard_functions(module: ModuleType, names: frozenset[str]) -> None:
    """Guards the functions of a module, and the methods of its own classes, that have one of these
    names.
    """
    for key, thing in list(vars(module).items()):
        if isinstance(thing, FunctionType) and thing.__name__.strip("_") in names:
            _replace(module, key, thing.__name__.strip("_"))
        elif (
            isinstance(thing, type)
            and thing.__module__ == module.__name__
            and thing.__name__ in names
        ):
            for method, function in list(vars(thing).items()):
                if isinstance(function, FunctionType):
                    _replace(thing, method, thing.__name__)


def _guard_optimizers(module: ModuleType) -> None:
    for key, thing in list(vars(module).items()):
        if isinstance(thing, FunctionType) and thing.__module__.startswith("torch.optim"):
            _replace(module, key, "torch.optim")
        elif (
            isinstance(thing, type)
            and issubclass(thing, torch.optim.Optimizer)
            and thing.__module__ == module.__name__
        ):
            for method in {"__init__", "step"} & vars(thing).keys():
                _replace(thing, method, "torch.optim")


class _Engine:
    """Autograd's engine, which runs every backward pass, with a check before it."""

    def __getattr__(self, name: str) -> Any:
        check("torch.autograd")
        return getattr(ENGINE, name)


def _guard_numpy() -> None:
    for place in (numpy, numpy.linalg, numpy.ma):
        for key, thing in list(vars(place).items()):
            if not callable(thing) or isinstance(thing, type) or key.startswith("_"):
                continue
            if key in NUMPY_PRODUCTS or place is numpy.linalg:
                _replace(place, key, "numpy")
            elif not isinstance(thing, numpy.ufunc):
                # ufuncs have methods, which a wrapper would hide
                _replace(place, key, "numpy", _guarded("numpy", thing, _hold_rows))
    for key in ("numpy", "__array__", "__dlpack__"):
        _replace(torch.Tensor, key, "numpy")
    _replace(
        numpy.matrix, "__new__", "numpy", staticmethod(_guarded("numpy", numpy.matrix.__new__))
    )


def _hold_rows(values: Iterable) -> bool:
    """Whether a tensor, an array or a table is among these arguments: `np.prod(A.shape)` is no way
    to a product.
    """
    for value in values:
        is_table = isinstance(value, list | tuple) and len(value) and isinstance(value[0], list)
        if is_table or isinstance(value, torch.Tensor | numpy.ndarray):
            return True
    return False
