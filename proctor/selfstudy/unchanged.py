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
    return {exercise for exercise, _ in {*_cells(old)} ^ {*_cells(new)} if exercise}


def to_ask(old: Submission, report: Report, new: Submission) -> set[str] | None:
    """The graded cells whose verdict in the `report` on the old notebook may not hold for the new one; None for all.

    They are those of each exercise that changed, names what a changed answer binds, at however many removes, or has not
    passed: where it is wrong, others are asked with a stand-in.
    """
    assignment, before, after, asked = new.assignment, _cells(old), _cells(new), changed(old, new)
    others = [[exercise or source for exercise, source in cells] for cells in (before, after)]
    answers = [source for exercise, source in [*before, *after] if exercise in asked]
    if others[0] != others[1] or old.files != new.files or old.missing != new.missing:
        return None
    sources = {source for _, source in [*before, *after]} - assignment.idle(new.notebook)
    names_in = {source: names for source in sources if (names := _names_in(source)) is not None}
    if len(names_in) < len(sources) or not all(map(_only_defines, answers)):
        return None
    names, more = set[str](), {name for source in answers for name in bound(source)}
    while names != more:
        names = more
        more = names.union(*(bound(source) for source in sources if names & names_in[source]))
    asked |= {exercise for exercise, source in after if names & names_in.get(source, set())}
    asked |= {exercise for exercise in assignment.stubs if names.intersection(assignment.names_of(exercise))}
    asked |= {assignment.graded[cell.id].exercise for cell in report.cells if cell.status != "passed"}
    # a cell that judges itself has run anyway
    return {name for name, cell in assignment.graded.items() if cell.exercise in asked} | assignment.plain.keys()


def is_untouched(submission: Submission) -> bool:
    """Whether the notebook holds nothing but what was released."""
    return {cell.source for cell in code_cells(submission.notebook)} <= submission.assignment.released_sources


def _cells(submission: Submission) -> list[tuple[str, str]]:
    """The exercise that each code cell answers, empty where it answers none, and its source; blank cells left out."""
    stubs = submission.assignment.stubs
    cells = [(grade_id(cell) or "", cell.source) for cell in code_cells(submission.notebook)]
    return [(name if name in stubs else "", source) for name, source in cells if name in stubs or source]


def _only_defines(source: str) -> bool:
    """Whether a cell does nothing but define, import, and give names to values, so that no other exercise can notice."""
    tree = parsed(source)
    if not isinstance(tree, ast.Module):
        return False
    others = [line for line in tree.body if not isinstance(line, DEFINITIONS)]
    reaches_out = any(isinstance(node, REACHES_OUT) for line in others for node in ast.walk(line))
    return all(isinstance(line, ast.Assign | ast.Expr) for line in others) and not reaches_out


def _names_in(source: str) -> set[str] | None:
    """The names in a cell, be they its own or not; None where they can't be told."""
    tree = parsed(source)
    nodes = [*ast.walk(tree)] if isinstance(tree, ast.Module) else []
    if not nodes or any(isinstance(node, ast.Global) for node in nodes):
        return None
    return {node.id for node in nodes if isinstance(node, ast.Name)}
