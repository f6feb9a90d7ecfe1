"""Sees which PyTorch functions run, so that a forbidden built-in is found by its use and not by its name."""

import contextlib
import gc
import sys
import threading
from collections.abc import Callable, Iterable

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

running = sys._current_frames
REPLACED = "a profiler"  # noted where the watch's own was taken away, or its mode, or a method of all tensors
THREAD = "a thread"  # noted where one runs that was there before the watch
TENSOR = dict(vars(torch.Tensor))


class Watch:
    """While entered, notes in `used` which of `forbidden` run, and counts PyTorch's operations in `operations`.

    A forbidden name is a function's name in PyTorch, wherever it is reached from (`softmax`: `torch.softmax`,
    `F.softmax`, `Tensor.softmax`, `nn.Softmax`); `aten.NAME`, what is dispatched underneath; or `torch.optim`, any
    of its functions. A mode is off while PyTorch calls back (an index, a hook, a backward pass): there, and in new
    threads, a profiler sees. A thread from before would not be seen: `alone` says that there must be none.
    """

    def __init__(self, forbidden: list[str] = (), alone: bool = False):
        self.used: list[str] = []
        self.operations = 0
        self._names = {name for name in forbidden if not name.startswith(("aten.", "torch.optim"))}
        self._ops = {name.removeprefix("aten.") for name in forbidden if name.startswith("aten.")}
        self._optim = "torch.optim" in forbidden
        self.forbids = bool(forbidden)
        self._alone = alone

    def note(self, name: str) -> None:
        if name not in self.used:
            self.used.append(name)

    def __enter__(self):
        if self._alone and len(running()) > 1:
            self.note(THREAD)
        self._collects = gc.isenabled()
        self._modes = [_Functions(self)]
        if self._ops:
            self._modes.append(_Dispatched(self))
        self._profile = self._start() if self._optim else None
        threading.setprofile(self._see)
        for mode in self._modes:
            mode.__enter__()
        return self

    def __exit__(self, *exc):
        if not self._collects:
            gc.disable()  # again, where the student's code turned it on
        for mode in reversed(self._modes):
            if not mode.is_on_top():  # it was taken away
                self.note(REPLACED)
            mode.__exit__(*exc)
        threading.setprofile(None)
        if self._optim:
            self._end(self._profile)
        now = vars(torch.Tensor)
        if len(now) != len(TENSOR) or any(TENSOR.get(name) is not method for name, method in now.items()):
            self.note(REPLACED)

    @contextlib.contextmanager
    def where_modes_are_off(self):
        """For a backward pass, say: only what Python calls counts there, for autograd's own formulas may use anything."""
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
        elif event == "call" and str(frame.f_globals.get("__name__")).startswith("torch."):
            name = frame.f_code.co_qualname  # a decorator's own `inner` is no torch.inner
            if self._optim and frame.f_globals["__name__"].startswith("torch.optim."):
                self.note("torch.optim")
        else:
            return
        if name.strip("_") in self._names:
            self.note(name.strip("_"))


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
        with self.watch.where_modes_are_off():
            return func(*args, **(kwargs or {}))


BUILT_IN = {type(len), type(str.join), type(int.__add__), type(torch.Tensor.shape.__get__)}
PLAIN = {torch.Tensor, torch.nn.Parameter, torch.dtype, torch.device, torch.Size, torch.Generator}
PLAIN |= {int, float, bool, str, type(None), type(...)}


def _is_plain(values: Iterable) -> bool:
    """Whether these arguments of a built-in are such that it calls nothing of the student's."""
    for value in values:
        kind = type(value)
        if kind in PLAIN:
            continue
        if kind is slice:
            value = (value.start, value.stop, value.step)
        elif kind not in (list, tuple):
            return False
        if not _is_plain(value):
            return False
    return True


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
        name = func._schema.name.removeprefix("aten::")
        if name in self.watch._ops:
            self.watch.note(name.strip("_"))
        return func(*args, **(kwargs or {}))
