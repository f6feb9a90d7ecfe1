"""A student's answer as a quiz shows and runs it: its own lines, and the definitions that these need."""

import ast
import builtins
from dataclasses import dataclass

from nbformat import NotebookNode

from proctor.course import Assignment, grade_id
from proctor.course.cells import bound, globals_read, parsed

LONGEST = 30  # lines that are shown of one answer
DEFINITIONS = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)


@dataclass(frozen=True)
class OwnCode:
    """An answer: the `shown` lines, and `before`, the definitions elsewhere in the notebook that they need."""

    exercise: str
    name: str
    before: str
    shown: str

    @property
    def source(self) -> str:
        return f"{self.before}\n{self.shown}\n"

    @property
    def lines(self) -> list[str]:
        return self.shown.splitlines()


@dataclass(frozen=True)
class _Definition:
    """A statement at the top level of a code cell, with the names that it binds."""

    place: tuple[int, int]
    source: str
    names: frozenset[str]
    is_code: bool


def own_code(notebook: NotebookNode, assignment: Assignment, exercise: str) -> OwnCode | None:
    """The answer to `exercise` in a notebook, taken from its text alone; None if the text defines none."""
    found: list[_Definition] = []
    at = -1
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            found += _definitions(cell.source, number)
        if grade_id(cell) == exercise:
            at = number
    name = assignment.names_of(exercise)[0]
    if not any(name in each.names and each.place[0] == at for each in found):
        at = max((each.place[0] for each in found if name in each.names), default=-1)
    needed = _closure(found, name, at)
    shown, before = [], []
    for each in sorted(needed, key=lambda one: one.place):
        others = {assignment.owners.get(one, exercise) for one in each.names} - {exercise}
        is_own = name in each.names or (each.is_code and not others)
        (shown if is_own else before).append(each.source)
    if not shown:
        return None
    return OwnCode(exercise, name, "\n".join(before), _without_docstrings("\n".join(shown)))


def _definitions(source: str, cell: int) -> list[_Definition]:
    tree = parsed(source)
    if not isinstance(tree, ast.Module):
        return []
    lines = source.splitlines()
    found = []
    for number, node in enumerate(tree.body):
        if not isinstance(node, DEFINITIONS):
            continue
        decorators = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(each.lineno for each in decorators)])
        text = "\n".join(lines[first - 1 : node.end_lineno])
        is_code = isinstance(node, ast.FunctionDef | ast.ClassDef)
        found.append(_Definition((cell, number), text, frozenset(bound(text)), is_code))
    return found


def _closure(found: list[_Definition], name: str, at: int) -> list[_Definition]:
    """The definitions that `name` needs, its own included, each as it is above the end of cell `at`, or else below."""
    needed: list[_Definition] = []
    names = [name]
    for each in names:
        if hasattr(builtins, each):
            continue
        above = [one for one in found if each in one.names and one.place[0] <= at]
        below = [one for one in found if each in one.names and one.place[0] > at]
        definition = (above[-1:] or below[:1] or [None])[0]
        if definition is not None and definition not in needed:
            needed.append(definition)
            names += globals_read(definition.source)
    return needed


def _without_docstrings(source: str) -> str:
    """A source without its docstrings and blank lines."""
    hidden: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and len(node.body) > 1 and ast.get_docstring(node):
            docstring = node.body[0]
            hidden.update(range(docstring.lineno, (docstring.end_lineno or docstring.lineno) + 1))
    lines = enumerate(source.splitlines(), 1)
    return "\n".join(line for number, line in lines if number not in hidden and line.strip())
