"""The page of `proctor report`: a class at a glance, in one file that opens offline."""

import io
import os
import re
from collections import defaultdict
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape

from proctor.classroom.similarity import in_words
from proctor.course.render import MARKS
from proctor.course.report import PROMISES

TEMPLATES = Path(__file__).parent / "report_templates"
# how well a cell told weak from strong, by the least correlation that says so
TOLD = {0.4: "clearly", 0.2: "somewhat", -0.2: "hardly", -1.0: "the wrong way round"}
COLOURS = {"green": "#1a7f37", "red": "#b3261e", "magenta": "#8e24aa", "yellow": "#8a5a00", "dim": "#5f6368"}
LARGE = 60  # students; the tables of a larger class are folded


def page(data: dict[str, Any], course: Path, place: Path) -> str:
    """The class as one HTML page that needs nothing else; its links lead from the folder `place` into the course."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["number"] = lambda x: f"{round(x, 2):g}"
    environment.filters["breakable"] = lambda name: Markup(re.sub("([_.])", r"\1<wbr>", str(escape(name))))
    environment.filters["shortly"] = _shortly
    environment.filters["link"] = lambda path: quote(Path(os.path.relpath(course / path, place)).as_posix())
    environment.filters["told"] = lambda r: next(words for least, words in TOLD.items() if r >= least)
    environment.filters["in_words"] = in_words
    environment.filters["decided"] = decided
    environment.filters["grid"], environment.filters["late"] = _grid, _hours
    return environment.get_template("index.html.j2").render(
        **data,
        plots={each["name"]: histogram(each) for each in data["assignments"]},
        people={row["student"]: row["name"] for row in data["students"]},
        looked_at={each["student"] for a in data["assignments"] for each in a["submissions"] if each["looks"]},
        promises=PROMISES,
        marks=MARKS,
        colours=COLOURS,
        large=len(data["students"]) > LARGE,
    )


def _grid(assignment: dict[str, Any]) -> tuple[list[str], dict[str, list[tuple[str, str, str]]]]:
    """The exercises of an assignment, and for each student one mark for each: its status, sign and words."""
    exercise_of = {cell["id"]: cell["exercise"] for cell in assignment["cells"]}
    exercises = list(dict.fromkeys(exercise_of.values()))
    rows = {}
    for each in assignment["submissions"]:
        by_exercise = defaultdict(list)
        for cell in each["cells"]:
            by_exercise[exercise_of.get(cell["id"])].append(cell)
        rows[each["student"]] = [_mark(by_exercise[exercise]) for exercise in exercises]
    return exercises, rows


def _mark(cells: list[dict]) -> tuple[str, str, str]:
    """What one student's answer to an exercise came to: as its first cell that isn't passed, and how many are."""
    if not cells:
        return "", "–", "no verdict"
    passed = sum(cell["status"] == "passed" for cell in cells)
    worst = next((cell for cell in cells if cell["status"] != "passed"), cells[0])
    status, (sign, _, words) = worst["status"], MARKS[worst["status"]]
    if status == "unreadable":
        return status, "–", words
    if status == "passed" and any(cell.get("given") for cell in cells):
        return status, f"({sign})", "right, given a right helper"
    if 0 < passed < len(cells):
        return status, f"{sign} {passed}/{len(cells)}", f"{words}, {passed} of {len(cells)} passed"
    return status, sign, words


def decided(submitted: dict[str, Any]) -> list[str]:
    """What was decided about a submission, a line each: lateness, files, follow-through, what changed since the last."""
    lines = []
    if submitted["hours_late"] or submitted["late_penalty"]:
        taken = (
            f", which took {submitted['late_penalty']:g} points" if submitted["late_penalty"] else ", no points taken"
        )
        lines.append(f"late by {_hours(submitted['hours_late'])}{taken}")
    lines += submitted["notes"]
    for cell in submitted["cells"]:
        if cell.get("given"):
            lines.append(f"{cell['id']}: right, given a right {' and '.join(cell['given'])}")
    if before := submitted["before"]:
        lines.append(_changed(before, submitted["cells"]))
    return lines


def _hours(hours: float) -> str:
    return f"{hours:g} h" if hours < 48 else f"{hours / 24:.1f} days"


def _changed(before: dict[str, Any], cells: list[dict]) -> str:
    """What became of the cells since the submission before."""
    passed = {cell["id"]: cell["status"] == "passed" for cell in cells}
    earlier = {name: status == "passed" for name, status in before["cells"].items() if name in passed}
    now = [name for name, was in earlier.items() if passed[name] and not was]
    no_more = [name for name, was in earlier.items() if was and not passed[name]]
    was = "not readable" if "unreadable" in before["cells"].values() else f"{before['score']:g} points by the checks"
    line = f"handed in again: {was} before, {sum(cell['score'] for cell in cells):g} by the checks now"
    line += f"; passed now: {', '.join(now)}" if now else ""
    return line + (f"; passed before, and no more: {', '.join(no_more)}" if no_more else "")


def _shortly(name: str) -> Markup:
    """An assignment's name, of which a narrow screen shows the number only, `03` of `03-softmax`, where it has one."""
    number = re.split(r"\D", name, maxsplit=1)[0]
    return (
        Markup('{}<span class="rest">{}</span>').format(number, name.removeprefix(number)) if number else escape(name)
    )


def histogram(assignment: dict[str, Any]) -> str:
    """The distribution of an assignment's scores, as SVG."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot as plt

    most = assignment["max_score"] or 1
    figure, axis = plt.subplots(figsize=(4.6, 2), layout="constrained")
    axis.hist(
        [each["score"] for each in assignment["submissions"]], bins=20, range=(0, most), color="#0072B2", rwidth=0.9
    )
    axis.set(xlabel="points", ylabel="students", xlim=(0, most))
    axis.locator_params(integer=True)
    axis.spines[["top", "right"]].set_visible(False)
    drawn = io.StringIO()
    with plt.rc_context({"svg.fonttype": "none", "svg.hashsalt": assignment["name"]}):
        figure.savefig(drawn, format="svg", metadata={"Date": None})
    plt.close(figure)
    return drawn.getvalue()[drawn.getvalue().index("<svg") :]
