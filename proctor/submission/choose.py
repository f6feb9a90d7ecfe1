"""Selects the notebook that counts among the files that a student handed in.

A notebook counts if it can be read and belongs to the assignment. It may lie in the submission's
folder, in a folder inside it, or in one zip archive. A notebook with an answer comes before one
without any; else the order is

1. the folder itself before deeper folders, and these before the archive; 2. the notebook with the
released notebook's name; 3. the highest number at the end of a name: `softmax (2).ipynb`, then
`softmax-Copy1.ipynb`, then `Copy of softmax.ipynb`; 4. the newest file.

Hidden files and folders and links don't count, nor anything beyond the limits below.
"""

import contextlib
import io
import os
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proctor.course import Assignment, assignment_at
from proctor.course.codes import Code
from proctor.errors import NotExaminable, OverLimit, TookTooLong
from proctor.sandbox.files import (
    FILE,
    FOLDER,
    MAX_FILES_SIZE,
    MAX_LOOKED_AT,
    MAX_PATH,
    NOT_COLLECTED,
    RESERVED,
    files_in,
    note_in,
    walk,
    within_limits,
)
from proctor.sandbox.limited import CPU, run_limited
from proctor.submission import (
    MAX_SIZE,
    Submission,
    answered,
    bytes_of,
    notebook_in,
    unreadable,
    with_released_cells,
)
from proctor.submission.clean import make_harmless
from proctor.text import shown

MAX_DEPTH = 4  # folders inside each other
MAX_NOTEBOOKS = 10  # notebooks of one submission that are read
MAX_READ = 2 * MAX_SIZE  # bytes of these notebooks
ENTRY = b"PK\x01\x02"  # begins each entry of an archive's list of files
USUAL = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
HAS_PASSWORD = 1  # a bit of a member's flags
MAX_NAMED = 5  # files that a message names


@dataclass
class _File:
    """A file that was handed in.

    `data` holds it if it came from an archive; `error` says why it doesn't count.
    """

    path: Path
    changed: float
    archive: str = ""
    data: bytes = b""
    error: NotExaminable | None = None

    def __str__(self) -> str:
        return shown(f"{self.archive}{self.path}")

    @property
    def is_notebook(self) -> bool:
        """Whether its name holds `.ipynb`: some browsers make it `softmax.ipynb.txt`."""
        return ".ipynb" in self.path.name.lower() and _is_visible(self.path.name)

    def rank(self, expected: str) -> tuple:
        """A sort key: the best file comes first."""
        number = re.search(r"(\d{1,18})\W*$", self.path.name.lower().partition(".ipynb")[0])
        copy = int(number[1]) if number else 0
        return (
            self.archive,
            len(self.path.parts),
            self.path.name != expected,
            -copy,
            -self.changed,
            self.path,
        )

    def read(self, folder: Path) -> bytes:
        if self.archive:
            return self.data
        return bytes_of(folder / self.path, FILE + len(self.path.parts) - 1)


def load_submission(folder: Path, assignment: Assignment, cpu: float = CPU) -> Submission:
    """The submission in `folder` for `assignment`; an unreadable one if no notebook counts.

    Another process reads it within this CPU time, and makes the student's text harmless.
    """
    try:
        found = run_limited(_load, folder, assignment.notebook, assignment.course, cpu=cpu)
    except OverLimit as error:
        took_too_long = isinstance(error, TookTooLong)
        return unreadable(assignment, f"{error}: hand in the notebook alone", took_too_long)
    return Submission.of(assignment, found)


def _load(folder: Path, notebook: Path, course: Path) -> dict[str, Any]:
    submission = select_notebook(folder, assignment_at(notebook, course))
    if text := note_in(folder, NOT_COLLECTED):
        submission.notes.append(Code.NOT_COLLECTED(text=text))
    if not submission.unreadable:
        make_harmless(submission.notebook.cells, submission.assignment.released_sources)
    return submission.plain()


def select_notebook(folder: Path, assignment: Assignment) -> Submission:
    """`load_submission` without limits.

    Adds the files beside the notebook to the instructor's own.
    """
    expected = assignment.notebook.name
    try:
        found = _files(folder)
        found += _members_of_first_archive(folder, found)
        chosen = _first_with_answer(folder, found, assignment)
        if chosen is None:
            return unreadable(assignment, _why_none(found, expected))
        counts, submission = chosen
        beside = _beside(folder, found, counts)
    except OSError as error:
        return unreadable(assignment, f"its folder can't be read: {error.strerror}")
    submission.files = within_limits(files_in(assignment.source.parent), beside)
    name = str(counts)
    notes = []
    if name != expected:
        notes.append(Code.HANDED_IN_AS(name=name, expected=expected))
    too = []
    left_out = []
    for each in found:
        if each is counts or each.archive not in ("", counts.archive):
            continue
        if each.is_notebook:
            too.append(each)
        elif each.archive and each.error:
            left_out.append(each)
    if too:
        notes.append(Code.HANDED_IN_TOO(files=_names(too), name=name))
    if left_out:
        notes.append(Code.LEFT_OUT(files=_names(left_out)))
    submission.notes[:0] = notes
    return submission


def _first_with_answer(
    folder: Path, found: list[_File], assignment: Assignment
) -> tuple[_File, Submission] | None:
    """The best notebook with an answer, or else the best notebook. Keeps the others' errors."""
    notebooks = [each for each in found if each.is_notebook and not each.error]
    notebooks.sort(key=lambda each: each.rank(assignment.notebook.name))
    best = None
    left = MAX_READ
    for each in notebooks[:MAX_NOTEBOOKS]:
        if left < 0:
            break
        try:
            data = each.read(folder)
            left -= len(data)
            notebook, notes = notebook_in(data)
            submission = with_released_cells(notebook, assignment, notes=notes)
        except NotExaminable as error:
            each.error = error
            continue
        if not assignment.stubs or answered(submission.notebook, assignment):
            return each, submission
        each.error = NotExaminable("it holds no answer")
        best = best or (each, submission)
    return best


def _beside(folder: Path, found: list[_File], counts: _File) -> dict[str, bytes]:
    """The files in the notebook's folder and below, without notebooks."""
    here = counts.path.parent
    if not counts.archive:
        return files_in(folder / here, FOLDER + len(here.parts))
    beside = {}
    for each in found:
        is_beside = each.archive and not each.error and each.path.is_relative_to(here)
        if is_beside and each.path.suffix != ".ipynb":
            beside[str(each.path.relative_to(here))] = each.data
    return beside


def _files(folder: Path) -> list[_File]:
    """The files in a folder, and the folders that stay closed.

    Raises `OSError` if it can't be opened, or is a link.
    """
    found = []
    for inside, folders, names, descriptor in walk(folder, FOLDER):
        is_deep = len(inside.parts) >= MAX_DEPTH
        closed = [name for name in folders if is_deep or not _is_visible(name)]
        folders[:] = sorted(set(folders) - set(closed))
        for name in sorted(names + closed)[: MAX_LOOKED_AT - len(found)]:
            # in a folder that can be listed and not entered
            with contextlib.suppress(OSError):
                changed = os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mtime
                found.append(_File(inside / name, changed))
    return [each for each in found if str(each) not in RESERVED]


def _is_visible(name: str) -> bool:
    return not name.startswith((".", "__MACOSX"))


def _members_of_first_archive(folder: Path, found: list[_File]) -> list[_File]:
    """The visible files in the first archive, the notebooks first.

    A file that can't be unpacked keeps its error.
    """
    archives = []
    for each in found:
        if each.path.suffix.lower() == ".zip" and _is_visible(each.path.name):
            archives.append(each)
    members = []
    archives.sort(key=lambda each: each.rank(""))
    for other in archives[1:]:
        other.error = NotExaminable(f"one archive is opened, {archives[0]}", "put all into one")
    for archive in archives[:1]:
        with _error_kept(archive):
            data = archive.read(folder)
            # a long list of files takes long to read
            if len(data) > MAX_FILES_SIZE or data.count(ENTRY) > MAX_LOOKED_AT:
                raise ValueError("it holds too much")
            packed = zipfile.ZipFile(io.BytesIO(data))
            names = sorted(packed.infolist(), key=lambda each: ".ipynb" not in each.filename)
            left = MAX_FILES_SIZE
            for member in names:
                path = Path(member.filename.lstrip("/"))
                if member.is_dir() or not all(map(_is_visible, path.parts)):
                    continue
                # as a number, since no calendar has some of these dates
                changed = int("".join(f"{part:02}" for part in member.date_time))
                file = _File(path, changed, f"{archive}/")
                members.append(file)
                with _error_kept(file):
                    file.data = _unpacked(packed, member, path, left)
                    left -= member.file_size
            if not any(each.is_notebook for each in members):
                why = "it holds no notebook; an archive in it isn't opened"
                archive.error = NotExaminable(why, "hand in the notebook itself")
    return members


@contextlib.contextmanager
def _error_kept(file: _File) -> Iterator[None]:
    """Keeps an error of any kind, whatever these bytes can make go wrong, with the file."""
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:
        file.error = NotExaminable(f"it can't be unpacked ({error})", "hand in the notebook itself")


def _unpacked(packed: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path, left: int) -> bytes:
    """The bytes of an archive's member. Raises an error of any kind if it can't be unpacked."""
    if member.file_size > left:
        raise ValueError("it is too large")
    if len(path.parts) > MAX_DEPTH + 1 or len(str(path)) > MAX_PATH or not str(path).isprintable():
        raise ValueError("it lies too deep, or its name is too long or can't be shown")
    # with the other methods Python unpacks everything at once, however much a bomb holds
    if member.compress_type not in USUAL or member.flag_bits & HAS_PASSWORD:
        raise ValueError("it has a password, or is packed in an unusual way")
    with packed.open(member) as file:
        # 0 bytes would be read without a limit
        return file.read(member.file_size) if member.file_size else b""


def _why_none(found: list[_File], expected: str) -> str:
    """Why no notebook counts."""
    for each in found:
        if str(each) == expected and each.error:
            why = str(each.error)
            others = [other for other in found if other.error and other is not each]
            if others:
                why += f"; beside it: {_names(others, remedies=True)}"
            return why
    why = f"no notebook of this assignment was handed in: {expected} is missing"
    if found:
        why += f"; what was handed in: {_names(found, remedies=True)}"
    return why


def _names(files: Iterable[_File], remedies: bool = False) -> str:
    """The names of the first of these files, those with errors first, and the errors."""
    names = []
    for each in sorted(files, key=lambda each: (each.error is None, str(each))):
        name = str(each)
        if each.error:
            why = str(each.error) if remedies else each.error.reason
            name = f"{name} ({why})"
        names.append(name)
    text = ", ".join(names[:MAX_NAMED])
    if len(names) > MAX_NAMED:
        text += f" and {len(names) - MAX_NAMED} more"
    return text
