"""The answer to a student: the feedback page with the attempt on top, or, while it waits, its place in the queue.

A page lies where the student's own Assignment List fetches it: its name is made of the secret that came with the
submission, so that nobody else can open it.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from nbconvert.exporters.exporter import ResourcesDict
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from traitlets import Bool

from proctor.course import Assignment, grade_id
from proctor.course.codes import Code
from proctor.course.files import replace
from proctor.course.report import message_of, readable
from proctor.examine.hints import hints, solution
from proctor.records.served import NO_TRY
from proctor.records.store import Row
from proctor.serve.policy import Serve

# statuses of which is always told why: the reason is a rule of the exercise, the file, or the grader
ALWAYS_TOLD = ("forbidden", "missing", "unreadable", "unjudged")

NOTICE = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True).get_template(
    "notice.html.j2"
)


class Tell(Preprocessor):
    """Cuts a report's verdicts to what this attempt is told; comes before `Summary`."""

    enabled = Bool(True).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        served = resources["served"]
        for cell in nb.metadata.get("proctor", {}).get("cells", []):
            exercise = served["assignment"].exercise_of(cell["id"])
            if cell["status"] != "passed":
                _tell(cell, exercise, served)
        return nb, resources


def _tell(cell: dict[str, Any], exercise: str, served: dict[str, Any]) -> None:
    what, rungs = served["details"].get(exercise, ("verdicts", 0))
    tried = cell["status"] not in NO_TRY
    if served["assignment"].is_prediction(exercise):
        if not served["past_due"]:
            first, cell["diagnosis"] = "the first prediction that you hand in counts", None
            if cell["status"] == "failed":
                note = Code.FIRST_PREDICTION(later=served["later"])
                cell |= asdict(note) | {"message": message_of(note)}
            else:
                # an answer that raised is none yet
                cell["message"] = f"{cell['message']}\n\n{first}" if tried else first
        elif tried:
            cell["message"] += f"\n\nWhat comes out:\n{solution(served['assignment'], exercise)}"
        return
    if what != "hints":
        cell["diagnosis"] = None
    if what == "verdicts" and cell["status"] not in ALWAYS_TOLD:
        cell["message"] = ""
    some = hints(served["assignment"], exercise)[:rungs] if tried else []
    if some:
        found = cell["diagnosis"] or {"id": "", "title": f"Hints for {exercise}", "hint": ""}
        cell["diagnosis"] = found | {"hint": "\n\n".join([found["hint"], *some]).strip()}


class Shorten(Preprocessor):
    """Keeps what the student wrote, and the graded cells; the students have the rest."""

    enabled = Bool(True).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        released = resources["served"]["assignment"].released_sources
        nb.cells = [cell for cell in nb.cells if _is_of_interest(cell) or cell.source not in released]
        if "feedback" in resources:  # where the instructor's preprocessors make it
            resources["feedback"].kept = {grade_id(cell) for cell in nb.cells}
        return nb, resources


def _is_of_interest(cell: NotebookNode) -> bool:
    facts = cell.metadata.get("nbgrader", {})
    return bool(facts.get("solution") or facts.get("task") or (facts.get("grade") and cell.get("outputs")))


def facts_of(
    row: Row, before: Sequence[Row], assignment: Assignment, policy: Serve, due: float | None
) -> dict[str, Any]:
    """The facts for the page on a graded submission; `before`: the student's earlier ones for the assignment.

    `due`: when the student was to hand it in.
    """
    failed = {exercise: 0 for exercise in assignment.stubs}
    for each in before:
        for exercise in {assignment.exercise_of(cell) for cell, status in each.cells.items() if status not in NO_TRY}:
            failed[exercise] = failed.get(exercise, 0) + 1
    details = {exercise: policy.detail(times) for exercise, times in failed.items()}
    times = f"received {clock(row.received)}, graded {clock(row.graded)}"
    if row.unreadable:
        lines = [f"{times}: it could not be read, so nothing counts yet", _next_attempt(policy, [*before, row], row)]
    else:
        counts = COUNTS[policy.counts].format(" before the due date" if due else "")
        lines = [f"{times}: {row.score:g} of {row.max_score:g} points by the checks", f"attempt {row.number}; {counts}"]
        could_be_read = [each for each in before if not each.unreadable]
        lines += [since(could_be_read[-1], row)] if could_be_read else []
        lines += [_next(policy, [*before, row], details, row, assignment)] if row.score < row.max_score else []
    return {
        "assignment": assignment,
        "details": details,
        "past_due": due is not None and due < time.time(),
        "later": f"after {clock(due)}" if due else "by your instructor",
        "lines": list(map(readable, lines)),
    }


def unread(row: Row, counting: Row, attempts: Sequence[Row], policy: Serve) -> dict[str, Any]:
    """The facts for the page on a submission that can't be read, besides those of the attempt that counts.

    `attempts`: all of the student's for the assignment.
    """
    counts = f"it could not be read, so attempt {counting.number} counts"
    lines = [f"received {clock(row.received)}: {counts}", _next_attempt(policy, attempts, row)]
    return {"lines": list(map(readable, lines)), "attempt": counting.number, "unread": row.why}


COUNTS = {
    "last": "of your attempts{}, the last one counts",
    "best": "of your attempts{}, the best one counts",
    "first": "of your attempts, the first one counts; the others are for practice",
}
MORE = {
    "verdicts": "which checks fail",
    "values": "what was called, what came back and what was expected",
    "hints": "a hint more",
}


def since(earlier: Row, row: Row) -> str:
    """The changes since an earlier attempt, in words."""
    line = f"since attempt {earlier.number}: {earlier.score:g} points then, {row.score:g} now"
    passed = [name for name, status in row.cells.items() if status == "passed"]
    was = [name for name, status in earlier.cells.items() if status == "passed"]
    for words, names in (
        ("passed now", [name for name in passed if name not in was]),
        ("passed then, and no more", [name for name in was if name not in passed]),
    ):
        line += f"; {words}: {', '.join(names)}" if names else ""
    return line if earlier.files != row.files else f"{line}; you handed in the same as then"


def _next(policy: Serve, attempts: list[Row], details: dict[str, Any], row: Row, assignment: Assignment) -> str:
    """When the next attempt is graded, and what more it tells."""
    line = _next_attempt(policy, attempts, row)
    open_now = {assignment.exercise_of(cell) for cell, status in row.cells.items() if status not in NO_TRY}
    now = {
        details[exercise][0] for exercise in open_now if exercise in details and not assignment.is_prediction(exercise)
    }
    more = [policy.tell[min(policy.tell.index(each) + 1, len(policy.tell) - 1)] for each in sorted(now)]
    if more and (what := [MORE[each] for each in dict.fromkeys(more)]):
        line += f"; of what still fails then, you are told {' or '.join(what)}"
    return line


def _next_attempt(policy: Serve, attempts: Sequence[Row], row: Row) -> str:
    """When the next attempt is graded, after these ones and an answer to the submission `row`."""
    when = policy.not_before([each.graded for each in attempts])
    return (
        f"what you hand in next is graded from {clock(when)} on" if when > row.graded else "hand in again at any time"
    )


def utc(when: float) -> str:
    """A time as nbgrader writes it."""
    return f"{datetime.fromtimestamp(when, UTC):%Y-%m-%d %H:%M:%S.%f} UTC"


def clock(when: float) -> str:
    """A time as it is told on a page, which may be read another day."""
    return time.strftime("%Y-%m-%d %H:%M:%S %Z", time.localtime(when))


def notice(name: str, title: str, lines: Iterable[str]) -> str:
    """A short page."""
    return NOTICE.render(name=readable(name), title=title, lines=map(readable, lines))


def put(feedback: Path, names: Iterable[str], page: str, groupshared: bool) -> None:
    """Puts a page where its student looks for it, under each of these names."""
    for name in names:
        replace(feedback / name, page.encode(), 0o664 if groupshared else 0o644)
