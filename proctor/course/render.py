"""A report as people read it: a table with one line a graded cell, then the misconceptions."""

import re

from rich.console import Console, Group, RenderableType
from rich.markdown import Markdown
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from proctor.course.codes import Code, Note
from proctor.course.report import Report, Verdict, message_of
from proctor.text import shown

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

FORMULA = re.compile(r"\$([^$`]+)\$")
# Commands of LaTeX. The others in the course's formulas, such as \log, read well without their
# backslash.
SIGNS = {r"\sqrt": "√", r"\sum": "Σ", r"\dots": "…", r"^\top": "ᵀ", r"\mathrm": "", "\\": ""}


def rendered(text: str) -> Markdown:
    """Markdown for a terminal, with its formulas in plain letters: `$\\sqrt{D}$` becomes √D."""
    return Markdown(FORMULA.sub(_in_letters, text))


def _in_letters(found: re.Match) -> str:
    formula = found[1]
    for name, sign in SIGNS.items():
        formula = formula.replace(name, sign)
    # braces around a word or a number can go
    return re.sub(r"\{(-?\w+)\}", r"\1", formula).replace("{", "(").replace("}", ")")


def words_of(status: str, given: list[str], message: str) -> str:
    """A verdict in a few words: `passed`, or `right, given a right softmax`."""
    if given:
        return message.replace("`", "").replace("\n", "; ")
    return MARKS[status][2]


def table(report: Report) -> Table:
    """One line a graded cell."""
    found = Table.grid(padding=(0, 2))
    for column in ("left", "left", "right", "left"):
        found.add_column(justify=column)
    for cell in report.cells:
        sign, colour, _ = MARKS[cell.status]
        words = words_of(cell.status, cell.given, cell.message)
        points = f"{cell.score:g} / {cell.max_score:g}"
        found.add_row(
            f"[{colour}]{sign}[/]", escape(cell.id), f"[dim]{points}[/]", f"[{colour}]{words}[/]"
        )
    return found


def failures(cells: list[Verdict], most_lines: int = 0) -> list[RenderableType]:
    """The messages of these cells, each once, but for exercises that aren't attempted; the reveals
    of predictions.

    `most_lines`: of a message, if not 0.
    """
    found = []
    notes = list[Note]()
    titles = set[str]()
    for cell in cells:
        silent = cell.status == "passed" and (cell.given or cell.note.code == Code.PASSED)
        if not cell.reveal and (silent or cell.status == "not_attempted" or cell.note in notes):
            continue
        notes.append(cell.note)
        _, colour, words = MARKS[cell.status]
        parts: list[RenderableType] = [f"[bold {colour}]{escape(cell.id)}[/]  [{colour}]{words}[/]"]
        lines = cell.message.splitlines()
        if 0 < most_lines < len(lines):
            lines[most_lines - 1 :] = [
                f"… {len(lines) - most_lines + 1} more lines: proctor check shows them"
            ]
        if message := "\n".join([*lines, cell.crash]).strip():
            parts.append(_indented(escape(message)))
        diagnosis = cell.diagnosis
        if diagnosis and diagnosis["title"] not in titles:
            titles.add(diagnosis["title"])
            parts += [
                _indented(f"\n[bold]{escape(diagnosis['title'])}[/]"),
                _indented(rendered(diagnosis["hint"])),
            ]
        if cell.reveal:
            if diagnosis:
                parts.append("")
            parts.append(_indented(rendered(cell.reveal)))
        found.append(Group("", *parts))
    return found


def _indented(part: RenderableType) -> Padding:
    return Padding(part, (0, 0, 0, 2))


def show(report: Report, console: Console) -> None:
    """The whole report, in a terminal or in a notebook's output, as rich shows it there."""
    # prints within come at once: in a notebook, as one output
    with console:
        name = escape(shown(report.notebook or report.assignment))
        console.print(
            f"[bold]{name}[/]  {report.score:g} of {report.max_score:g} points", highlight=False
        )
        for note in report.notes:
            console.print(escape(message_of(note)), style="yellow", highlight=False)
        console.print(table(report))
        for failure in failures(report.cells):
            console.print(failure, highlight=False)
