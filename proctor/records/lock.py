"""Only the writing of one attempt's rows excludes others: the lock that every program of proctor
takes for it.
"""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from proctor.errors import CannotRecord

PATIENCE = 60.0  # seconds; to write one attempt's rows takes a tenth of one


def workplace(course: Path) -> Path:
    """The folder in which a course's programs keep the lock and their temporary files."""
    return course / "autograded" / ".proctor"


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Holds the lock in this folder. Raises `CannotRecord` if another program keeps it for long."""
    mode = 0o660 if folder.stat().st_mode & stat.S_IWGRP else 0o600
    lock = FileLock(folder / "lock", timeout=PATIENCE, mode=mode, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        raise CannotRecord(
            f"another program has been writing for {PATIENCE:.0f} s, by its lock {folder / 'lock'}: "
            "end it, then start again to go on. Nothing that was recorded is lost."
        ) from None
    try:
        yield
    finally:
        lock.release()
