"""The exercises to ask again after a save, in doubt more rather than fewer."""

import ast

from proctor.course import grade_id
from proctor.course.cells import bound, parsed
from proctor.course.report import Report
from proctor.submission import Submission, code_cells

DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom
REACHES_OUT = ast.Call | ast.Attribute | ast.Subscript


def changed(old: Submission, new: Submission) -> set[str]:
    """The exercises whose solution cell changed."""
    before, after = _answers(old), _answers(new)
    return {exercise for exercise in new.assignment.stubs if before.get(exercise) != after.get(exercise)}


def to_ask(old: Submission, report: Report, new: Submission) -> set[str] | None:
    """The graded cells whose verdict in the `report` on the old notebook may not hold for the new one; None for all.

    They are those of each exercise that changed, names what a changed answer binds, at however many removes, or has not
    passed: where it is wrong, others are asked with a stand-in.
    """
    assignment, before, after = new.assignment, _answers(old), _answers(new)
    exercises, others = changed(old, new), _others(new)
    sources = [answers.get(exercise, "") for exercise in exercises for answers in (before, after)]
    if _others(old) != others or old.files != new.files or old.missing != new.missing:
        return None
    cells = {*others, *after.values()} - after.keys() - assignment.idle(new.notebook)
    names_in = {cell: _names_in(cell) for cell in cells.union(sources)}
    if not all(map(_only_defines, sources)) or None in names_in.values():
        return None
    names, found = {name for source in sources for name in bound(source)}, set[str]()
    while more := {cell for cell in cells - found if names.intersection(names_in[cell] or ())}:
        found |= more
        names |= {name for cell in more for name in bound(cell)}
    asked = {each for each in after if after[each] in found or names.intersection(assignment.names_of(each))}
    asked |= exercises | {assignment.graded[cell.id].exercise for cell in report.cells if cell.status != "passed"}
    # a cell that judges itself has run anyway
    return {name for name, cell in assignment.graded.items() if cell.exercise in asked} | assignment.plain.keys()


def is_untouched(submission: Submission) -> bool:
    """Whether the notebook holds nothing but what was released."""
    return {cell.source for cell in code_cells(submission.notebook)} <= submission.assignment.released_sources


def _only_defines(source: str) -> bool:
    """Whether a cell does nothing but define, import, and give names to values, so that no other exercise can notice."""
    tree = parsed(source)
    if not isinstance(tree, ast.Module):
        return False
    definitions = [line for line in tree.body if isinstance(line, DEFINITIONS)]
    others = [line for line in tree.body if line not in definitions]
    return (
        not any(getattr(line, "decorator_list", None) for line in definitions)
        and all(isinstance(line, ast.Assign | ast.Expr) for line in others)
        and not any(isinstance(node, REACHES_OUT) for line in others for node in ast.walk(line))
    )


def _names_in(source: str) -> set[str] | None:
    """The names in a cell, be they its own or not; None where they can't be told."""
    tree = parsed(source)
    nodes = [*ast.walk(tree)] if isinstance(tree, ast.Module) else []
    if not nodes or any(isinstance(node, ast.Global) for node in nodes):
        return None
    return {node.id for node in nodes if isinstance(node, ast.Name)}


def _answers(submission: Submission) -> dict[str, str]:
    found = {grade_id(cell): cell.source for cell in code_cells(submission.notebook)}
    return {exercise: found[exercise] for exercise in submission.assignment.stubs if exercise in found}


def _others(submission: Submission) -> list[str]:
    """The sources of the other cells; where an answer stands among them, its name."""
    stubs = submission.assignment.stubs
    cells = [(grade_id(cell), cell.source) for cell in code_cells(submission.notebook)]
    return [name if name in stubs else source for name, source in cells if name is not None or source]
