"""Shows a learner, whenever they save a notebook, the news, one misconception and the next
exercise.
"""

import queue
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.text import Text
from watchfiles import watch

from proctor.course import Assignment
from proctor.course.render import rendered
from proctor.course.report import Report, readable
from proctor.errors import NotFound, ProctorError
from proctor.selfstudy.checker import Check, Checker
from proctor.selfstudy.describe import describe_save, short
from proctor.selfstudy.exercises import next_exercise, next_hint, notebook_of, one_solution
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
        self.results = queue.SimpleQueue[Check]()
        self.checker = Checker(course, self.results.put)
        self.shown: Check | None = None  # the result of the last save
        self.counting: dict[Assignment, Check] = {}  # of the copy that was saved last
        self.broken: dict[Path, str] = {}  # why a notebook can't be checked; empty if it can
        self.has_keys = False
        self.asked_about: Check | None = None  # the last one that took long
        self.note = ""  # for the next screen
        self.confirmed: Callable[[], None] | None = None  # the action of `y`

    def notebooks(self) -> list[Path]:
        """The watched notebooks that are there now."""
        found = []
        for path in self.paths:
            if path.is_file():
                found.append(path)
                continue
            # packages in `.venv/` bring notebooks of their own, and JupyterLab keeps copies
            for each in sorted(path.rglob("*.ipynb")):
                if "/." not in f"/{each.relative_to(path).as_posix()}":
                    found.append(each)
        # in a whole course, its own notebooks and a class's don't count
        if all(is_ones_own(path, self.course) for path in self.paths):
            found = [path for path in found if is_ones_own(path, self.course)]
        return [path.resolve() for path in found]

    def run(self) -> None:
        """Watches until an interrupt, or `q`."""
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        folders = {path if path.is_dir() else path.parent for path in self.paths}
        try:
            with keys() as pressed_keys:
                self.has_keys = pressed_keys is not None
                for path in self.notebooks():
                    self.checker.put(path)
                self.welcome()
                for changes in watch(
                    *folders, debounce=200, step=20, rust_timeout=PAUSE, yield_on_timeout=True
                ):
                    if changes:
                        self.saved({Path(path).resolve() for _, path in changes})
                        self.say_what_is_gone()
                    if pressed_keys:
                        for key in pressed_keys():
                            self.pressed(key)
                    while not self.results.empty():
                        self.checked(self.results.get())
                    self.ask_whether_it_ends()
        except (KeyboardInterrupt, SystemExit):
            self.console.print()
        except (OSError, RuntimeError) as error:
            mend = "start it again with WATCHFILES_FORCE_POLLING=1 in the environment"
            raise ProctorError(f"saves can't be seen any more: {error}; {mend}") from None

    def saved(self, paths: set[Path]) -> None:
        """Has saved notebooks checked."""
        found = sorted(paths & set(self.notebooks()))
        for path in found:
            self.checker.put(path, saved=True)
        if found:
            self.console.print(f"[dim]saved: checking {escape(', '.join(map(short, found)))} …[/]")

    def checked(self, result: Check) -> None:
        """Keeps the result of a check, and shows it if a save caused it."""
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

    def _record(self, result: Check, assignment: Assignment, report: Report) -> None:
        if self.shown is result:
            result.at = next_exercise(report, assignment, result.touched, self.progress.state.at)
        if not is_ones_own(result.path, self.course):
            return
        latest = self.counting.setdefault(assignment, result)
        if latest.saved_at > result.saved_at:
            self.note = f"{short(latest.path)} counts, not {short(result.path)}: it was saved later"
            return
        self.counting[assignment] = result
        self.progress.record(report, assignment, result.at)

    def welcome(self) -> None:
        """The first screen: the learner's place in the course, and every exercise with its mark."""
        if not self.notebooks():
            self.print("No notebook here yet: 'proctor start' makes copies to work on.")
            return
        more = "" if self.checker.is_done() else "; checking …"
        now = standing(self.progress, self.course)
        self.print(
            Text.from_markup(f"[bold]You are at {escape(str(now))}[/]{more}"),
            Text(),
            table(self.progress, self.course, now.at),
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
        for note in [self.note, *self.broken.values(), self.progress.trouble]:
            if note:
                self.console.print(f"\n[yellow]{escape(readable(note))}[/]")
        self.note = ""
        now = standing(self.progress, self.course)
        self.console.print(
            f"\n[dim]{now.score:g} of {now.max_score:g} points in all; watching what you save[/]"
        )
        if self.has_keys:
            self.console.print(KEYS)

    def ask_whether_it_ends(self) -> None:
        """Warns once of a check that takes long."""
        check = self.checker.running
        if check is None or check is self.asked_about or not check.handle.asked_at:
            return
        if time.monotonic() - check.handle.asked_at < LONG:
            return
        self.asked_about = check
        name = escape(check.handle.exercise or short(check.path))
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
            self.shown = None
            more = (
                "'proctor start' makes a fresh copy, and what is checked there counts from then on"
            )
            self.note = f"{short(path)} is gone. Its points are kept; {more}."
            self.welcome()

    def pressed(self, key: str) -> None:
        """Runs the command of a key."""
        confirmed = self.confirmed
        self.confirmed = None
        actions = {
            "h": self.hint,
            "s": self.solution,
            "r": self.reset,
            "q": sys.exit,
            # a terminal that passes on single keys sends no interrupt
            "c-c": sys.exit,
        }
        if confirmed:
            actions |= {"y": confirmed, "n": lambda: self.console.print("nothing is done")}
        try:
            if action := actions.get(key):
                action()
        except (ProctorError, OSError) as error:
            self.console.print(f"[yellow]{escape(readable(str(error)))}[/]")

    def at(self) -> tuple[Assignment, str]:
        """The learner's exercise."""
        now = standing(self.progress, self.course)
        if now.at is None:
            raise NotFound(
                "every exercise passes: 'proctor hint', 'solution' and 'reset' take a name"
            )
        return now.at

    def hint(self) -> None:
        assignment, exercise = self.at()
        self.print(
            f"[bold]{exercise}[/]", Text(), rendered(next_hint(self.progress, assignment, exercise))
        )

    def solution(self) -> None:
        """After a question, shows one way to solve the exercise."""
        assignment, exercise = self.at()
        self.confirmed = lambda: self.print(
            f"[bold]{exercise}[/], one way to do it", one_solution(assignment, exercise)
        )
        self.console.print(f"Show one way to solve [bold]{exercise}[/]? y/n")

    def reset(self) -> None:
        """After a question, brings the exercise back as it was released."""
        assignment, exercise = self.at()
        latest = self.counting.get(assignment)
        folder = self.paths[0] if self.paths[0].is_dir() else None
        path = latest.path if latest else notebook_of(assignment, self.progress, folder)

        def confirmed() -> None:
            self.note = reset(path, assignment, exercise)
            self.console.print(escape(readable(self.note)))

        self.confirmed = confirmed
        self.console.print(
            f"Reset [bold]{exercise}[/] in {escape(short(path))}? Your own answer is kept below it. y/n"
        )
