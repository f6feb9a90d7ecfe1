"""What the service remembers: every submission that came and what became of it, in `.serve.db` beside the gradebook.

Each step is written down once it is done, so that a service that was killed goes on where it was.
"""

import json
import os
import secrets
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from proctor.records.predictions import FILE, TABLE

TABLES = f"""
CREATE TABLE IF NOT EXISTS submissions
    (name PRIMARY KEY, student, assignment, state, arrived, received, seen, not_before DEFAULT 0, why DEFAULT '',
    tries DEFAULT 0, pages DEFAULT '[]', receipt DEFAULT '', files DEFAULT '{{}}', number DEFAULT 0, graded DEFAULT 0, score DEFAULT 0, max_score DEFAULT 0,
    seed DEFAULT 0, cells DEFAULT '{{}}', page DEFAULT '');
CREATE INDEX IF NOT EXISTS waiting ON submissions (state);
CREATE INDEX IF NOT EXISTS whose ON submissions (student, assignment);
CREATE TABLE IF NOT EXISTS placed (student, assignment, name, PRIMARY KEY (student, assignment));
CREATE TABLE IF NOT EXISTS token (text);
{TABLE}
"""
ARRIVAL = "; its arrival counts"  # ends the remark on a submission that says it was handed in earlier
RECENT = 600.0  # seconds for which what was graded counts when the next one's turn comes
JSON = ("pages", "files", "cells")


@dataclass
class Row:
    """A submission. `state` is one of

    - `waiting`: it is to be graded, not before the time in `not_before`
    - `graded`
    - `superseded`: the same student handed in a newer one before its turn came
    - `left`: nobody asked for an answer to it; it is `nbgrader collect`'s
    - `failed`: it could not be graded, or whose it is can't be told; `why` says the reason

    `arrived` is when it came, `received` the time that counts for its lateness, `seen` when the service saw it; all are
    seconds since 1970. `pages`: under which names its student looks for feedback. `receipt` and `files`: what was handed in,
    once it is copied. `number`: which attempt it is, once it is graded. `cells`: its verdicts, by cell, as far as they are
    known. `page`: `told` once
    its student was answered, `final` once nothing was held back, `error` where no page could be made.
    """

    name: str
    student: str
    assignment: str
    state: str
    arrived: float
    received: float
    seen: float
    not_before: float = 0.0
    why: str = ""
    tries: int = 0
    pages: list[str] = field(default_factory=list)
    receipt: str = ""
    files: dict[str, str] = field(default_factory=dict)
    number: int = 0
    graded: float = 0.0
    score: float = 0.0
    max_score: float = 0.0
    seed: int = 0
    cells: dict[str, str] = field(default_factory=dict)
    page: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return self.student, self.assignment

    @property
    def unreadable(self) -> bool:
        """Whether what was handed in could not be read, which is no attempt for its student."""
        return "unreadable" in self.cells.values()


COLUMNS = [each.name for each in fields(Row)]


class Store:
    """The memory of a course's service. Each thread needs one of its own."""

    def __init__(self, course: Path):
        os.close(os.open(course / FILE, os.O_RDWR | os.O_CREAT, 0o600))
        self.database = sqlite3.connect(course / FILE, timeout=30)
        self.database.executescript(TABLES)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """What is written is kept at the end, all of it or nothing."""
        with self.database:
            yield self.database

    def rows(self, where: str = "1", *values: object) -> list[Row]:
        """The submissions of which this SQL is true, in their order of arrival."""
        found = self.database.execute(
            f"SELECT {', '.join(COLUMNS)} FROM submissions WHERE {where} ORDER BY arrived, name", values
        )
        return [_row(dict(zip(COLUMNS, each, strict=True))) for each in found]

    def attempts(self, student: str, assignment: str) -> list[Row]:
        """A student's graded submissions for an assignment, the first one first."""
        found = self.rows("student = ? AND assignment = ? AND state = 'graded'", student, assignment)
        return sorted(found, key=lambda row: row.number)

    def graded_at(self, student: str, assignment: str, unreadable: bool = False) -> list[float]:
        """When a student's attempts at an assignment were graded; or when what couldn't be read was answered."""
        attempts = self.attempts(student, assignment)
        return [each.graded for each in attempts if each.unreadable == unreadable]

    def in_turn(self, now: float) -> list[Row]:
        """What is to be graded now, in its turn: who was graded less often of late comes first, then who came first."""
        counted = self.database.execute(
            "SELECT student, count(*) FROM submissions WHERE state = 'graded' AND graded > ? GROUP BY student",
            [now - RECENT],
        )
        times, turn = Counter(dict(counted)), []
        for row in self.rows("state = 'waiting' AND receipt != '' AND not_before <= ?", now):
            turn.append((times[row.student], row))
            times[row.student] += 1
        return [row for _, row in sorted(turn, key=lambda each: each[0])]

    def save(self, *rows: Row) -> None:
        """Writes submissions down as they are now; within `transaction`."""
        marks = ", ".join("?" * len(COLUMNS))
        for row in rows:
            facts = vars(row) | {each: json.dumps(getattr(row, each)) for each in JSON}
            self.database.execute(
                f"INSERT OR REPLACE INTO submissions ({', '.join(COLUMNS)}) VALUES ({marks})",
                [facts[each] for each in COLUMNS],
            )

    def placed(self, student: str, assignment: str) -> str:
        """Which submission was put into `submitted/` last; empty where none was."""
        where = "student = ? AND assignment = ?"
        found = self.database.execute(f"SELECT name FROM placed WHERE {where}", [student, assignment]).fetchone()
        return found[0] if found else ""

    def all_placed(self) -> dict[tuple[str, str], str]:
        return {(student, name): which for student, name, which in self.database.execute("SELECT * FROM placed")}

    def place(self, student: str, assignment: str, name: str) -> None:
        """Notes which submission is put into `submitted/`."""
        self.database.execute("INSERT OR REPLACE INTO placed VALUES (?, ?, ?)", [student, assignment, name])

    def token(self) -> str:
        """What opens the status page: the same as long as this file is there."""
        with self.database:
            self.database.execute(
                "INSERT INTO token SELECT ? WHERE NOT EXISTS (SELECT * FROM token)", [secrets.token_urlsafe(24)]
            )
            return self.database.execute("SELECT text FROM token").fetchone()[0]


def _row(facts: dict[str, Any]) -> Row:
    return Row(**(facts | {each: json.loads(facts[each]) for each in JSON}))
