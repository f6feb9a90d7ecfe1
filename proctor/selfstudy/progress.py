"""How far a learner has come, kept in their own state folder, by exercise and not by path: it outlives a move of the notebooks.

Nothing of it is sent anywhere. Where it can't be written, a session goes on with what it knows, and says so once.
"""

import contextlib
import sys
import textwrap
from collections import Counter
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
# whose notebooks are nobody's progress
OF_A_CLASS = ("source", "release", *HANDED_IN, "feedback")


class ExerciseState(msgspec.Struct):
    """The state of an exercise: the last verdict, the most points so far, the hints given, and when it was first tried, first
    passed, last checked.
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
    """All that is kept: the folder in which `proctor start` put each assignment, the exercise that the learner was at, and
    every exercise by assignment.
    """

    folders: dict[str, str] = {}
    at: tuple[str, str] = ("", "")
    exercises: dict[str, dict[str, ExerciseState]] = {}


class Progress:
    """The state of a learner; `trouble` says why the last change could not be written, `note` what became of a spoilt file."""

    def __init__(self) -> None:
        self.path = progress_file()
        self.state, self.trouble, self.note, self._unwritten = LearnerState(), "", "", False
        if error := self._read():
            self._tell(error)

    def of(self, assignment: str, exercise: str) -> ExerciseState:
        return self.state.exercises.setdefault(assignment, {}).setdefault(exercise, ExerciseState())

    @contextlib.contextmanager
    def change(self) -> Iterator[LearnerState]:
        """For changes to what is kept, which is read anew before and written after."""
        unreadable = self._read()
        yield self.state
        try:
            if unreadable:
                raise unreadable
            self.path.parent.mkdir(parents=True, exist_ok=True)
            replace(self.path, msgspec.json.format(msgspec.json.encode(self.state), indent=1))
            self._unwritten, self.trouble = False, ""
        except OSError as error:
            self._unwritten = not unreadable
            self._tell(error)

    def erase(self) -> None:
        """Erases all that is kept, and what could not be read of it."""
        self.path.unlink(missing_ok=True)
        self._aside.unlink(missing_ok=True)

    @property
    def _aside(self) -> Path:
        """Where a file is put that can't be read."""
        return self.path.with_suffix(".unreadable.json")

    def _tell(self, error: OSError) -> None:
        if not self.trouble:
            self.trouble = f"your progress can't be kept in {self.path}: {error.strerror}"
            print(self.trouble, file=sys.stderr)

    def record(self, report: Report, assignment: Assignment, at: str | None = None) -> None:
        """Keeps the verdicts of a report, and that the learner is at the exercise `at`."""
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        with self.change() as state:
            for exercise, cells in by_exercise(report, assignment).items():
                # a notebook with a few cells to try something out isn't meant to have the others
                if report.has(Code.MATCHED_BY_NAMES) and status_of(cells) == Status.MISSING:
                    continue
                each = self.of(assignment.name, exercise)
                each.status = status_of(cells)
                # a worse copy takes no points away
                each.score = max(each.score, sum(cell.score for cell in cells))
                if each.status not in BLANK:
                    each.checked, each.tried = now, each.tried or now
                if each.status == "passed":
                    each.passed = each.passed or now
            if at:
                state.at = assignment.name, at

    def _read(self) -> OSError | None:
        """Reads what is kept; returns why that can't be read, where it is there."""
        # what could not be written is known to this process alone
        if self._unwritten:
            return None
        try:
            self.state = msgspec.json.decode(self.path.read_bytes(), type=LearnerState)
        except FileNotFoundError:
            # there is none yet, or it was erased
            self.state = self.state if self.trouble else LearnerState()
        except OSError as error:
            return error
        except msgspec.MsgspecError:
            with contextlib.suppress(OSError):
                self.path.replace(self._aside)
                self.note = f"your progress begins anew: {self.path} can't be read, and is {self._aside.name} now"
                print(self.note, file=sys.stderr)
        return None


def is_ones_own(notebook: Path, course: Path) -> bool:
    """Whether a notebook is a learner's own copy, and neither the course's nor handed in by a class, of this course or another."""
    path = notebook.resolve()
    if any(path.is_relative_to(course.resolve() / name) for name in OF_A_CLASS):
        return False
    return not any(each.name in HANDED_IN and (each.parent / "source").is_dir() for each in path.parents)


def by_exercise(report: Report, assignment: Assignment) -> dict[str, list[Verdict]]:
    """The verdicts of a report by exercise, in the course's order."""
    found: dict[str, list[Verdict]] = {}
    for cell in report.cells:
        found.setdefault(assignment.graded[cell.id].exercise, []).append(cell)
    return found


def status_of(cells: list[Verdict]) -> Status:
    """The status of an exercise: that of its first cell that is tried and has not passed."""
    not_passed = [cell.status for cell in cells if cell.status != "passed"]
    return next((status for status in not_passed if status not in BLANK), [*not_passed, Status.PASSED][0])


@dataclass
class Standing:
    """The points of a whole course, and the exercise that one is at, where there is one left."""

    score: float
    max_score: float
    assignment: str = ""
    exercise: str = ""

    def __str__(self) -> str:
        points = f"{self.score:g} of {self.max_score:g} points"
        return f"`{self.exercise}`, {points}" if self.exercise else f"the end: {points}"


def standing(progress: Progress, course: Path) -> Standing:
    """Where one is: at the exercise that was last told of, else at the first that was tried and has not passed, else the first."""
    score = max_score = 0.0
    left, tried = list[tuple[str, str]](), list[tuple[str, str]]()
    for assignment in assignments(course).values():
        max_score += assignment.max_score
        for exercise in assignment.stubs:
            state = progress.of(assignment.name, exercise)
            score += state.score
            if state.status != "passed":
                left.append((assignment.name, exercise))
                tried += left[-1:] if state.status not in BLANK else []
    at = progress.state.at if progress.state.at in left else [*tried, *left, ("", "")][0]
    return Standing(score, max_score, *at)


def table(progress: Progress, course: Path, width: int, at: tuple[str, str] | None = None) -> Table:
    """Every exercise with its mark, one row an assignment.

    `at`: the exercise to point at; those of other assignments are counted then, by mark.
    """
    found = Table.grid(padding=(0, 1))
    has_passed_before = False
    for column in ("left", "right", "left"):
        found.add_column(justify=column, no_wrap=True)
    for assignment in assignments(course).values():
        every = {exercise: progress.of(assignment.name, exercise) for exercise in assignment.stubs}
        marked = [(_mark(state), exercise) for exercise, state in every.items()]
        if at and at[0] != assignment.name:
            # some signs stand for several states
            colours, many = dict(mark for mark, _ in marked), Counter(sign for (sign, _), _ in marked)
            marked = [((sign, colours[sign]), str(many[sign])) for sign in many]
        marks: dict[str, Text] = {}
        for (sign, colour), words in marked:
            pointer = "▸" if at == (assignment.name, words) else ""
            # rich would part a sign from its exercise at the end of a line
            marks[f"{pointer}{sign}_{words}"] = Text(f"{pointer}{sign} {words}", colour)
        lines = textwrap.wrap(" ".join(marks), max(width - 24, 30), break_long_words=False)
        shown = [Text(" ").join(marks[mark] for mark in line.split()) for line in lines]
        score = f"{sum(state.score for state in every.values()):g}/{assignment.max_score:g}"
        found.add_row(f"[bold]{escape(assignment.name)}[/]", score, Text("\n").join(shown))
        has_passed_before = has_passed_before or any(state.passed_before for state in every.values())
    if has_passed_before:
        sign, colour = PASSED_BEFORE
        found.add_row("", "", Text(f"{sign} passed before, not now", colour))
    return found


def _mark(state: ExerciseState) -> tuple[str, str]:
    """The sign and the colour of an exercise."""
    if state.passed_before:
        return PASSED_BEFORE
    return MARKS[state.status][:2]


def as_dict(progress: Progress, course: Path) -> dict:
    """All of it in plain terms, for `proctor list --json`: exercises that were not tried yet, too."""
    at, exercises = standing(progress, course), []
    for assignment in assignments(course).values():
        for exercise in assignment.stubs:
            points = sum(cell.points for cell in assignment.graded.values() if cell.exercise == exercise)
            facts = {"assignment": assignment.name, "exercise": exercise, "max_score": points}
            exercises.append(facts | msgspec.to_builtins(progress.of(assignment.name, exercise)))
    return {
        "score": at.score,
        "max_score": at.max_score,
        "at": {"assignment": at.assignment, "exercise": at.exercise} if at.exercise else None,
        "exercises": exercises,
    }
