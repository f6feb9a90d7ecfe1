"""Files written as a whole, temporary folders, and what is made of a file once."""

import functools
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

Made = TypeVar("Made")


def made_once(function: Callable[..., Made]) -> Callable[..., Made]:
    """`function(path, …)`, which makes something of a file, called once and again when the file changes."""

    @functools.lru_cache(64)
    def made(path: Path, changed: int, *more: Any) -> Made:
        return function(path, *more)

    @functools.wraps(function)
    def unless_changed(path: Path, *more: Any) -> Made:
        return made(path, path.stat().st_mtime_ns, *more)

    return unless_changed


def run_folder() -> tempfile.TemporaryDirectory[str]:
    """A temporary folder of this process's own, whose name says whose it is."""
    return tempfile.TemporaryDirectory(prefix="proctor-run-")


def replace(path: Path, data: bytes, mode: int | None = None) -> None:
    """Writes a file as a whole, or, where that fails, leaves it as it was and raises `OSError`.

    Its permissions are `mode`, or else those of the file that was there.
    """
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        new.write_bytes(data)
        if mode is not None or path.exists():
            new.chmod(path.stat().st_mode if mode is None else mode)
        new.replace(path)
    except OSError as error:
        new.unlink(missing_ok=True)
        # it is this file that can't be written, whichever step failed
        error.filename = str(path)
        raise
