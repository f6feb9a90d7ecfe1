"""`python -m proctor.authoring.catalogue`: writes answers/wrong/README.md, what students get wrong and what helps."""

from collections.abc import Iterable
from pathlib import Path

from proctor.answers import Answer, answers
from proctor.course import Assignment, assignments, find_course

HEAD = """\
# What students get wrong

Every wrong answer in this folder, with the hint that a student who gives it gets to read. An answer that does the same
with everything that the hidden checks ask is recognised by it. Generated from the files beside it by `make catalogue`.
"""


def catalogue(course: Path) -> str:
    """The misconceptions of every exercise with their hints, as Markdown."""
    parts = [HEAD]
    for assignment in assignments(course).values():
        for exercise in assignment.stubs:
            parts.append(_section(assignment, exercise, answers(assignment.wrong_answers / f"{exercise}.py")))
    return "\n".join(parts)


def _section(assignment: Assignment, exercise: str, found: Iterable[Answer]) -> str:
    rows = [f"| {_cell(answer.title)} | {_cell(answer.hint)} | `{answer.id}` |" for answer in found]
    head = [f"## {exercise}", "", f"In `{assignment.name}`; the answers: [{exercise}.py]({exercise}.py)", ""]
    return "\n".join([*head, "| what the answer does | hint | id |", "|---|---|---|", *rows, ""])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    course = find_course()
    (course / "answers" / "wrong" / "README.md").write_text(catalogue(course), encoding="utf-8")
