"""The misconceptions and their hints, which end docs/mistakes.md when the pages are built."""

from pathlib import Path

from proctor.course import assignments
from proctor.course.answers import answers
from proctor.course.report import GENERAL
from proctor.examine.general import rules


def catalogue(course: Path) -> str:
    """The misconceptions of every exercise with their hints, as Markdown."""
    found = assignments(course)
    general = rules(next(iter(found.values())).general_rules)
    # some hints are worded for the answer at hand
    rows = [(rule.title, rule.hint if isinstance(rule.hint, str) else "…", GENERAL + rule.id) for rule in general]
    parts = [_section("In every exercise", "", rows)]
    for assignment in found.values():
        for exercise in assignment.stubs:
            known = answers(assignment.wrong_answers / f"{exercise}.py")
            where = f"In `{assignment.name}`; the answers: `answers/wrong/{exercise}.py`\n\n"
            parts.append(_section(exercise, where, [(answer.title, answer.hint, answer.id) for answer in known]))
    return "\n".join(parts)


def _section(title: str, text: str, rows: list[tuple[str, str, str]]) -> str:
    lines = [f"| {_cell(does)} | {_cell(hint)} | `{name}` |\n" for does, hint, name in rows]
    return f"## {title}\n\n{text}| what the answer does | hint | id |\n|---|---|---|\n{''.join(lines)}"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
