"""The findings of `proctor check`, as other programs read them: JSON, and Gradescope's `results.json`."""

import json
from dataclasses import dataclass

from proctor.course.report import Report, message_of, readable
from proctor.text import shown


@dataclass
class Checked:
    """The result of checking one file: a report, or why there is none; `ours` if that is the grader's fault."""

    name: str
    report: Report | None = None
    why: str = ""
    ours: bool = False
    seconds: float = 0.0


def as_json(checked: list[Checked]) -> str:
    """A list with one report a notebook: docs/reference/json.md."""
    reports = [one.report.as_dict() for one in checked if one.report]
    for report in reports:
        # only if there are any
        if not report["notes"]:
            del report["notes"], report["note_codes"]
        for cell in report["cells"]:
            # for comparisons in a class
            del cell["behaviour"]
            for name in ("crash", "reveal"):
                if not cell[name]:
                    del cell[name]
    return json.dumps(reports, indent=2)


def as_gradescope(checked: list[Checked]) -> str:
    """One test a graded cell, of the best notebook of each assignment; a file that can't be examined earns nothing, and says why.

    Empty if the grader is at fault: without a `results.json` Gradescope reports a failure, and gives nobody 0.
    """
    if any(one.ours for one in checked):
        return ""
    best: dict[str, Report] = {}
    for report in [one.report for one in checked if one.report]:
        best[report.assignment] = max(
            best.get(report.assignment, report), report, key=lambda each: each.score
        )
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


FORMATS = {"json": as_json, "gradescope": as_gradescope}


def _outcome(one: Checked) -> str:
    if not one.report:
        return readable(f"{shown(one.name)} can't be examined: {one.why}")
    report = one.report
    line = f"{shown(one.name)}: {report.score:g} of {report.max_score:g} points, seed {report.seed}"
    return "\n".join([readable(line), *map(message_of, report.notes)])
