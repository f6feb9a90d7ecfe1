"""A student's answer as a quiz shows and runs it: its own lines, and the definitions that these need."""

import ast
import builtins
from dataclasses import dataclass

from nbformat import NotebookNode

from proctor.course import Assignment, grade_id
from proctor.course.cells import bound, globals_read, parsed


@dataclass(frozen=True)
class OwnCode:
    """An answer: the `shown` lines, and `before`, the definitions elsewhere in the notebook that they need."""

    exercise: str
    before: str
    shown: str

    @property
    def source(self) -> str:
        return f"{self.before}\n{self.shown}\n"

    @property
    def lines(self) -> list[str]:
        return self.shown.splitlines()


@dataclass(frozen=True)
class Definition:
    """A statement at the top level of the cell `at`, and the names that it binds."""

    at: int
    source: str
    names: frozenset[str]


def own_code(notebook: NotebookNode, assignment: Assignment, exercise: str) -> OwnCode:
    """The answer to `exercise` by the text of a notebook alone; nothing is shown if that defines none."""
    found: list[Definition] = []
    at = -1
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            found += _definitions(cell.source, number)
        if grade_id(cell) == exercise:
            at = number
    name = assignment.names_of(exercise)[0]
    if not any(name in each.names and each.at == at for each in found):
        at = max((each.at for each in found if name in each.names), default=-1)
    needed = _needed(found, name, at)
    shown, before = [], []
    for each in found:
        is_code = each.source.lstrip("@").startswith(("def ", "class ")) or name in each.names
        is_own = {assignment.owners.get(one, exercise) for one in each.names} == {exercise}
        if each in needed:
            (shown if is_code and is_own else before).append(each.source)
    return OwnCode(exercise, "\n".join(before), _without_docstrings("\n".join(shown)))


def _definitions(source: str, cell: int) -> list[Definition]:
    tree = parsed(source)
    lines = source.splitlines()
    found = []
    for node in tree.body if isinstance(tree, ast.Module) else []:
        names = frozenset(bound("\n".join(lines[node.lineno - 1 : node.end_lineno])))
        first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])
        found.append(Definition(cell, "\n".join(lines[first - 1 : node.end_lineno]), names))
    return found


def _needed(found: list[Definition], name: str, at: int) -> list[Definition]:
    """The definitions that `name` needs, its own included: of each name the last up to cell `at`, or else the next."""
    needed: list[Definition] = []
    names = [name]
    for each in names:
        binding = [one for one in found if each in one.names and not hasattr(builtins, each)]
        above = [one for one in binding if one.at <= at]
        for definition in above[-1:] or binding[:1]:
            if definition not in needed:
                needed.append(definition)
                names += globals_read(definition.source)
    return needed


def _without_docstrings(source: str) -> str:
    """A source without its docstrings and blank lines."""
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and len(node.body) > 1 and ast.get_docstring(node):
            for number in range(node.body[0].lineno - 1, node.body[0].end_lineno or 0):
                lines[number] = ""
    return "\n".join(filter(str.strip, lines))
