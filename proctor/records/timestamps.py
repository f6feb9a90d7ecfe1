"""The time of a submission, as nbgrader writes it into a file beside the notebook."""

from datetime import UTC, datetime
from pathlib import Path

from nbgrader.utils import parse_utc

from proctor.sandbox.files import note_in

MAX_STAMP = 200  # characters of a timestamp


def timestamp(path: Path) -> tuple[datetime | None, bool]:
    """The time in this file, as nbgrader has it, and whether it is odd; None if there is none.

    If it can't be read, the time at which the file was written counts: the submission is sound.
    """
    text = note_in(path.parent, path.name)
    if not text:
        return None, False
    try:
        return parse_utc(text if len(text) <= MAX_STAMP else "?"), False
    except Exception:  # the library raises errors of any kind on a text that is no time
        return datetime.fromtimestamp(path.lstat().st_mtime, UTC).replace(tzinfo=None), True


def utc(when: float) -> str:
    """A time as nbgrader writes it."""
    return f"{datetime.fromtimestamp(when, UTC):%Y-%m-%d %H:%M:%S.%f} UTC"
