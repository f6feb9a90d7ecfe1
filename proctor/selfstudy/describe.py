"""The result of one save, in words that fit on a screen: the news, one failure with its misconception, the next exercise."""

from collections.abc import Iterator
from pathlib import Path

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.markdown import Markdown
from rich.markup import escape
from rich.padding import Padding
from rich.text import Text

from proctor.course.render import MARKS, words_of
from proctor.course.report import BLANK, Verdict, readable
from proctor.examine.hints import hints
from proctor.selfstudy.checker import CheckResult
from proctor.selfstudy.progress import by_exercise


def short(path: Path) -> str:
    """A path as one would type it here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def describe_save(checked: CheckResult, height: int | None, console: Console) -> Iterator[RenderableType]:
    """The result of one save, in at most so many lines where the failure's own words can be cut; the diagnosis stays."""
    name = escape(readable(short(checked.path)))
    if checked.error or checked.submission is None:
        yield f"[red]{name} {escape(readable(checked.error))}[/]"
        return
    if checked.report is None:
        yield f"[bold]{name}[/]  nothing is answered in it yet"
        return
    report, assignment = checked.report, checked.submission.assignment
    of, at = by_exercise(report, assignment), checked.at
    wrong = [cell for cell in of[at] if cell.status not in ("passed", *BLANK)] if at else []
    points = f"[bold]{name}[/]  {report.score:g} of {report.max_score:g} points"
    first: list[RenderableType] = [
        *(f"[yellow]{escape(readable(note))}[/]" for note in report.notes),
        f"{points}  [dim]checked in {checked.seconds:.2f} s[/]",
        Columns(map(_mark, checked.new), padding=(0, 3)) if checked.new else "[dim]no verdict has changed[/]",
    ]
    for exercise in checked.touched:
        if {cell.status for cell in of.get(exercise, [])} == {"passed"}:
            first.append(f"[green]{escape(exercise)}: all its checks pass.[/]")
    last = "\n[bold green]Every cell of this notebook passes.[/]"
    if at:
        hint = f"; a hint: proctor hint {at}" if hints(assignment, at) else ""
        last = f"\n[bold]Next:[/] {escape(at)}[dim]{escape(hint)}[/]"
    yield from first
    if wrong:
        yield from failure(wrong, height and height - _lines(console, *first, last), console)
    yield last


def failure(wrong: list[Verdict], height: int | None, console: Console) -> Iterator[RenderableType]:
    """One failed cell, the first with a diagnosis, and how many more there are."""
    cell = next((cell for cell in wrong if cell.diagnosis), wrong[0])
    colour, words = MARKS[cell.status][1:]
    more = len(wrong) - 1
    many = f"{more} more check{'s of it fail' if more > 1 else ' of it fails'} too" if more else ""
    head = f"\n[bold {colour}]{escape(cell.id)}[/]  [{colour}]{words}[/]"
    below: list[RenderableType] = []
    if cell.diagnosis:
        below.append(Padding(f"[bold]{escape(cell.diagnosis['title'])}[/]", (1, 0, 0, 2)))
        below.append(Padding(Markdown(cell.diagnosis["hint"]), (0, 0, 0, 2)))
    if many:
        below.append(f"\n[dim]{many}[/]")
    yield head
    message: RenderableType = Padding(escape(cell.message), (0, 0, 0, 2))
    if height is not None:
        message = _cut(message, max(height - _lines(console, head, *below), 2), console)
    yield message
    yield from below


def _cut(part: RenderableType, height: int, console: Console) -> RenderableType:
    """Its first lines, the last of them saying how many are left out."""
    lines = console.render_lines(part, pad=False)
    if len(lines) <= height:
        return part
    shown = [Text.assemble(*((each.text, each.style or "") for each in line)) for line in lines[: height - 1]]
    return Group(*shown, f"  [dim]… {len(lines) - height + 1} more lines[/]")


def _lines(console: Console, *parts: RenderableType) -> int:
    return sum(len(console.render_lines(console.render_str(p) if isinstance(p, str) else p)) for p in parts)


def _mark(cell: Verdict) -> str:
    sign, colour, _ = MARKS[cell.status]
    return f"[{colour}]{sign} {escape(cell.id)}  {words_of(cell.status, cell.given, cell.message)}[/]"
