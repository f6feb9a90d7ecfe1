"""The seeds that a class is graded with: one for an assignment and an attempt, the same for the whole class.

To grade again keeps a seed, and a resubmission gets a new one, so that feedback never teaches the inputs of the next
attempt. Both need a secret, since the checks may be public, and a memory; they are in `FILE`, beside the gradebook. So is
what an interrupted run was told to grade again, and with which seed.
"""

import contextlib
import hashlib
import hmac
import os
import secrets
import sqlite3
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from proctor.sandbox.files import FOLDER, open_in, opened, walk
from proctor.submission import MAX_SIZE

FILE = ".seeds.db"  # nothing of it ever reaches a sandbox

TABLES = """
CREATE TABLE IF NOT EXISTS secret (key BLOB);
CREATE TABLE IF NOT EXISTS attempts (student, assignment, contents, number, PRIMARY KEY (student, assignment));
CREATE TABLE IF NOT EXISTS again (student, assignment, seed, PRIMARY KEY (student, assignment));
"""

Key = tuple[str, str]  # a student and an assignment


def seed_of(course: Path, student: str, assignment: str, contents: str) -> int:
    """The seed for this submission, whose number is one more than before where its contents have changed."""
    with _memory(course) as database:
        database.execute(
            "INSERT INTO secret SELECT ? WHERE NOT EXISTS (SELECT * FROM secret)", [secrets.token_bytes(32)]
        )
        database.execute(
            "INSERT INTO attempts VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE "
            "SET number = number + 1, contents = excluded.contents WHERE contents != excluded.contents",
            [student, assignment, contents],
        )
        whose = "WHERE student = ? AND assignment = ?"
        (number,) = database.execute(f"SELECT number FROM attempts {whose}", [student, assignment]).fetchone()
        (key,) = database.execute("SELECT key FROM secret").fetchone()
    digest = hmac.digest(key, f"{assignment} {number}".encode(), "sha256")
    return int.from_bytes(digest[:4], "big") >> 1


@contextmanager
def _memory(course: Path) -> Iterator[sqlite3.Connection]:
    os.close(os.open(course / FILE, os.O_RDWR | os.O_CREAT, 0o600))
    with contextlib.closing(sqlite3.connect(course / FILE, timeout=30)) as database, database:
        database.executescript(TABLES)
        yield database


def to_grade_again(course: Path) -> dict[Key, int | None]:
    """What a run was told to grade again and has not graded yet, each with the seed that it was told, if any."""
    with _memory(course) as database:
        return {(student, name): seed for student, name, seed in database.execute("SELECT * FROM again")}


def remember(course: Path, keys: Iterable[Key], seed: int | None) -> None:
    """Notes what is to be graded again, so that the next run does it where this one is interrupted."""
    with _memory(course) as database:
        database.executemany("INSERT OR REPLACE INTO again VALUES (?, ?, ?)", [(*key, seed) for key in keys])


def forget(course: Path, key: Key) -> None:
    """Notes that this has been graded again."""
    with _memory(course) as database:
        database.execute("DELETE FROM again WHERE student = ? AND assignment = ?", key)


def contents(folder: Path) -> str:
    """Changes when what was handed in does; when it was handed in, and what is hidden beside it, doesn't count."""
    digest = hashlib.sha256()
    for path, found in _digests(folder):
        if path.name != "timestamp.txt" and not any(part.startswith(".") for part in path.parts):
            digest.update(os.fsencode(path) + found)
    return digest.hexdigest()


def everything(folder: Path) -> bytes:
    """Changes when anything in `folder` does."""
    return hashlib.sha256(b"".join(os.fsencode(path) + found for path, found in _digests(folder))).digest()


def _digests(folder: Path) -> list[tuple[Path, bytes]]:
    """The files in a student's `folder`, by their path within it, each with a digest; an empty one for what is no plain file.

    There are none in a folder that is a link, or closed.
    """
    found = []
    with contextlib.suppress(OSError), opened(folder, FOLDER) as place:
        for inside, _, names, descriptor in walk(place):
            found += [(inside / name, _digest(name, descriptor)) for name in names]
    return sorted(found)


def _digest(name: str, folder: int) -> bytes:
    with contextlib.suppress(OSError):
        facts = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if stat.S_ISREG(facts.st_mode):
            # what is larger does not come along: to read a terabyte of holes takes an hour
            if facts.st_size > MAX_SIZE:
                return f"{facts.st_size} {facts.st_mtime_ns}".encode()
            with open_in(folder, name) as file:
                return hashlib.file_digest(file, "sha256").digest()
    return b""
