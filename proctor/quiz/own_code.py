"""A student's answer as a quiz shows and runs it: its own lines, and the definitions that these
need.
"""

import ast
import builtins
from collections.abc import Collection
from dataclasses import dataclass

from nbformat import NotebookNode

from proctor.course import Assignment, grade_id
from proctor.course.cells import bound, globals_read, parsed
from proctor.sandbox.limited import run_limited


@dataclass(frozen=True)
class OwnCode:
    """An answer: the `shown` lines, and `before`, the definitions elsewhere in the notebook that
    they need.
    """

    exercise: str
    before: str
    shown: str

    @property
    def lines(self) -> list[str]:
        return self.shown.splitlines()

    def source(self, shown: str = "") -> str:
        """All that is run, with other lines in place of the shown ones if there are any."""
        return f"{self.before}\n{shown or self.shown}\n"

    def line(self, number: int) -> int:
        """The line of the source at which a shown line stands."""
        return self.before.count("\n") + 1 + number


def own_code(notebook: NotebookNode, assignment: Assignment, exercise: str) -> OwnCode:
    """The answer to an exercise by the text of a notebook alone; it has no lines if the notebook
    defines none.
    """
    own_names = assignment.names_of(exercise)
    of_others = {name for name, owner in assignment.owners.items() if owner != exercise}
    before = []
    shown = []
    for source, names in needed(notebook, exercise, own_names):
        is_code = source.startswith(("def ", "class ", "@")) or not names.isdisjoint(own_names)
        (shown if is_code and names.isdisjoint(of_others) else before).append(source)
    return OwnCode(exercise, "\n".join(before), "\n".join(shown))


def needed(
    notebook: NotebookNode, exercise: str, names: Collection[str]
) -> list[tuple[str, set[str]]]:
    """The statements that define names, or what these need, as a notebook has them up to the cell
    of an exercise.
    """
    cells = [
        (grade_id(cell) or "", cell.source) for cell in notebook.cells if cell.cell_type == "code"
    ]
    return [
        (source, set(binds))
        for source, binds in run_limited(find_needed, cells, exercise, list(names))
    ]


def find_needed(
    cells: list[tuple[str, str]], exercise: str, names: list[str]
) -> list[tuple[str, list[str]]]:
    """The same of cells with their names and sources, each statement with what it binds."""
    definitions = []
    at = -1
    for number, (name, source) in enumerate(cells):
        tree = parsed(source)
        for node in tree.body if isinstance(tree, ast.Module) else []:
            text = ast.unparse(node)
            definitions.append((number, text, [*bound(text)]))
        if name == exercise:
            at = number
    found = set()
    for name in names:
        binding = [each for each, (_, _, binds) in enumerate(definitions) if name in binds]
        above = [each for each in binding if definitions[each][0] <= at]
        # the last one up to the exercise, or else the next
        for each in [] if hasattr(builtins, name) else above[-1:] or binding[:1]:
            if each not in found:
                found.add(each)
                names += globals_read(definitions[each][1])
    return [
        (_without_docstrings(definitions[each][1]), definitions[each][2]) for each in sorted(found)
    ]


def _without_docstrings(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(
            node, clean=False
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)
