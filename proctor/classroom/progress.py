"""How far the grading of a class is, and who got what in the end.

A bar with an estimate in a terminal, a plain line now and then elsewhere.
"""

import sys
import time
from collections import defaultdict
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING

from nbgrader.api import Gradebook
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from proctor.course.report import readable, reasons, report_in
from proctor.records.results import Results, results

if TYPE_CHECKING:
    from proctor.classroom.grade import Graded
    from proctor.classroom.workers import Pool

SILENCE = 10  # seconds between two plain lines
LARGE = 300  # students; a class of more is summarised, and the report has the rest


class Progress:
    """Told of each graded submission, says how many are done, how long the rest will take, and what went wrong."""

    def __init__(self, console: Console, total: int):
        self.console, self.total, self.done, self.failed = console, total, 0, 0
        self.start = self.said = time.monotonic()
        self.slowest: Graded | None = None
        self.bar = Bar(
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.description}", markup=False),
            console=console,
            disable=not console.is_terminal,
        )
        self.task = self.bar.add_task("starting", total=total)

    def __enter__(self) -> "Progress":
        self.bar.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.bar.stop()

    def tell(self, graded: "Graded") -> None:
        """One more is done."""
        self.done += 1
        self.failed += bool(graded.error)
        if self.slowest is None or graded.seconds > self.slowest.seconds:
            self.slowest = graded
        if graded.error:
            say(self.console, f"{graded.submission}: not graded: {graded.error}")
        wrong = f", {self.failed} not graded" if self.failed else ""
        slowest = f"slowest {self._slowest()}{wrong}"
        self.bar.update(self.task, advance=1, description=slowest)
        now = time.monotonic()
        if not self.console.is_terminal and now - self.said > SILENCE and self.done < self.total:
            self.said = now
            left = (now - self.start) / self.done * (self.total - self.done)
            say(self.console, f"{self.done} of {self.total} graded, about {left:.0f} s left; {slowest}")

    def sum_up(self, pool: "Pool") -> None:
        """All is done: how fast it went."""
        took = time.monotonic() - pool.since
        say(
            self.console,
            f"{self.done} graded in {took:.1f} s, {self.done / took:.1f} a second; "
            f"{pool.workers} workers busy {pool.busy / pool.workers / took:.0%} of it; slowest {self._slowest()}",
        )

    def _slowest(self) -> str:
        return f"{readable(str(self.slowest.submission))} ({self.slowest.seconds:.1f} s)" if self.slowest else "none"


def say(console: Console, line: str) -> None:
    """Prints a line, part of which students may have written, as it is."""
    console.print(readable(line), highlight=False, markup=False, soft_wrap=True)


def show(course: Path, gradebook: Gradebook, names: list[str], console: Console, student: str = "*") -> None:
    """A table of who got what in the assignments `names`, what needs a look, and where to look next; or of one student.

    A large class is summarised.
    """
    found = {key: one for key, one in results(gradebook).items() if student in ("*", key[0]) and key[1] in names}
    students = sorted(gradebook.students, key=lambda one: (one.last_name or "", one.first_name or "", one.id))
    students = [one.id for one in students if student in ("*", one.id)]
    large = len(students) > LARGE
    console.print()
    console.print(_summary(found, names) if large else _table(found, names, students))
    if looks := _worth_a_look(course, found):
        console.print("\n[bold]Worth a look[/], each in autograded/STUDENT/ASSIGNMENT/", highlight=False)
        for kind, lines in looks.items():
            say(console, f"  {kind}: {len(lines)}")
            for line in () if large else lines:
                say(console, f"    {line}")
    if large:
        console.print("\nWho got what, and whom that concerns: proctor report, or report --csv", highlight=False)
    console.print("\n[bold]Next[/]")
    # as this command was typed: `.venv/bin/proctor`, or `proctor` where that is found
    place = "" if Path(sys.argv[0]).is_absolute() else f"{Path(sys.argv[0]).parent}/".removeprefix("./")
    console.print(f"  one student's answers   {place}proctor check submitted/…/NOTEBOOK.ipynb", highlight=False)
    console.print("  look and comment        make lab, then Nbgrader > Formgrader", highlight=False)
    console.print(f"  the class on one page   {place}proctor report", highlight=False)
    console.print(f"  feedback to students    {place}proctor feedback", highlight=False)
    console.print(f"  grades as CSV           {place}nbgrader export", highlight=False)


def _table(found: Results, names: list[str], students: list[str]) -> Table:
    table = Table(
        title="The class", title_justify="left", title_style="bold", box=SIMPLE_HEAD, show_edge=False, padding=0
    )
    table.add_column("student", min_width=8, max_width=32, no_wrap=True)
    for name in names:
        most = next((f"of {one.max_score:g}" for (_, which), one in found.items() if which == name), "")
        table.add_column(
            f"{name.partition('-')[0]}\n{name.partition('-')[2][:9]}\n{most}", justify="right", no_wrap=True
        )
    table.add_column("all", justify="right", no_wrap=True)
    for student in students:
        scores = [found.get((student, name)) for name in names]
        cells = [f"{one.score:g}" if one and one.graded else "?" if one else "–" for one in scores]
        table.add_row(Text(readable(student)), *cells, f"{sum(one.score for one in scores if one):g}")
    return table


def _summary(found: Results, names: list[str]) -> Table:
    table = Table(title="The class", title_justify="left", title_style="bold", show_edge=False)
    table.add_column("assignment")
    for heading in ("handed in", "mean", "of", "full marks", "nothing"):
        table.add_column(heading, justify="right")
    for name in names:
        if scores := [one for (_, which), one in found.items() if which == name]:
            full = sum(one.score >= one.max_score for one in scores)
            nothing = sum(one.score == 0 and one.graded for one in scores)
            average = f"{mean([one.score for one in scores if one.graded] or [0]):.1f}"
            table.add_row(name, f"{len(scores)}", average, f"{scores[0].max_score:g}", f"{full}", f"{nothing}")
    return table


def _worth_a_look(course: Path, found: Results) -> dict[str, list[str]]:
    """What a human should see, by kind: the submission and the reason."""
    looks: dict[str, list[str]] = defaultdict(list)
    for (student, name), one in sorted(found.items()):
        where, unreadable = f"{student}/{name}", False
        for path in sorted((course / "autograded" / student / name).glob("*.ipynb")):
            told = reasons(report_in(path))
            unreadable |= "could not be read" in told
            for kind, reason in told.items():
                looks[kind].append(f"{where}: {reason}")
        if one.late:
            taken = f", {one.penalty:g} points taken off" if one.penalty else ""
            looks["late"].append(f"{where}: by {str(one.late).partition('.')[0]}{taken}")
        if one.by_hand and not unreadable:
            looks["a grade by hand to be given, or looked at again"].append(where)
    return dict(sorted(looks.items()))


def show_changes(before: Results, after: Results, console: Console) -> None:
    """Who gains or loses what, `after` being what a trial came to: first who loses most; and that nothing was recorded."""
    lines: list[tuple[float, str]] = []
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        if new is None or (old and (old.cells, old.penalty) == (new.cells, new.penalty)):
            continue
        had = old.cells if old else {}
        cells = [
            f"{name} {had[name]:g} → {score:g}" for name, score in new.cells.items() if had.get(name, score) != score
        ]
        if old and old.penalty != new.penalty:
            cells.append(f"late penalty {old.penalty:g} → {new.penalty:g}")
        gain = new.score - (old.score if old else 0)
        was = f"{old.score:g}" if old else "none yet"
        lines.append((gain, f"{'/'.join(key)}: {was} → {new.score:g}{'; ' * bool(cells)}{', '.join(cells)}"))
    for _, line in sorted(lines):
        say(console, f"  {line}")
    lose, win = sum(gain < 0 for gain, _ in lines), sum(gain > 0 for gain, _ in lines)
    say(console, f"{lose} would lose points, {win} would gain some, {len(after) - lose - win} would keep theirs.")
    say(console, "Nothing was recorded: it counts once you run the same without --what-if.")
