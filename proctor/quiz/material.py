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
    solved = {name: cell.source for name, cell in assignment.locked.items()} | assignment.solutions
    checks = [solved.pop(name) for name in assignment.graded if assignment.exercise_of(name) == exercise]
    cells = [Cell(source) for name, source in solved.items() if name not in assignment.graded]
    answers = []
    for each in known(assignment.wrong_answers / f"{exercise}.py"):
        source = _renamed(each.source, exercise)
        if source and not each.like:
            answers.append((each.title, source))
            cells += map(Cell, [source, *checks])
    session = Session(fork_server(), cells, Limits(cell=5, notebook=60), Setup(modules=assignment.modules))
    try:
        session.run_all()
    finally:
        session.close()
    found = []
    tried = cells[len(cells) - len(answers) * (1 + len(checks)) :]
    for number, answer in enumerate(answers):
        place = number * (1 + len(checks))
        if any(cell.done and cell.done.error_name for cell in tried[place : place + 1 + len(checks)]):
            found.append(answer)
    return found[:MOST]


def _renamed(source: str, name: str) -> str:
    """A short function under the exercise's name, without docstring and comments; empty if the answer is another."""
    nodes = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    if len(nodes) != 1:
        return ""
    nodes[0].name = name
    if ast.get_docstring(nodes[0]):
        del nodes[0].body[0]
    found = ast.unparse(nodes[0])
    return found if len(found.splitlines()) <= LINES else ""
