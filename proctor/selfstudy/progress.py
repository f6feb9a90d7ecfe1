"""A learner's progress, in their own state folder, by exercise and not by path: it outlives a move
of the notebooks.

Nothing of it is sent anywhere. If it can't be written, a session goes on from memory, and says so
once.
"""

import contextlib
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec
from rich.columns import Columns
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from proctor.course import Assignment, assignments
from proctor.course.codes import Code
from proctor.course.files import replace
from proctor.course.render import MARKS
from proctor.course.report import BLANK, Report, Status, Verdict, status_of
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
    def mark(self) -> tuple[str, str]:
        """Its sign and colour."""
        if self.passed and self.status != Status.PASSED:
            return PASSED_BEFORE
        return MARKS[self.status][:2]


class LearnerState(msgspec.Struct):
    """All that is kept: the folder in which `proctor start` put each assignment, the exercise that
    the learner was at, and every exercise by assignment.
    """

    folders: dict[str, str] = {}
    at: tuple[str, str] = ("", "")
    exercises: dict[str, dict[str, ExerciseState]] = {}


class Progress:
    """The state of a learner.

    `trouble`: why it could not be read or written; empty once it is written again.
    """

    def __init__(self) -> None:
        self.path = progress_file()
        self.state = LearnerState()
        self.trouble = ""
        with self._telling():
            self._read()

    def of(self, assignment: str, exercise: str) -> ExerciseState:
        return self.state.exercises.setdefault(assignment, {}).setdefault(exercise, ExerciseState())

    @contextlib.contextmanager
    def change(self) -> Iterator[LearnerState]:
        """For changes to the state, which is read anew before and written after."""
        with self._telling():
            self._read()
        yield self.state
        with self._telling():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            replace(self.path, msgspec.json.format(msgspec.json.encode(self.state), indent=1))
            self.trouble = ""

    def erase(self) -> None:
        """Erases all that is kept, and the copy of a file that can't be decoded."""
        self.path.unlink(missing_ok=True)
        self._aside.unlink(missing_ok=True)

    @property
    def _aside(self) -> Path:
        return self.path.with_suffix(".unreadable.json")

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._tell(f"your progress can't be kept in {self.path}: {error.strerror}")

    def _tell(self, trouble: str) -> None:
        if not self.trouble:
            self.trouble = trouble
            print(trouble, file=sys.stderr)

    def record(self, report: Report, assignment: Assignment, at: str | None = None) -> None:
        """Keeps the verdicts of a report, and the learner's present exercise, `at`."""
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        with self.change() as state:
            for exercise, cells in by_exercise(report, assignment).items():
                status = Status(status_of([cell.status for cell in cells]))
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

    def _read(self) -> None:
        """Reads the state, and sets a file aside that can't be read."""
        # only this process knows the state that could not be written
        if self.trouble:
            return
        self.state = LearnerState()
        try:
            self.state = msgspec.json.decode(self.path.read_bytes(), type=LearnerState)
        except FileNotFoundError:
            # nothing has been kept yet
            return
        except (OSError, msgspec.MsgspecError):
            self.path.replace(self._aside)
            self._tell(
                f"your progress begins anew: {self.path} can't be read, and is {self._aside.name} now"
            )


def is_ones_own(notebook: Path, course: Path) -> bool:
    """Whether a notebook is a learner's own copy, and neither the course's nor a class's, of this
    course or another.
    """
    path = notebook.resolve()
    if any(path.is_relative_to(course.resolve() / name) for name in OF_A_CLASS):
        return False
    for each in path.parents:
        if each.name in HANDED_IN and (each.parent / "source").is_dir():
            return False
    return True


def by_exercise(report: Report, assignment: Assignment) -> dict[str, list[Verdict]]:
    """The verdicts of a report by exercise, in the course's order."""
    found = defaultdict(list)
    for cell in report.cells:
        found[assignment.graded[cell.id].exercise].append(cell)
    return found


@dataclass
class Standing:
    """The points of a whole course, and the learner's exercise, if one is left."""

    score: float
    max_score: float
    at: tuple[Assignment, str] | None

    def __str__(self) -> str:
        points = f"{self.score:g} of {self.max_score:g} points"
        return f"`{self.at[1]}`, {points}" if self.at else f"the end: {points}"


def _states(progress: Progress, course: Path) -> dict[tuple[Assignment, str], ExerciseState]:
    """The state of every exercise, in the course's order."""
    found = {}
    for assignment in assignments(course).values():
        for exercise in assignment.stubs:
            found[assignment, exercise] = progress.of(assignment.name, exercise)
    return found


def standing(progress: Progress, course: Path) -> Standing:
    """The learner's exercise: the last one shown, else the first failing one, else the first one
    left.
    """
    states = _states(progress, course)
    left = [each for each, state in states.items() if state.status != Status.PASSED]
    at = min(
        left,
        key=lambda each: (
            (each[0].name, each[1]) != progress.state.at,
            states[each].status in BLANK,
        ),
        default=None,
    )
    score = sum(state.score for state in states.values())
    return Standing(score, sum(each.max_score for each in assignments(course).values()), at)


def table(progress: Progress, course: Path, at: tuple[Assignment, str] | None = None) -> Table:
    """Every exercise with its mark, one row an assignment.

    `at`: the exercise to point at; the table counts those of other assignments then, by mark.
    """
    found = Table.grid(padding=(0, 1))
    found.add_column(no_wrap=True)
    found.add_column(no_wrap=True, justify="right")
    for assignment in assignments(course).values():
        states = {exercise: progress.of(assignment.name, exercise) for exercise in assignment.stubs}
        marks = {exercise: state.mark for exercise, state in states.items()}
        if at and at[0] != assignment:
            # by sign: some signs stand for several states
            counts = Counter(sign for sign, _ in marks.values())
            colours = dict(marks.values())
            parts = [Text(f"{sign} {count}", colours[sign]) for sign, count in counts.items()]
        else:
            parts = []
            for exercise, (sign, colour) in marks.items():
                pointer = "▸" if at == (assignment, exercise) else ""
                parts.append(Text(f"{pointer}{sign} {exercise}", colour))
        score = f"{sum(state.score for state in states.values()):g}/{assignment.max_score:g}"
        found.add_row(f"[bold]{escape(assignment.name)}[/]", score, Columns(parts, padding=(0, 1)))
    if any(state.mark == PASSED_BEFORE for state in _states(progress, course).values()):
        sign, colour = PASSED_BEFORE
        found.add_row("", "", Text(f"{sign} passed before, not now", colour))
    return found


def as_dict(progress: Progress, course: Path) -> dict:
    """The whole state in plain terms, for `proctor list --json`, with the exercises that were not
    tried yet.
    """
    now = standing(progress, course)
    at = None
    if now.at:
        at = {"assignment": now.at[0].name, "exercise": now.at[1]}
    exercises = []
    for (assignment, exercise), state in _states(progress, course).items():
        points = sum(assignment.graded[cell].points for cell in assignment.cells_of(exercise))
        facts = {"assignment": assignment.name, "exercise": exercise, "max_score": points}
        exercises.append(facts | msgspec.to_builtins(state))
    return {
        "score": now.score,
        "max_score": now.max_score,
        "at": at,
        "exercises": exercises,
    }
