"""Bytes that should be a notebook and are none as they stand: what is in them all the same, or else what mends them."""

import gc
import json
import re

from proctor.errors import AGAIN

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
CONFLICT = re.compile(rb"^([<|=>])\1{6}(?:[ \r].*)?(?:\n|\Z)", re.MULTILINE)
SIDES = {b"<": (0,), b"|": (), b"=": (1,), b">": (0, 1)}  # that what follows a marker belongs to
MAX_DAMAGED = 8 * 2**20  # bytes of a file that Python itself must read, which takes fifty times as much memory
MAX_PLACES = 5
KINDS = {  # of files, by what they begin with
    b"PK\x03\x04": "a zip archive",
    b"%PDF": "a PDF",
    b"<": "a web page",
    b"\x1f\x8b": "a compressed archive",
    b"Rar!": "an archive",
    b"7z\xbc\xaf": "an archive",
}


class TooMuch(ValueError):
    """Bytes that would have to be mended, and are too many."""


def as_utf8(data: bytes) -> tuple[bytes, str]:
    """A notebook's text in UTF-8, without a byte order mark, and a remark where it was saved in another encoding."""
    encoding = json.detect_encoding(data)
    if encoding.startswith("utf-8"):
        return data.removeprefix(BYTE_ORDER_MARK), ""
    return _small(data).decode(encoding, "replace").encode(), f"it was saved as {encoding[:6].upper()}, and read so"


def from_windows(data: bytes) -> tuple[bytes, str]:
    """The same for a text that is no UTF-8: what editors on Windows call ANSI."""
    return _small(data).decode("cp1252", "replace").encode(), "it was saved as Windows-1252, and read so"


def mended(data: bytes) -> bytes:
    """The same in proper JSON, where Python can read it: NaN, which Python writes, becomes null, and half a letter `?`.

    Raises `json.JSONDecodeError` where it can't, and `TooMuch`, `RecursionError` or `ValueError` where that is too much.
    """
    _small(data)
    # which looks at all of the many lists again and again, and takes ten times as long as reading them
    gc.disable()
    try:
        found = json.loads(data, parse_constant=lambda _: None)
        return json.dumps(found, ensure_ascii=False).encode(errors="replace")
    finally:
        gc.enable()


def _small(data: bytes) -> bytes:
    if len(data) > MAX_DAMAGED:
        raise TooMuch(
            f"it is no JSON in UTF-8 (NaN is none, nor half an emoji), and larger than {MAX_DAMAGED // 2**20} MiB"
        )
    return data


def sides(data: bytes) -> list[bytes]:
    """Both versions of a file in which git left its merge-conflict markers; none where there are no such markers."""
    if len(data) > MAX_DAMAGED or b"<<<<<<<" not in data:
        return []
    both: tuple[list[bytes], list[bytes]] = [], []
    within, place = (0, 1), 0
    for mark in CONFLICT.finditer(data):
        for side in within:
            both[side].append(data[place : mark.start()])
        within, place = SIDES[mark[1]], mark.end()
    for side in within:
        both[side].append(data[place:])
    return [b"".join(side) for side in both] if place else []


def why(data: bytes, error: Exception) -> tuple[str, str]:
    """Why these bytes are no notebook, and what to do."""
    if sides(data):
        return f"git left merge-conflict markers at {_places(data)}", f"choose one side, save, and {AGAIN}"
    for start, kind in KINDS.items():
        if data.lstrip()[:8].startswith(start):
            return f"it is {kind}", "hand in the .ipynb file itself"
    if data.strip()[:1] != b"{":
        return "it doesn't begin as a notebook does", f"save it in JupyterLab, and {AGAIN}"
    if data.strip()[-1:] != b"}" or "Unterminated" in str(error):
        line = data.count(b"\n") + 1
        return f"the file ends in the middle, in line {line}, as when a download or an upload breaks off", AGAIN
    much = "a part of it is nested too deep" if isinstance(error, RecursionError) else ""
    if isinstance(error, TooMuch) or "digits" in str(error):
        much = str(error) if isinstance(error, TooMuch) else "it holds a number that is too long"
    if much:
        return much, f"open it in JupyterLab, clear all outputs, save, and {AGAIN}"
    said = f"{type(error).__name__}: {str(error)[:200]}"
    return f"it can't be read ({said})", f"open it in JupyterLab, mend it or take an earlier copy, save, and {AGAIN}"


def _places(data: bytes) -> str:
    """The lines from each conflict's first marker to its last."""
    line, place, marks = 1, 0, []
    for mark in CONFLICT.finditer(data):
        line, place = line + data.count(b"\n", place, mark.start()), mark.start()
        marks.append((line, mark[1]))
    starts = [number for number, mark in marks if mark == b"<"]
    ends = [number for number, mark in marks if mark == b">"]
    found = [f"{start} to {end}" for start, end in zip(starts, ends, strict=False)]
    more = f" and {len(found) - MAX_PLACES} more places" if len(found) > MAX_PLACES else ""
    return f"lines {', '.join(found[:MAX_PLACES]) or marks[0][0]}{more}"
