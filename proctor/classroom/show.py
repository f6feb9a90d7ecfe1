"""The class in a terminal: how far its grading is, who got what in the end, and what would change.

`proctor.classroom.report_page` shows the same results on a page.
"""

import re
import sys
import time
import unicodedata
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from nbgrader.api import Gradebook, Student
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from proctor.course.codes import Reason
from proctor.course.configuration import configuration
from proctor.course.report import readable, reasons, report_in
from proctor.course.words import REASONS
from proctor.records.results import Result, Results, results
from proctor.records.roster import submissions
from proctor.records.store import Key
from proctor.text import shown

if TYPE_CHECKING:
    from proctor.records.job import Job

SILENCE = 10  # seconds between two lines where there is no terminal for a bar
LARGE = 300  # students; the scores of a larger class are in the report alone
SIGNS = "– : nothing handed in; … : not graded yet; ? : no grade, because it could not be read or judged"
ONE_ACCOUNT = (
    "if one account hands in for everybody here, set c.ExchangeCollect.check_owner = False"
)
# columns of the terminal for names and ids, and for points such as 206.5 with a blank
MIN_SPACE, WIDTH = 16, 6


def name_of(student: Student) -> str:
    """`Last, First`, as far as the gradebook knows it."""
    return ", ".join(filter(None, (student.last_name, student.first_name)))


def by_name(student: Student) -> tuple[str, str]:
    """Sorts students as people sort names, whatever their capitals and accents; by the id where
    there is no name.
    """
    name = unicodedata.normalize("NFC", (name_of(student) or student.id).casefold())
    return "".join(map(_without_accent, name)), student.id


def _without_accent(letter: str) -> str:
    """`z` for `ż`, and `l` for `ł`: Unicode calls both a small letter "with" something."""
    found = re.match(r"LATIN SMALL LETTER (\w+) WITH ", unicodedata.name(letter, ""))
    return found[1].lower() if found else letter


class GradingProgress:
    """Is told of each graded submission, and shows how many are done, how long the rest will take,
    and what went wrong.
    """

    def __init__(self, console: Console, total: int):
        self.console = console
        self.total = total
        self.done = self.failed = 0
        self.began = self.said = self.first = time.monotonic()
        self.bar = Progress(
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

    def add(self, more: int) -> None:
        """So many more are to be graded than was known."""
        self.total += more
        self.bar.update(self.task, total=self.total)

    def tell(self, job: "Job") -> None:
        """One more is done."""
        self.done += 1
        self.failed += bool(job.error)
        if job.error:
            print_line(self.console, f"{job}: not graded: {job.error}")
        wrong = f"; {self.failed} not graded" if self.failed else ""
        self.bar.update(self.task, advance=1, description=wrong[2:])
        now = time.monotonic()
        if self.done == 1:
            # until then the workers start, which says nothing of the others
            self.first = now
        elif not self.console.is_terminal and now - self.said > SILENCE and self.done < self.total:
            self.said = now
            left = (now - self.first) / (self.done - 1) * (self.total - self.done)
            print_line(
                self.console, f"{self.done} of {self.total} graded, about {left:.0f} s left{wrong}"
            )

    def sum_up(self) -> None:
        """All is done: says how fast it went."""
        took = time.monotonic() - self.began
        print_line(
            self.console, f"{self.done} graded in {took:.1f} s, {self.done / took:.1f} a second"
        )


def print_line(console: Console, line: str) -> None:
    """Prints a line, part of which students may have written, as it is."""
    console.print(readable(line), highlight=False, markup=False, soft_wrap=True)


def show(
    course: Path, gradebook: Gradebook, names: list[str], console: Console, student: str = "*"
) -> None:
    """A table of the scores in the assignments `names`, what needs a look, and where to look
    next; or of one student.
    """
    found: Results = {}
    for key, one in results(gradebook).items():
        if student in ("*", key[0]) and key[1] in names:
            found[key] = one
    students = [one for one in sorted(gradebook.students, key=by_name) if student in ("*", one.id)]
    large = len(students) > LARGE
    console.print()
    if large:
        console.print(
            f"{len(students)} students: proctor report says who got what", highlight=False
        )
    else:
        made = table(found, names, students, console.width, {*submissions(course, names)})
        console.print(made, f"[dim]{SIGNS}[/]", highlight=False)
    if looks := _worth_a_look(course, found):
        console.print(
            "\n[bold]Worth a look[/], each in autograded/STUDENT/ASSIGNMENT/", highlight=False
        )
        for reason, (count, lines) in looks.items():
            print_line(console, f"  {REASONS[reason]}: {count}")
            if len(lines) == 1 or not large:
                for line in lines:
                    print_line(console, f"    {line}")
    # as this command was typed: `.venv/bin/proctor`, or `proctor` where that is found
    command = Path(sys.argv[0])
    place = "" if command.is_absolute() else f"{command.parent}/".removeprefix("./")
    console.print("\n[bold]Next[/]")
    for purpose, line in (
        ("one student's answers", f"{place}proctor check submitted/…/NOTEBOOK.ipynb"),
        ("look and comment", "make lab, then Nbgrader > Formgrader"),
        ("the class on one page", f"{place}proctor report"),
        ("feedback to students", f"{place}proctor feedback"),
        ("grades as CSV", f"{place}nbgrader export"),
    ):
        console.print(f"  {purpose:<22}  {line}", highlight=False)


def table(
    found: Results,
    names: list[str],
    students: list[Student],
    width: int,
    handed_in: Collection[Key] = (),
) -> Table:
    """The points of these students: `Last, First` if the gradebook has names, and the id."""
    made = Table(
        title="The class",
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        show_edge=False,
        padding=0,
    )
    headings = [_heading(name, found) for name in names]
    if sum(max(WIDTH, *map(len, lines)) + 1 for lines in headings) > width - WIDTH - MIN_SPACE:
        # the numbers alone
        headings = [lines[:2] for lines in headings]
    named = any(map(name_of, students))
    for heading in ["student", "id"] if named else ["id"]:
        made.add_column(heading)
    for lines in headings:
        # rich puts headings at the bottom
        lines += [""] * (max(map(len, headings)) - len(lines))
        made.add_column("\n".join(lines), justify="right", no_wrap=True, min_width=WIDTH)
    made.add_column("all", justify="right", no_wrap=True, min_width=WIDTH - 1)
    for student in students:
        label = [name_of(student), student.id] if named else [student.id]
        cells, total = [], 0.0
        for name in names:
            one = found.get((student.id, name))
            if one is None:
                cells.append("…" if (student.id, name) in handed_in else "–")
            elif not one.graded:
                cells.append("?")
            else:
                cells.append(f"{one.score:g}")
                total += one.score
        # these columns alone become narrower
        short = [Text(shown(text), no_wrap=True, overflow="ellipsis") for text in label]
        made.add_row(*short, *cells, f"{total:g}")
    return made


def _heading(name: str, found: Results) -> list[str]:
    """The lines above an assignment's points: its number, its points, and its words."""
    most = ""
    for (_, which), one in found.items():
        if which == name:
            most = f"of {one.max_score:g}"
            break
    number, *words = (part[:9] for part in name.split("-"))
    return [number, most, *words]


def looks(report: dict, result: Result, by_owner: bool) -> dict[Reason, str]:
    """The reasons for a person to look at a submission: its report's, and a grade that is to be
    given by hand.

    `by_owner`: whether the account that handed it in has to be the student's.
    """
    found = reasons(report)
    if not by_owner:
        found.pop(Reason.BY_ANOTHER, None)
    # a person may grade an unreadable submission, and need not
    if result.by_hand and Reason.UNREADABLE not in found:
        found[Reason.BY_HAND] = ""
    return found


def _worth_a_look(course: Path, found: Results) -> dict[Reason, tuple[int, list[str]]]:
    """How many submissions a person should look at, by reason, and a line for each, or one line for
    all.
    """
    kinds: dict[Reason, list[tuple[str, str]]] = {reason: [] for reason in Reason}
    by_owner = owners_matter(course)
    for (student, name), one in sorted(found.items()):
        paths = (course / "autograded" / student / name).glob("*.ipynb")
        report = next(map(report_in, paths), {})
        reasons_now = looks(report, one, by_owner)
        if one.late:
            taken = f", {one.penalty:g} points taken off" if one.penalty else ""
            reasons_now[Reason.LATE] = (
                f"by {timedelta(seconds=int(one.late.total_seconds()))}{taken}"
            )
        for reason, about in reasons_now.items():
            kinds[reason].append((f"{shown(student)}/{name}", about))
    made = {}
    for reason, each in kinds.items():
        lines = [f"{name}: {about}" if about else name for name, about in each]
        same = {about for _, about in each}
        if reason == Reason.BY_ANOTHER and len(same) == 1 and len(each) > 1:
            lines = [f"all {len(each)} were {same.pop()}: {ONE_ACCOUNT}"]
        if each:
            made[reason] = len(each), lines
    return made


def owners_matter(course: Path) -> bool:
    """Whether `nbgrader collect` takes students by the accounts that their submissions belong
    to.
    """
    return configuration(course).ExchangeCollect.get("check_owner", True)


def _points(result: Result) -> str:
    return f"{result.score:g}" if result.graded else "no grade"


def _of_interest(result: Result) -> tuple:
    return result.cells, result.penalty, result.graded


def show_changes(
    before: Results, after: Results, lost: dict[Key, dict[str, list[str]]], console: Console
) -> None:
    """Prints who gains or loses points by a trial, `after`, those first who lose most; and that
    nothing was recorded.

    `lost`: by cell, the stand-ins that a submission had before.
    """
    lines: list[tuple[float, str]] = []
    for key, new in sorted(after.items()):
        old = before.get(key)
        if old and _of_interest(old) == _of_interest(new):
            continue
        had = {}
        was = 0.0
        points = "none yet"
        if old:
            had = old.cells
            was = old.score
            points = _points(old)
        changes = []
        for name, score in new.cells.items():
            if had.get(name, score) != score:
                change = f"{name} {had[name]:g} → {score:g}"
                own = lost.get(key, {}).get(name)
                if own and score < had[name]:
                    change += f" (judged with the student's own {', '.join(own)}, which now passes)"
                changes.append(change)
        if old and old.penalty != new.penalty:
            changes.append(f"late penalty {old.penalty:g} → {new.penalty:g}")
        line = f"{'/'.join(map(shown, key))}: {points} → {_points(new)}"
        lines.append((new.score - was, "; ".join(filter(None, [line, ", ".join(changes)]))))
    for _, line in sorted(lines):
        print_line(console, f"  {line}")
    lose, win = sum(gain < 0 for gain, _ in lines), sum(gain > 0 for gain, _ in lines)
    print_line(
        console,
        f"{lose} would lose points, {win} would gain some, {len(after) - lose - win} would keep theirs.",
    )
    print_line(console, "Nothing was recorded: it counts once you run the same without --what-if.")
