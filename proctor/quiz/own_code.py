"""A student's answer as a quiz shows and runs it: its own lines, and the definitions that these
need.
"""

import ast
from collections.abc import Collection
from dataclasses import dataclass

from nbformat import NotebookNode

from proctor.course import Assignment, grade_id
from proctor.course.cells import bound, globals_read, parsed
from proctor.sandbox.limited import run_limited
from proctor.submission import code_cells


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
    cells = [(grade_id(cell), cell.source) for cell in code_cells(notebook)]
    own_names = assignment.names_of(exercise)
    of_others = assignment.owners.keys() - own_names
    before, shown = run_limited(find_code, cells, exercise, own_names, of_others)
    return OwnCode(exercise, before, shown)


def find_code(
    cells: list[tuple[str | None, str]],
    exercise: str,
    own_names: Collection[str],
    of_others: set[str],
) -> tuple[str, str]:
    """The definitions that an answer needs, and its own lines, in cells with their names and
    sources.
    """
    statements = []
    places = {}
    is_below = False
    for name, source in cells:
        tree = parsed(source)
        for node in tree.body if isinstance(tree, ast.Module) else []:
            text = ast.unparse(node)
            for each in bound(text):
                # the last one up to the exercise, or else the next
                if not is_below or each not in places:
                    places[each] = len(statements)
            statements.append(text)
        is_below = is_below or name == exercise
    needed = set()
    names = [*own_names]
    for name in names:
        if name in places and places[name] not in needed:
            needed.add(places[name])
            names += globals_read(statements[places[name]])
    before = []
    shown = []
    for place in sorted(needed):
        text = _without_docstrings(statements[place])
        names = bound(text).keys()
        is_code = text.startswith(("def ", "class ", "@")) or not names.isdisjoint(own_names)
        (shown if is_code and names.isdisjoint(of_others) else before).append(text)
    return "\n".join(before), "\n".join(shown)


def _without_docstrings(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(
            node, clean=False
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)
