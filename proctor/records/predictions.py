"""Predictions whose verdict a student was told: the first one counts, in whatever is handed in or graded again later.

Only `proctor serve` tells verdicts before the due date, and keeps them here; a class without it has none. Where the
hidden checks have changed since, what is handed in is judged anew.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from proctor.course.report import Report

# of `proctor serve`, beside the gradebook
FILE = ".serve.db"
TABLE = """
CREATE TABLE IF NOT EXISTS predictions
    (student, assignment, cell, passed, checks, PRIMARY KEY (student, assignment, cell));
"""
FIRST = "the first prediction that you handed in counts"

Key = tuple[str, str]  # a student and an assignment


def is_prediction(exercise: str) -> bool:
    """Whether an exercise asks what comes out."""
    return exercise.startswith("predict_")


def keep(database: sqlite3.Connection, key: Key, passed: dict[str, bool], checks: str) -> None:
    """Notes which predictions passed, by cell; those that are noted stay, unless the checks have changed."""
    database.executemany(
        "INSERT INTO predictions VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE "
        "SET passed = excluded.passed, checks = excluded.checks WHERE checks != excluded.checks",
        [(*key, cell, right, checks) for cell, right in passed.items()],
    )


def apply(course: Path, key: Key, report: Report, checks: str) -> None:
    """Puts the verdicts on a student's first predictions in the place of those on later ones, and on blank cells.

    `checks`: the digest of the hidden checks by which `report` was made, where it is known.
    """
    if not (course / FILE).is_file():
        return
    with _kept(course) as database:
        rows = database.execute(
            "SELECT cell, passed FROM predictions WHERE student = ? AND assignment = ? AND ? IN (checks, '')",
            [*key, checks],
        ).fetchall()
    first = dict(rows)
    for cell in report.cells:
        if cell.id in first and cell.status != (status := "passed" if first[cell.id] else "failed"):
            cell.status, cell.score, cell.message = status, cell.max_score * first[cell.id], FIRST
            cell.diagnosis = cell.behaviour = None


@contextmanager
def _kept(course: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(course / FILE, timeout=30)) as database, database:
        database.executescript(TABLE)
        yield database
