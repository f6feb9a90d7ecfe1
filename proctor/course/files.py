"""Files and folders written as a whole, and temporary folders that don't outlive their process for
long, however that ends.
"""

import contextlib
import functools
import hashlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

PREFIX = "proctor-run-"
# on Windows a folder can't be opened, and is left to the system's own cleaning
LOCKS = hasattr(os, "O_NOFOLLOW")
YOUNG = 10  # seconds within which a new folder's process has locked it


Made = TypeVar("Made")


def made_once(function: Callable[..., Made]) -> Callable[..., Made]:
    """`function(path, …)` for a file that may be missing, called once and again when the file
    changes.
    """

    @functools.lru_cache(64)
    def made(path: Path, changed: int, *more: Any) -> Made:
        return function(path, *more)

    @functools.wraps(function)
    def unless_changed(path: Path, *more: Any) -> Made:
        changed = path.stat().st_mtime_ns if path.exists() else 0
        return made(path, changed, *more)

    return unless_changed


class RunFolder(tempfile.TemporaryDirectory):
    """A temporary folder for this process.

    If that is killed, the next process that makes a `RunFolder` removes it.

    It is locked as long as its process lives: no folder in use is removed, nor another user's.
    It is made in `place`, or in the system's folder for temporary files. `young`: see `YOUNG`.
    """

    def __init__(self, place: Path | None = None, young: float | None = None):
        if young is None:
            young = YOUNG
        _remove_what_is_left(place or Path(tempfile.gettempdir()), young)
        super().__init__(prefix=PREFIX, dir=place)
        self._lock = None
        if LOCKS:
            self._lock = os.open(self.name, os.O_RDONLY)
            _lock(self._lock)

    def cleanup(self) -> None:
        super().cleanup()
        # once: its number may be another file's by then
        lock, self._lock = self._lock, None
        if lock is not None:
            with contextlib.suppress(OSError):
                os.close(lock)


def _lock(folder: int) -> None:
    """Locks an open folder for this process. Raises `BlockingIOError` if another has locked it."""
    import fcntl

    fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _remove_what_is_left(place: Path, young: float) -> None:
    if not LOCKS:
        return
    for path in place.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                facts = os.fstat(folder)
                ours = facts.st_uid == os.geteuid() and stat.S_IMODE(facts.st_mode) == 0o700
                if ours and facts.st_ctime < time.time() - young:
                    _lock(folder)
                    shutil.rmtree(path, ignore_errors=True)
            finally:
                os.close(folder)


def replace(path: Path, data: bytes, mode: int | None = None) -> None:
    """Writes a file as a whole, or, if that fails, leaves it as it was and raises `OSError`.

    Its permissions are `mode`, or else those of the file that was there.
    """
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        new.write_bytes(data)
        if mode is None and path.exists():
            mode = path.stat().st_mode
        if mode is not None:
            new.chmod(mode)
        new.replace(path)
    except OSError as error:
        new.unlink(missing_ok=True)
        # it is this file that can't be written, whichever step failed
        error.filename = str(path)
        raise


@contextlib.contextmanager
def replaced_folder(place: Path) -> Iterator[Path]:
    """Yields the path for a new folder, which the caller makes, and which then replaces `place` as
    a whole or not at all.

    If the process is killed in between, the next call for `place` puts the old folder back.
    """
    # hidden from all that looks for submissions, and short, for the name of `place` may be as long
    # as a name can be
    digest = hashlib.sha256(os.fsencode(place.name)).hexdigest()[:16]
    fresh = place.with_name(f".{digest}.new")
    old = place.with_name(f".{digest}.old")
    _tidy(place, fresh, old)
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield fresh
        if os.path.lexists(place):
            place.rename(old)
        fresh.rename(place)
    finally:
        _tidy(place, fresh, old)


def _tidy(place: Path, fresh: Path, old: Path) -> None:
    """Puts `old` back if nothing took its place, and removes the rest of the two."""
    if os.path.lexists(old) and not os.path.lexists(place):
        old.rename(place)
    for left in (fresh, old):
        if left.is_symlink() or left.is_file():
            left.unlink()
        else:
            shutil.rmtree(left, ignore_errors=True)


def make_private(folder: Path, groupshared: bool) -> None:
    """Makes a folder for the instructor alone, or, if nbgrader's settings share the course, for the
    group.

    A folder that is there already stays as it is.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(0o700)
        if groupshared:
            folder.chmod(0o2770)
