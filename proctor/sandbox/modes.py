"""The modes of PyTorch, NumPy and Python that change the result of a right answer.

A cell that leaves a mode on changes whatever runs later, as in Jupyter. A question is answered in
fresh modes.
"""

import contextlib
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy
import torch
import torch.overrides
import torch.utils._python_dispatch
from torch._C._autograd import _top_saved_tensors_default_hooks
from torch.autograd.graph import saved_tensors_hooks
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

NUMPY_ERRORS = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}
# Python's own
HIDDEN = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)
WARNING_FILTERS = [("ignore", None, kind, None, 0) for kind in HIDDEN]


class Mode(NamedTuple):
    """How to read a mode, how to set it, and its value in a fresh process."""

    read: Callable[[], Any]
    set: Callable[[Any], Any]
    fresh: Any


def _entered(kind: Any, read: Callable[[], list]) -> Mode:
    """The mode of those objects of this class that are entered; they are left and entered without
    their own methods.
    """

    def replace(new: list) -> None:
        for mode in reversed(read()):
            kind.__exit__(mode, None, None, None)
        for mode in new:
            kind.__enter__(mode)

    return Mode(read, replace, [])


def _anomaly_detection() -> tuple[bool, bool]:
    return torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()


def _matmul_precision() -> str:
    try:
        return torch.get_float32_matmul_precision()
    except RuntimeError:
        # a notebook has lowered it by its newer name, `torch.backends.fp32_precision`
        return "medium"


def _flushes_denormal() -> bool:
    # PyTorch sets a flag of the processor, which applies to Python's own floats, too
    return sys.float_info.min / 2 == 0


def _leave_tensor_hooks() -> list[tuple[Any, Any]]:
    """Leaves all pairs of hooks for saved tensors, and returns them.

    PyTorch shows only the last pair.
    """
    pairs = []
    while pair := _top_saved_tensors_default_hooks(True):
        pairs.insert(0, pair)
        saved_tensors_hooks(*pair).__exit__()
    return pairs


def _tensor_hooks() -> list[tuple[Any, Any]]:
    pairs = _leave_tensor_hooks()
    _set_tensor_hooks(pairs)
    return pairs


def _set_tensor_hooks(pairs: list[tuple[Any, Any]]) -> None:
    _leave_tensor_hooks()
    for pair in pairs:
        saved_tensors_hooks(*pair).__enter__()


def _set_warning_filters(filters: list[tuple]) -> None:
    # Python also forgets the filters then that it remembers for each line
    warnings.resetwarnings()
    warnings.filters = list(filters)


MODES = [
    Mode(torch.get_default_dtype, torch.set_default_dtype, torch.float32),
    Mode(torch.is_grad_enabled, torch.set_grad_enabled, True),
    Mode(_anomaly_detection, lambda flags: torch.set_anomaly_enabled(*flags), (False, True)),
    Mode(
        partial(torch.is_autocast_enabled, "cpu"), partial(torch.set_autocast_enabled, "cpu"), False
    ),
    Mode(torch.get_deterministic_debug_mode, torch.set_deterministic_debug_mode, 0),
    Mode(_matmul_precision, torch.set_float32_matmul_precision, "highest"),
    Mode(_flushes_denormal, torch.set_flush_denormal, False),
    Mode(torch.backends.cuda.flash_sdp_enabled, torch.backends.cuda.enable_flash_sdp, True),
    Mode(torch.backends.cuda.math_sdp_enabled, torch.backends.cuda.enable_math_sdp, True),
    # the default device is among them
    _entered(TorchFunctionMode, torch.overrides._get_current_function_mode_stack),
    _entered(TorchDispatchMode, torch.utils._python_dispatch._get_current_dispatch_mode_stack),
    Mode(_tensor_hooks, _set_tensor_hooks, []),
    Mode(numpy.geterr, lambda actions: numpy.seterr(**actions), NUMPY_ERRORS),
    Mode(lambda: list(warnings.filters), _set_warning_filters, WARNING_FILTERS),
]


@contextlib.contextmanager
def fresh_modes() -> Iterator[None]:
    """While entered, each mode is as in a fresh process. Afterwards the modes are as they were."""
    # inference mode can't be set, only entered
    with torch.inference_mode(False):
        before = _read()
        try:
            _change(before, [mode.fresh for mode in MODES])
            yield
        finally:
            _change(_read(), before)


def _read() -> list[Any]:
    return [mode.read() for mode in MODES]


def _change(old: list[Any], new: list[Any]) -> None:
    for mode, is_now, value in zip(MODES, old, new):
        if is_now != value:
            mode.set(value)
