"""Calls of Linux's that Python has no function for. Importing this loads nothing of the system's."""

import ctypes
import os
from functools import cache


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def call(function: str, *arguments: object) -> int:
    """Calls a function of libc, whose numbers are passed as long, as variadic ones take them. Raises `OSError` where it fails."""
    called = getattr(_libc(), function)
    called.restype = ctypes.c_long if function == "syscall" else ctypes.c_int
    result = called(*[ctypes.c_long(each) if isinstance(each, int) else each for each in arguments])
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{function}: {os.strerror(ctypes.get_errno())}")
    return result
