"""Shows a learner, whenever they save a notebook, the news, one misconception and the next
exercise.
"""

import queue
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.syntax import Syntax
from rich.text import Text
from watchfiles import watch

from proctor.course import Assignment, assignments
from proctor.course.codes import Code
from proctor.course.hints import solution
from proctor.course.render import rendered
from proctor.course.report import Report, Status, Verdict, readable
from proctor.errors import NotExaminable, ProctorError
from proctor.selfstudy.checker import Checker, CheckResult
from proctor.selfstudy.describe import describe_save, short
from proctor.selfstudy.exercises import next_exercise, next_hint, notebook_of
from proctor.selfstudy.keys import keys
from proctor.selfstudy.progress import Progress, is_ones_own, standing, table
from proctor.selfstudy.reset import reset

LONG = 5  # seconds after which a check seems to hang
PAUSE = 100  # milliseconds between two looks at the keys and the checks
KEYS = "[b]h[/] hint  [b]s[/] solution  [b]r[/] reset  [b]q[/] quit"


class Watcher:
    """One learner's session: shows the saves, the results of checks and the keys' replies, one at a
    time.
    """

    def __init__(self, paths: list[Path], course: Path, console: Console):
        self.paths = paths
        self.course = course
        self.console = console
        self.progress = Progress()
        # functions that show a check's result, or do what a key stands for
        self.events: queue.Queue[Callable[[], None]] = queue.Queue()
        self.checker = Checker(course, lambda result: self.events.put(lambda: self.checked(result)))
        self.shown: CheckResult | None = None  # the result of the last save
        self.broken: dict[Path, str] = {}  # why a notebook can't be checked; empty if it can
        self.has_keys = False
        self.said_long = False
        self.note = ""  # for the next screen
        self.confirmed: Callable[[], None] | None = None  # the action of `y`

    def notebooks(self) -> list[Path]:
        """The watched notebooks that are there now."""
        found = []
        for path in self.paths:
            # packages in `.venv/` bring notebooks of their own, and JupyterLab keeps copies
            below = (
                each
                for each in sorted(path.rglob("*.ipynb"))
                if "/." not in f"/{each.relative_to(path).as_posix()}"
            )
            found += [path] if path.is_file() else below
        # in a whole course, its own notebooks and a class's don't count
        if all(is_ones_own(path, self.course) for path in self.paths):
            found = [path for path in found if is_ones_own(path, self.course)]
        return [path.resolve() for path in found]

    def run(self) -> None:
        """Watches until an interrupt, or `q`."""
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        folders = {path if path.is_dir() else path.parent for path in self.paths}
        try:
            with keys(lambda key: self.events.put(lambda: self.pressed(key))) as self.has_keys:
                for path in self.notebooks():
                    self.checker.put(path)
                self.welcome()
                for changes in watch(
                    *folders, debounce=200, step=20, rust_timeout=PAUSE, yield_on_timeout=True
                ):
                    if changes:
                        self.saved({Path(path).resolve() for _, path in changes})
                        self.say_what_is_gone()
                    while not self.events.empty():
                        self.events.get()()
                    self.ask_whether_it_ends()
        except (KeyboardInterrupt, SystemExit):
            self.console.print()
        except (OSError, RuntimeError) as error:
            mend = "start it again with WATCHFILES_FORCE_POLLING=1 in the environment"
            raise ProctorError(f"saves can't be seen any more: {error}; {mend}") from None
        finally:
            self.checker.stop()

    def saved(self, paths: set[Path]) -> None:
        """Has saved notebooks checked."""
        found = sorted(paths & set(self.notebooks()))
        for path in found:
            self.checker.put(path, saved=True)
        if found:
            self.said_long = False
            self.console.print(f"[dim]saved: checking {escape(', '.join(map(short, found)))} …[/]")

    def checked(self, result: CheckResult) -> None:
        """Keeps the result of a check, and shows it if a save caused it."""
        self.said_long = False
        error = f"{short(result.path)} {result.error}" if result.error else ""
        is_news = (
            error != self.broken.get(result.path, "")
            or result.touched
            or result.new
            or not self.shown
        )
        self.broken[result.path] = error
        # a save that changes nothing, an editor's own, say, leaves the learner at the explained
        # exercise
        if result.saved and is_news:
            self.shown = result
        if result.submission and result.report:
            self._record(result, result.submission.assignment, result.report)
        if result.saved and self.shown:
            self.print(*describe_save(self.shown, self.console.height))
        elif not self.shown and self.checker.is_done():
            self.welcome()

    def _record(self, result: CheckResult, assignment: Assignment, report: Report) -> None:
        if self.shown is result:
            result.at = next_exercise(report, assignment, result.touched, self.progress.state.at)
        if is_ones_own(result.path, self.course):
            self.progress.record(
                replace(report, cells=self.verdicts(assignment.name)), assignment, result.at
            )
            copies = [*self.copies(assignment.name)]
            if len(copies) > 1 and not result.saved:
                counts = f"the one counts that was saved last, {short(copies[-1])}"
                self.note = f"of {len(copies)} notebooks of {assignment.name} {counts}"

    def welcome(self) -> None:
        """The first screen: the learner's place in the course, and every exercise with its mark."""
        if not self.notebooks():
            self.print("No notebook here yet: 'proctor start' makes copies to work on.")
            return
        more = "" if self.checker.is_done() else "; checking …"
        place = Text.from_markup(
            f"[bold]You are at {escape(str(standing(self.progress, self.course)))}[/]{more}"
        )
        assignment, exercise = self.at()
        self.print(
            place,
            Text(),
            table(self.progress, self.course, self.console.width, (assignment.name, exercise)),
        )

    def print(self, *parts: RenderableType) -> None:
        """A new screen, or, if the output is no terminal, some more lines.

        Adds the notebooks that can't be checked, and the keys.
        """
        # a question goes with its screen
        self.confirmed = None
        self.console.clear()
        for part in parts:
            self.console.print(part)
        for note in [self.note, self.progress.note, *self.broken.values(), self.progress.trouble]:
            if note:
                self.console.print(f"\n[yellow]{escape(readable(note))}[/]")
        self.note = self.progress.note = ""
        now = standing(self.progress, self.course)
        self.console.print(
            f"\n[dim]{now.score:g} of {now.max_score:g} points in all; watching what you save[/]"
        )
        if self.has_keys:
            self.console.print(KEYS)

    def ask_whether_it_ends(self) -> None:
        """Asks once about a check that takes long."""
        running, handle = self.checker.running, self.checker.handle
        if self.said_long or not running or not handle or self.checker.seconds_waited() < LONG:
            return
        self.said_long = True
        name = escape(short(running[0])) + (f", {handle.exercise}," if handle.exercise else "")
        self.console.print(
            f"[yellow]{name} has been running for {LONG} s: does it end?[/] Mend it and save, or wait for the limit."
        )

    def say_what_is_gone(self) -> None:
        """Forgets the checked notebooks that are no longer there, and says so."""
        for path in {*self.checker.last, *self.broken}:
            if path.exists():
                continue
            self.checker.last.pop(path, None)
            self.broken.pop(path, None)
            if self.shown and self.shown.path == path:
                self.shown = None
            more = (
                "'proctor start' makes a fresh copy, and what is checked there counts from then on"
            )
            self.note = f"{short(path)} is gone. Its points are kept; {more}."
            self.welcome()

    def pressed(self, key: str) -> None:
        """Does what a key stands for."""
        confirmed = self.confirmed
        self.confirmed = None
        actions = {"h": self.hint, "s": self.solution, "r": self.reset, "q": sys.exit}
        if confirmed:
            actions |= {"y": confirmed, "n": lambda: self.console.print("nothing is done")}
        if action := actions.get(key.lower()):
            action()

    def at(self) -> tuple[Assignment, str]:
        """The learner's exercise; the course's first one if none is left."""
        now = standing(self.progress, self.course)
        course = assignments(self.course)
        if now.exercise:
            return course[now.assignment], now.exercise
        first = next(iter(course.values()))
        return first, next(iter(first.stubs))

    def copies(self, assignment: str) -> dict[Path, Report]:
        """The reports on an assignment's notebooks; the one that was saved last stands at the
        end.
        """
        checked = sorted(
            self.checker.last.items(),
            key=lambda each: each[0].stat().st_mtime if each[0].exists() else 0,
        )
        return {
            path: report
            for path, (its, report) in checked
            if report and its.assignment.name == assignment
        }

    def verdicts(self, assignment: str) -> list[Verdict]:
        """The verdicts on an assignment: of several copies the last saved one counts, and another
        for missing cells.
        """
        found: dict[str, Verdict] = {}
        for report in self.copies(assignment).values():
            for cell in report.cells:
                if cell.status != Status.MISSING or cell.id not in found:
                    found[cell.id] = cell
        return [*found.values()]

    def hint(self) -> None:
        assignment, exercise = self.at()
        self.print(
            f"[bold]{exercise}[/]", Text(), rendered(next_hint(self.progress, assignment, exercise))
        )

    def solution(self) -> None:
        """Asks, then shows one way to solve the exercise."""
        assignment, exercise = self.at()
        code = Syntax(
            solution(assignment, exercise), "python", background_color="default", word_wrap=True
        )
        why = rendered(assignment.reasons.get(exercise, ""))
        self.confirmed = lambda: self.print(
            f"[bold]{exercise}[/], one way to do it", code, Text(), why
        )
        self.console.print(f"Show one way to solve [bold]{exercise}[/]? y/n")

    def reset(self) -> None:
        """Asks, then brings the exercise back as it was released."""
        assignment, exercise = self.at()
        copies = self.copies(assignment.name).items()
        # notes in a scratch notebook have no cell to bring back
        paths = [path for path, report in copies if not report.has(Code.MATCHED_BY_NAMES)]
        folder = self.paths[0] if self.paths[0].is_dir() else None

        def confirmed() -> None:
            try:
                path = paths[-1] if paths else notebook_of(assignment, self.progress, folder)
                self.note = reset(path, assignment, exercise)
            except (ProctorError, OSError) as error:
                why = error.to_its_owner if isinstance(error, NotExaminable) else error
                self.note = f"{exercise} is as it was: {why}"
            self.console.print(escape(readable(self.note)))

        self.confirmed = confirmed
        place = f" in {escape(short(paths[-1]))}" if len(paths) > 1 else ""
        self.console.print(
            f"Reset [bold]{exercise}[/]{place}? What you wrote is kept below it. y/n"
        )
