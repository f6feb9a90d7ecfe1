"""Which of the files that were handed in counts.

Of the notebooks in a submission's folder, in folders inside it and in one zip archive, only those count that can be read
and belong to the assignment. Of these, one with an answer comes before one without any; else, in this order,

1. what lies in the folder itself before what lies deeper, and that before what is in an archive;
2. the notebook that is called as the released one;
3. the highest number at the end of a name: `softmax (2).ipynb`, then `softmax-Copy1.ipynb`, then `Copy of softmax.ipynb`;
4. the newest file.

Hidden files and folders, links, and what is too much to be looked through don't count.
"""

import contextlib
import io
import os
import re
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from proctor.course import Assignment, assignment_at
from proctor.course.codes import Code, Note
from proctor.errors import NotExaminable, OverLimit
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
    opened,
    walk,
    within_limits,
)
from proctor.sandbox.limited import CPU, MEMORY, run_limited
from proctor.submission import MAX_SIZE, Submission, answered, bytes_of, notebook_in, restored, unreadable
from proctor.submission.clean import make_harmless
from proctor.text import shown

DEEPEST = 4  # folders inside each other
MOST = 10  # notebooks of one submission that are read
MOST_READ = 2 * MAX_SIZE  # bytes of them
ENTRY = b"PK\x01\x02"  # begins each entry of an archive's list of files
USUAL, LOCKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED), 1  # how its members are packed; the bit of a password
NAMED = 5  # files that a message names


@dataclass
class _File:
    """A file that was handed in, in a folder or an archive. `error`: why it doesn't count, where that was found out.

    `members`: of an archive, what has space was unpacked, once.
    """

    folder: Path
    path: Path
    changed: float
    archive: str = ""
    members: dict[Path, bytes] = field(default_factory=dict)
    error: NotExaminable | None = None

    def __str__(self) -> str:
        return shown(f"{self.archive}{self.path}")

    @property
    def is_notebook(self) -> bool:
        """Whether its name holds `.ipynb`: some browsers make it `softmax.ipynb.txt`."""
        return ".ipynb" in self.path.name.lower() and _is_visible(self.path.name)

    @property
    def is_archive(self) -> bool:
        return self.path.suffix.lower() == ".zip" and _is_visible(self.path.name)

    def rank(self, expected: str) -> tuple:
        """A sort key: the best comes first."""
        number = re.search(r"(\d{1,18})\W*$", self.path.name.lower().partition(".ipynb")[0])
        called = self.path.name != expected, -int(number[1]) if number else 0
        return len(self.path.parts), *called, -self.changed, str(self.path)

    def read(self) -> bytes:
        if self.archive:
            return self.members[self.path]
        return bytes_of(self.folder / self.path, FILE + len(self.path.parts) - 1)

    def beside(self) -> dict[str, bytes]:
        """The files in its folder and below, but for notebooks."""
        here = self.path.parent
        if not self.archive:
            return files_in(self.folder / here, FOLDER + len(here.parts))
        members = {path: data for path, data in self.members.items() if path.is_relative_to(here)}
        return {str(path.relative_to(here)): data for path, data in members.items() if path.suffix != ".ipynb"}


def take_in(folder: Path, assignment: Assignment, cpu: float = CPU, memory: int = MEMORY) -> Submission:
    """The submission in `folder`, handed in for `assignment`; an unreadable one where no notebook that counts can be read.

    It is read by another process, within these limits. What its student wrote as text is harmless then.
    """
    try:
        found = run_limited(_plain, folder, assignment.course, assignment.notebook, cpu=cpu, memory=memory)
    except OverLimit as error:
        return unreadable(assignment, f"{error}: hand in the notebook alone", error.is_of_time)
    return Submission.of(assignment, found)


def _plain(folder: Path, course: Path, notebook: Path) -> dict[str, Any]:
    """The submission that `take_in` gives, as plain data."""
    found = choose(folder, assignment_at(course, notebook))
    if left := note_in(folder, NOT_COLLECTED):
        found.notes.append(Code.NOT_COLLECTED(text=left))
    if not found.unreadable:
        make_harmless(found.notebook.cells, found.assignment.released_sources)
    return found.plain()


def choose(folder: Path, assignment: Assignment) -> Submission:
    """`take_in` without limits. The files beside the notebook come along, behind the instructor's own."""
    expected = assignment.notebook.name
    try:
        found = _files(folder)
    except OSError as error:
        return unreadable(assignment, f"its folder can't be read: {error.strerror}")
    chosen = _chosen(found, assignment)
    if chosen is None:
        return unreadable(assignment, _none(found, expected))
    counts, submission = chosen
    try:
        beside = counts.beside()
    except OSError as error:
        return unreadable(assignment, f"what lies beside {counts} can't be read: {error.strerror}")
    submission.files = within_limits(files_in(assignment.source.parent), beside)
    name, notes = str(counts), list[Note]()
    if name != expected:
        notes.append(Code.HANDED_IN_AS(name=name, expected=expected))
    if others := [one for one in found if one.is_notebook and one is not counts]:
        notes.append(Code.HANDED_IN_TOO(files=_named(others, lambda error: error.reason), name=name))
    if left := [one for one in found if one.archive and one.error and not one.is_notebook]:
        notes.append(Code.LEFT_OUT(files=_named(left, lambda error: error.reason)))
    submission.notes[:0] = notes
    return submission


def _chosen(found: list[_File], assignment: Assignment) -> tuple[_File, Submission] | None:
    """The first one with an answer, or else the first one; None where there is none."""
    first, left = None, MOST_READ
    for one in _in_turn(found, assignment.notebook.name):
        if left < 0:
            break
        try:
            data = one.read()
            left -= len(data)
            notebook, notes = notebook_in(data)
            made = restored(notebook, assignment, notes=notes)
            if not assignment.stubs or answered(made.notebook, assignment):
                return one, made
            first = first or (one, made)
            raise NotExaminable("it holds no answer")
        except NotExaminable as error:
            one.error = error
    return first


def _in_turn(found: list[_File], expected: str) -> Iterator[_File]:
    """The notebooks that may count, the best first, and behind them those of one archive."""
    ranked = sorted(found, key=lambda one: one.rank(expected))
    yield from [one for one in ranked if one.is_notebook][:MOST]
    archives = [one for one in ranked if one.is_archive]
    for other in archives[1:]:
        other.error = NotExaminable(f"one archive is opened, {archives[0]}", "put all into one")
    for archive in archives[:1]:
        try:
            inside = _unpacked(archive)
            found += inside
            readable = [one for one in inside if not one.error]
            yield from sorted(readable, key=lambda one: one.rank(expected))[:MOST]
        except NotExaminable as error:
            archive.error = error


def _files(folder: Path) -> list[_File]:
    """The files in a folder, and the folders that aren't looked into. Raises `OSError` where it can't be opened, or is a link."""
    found = []
    with opened(folder, FOLDER) as place:
        for inside, folders, names, descriptor in walk(place):
            unseen = [name for name in folders if len(inside.parts) >= DEEPEST or not _is_visible(name)]
            folders[:] = sorted(set(folders) - set(unseen))
            for name in sorted(names + unseen)[: MAX_LOOKED_AT - len(found)]:
                # in a folder that can be listed and not entered
                with contextlib.suppress(OSError):
                    changed = os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mtime
                    found.append(_File(folder, inside / name, changed))
    return [one for one in found if str(one) not in RESERVED]


def _is_visible(name: str) -> bool:
    return not name.startswith((".", "__MACOSX"))


def _unpacked(archive: _File) -> list[_File]:
    """The notebooks in an archive, unpacked with what fits beside them, and the files that can't be unpacked, with the reason.

    Raises `NotExaminable` if there is no notebook.
    """
    try:
        data = archive.read()
        # a long list of files takes long to read
        if len(data) > MAX_FILES_SIZE or data.count(ENTRY) > MAX_LOOKED_AT:
            raise ValueError("it holds too much")
        packed = zipfile.ZipFile(io.BytesIO(data))
    except MemoryError:
        raise
    except Exception as error:  # whatever it is that these bytes can make go wrong
        raise _not_unpacked(error) from None
    members = {Path(each.filename.lstrip("/")): each for each in packed.infolist() if not each.is_dir()}
    members = {path: each for path, each in members.items() if all(map(_is_visible, path.parts))}
    inside, found, left = dict[Path, bytes](), list[_File](), MAX_FILES_SIZE
    for path, each in sorted(members.items(), key=lambda item: ".ipynb" not in item[0].name):
        one = _File(archive.folder, path, 0.0, f"{archive}/", inside)
        fits = each.file_size <= left
        left -= each.file_size if fits else 0
        try:
            inside[path] = _member(packed, each, path, fits)
        except MemoryError:
            raise
        except Exception as error:
            one.error = _not_unpacked(error)
        # a date that no clock shows
        with contextlib.suppress(OverflowError, ValueError):
            one.changed = time.mktime((*each.date_time, 0, 0, -1))
        if one.is_notebook or one.error:
            found.append(one)
    if any(one.is_notebook and not one.error for one in found):
        return found
    if found and found[0].error and found[0].is_notebook:
        raise found[0].error
    raise NotExaminable("it holds no notebook; an archive in it isn't opened", "hand in the notebook itself")


def _member(packed: zipfile.ZipFile, each: zipfile.ZipInfo, path: Path, fits: bool) -> bytes:
    """The bytes of an archive's member. Raises an error of any kind if it can't be unpacked."""
    if not fits:
        raise ValueError("it is too large")
    if len(path.parts) > DEEPEST + 1 or len(str(path)) > MAX_PATH or not str(path).isprintable():
        raise ValueError("it lies too deep, or its name is too long or can't be shown")
    # of the other methods, Python unpacks as much at once as a bomb holds
    if each.compress_type not in USUAL or each.flag_bits & LOCKED:
        raise ValueError("it has a password, or is packed in an unusual way")
    with packed.open(each) as member:
        # without a number it would be unpacked as a whole, however much that is
        return member.read(each.file_size) if each.file_size else b""


def _not_unpacked(error: Exception) -> NotExaminable:
    return NotExaminable(f"it can't be unpacked ({error})", "hand in the notebook itself")


def _none(found: list[_File], expected: str) -> str:
    """Why there is no notebook that counts."""
    for one in found:
        if str(one) == expected:
            others = _named(other for other in found if other.error and other is not one)
            return f"{one.error}; beside it: {others}" if others else str(one.error)
    others = _named(found)
    beside = f"; what was handed in: {others}" if others else ""
    return f"no notebook of this assignment was handed in: {expected} is missing{beside}"


def _named(files: Iterable[_File], why: Callable[[NotExaminable], str] = str) -> str:
    """The first of these files, those before that have a reason why they don't count."""
    ranked = sorted(files, key=lambda one: (one.error is None, str(one)))
    named = [f"{one} ({why(one.error)})" if one.error else str(one) for one in ranked]
    return ", ".join(named[:NAMED]) + (f" and {len(named) - NAMED} more" if len(named) > NAMED else "")
