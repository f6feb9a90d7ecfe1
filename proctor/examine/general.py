"""Names misconceptions that look alike in every exercise, by the rules in `answers/general.py`.

Each is recognised by what came back; the answer's source lends the words, and no verdict depends on it.
"""

import re
import runpy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from proctor.course.files import made_once
from proctor.course.report import Diagnosis, readable
from proctor.examine.source import Code

PREFIX = "general."
MAX_HINT = 400


@dataclass(frozen=True)
class Rule:
    """A misconception that shows in the `pattern` of a failure's words; its hint may be worded for the answer at hand."""

    id: str
    pattern: str
    title: str
    hint: str | Callable[[re.Match, Code], str | None]


def rules(path: Path) -> list[Rule]:
    """The rules in a file, read once and again when it changes; none where there is no such file."""
    return _rules(path) if path.is_file() else []


@made_once
def _rules(path: Path) -> list[Rule]:
    return runpy.run_path(str(path))["RULES"]


def general_misconception(said: str, code: Code, known: list[Rule]) -> Diagnosis | None:
    """The misconception of the first rule that fits what was `said` of the failure: `TypeError: …`, or what was expected."""
    for rule in known:
        found = re.search(rule.pattern, said)
        if found and (hint := rule.hint if isinstance(rule.hint, str) else _worded(rule.hint, found, code)):
            return {"id": PREFIX + rule.id, "title": rule.title, "hint": readable(hint[:MAX_HINT])}
    return None


def _worded(words: Callable[[re.Match, Code], str | None], found: re.Match, code: Code) -> str | None:
    try:
        return words(found, code)
    except RecursionError:
        # the source nests thousands of times
        return None
