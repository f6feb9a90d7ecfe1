"""Bytes that should be a notebook and are none as they stand: what is in them all the same, or else what mends them."""

import json
import re

from proctor.errors import AGAIN

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
CONFLICT = re.compile(rb"(<{7}|\|{7}|={7}|>{7})(?=[ \r\n]|$)")
MAX_CONFLICT = 32 * 2**20  # bytes of a file that is looked through for git's markers
MAX_PLACES = 5
KINDS = {  # of files, by what they begin with
    b"PK\x03\x04": "a zip archive",
    b"%PDF": "a PDF",
    b"<": "a web page",
    b"\x1f\x8b": "a compressed archive",
    b"Rar!": "an archive",
    b"7z\xbc\xaf": "an archive",
}


def as_utf8(data: bytes) -> tuple[bytes, str]:
    """A notebook's text in UTF-8, without a byte order mark, and a remark where it was saved in another encoding."""
    encoding = json.detect_encoding(data)
    if encoding.startswith("utf-8"):
        return data.removeprefix(BYTE_ORDER_MARK), ""
    return data.decode(encoding, "replace").encode(), f"it was saved as {encoding[:6].upper()}, and read so"


def from_windows(data: bytes | bytearray) -> tuple[bytes, str]:
    """The same for a text that is no UTF-8: what editors on Windows call ANSI."""
    return data.decode("cp1252", "replace").encode(), "it was saved as Windows-1252, and read so"


def sides(data: bytes) -> list[bytes]:
    """Both versions of a file in which git left its merge-conflict markers; none where there are no such markers."""
    if len(data) > MAX_CONFLICT or b"<<<<<<<" not in data:
        return []
    both: tuple[list[bytes], list[bytes]] = [], []
    within, marked = (0, 1), False
    for line in data.splitlines(keepends=True):
        if mark := CONFLICT.match(line):
            within, marked = {b"<": (0,), b"|": (), b"=": (1,), b">": (0, 1)}[mark[1][:1]], True
        else:
            for side in within:
                both[side].append(line)
    return [b"".join(side) for side in both] if marked else []


def why(data: bytes, error: Exception) -> tuple[str, str]:
    """Why these bytes are no notebook, and what to do."""
    if sides(data):
        return f"git left merge-conflict markers at {_places(data)}", f"choose one side, save, and {AGAIN}"
    for start, kind in KINDS.items():
        if data.lstrip()[:8].startswith(start):
            return f"it is {kind}", "hand in the .ipynb file itself"
    if "truncated" in str(error):
        line = data.count(b"\n") + 1
        return f"the file ends in the middle, in line {line}, as when a download or an upload breaks off", AGAIN
    if data.strip()[:1] != b"{":
        return "it doesn't begin as a notebook does", f"save it in JupyterLab, and {AGAIN}"
    said = f"{type(error).__name__}: {str(error)[:200]}"
    return f"it can't be read ({said})", f"open it in JupyterLab, mend it or take an earlier copy, save, and {AGAIN}"


def _places(data: bytes) -> str:
    """The lines from each conflict's first marker to its last."""
    marks = [(number, line[:1]) for number, line in enumerate(data.splitlines(), 1) if CONFLICT.match(line)]
    starts = [number for number, mark in marks if mark == b"<"]
    ends = [number for number, mark in marks if mark == b">"]
    found = [f"{start} to {end}" for start, end in zip(starts, ends, strict=False)]
    more = f" and {len(found) - MAX_PLACES} more places" if len(found) > MAX_PLACES else ""
    return f"lines {', '.join(found[:MAX_PLACES]) or marks[0][0]}{more}"
