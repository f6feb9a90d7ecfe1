"""A file written as a whole: who reads it, or comes after a full disk, finds the old one or the new one."""

import os
from pathlib import Path


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
    except OSError:
        new.unlink(missing_ok=True)
        raise
