"""The misconceptions and their hints, which end docs/mistakes.md: `python -m proctor.authoring.catalogue` prints them."""

from collections.abc import Iterable
from pathlib import Path

from proctor.course import Assignment, assignments, find_course
from proctor.course.answers import Answer, answers
from proctor.examine.general import PREFIX, rules


def catalogue(course: Path) -> str:
    """The misconceptions of every exercise with their hints, as Markdown."""
    found = assignments(course)
    parts = [_everywhere(next(iter(found.values())).general_rules)]
    for assignment in found.values():
        for exercise in assignment.stubs:
            parts.append(_section(assignment, exercise, answers(assignment.wrong_answers / f"{exercise}.py")))
    return "\n".join(parts)


def _everywhere(path: Path) -> str:
    """The misconceptions that look alike in every exercise; some hints are worded for the answer at hand."""
    rows = [
        f"| {_cell(rule.title)} | {_cell(rule.hint) if isinstance(rule.hint, str) else '…'} | `{PREFIX}{rule.id}` |"
        for rule in rules(path)
    ]
    head = ["## In every exercise", "", "| what the answer does | hint | id |", "|---|---|---|"]
    return "\n".join([*head, *rows, ""])


def _section(assignment: Assignment, exercise: str, found: Iterable[Answer]) -> str:
    rows = [f"| {_cell(answer.title)} | {_cell(answer.hint)} | `{answer.id}` |" for answer in found]
    head = [f"## {exercise}", "", f"In `{assignment.name}`; the answers: `answers/wrong/{exercise}.py`", ""]
    return "\n".join([*head, "| what the answer does | hint | id |", "|---|---|---|", *rows, ""])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    print(catalogue(find_course()))
