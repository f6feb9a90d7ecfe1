"""Known wrong answers that a student may see: those that the visible checks fail."""

import ast

from proctor.course import Assignment
from proctor.course.answers import known
from proctor.sandbox.cell import Cell, Limits
from proctor.sandbox.launcher import fork_server
from proctor.sandbox.protocol import Setup
from proctor.sandbox.session import Session

MOST = 6  # answers to one exercise
LINES = 12  # of an answer that is shown beside another


def visibly_wrong(assignment: Assignment, exercise: str) -> list[tuple[str, str]]:
    """What short wrong answers to an exercise do, and their sources under its name."""
    checks = [cell.source for name, cell in assignment.locked.items() if name in assignment.cells_of(exercise)]
    answers = []
    for each in known(assignment.wrong_answers / f"{exercise}.py"):
        source = _renamed(each.source, each.id, assignment.names_of(exercise)[0])
        if not each.like and source and len(source.splitlines()) <= LINES:
            answers.append((each.title, source))
    cells = [Cell(source) for name, source in _solved(assignment) if name != exercise]
    places = []
    for _, source in answers:
        cells.append(Cell(source))
        cells += map(Cell, checks)
        places.append(range(len(cells) - len(checks), len(cells)))
    session = Session(fork_server(), cells, Limits(cell=5, notebook=60), Setup(modules=assignment.modules))
    try:
        session.run_all()
    finally:
        session.close()
    found = []
    for answer, places_of_checks in zip(answers, places):
        done = [cells[place].done for place in places_of_checks]
        if any(each is not None and each.error_name for each in done):
            found.append(answer)
    return found[:MOST]


def _solved(assignment: Assignment) -> list[tuple[str, str]]:
    """The released cells that nothing judges, and the reference solutions, by grade id."""
    solved = {name: cell.source for name, cell in assignment.locked.items()} | assignment.solutions
    return [(name, source) for name, source in solved.items() if name not in assignment.graded]


def _renamed(source: str, old: str, new: str) -> str:
    """A function under another name, without docstring and comments; empty if the answer is no single function."""
    nodes = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    if len(nodes) != 1 or nodes[0].name not in (old, new):
        return ""
    (node,) = nodes
    node.name = new
    if ast.get_docstring(node):
        del node.body[0]
    return ast.unparse(node)
