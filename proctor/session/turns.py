"""Turns on this machine: submissions run side by side, but one that may have ended a fork server
runs alone.

All processes of an account share two locks. Everybody passes the first to come to the second. A
submission that waits to be alone keeps the first, so that no later one overtakes it.
"""

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def turn(alone: bool = False) -> Iterator[None]:
    """Runs a submission inside: beside others, or `alone`, which waits until the others have
    ended.
    """
    with contextlib.ExitStack() as opened:
        # without locks on this system, nobody waits
        with contextlib.suppress(OSError, ImportError):
            _enter(alone, opened)
        yield


def _enter(alone: bool, opened: contextlib.ExitStack) -> None:
    import fcntl

    folder = _own_folder()
    how = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
    with (folder / "door").open("ab") as door:
        fcntl.flock(door, how)
        room = opened.enter_context((folder / "room").open("ab"))
        fcntl.flock(room, how)


def _own_folder() -> Path:
    """The folder of the locks, which nobody else can open.

    Raises `PermissionError` if another account has made it.
    """
    place = "/tmp"
    if not os.path.isdir(place):
        place = tempfile.gettempdir()
    folder = Path(place, f"proctor-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to another account")
    return folder
