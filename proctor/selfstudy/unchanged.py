"""Which exercises of a notebook that was saved again have to be asked again: those whose answer changed, and what it reaches.

It is decided by names, in doubt for asking.
"""

import ast
import symtable

from proctor.cell_source import parsed
from proctor.course import grade_id, names_of
from proctor.report import Report
from proctor.submission import Submission, code_cells

QUIET = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Pass)
Reach = tuple[set[str], set[str]]


def changed(old: Submission, new: Submission) -> set[str]:
    """The exercises whose solution cell changed."""
    before, after = _answers(old), _answers(new)
    return {exercise for exercise in new.assignment.stubs if before.get(exercise) != after.get(exercise)}


def to_ask(old: Submission, report: Report, new: Submission) -> set[str] | None:
    """The graded cells whose verdict in the `report` on the old notebook may not hold for the new one; None for all."""
    exercises, before, after = changed(old, new), _answers(old), _answers(new)
    if _others(old) != _others(new) or old.files != new.files or old.missing != new.missing:
        return None
    if not all(_is_quiet(answers[exercise]) for exercise in exercises for answers in (before, after)):
        return None
    graded, wrong = new.assignment.graded, {cell.id for cell in report.cells if cell.status != "passed"}
    idle = new.assignment.idle(new.notebook)
    try:
        cells = {str(n): _reach(source) for n, source in enumerate(_others(new)) if source not in idle}
        cells |= {exercise: _reach(after[exercise], before[exercise]) for exercise in after}
    except (SyntaxError, ValueError, RecursionError):
        return None
    touched = _closure(exercises, cells, forward=True)
    names = set().union(*(cells[cell][0] for cell in touched))
    asked = {each for each in new.assignment.stubs if each in touched or names.intersection(names_of(each))}
    # what an answer calls is stood in for where it is wrong, which only asking finds
    needed = _closure(asked, cells, forward=False)
    again = {name for name, cell in graded.items() if cell.exercise in asked}
    again |= {name for name, cell in graded.items() if name in wrong and cell.exercise in needed}
    again |= {cell.id for cell in report.cells if cell.status == "unjudged"}
    # an exercise is asked as a whole, and what judges itself has run anyway
    whole = {graded[name].exercise for name in again}
    return {name for name, cell in graded.items() if cell.exercise in whole} | new.assignment.plain.keys()


def is_untouched(submission: Submission) -> bool:
    """Whether the notebook holds nothing but what was released."""
    return {cell.source for cell in code_cells(submission.notebook)} <= submission.assignment.released_sources


def _answers(submission: Submission) -> dict[str, str]:
    found = {grade_id(cell): cell.source for cell in code_cells(submission.notebook)}
    return {exercise: found[exercise] for exercise in submission.assignment.stubs if exercise in found}


def _others(submission: Submission) -> list[str]:
    """The sources of the other cells; where an answer stands among them, its name."""
    stubs = submission.assignment.stubs
    cells = [(grade_id(cell), cell.source) for cell in code_cells(submission.notebook)]
    return [name if name in stubs else source for name, source in cells if name is not None or source]


def _is_quiet(source: str) -> bool:
    """Whether a cell does nothing but give names to things."""
    tree = parsed(source)
    return isinstance(tree, ast.Module) and all(
        isinstance(line, QUIET)
        or (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))
        or (isinstance(line, ast.Assign) and not any(_reaches_out(target) for target in line.targets))
        for line in tree.body
    )


def _reaches_out(target: ast.expr) -> bool:
    return any(isinstance(node, ast.Attribute | ast.Subscript) for node in ast.walk(target))


def _reach(*sources: str) -> Reach:
    """The names that cells bind at their top level or as globals, and those that they read from there."""
    bound, used = set[str](), set[str]()
    for source in sources:
        tree = parsed(source)
        if not isinstance(tree, ast.Module):
            raise SyntaxError
        scopes = [top := symtable.symtable(ast.unparse(tree), "cell", "exec")]
        while scopes:
            scope = scopes.pop()
            scopes += scope.get_children()
            for symbol in scope.get_symbols():
                if scope is top or symbol.is_global():
                    used |= {symbol.get_name()} if symbol.is_referenced() else set()
                    bound |= {symbol.get_name()} if symbol.is_assigned() or symbol.is_imported() else set()
    return bound, used


def _closure(start: set[str], cells: dict[str, Reach], forward: bool) -> set[str]:
    """The cells that read, at however many removes, what `start` binds; otherwise those that bind what it reads."""
    found, size = start & cells.keys(), -1
    while size != len(found):
        size = len(found)
        names = set().union(*(cells[cell][0 if forward else 1] for cell in found))
        found |= {cell for cell, reach in cells.items() if names & reach[1 if forward else 0]}
    return found
