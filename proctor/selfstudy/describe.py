"""The result of one save, in words that fit on a screen: the news, one failure with its misconception, the next exercise."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from rich.columns import Columns
from rich.console import RenderableType
from rich.markup import escape

from proctor.course.render import MARKS, failures, words_of
from proctor.course.report import BLANK, Verdict, message_of
from proctor.examine.hints import hints
from proctor.selfstudy.checker import CheckResult
from proctor.selfstudy.progress import by_exercise
from proctor.text import shown

TALL = 40  # lines of a screen that holds all of a prediction's reveal
BESIDE = 16  # lines of a screen that are left to all but a failure's own words


def short(path: Path) -> str:
    """A path as one would type it here."""
    return shown(str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path))


def describe_save(checked: CheckResult, height: int) -> Iterator[RenderableType]:
    """The result of one save, for a screen of this height."""
    if checked.submission is None:
        # why it can't be checked stands below every screen
        return
    name = escape(short(checked.path))
    if checked.report is None:
        yield f"[bold]{name}[/]  nothing is answered in it yet"
        return
    report, assignment, at = checked.report, checked.submission.assignment, checked.at
    cells = by_exercise(report, assignment)
    for note in report.notes:
        yield f"[yellow]{escape(message_of(note))}[/]"
    yield f"[bold]{name}[/]  {report.score:g} of {report.max_score:g} points"
    yield Columns(map(_mark, checked.new), padding=(0, 3)) if checked.new else "[dim]no verdict has changed[/]"
    revealed = False
    for exercise in checked.touched:
        if {cell.status for cell in cells.get(exercise, [])} == {"passed"}:
            quiz = "" if assignment.exercises[exercise].is_value else f"  proctor quiz {escape(exercise)}"
            yield f"[green]{escape(exercise)}: all its checks pass.[/][dim]{quiz}[/]"
            yield from failure(cells[exercise], height)
            revealed = revealed or any(cell.reveal for cell in cells[exercise])
    if at:
        # an older failure has no room below a reveal
        if not revealed or at in checked.touched:
            yield from failure(cells[at], height)
        hint = f"; a hint: proctor hint {at}" if hints(assignment, at) else ""
        yield f"\n[bold]Next:[/] {escape(at)}[dim]{escape(hint)}[/]"
    else:
        yield "\n[bold green]Every cell of this notebook passes.[/]"


def failure(cells: list[Verdict], height: int) -> Iterator[RenderableType]:
    """One of these cells that failed, the first with a diagnosis, and how many more there are; of a right prediction, the reveal.

    Of the failure's own words as much is shown as leaves room for the misconception below them.
    """
    cells = [replace(cell, reveal=_short_reveal(cell, height)) for cell in cells]
    wrong = [cell for cell in cells if cell.status not in ("passed", *BLANK)]
    if not wrong:
        yield from failures([cell for cell in cells if cell.reveal])
        return
    cell = next((cell for cell in wrong if cell.diagnosis), wrong[0])
    yield from failures([cell], most_lines=max(height - BESIDE, 4))
    if len(wrong) > 1:
        yield f"\n[dim]more of its checks fail: {len(wrong) - 1}[/]"


def _short_reveal(cell: Verdict, height: int) -> str:
    """A prediction's reveal, on a low screen without the other choices."""
    answer, _, choices = cell.reveal.partition("\n\n")
    if not choices or height >= TALL:
        return cell.reveal
    return f"{answer}\n\nThe other choices: `proctor check --exercise {cell.id}`"


def _mark(cell: Verdict) -> str:
    sign, colour, _ = MARKS[cell.status]
    return f"[{colour}]{sign} {escape(cell.id)}  {words_of(cell.status, cell.given, cell.message)}[/]"
