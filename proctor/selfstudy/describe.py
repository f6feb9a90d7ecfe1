"""The result of one save, short enough for a screen: the news, one failure with its misconception,
the next exercise.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from rich.columns import Columns
from rich.console import RenderableType
from rich.markup import escape

from proctor.course.render import MARKS, failures, words_of
from proctor.course.report import BLANK, Verdict, message_of
from proctor.selfstudy.checker import Check
from proctor.selfstudy.progress import by_exercise
from proctor.text import shown

TALL = 40  # lines of a screen that holds all of a prediction's reveal
BESIDE = 16  # lines of a screen that are left to all but a failure's own words


def short(path: Path) -> str:
    """A path as one would type it here."""
    here = Path.cwd()
    if path.is_relative_to(here):
        path = path.relative_to(here)
    return shown(str(path))


def describe_save(result: Check, height: int) -> Iterator[RenderableType]:
    """The result of one save, for a screen of this height."""
    if result.submission is None:
        # its error stands below every screen
        return
    name = escape(short(result.path))
    report = result.report
    if report is None:
        yield f"[bold]{name}[/]  nothing is answered in it yet"
        return
    assignment = result.submission.assignment
    cells = by_exercise(report, assignment)
    for note in report.notes:
        yield f"[yellow]{escape(message_of(note))}[/]"
    yield f"[bold]{name}[/]  {report.score:g} of {report.max_score:g} points"
    if result.new:
        yield Columns(map(_mark, result.new), padding=(0, 3))
    else:
        yield "[dim]no verdict has changed[/]"
    revealed = False
    for exercise in result.touched & cells.keys():
        if all(cell.status == "passed" for cell in cells[exercise]):
            quiz = ""
            if not assignment.exercises[exercise].is_value:
                quiz = f"  proctor quiz {escape(exercise)}"
            yield f"[green]{escape(exercise)}: all its checks pass.[/][dim]{quiz}[/]"
            yield from failure(cells[exercise], height)
            revealed |= any(cell.reveal for cell in cells[exercise])
    at = result.at
    if not at:
        yield "\n[bold green]Every cell of this notebook passes.[/]"
        return
    # an older failure has no room below a reveal
    if not revealed or at in result.touched:
        yield from failure(cells[at], height)
    yield next_line(at)


def next_line(exercise: str) -> str:
    """The exercise to go on with, and the command for a hint."""
    name = escape(exercise)
    return f"\n[bold]Next:[/] {name}[dim]  proctor hint {name}[/]"


def failure(cells: list[Verdict], height: int) -> Iterator[RenderableType]:
    """One failed cell, the first with a diagnosis, and the number of the others; of a right
    prediction, the reveal.

    A long message is cut, so that there is room for the misconception below it.
    """
    cells = [replace(cell, reveal=_short_reveal(cell, height)) for cell in cells]
    wrong = [cell for cell in cells if cell.status not in ("passed", *BLANK)]
    if not wrong:
        yield from failures([cell for cell in cells if cell.reveal])
        return
    diagnosed = [cell for cell in wrong if cell.diagnosis]
    yield from failures([*diagnosed, *wrong][:1], most_lines=max(height - BESIDE, 4))
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
    return (
        f"[{colour}]{sign} {escape(cell.id)}  {words_of(cell.status, cell.given, cell.message)}[/]"
    )
