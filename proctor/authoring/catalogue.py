"""What students get wrong and what helps: docs/mistakes.md ends with it. `python -m proctor.authoring.catalogue` prints it."""

from collections.abc import Iterable
from pathlib import Path

from proctor.answers import Answer, answers
from proctor.course import Assignment, assignments, find_course


def catalogue(course: Path) -> str:
    """The misconceptions of every exercise with their hints, as Markdown."""
    parts = []
    for assignment in assignments(course).values():
        for exercise in assignment.stubs:
            parts.append(_section(assignment, exercise, answers(assignment.wrong_answers / f"{exercise}.py")))
    return "\n".join(parts)


def _section(assignment: Assignment, exercise: str, found: Iterable[Answer]) -> str:
    rows = [f"| {_cell(answer.title)} | {_cell(answer.hint)} | `{answer.id}` |" for answer in found]
    head = [f"## {exercise}", "", f"In `{assignment.name}`; the answers: `answers/wrong/{exercise}.py`", ""]
    return "\n".join([*head, "| what the answer does | hint | id |", "|---|---|---|", *rows, ""])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    print(catalogue(find_course()))
