"""Which of the files that were handed in counts.

Of the notebooks in a submission's folder, in folders inside it and in one zip archive, those come into question that can
be read and belong to the assignment. Of these, one with an answer comes before one without any; else, in this order,

1. what lies in the folder itself before what lies deeper, and that before what is in an archive;
2. the notebook that is called as the released one;
3. the highest number at the end of a name: `softmax (2).ipynb`, then `softmax-Copy1.ipynb`, then `Copy of softmax.ipynb`;
4. the newest file.

Hidden files and folders, links, and what is too much to be looked through don't come into question.
"""

import io
import os
import re
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from proctor.course import Assignment
from proctor.errors import NotExaminable
from proctor.sandbox.files import (
    FILE,
    FOLDER,
    MAX_FILES,
    MAX_FILES_SIZE,
    MAX_LOOKED_AT,
    MAX_PATH,
    Linked,
    files_in,
    opened,
    shown,
    walk,
    within_limits,
)
from proctor.submission import MAX_SIZE, Submission, by_names, bytes_of, notebook_in, restored, unreadable

DEEPEST = 4  # folders inside each other
MOST = 10  # notebooks of one submission that are read
MOST_READ = 2 * MAX_SIZE  # bytes of them
ENTRY, FILE_IN_ARCHIVE = b"PK\x01\x02", b"PK\x03\x04"  # begin each entry of an archive's list of files, and each file
NAMED = 5  # files that a note names


@dataclass
class _Candidate:
    """A notebook that may count: where it lies, in words; its rank, the least of which comes first; how it is read.

    `error`: why it doesn't count, where that was found out.
    """

    place: str
    rank: tuple
    read: Callable[[], bytes]
    files: Callable[[], dict[str, bytes]]
    error: NotExaminable | None = None


@dataclass
class _Found:
    """What was found in a folder: those that may count, archives, and everything by name."""

    notebooks: list[_Candidate] = field(default_factory=list)
    archives: list[_Candidate] = field(default_factory=list)
    names: list[str] = field(default_factory=list)


def take_in(folder: Path, assignment: Assignment) -> Submission:
    """The submission in `folder`, handed in for `assignment`; an unreadable one where no notebook that counts can be read.

    The files beside the notebook come along, behind the instructor's own.
    """
    try:
        found = _found(folder, assignment.notebook.name)
    except Linked as error:
        return unreadable(assignment, str(error.strerror))
    except OSError as error:
        return unreadable(assignment, f"its folder can't be read: {error.strerror}")
    with tempfile.TemporaryDirectory() as place:
        chosen = _chosen(found, assignment, Path(place))
    if chosen is None:
        return unreadable(assignment, _none(found, assignment.notebook.name))
    counts, submission = chosen
    submission.notes[:0] = _notes(counts, found, assignment.notebook.name)
    return submission


def _chosen(found: _Found, assignment: Assignment, place: Path) -> tuple[_Candidate, Submission] | None:
    """The first one with an answer, or else the first one; None where there is none."""
    first, left = None, MOST_READ
    for one in _in_turn(found, assignment.notebook.name, place):
        if left < 0:
            break
        try:
            data = one.read()
            left -= len(data)
            if data.startswith(FILE_IN_ARCHIVE):
                found.archives.append(one)
            notebook, notes = notebook_in(data)
            made = restored(notebook, assignment, one.files(), notes)
        except NotExaminable as error:
            one.error = error
            continue
        except OSError as error:
            one.error = NotExaminable(f"what lies beside it can't be read: {error.strerror}")
            continue
        made.files = within_limits(files_in(assignment.source.parent), made.files)
        if not assignment.stubs or by_names.answered(made.notebook, assignment):
            return one, made
        one.error = NotExaminable("it holds no answer")
        first = first or (one, made)
    return first


def _in_turn(found: _Found, expected: str, place: Path) -> Iterator[_Candidate]:
    """The notebooks that may count, the best first, and behind them those of one archive, which is unpacked into `place`."""
    yield from sorted(found.notebooks, key=lambda one: one.rank)[:MOST]
    if not found.archives:
        return
    archive, *others = sorted(found.archives, key=lambda one: one.rank)
    for other in others:
        other.error = NotExaminable(f"one archive is opened, {archive.place}", "put all into one")
    # as deep in a folder of our own as a student's folder lies in submitted/
    folder = place / "unpacked" / "archive"
    folder.mkdir(parents=True)
    try:
        _unpacked(archive, folder)
    except NotExaminable as error:
        archive.error = error
        return
    inside = _found(folder, expected).notebooks
    for one in inside:
        one.place = f"{archive.place}/{one.place}"
    found.notebooks += inside
    yield from sorted(inside, key=lambda one: one.rank)[:MOST]


def _found(folder: Path, expected: str) -> _Found:
    """What lies in a folder. Raises `OSError` where it can't be opened, or is a link."""
    found = _Found()
    with opened(folder, FOLDER) as place:
        for inside, folders, names, descriptor in walk(place):
            deep = len(inside.parts)
            unseen = [f"{name}/" for name in folders if deep >= DEEPEST or not _is_visible(name)]
            # a folder of the expected name is told to be one
            there = sorted(names) + [expected] * (not deep and expected in folders) + sorted(unseen)
            folders[:] = sorted(name for name in folders if f"{name}/" not in unseen)
            for name in there[: MAX_LOOKED_AT - len(found.names)]:
                path = inside / name
                if str(path) != "timestamp.txt":
                    found.names.append(shown(f"{path}{'/' * (name in unseen)}"))
                if name in unseen or not _is_visible(name) or not (_is_notebook(name) or name.lower().endswith(".zip")):
                    continue
                when = os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mtime
                one = _Candidate(
                    shown(str(path)),
                    _rank(path, expected, -when),
                    lambda path=path, deep=deep: bytes_of(folder / path, FILE + deep),
                    lambda inside=inside, deep=deep: files_in(folder / inside, FOLDER + deep),
                )
                (found.notebooks if _is_notebook(name) else found.archives).append(one)
    return found


def _is_visible(name: str) -> bool:
    return not name.startswith((".", "__MACOSX"))


def _is_notebook(name: str) -> bool:
    """Whether a file is called as a notebook, be it with something behind it: some browsers make it `softmax.ipynb.txt`."""
    return ".ipynb" in name.lower()


def _rank(path: Path, expected: str, when: float) -> tuple:
    exact, name, expected = expected, path.name.lower(), expected.lower()
    number = re.search(r"(\d{1,18})\W*$", name.partition(".ipynb")[0])
    like = 0 if name == expected else 1 if name.endswith(".ipynb") else 2
    return len(path.parts), like, path.name != exact, -int(number[1]) if number else 0, when, str(path)


def _unpacked(archive: _Candidate, folder: Path) -> None:
    """Unpacks an archive into `folder`, but for what leads out of it, is hidden, or doesn't fit; notebooks come first.

    Raises `NotExaminable` where no notebook comes out.
    """
    data, left, error = archive.read(), MAX_FILES_SIZE, None
    # a long list of files takes long to read
    if len(data) > MAX_FILES_SIZE or data.count(ENTRY) > MAX_LOOKED_AT:
        raise NotExaminable("it holds too much", "hand in the notebook itself")
    try:
        packed = zipfile.ZipFile(io.BytesIO(data))
        members = {PurePosixPath(info.filename): info for info in packed.infolist() if not info.is_dir()}
    except Exception as failed:  # whatever it is that these bytes can make go wrong
        raise NotExaminable(f"it can't be unpacked ({failed})", "hand in the notebook itself") from None
    inside = sorted(filter(_is_within, members), key=lambda path: not _is_notebook(path.name))
    for path in inside[:MAX_FILES]:
        try:
            content, target = _member(packed, members[path], left), folder / path
            left -= len(content)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            when = time.mktime((*members[path].date_time, 0, 0, -1))
            os.utime(target, (when, when))
        except Exception as failed:  # as above
            error = error or failed
    if not any(_is_notebook(path.name) for path in folder.rglob("*")):
        why = f"it can't be unpacked ({error})" if error else "it holds no notebook; an archive in it isn't opened"
        raise NotExaminable(why, "hand in the notebook itself")


def _is_within(path: PurePosixPath) -> bool:
    """Whether a member's name, which nobody vouches for, stays within its archive, and is of sane length."""
    plain = str(path).isprintable() and len(str(path)) <= MAX_PATH and not path.is_absolute() and "\\" not in str(path)
    return plain and all(map(_is_visible, path.parts)) and ".." not in path.parts


def _member(packed: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    """What is in a member of an archive, of which no more is unpacked than it says that there is."""
    # of the other methods, Python unpacks as much at once as a bomb holds
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError("it is packed in an unusual way")
    if info.file_size > most:
        raise ValueError("it holds too much")
    with packed.open(info.filename) as member:
        # without a size, all is unpacked at once
        return member.read(info.file_size)


def _notes(counts: _Candidate, found: _Found, expected: str) -> list[str]:
    """What is odd about the notebook that counts and the others, if anything."""
    notes = [] if counts.place == expected else [f"handed in as {counts.place} rather than {expected}"]
    others = [one for one in found.notebooks if one is not counts and one not in found.archives]
    others.sort(key=lambda one: one.place)
    names = [f"{one.place} ({one.error.reason})" if one.error else one.place for one in others]
    return notes + [f"{_some(names)} was handed in, too: {counts.place} counts"] * bool(names)


def _none(found: _Found, expected: str) -> str:
    """Why there is no notebook that counts."""
    reasons = {one.place: str(one.error) for one in [*found.notebooks, *found.archives] if one.error}
    its_own = reasons.pop(expected, "")
    names = [f"{name} ({why})" for name, why in reasons.items()]
    if its_own:
        return f"{its_own}; beside it: {_some(names)}" if names else its_own
    names += [name for name in found.names if name not in reasons]
    beside = f"; what was handed in: {_some(names)}" if names else ""
    return f"no notebook of this assignment was handed in: {expected} is missing{beside}"


def _some(names: list[str]) -> str:
    """The first few names, and how many more there are."""
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
