"""The findings of `proctor check` for other programs: JSON, Gradescope and Classroom 50."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from proctor.course.report import Report, Verdict, message_of, readable
from proctor.text import shown


@dataclass
class Checked:
    """The result of checking one file: a report, or why there is none; `ours` if that is the
    grader's fault.
    """

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
    """One test a graded cell, of the best notebook of each assignment; a file that can't be
    examined earns nothing, and says why.

    Empty if the grader is at fault: without a `results.json` Gradescope reports a failure, and
    gives nobody 0.
    """
    if any(one.ours for one in checked):
        return ""
    reports = _best_reports(checked)
    tests = []
    for name, cell in _named_cells(checked):
        status = "passed" if cell.status == "passed" else "failed"
        test = {
            "name": name,
            "score": cell.score,
            "max_score": cell.max_score,
            "status": status,
            "output": readable(cell.text),
            "output_format": "text",
        }
        tests.append(test)
    found = {
        "score": sum(report.score for report in reports),
        "execution_time": round(sum(one.seconds for one in checked)),
        "output": "\n".join(map(_outcome, checked)),
        "output_format": "text",
        "tests": tests,
    }
    return json.dumps(found, indent=2)


def as_classroom50(checked: list[Checked]) -> str:
    """The `result.json` of Classroom 50: a test for each graded cell.

    A file that can't be examined is a failed test. Empty if the grader is at fault: without a
    `result.json` Classroom 50 reports an error, and gives nobody 0.
    """
    if any(one.ours for one in checked):
        return ""
    tests = []
    for name, cell in _named_cells(checked):
        test = {
            "test-name": name,
            "passed": cell.status == "passed",
            "score": round(cell.score),
            "max-score": round(cell.max_score),
            "output": readable(cell.text),
        }
        tests.append(test)
    for one in checked:
        if not one.report:
            name = readable(shown(one.name))
            failed = {"test-name": name, "passed": False, "score": 0, "max-score": 0}
            tests.append({**failed, "output": _outcome(one)})
    # the runner of Classroom 50 sets these variables
    commit = os.environ.get("COMMIT_URL", "")
    result = {
        "schema": "classroom50/result/v1",
        "classroom": os.environ.get("CLASSROOM", ""),
        "assignment": os.environ.get("ASSIGNMENT", ""),
        "submission": os.environ.get("SUBMISSION_TAG", ""),
        "commit": commit,
        "release": os.environ.get("RELEASE_URL", ""),
        "review": os.environ.get("REVIEW_URL", commit),
        "datetime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "score": sum(test["score"] for test in tests),
        "max-score": sum(test["max-score"] for test in tests),
        "tests": tests,
    }
    return json.dumps(result, indent=2)


FORMATS = {"json": as_json, "gradescope": as_gradescope, "classroom50": as_classroom50}
# They grade one student's files, and a class's students read them.
OF_A_CLASS = ("gradescope", "classroom50")


def _best_reports(checked: list[Checked]) -> list[Report]:
    """The report with the most points of each assignment."""
    best: dict[str, Report] = {}
    for one in checked:
        report = one.report
        if report:
            best[report.assignment] = max(
                best.get(report.assignment, report), report, key=lambda each: each.score
            )
    return list(best.values())


def _named_cells(checked: list[Checked]) -> Iterator[tuple[str, Verdict]]:
    """The graded cells of the best reports, each with the name of its test."""
    for report in _best_reports(checked):
        for cell in report.cells:
            name = cell.id
            if len(checked) > 1:
                name = f"{report.assignment}: {name}"
            yield name, cell


def _outcome(one: Checked) -> str:
    if not one.report:
        return readable(f"{shown(one.name)} can't be examined: {one.why}")
    report = one.report
    line = f"{shown(one.name)}: {report.score:g} of {report.max_score:g} points, seed {report.seed}"
    return "\n".join([readable(line), *map(message_of, report.notes)])
