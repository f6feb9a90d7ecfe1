"""The answer to a student: the feedback page with the attempt on top, or, while it waits, its place in the queue.

A page lies where the student's own Assignment List fetches it: its name is made of the secret that came with the
submission, so that nobody else can open it.
"""

import time
from collections.abc import Iterable, Sequence
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
from proctor.course.report import as_stored, message_of, readable
from proctor.examine.hints import hints, solution
from proctor.records.attempts import Attempt
from proctor.records.counting import is_late, lateness
from proctor.records.served import NO_TRY
from proctor.records.stale import points
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
            first, cell["diagnosis"] = message_of(Code.FIRST_PREDICTION()), None
            if cell["status"] == "failed":
                cell |= as_stored(Code.FIRST_PREDICTION(later=served["later"]))
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


def score(attempt: Attempt, assignment: Assignment) -> float:
    """An attempt's points by the checks."""
    worth = points(assignment)
    return sum(worth.get(cell, 0.0) * share for cell, (_, share) in attempt.verdicts.items())


def of_points(attempt: Attempt, assignment: Assignment) -> str:
    return f"{score(attempt, assignment):g} of {assignment.max_score:g} points"


def facts_of(
    attempt: Attempt,
    before: Sequence[Attempt],
    assignment: Assignment,
    policy: Serve,
    due: float | None,
    counting: Attempt | None = None,
) -> dict[str, Any]:
    """The facts for the page on a judged attempt; `before`: the student's earlier ones for the assignment.

    `due`: when the student was to hand it in. `counting`: the attempt that counts, if it is another one.
    """
    failed = {exercise: 0 for exercise in assignment.stubs}
    for each in before:
        tried = {cell for cell, status in each.statuses.items() if status not in NO_TRY}
        for exercise in {assignment.exercise_of(cell) for cell in tried}:
            failed[exercise] = failed.get(exercise, 0) + 1
    details = {exercise: policy.detail(times) for exercise, times in failed.items()}
    times = f"received {clock(attempt.arrived or 0.0)}, graded {clock(attempt.judged)}"
    if attempt.unreadable:
        lines = [f"{times}: it could not be read, so nothing counts yet", _next_attempt(policy, [*before, attempt])]
    else:
        when = in_time(attempt, due)
        lines = [f"{times}: {of_points(attempt, assignment)} by the checks"]
        lines += [f"attempt {attempt.number}, {when}; {'it counts' if counting is None else 'it does not count'}"]
        could_be_read = [each for each in before if not each.unreadable]
        lines += [since(could_be_read[-1], attempt, assignment)] if could_be_read else []
        if score(attempt, assignment) < assignment.max_score:
            lines += [_next(policy, [*before, attempt], details, attempt, assignment)]
    return {
        "assignment": assignment,
        "details": details,
        "grade": _grade(counting, assignment),
        "past_due": due is not None and due < time.time(),
        "later": f"after {clock(due)}" if due else "by your instructor",
        "lines": list(map(readable, lines)),
    }


def _grade(counting: Attempt | None, assignment: Assignment) -> str:
    """The top of the page: which other attempt counts, and its points by the checks."""
    if counting is None or counting.unreadable:
        return ""
    return f"Attempt {counting.number} counts: {of_points(counting, assignment)}"


def in_time(attempt: Attempt, due: float | None) -> str:
    """Whether an attempt is in time, or late by how much, in words."""
    if attempt.arrived is None or due is None:
        return lateness(0.0, is_late(attempt, due))
    return lateness(attempt.arrived - due, False)


def unread(attempt: Attempt, counting: Attempt, attempts: Sequence[Attempt], policy: Serve) -> dict[str, Any]:
    """The facts for the page on an attempt that can't be read, besides those of the one that counts.

    `attempts`: all of the student's for the assignment.
    """
    counts = f"it could not be read, so attempt {counting.number} counts"
    lines = [f"received {clock(attempt.arrived or 0.0)}: {counts}", _next_attempt(policy, attempts)]
    return {"lines": list(map(readable, lines)), "attempt": counting.number, "unread": attempt.why}


MORE = {
    "verdicts": "which checks fail",
    "values": "what was called, what came back and what was expected",
    "hints": "a hint more",
}


def since(earlier: Attempt, attempt: Attempt, assignment: Assignment) -> str:
    """The changes since an earlier attempt, in words."""
    then, now = score(earlier, assignment), score(attempt, assignment)
    line = f"since attempt {earlier.number}: {then:g} points then, {now:g} now"
    passed = [name for name, status in attempt.statuses.items() if status == "passed"]
    was = [name for name, status in earlier.statuses.items() if status == "passed"]
    for words, names in (
        ("passed now", [name for name in passed if name not in was]),
        ("passed then, and no more", [name for name in was if name not in passed]),
    ):
        line += f"; {words}: {', '.join(names)}" if names else ""
    if (attempt.answered or 0) < (earlier.answered or 0):
        most = len(assignment.stubs)
        line += f"; {earlier.answered} of {most} exercises answered then, {attempt.answered} now"
    return line if earlier.digest != attempt.digest else f"{line}; you handed in the same as then"


def _next(
    policy: Serve,
    attempts: list[Attempt],
    details: dict[str, Any],
    attempt: Attempt,
    assignment: Assignment,
) -> str:
    """When the next attempt is graded, and what more it tells."""
    line = _next_attempt(policy, attempts)
    tried = [cell for cell, status in attempt.statuses.items() if status not in NO_TRY]
    open_now = {assignment.exercise_of(cell) for cell in tried}
    now = {
        details[exercise][0] for exercise in open_now if exercise in details and not assignment.is_prediction(exercise)
    }
    more = [policy.tell[min(policy.tell.index(each) + 1, len(policy.tell) - 1)] for each in sorted(now)]
    if more and (what := [MORE[each] for each in dict.fromkeys(more)]):
        line += f"; of what still fails then, you are told {' or '.join(what)}"
    return line


def _next_attempt(policy: Serve, attempts: Sequence[Attempt]) -> str:
    """When the next attempt is graded, after these."""
    judged = [each.judged for each in attempts]
    when = policy.not_before(judged)
    if when > max(judged):
        return f"what you hand in next is graded from {clock(when)} on"
    rule = f"; from the third on, {policy.cool_down} s after the one before" if policy.cool_down else ""
    return f"hand in again at any time{rule}"


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
