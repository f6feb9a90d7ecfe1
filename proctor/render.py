"""A report as people read it: a table with one line a graded cell, then what was misunderstood; for a terminal and for a page."""

from html import escape as html

from markdown_it import MarkdownIt
from rich.console import Console, Group, RenderableType
from rich.markdown import Markdown
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from proctor.report import Report, Verdict, readable

MARKS = {  # sign, colour and words of a verdict
    "passed": ("✓", "green", "passed"),
    "failed": ("✗", "red", "not yet"),
    "not_attempted": ("○", "dim", "not attempted"),
    "forbidden": ("⊘", "magenta", "uses what it should build"),
    "error": ("✗", "red", "raised an error"),
    "timeout": ("✗", "yellow", "too slow"),
    "out_of_memory": ("✗", "yellow", "out of memory"),
    "died": ("✗", "yellow", "ended the process"),
    "missing": ("○", "dim", "missing"),
    "unreadable": ("✗", "yellow", "could not be read"),
    "unjudged": ("?", "yellow", "could not be judged"),
}


def words_of(status: str, given: list[str], message: str) -> str:
    """A verdict in a few words: `passed`, or `right, given a right softmax`."""
    return message.replace("`", "") if given else MARKS[status][2]


def table(report: Report) -> Table:
    """One line a graded cell."""
    found = Table.grid(padding=(0, 2))
    found.add_column()
    found.add_column()
    found.add_column(justify="right")
    found.add_column()
    for cell in report.cells:
        sign, colour, _ = MARKS[cell.status]
        words = words_of(cell.status, cell.given, cell.message)
        points = f"{cell.score:g} / {cell.max_score:g}"
        found.add_row(f"[{colour}]{sign}[/]", escape(cell.id), f"[dim]{points}[/]", f"[{colour}]{words}[/]")
    return found


def failures(report: Report) -> list[RenderableType]:
    """What is to be told of each cell that was attempted; what is the same is told once."""
    found, told = [], set()
    for cell in report.cells:
        silent = cell.status == "passed" and (cell.given or not cell.message)
        if silent or cell.status == "not_attempted" or cell.message in told:
            continue
        told.add(cell.message)
        _, colour, words = MARKS[cell.status]
        parts: list[RenderableType] = [f"[bold {colour}]{escape(cell.id)}[/]  [{colour}]{words}[/]"]
        parts.append(Padding(escape(f"{cell.message}\n{cell.crash}".strip()), (0, 0, 0, 2)))
        if cell.diagnosis and cell.diagnosis["title"] not in told:
            told.add(cell.diagnosis["title"])
            parts.append(Padding(f"[bold]{escape(cell.diagnosis['title'])}[/]", (1, 0, 0, 2)))
            parts.append(Padding(Markdown(cell.diagnosis["hint"]), (0, 0, 0, 2)))
        found.append(Padding(Group(*parts), (1, 0, 0, 0)))
    return found


def show(report: Report, console: Console) -> None:
    """The whole report, in a terminal."""
    console.print(
        f"[bold]{escape(readable(report.notebook or report.assignment))}[/]  {report.score:g} of {report.max_score:g} points",
        highlight=False,
    )
    for note in report.notes:
        console.print(escape(readable(note)), style="yellow", highlight=False)
    console.print(table(report))
    for failure in failures(report):
        console.print(failure, highlight=False)


def text(report: Report) -> str:
    """The whole report as plain text."""
    console = Console(width=100, no_color=True, force_jupyter=False)
    with console.capture() as captured:
        show(report, console)
    return captured.get()


COLOURS = {"green": "#1a7f37", "red": "#b3261e", "magenta": "#8e24aa", "yellow": "#8a5a00", "dim": "#5f6368"}


def page(report: Report) -> str:
    """The whole report as HTML, for a notebook's output."""
    rows, told = [], set()
    for cell in report.cells:
        sign, colour, _ = MARKS[cell.status]
        words = words_of(cell.status, cell.given, cell.message)
        rows.append(
            f'<tr><td style="color: {COLOURS[colour]}; text-align: left; white-space: nowrap">{sign} {html(words)}</td>'
            f'<td style="text-align: left"><code>{html(cell.id)}</code></td>'
            f'<td style="white-space: nowrap">{cell.score:g} / {cell.max_score:g}</td>'
            f'<td style="text-align: left">{_told(cell, told)}</td></tr>'
        )
    head = f"{html(report.assignment)}: {report.score:g} of {report.max_score:g} points"
    return f'<table><caption style="text-align: left">{head}</caption>{"".join(rows)}</table>'


def _told(cell: Verdict, told: set[str]) -> str:
    """The message, the title and the hint of a cell, as far as they have not been told."""
    parts = []
    if cell.status != "not_attempted" and not cell.given and cell.message not in told:
        told.add(cell.message)
        parts.append(f'<div style="white-space: pre-wrap">{html(cell.message)}</div>')
    if cell.diagnosis and cell.diagnosis["title"] not in told:
        told.add(cell.diagnosis["title"])
        hint = MarkdownIt("js-default").renderInline(cell.diagnosis["hint"])
        parts.append(f"<div><b>{html(cell.diagnosis['title'])}</b></div><div>{hint}</div>")
    return "".join(parts)
