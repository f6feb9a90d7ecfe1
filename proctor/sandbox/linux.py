"""Linux's system calls that Python has no function for: Landlock, and a disk and a count of threads
of each sandbox's own.

Importing this loads nothing of the system's. Every function needs Linux, and raises `OSError` if
the kernel refuses. For the numbers, see the kernel's headers landlock.h, capability.h, mount.h and
prctl.h.
"""

import contextlib
import ctypes
import os
import re
import signal
import struct
from enum import IntFlag
from functools import cache
from pathlib import Path

SIZE = 256 * 2**20  # bytes of all the files of a sandbox
FILES = 4096  # files and folders that a sandbox may have

NOBODY = 65534
SYS_ADMIN = 1 << 21
NEW_MOUNTS, NEW_USERS, NEW_PIDS = 0x20000, 0x10000000, 0x20000000
READ_ONLY, NO_SETUID, NO_DEVICES, NO_PROGRAMS, REMOUNT, BIND = 1, 2, 4, 8, 32, 4096
INERT = READ_ONLY | NO_SETUID | NO_DEVICES | NO_PROGRAMS
CAPABILITY_VERSION = 0x20080522
PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_SET_NO_NEW_PRIVS = 1, 8, 38
# the version of Linux since which each namespace of users has its own limit of threads
USERS_COUNT_APART = (5, 14)
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same on every architecture


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def call(function: str, *arguments: object) -> int:
    """Calls a function of libc, whose numbers are passed as long, as variadic ones take them.

    Raises `OSError` if it fails.
    """
    called = getattr(_libc(), function)
    called.restype = ctypes.c_long if function == "syscall" else ctypes.c_int
    passed = []
    for each in arguments:
        if isinstance(each, int):
            each = ctypes.c_long(each)
        passed.append(each)
    result = called(*passed)
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{function}: {os.strerror(ctypes.get_errno())}")
    return result


def drop_root() -> None:
    """Makes this process nobody's if it is root's, and leaves it the one right that `private_tmpfs`
    needs.
    """
    if os.geteuid() == 0:
        call("prctl", PR_SET_KEEPCAPS, 1, 0, 0, 0)
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    keep_capabilities(SYS_ADMIN)


def protect_devices() -> None:
    """Remounts the devices in /dev, which are the machine's own, read-only: they can still be
    written to, but not be given other times.

    If the kernel refuses that for a device, it stays as it is.
    """
    for device in Path("/dev").iterdir():
        # `Path.is_mount` is false for files
        if os.path.ismount(device):
            options = REMOUNT | BIND | READ_ONLY | (os.statvfs(device).f_flag & INERT)
            with contextlib.suppress(OSError):
                call("mount", None, bytes(device), None, options, None)


def private_tmpfs(place: str) -> bool:
    """Gives this process an empty disk at `place`, which is gone with it, and an empty /proc.

    No other process sees the disk. Returns whether the process's threads are counted by themselves:
    for that it needs a namespace of users of its own, which some systems refuse.
    """
    call("unshare", NEW_MOUNTS)
    options = f"size={SIZE},nr_inodes={FILES},mode=0700".encode()
    call("mount", b"tmpfs", place.encode(), b"tmpfs", NO_SETUID | NO_DEVICES, options)
    # the files of a process that lives on can carry a word to a later sandbox
    call("mount", b"tmpfs", b"/proc", b"tmpfs", INERT, b"nr_inodes=1,mode=0555")
    try:
        call("unshare", NEW_USERS)
    except OSError:
        return False
    return kernel_version() >= USERS_COUNT_APART


@cache
def kernel_version() -> tuple[int, ...]:
    """The first two numbers of the kernel's version."""
    return tuple(int(number) for number in re.findall(r"\d+", os.uname().release)[:2])


def die_with_parent() -> None:
    """Has the kernel kill this process when the thread that started it ends."""
    call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def fork_apart() -> int:
    """`os.fork`, whose child numbers its processes by itself if it may: so their numbers don't
    count those of others.
    """
    ours = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    with contextlib.suppress(OSError):
        call("unshare", NEW_PIDS)
    try:
        return os.fork()
    finally:
        # for the next child, of this process alone: the kernel refuses it to the child
        with contextlib.suppress(OSError):
            call("setns", ours, NEW_PIDS)
        os.close(ours)


def keep_capabilities(these: int) -> None:
    """Gives up all capabilities but `these`, each of them below 32."""
    # effective, permitted and inheritable ones; then those from 32 on
    wanted = struct.pack("6I", these, these, 0, 0, 0, 0)
    call("capset", struct.pack("Ii", CAPABILITY_VERSION, 0), wanted)


class Access(IntFlag):
    """Landlock's bits for each right to a file, or to all below a folder."""

    EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE, MAKE_CHAR, MAKE_DIR = (
        1 << n for n in range(8)
    )
    MAKE_REG, MAKE_SOCK, MAKE_FIFO, MAKE_BLOCK, MAKE_SYM, REFER, TRUNCATE, IOCTL_DEV = (
        1 << n for n in range(8, 16)
    )


FILES_TOO = (
    Access.EXECUTE | Access.WRITE_FILE | Access.READ_FILE | Access.TRUNCATE | Access.IOCTL_DEV
)
SCOPE_ABSTRACT_SOCKETS = 1  # of version 6


def landlock_version() -> int:
    """Which version of Landlock the kernel has.

    Raises `OSError` if it has none, or if a container forbids it.
    """
    return call("syscall", CREATE_RULESET, None, 0, 1)


def landlock_truncates() -> bool:
    """Whether the kernel's Landlock has a right of its own to empty a file, as it has since Linux
    6.2.
    """
    try:
        return landlock_version() >= 3
    except OSError:
        return False


def restrict(allowed: dict[str, Access]) -> None:
    """Takes from this thread, for good, every right to files but those in `allowed`, by path; a
    missing one allows nothing.

    If the kernel can, it also takes the way to abstract sockets that processes outside this sandbox
    have bound. Raises `OSError` if the kernel refuses any step: then nothing was taken.
    """
    version = landlock_version()
    handled = ~Access(0)
    for since, right in (2, Access.REFER), (3, Access.TRUNCATE), (5, Access.IOCTL_DEV):
        if version < since:
            handled &= ~right
    # accesses to files, accesses to the network, scopes; an older kernel takes a longer struct
    # whose unknown fields are zero
    rules = struct.pack("3Q", handled, 0, SCOPE_ABSTRACT_SOCKETS if version >= 6 else 0)
    ruleset = call("syscall", CREATE_RULESET, rules, len(rules), 0)
    try:
        for path, access in allowed.items():
            try:
                place = os.open(path, os.O_PATH | os.O_CLOEXEC)
            except FileNotFoundError:
                continue
            try:
                access &= handled if os.path.isdir(path) else handled & FILES_TOO
                call("syscall", ADD_RULE, ruleset, 1, struct.pack("=Qi", access, place), 0)
            finally:
                os.close(place)
        call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        call("syscall", RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def taken(kind: str = "VmData") -> int:
    """Bytes of this process's own memory, as `RLIMIT_DATA` counts them, or of another kind."""
    return int(Path("/proc/self/status").read_text().partition(f"{kind}:")[2].split()[0]) * 1024
