"""Names misconceptions that look alike in every exercise, by the rules in `answers/general.py`.

Each is recognised by the reply; the answer's source lends the words, and no verdict depends on it.
"""

import ast
import re
import runpy
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proctor.course.cells import bound, tree_of
from proctor.course.files import made_once
from proctor.course.report import GENERAL, Diagnosis, readable

MAX_HINT = 400
MAX_SOURCE = 20_000  # characters of a cell; an honest answer has 2,000
MAX_NAMES = 3000  # to be compared with one
Definition = ast.FunctionDef | ast.ClassDef


@dataclass
class AnswerCode:
    """A student's answer to an exercise that defines `names`, beside the released cells and the
    `other` ones.

    `line`: the line of the notebook that raised the error, if one did.
    """

    names: tuple[str, ...] = ()
    source: str = ""
    stub: str = ""
    others: Iterable[str] = ()
    line: str = ""

    def definitions(self) -> list[Definition]:
        """The functions and classes of the answer that have the exercise's names."""
        return _definitions(self.source, self.names)

    def functions(self) -> list[ast.FunctionDef]:
        """The answer's functions, and the methods of its classes."""
        return _functions(self.definitions())

    def released_functions(self) -> list[ast.FunctionDef]:
        """The functions and methods of the stub."""
        return _functions(_definitions(self.stub, self.names))

    def all_names(self) -> set[str]:
        """Every name that the answer's cell binds, and that the others define."""
        found = set[str]()
        for node in ast.walk(_tree(self.source)):
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                found.add(node.id)
            elif isinstance(node, ast.arg):
                found.add(node.arg)
            elif isinstance(node, ast.alias):
                found.add((node.asname or node.name).split(".")[0])
        for each in self.others:
            if len(each) <= MAX_SOURCE:
                found.update(bound(each))
        return found if len(found) <= MAX_NAMES else set()


def _tree(source: str) -> ast.Module:
    return tree_of(source if len(source) <= MAX_SOURCE else "")


def _definitions(source: str, names: Iterable[str]) -> list[Definition]:
    found = []
    for node in _tree(source).body:
        if isinstance(node, Definition) and node.name in names:
            found.append(node)
    return found


def _functions(definitions: list[Definition]) -> list[ast.FunctionDef]:
    found = []
    for definition in definitions:
        if isinstance(definition, ast.FunctionDef):
            found.append(definition)
        else:
            found += [node for node in definition.body if isinstance(node, ast.FunctionDef)]
    return found


@dataclass(frozen=True)
class Rule:
    """A misconception that shows in the `pattern` of a failure's words; its hint may be worded for
    the answer at hand.
    """

    id: str
    pattern: str
    title: str
    hint: str | Callable[[re.Match, AnswerCode], str | None]


@made_once
def names_in(path: Path) -> dict[str, Any]:
    """The names that a file of the course's own defines; none if there is no such file."""
    return runpy.run_path(str(path)) if path.is_file() else {}


def rules(path: Path) -> list[Rule]:
    """The rules in a file; none if there is no such file."""
    return names_in(path).get("RULES", [])


def general_misconception(failure: str, code: AnswerCode, known: list[Rule]) -> Diagnosis | None:
    """The misconception of the first rule that fits the words of a `failure`: `TypeError: …`, or
    the expected value.
    """
    for rule in known:
        if found := re.search(rule.pattern, failure):
            try:
                hint = rule.hint
                if not isinstance(hint, str):
                    hint = hint(found, code)
            except RecursionError:
                # the source nests thousands of times
                continue
            if hint:
                return {
                    "id": GENERAL + rule.id,
                    "title": rule.title,
                    "hint": readable(hint[:MAX_HINT]),
                }
    return None
