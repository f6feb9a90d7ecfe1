"""The report on a class as one page that opens offline."""

import os
import re
import shlex
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape

from proctor.classroom.show import SIGNS
from proctor.classroom.similarity import in_words
from proctor.course.codes import Reason
from proctor.course.render import MARKS
from proctor.course.report import PROMISES, status_of
from proctor.course.words import REASONS
from proctor.text import printable

TEMPLATES = Path(__file__).parent / "report_templates"
COLOURS = {
    "green": "#1a7f37",
    "red": "#b3261e",
    "magenta": "#8e24aa",
    "yellow": "#8a5a00",
    "dim": "#5f6368",
}
LONG = 25  # rows; a longer list is folded
BARS = 20  # of a histogram
# these come first in the list for review
FIRST = (Reason.UNJUDGED, Reason.UNREADABLE, Reason.BY_ANOTHER, Reason.LACKING)


def templates_in(folder: Path) -> Environment:
    """The templates of pages in a folder; the filter `with_code` shows parts in backticks as
    code.
    """
    found = Environment(
        loader=FileSystemLoader(folder), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    found.filters["with_code"] = lambda text: Markup(
        re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text)))
    )
    return found


def page(data: dict[str, Any], course: Path, place: Path) -> str:
    """The class as one HTML page that needs nothing else; its links lead from the folder `place`
    into the course.

    Its text is `printable`, whatever a student, a folder or a file is called.
    """
    environment = templates_in(TEMPLATES)
    prefixes = Counter(assignment["name"].partition("-")[0] for assignment in data["assignments"])

    def short(name: str) -> str:
        prefix, _, _ = name.partition("-")
        return name if prefixes[prefix] > 1 else prefix

    environment.filters |= {
        "quoted": shlex.quote,
        "short": short,
        "number": lambda x: f"{round(x, 2):g}",
        "breakable": lambda name: Markup(re.sub("([_.])", r"\1<wbr>", str(escape(name)))),
        "link": lambda path: quote(Path(os.path.relpath(course / path, place)).as_posix()),
        "in_words": in_words,
        "grid": _grid,
        "late": _hours,
        "bars": histogram,
    }
    looked_at = set()
    for assignment in data["assignments"]:
        for each in assignment["submissions"]:
            if each["reasons"]:
                looked_at.add(each["student"])
    text = environment.get_template("index.html.j2").render(
        **data,
        kinds=_by_reason(data),
        reason_words=REASONS,
        first=FIRST,
        people={row["student"]: row["name"] for row in data["students"]},
        looked_at=looked_at,
        promises=PROMISES,
        marks=MARKS,
        colours=COLOURS,
        signs=SIGNS,
        long=LONG,
    )
    return printable(text)


def _by_reason(data: dict[str, Any]) -> dict[Reason, list[tuple[str, str, dict[str, Any]]]]:
    """The submissions that need a look, by reason, with the assignment and the thing that it is
    about.
    """
    kinds = {reason: [] for reason in Reason}
    for assignment in data["assignments"]:
        for each in assignment["submissions"]:
            for reason, about in each["reasons"].items():
                kinds[reason].append((assignment["name"], about, each))
    return {reason: found for reason, found in kinds.items() if found}


def _grid(assignment: dict[str, Any]) -> tuple[list[str], dict[str, list[tuple[str, str, str]]]]:
    """The exercises of an assignment, and for each student one mark for each: its status, sign and
    words.
    """
    exercise_of = {cell["id"]: cell["exercise"] for cell in assignment["cells"]}
    exercises = list(dict.fromkeys(exercise_of.values()))
    rows = {}
    for each in assignment["submissions"]:
        cells = defaultdict(list)
        for cell in each["cells"]:
            cells[exercise_of.get(cell["id"])].append(cell)
        rows[each["student"]] = [_mark(cells[exercise]) for exercise in exercises]
    return exercises, rows


def _mark(cells: list[dict]) -> tuple[str, str, str]:
    """The mark for one student's answer to an exercise, and how many of its cells are passed."""
    if not cells:
        return "", "–", "no verdict"
    statuses = [cell["status"] for cell in cells]
    passed = statuses.count("passed")
    status = status_of(statuses)
    sign, _, words = MARKS[status]
    if status == "unreadable":
        sign = "?"
    elif status == "passed" and any(cell.get("given") for cell in cells):
        sign, words = f"({sign})", "right, given a right helper"
    elif 0 < passed < len(cells):
        sign, words = f"{sign} {passed}/{len(cells)}", f"{words}, {passed} of {len(cells)} passed"
    for cell in cells:
        if check := cell.get("check"):
            words += f"; {check.partition('::')[2]}"
    return status, sign, words


def _hours(hours: float) -> str:
    if hours < 1:
        return f"{max(round(60 * hours), 1)} min"
    return f"{round(hours, 1):g} h" if hours < 48 else f"{hours / 24:.1f} days"


def histogram(assignment: dict[str, Any]) -> list[int]:
    """How many submissions have how many points, from none to all of them, in `BARS` steps; none
    without a grade.
    """
    scores = [each["score"] for each in assignment["submissions"] if not each["ungraded"]]
    counts, _ = np.histogram(scores, BARS, (0, assignment["max_score"] or 1))
    return counts.tolist()
