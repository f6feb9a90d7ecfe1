"""Tells a learner, whenever they save a notebook, what is new, what was misunderstood and what is next."""

import queue
import signal
import sys
import threading
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
from proctor.course.render import rendered
from proctor.course.report import Report, Status, Verdict, readable
from proctor.errors import NotExaminable, ProctorError
from proctor.examine.hints import solution
from proctor.selfstudy.checker import Checker, CheckResult
from proctor.selfstudy.describe import describe_save, short
from proctor.selfstudy.exercises import next_exercise, next_hint, notebook_of
from proctor.selfstudy.keys import keys
from proctor.selfstudy.progress import Progress, is_ones_own, standing, table
from proctor.selfstudy.reset import reset

LONG = 5  # seconds of a check after which it is asked whether it ends
KEYS = "[b]h[/] hint  [b]s[/] solution  [b]r[/] reset  [b]q[/] quit"


class Watcher:
    """One learner's session: events come from the files, from the checker and from the keys, and are told one at a time."""

    def __init__(self, paths: list[Path], course: Path, console: Console):
        self.paths, self.course, self.console = paths, course, console
        self.progress = Progress()
        self.events: queue.Queue[tuple[Callable, object]] = queue.Queue()
        self.checker = Checker(course, lambda checked: self.events.put((self.checked, checked)))
        self.shown: CheckResult | None = None  # the result of the last save
        self.broken: dict[Path, str] = {}  # why these can't be checked
        self.has_keys = self.said_long = False
        self.note = ""  # for the next screen
        self.asked: Callable[[], None] | None = None  # the action of `y`

    def notebooks(self) -> list[Path]:
        """The notebooks that are watched, as they are now."""
        found = []
        for path in self.paths:
            # packages in `.venv/` bring notebooks of their own, and JupyterLab keeps copies
            below = (
                each for each in sorted(path.rglob("*.ipynb")) if "/." not in f"/{each.relative_to(path).as_posix()}"
            )
            found += [path] if path.is_file() else below
        # where it is the whole course that is watched, its own notebooks and a class's are left out
        if all(is_ones_own(path, self.course) for path in self.paths):
            found = [path for path in found if is_ones_own(path, self.course)]
        return [path.resolve() for path in found]

    def run(self) -> None:
        """Watches until it is interrupted, or `q` is pressed."""
        ended = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        threading.Thread(target=self._watch, args=(ended,), daemon=True).start()
        try:
            with keys(lambda key: self.events.put((self.pressed, key))) as self.has_keys:
                for path in self.notebooks():
                    self.checker.put(path)
                self.welcome()
                while True:
                    self.step()
        except (KeyboardInterrupt, SystemExit):
            self.console.print()
        finally:
            ended.set()
            self.checker.close()

    def step(self) -> None:
        """Tells of the next event, or, after a second without one, of what runs long and of notebooks that are gone."""
        try:
            tell, what = self.events.get(timeout=1)
        except queue.Empty:
            self.ask_whether_it_ends()
            self.say_what_is_gone()
        else:
            tell(what)

    def _watch(self, ended: threading.Event) -> None:
        folders = {path if path.is_dir() else path.parent for path in self.paths}
        try:
            for changes in watch(*folders, debounce=200, step=20, stop_event=ended):
                self.events.put((self.saved, {Path(path).resolve() for _, path in changes}))
        except Exception as error:
            mend = "start it again with WATCHFILES_FORCE_POLLING=1 in the environment"
            self.events.put((self.console.print, escape(readable(f"saves can't be seen any more: {error}; {mend}"))))

    def saved(self, paths: set[Path]) -> None:
        """Has saved notebooks checked."""
        found = sorted(paths & set(self.notebooks()))
        for path in found:
            self.checker.put(path, saved=True)
        if found:
            self.said_long = False
            self.console.print(f"[dim]saved: checking {escape(', '.join(map(short, found)))} …[/]")

    def checked(self, checked: CheckResult) -> None:
        """Keeps how a check ended, and tells it where a save asked for it."""
        self.said_long = False
        broken = self.broken.pop(checked.path, None)
        if checked.error:
            self.broken[checked.path] = f"{short(checked.path)} {checked.error}"
        mended_or_broken = self.broken.get(checked.path) != broken
        # a save that changes nothing, an editor's own, say, leaves the learner at the exercise that is explained
        news = checked.saved and (mended_or_broken or checked.touched or checked.new or not self.shown)
        if news:
            self.shown = checked
        if checked.submission and checked.report:
            assignment, report = checked.submission.assignment, checked.report
            if news:
                checked.at = next_exercise(report, assignment, checked.touched, self.progress.state.at)
            if is_ones_own(checked.path, self.course):
                self.progress.record(replace(report, cells=self.verdicts(assignment.name)), assignment, checked.at)
                copies = [path for path, report in self.copies(assignment.name) if report]
                if len(copies) > 1 and not checked.saved:
                    counts = f"the one counts that was saved last, {short(copies[-1])}"
                    self.note = f"of {len(copies)} notebooks of {assignment.name} {counts}"
        if checked.saved and self.shown:
            self.print(*describe_save(self.shown, self.console.height))
        elif not self.shown and self.checker.is_done():
            self.welcome()

    def welcome(self) -> None:
        """The first screen: where the learner is, from what is kept, and every exercise with its mark."""
        if not self.notebooks():
            self.print("No notebook here yet: 'proctor start' makes copies to work on.")
            return
        more = "" if self.checker.is_done() else "; checking …"
        at = Text.from_markup(f"[bold]You are at {escape(str(standing(self.progress, self.course)))}[/]{more}")
        assignment, exercise = self.at()
        self.print(at, Text(), table(self.progress, self.course, self.console.width, (assignment.name, exercise)))

    def print(self, *parts: RenderableType) -> None:
        """A new screen, or, elsewhere than in a terminal, some lines more.

        Below stand the notebooks that can't be checked, and what can be done next.
        """
        # a question goes with its screen
        self.asked = None
        self.console.clear()
        for part in parts:
            self.console.print(part)
        for note in filter(None, [self.note, self.progress.note, *self.broken.values(), self.progress.trouble]):
            self.console.print(f"\n[yellow]{escape(readable(note))}[/]")
        self.note = self.progress.note = ""
        now = standing(self.progress, self.course)
        self.console.print(f"\n[dim]{now.score:g} of {now.max_score:g} points in all; watching what you save[/]")
        if self.has_keys:
            self.console.print(KEYS)

    def ask_whether_it_ends(self) -> None:
        running, handle = self.checker.running, self.checker.handle
        if self.said_long or not running or not handle or self.checker.runs_for() < LONG:
            return
        self.said_long = True
        where = escape(short(running[0])) + (f", {handle.exercise}," if handle.exercise else "")
        self.console.print(
            f"[yellow]{where} has been running for {LONG} s: does it end?[/] Mend it and save, or wait for the limit."
        )

    def say_what_is_gone(self) -> None:
        """Forgets the notebooks that were checked and are there no more, and says so."""
        for path in [path for path in {*self.checker.last, *self.broken} if not path.exists()]:
            self.checker.last.pop(path, None)
            self.broken.pop(path, None)
            if self.shown and self.shown.path == path:
                self.shown = None
            more = "'proctor start' makes a fresh copy, and what is checked there counts from then on"
            self.note = f"{short(path)} is gone. Its points are kept; {more}."
            self.welcome()

    def pressed(self, key: str) -> None:
        """Does what a key stands for."""
        asked, self.asked = self.asked, None
        does = {"h": self.hint, "s": self.solution, "r": self.reset, "q": sys.exit}
        if asked:
            does |= {"y": asked, "n": lambda: self.console.print("nothing is done")}
        if key.lower() in does:
            does[key.lower()]()

    def at(self) -> tuple[Assignment, str]:
        """The exercise that the learner is at; the course's first one if none is left."""
        now = standing(self.progress, self.course)
        course = assignments(self.course)
        if now.exercise:
            return course[now.assignment], now.exercise
        first = next(iter(course.values()))
        return first, next(iter(first.stubs))

    def copies(self, assignment: str) -> list[tuple[Path, Report | None]]:
        """The notebooks of an assignment that were checked, and their reports, the one that was saved last at the end."""
        found = [
            (path, report)
            for path, (its, report) in list(self.checker.last.items())
            if its.assignment.name == assignment
        ]
        return sorted(found, key=lambda each: _saved_at(each[0]))

    def verdicts(self, assignment: str) -> list[Verdict]:
        """The verdicts on an assignment: of several copies the one counts that was saved last, and another for what it lacks."""
        found: dict[str, Verdict] = {}
        for cell in [cell for _, report in self.copies(assignment) if report for cell in report.cells]:
            if cell.status != Status.MISSING or cell.id not in found:
                found[cell.id] = cell
        return [*found.values()]

    def hint(self) -> None:
        assignment, exercise = self.at()
        self.print(f"[bold]{exercise}[/]", Text(), rendered(next_hint(self.progress, assignment, exercise)))

    def solution(self) -> None:
        """Asks, then shows one way to solve the exercise."""
        assignment, exercise = self.at()
        code = Syntax(solution(assignment, exercise), "python", background_color="default", word_wrap=True)
        why = rendered(assignment.reasons.get(exercise, ""))
        self.asked = lambda: self.print(f"[bold]{exercise}[/], one way to do it", code, Text(), why)
        self.console.print(f"Show one way to solve [bold]{exercise}[/]? y/n")

    def reset(self) -> None:
        """Asks, then brings the exercise back as it was released."""
        assignment, exercise = self.at()
        copies = self.copies(assignment.name)
        checked = [path for path, report in copies if not report or not report.has(Code.MATCHED_BY_NAMES)]
        folder = self.paths[0] if self.paths[0].is_dir() else None

        def answer() -> None:
            try:
                path = checked[-1] if checked else notebook_of(assignment, self.progress, folder)
                self.note = reset(path, assignment, exercise)
            except NotExaminable as error:
                self.note = f"{exercise} is as it was: {error.to_its_owner}"
            except (ProctorError, OSError) as error:
                self.note = f"{exercise} is as it was: {error}"
            self.console.print(escape(readable(self.note)))

        self.asked = answer
        where = f" in {escape(short(checked[-1]))}" if len(checked) > 1 else ""
        self.console.print(f"Reset [bold]{exercise}[/]{where}? What you wrote is kept below it. y/n")


def _saved_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        # it is gone
        return 0.0
