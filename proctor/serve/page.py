"""The answer to a student: the feedback page with the attempt on top, or, while it waits, its place
in the queue.

A page lies where the student's own Assignment List fetches it: its name is made of the secret that
came with the submission, so that nobody else can open it.
"""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode

from proctor.course import Assignment, grade_id, nbgrader_facts
from proctor.course.codes import Code
from proctor.course.files import replace
from proctor.course.hints import hints, solution
from proctor.course.report import ALWAYS_SHOWN, NOT_FAILED, as_stored, message_of, readable
from proctor.records.attempts import Attempt
from proctor.records.counting import lateness
from proctor.records.served import failing
from proctor.records.stale import points
from proctor.serve.policy import Serve

Facts = dict[str, Any]

NOTICE = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True
).get_template("notice.html.j2")


def tell(nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
    """Leaves in a report's verdicts only the parts that this attempt's page may show.

    It comes before `Summary`.
    """
    for cell in nb.metadata.get("proctor", {}).get("cells", []):
        if cell["status"] != "passed":
            _tell(cell, resources["served"])
    return nb, resources


def _tell(cell: dict[str, Any], served: Facts) -> None:
    assignment = served["assignment"]
    exercise = assignment.exercise_of(cell["id"])
    tried = cell["status"] not in NOT_FAILED
    if assignment.is_prediction(exercise):
        _tell_prediction(cell, tried, served)
        return
    detail, rungs = served["details"].get(exercise, ("verdicts", 0))
    if detail != "hints":
        cell["diagnosis"] = None
    if detail == "verdicts" and cell["status"] not in ALWAYS_SHOWN:
        cell["message"] = ""
    some = hints(assignment, exercise)[:rungs] if tried else []
    if some:
        found = cell["diagnosis"] or {"id": "", "title": f"Hints for {exercise}", "hint": ""}
        cell["diagnosis"] = found | {"hint": "\n\n".join([found["hint"], *some]).strip()}


def _tell_prediction(cell: dict[str, Any], tried: bool, served: Facts) -> None:
    if served["past_due"]:
        if tried:
            assignment = served["assignment"]
            cell["message"] += (
                f"\n\nWhat comes out:\n{solution(assignment, assignment.exercise_of(cell['id']))}"
            )
        return
    cell["diagnosis"] = None
    first = message_of(Code.FIRST_PREDICTION())
    if cell["status"] == "failed":
        cell |= as_stored(Code.FIRST_PREDICTION(later=served["later"]))
    else:
        # an answer that raised is none yet
        cell["message"] = f"{cell['message']}\n\n{first}" if tried else first


def shorten(nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
    """A preprocessor that keeps the student's own cells and the graded ones: students have the
    rest.
    """
    released = resources["served"]["assignment"].released_sources
    nb.cells = [cell for cell in nb.cells if _is_of_interest(cell) or cell.source not in released]
    # not where the instructor's own preprocessors make the page
    if "feedback" in resources:
        resources["feedback"].kept = {grade_id(cell) for cell in nb.cells}
    return nb, resources


def _is_of_interest(cell: NotebookNode) -> bool:
    facts = nbgrader_facts(cell)
    return bool(
        facts.get("solution") or facts.get("task") or (facts.get("grade") and cell.get("outputs"))
    )


def score(attempt: Attempt, assignment: Assignment) -> float:
    """An attempt's points by the checks."""
    worth = points(assignment)
    return sum(worth.get(cell, 0.0) * share for cell, (_, share) in attempt.verdicts.items())


def of_points(attempt: Attempt, assignment: Assignment) -> str:
    if attempt.unreadable:
        return "could not be read"
    return f"{score(attempt, assignment):g} of {assignment.max_score:g} points by the checks"


def facts_of(
    attempt: Attempt,
    counting: Attempt | None,
    attempts: Sequence[Attempt],
    assignment: Assignment,
    policy: Serve,
    due: float | None,
) -> Facts:
    """The facts for the page on a judged attempt, or on the one that counts if this one can't be
    read.

    `counting`: the attempt that counts. `attempts`: all of the student's for the assignment. `due`:
    the student's due date.
    """
    other = None
    if counting and counting != attempt and not counting.unreadable:
        other = counting
    shown = attempt
    if other and attempt.unreadable:
        shown = other
    failed = Counter[str]()
    for each in attempts:
        if each.number < shown.number:
            failed.update(failing(each, assignment))
    facts: Facts = {
        "shown": shown.id,
        "assignment": assignment,
        "details": {exercise: policy.detail(failed[exercise]) for exercise in assignment.stubs},
        "past_due": due is not None and due < time.time(),
        "later": f"after {clock(due)}" if due else "by your instructor",
    }
    received = f"received {clock(attempt.arrived or 0.0)}"
    times = f"{received}, graded {clock(attempt.judged)}"
    following = _next(policy, attempts)
    if attempt.unreadable:
        line = f"{times}: it could not be read, so nothing counts yet"
        if other:
            line = f"{received}: it could not be read, so attempt {other.number} counts"
            facts |= {"attempt": other.number, "unread": attempt.why}
        lines = [line, following]
    else:
        counts = "it counts"
        if other:
            counts = "it does not count"
            facts["grade"] = f"Attempt {other.number} counts: {of_points(other, assignment)}"
        late = (attempt.arrived or 0.0) - due if due else 0.0
        when = lateness(late, attempt.marked_late)
        lines = [f"{times}: {of_points(attempt, assignment)}"]
        lines.append(f"attempt {attempt.number}, {when}; {counts}")
        for each in reversed(attempts):
            if each.number < attempt.number and not each.unreadable:
                lines.append(since(each, attempt, assignment))
                break
        if score(attempt, assignment) < assignment.max_score:
            more = set[str]()
            for exercise in failing(attempt, assignment):
                if not assignment.is_prediction(exercise):
                    more.add(policy.detail(failed[exercise] + 1)[0])
            told = " or ".join(words for detail, words in MORE.items() if detail in more)
            if told:
                following += f"; of what still fails then, you are told {told}"
            lines.append(following)
    return facts | {"lines": list(map(readable, lines))}


MORE = {
    "verdicts": "which checks fail",
    "values": "what was called, what came back and what was expected",
    "hints": "a hint more",
}


def since(earlier: Attempt, attempt: Attempt, assignment: Assignment) -> str:
    """The changes since an earlier attempt, in words."""
    then, now = score(earlier, assignment), score(attempt, assignment)
    parts = [f"since attempt {earlier.number}: {then:g} points then, {now:g} now"]
    if gained := _passed_only_in(attempt, earlier):
        parts.append(f"passed now: {gained}")
    if lost := _passed_only_in(earlier, attempt):
        parts.append(f"passed then, and no more: {lost}")
    if (attempt.answered or 0) < (earlier.answered or 0):
        most = len(assignment.stubs)
        parts.append(
            f"{earlier.answered} of {most} exercises answered then, {attempt.answered} now"
        )
    if earlier.digest == attempt.digest:
        parts.append("you handed in the same as then")
    return "; ".join(parts)


def _passed_only_in(one: Attempt, other: Attempt) -> str:
    found = []
    for name, status in one.statuses.items():
        if status == "passed" and other.statuses.get(name) != "passed":
            found.append(name)
    return ", ".join(found)


def _next(policy: Serve, attempts: Sequence[Attempt]) -> str:
    """When the next attempt is graded, after these."""
    judged = [each.judged for each in attempts]
    when = policy.not_before(judged)
    if when > max(judged):
        return f"what you hand in next is graded from {clock(when)} on"
    rule = ""
    if policy.cool_down:
        rule = f"; from the third on, {policy.cool_down} s after the one before"
    return f"hand in again at any time{rule}"


def clock(when: float) -> str:
    """A time as it stands on a page, which may be read another day."""
    return time.strftime("%Y-%m-%d %H:%M:%S %Z", time.localtime(when))


def notice(name: str, title: str, line: str) -> str:
    """A short page."""
    return NOTICE.render(name=readable(name), title=title, lines=[readable(line)])


def put(feedback: Path, names: Iterable[str], page: str, groupshared: bool) -> None:
    """Puts a page where its student looks for it, under each of these names."""
    mode = 0o664 if groupshared else 0o644
    for name in names:
        replace(feedback / name, page.encode(), mode)
