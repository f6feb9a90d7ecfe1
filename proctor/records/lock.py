"""One grading at a time in a course: the lock that `proctor grade`, `serve`, `remark` and `nbgrader autograde` take."""

import os
import stat
from pathlib import Path

from filelock import FileLock, Timeout

from proctor.errors import Held

SERVE = "proctor serve"
# seconds that are waited for `proctor serve`, which lets others have their turn
PATIENCE = 60.0


def workplace(course: Path) -> Path:
    """The folder in which a course's grading keeps the lock and its temporary files."""
    return course / "autograded" / ".proctor"


def acquire(folder: Path, holder: str, patience: float = PATIENCE) -> FileLock:
    """The lock in this folder, which is held until it is released. Raises `Held` where another program keeps it."""
    name = folder / "holder"
    by = name.read_text(encoding="utf-8") if name.is_file() else "another 'proctor grade'"
    mode = 0o660 if folder.stat().st_mode & stat.S_IWGRP else 0o600
    lock = FileLock(folder / "lock", timeout=patience if SERVE in by else 0, mode=mode, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        raise Held(by) from None
    name.write_text(f"'{holder}', process {os.getpid()},", encoding="utf-8")
    return lock
