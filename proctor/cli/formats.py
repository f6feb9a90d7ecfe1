"""The findings of `proctor check`, as other programs read them: Gradescope's `results.json`, JUnit's XML, a job summary in Markdown.

What a student's code may have written stands in them as text: it closes no element and starts no link, and `readable`
leaves nothing that XML can't hold. Flags, which are for an instructor alone, are in none of them.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree as xml

from proctor.course.render import MARKS, words_of
from proctor.course.report import Report, Status, Verdict, readable
from proctor.text import shown


@dataclass
class Checked:
    """The result of checking one file: a report, or why there is none; `ours` where that is the grader's fault."""

    name: str
    report: Report | None = None
    why: str = ""
    ours: bool = False
    seconds: float = 0.0


def as_json(checked: list[Checked]) -> str:
    """A list with one report a notebook: docs/reference.md."""
    reports = [one.report.as_dict() for one in checked if one.report]
    for report in reports:
        # there where there are any
        if not report["notes"]:
            del report["notes"]
        for cell in report["cells"]:
            # for who compares a class
            del cell["behaviour"]
            for name in ("crash", "reveal"):
                if not cell[name]:
                    del cell[name]
    return json.dumps(reports, indent=2)


def as_gradescope(checked: list[Checked]) -> str:
    """One test a graded cell; what can't be examined earns nothing and says why, and so do all but the best of an assignment's.

    Empty where the grader is at fault: without a `results.json` Gradescope says that it failed, and gives nobody 0.
    """
    if any(one.ours for one in checked):
        return ""
    best: dict[str, Report] = {}
    for report in [one.report for one in checked if one.report]:
        best[report.assignment] = max(best.get(report.assignment, report), report, key=lambda each: each.score)
    reports, several = best.values(), len(checked) > 1
    found = {
        "score": sum(report.score for report in reports),
        "execution_time": round(sum(one.seconds for one in checked)),
        "output": "\n".join(map(_outcome, checked)),
        "output_format": "text",
        "tests": [
            {
                "name": f"{report.assignment}: {cell.id}" if several else cell.id,
                "score": cell.score,
                "max_score": cell.max_score,
                "status": "passed" if cell.status == "passed" else "failed",
                "output": readable(cell.text),
                "output_format": "text",
            }
            for report in reports
            for cell in report.cells
        ],
    }
    return json.dumps(found, indent=2)


def as_junit(checked: list[Checked]) -> str:
    """One suite a notebook, one case a graded cell, in the elements and attributes of Ant's reports, which Jenkins reads.

    An `error` is not the answer's fault; a cell that costs points is a `failure`, whose type is its status.
    """
    suites = xml.Element("testsuites")
    for number, one in enumerate(checked):
        report, status = one.report, Status.UNJUDGED if one.ours else Status.UNREADABLE
        cells = report.cells if report else [Verdict("notebook", 0, 0, status, one.why)]
        errors = [cell for cell in cells if cell.status == "unjudged" or not report]
        failed = [cell for cell in cells if cell.status != "passed" and cell not in errors]
        name = report.assignment if report else "notebook"
        suite = xml.SubElement(
            suites,
            "testsuite",
            {
                "id": str(number),
                "name": shown(one.name),
                "package": name,
                "timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
                "hostname": "localhost",
                "tests": str(len(cells)),
                "failures": str(len(failed)),
                "errors": str(len(errors)),
                "time": f"{one.seconds:.3f}",
            },
        )
        properties = xml.SubElement(suite, "properties")
        for fact in ("score", "max_score", "seed") if report else ():
            xml.SubElement(properties, "property", {"name": fact, "value": f"{getattr(report, fact)}"})
        for cell in cells:
            # the time of a cell alone isn't known
            case = xml.SubElement(suite, "testcase", {"classname": name, "name": cell.id, "time": "0"})
            if cell in errors or cell in failed:
                kind = "error" if cell in errors else "failure"
                words = words_of(cell.status, cell.given, cell.message)
                xml.SubElement(case, kind, {"message": words, "type": cell.status}).text = readable(cell.text)
        xml.SubElement(suite, "system-out").text = _outcome(one)
        xml.SubElement(suite, "system-err")
    xml.indent(suites)
    return xml.tostring(suites, encoding="unicode", xml_declaration=True)


def as_markdown(checked: list[Checked]) -> str:
    """For `$GITHUB_STEP_SUMMARY`: a table a notebook, and below it what is to be told of each cell that lost points."""
    parts = []
    for one in checked:
        report = one.report
        parts.append(f"### {_code(readable(one.name))}")
        if not report:
            parts += ["It can't be examined:", _block(readable(one.why))]
            continue
        parts.append(f"**{report.score:g} of {report.max_score:g} points**")
        parts += [_block(readable(note)) for note in report.notes]
        rows = ["| | exercise's cell | points | |", "|---|---|--:|---|"]
        for cell in report.cells:
            points, words = f"{cell.score:g} / {cell.max_score:g}", words_of(cell.status, cell.given, cell.message)
            rows.append(f"| {MARKS[cell.status][0]} | {_code(cell.id)} | {points} | {words} |")
        parts.append("\n".join(rows))
        said = {""}
        for cell in report.cells:
            if cell.status in ("passed", "not_attempted") or cell.message in said:
                continue
            said.add(cell.message)
            parts += [f"#### {_code(cell.id)}", _block(readable(cell.message))]
            if cell.diagnosis and cell.diagnosis["title"] not in said:
                said.add(cell.diagnosis["title"])
                parts.append(f"**{cell.diagnosis['title']}** {cell.diagnosis['hint']}")
        parts.append(f"Seed {report.seed}: the same inputs again with `--seed {report.seed}`.")
    return "\n\n".join(parts)


FORMATS = {"json": as_json, "gradescope": as_gradescope, "junit": as_junit, "markdown": as_markdown}


def _outcome(one: Checked) -> str:
    if not one.report:
        return readable(f"{shown(one.name)} can't be examined: {one.why}")
    report = one.report
    line = f"{shown(one.name)}: {report.score:g} of {report.max_score:g} points, seed {report.seed}"
    return "\n".join(map(readable, [line, *report.notes]))


def _code(text: str) -> str:
    """A text of one line as code."""
    text = " ".join(text.split())
    ticks = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{ticks}{text}{ticks}" if len(ticks) == 1 else f"{ticks} {text} {ticks}"


def _block(text: str) -> str:
    """A text as it is, between fences that nothing in it closes."""
    fence = "`" * (3 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}text\n{text}\n{fence}"
