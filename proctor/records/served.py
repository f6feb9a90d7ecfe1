"""Submissions that need the instructor: `proctor report` shows them, and `proctor serve` prints
each of its own once.
"""

from collections import defaultdict
from contextlib import closing
from pathlib import Path

from proctor.course import Assignment, assignments
from proctor.course.report import NOT_FAILED
from proctor.records.attempts import Attempt, State, Store
from proctor.records.store import Key
from proctor.text import shown

NO_SUCH = "there is no such assignment in release/"
STUCK = 3  # attempts in a row at which an exercise failed


def name_of(row: Attempt) -> str:
    """A submission by its student and assignment, or by its folder if it is no student's."""
    return f"{shown(row.student)}/{shown(row.assignment)}" if row.student else shown(row.name)


def needs_instructor(course: Path) -> dict[str, list[str]]:
    """The submissions that wait for the instructor, those that failed, and the students who are
    stuck: a line for each.
    """
    store = Store(course)
    with closing(store):
        rows = store.rows()
    waiting = []
    failed = []
    for row in rows:
        line = f"{name_of(row)}: {row.why}"
        if row.state == State.WAITING and row.why and not row.unreadable:
            waiting.append(line)
        if row.state == State.FAILED or row.page == "error":
            failed.append(line)
    return {
        "submitted, and waiting": waiting,
        "submitted, and not graded or answered": failed,
        "stuck, by the attempts that were submitted": _all_stuck(course, rows),
    }


def _all_stuck(course: Path, rows: list[Attempt]) -> list[str]:
    known = assignments(course)
    attempts = defaultdict[Key, list[Attempt]](list)
    for row in sorted(rows, key=lambda row: row.number):
        if row.state == State.JUDGED and row.assignment in known:
            attempts[row.key].append(row)
    lines = []
    for (_, name), made in attempts.items():
        for exercise, times in stuck(known[name], made).items():
            lines.append(f"{name_of(made[-1])}: {exercise} failed {times} times")
    return lines


def failing(attempt: Attempt, assignment: Assignment) -> set[str]:
    """The exercises at which an attempt failed."""
    found = set()
    for cell, status in attempt.statuses.items():
        if status not in NOT_FAILED:
            found.add(assignment.exercise_of(cell))
    return found


def stuck(assignment: Assignment, attempts: list[Attempt]) -> dict[str, int]:
    """The exercises that failed in each of a student's last attempts, the newest of which comes
    last; and in how many.
    """
    found = {}
    for exercise in assignment.stubs:
        # a prediction whose result was shown is fixed
        if assignment.is_prediction(exercise):
            continue
        times = 0
        for row in reversed(attempts):
            if exercise not in failing(row, assignment):
                break
            times += 1
        if times >= STUCK:
            found[exercise] = times
    return found
