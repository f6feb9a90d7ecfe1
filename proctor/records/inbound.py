"""What students put into the exchange: who put it there, when, and a copy of it. All of it is hostile."""

import contextlib
import errno
import hashlib
import os
import re
import shutil
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from io import BufferedReader
from pathlib import Path

from nbgrader.utils import notebook_hash, parse_utc

from proctor.errors import NotTaken
from proctor.sandbox.files import MAX_FILES, MAX_LOOKED_AT, MAX_PATH, open_below, open_in, opened, walk

# as `nbgrader submit` names a folder, with or without the random part; a student's name may hold a plus sign
NAME = re.compile(
    r"(?P<student>[^/]+?)\+(?P<assignment>[^+/]+)\+(?P<when>\d{4}-\d\d-\d\d [\d:.]+ [\w+:-]+?)(\+[\w=-]*)?"
)
# seconds after which a folder that nobody finished is taken as it is
QUIET = 60
OPEN = 0o777  # the permissions that `nbgrader submit` gives a folder once all is in it
SECRET = "submission_secret.txt"
NOBODY = "no student can be called so"
MAX_NAME = 200  # characters
MAX_SECRET = 1000  # bytes
NOTEBOOKS = 10  # of a submission, on each of which there is a page
ADDED = ("timestamp.txt", SECRET)  # by nbgrader, to what a student wrote
OURS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES)  # what no student brings about


@dataclass(frozen=True)
class Arrival:
    """A folder that came: `claimed` is when it says that it was handed in, in UTC, `arrived` when it came.

    `odd` says why it can't be told whose it is, or for which assignment.
    """

    name: str
    student: str
    assignment: str
    claimed: datetime | None
    arrived: float
    odd: str = ""


def arrivals(inbound: Path, known: Collection[str], by_owner: bool, now: float) -> Iterator[Arrival]:
    """The folders in `inbound` that are complete and not `known`, in no order.

    `by_owner`: whoever owns a folder handed it in; otherwise whom its name names.
    """
    with os.scandir(inbound) as entries:
        for entry in entries:
            # no database can hold half a character
            if entry.name in known or entry.name.startswith(".") or not entry.name.isprintable():
                continue
            with contextlib.suppress(FileNotFoundError):
                facts = entry.stat(follow_symlinks=False)
                if not stat.S_ISDIR(facts.st_mode):
                    yield Arrival(entry.name, "", "", None, facts.st_ctime, "it is no folder")
                elif stat.S_IMODE(facts.st_mode) & OPEN == OPEN or facts.st_ctime < now - QUIET:
                    yield _arrival(entry.name, facts, by_owner)


def _arrival(name: str, facts: os.stat_result, by_owner: bool) -> Arrival:
    found = NAME.fullmatch(name) if len(name) <= MAX_NAME else None
    if found is None:
        return Arrival(name, "", "", None, facts.st_ctime, "it isn't called as 'nbgrader submit' calls it")
    student, odd = found["student"], ""
    if by_owner:
        # not there on Windows, where there is no exchange
        import pwd

        try:
            student = pwd.getpwuid(facts.st_uid).pw_name
        except KeyError:
            student, odd = "", f"its owner, {facts.st_uid}, has no account here"
    if not odd and not is_a_name(student):
        student, odd = "", NOBODY
    try:
        claimed = parse_utc(found["when"])
    except (ValueError, OverflowError):
        claimed = None
    return Arrival(name, student, found["assignment"], claimed, facts.st_ctime, odd)


def is_a_name(student: str) -> bool:
    """Whether a student may be called so: by folders, by a gradebook, and in messages."""
    return not student.startswith(".") and student.isprintable() and student == student.strip() != ""


def pages(inbound: Path, name: str, expected: str) -> list[str]:
    """The names under which whoever handed this in looks for feedback on it: one for each notebook, and the `expected` one.

    `nbgrader fetch_feedback` makes them of the secret that came along; without one there are none.
    """
    try:
        with opened(inbound / name, 1) as place:
            with open_in(place, SECRET) as file:
                plain = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
                secret = file.read(MAX_SECRET).decode() if plain else ""
            found = [each[: -len(".ipynb")] for each in sorted(os.listdir(place)) if each.endswith(".ipynb")]
    except (OSError, UnicodeDecodeError):
        return []
    if not secret:
        return []
    names = [expected, *(each for each in found if each and each.isprintable())]
    return list(dict.fromkeys(f"{notebook_hash(secret=secret, notebook_id=each)}.html" for each in names[:NOTEBOOKS]))


def take(inbound: Path, name: str, target: Path, most: int) -> dict[str, str]:
    """Copies the plain files of a submission to the folder `target`, as a whole or not at all; follows no link.

    Returns the SHA-256 of each, but for nbgrader's own. Raises `NotTaken` where they are more than `most` bytes, or can't
    be copied, and `OSError` where nothing can.
    """
    fresh = target.with_name(f".{target.name}")
    for left in (fresh, target):
        shutil.rmtree(left, ignore_errors=True)
    try:
        place = open_below(inbound / name, 1)
    except OSError as error:
        raise NotTaken(f"it can't be read: {error.strerror}") from None
    try:
        fresh.mkdir(parents=True)
        digests = _copy_all(place, fresh, most)
    except (NotTaken, OSError) as error:
        shutil.rmtree(fresh, ignore_errors=True)
        if isinstance(error, NotTaken) or error.errno in OURS:
            raise
        raise NotTaken(f"it can't be copied: {error.strerror}") from None
    finally:
        os.close(place)
    fresh.rename(target)
    return digests


def _copy_all(place: int, target: Path, most: int) -> dict[str, str]:
    digests, looked_at = {}, 0
    for inside, folders, names, descriptor in walk(place):
        folders[:] = [each for each in folders if not each.startswith(".")]
        for name in names:
            looked_at += 1
            path = (inside / name).as_posix()
            if looked_at > MAX_LOOKED_AT or len(digests) > MAX_FILES:
                raise NotTaken(f"it has more than {MAX_FILES} files")
            if name.startswith(".") or not path.isprintable() or len(path) > MAX_PATH:
                continue
            size, digest = _copy(name, descriptor, target / path, most)
            most -= size
            if digest and path not in ADDED:
                digests[path] = digest
    return digests


def _copy(name: str, folder: int, target: Path, most: int) -> tuple[int, str]:
    """Copies a file of an open folder where it is a plain one; its size and its digest, empty for others."""
    try:
        source = open_in(folder, name)
    except OSError:  # a link, or closed
        return 0, ""
    with source:
        facts = os.fstat(source.fileno())
        if not stat.S_ISREG(facts.st_mode):
            return 0, ""
        if facts.st_size > most:
            raise NotTaken("its files are too large together")
        target.parent.mkdir(parents=True, exist_ok=True)
        digest, left = hashlib.sha256(), facts.st_size
        with target.open("xb") as copy:
            # it may grow meanwhile
            while left > 0 and (data := _read(source, min(left, 2**20))):
                copy.write(data)
                digest.update(data)
                left -= len(data)
    return facts.st_size, digest.hexdigest()


def _read(source: BufferedReader, size: int) -> bytes:
    try:
        return source.read(size)
    except OSError as error:
        raise NotTaken(f"it can't be read: {error.strerror}") from None


def receipt(digests: dict[str, str]) -> str:
    """A short name for what was handed in: the SHA-256 of what `sha256sum` prints for its files, in their order."""
    lines = (f"{digest}  {path}\n" for path, digest in sorted(digests.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()
