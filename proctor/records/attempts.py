"""The table of attempts: all that students handed in, by whichever way, and the results.

Each attempt has a number, which never changes. Whether it is in time, and whether it counts, is no
part of the table: `proctor.records.counting` computes that.
"""

import os
import platform
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from enum import StrEnum
from operator import attrgetter
from pathlib import Path
from typing import Any

from proctor.course.report import report_in
from proctor.records.groups import groups_in
from proctor.records.marks import Mark, Marks
from proctor.records.store import Key, connect, errors_named, opened

RECENT = 600.0  # seconds for which a judged attempt counts when `proctor serve` picks the next one
CLAIM = 3600.0  # seconds after which a claim ends, whatever became of its process


class Way(StrEnum):
    """The way by which an attempt came."""

    EXCHANGE = "exchange"
    SERVE = "serve"
    ARCHIVE = "archive"
    BY_HAND = "by hand"
    # its student left the group whose work it is
    FORMER_GROUP = "former group"


# both find folders of nbgrader's exchange
EXCHANGE = (Way.EXCHANGE, Way.SERVE)


class State(StrEnum):
    """The state of an attempt."""

    # it came, and was not judged yet
    NEW = "new"
    # `proctor serve` is to judge it, not before the time in `not_before`
    WAITING = "waiting"
    JUDGED = "judged"
    # `proctor serve` does not judge it, for a newer one came before its turn
    SUPERSEDED = "superseded"
    # `proctor serve` leaves it to `nbgrader collect`
    LEFT = "left"
    # it could not be judged; `why` gives the reason
    FAILED = "failed"


@dataclass(eq=False)
class Attempt:
    """One attempt of a student's at an assignment.

    By its `id`, an attempt is known in the course; its `number` is the one that its students see.
    `name` is its folder's in the exchange. `arrived` is the time that counts for its lateness, and
    `known_by` names its source; it is None if no time is known. `collected` is when proctor noticed
    the attempt. `digest`: of its files. `kept`: whether `attempts/` has a copy of them.
    `seed_number` is 0 until the attempt is judged for the first time. `verdicts` gives, by graded
    cell, the status and the share of the points; `made_of` the digests of the inputs of these
    verdicts. `predictions`: the graded cells of those that are no blank. `answers`: the digests of
    the answers that marks by hand may be given for. `answered`: how many exercises have an answer.
    `written`: the answers that `proctor.classroom.similarity` compares. `shown`: when the student
    could first see the points.

    The last five are for `proctor serve`: `pages` are the names under which its student looks for
    the page, and `page` is `told` once there is one, `final` if it holds nothing back, `error` if
    none could be made.
    """

    student: str
    assignment: str
    way: Way
    number: int = 0
    id: int = 0
    name: str = ""
    arrived: float | None = None
    known_by: str = ""
    marked_late: bool = False
    collected: float = 0.0
    digest: str = ""
    kept: bool = False
    state: State = State.NEW
    judged: float = 0.0
    seed_number: int = 0
    verdicts: dict[str, list] = field(default_factory=dict)
    made_of: dict[str, str] = field(default_factory=dict)
    predictions: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    answered: int | None = None
    written: str = ""
    shown: float = 0.0
    claim: str = ""
    not_before: float = 0.0
    why: str = ""
    tries: int = 0
    pages: list[str] = field(default_factory=list)
    page: str = ""
    # the columns as they are in the table
    stored: dict[str, Any] = field(default_factory=dict, init=False, repr=False)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Attempt) and self.id == other.id

    def __hash__(self) -> int:
        return self.id

    @property
    def key(self) -> Key:
        return self.student, self.assignment

    @property
    def unreadable(self) -> bool:
        """Whether it was found that the files can't be read, which is no attempt for a student."""
        return "unreadable" in self.statuses.values()

    @property
    def may_count(self) -> bool:
        return self.state not in (State.LEFT, State.FAILED)

    @property
    def statuses(self) -> dict[str, str]:
        return {cell: status for cell, (status, _) in self.verdicts.items()}


COLUMNS = [each.name for each in fields(Attempt) if each.init]


class Store:
    """The attempts of a course. Each thread needs one of its own.

    Several processes may use the table, so only changed columns are written.
    """

    def __init__(self, course: Path):
        self.course = course
        self.database = connect(course)

    def close(self) -> None:
        self.database.close()

    @contextmanager
    def _transaction(self):
        with errors_named(self.course), self.database:
            # another process must not number attempts meanwhile
            self.database.execute("BEGIN IMMEDIATE")
            yield self.database

    def rows(self, where: str = "1", *values: object) -> list[Attempt]:
        """The attempts of which this SQL is true, in the order of their arrival."""
        query = f"SELECT {', '.join(COLUMNS)} FROM attempts WHERE {where} ORDER BY arrived, name, number"
        found = []
        with errors_named(self.course):
            for row in self.database.execute(query, values):
                attempt = Attempt(**dict(zip(COLUMNS, row)))
                _remember(attempt)
                found.append(attempt)
        return found

    def members(self, key: Key) -> list[Key]:
        """The keys of all members of a student's group, the student's own among them."""
        return [(member, key[1]) for member in groups_in(self.course).members(key)]

    def of(self, student: str, assignment: str) -> list[Attempt]:
        """The attempts of a student's group for an assignment, by number."""
        found = self.rows(*self._by_group((student, assignment)))
        return sorted(found, key=lambda attempt: (attempt.number, attempt.id))

    def judged(self, student: str, assignment: str) -> list[Attempt]:
        """The judged attempts of a student's group for an assignment, by number."""
        return [each for each in self.of(student, assignment) if each.state == State.JUDGED]

    def _by_group(self, key: Key) -> tuple[str, ...]:
        """The SQL that selects the attempts of a student's group, and its values."""
        members = groups_in(self.course).members(key)
        marks = ", ".join("?" * len(members))
        return f"assignment = ? AND student IN ({marks})", key[1], *members

    def add(self, *attempts: Attempt) -> None:
        """Adds attempts, each with the next number of its group; none of a name that is there."""
        columns = [name for name in COLUMNS if name != "id"]
        marks = ", ".join("?" * len(columns))
        with self._transaction() as database:
            for each in attempts:
                where, *values = self._by_group(each.key)
                (last,) = database.execute(
                    f"SELECT max(number) FROM attempts WHERE {where}", values
                ).fetchone()
                each.number = (last or 0) + 1
                query = f"INSERT OR IGNORE INTO attempts ({', '.join(columns)}) VALUES ({marks})"
                made = database.execute(query, attrgetter(*columns)(each))
                each.id = made.lastrowid or 0
                if not made.rowcount:
                    query = "SELECT id, number FROM attempts WHERE name = ?"
                    each.id, each.number = database.execute(query, [each.name]).fetchone()
        for each in attempts:
            _remember(each)

    def save(self, *attempts: Attempt) -> None:
        """Writes the columns of these attempts that changed since they were read or saved."""
        with self._transaction() as database:
            for each in attempts:
                changed = {}
                for name in COLUMNS:
                    value = getattr(each, name)
                    if each.stored.get(name) != value:
                        changed[name] = value
                if changed:
                    columns = ", ".join(f"{name} = ?" for name in changed)
                    values = [*changed.values(), each.id]
                    database.execute(f"UPDATE attempts SET {columns} WHERE id = ?", values)
        for each in attempts:
            _remember(each)

    def next_in_queue(self, now: float) -> list[Attempt]:
        """The attempts that `proctor serve` judges now, in order: students with fewer recent
        attempts come first.
        """
        query = "SELECT student, count(*) FROM attempts WHERE judged > ? AND way = 'serve' GROUP BY student"
        times = Counter(dict(self.database.execute(query, [now - RECENT])))
        before = dict[Attempt, int]()
        for attempt in self.rows("state = 'waiting' AND kept AND not_before <= ?", now):
            before[attempt] = times[attempt.student]
            times[attempt.student] += 1
        return sorted(before, key=before.__getitem__)

    def placed(self, key: Key) -> tuple[int, int]:
        """The ids of the attempt in `submitted/`, and of the one that it is to replace; 0: none."""
        query = "SELECT attempt, before FROM placed WHERE student = ? AND assignment = ?"
        return self.database.execute(query, key).fetchone() or (0, 0)

    def place(self, key: Key, attempt: int, before: int = 0) -> None:
        """Notes the id of the attempt in `submitted/`; with `before`, that it is about to replace
        that one.
        """
        with self._transaction() as database:
            database.execute(
                "INSERT OR REPLACE INTO placed VALUES (?, ?, ?, ?)", [*key, attempt, before]
            )

    def in_gradebook(self, key: Key, attempt: int | str) -> list[Attempt]:
        """The attempt of this id if the gradebook has it, and else none."""
        noted = "SELECT attempt FROM recorded WHERE student = ? AND assignment = ?"
        return self.rows(f"id = ? AND id = coalesce(({noted}), id)", attempt, *key)

    def note_recorded(self, key: Key, attempt: int) -> None:
        """Notes the attempt that is about to be in the gradebook."""
        with self._transaction() as database:
            database.execute("INSERT OR REPLACE INTO recorded VALUES (?, ?, ?)", [*key, attempt])

    def marks(self, key: Key) -> defaultdict[str, Marks]:
        """The marks by hand for a student's answers, by graded cell."""
        query = (
            "SELECT cell, answer, score, extra FROM marks "
            "WHERE student = ? AND assignment = ? ORDER BY rowid"
        )
        found = defaultdict[str, Marks](dict)
        for cell, answer, score, extra in self.database.execute(query, key):
            found[cell][answer] = score, extra
        return found

    def keep_mark(self, key: Key, cell: str, answer: str, mark: Mark) -> None:
        """Puts a mark for an answer in the place of an earlier one."""
        with self._transaction() as database:
            row = [*key, cell, answer, *mark]
            database.execute("INSERT OR REPLACE INTO marks VALUES (?, ?, ?, ?, ?, ?)", row)

    def claim(self, attempt: Attempt) -> bool:
        """Claims an attempt for this process; False if a process that lives has claimed it."""
        with self._transaction() as database:
            (found,) = database.execute(
                "SELECT claim FROM attempts WHERE id = ?", [attempt.id]
            ).fetchone()
            if found and found.rpartition(" ")[0] != _own() and _holds(found):
                return False
            attempt.claim = f"{_own()} {time.time()}"
            database.execute(
                "UPDATE attempts SET claim = ? WHERE id = ?", [attempt.claim, attempt.id]
            )
        _remember(attempt)
        return True


def _remember(attempt: Attempt) -> None:
    attempt.stored = {column: getattr(attempt, column) for column in COLUMNS}


def _own() -> str:
    """This process: its host, its number, and when it started."""
    return f"{platform.node()} {os.getpid()} {_started(os.getpid())}"


def _started(process: int) -> str:
    """When a process of this machine started, in the system's ticks; `-` if there is none."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return "-"


def _holds(claim: str) -> bool:
    """Whether a claim still holds: its process lives, as far as this host knows, and isn't too
    old.
    """
    host, process, started, when = claim.split(" ")
    if float(when) < time.time() - CLAIM:
        return False
    if host != platform.node():
        return True
    # without /proc nobody knows: judging an attempt twice costs time alone
    return started != "-" and _started(int(process)) == started


def mark_shown(course: Path, keys: Iterable[Key]) -> None:
    """Notes that the points of the attempts in `autograded/` were shown to their students.

    By then, `submitted/` may hold another attempt, which is not graded yet.
    """
    shown = []
    for key in keys:
        for path in Path(course, "autograded", *key).glob("*.ipynb"):
            attempt = report_in(path).get("made_of", {}).get("attempt")
            shown.append((time.time(), attempt))
    with opened(course) as database:
        database.executemany("UPDATE attempts SET shown = ? WHERE shown = 0 AND id = ?", shown)
