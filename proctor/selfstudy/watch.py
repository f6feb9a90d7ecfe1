"""Checks a learner's notebooks whenever they are saved."""

import time
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table
from watchfiles import Change, DefaultFilter, watch

from proctor.checks import fresh_seed
from proctor.course import CourseError
from proctor.examine.examine import examine
from proctor.render import MARKS, failures
from proctor.report import Report, readable
from proctor.sandbox.session import NoSandbox
from proctor.selfstudy.hints import next_exercise
from proctor.submission import NotExaminable, read


class _Notebooks(DefaultFilter):
    """Lets saved notebooks pass."""

    def __call__(self, change: Change, path: str) -> bool:
        return path.endswith(".ipynb") and ".ipynb_checkpoints" not in path and super().__call__(change, path)


class Watcher:
    """Checks notebooks again whenever they are saved, and tells what is new, what is next and how far one has come."""

    def __init__(self, paths: list[Path], course: Path, console: Console):
        self.paths, self.course, self.console = paths, course, console
        self.seed = fresh_seed()  # one for the session: what a save did not change does not change its verdict
        self.reports: dict[Path, Report] = {}

    def notebooks(self) -> list[Path]:
        """The notebooks that are watched, as they are now."""
        found = []
        for path in self.paths:
            found += [path] if path.is_file() else sorted(path.rglob("*.ipynb"))
        return [path.resolve() for path in found if ".ipynb_checkpoints" not in path.parts]

    def run(self) -> None:
        """Watches until it is interrupted."""
        for path in self.notebooks():
            self.look(path, first=True)
        self.progress()
        folders = {path if path.is_dir() else path.parent for path in self.paths}
        for changes in watch(*folders, watch_filter=_Notebooks(), debounce=200, step=20, raise_interrupt=False):
            for path in sorted({Path(path).resolve() for _, path in changes} & set(self.notebooks())):
                self.look(path)
                self.progress()

    def look(self, path: Path, first: bool = False) -> None:
        """Examines one notebook and tells what is new in it."""
        began = time.monotonic()
        try:
            submission = read(path, self.course)
            report = examine(submission, name=_short(path), seed=self.seed)
            report.notes = submission.notes
        except (NotExaminable, NoSandbox, CourseError) as error:
            if not first:
                self.console.print(
                    f"[red]{escape(readable(str(path)))} can't be examined:[/] {escape(readable(str(error)))}"
                )
            return
        before = {cell.id: cell.status for cell in self.reports[path].cells} if path in self.reports else {}
        self.reports[path] = report
        if first:
            return
        if self.console.is_terminal:
            self.console.clear()
        took = time.monotonic() - began
        self.console.print(
            f"[bold]{escape(readable(report.notebook))}[/]  [dim]checked in {took:.2f} s[/]", highlight=False
        )
        changed = [cell for cell in report.cells if before.get(cell.id, "not_attempted") != cell.status]
        for cell in changed:
            sign, colour, words = MARKS[cell.status]
            self.console.print(f"[{colour}]{sign} {escape(cell.id)}  {words}[/]", highlight=False)
        if not changed:
            self.console.print("[dim]no verdict has changed[/]")
        exercise = next_exercise(report, submission.assignment)
        if exercise is None:
            self.console.print("\n[bold green]Every cell of this notebook passes.[/]")
            return
        mine = [cell for cell in report.cells if submission.assignment.graded[cell.id].exercise == exercise]
        for failure in failures(Report(report.notebook, report.assignment, report.seed, {}, mine)):
            self.console.print(failure, highlight=False)
        where = escape(readable(report.notebook))
        self.console.print(
            f"\n[bold]Next:[/] {exercise}  [dim]a hint: proctor check {where} --hint[/]", highlight=False
        )

    def progress(self) -> None:
        """How far one has come in every notebook."""
        if not self.reports:
            self.console.print("No notebook of the course here yet: 'proctor start' makes copies to work on.")
            return
        found = Table.grid(padding=(0, 2))
        for path, report in sorted(self.reports.items()):
            passed = sum(cell.status == "passed" for cell in report.cells)
            bar = ProgressBar(len(report.cells), passed, width=24)
            found.add_row(escape(readable(_short(path))), bar, f"{report.score:g} of {report.max_score:g} points")
        self.console.print()
        self.console.print(found, highlight=False)
        self.console.print("[dim]Watching: save a notebook to have it checked; Ctrl-C ends.[/]")


def _short(path: Path) -> str:
    """A path as one would type it here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
