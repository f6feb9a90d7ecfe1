"""Landlock, Linux's sandbox of files for a process that takes rights from itself: the three system calls.

See linux/landlock.h for the numbers. Every function needs Linux.
"""

import ctypes
import os
from enum import IntFlag

from proctor.sandbox.libc import call


class Access(IntFlag):
    """What may be done with a file or below a folder."""

    EXECUTE = 1 << 0
    WRITE_FILE = 1 << 1
    READ_FILE = 1 << 2
    READ_DIR = 1 << 3
    REMOVE_DIR = 1 << 4
    REMOVE_FILE = 1 << 5
    MAKE_CHAR = 1 << 6
    MAKE_DIR = 1 << 7
    MAKE_REG = 1 << 8
    MAKE_SOCK = 1 << 9
    MAKE_FIFO = 1 << 10
    MAKE_BLOCK = 1 << 11
    MAKE_SYM = 1 << 12
    REFER = 1 << 13
    TRUNCATE = 1 << 14
    IOCTL_DEV = 1 << 15


FOLDERS_ONLY = Access.READ_DIR | Access.REMOVE_DIR | Access.REMOVE_FILE | Access.REFER
FOLDERS_ONLY |= Access.MAKE_CHAR | Access.MAKE_DIR | Access.MAKE_REG | Access.MAKE_SOCK
FOLDERS_ONLY |= Access.MAKE_FIFO | Access.MAKE_BLOCK | Access.MAKE_SYM

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same on every architecture
PR_SET_NO_NEW_PRIVS = 38


class _Ruleset(ctypes.Structure):
    _fields_ = [("handled_access_fs", ctypes.c_uint64)]


class _PathBeneath(ctypes.Structure):
    # The kernel's struct is packed: it reads 12 bytes, and padding behind them does no harm.
    _fields_ = [("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32)]


def version() -> int:
    """Which version of Landlock the kernel has. Raises `OSError` if it has none, or if a container forbids it."""
    return call("syscall", CREATE_RULESET, None, 0, 1)


def known(version: int) -> Access:
    """The rights that this version of Landlock can take away."""
    younger = {2: Access.REFER, 3: Access.TRUNCATE, 5: Access.IOCTL_DEV}
    access = ~Access(0)
    for since, right in younger.items():
        access &= ~right if version < since else access
    return access


def restrict(allowed: dict[str, Access]) -> None:
    """Takes from this thread, for good, every right to files but those in `allowed`, by path; a missing one allows nothing.

    Raises `OSError` if the kernel refuses any step: then nothing was taken.
    """
    handled = known(version())
    rules = _Ruleset(handled)
    ruleset = call("syscall", CREATE_RULESET, ctypes.byref(rules), ctypes.sizeof(rules), 0)
    try:
        for path, access in allowed.items():
            try:
                place = os.open(path, os.O_PATH | os.O_CLOEXEC)
            except FileNotFoundError:
                continue
            try:
                access &= handled if os.path.isdir(path) else handled & ~FOLDERS_ONLY
                call("syscall", ADD_RULE, ruleset, 1, ctypes.byref(_PathBeneath(access, place)), 0)
            finally:
                os.close(place)
        call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        call("syscall", RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
