"""Sees which PyTorch functions run, so that a forbidden built-in is found by its use and not by its name."""

import contextlib
import copy
import gc
import operator
import os
import sys
import threading
from collections.abc import Callable, Iterable
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from proctor import tripwire

LIBRARIES = (sys.prefix, sys.base_prefix, os.path.dirname(__file__), "<frozen ")
AT_KERNELS = "aten."  # how the name of what is forbidden begins where it is a kernel's
running = sys._current_frames
REPLACED = "a profiler"  # noted where the watch's own was taken away, or its mode, or a method of all tensors
CALLBACK = "a callback"  # noted where PyTorch is handed what calls functions without a word of Python
THREAD = "a thread"  # noted where one runs that was there before the watch
copy.copy(torch.empty(0))  # leaves a name on the class
TENSOR = list(vars(torch.Tensor).values())


class Watch:
    """While entered, notes in `used` which of `forbidden` run, and counts PyTorch's operations in `operations`.

    A forbidden name is a function's name in PyTorch, wherever it is reached from (`softmax`: `torch.softmax`,
    `F.softmax`, `Tensor.softmax`, `nn.Softmax`); `aten.NAME`, what is dispatched underneath; or `torch.optim`, any
    of its functions. Kernels are told by the room's wires, or seen by a mode where it has none. A mode is off while PyTorch
    calls back (an index, a hook, a backward pass): there, and in new threads, a profiler sees, and lends each function
    of the student's that is called back new modes. A thread from before would not be seen: `alone` says that there must
    be none.
    """

    def __init__(self, forbidden: list[str] = (), alone: bool = False):
        self.used: list[str] = []
        self.operations = 0
        self._names = {name for name in forbidden if not name.startswith((AT_KERNELS, "torch.optim"))}
        self._ops = {name.removeprefix(AT_KERNELS) for name in forbidden if name.startswith(AT_KERNELS)}
        self._optim = "torch.optim" in forbidden
        self.forbids = bool(forbidden)
        self._alone = alone
        self._backward = False
        self._away = False
        self._lent: list[tuple] = []  # a frame that was called back, and the modes that it has

    def note(self, name: str) -> None:
        if name not in self.used and not self._away:
            self.used.append(name)

    @contextlib.contextmanager
    def looking_away(self):
        """For a stand-in of the course's own, which may use anything."""
        before, self._away = self._away, True
        try:
            yield
        finally:
            self._away = before

    def __enter__(self):
        if self._alone and len(running()) > 1:
            self.note(THREAD)
        self._collects = gc.isenabled()
        self._profile = self._start() if self._optim else None
        threading.setprofile(self._see)
        self._modes = self._enter_modes()
        return self

    def __exit__(self, *exc):
        if not self._collects:
            gc.disable()  # again, where the student's code turned it on
        self._leave(self._modes)
        threading.setprofile(None)
        if self._optim:
            self._end(self._profile)
        now = vars(torch.Tensor)
        if len(now) != len(TENSOR) or not all(map(operator.is_, now.values(), TENSOR)):
            self.note(REPLACED)

    def kernel(self, name: str) -> None:
        """Notes that a kernel of this name runs, unless it is autograd's own doing."""
        if name in self._ops and (self._lent or not self._backward):
            self.note(name.strip("_"))

    @contextlib.contextmanager
    def in_backward(self):
        """For a backward pass: only what Python calls counts there, for autograd's own formulas may use anything."""
        self._backward = True
        with self.where_modes_are_off():
            yield
        self._backward = False

    @contextlib.contextmanager
    def where_modes_are_off(self):
        """For what calls back: what Python calls there counts."""
        before = self._start()
        try:
            yield
        finally:
            self._end(before)

    def _start(self) -> Callable | None:
        before = sys.getprofile()
        sys.setprofile(self._see)
        return before

    def _end(self, before: Callable | None) -> None:
        if sys.getprofile() != self._see:
            self.note(REPLACED)
        sys.setprofile(before)

    def _see(self, frame, event, arg):
        if event == "c_call":
            name = getattr(arg, "__name__", "")
        elif event == "return":
            if self._lent and self._lent[-1][0] is frame:
                self._leave(self._lent.pop()[1])
            return
        elif event == "call":
            if not frame.f_code.co_filename.startswith(LIBRARIES):
                self._lend(frame)
            module = frame.f_globals.get("__name__")
            if type(module) is not str or not module.startswith("torch."):  # `str` of something else is the student's
                return
            name = frame.f_code.co_qualname  # a decorator's own `inner` is no torch.inner
            if self._optim and module.startswith("torch.optim."):
                self.note("torch.optim")
        else:
            return
        if type(name) is str and name.strip("_") in self._names:
            self.note(name.strip("_"))

    def _lend(self, frame) -> None:
        """Has a function that is called back watched like any other, where its modes are off."""
        count = torch._C._len_torch_function_stack()
        if not self.forbids or (count and type(torch._C._get_function_stack_at(count - 1)) is _Functions):
            return
        self._lent.append((frame, self._enter_modes()))

    def _enter_modes(self) -> list:
        modes = [_Functions(self), *([_Dispatched(self)] if self._ops - tripwire.laid else [])]
        for mode in modes:
            mode.__enter__()
        return modes

    def _leave(self, modes: list) -> None:
        for mode in reversed(modes):
            if not mode.is_on_top():  # it was taken away
                self.note(REPLACED)
            mode.__exit__(None, None, None)


class _Functions(TorchFunctionMode):
    def __init__(self, watch: Watch):
        super().__init__()
        self.watch = watch

    def is_on_top(self) -> bool:
        count = torch._C._len_torch_function_stack()
        return count > 0 and torch._C._get_function_stack_at(count - 1) is self

    def __torch_function__(self, func: Callable, types, args=(), kwargs=None):
        self.watch.operations += 1
        name = getattr(func, "__name__", "").split(".")[0]
        for spelling in (name, name.strip("_")):
            if spelling in self.watch._names:
                self.watch.note(spelling)
        if not self.watch._names or (type(func) in BUILT_IN and _is_plain(args) and _is_plain((kwargs or {}).values())):
            return func(*args, **(kwargs or {}))
        if any(map(_calls_unseen, [*args, *(kwargs or {}).values()])):
            self.watch.note(CALLBACK)
        with self.watch.where_modes_are_off():
            return func(*args, **(kwargs or {}))


BUILT_IN = {type(len), type(str.join), type(int.__add__), type(torch.Tensor.shape.__get__)}
PLAIN = {torch.Tensor, torch.nn.Parameter, torch.dtype, torch.device, torch.Size, torch.Generator}
PLAIN |= {int, float, bool, str, type(None), type(...)}
METACLASSES = {type(kind) for kind in PLAIN}
SPECIAL = "index int float bool complex len getitem iter next deepcopy copy array".split()


def _is_plain(values: Iterable) -> bool:
    """Whether these arguments of a built-in are such that it calls nothing of the student's."""
    for value in values:
        kind = type(value)
        if not any(type(kind) is each for each in METACLASSES):  # whose classes' hash is the student's
            return False
        if kind in PLAIN:
            continue
        if kind is slice:
            value = (value.start, value.stop, value.step)
        elif kind not in (list, tuple):
            return False
        if not _is_plain(value):
            return False
    return True


def _calls_unseen(value) -> bool:
    """Whether an argument is, or holds, what may call a function that PyTorch has, with no frame of Python's own."""
    kind = type(value)
    if kind is list or kind is tuple:
        return any(map(_calls_unseen, value))
    if kind is BuiltinFunctionType:
        return value.__module__ not in ("math", "cmath", "builtins", "_operator")
    if kind is FunctionType or (kind is MethodType and type(value.__func__) is FunctionType):
        return False
    if kind is partial or kind is MethodType or kind is map or kind is METHOD_WRAPPER:
        return True
    methods = [method for base in _mro(kind) for method in [_dict(base).get(f"__{name}__") for name in SPECIAL]]
    return any(type(method) in (partial, BuiltinFunctionType, MethodType, METHOD_WRAPPER) for method in methods)


METHOD_WRAPPER = type("".__str__)
_mro, _dict = type.__dict__["__mro__"].__get__, type.__dict__["__dict__"].__get__


class _Dispatched(TorchDispatchMode):
    def __init__(self, watch: Watch):
        super().__init__()
        self.watch = watch

    def is_on_top(self) -> bool:
        count = torch._C._len_torch_dispatch_stack()
        return count > 0 and torch._C._get_dispatch_stack_at(count - 1) is self

    @classmethod
    def _should_skip_dynamo(cls):
        return False  # else PyTorch imports its compiler at the first call, which takes half a second

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.watch.kernel(func._schema.name.removeprefix("aten::"))
        return func(*args, **(kwargs or {}))
