"""Proctor's own store of a course, beside nbgrader's gradebook: one file, `proctor.db`, of which nothing reaches a sandbox.

- Seeds: one for an assignment and an attempt, the same for the whole class. To grade again keeps it, and a resubmission
  gets a new one, so that feedback never teaches the inputs of the next attempt. They come from a secret, since the checks
  may be public.
- Extensions and remarks that an instructor gave.
- What came to `proctor serve`, and what became of it: a service that was killed goes on where it was. It tells verdicts on
  predictions before the due date, so the first one counts, in whatever is handed in or graded again later. One that is
  late never counts for a submission in time.

Each change is one transaction.
"""

import contextlib
import hmac
import json
import math
import os
import secrets
import sqlite3
import stat
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field, fields
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from proctor.course.codes import Code
from proctor.course.report import Report, Status, same_behaviour
from proctor.errors import CannotRecord, GradingError

FILE = "proctor.db"
VERSION = 3  # of the schema
TABLES = """
CREATE TABLE secret (key BLOB);
CREATE TABLE attempts (student, assignment, contents, number, PRIMARY KEY (student, assignment));
CREATE TABLE extensions (assignment, student, seconds, PRIMARY KEY (assignment, student));
CREATE TABLE remarks (assignment, exercise, text, behaviours json, answers json);
CREATE TABLE predictions (student, assignment, cell, passed, checks, received DEFAULT 0);
CREATE INDEX predicted ON predictions (student, assignment);
CREATE TABLE submissions
    (name PRIMARY KEY, student, assignment, state, arrived, received, seen, not_before, why, tries, pages json, copied,
    files json, number, graded, score, max_score, seed, cells json, page);
CREATE INDEX waiting ON submissions (state);
CREATE INDEX whose ON submissions (student, assignment);
CREATE TABLE placed (student, assignment, name, PRIMARY KEY (student, assignment))
"""
sqlite3.register_converter("json", json.loads)
sqlite3.register_adapter(list, json.dumps)
sqlite3.register_adapter(dict, json.dumps)

Key = tuple[str, str]  # a student and an assignment
RECENT = 600.0  # seconds for which a graded submission counts when the next one's turn comes


def connect(course: Path) -> sqlite3.Connection:
    """The course's store, made where there is none: private, or the group's where the course's folder is."""
    path = course / FILE
    if not path.exists():
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            path.chmod(0o660 if course.stat().st_mode & stat.S_IWGRP else 0o600)
    database = sqlite3.connect(path, timeout=30, detect_types=sqlite3.PARSE_DECLTYPES)
    try:
        if _version(database) == 0:
            _make(database)
        if (found := _version(database)) != VERSION:
            raise GradingError(
                f"{path} has schema {found}, and this version of proctor uses schema {VERSION}: use the version that made "
                "it, or move the file away to begin a new one, without its seeds, extensions and remarks"
            )
    except BaseException as error:
        database.close()
        if isinstance(error, sqlite3.Error):
            raise _trouble(path, error) from error
        raise
    return database


@contextmanager
def _opened(course: Path) -> Iterator[sqlite3.Connection]:
    """The course's store; its changes are kept at the end, all of them or none. Raises `CannotRecord`, which names it."""
    try:
        with contextlib.closing(connect(course)) as database, database:
            yield database
    except sqlite3.Error as error:
        raise _trouble(course / FILE, error) from error


def _trouble(path: Path, error: sqlite3.Error) -> CannotRecord:
    if type(error) is sqlite3.DatabaseError:
        return CannotRecord(f"{path} is damaged ({error}): put a copy that you kept in its place")
    why = "another program may hold it, its disk be full, or you not be allowed to write it"
    return CannotRecord(f"{path} can't be used ({error}): {why}. Mend that, then start again to go on")


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


def attempt_seed(course: Path, student: str, assignment: str, contents: str) -> int:
    """The seed for this submission, whose number is one more than before where its contents have changed."""
    with _opened(course) as database:
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


def attempt_of(course: Path, student: str, assignment: str) -> int:
    """Which attempt of the student's at an assignment counts: by the service's numbers, or by how often other files came.

    0 where nothing is known of it.
    """
    served = (
        "SELECT number FROM submissions WHERE name IN (SELECT name FROM placed WHERE student = ? AND assignment = ?)"
    )
    read = "SELECT number FROM attempts WHERE student = ? AND assignment = ?"
    with _opened(course) as database:
        found = [database.execute(each, [student, assignment]).fetchone() for each in (served, read)]
    return next((number for (number,) in filter(None, found) if number), 0)


def extensions(course: Path) -> dict[tuple[str, str], timedelta]:
    """The extensions that `proctor extend` gave, by assignment and student; of no time where it took one back."""
    with _opened(course) as database:
        rows = database.execute("SELECT * FROM extensions ORDER BY assignment, student")
        return {(assignment, student): timedelta(seconds=seconds) for assignment, student, seconds in rows}


def set_extension(course: Path, names: tuple[str, str], by: timedelta) -> None:
    """Puts an extension, of an assignment for a student, in the place of an earlier one."""
    with _opened(course) as database:
        database.execute("INSERT OR REPLACE INTO extensions VALUES (?, ?, ?)", [*names, by.total_seconds()])


@dataclass
class Remark:
    """One remark on an exercise: for these behaviours, and, by student, for these answers, each by a digest of its cell."""

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
    with _opened(course) as database:
        return [Remark(*row) for row in database.execute("SELECT * FROM remarks ORDER BY rowid")]


def write_remarks(course: Path, remarks: list[Remark]) -> None:
    """Puts these remarks in the place of the others."""
    with _opened(course) as database:
        database.execute("DELETE FROM remarks")
        database.executemany("INSERT INTO remarks VALUES (?, ?, ?, ?, ?)", [astuple(each) for each in remarks])


def apply_first_predictions(course: Path, key: Key, report: Report, checks: str, until: datetime | None) -> None:
    """Puts the verdicts on a student's first predictions in the place of those on later ones, and on blank cells.

    `checks`: the digest of the hidden checks that made `report`. Once they have changed, submissions are judged anew.
    `until`: the due date, for a submission in time: a prediction that came later doesn't count for it.
    """
    latest = until.replace(tzinfo=UTC).timestamp() if until else math.inf
    with _opened(course) as database:
        # the first comes last, and so stays
        rows = database.execute(
            "SELECT cell, passed FROM predictions WHERE student = ? AND assignment = ? AND checks = ? "
            "AND received <= ? ORDER BY rowid DESC",
            [*key, checks, latest],
        ).fetchall()
    first = dict(rows)
    for cell in report.cells:
        if cell.id in first and cell.status != (status := Status.PASSED if first[cell.id] else Status.FAILED):
            cell.status, cell.score = status, cell.max_score * first[cell.id]
            cell.note = Code.FIRST_PREDICTION()
            cell.diagnosis = cell.behaviour = None


class State(StrEnum):
    """The state of a submission that came to `proctor serve`."""

    # it is to be graded, not before the time in `not_before`
    WAITING = "waiting"
    GRADED = "graded"
    # the same student handed in a newer one before its turn came
    SUPERSEDED = "superseded"
    # the service isn't to answer it: it is left to `nbgrader collect`
    LEFT = "left"
    # it could not be graded, or its student isn't known; `why` says the reason
    FAILED = "failed"


@dataclass
class Row:
    """A submission that came to `proctor serve`.

    `arrived` is when it came, `received` the time that counts for its lateness, `seen` when the service saw it; all are
    seconds since 1970. `pages`: under which names its student looks for feedback. `copied`: whether it is in `attempts/`, and
    `files`: the SHA-256 of each file then. `number`: which attempt it is, once it is graded. `cells`: its verdicts, as far as they are known.
    `page`: `told` once its student was answered, `final` once nothing was held back, `error` where no page could be made.
    """

    name: str
    student: str
    assignment: str
    state: State
    arrived: float
    received: float
    seen: float
    not_before: float = 0.0
    why: str = ""
    tries: int = 0
    pages: list[str] = field(default_factory=list)
    copied: bool = False
    files: dict[str, str] = field(default_factory=dict)
    number: int = 0
    graded: float = 0.0
    score: float = 0.0
    max_score: float = 0.0
    seed: int = 0
    cells: dict[str, str] = field(default_factory=dict)
    page: str = ""

    def __post_init__(self) -> None:
        self.state = State(self.state)

    @property
    def key(self) -> Key:
        return self.student, self.assignment

    @property
    def unreadable(self) -> bool:
        """Whether the submission could not be read, which is no attempt for its student."""
        return "unreadable" in self.cells.values()


COLUMNS = ", ".join(each.name for each in fields(Row))


class Store:
    """The memory of a course's service. Each thread needs one of its own."""

    def __init__(self, course: Path):
        self.database = connect(course)

    def rows(self, where: str = "1", *values: object) -> list[Row]:
        """The submissions of which this SQL is true, in their order of arrival."""
        found = f"SELECT {COLUMNS} FROM submissions WHERE {where} ORDER BY arrived, name"
        return [Row(*each) for each in self.database.execute(found, values)]

    def attempts(self, student: str, assignment: str) -> list[Row]:
        """A student's graded submissions for an assignment, the first one first."""
        found = self.rows("student = ? AND assignment = ? AND state = 'graded'", student, assignment)
        return sorted(found, key=lambda row: row.number)

    def graded_at(self, student: str, assignment: str) -> list[float]:
        """When a student's submissions for an assignment were graded."""
        return [each.graded for each in self.attempts(student, assignment)]

    def in_turn(self, now: float) -> list[Row]:
        """The submissions to grade now, in their turn: by how often its student was graded of late, then by its arrival."""
        counted = self.database.execute(
            "SELECT student, count(*) FROM submissions WHERE state = 'graded' AND graded > ? GROUP BY student",
            [now - RECENT],
        )
        times, turn = Counter(dict(counted)), []
        for row in self.rows("state = 'waiting' AND copied AND not_before <= ?", now):
            turn.append((times[row.student], row))
            times[row.student] += 1
        return [row for _, row in sorted(turn, key=lambda each: each[0])]

    def save(self, *rows: Row) -> None:
        """Writes submissions down as they are now, and ends a transaction with that."""
        marks = ", ".join("?" * len(fields(Row)))
        written = f"INSERT OR REPLACE INTO submissions ({COLUMNS}) VALUES ({marks})"
        with self.database:
            self.database.executemany(written, [astuple(row) for row in rows])

    def keep_predictions(self, row: Row, passed: dict[str, bool], checks: str) -> None:
        """Notes which predictions of a submission passed, by cell."""
        self.database.executemany(
            "INSERT INTO predictions VALUES (?, ?, ?, ?, ?, ?)",
            [(*row.key, cell, right, checks, row.received) for cell, right in passed.items()],
        )

    def placed(self, student: str, assignment: str) -> str:
        """Which submission was put into `submitted/` last; empty where none was."""
        where = "student = ? AND assignment = ?"
        found = self.database.execute(f"SELECT name FROM placed WHERE {where}", [student, assignment]).fetchone()
        return found[0] if found else ""

    def all_placed(self) -> dict[Key, str]:
        return {(student, name): which for student, name, which in self.database.execute("SELECT * FROM placed")}

    def place(self, student: str, assignment: str, name: str) -> None:
        """Notes which submission is put into `submitted/`."""
        self.database.execute("INSERT OR REPLACE INTO placed VALUES (?, ?, ?)", [student, assignment, name])
