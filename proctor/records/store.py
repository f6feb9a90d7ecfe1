"""Proctor's own store of a course, beside nbgrader's gradebook: one file, `proctor.db`, of which
nothing reaches a sandbox.

- The attempts, and which of them is in `submitted/`: see `proctor.records.attempts`.
- The secret from which the seeds come. An attempt's seed depends on how many attempts of its
  student were judged before, so a class has the same inputs, and feedback never shows those of the
  next attempt.
- Extensions, remarks, and marks by hand.

Each change is one transaction.
"""

import contextlib
import hmac
import json
import secrets
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field
from datetime import timedelta
from pathlib import Path

from proctor.course.foreign import DISK_BROKEN, DISK_FULL, LOCKED, NOT_WRITABLE
from proctor.course.report import same_behaviour
from proctor.errors import CannotRecord, GradingError

FILE = "proctor.db"
# the errors of SQLite or the system after which nothing more can be recorded in a file, each with a
# remedy
REMEDIES = {
    LOCKED: "another program holds {course}/{file}: end it, a formgrader or another grading",
    NOT_WRITABLE: "{course} can't be written: make it, {file} and autograded/ writable for you",
    DISK_FULL: "the disk of {course} is full: free some space",
    DISK_BROKEN: "the disk of {course} is full or broken: free some space, or have it looked at",
}
VERSION = 6  # of the schema
TABLES = """
CREATE TABLE secret (key BLOB);
CREATE TABLE attempts
    (id INTEGER PRIMARY KEY, student, assignment, way, number, name, arrived, known_by, marked_late, collected, digest, kept, state,
    judged, seed_number, verdicts json, made_of json, predictions json, answers json, answered, written, shown, claim,
    not_before, why, tries, pages json, page, UNIQUE (student, assignment, number));
CREATE UNIQUE INDEX came ON attempts (name) WHERE name != '';
CREATE INDEX waiting ON attempts (state);
CREATE TABLE placed (student, assignment, attempt, before, PRIMARY KEY (student, assignment));
CREATE TABLE marks (student, assignment, cell, answer, score, extra,
    PRIMARY KEY (student, assignment, cell, answer));
CREATE TABLE extensions (assignment, student, seconds, PRIMARY KEY (assignment, student));
CREATE TABLE remarks (assignment, exercise, text, behaviours json, answers json)
"""
# a store of 1.0.0 has none
RECORDED = """
CREATE TABLE IF NOT EXISTS recorded (student, assignment, attempt, PRIMARY KEY (student, assignment))
"""
sqlite3.register_converter("json", json.loads)
sqlite3.register_adapter(list, json.dumps)
sqlite3.register_adapter(dict, json.dumps)

Key = tuple[str, str]  # a student and an assignment


def connect(course: Path) -> sqlite3.Connection:
    """The course's store, made if there is none: private, or the group's if the course's folder
    is.
    """
    path = course / FILE
    with contextlib.suppress(FileExistsError):
        path.touch(0o600, exist_ok=False)
        path.chmod(0o660 if course.stat().st_mode & stat.S_IWGRP else 0o600)
    database = sqlite3.connect(path, timeout=30, detect_types=sqlite3.PARSE_DECLTYPES)
    with errors_named(course):
        if _version(database) == 0:
            _make(database)
        found = _version(database)
        if found == VERSION:
            database.execute(RECORDED)
            return database
    database.close()
    raise GradingError(
        f"{path} has schema {found}, and this version of proctor uses schema {VERSION}: use the version that made "
        "it, or move the file away to begin a new one, without its seeds, extensions and remarks"
    )


@contextmanager
def opened(course: Path) -> Iterator[sqlite3.Connection]:
    """The course's store; its changes are kept at the end, all of them or none."""
    with errors_named(course), contextlib.closing(connect(course)) as database, database:
        yield database


@contextmanager
def errors_named(course: Path) -> Iterator[None]:
    """Raises `CannotRecord`, which names the store, for an error of SQLite's."""
    path = course / FILE
    try:
        yield
    except sqlite3.Error as error:
        if type(error) is sqlite3.DatabaseError:
            raise CannotRecord(
                f"{path} is damaged ({error}): put a copy that you kept in its place"
            ) from error
        remedy = f"{path} can't be used: mend that"
        for pattern, words in REMEDIES.items():
            if pattern.search(str(error)):
                remedy = words.format(course=course, file=FILE)
        raise CannotRecord(
            f"{remedy}, then start again to go on. Nothing that was recorded is lost. ({error})"
        ) from error


def _version(database: sqlite3.Connection) -> int:
    return database.execute("PRAGMA user_version").fetchone()[0]


def _make(database: sqlite3.Connection) -> None:
    """Makes the tables, all of them or none."""
    with database:
        database.execute("BEGIN IMMEDIATE")
        # another process may have been faster
        if _version(database) == 0:
            for statement in TABLES.split(";"):
                database.execute(statement)
            database.execute(f"PRAGMA user_version = {VERSION}")


def seed_of(course: Path, assignment: str, number: int) -> int:
    """The seed for all attempts of this number: of the whole class."""
    with opened(course) as database:
        secret = secrets.token_bytes(32)
        database.execute(
            "INSERT INTO secret SELECT ? WHERE NOT EXISTS (SELECT * FROM secret)", [secret]
        )
        (key,) = database.execute("SELECT key FROM secret").fetchone()
    digest = hmac.digest(key, f"{assignment} {number}".encode(), "sha256")
    return int.from_bytes(digest[:4], "big") >> 1


def extensions(course: Path) -> dict[tuple[str, str], timedelta]:
    """The extensions that `proctor extend` gave, by assignment and student; of no time if it took
    one back.
    """
    with opened(course) as database:
        rows = database.execute("SELECT * FROM extensions ORDER BY assignment, student")
        return {
            (assignment, student): timedelta(seconds=seconds)
            for assignment, student, seconds in rows
        }


def set_extension(course: Path, names: tuple[str, str], by: timedelta) -> None:
    """Puts an extension, of an assignment for a student, in the place of an earlier one."""
    with opened(course) as database:
        database.execute(
            "INSERT OR REPLACE INTO extensions VALUES (?, ?, ?)", [*names, by.total_seconds()]
        )


def note_no_extension(course: Path, names: tuple[str, str]) -> None:
    """Notes that an assignment has no extension for a student, unless it was given one."""
    with opened(course) as database:
        database.execute("INSERT OR IGNORE INTO extensions VALUES (?, ?, 0)", names)


@dataclass
class Remark:
    """One remark on an exercise: for these behaviours, and, by student, for these answers, each by
    a digest of its cell.
    """

    assignment: str
    exercise: str
    text: str
    behaviours: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)

    def is_for(self, behaviour: str) -> bool:
        """Whether it is for answers that do this."""
        return any(same_behaviour(behaviour, each) for each in self.behaviours)


def read_remarks(course: Path) -> list[Remark]:
    """The course's remarks."""
    with opened(course) as database:
        return [Remark(*row) for row in database.execute("SELECT * FROM remarks ORDER BY rowid")]


def write_remarks(course: Path, remarks: list[Remark]) -> None:
    """Puts these remarks in the place of the others."""
    with opened(course) as database:
        database.execute("DELETE FROM remarks")
        query = "INSERT INTO remarks VALUES (?, ?, ?, ?, ?)"
        database.executemany(query, map(astuple, remarks))
