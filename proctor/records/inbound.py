"""Submissions in the exchange: the owner, the time, and a copy of each. All of it is hostile."""

import contextlib
import errno
import os
import re
import shutil
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from io import BufferedReader
from itertools import islice
from pathlib import Path

from nbgrader.utils import notebook_hash, parse_utc

from proctor.course.codes import Code, Note
from proctor.course.files import replaced_folder
from proctor.errors import NotTaken
from proctor.sandbox.files import (
    FOLDER,
    HANDED_IN_BY,
    MAX_FILES,
    MAX_LOOKED_AT,
    NOT_COLLECTED,
    RESERVED,
    SECRET,
    TIMESTAMP,
    each_plain_file,
    note_in,
    open_in,
    opened,
    written,
)
from proctor.text import printable, shown

# as `nbgrader submit` names a folder, with or without the random part; a student's name may hold a
# plus sign
NAME = re.compile(
    r"(?P<student>[^/]+?)\+(?P<assignment>[^+/]+)\+(?P<when>\d{4}-\d\d-\d\d [\d:.]+ [\w+:-]+?)(\+[\w=-]*)?"
)
# seconds after which an unfinished folder is taken as it is
QUIET = 60
EARLIER = 600.0  # seconds by which a submission may say that it was handed in before it arrived
OPEN = 0o777  # the permissions that `nbgrader submit` gives a folder once all is in it
MAX_NAME = 200  # characters
MAX_SECRET = 1000  # bytes
NOTEBOOKS = 10  # of a submission, on each of which there is a page
ADDED = (TIMESTAMP, SECRET)  # by nbgrader, to a student's files
OURS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)  # errors that no student causes
NAMED = 5  # files that were not collected
TOO_LARGE = "too large"
DENSE = 2**20  # bytes of a file that may be sparse


@dataclass(frozen=True)
class Arrival:
    """A folder that came: it says that it was handed in at `claimed`, in UTC, and came at
    `arrived`.

    `odd` says why it is no submission, or whose it isn't known to be.
    """

    name: str
    student: str
    assignment: str
    claimed: datetime | None
    arrived: float
    odd: str = ""


def arrivals(
    inbound: Path, known: Collection[str], by_owner: bool, now: float
) -> Iterator[Arrival]:
    """The folders in `inbound` that are complete and not `known`, in no order; see `arrival_of`."""
    with os.scandir(inbound) as entries:
        for entry in entries:
            if entry.name in known or entry.name.startswith("."):
                continue
            with contextlib.suppress(OSError):
                facts = entry.stat(follow_symlinks=False)
                complete = (
                    stat.S_IMODE(facts.st_mode) & OPEN == OPEN or facts.st_ctime < now - QUIET
                )
                if complete or not (stat.S_ISDIR(facts.st_mode) and entry.name.isprintable()):
                    yield arrival_of(entry.name, facts, by_owner)


def arrival_of(name: str, facts: os.stat_result, by_owner: bool) -> Arrival:
    """The submission in a folder.

    Its student is the account that it belongs to, or, unless `by_owner`, in its name.
    """
    student = assignment = odd = ""
    claimed = None
    found = NAME.fullmatch(name)
    if not name.isprintable():
        odd = "its name can't be shown"
    elif not stat.S_ISDIR(facts.st_mode):
        odd = "it is no folder"
    elif found is None or len(name) > MAX_NAME:
        odd = "it isn't called as 'nbgrader submit' calls it"
    else:
        assignment = found["assignment"]
        # the library raises errors of any kind on a text that is no time
        with contextlib.suppress(Exception):
            claimed = parse_utc(found["when"])
        student = owner(facts) if by_owner else found["student"]
        if not student:
            odd = f"its owner, {facts.st_uid}, has no account here"
        elif not is_a_name(student):
            student, odd = "", "no student can be called so"
    return Arrival(name, student, assignment, claimed, facts.st_ctime, odd)


def owner(facts: os.stat_result) -> str:
    """The account that a file belongs to; empty where there is none."""
    # not there on Windows, where there is no exchange
    import pwd

    try:
        return pwd.getpwuid(facts.st_uid).pw_name
    except KeyError:
        return ""


def belongs_to_another(folder: Path) -> list[Note]:
    """A note if the work in a student's folder was handed in by another account."""
    account = note_in(folder, HANDED_IN_BY)[:MAX_NAME]
    return [Code.HANDED_IN_BY(account=printable(account))] if account else []


def is_a_name(student: str) -> bool:
    """Whether a student may be called so: by folders, by a gradebook, and in messages."""
    return (
        not student.startswith(".") and student.isprintable() and student == student.strip() != ""
    )


def pages(inbound: Path, name: str, expected: str) -> list[str]:
    """The names under which a submission's student looks for feedback: one for each notebook, and
    the `expected` one, if any.

    `nbgrader fetch_feedback` makes them of the secret that came along; without one there are none.
    """
    place = inbound / name
    with (
        contextlib.suppress(OSError, UnicodeDecodeError),
        opened(place, 1) as folder,
        open_in(folder, SECRET) as file,
    ):
        secret = ""
        if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            secret = file.read(MAX_SECRET).decode()
        if not secret:
            return []
        found = []
        with os.scandir(folder) as entries:
            for entry in islice(entries, MAX_LOOKED_AT):
                if entry.name.endswith(".ipynb") and entry.name.isprintable():
                    found.append(entry.name)
        names = [expected, *(each.removesuffix(".ipynb") for each in sorted(found))]
        # a file may be called .ipynb
        names = filter(None, dict.fromkeys(names[:NOTEBOOKS]))
        return [f"{notebook_hash(secret=secret, notebook_id=each)}.html" for each in names]
    return []


def copy_submission(inbound: Path, name: str, target: Path, most: int, ours: bool = False) -> None:
    """Copies the plain files of a submission to the folder `target`; follows no link.

    Files that can't be copied, or are more than `most` bytes with the others, are left out:
    `not-collected.txt` in the copy names them. `ours`: the folder is in `submitted/`, so its notes
    are proctor's own, and come along, and neither it nor a notebook in it may be a link. Raises
    `NotTaken` if there is no room for a notebook or one can't be read, and `OSError` if nothing can
    be written. There is no copy then.
    """
    shutil.rmtree(target, ignore_errors=True)
    with replaced_folder(target) as fresh:
        fresh.mkdir()
        try:
            _copy_files(inbound / name, fresh, most, ours)
        except OSError as error:
            if error.errno in OURS:
                raise
            raise NotTaken(f"it can't be read: {error.strerror}") from None


def _copy_files(folder: Path, copy: Path, most: int, ours: bool) -> None:
    """Copies the files of a folder for `copy_submission`."""
    copied, left = 0, dict[str, str]()
    # notebooks first: no other file takes their room
    for notebooks in (True, False):
        others: list[str] = []
        for path, file, size in each_plain_file(folder, False, FOLDER if ours else 1, others):
            if path.endswith(".ipynb") != notebooks:
                continue
            if why := _why_not(path, file, size, most, copied, ours):
                left[path] = why
                continue
            file.seek(0)
            # it may grow meanwhile
            data = file.read(size)
            if not written(copy / path, data):
                left[path] = "it can't be written"
                continue
            most -= size
            copied += path not in RESERVED
        if not copied and TOO_LARGE in left.values():
            raise NotTaken("its files are too large together")
    if ours and any(path.endswith(".ipynb") for path in others):
        raise NotTaken("its notebook can't be read, or is a link")
    left |= dict.fromkeys(
        others, "no plain file, not readable, or its name is too long or can't be shown"
    )
    _note_what_was_left(copy, left)


def _why_not(path: str, file: BufferedReader, size: int, most: int, copied: int, ours: bool) -> str:
    """Why a file of a submission isn't copied; empty if it is."""
    top, _, below = path.partition("/")
    # in a folder of such a name there is nothing of nbgrader's
    if not ours and top.casefold() in RESERVED and (below or top not in ADDED):
        return "nbgrader's or proctor's own file has this name"
    if copied >= MAX_FILES:
        return f"there are more than {MAX_FILES} files"
    if size > DENSE and os.lseek(file.fileno(), 0, os.SEEK_HOLE) < size:
        return f"a sparse file, of which a copy takes up {size} bytes"
    return TOO_LARGE if size > most else ""


def _note_what_was_left(copy: Path, left: dict[str, str]) -> None:
    """Writes a note for the instructor and the student if files are not in the copy."""
    if not left:
        return
    named = [f"{shown(path)} ({why})" for path, why in sorted(left.items())[:NAMED]]
    more = f" and {len(left) - NAMED} more" if len(left) > NAMED else ""
    remedy = "if the notebook needs one, hand it in as a smaller plain file under another name"
    (copy / NOT_COLLECTED).write_text(f"not collected: {', '.join(named)}{more}; {remedy}")
