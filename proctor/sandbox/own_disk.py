"""A disk of its own for each sandbox: a tmpfs that its first process mounts for itself alone, and that is gone with it.

See linux/capability.h and linux/mount.h for the numbers. Every function needs Linux, and raises `OSError` where the
kernel refuses.
"""

import ctypes
import os

from proctor.sandbox.libc import call

SIZE = 256 * 2**20  # bytes of all the files of a sandbox
FILES = 4096  # files and folders that a sandbox may have

NOBODY = 65534
SYS_ADMIN = 1 << 21
NEW_MOUNTS, NO_SETUID, NO_DEVICES, PR_SET_KEEPCAPS, CAPABILITY_VERSION = 0x20000, 2, 4, 8, 0x20080522


def leave_root() -> None:
    """Makes this process nobody's where it is root's, and leaves it the one right that `mount` needs."""
    if os.geteuid() == 0:
        call("prctl", PR_SET_KEEPCAPS, 1, 0, 0, 0)
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    _keep_capabilities(SYS_ADMIN)


def mount(place: str) -> None:
    """Mounts an empty tmpfs at `place`, which no other process sees, then gives up the right to mount."""
    call("unshare", NEW_MOUNTS)
    options = f"size={SIZE},nr_inodes={FILES},mode=0700".encode()
    call("mount", b"tmpfs", place.encode(), b"tmpfs", NO_SETUID | NO_DEVICES, options)
    _keep_capabilities(0)


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _Capabilities(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("effective", "permitted", "inheritable")]


def _keep_capabilities(these: int) -> None:
    """Gives up all capabilities but `these`, each of them below 32."""
    wanted = (_Capabilities * 2)(_Capabilities(these, these, 0))
    call("capset", ctypes.byref(_Header(CAPABILITY_VERSION, 0)), wanted)
