"""Submissions in the exchange: the owner, the time, and a copy of each. All of it is hostile."""

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
from itertools import islice
from pathlib import Path

from nbgrader.utils import notebook_hash, parse_utc

from proctor.course.report import NOT_THEIR_OWN, printable
from proctor.errors import NotTaken
from proctor.sandbox.files import FOLDER, MAX_FILES, MAX_LOOKED_AT, each_plain_file, open_in, opened, walk

# as `nbgrader submit` names a folder, with or without the random part; a student's name may hold a plus sign
NAME = re.compile(
    r"(?P<student>[^/]+?)\+(?P<assignment>[^+/]+)\+(?P<when>\d{4}-\d\d-\d\d [\d:.]+ [\w+:-]+?)(\+[\w=-]*)?"
)
# seconds after which an unfinished folder is taken as it is
QUIET = 60
EARLIER = 600.0  # seconds by which a submission may say that it was handed in before it arrived
OPEN = 0o777  # the permissions that `nbgrader submit` gives a folder once all is in it
SECRET = "submission_secret.txt"
# beside a submission that was collected: whose account it belonged to, where that isn't the student's
HANDED_IN_BY = "handed-in-by.txt"
NOBODY = "no student can be called so"
MAX_NAME = 200  # characters
MAX_SECRET = 1000  # bytes
NOTEBOOKS = 10  # of a submission, on each of which there is a page
ADDED = ("timestamp.txt", SECRET)  # by nbgrader, to a student's files
OURS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)  # errors that no student causes
DENSE = 2**20  # bytes of a file that may be sparse


@dataclass(frozen=True)
class Arrival:
    """A folder that came: `claimed` is when it says that it was handed in, in UTC, `arrived` when it came.

    `odd` says why its student or its assignment isn't known.
    """

    name: str
    student: str
    assignment: str
    claimed: datetime | None
    arrived: float
    odd: str = ""


def arrivals(inbound: Path, known: Collection[str], by_owner: bool, now: float) -> Iterator[Arrival]:
    """The folders in `inbound` that are complete and not `known`, in no order.

    `by_owner`: the student is the account that a folder belongs to; otherwise, the one in its name.
    """
    with os.scandir(inbound) as entries:
        for entry in entries:
            # no database can hold half a character
            if entry.name in known or entry.name.startswith(".") or not entry.name.isprintable():
                continue
            with contextlib.suppress(OSError):
                facts = entry.stat(follow_symlinks=False)
                if not stat.S_ISDIR(facts.st_mode):
                    yield Arrival(entry.name, "", "", None, facts.st_ctime, "it is no folder")
                elif stat.S_IMODE(facts.st_mode) & OPEN == OPEN or facts.st_ctime < now - QUIET:
                    yield _arrival(entry.name, facts, by_owner)


def _arrival(name: str, facts: os.stat_result, by_owner: bool) -> Arrival:
    found = NAME.fullmatch(name) if len(name) <= MAX_NAME else None
    if found is None:
        return Arrival(name, "", "", None, facts.st_ctime, "it isn't called as 'nbgrader submit' calls it")
    student, odd = owner(facts) if by_owner else found["student"], ""
    if not student:
        odd = f"its owner, {facts.st_uid}, has no account here"
    elif not is_a_name(student):
        student, odd = "", NOBODY
    try:
        claimed = parse_utc(found["when"])
    except Exception:  # the library raises errors of any kind on a text that is no time
        claimed = None
    return Arrival(name, student, found["assignment"], claimed, facts.st_ctime, odd)


def owner(facts: os.stat_result) -> str:
    """The account that a file belongs to; empty where there is none."""
    # not there on Windows, where there is no exchange
    import pwd

    try:
        return pwd.getpwuid(facts.st_uid).pw_name
    except KeyError:
        return ""


def belongs_to_another(folder: Path) -> list[str]:
    """Says whose work `nbgrader collect` put into a student's folder, where it is somebody else's."""
    found = []
    with contextlib.suppress(OSError), opened(folder, FOLDER) as place, open_in(place, HANDED_IN_BY) as file:
        whose = file.read(MAX_NAME).decode(errors="replace")
        found = [f"handed in by {printable(whose)}, {NOT_THEIR_OWN}"]
    return found


def is_a_name(student: str) -> bool:
    """Whether a student may be called so: by folders, by a gradebook, and in messages."""
    return not student.startswith(".") and student.isprintable() and student == student.strip() != ""


def pages(inbound: Path, name: str, expected: str) -> list[str]:
    """The names under which a submission's student looks for feedback: one for each notebook, and the `expected` one.

    `nbgrader fetch_feedback` makes them of the secret that came along; without one there are none.
    """
    place = inbound / name
    with contextlib.suppress(OSError, UnicodeDecodeError), opened(place, 1) as folder, open_in(folder, SECRET) as file:
        secret = file.read(MAX_SECRET).decode() if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else ""
        with os.scandir(folder) as entries:
            some = [each.name for each in islice(entries, MAX_LOOKED_AT)]
        found = sorted(each for each in some if each.endswith(".ipynb") and each.isprintable())
        names = [expected, *(each.removesuffix(".ipynb") for each in found)][:NOTEBOOKS] if secret else []
        return list(dict.fromkeys(f"{notebook_hash(secret=secret, notebook_id=each)}.html" for each in names))
    return []


def copy_submission(inbound: Path, name: str, target: Path, most: int) -> dict[str, str]:
    """Copies the plain files of a submission to the folder `target`, as a whole or not at all; follows no link.

    Returns the SHA-256 of each, but for nbgrader's own. Raises `NotTaken` where they are more than `most` bytes, or can't
    be copied, and `OSError` where nothing can.
    """
    # not the name of `target` and more: that may be as long as a name can be
    fresh, digests = target.with_name(".copy"), {}
    for left in (fresh, target):
        shutil.rmtree(left, ignore_errors=True)
    fresh.mkdir(parents=True)
    try:
        with opened(inbound / name, 1) as place:
            for path, file, size in each_plain_file(walk(place), hidden=False):
                top, _, below = path.partition("/")
                # what is ours to write; in a folder of such a name there is nothing of nbgrader's
                if top == HANDED_IN_BY or (below and top in ADDED):
                    continue
                if len(digests) >= MAX_FILES:
                    raise NotTaken(f"it has more than {MAX_FILES} files")
                if (most := most - size) < 0:
                    raise NotTaken("its files are too large together")
                if size > DENSE and os.lseek(file.fileno(), 0, os.SEEK_HOLE) < size:
                    raise NotTaken(f"{path} is a sparse file, of which a copy takes up {size} bytes: leave it out")
                file.seek(0)
                # it may grow meanwhile
                data = file.read(size)
                (fresh / path).parent.mkdir(parents=True, exist_ok=True)
                (fresh / path).write_bytes(data)
                if path not in ADDED:
                    digests[path] = hashlib.sha256(data).hexdigest()
    except (NotTaken, OSError) as error:
        shutil.rmtree(fresh, ignore_errors=True)
        if isinstance(error, NotTaken) or error.errno in OURS:
            raise
        raise NotTaken(f"it can't be read: {error.strerror}") from None
    fresh.rename(target)
    return digests


def receipt(about: tuple[str, str, str], digests: dict[str, str]) -> str:
    """A short name for a submission: the SHA-256 of student, assignment and time, and of the files' digests."""
    lines = ["  ".join(about), *(f"{digest}  {path}" for path, digest in sorted(digests.items()))]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
