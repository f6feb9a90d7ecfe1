"""A student's answer as a quiz shows and runs it: its own lines, and the definitions that these
need.
"""

import ast
from dataclasses import dataclass

from nbformat import NotebookNode

from proctor.course import Assignment, grade_id
from proctor.course.cells import body_of, bound, globals_read, tree_of
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

    @property
    def source(self) -> str:
        """All that is run."""
        return f"{self.before}\n{self.shown}\n"


def own_code(notebook: NotebookNode, assignment: Assignment, exercise: str) -> OwnCode:
    """The answer to an exercise by the text of a notebook alone; it has no lines if the notebook
    defines none.
    """
    cells = [(grade_id(cell), cell.source) for cell in code_cells(notebook)]
    own_names = assignment.names_of(exercise)
    of_others = assignment.owners.keys() - own_names
    return OwnCode(exercise, *run_limited(find_code, cells, exercise, own_names, of_others))


def find_code(
    cells: list[tuple[str | None, str]],
    exercise: str,
    own_names: tuple[str, ...],
    of_others: set[str],
) -> tuple[str, str]:
    """The definitions that an answer needs, and its own lines, in cells with their names and
    sources.
    """
    statements = []
    places = {}
    is_below = False
    for name, source in cells:
        for node in tree_of(source).body:
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
        binds = bound(text).keys()
        is_code = text.startswith(("def ", "class ", "@")) or not binds.isdisjoint(own_names)
        if is_code and binds.isdisjoint(of_others):
            shown.append(text)
        else:
            before.append(text)
    return "\n".join(before), "\n".join(shown)


def _without_docstrings(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            node.body = body_of(node)
    return ast.unparse(tree)
