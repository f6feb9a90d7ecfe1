"""What a save may have changed: the exercises to ask again, in doubt more rather than fewer."""

import ast
import re
from types import CodeType

from proctor.course import grade_id
from proctor.course.cells import bound, parsed
from proctor.course.report import Report
from proctor.submission import Submission, code_cells

# what runs nothing of its own but a decorator
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


def changed(old: Submission, new: Submission) -> set[str]:
    """The exercises whose solution cell changed."""
    before, after = _answers(old), _answers(new)
    return {exercise for exercise in new.assignment.stubs if before.get(exercise) != after.get(exercise)}


def to_ask(old: Submission, report: Report, new: Submission) -> set[str] | None:
    """The graded cells whose verdict in the `report` on the old notebook may not hold for the new one; None for all.

    They are those of each exercise that changed, names what a changed answer binds, at however many removes, or has not
    passed: where it is wrong, others are asked with a stand-in.
    """
    exercises, before, after = changed(old, new), _answers(old), _answers(new)
    sources = {answers.get(exercise, "") for exercise in exercises for answers in (before, after)}
    if _others(old) != _others(new) or old.files != new.files or old.missing != new.missing:
        return None
    if not all(map(_only_defines, sources)):
        return None
    released = new.assignment.released_sources
    cells = {*_others(new), *after.values()} - after.keys() - new.assignment.idle(new.notebook)
    if any(re.search(r"\bglobal\b", cell) for cell in cells - released):
        return None
    try:
        reads = {cell: _names_in(cell) for cell in cells}
    except (SyntaxError, ValueError, RecursionError):
        return None
    names, found = {name for source in sources for name in bound(source)}, set[str]()
    while more := {cell for cell in cells - found if names & reads[cell]}:
        found |= more
        names |= {name for cell in more for name in bound(cell)}
    asked = {
        name
        for name in after
        if name in exercises or after[name] in found or names.intersection(new.assignment.names_of(name))
    }
    asked |= {new.assignment.graded[cell.id].exercise for cell in report.cells if cell.status != "passed"}
    # what judges itself has run anyway
    graded = new.assignment.graded.items()
    return {name for name, cell in graded if cell.exercise in asked} | new.assignment.plain.keys()


def is_untouched(submission: Submission) -> bool:
    """Whether the notebook holds nothing but what was released."""
    return {cell.source for cell in code_cells(submission.notebook)} <= submission.assignment.released_sources


def _only_defines(source: str) -> bool:
    """Whether a cell does nothing but define, import, and give names to values without a call."""
    tree = parsed(source)
    return isinstance(tree, ast.Module) and not any(_acts(line) for line in tree.body)


def _acts(line: ast.stmt) -> bool:
    if isinstance(line, DEFINITIONS):
        return bool(getattr(line, "decorator_list", None))
    if isinstance(line, ast.Expr):
        return not isinstance(line.value, ast.Constant)
    reaches = (ast.Call, ast.Attribute, ast.Subscript)
    return not isinstance(line, ast.Assign) or any(isinstance(node, reaches) for node in ast.walk(line))


def _names_in(source: str) -> set[str]:
    """The names that a cell and the functions in it look up beyond their own.

    Raises `SyntaxError`, `ValueError` or `RecursionError` where it can't be told.
    """
    tree = parsed(source)
    if not isinstance(tree, ast.Module):
        raise SyntaxError
    # code calls attributes names, too
    written = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    codes, found = [compile(tree, "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)], set[str]()
    while codes:
        code = codes.pop()
        found.update(code.co_names)
        codes += [each for each in code.co_consts if isinstance(each, CodeType)]
    return found & written


def _answers(submission: Submission) -> dict[str, str]:
    found = {grade_id(cell): cell.source for cell in code_cells(submission.notebook)}
    return {exercise: found[exercise] for exercise in submission.assignment.stubs if exercise in found}


def _others(submission: Submission) -> list[str]:
    """The sources of the other cells; where an answer stands among them, its name."""
    stubs = submission.assignment.stubs
    cells = [(grade_id(cell), cell.source) for cell in code_cells(submission.notebook)]
    return [name if name in stubs else source for name, source in cells if name is not None or source]
