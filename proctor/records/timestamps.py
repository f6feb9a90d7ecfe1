"""The time of a submission, as nbgrader writes it into a file beside the notebook."""

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

from nbgrader.utils import parse_utc

from proctor.sandbox.files import FILE, open_below

MAX_STAMP = 200  # bytes of a timestamp's file


def timestamp(path: Path) -> tuple[datetime | None, bool]:
    """The time in this file, as nbgrader has it, and whether it is odd; None if there is none.

    If it can't be read, the time at which the file was written counts: the submission is sound.
    """
    try:
        descriptor = open_below(path, FILE)
    except OSError:
        return None, False
    facts = os.fstat(descriptor)
    if not stat.S_ISREG(facts.st_mode):
        os.close(descriptor)
        return None, False
    with open(descriptor, "rb") as file:
        try:
            stamp = file.read() if facts.st_size <= MAX_STAMP else b"?"
            return (parse_utc(stamp.decode().strip()) if stamp.strip() else None), False
        except Exception:  # the library raises errors of any kind on a text that is no time
            written = datetime.fromtimestamp(facts.st_mtime, UTC).replace(tzinfo=None)
            return written, True


def utc(when: float) -> str:
    """A time as nbgrader writes it."""
    return f"{datetime.fromtimestamp(when, UTC):%Y-%m-%d %H:%M:%S.%f} UTC"
