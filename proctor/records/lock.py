"""One grading at a time in a course: the lock that `proctor grade`, `proctor serve` and `nbgrader autograde` take."""

import contextlib
import os
import stat
import time
from pathlib import Path
from typing import TextIO

from proctor.errors import Held

try:
    import fcntl
except ImportError:  # on Windows, where no class is graded through an exchange
    fcntl = None

SERVE = "proctor serve"
# seconds that are waited for `proctor serve`, which lets others have their turn
PATIENCE = 60.0


def workplace(course: Path) -> Path:
    """Where a course's grading keeps the lock, and what it is at."""
    return course / "autograded" / ".proctor"


def take(folder: Path, holder: str, patience: float = PATIENCE) -> TextIO:
    """The lock in this folder, which is held until it is closed. Raises `Held` where another program keeps it."""
    # not emptied by who only asks
    file = (folder / "lock").open("a+")
    end = time.monotonic() + patience
    while fcntl is not None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            file.seek(0)
            by = file.read(200).strip() or "another 'proctor grade'"
            if SERVE not in by or time.monotonic() > end:
                file.close()
                raise Held(by) from None
            time.sleep(0.1)
    with contextlib.suppress(OSError, AttributeError):  # another instructor's, or on Windows
        os.fchmod(file.fileno(), 0o660 if folder.stat().st_mode & stat.S_IWGRP else 0o600)
    file.truncate(0)
    file.write(f"'{holder}', process {os.getpid()},")
    file.flush()
    return file
