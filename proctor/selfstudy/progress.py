"""A learner's progress, in their own state folder, by exercise and not by path: it outlives a move
of the notebooks.

Nothing of it is sent anywhere. If it can't be written, a session goes on from memory, and says so
once.
"""

import contextlib
import sys
import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from proctor.course import Assignment, assignments
from proctor.course.codes import Code
from proctor.course.files import replace
from proctor.course.render import MARKS
from proctor.course.report import BLANK, Report, Status, Verdict
from proctor.submission.beside import progress_file

PASSED_BEFORE = ("(✓)", "green")  # sign and colour
HANDED_IN = ("submitted", "autograded")
# the folders of notebooks that are nobody's progress
OF_A_CLASS = ("source", "release", *HANDED_IN, "feedback")


class ExerciseState(msgspec.Struct):
    """The state of an exercise: the last verdict, the most points so far, the hints given, and when
    it was first tried, first passed, last checked.
    """

    status: Status = Status.NOT_ATTEMPTED
    score: float = 0.0
    hints: int = 0
    tried: str = ""
    passed: str = ""
    checked: str = ""

    @property
    def passed_before(self) -> bool:
        """Whether it has passed, but not at the last check."""
        return bool(self.passed) and self.status != Status.PASSED


class LearnerState(msgspec.Struct):
    """All that is kept: the folder in which `proctor start` put each assignment, the exercise that
    the learner was at, and every exercise by assignment.
    """

    folders: dict[str, str] = {}
    at: tuple[str, str] = ("", "")
    exercises: dict[str, dict[str, ExerciseState]] = {}


class Progress:
    """The state of a learner.

    `trouble`: why the last change could not be written. `note`: what became of a file that can't be
    decoded.
    """

    def __init__(self) -> None:
        self.path = progress_file()
        self.state = LearnerState()
        self.trouble = self.note = ""
        self._unwritten = False
        if error := self._read():
            self._tell(error)

    def of(self, assignment: str, exercise: str) -> ExerciseState:
        return self.state.exercises.setdefault(assignment, {}).setdefault(exercise, ExerciseState())

    @contextlib.contextmanager
    def change(self) -> Iterator[LearnerState]:
        """For changes to the state, which is read anew before and written after."""
        error = self._read()
        yield self.state
        try:
            if error:
                raise error
            self._unwritten = True
            self.path.parent.mkdir(parents=True, exist_ok=True)
            replace(self.path, msgspec.json.format(msgspec.json.encode(self.state), indent=1))
            self._unwritten = False
            self.trouble = ""
        except OSError as error:
            self._tell(error)

    def erase(self) -> None:
        """Erases all that is kept, and the copy of a file that can't be decoded."""
        self.path.unlink(missing_ok=True)
        self._aside.unlink(missing_ok=True)

    @property
    def _aside(self) -> Path:
        return self.path.with_suffix(".unreadable.json")

    def _tell(self, error: OSError) -> None:
        if not self.trouble:
            self.trouble = f"your progress can't be kept in {self.path}: {error.strerror}"
            print(self.trouble, file=sys.stderr)

    def record(self, report: Report, assignment: Assignment, at: str | None = None) -> None:
        """Keeps the verdicts of a report, and the learner's present exercise, `at`."""
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        with self.change() as state:
            for exercise, cells in by_exercise(report, assignment).items():
                status = status_of(cells)
                # a notebook with a few cells to try something out isn't meant to have the others
                if report.has(Code.MATCHED_BY_NAMES) and status == Status.MISSING:
                    continue
                each = self.of(assignment.name, exercise)
                each.status = status
                # a worse copy takes no points away
                each.score = max(each.score, sum(cell.score for cell in cells))
                if status not in BLANK:
                    each.checked = now
                    each.tried = each.tried or now
                if status == Status.PASSED:
                    each.passed = each.passed or now
            if at:
                state.at = assignment.name, at

    def _read(self) -> OSError | None:
        """Reads the state; returns an error if that is there and can't be read."""
        # only this process knows the state that could not be written
        if self._unwritten:
            return None
        try:
            self.state = msgspec.json.decode(self.path.read_bytes(), type=LearnerState)
        except FileNotFoundError:
            self.state = LearnerState()
        except OSError as error:
            return error
        except msgspec.MsgspecError:
            with contextlib.suppress(OSError):
                self.path.replace(self._aside)
                self.note = f"your progress begins anew: {self.path} can't be read, and is {self._aside.name} now"
                print(self.note, file=sys.stderr)
        return None


def is_ones_own(notebook: Path, course: Path) -> bool:
    """Whether a notebook is a learner's own copy, and neither the course's nor a class's, of this
    course or another.
    """
    path = notebook.resolve()
    if any(path.is_relative_to(course.resolve() / name) for name in OF_A_CLASS):
        return False
    return not any(
        each.name in HANDED_IN and (each.parent / "source").is_dir() for each in path.parents
    )


def by_exercise(report: Report, assignment: Assignment) -> dict[str, list[Verdict]]:
    """The verdicts of a report by exercise, in the course's order."""
    found = defaultdict(list)
    for cell in report.cells:
        found[assignment.graded[cell.id].exercise].append(cell)
    return found


def status_of(cells: list[Verdict]) -> Status:
    """The status of an exercise: that of its first cell that was tried and has not passed."""
    not_passed = [cell.status for cell in cells if cell.status != Status.PASSED]
    tried = [status for status in not_passed if status not in BLANK]
    return [*tried, *not_passed, Status.PASSED][0]


@dataclass
class Standing:
    """The points of a whole course, and the learner's exercise, if one is left."""

    score: float
    max_score: float
    assignment: str = ""
    exercise: str = ""

    def __str__(self) -> str:
        points = f"{self.score:g} of {self.max_score:g} points"
        return f"`{self.exercise}`, {points}" if self.exercise else f"the end: {points}"


def _states(progress: Progress, course: Path) -> Iterator[tuple[Assignment, str, ExerciseState]]:
    """Every exercise with its state, in the course's order."""
    for assignment in assignments(course).values():
        for exercise in assignment.stubs:
            yield assignment, exercise, progress.of(assignment.name, exercise)


def standing(progress: Progress, course: Path) -> Standing:
    """The learner's exercise: the last one shown, else the first failing one, else the first one
    left.
    """
    score = 0.0
    left, tried = list[tuple[str, str]](), list[tuple[str, str]]()
    for assignment, exercise, state in _states(progress, course):
        score += state.score
        if state.status != Status.PASSED:
            left.append((assignment.name, exercise))
            if state.status not in BLANK:
                tried.append((assignment.name, exercise))
    at = progress.state.at if progress.state.at in left else [*tried, *left, ("", "")][0]
    return Standing(score, sum(each.max_score for each in assignments(course).values()), *at)


def table(progress: Progress, course: Path, width: int, at: tuple[str, str] | None = None) -> Table:
    """Every exercise with its mark, one row an assignment.

    `at`: the exercise to point at; the table counts those of other assignments then, by mark.
    """
    found = Table.grid(padding=(0, 1))
    for column in ("left", "right", "left"):
        found.add_column(justify=column, no_wrap=True)
    for assignment in assignments(course).values():
        states = {exercise: progress.of(assignment.name, exercise) for exercise in assignment.stubs}
        words = {exercise: (_mark(state), exercise) for exercise, state in states.items()}
        if at and at[0] != assignment.name:
            # by sign: some signs stand for several states
            counts = Counter(sign for (sign, _), _ in words.values())
            words = {mark[0]: (mark, str(counts[mark[0]])) for mark, _ in words.values()}
        marks: dict[str, Text] = {}
        for (sign, colour), label in words.values():
            pointer = "▸" if at == (assignment.name, label) else ""
            # rich would part a sign from its exercise at the end of a line
            marks[f"{pointer}{sign}_{label}"] = Text(f"{pointer}{sign} {label}", colour)
        lines = textwrap.wrap(" ".join(marks), max(width - 24, 30), break_long_words=False)
        rows = [Text(" ").join(marks[mark] for mark in line.split()) for line in lines]
        score = f"{sum(state.score for state in states.values()):g}/{assignment.max_score:g}"
        found.add_row(f"[bold]{escape(assignment.name)}[/]", score, Text("\n").join(rows))
    if any(state.passed_before for _, _, state in _states(progress, course)):
        sign, colour = PASSED_BEFORE
        found.add_row("", "", Text(f"{sign} passed before, not now", colour))
    return found


def _mark(state: ExerciseState) -> tuple[str, str]:
    """The sign and the colour of an exercise."""
    return PASSED_BEFORE if state.passed_before else MARKS[state.status][:2]


def as_dict(progress: Progress, course: Path) -> dict:
    """The whole state in plain terms, for `proctor list --json`, with the exercises that were not
    tried yet.
    """
    at = standing(progress, course)
    exercises = []
    for assignment, exercise, state in _states(progress, course):
        points = sum(
            cell.points for cell in assignment.graded.values() if cell.exercise == exercise
        )
        facts = {"assignment": assignment.name, "exercise": exercise, "max_score": points}
        exercises.append(facts | msgspec.to_builtins(state))
    return {
        "score": at.score,
        "max_score": at.max_score,
        "at": {"assignment": at.assignment, "exercise": at.exercise} if at.exercise else None,
        "exercises": exercises,
    }
