"""For people who learn alone: a place of one's own, hints one at a time, and a verdict whenever a notebook is saved."""

import json
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from platformdirs import user_state_path
from rich.console import Console
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table
from watchfiles import Change, DefaultFilter, watch

from proctor.checks import fresh_seed
from proctor.course import Assignment, CourseError, assignments, grade_id
from proctor.examine.examine import examine
from proctor.render import MARKS, failures
from proctor.report import Report
from proctor.submission import NotExaminable, read

HINT = re.compile(r"<details>\s*<summary>(Hint[^<]*)</summary>(.*?)</details>", re.DOTALL)


def start(course: Path, folder: Path, names: list[str]) -> Iterator[tuple[Path, bool]]:
    """Copies released notebooks, and what lies beside them, to `folder`; what is there already is left as it is.

    Yields each notebook's copy, and whether it was made.
    """
    for assignment in assignments(course).values():
        if names and assignment.name not in names:
            continue
        copy = folder / assignment.name / assignment.notebook.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        made = not copy.exists()
        for path in assignment.notebook.parent.iterdir():
            if path.is_file() and not (copy.parent / path.name).exists():
                shutil.copyfile(path, copy.parent / path.name)
        yield copy, made


def hints(assignment: Assignment, exercise: str) -> list[str]:
    """The hints that the notebook gives for an exercise, in their order, as Markdown."""
    found, here = [], False
    for cell in assignment.released.cells:
        if cell.cell_type == "code":
            here = grade_id(cell) == exercise
        elif here:
            found += [f"**{title}.** {text.strip()}" for title, text in HINT.findall(cell.source)]
    return found


def next_hint(notebook: Path, assignment: Assignment, exercise: str) -> str:
    """The hint that follows the last one that was given for this notebook and exercise."""
    ladder = hints(assignment, exercise)
    path = user_state_path("proctor") / "hints.json"
    given = _given(path)
    key = f"{notebook.resolve()} {exercise}"
    count = given.get(key, 0)
    if count >= len(ladder):
        return "\n\n".join([*ladder, f"There are no more hints. `--solution {exercise}` shows one way to do it."])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(given | {key: count + 1}))
    return ladder[count]


def _given(path: Path) -> dict[str, int]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def solution(assignment: Assignment, exercise: str) -> str:
    """The source of the reference solution."""
    lines = assignment.solutions[exercise].splitlines()
    return "\n".join(line for line in lines if "### BEGIN SOLUTION" not in line and "### END SOLUTION" not in line)


def next_exercise(report: Report, assignment: Assignment) -> str | None:
    """The first exercise that was tried and isn't solved yet; otherwise the first that wasn't tried."""
    open_cells = [cell for cell in report.cells if cell.status != "passed"]
    tried = [cell for cell in open_cells if cell.status not in ("not_attempted", "missing")]
    return next((assignment.graded[cell.id].exercise for cell in tried + open_cells), None)


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
        except (NotExaminable, CourseError) as error:
            if not first:
                self.console.print(f"[red]{escape(str(path))} can't be examined:[/] {escape(str(error))}")
            return
        report = examine(submission, name=_short(path), seed=self.seed)
        before = {cell.id: cell.status for cell in self.reports[path].cells} if path in self.reports else {}
        self.reports[path] = report
        if first:
            return
        if self.console.is_terminal:
            self.console.clear()
        took = time.monotonic() - began
        self.console.print(f"[bold]{escape(report.notebook)}[/]  [dim]checked in {took:.2f} s[/]", highlight=False)
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
        where = escape(report.notebook)
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
            found.add_row(escape(_short(path)), bar, f"{report.score:g} of {report.max_score:g} points")
        self.console.print()
        self.console.print(found, highlight=False)
        self.console.print("[dim]Watching: save a notebook to have it checked; Ctrl-C ends.[/]")


def _short(path: Path) -> str:
    """A path as one would type it here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
