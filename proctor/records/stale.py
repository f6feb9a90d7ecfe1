"""The digests of all that a grade depends on: a submission is graded again if one of them has changed."""

import contextlib
import hashlib
import os
import stat
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from proctor.course import Assignment
from proctor.course.report import report_in
from proctor.examine.outcome import judging, pack
from proctor.sandbox.cell import Limits
from proctor.sandbox.files import FOLDER, open_in, opened, walk
from proctor.submission import MAX_SIZE

CHANGES = {  # by the part that a grade is made of: the words where it has changed
    "submission": "handed in again",
    "checks": "the checks changed",
    "grader": "the grader changed",
    "limits": "the limits changed",
    "points": "the points changed",
}


def made_of(folder: Path, assignment: Assignment, limits: Limits) -> dict[str, str]:
    """Digests of all that a grade of the submission in `folder` depends on, but for its seed, and for when it was due."""
    return {
        "submission": handed_in(folder),
        "checks": _checks(assignment),
        "grader": _grader(),
        "limits": _digest(repr(limits).encode()),
        "points": _digest(repr(sorted(points(assignment).items())).encode()),
    }


def handed_in(folder: Path) -> str:
    """Changes when anything does that was handed in, or when it was."""
    return _digest(b"".join(os.fsencode(path) + found for path, found in _digests(folder)))


def is_new(course: Path, student: str, assignment: str) -> bool:
    """Whether what a student handed in has changed since it was graded."""
    graded, now = (course / step / student / assignment for step in ("autograded", "submitted"))
    known = {report_in(path).get("made_of", {}).get("submission") for path in graded.glob("*.ipynb")}
    return not known <= {None, handed_in(now)}


def changed(before: dict[str, str], now: dict[str, str]) -> list[str]:
    """The parts that have changed, in the terms of `CHANGES`; all, where it isn't known what a grade was made of."""
    return [part for part in CHANGES if before.get(part) != now[part]]


def matches(noted: dict[str, float | None], scores: dict[str, float | None]) -> bool:
    """Whether the gradebook's `scores` are those that were noted when they were recorded, as far as any were."""
    return all(scores.get(cell) == score for cell, score in noted.items())


def points(assignment: Assignment) -> dict[str, float]:
    """The points of every graded cell, also of those graded by hand, by grade id."""
    facts = [cell.metadata.get("nbgrader", {}) for cell in assignment.released.cells]
    return {each["grade_id"]: float(each["points"]) for each in facts if each.get("grade") or each.get("task")}


def contents(folder: Path) -> str:
    """Changes when the submission's files do; the time and hidden files don't count."""
    digest = hashlib.sha256()
    for path, found in _digests(folder):
        if path != Path("timestamp.txt") and not any(part.startswith(".") for part in path.parts):
            digest.update(os.fsencode(path) + found)
    return digest.hexdigest()


def _digests(folder: Path) -> list[tuple[Path, bytes]]:
    """The files in a student's `folder`, by their path within it, each with a digest; an empty one if it is no plain file.

    There are none in a folder that is a link, or closed.
    """
    found = []
    with contextlib.suppress(OSError), opened(folder, FOLDER) as place:
        for inside, _, names, descriptor in walk(place):
            found += [(inside / name, file_digest(name, descriptor)) for name in names]
    return sorted(found)


def file_digest(name: str, folder: int) -> bytes:
    """The digest of a file in an open folder; empty if it is no plain file."""
    with contextlib.suppress(OSError):
        facts = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if stat.S_ISREG(facts.st_mode):
            # a larger file does not come along: to read a terabyte of holes takes an hour
            if facts.st_size > MAX_SIZE:
                return f"{facts.st_size} {facts.st_mtime_ns}".encode()
            with open_in(folder, name) as file:
                return hashlib.file_digest(file, "sha256").digest()
    return b""


@cache
def _checks(assignment: Assignment) -> str:
    """Changes when what judges the answers does; prose and points are no part of that."""
    name, files = judging(assignment)
    facts = [(path, _code(data) if path.endswith(".ipynb") else data) for path, data in files]
    return _digest(repr((name, facts)).encode())


def read_anew() -> None:
    """Forgets the files that judge, for a process that outlives changes to them."""
    _checks.cache_clear()
    pack.cache_clear()


def _code(data: bytes) -> Any:
    notebook: NotebookNode = nbformat.reads(data.decode(), as_version=4)
    return [
        (cell.source, sorted((k, v) for k, v in cell.metadata.get("nbgrader", {}).items() if k not in NO_CODE))
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


# the packages whose code decides what an answer is worth
JUDGING = ("course", "sandbox", "submission", "examine")
NO_CODE = ("points", "checksum")


@cache
def _grader() -> str:
    """A digest of the code that runs and judges an answer, and of its Python and PyTorch."""
    home = Path(__file__).resolve().parent.parent
    files = sorted(
        [home / "checks.py", home / "text.py", *(file for package in JUDGING for file in (home / package).glob("*.py"))]
    )
    versions = repr((sys.version_info[:2], version("torch")))
    return _digest(b"".join(file.read_bytes() for file in files) + versions.encode())


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
