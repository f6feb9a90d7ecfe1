"""Sees which PyTorch functions run, so that a forbidden built-in is found by its use and not by its name."""

import contextlib
import sys
from collections.abc import Callable

from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode


class Watch:
    """While entered, notes in `used` which of `forbidden` run, and counts PyTorch's operations in `operations`.

    A forbidden name is a function's name in PyTorch, wherever it is reached from (`softmax`: `torch.softmax`,
    `F.softmax`, `Tensor.softmax`, `nn.Softmax`); `aten.NAME`, what is dispatched underneath; or `torch.optim`, any
    of its functions.
    """

    def __init__(self, forbidden: list[str] = ()):
        self.used: list[str] = []
        self.operations = 0
        self._names = {name for name in forbidden if not name.startswith(("aten.", "torch.optim"))}
        self._ops = {name.removeprefix("aten.") for name in forbidden if name.startswith("aten.")}
        self._optim = "torch.optim" in forbidden

    def note(self, name: str) -> None:
        if name not in self.used:
            self.used.append(name)

    def __enter__(self):
        self._modes = [_Functions(self)]
        if self._ops:
            self._modes.append(_Dispatched(self))
        if self._optim:
            self._profile = sys.getprofile()
            sys.setprofile(self._see_frame)
        for mode in self._modes:
            mode.__enter__()
        return self

    def __exit__(self, *exc):
        for mode in reversed(self._modes):
            mode.__exit__(*exc)
        if self._optim:
            sys.setprofile(self._profile)

    @contextlib.contextmanager
    def backward(self):
        """For a backward pass: only what Python calls counts there, for autograd's own formulas may use anything.

        Modes are off in the backward of a `torch.autograd.Function`; a profiler is not.
        """
        before = sys.getprofile()
        sys.setprofile(self._see_call)
        try:
            yield
        finally:
            sys.setprofile(before)

    def _see_call(self, frame, event, arg):
        if event == "c_call":
            name = getattr(arg, "__name__", "")
        elif event == "call" and str(frame.f_globals.get("__name__")).startswith("torch."):
            name = frame.f_code.co_name
        else:
            return
        if name.strip("_") in self._names:
            self.note(name.strip("_"))

    def _see_frame(self, frame, event, arg):
        if event == "call" and str(frame.f_globals.get("__name__")).startswith("torch.optim."):
            self.note("torch.optim")


class _Functions(TorchFunctionMode):
    def __init__(self, watch: Watch):
        super().__init__()
        self.watch = watch

    def __torch_function__(self, func: Callable, types, args=(), kwargs=None):
        self.watch.operations += 1
        name = getattr(func, "__name__", "").split(".")[0]
        for spelling in (name, name.strip("_")):
            if spelling in self.watch._names:
                self.watch.note(spelling)
        return func(*args, **(kwargs or {}))


class _Dispatched(TorchDispatchMode):
    def __init__(self, watch: Watch):
        super().__init__()
        self.watch = watch

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func._schema.name.removeprefix("aten::")
        if name in self.watch._ops:
            self.watch.note(name.strip("_"))
        return func(*args, **(kwargs or {}))
