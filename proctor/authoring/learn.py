"""`proctor learn`: a student's answer becomes a known wrong answer, whose title and hint everybody gets who does the same."""

import ast
import json
import keyword
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import nbformat

from proctor.classroom.remark import graded_notebook, known_failure
from proctor.course import NAMES, Assignment, defines_value, names_of
from proctor.course.answers import answers, solved
from proctor.course.cells import parsed
from proctor.course.report import Verdict, same_behaviour
from proctor.errors import GradingError
from proctor.examine.examine import examine
from proctor.examine.mistakes import PREFIX
from proctor.submission import Submission

BY_HAND = "write it down yourself, in the form of docs/exercise.md"
PLAIN_DECORATORS = {"staticmethod", "classmethod", "property"}


@dataclass
class Learned:
    """The known wrong answer that was written, at the end of the file `path`."""

    id: str
    path: Path
    text: str
    fails: list[str]


def learn(
    course: Path, assignment: Assignment, exercise: str, student: str, title: str, hint: str, name: str = ""
) -> Learned:
    """Writes a student's answer, without comments and annotations, behind the known wrong ones, and sees it recognised.

    Raises `GradingError` where it can't be, and leaves the file as it was.
    """
    if exercise.startswith("catch_"):
        raise GradingError(f"{exercise} asks for examples, and these are told apart by what they expose")
    path, failure = assignment.wrong_answers / f"{exercise}.py", known_failure(course, assignment, student, exercise)
    if not path.is_file():
        raise GradingError(f"{path} is missing: 'proctor lint' says what belongs there")
    before = path.read_bytes()
    module = ast.parse(before)
    taken = {each for node in module.body for each in _bound(node)}
    definition = _definition(exercise, failure.source, [ast.unparse(node) for node in module.body])
    name = _name(title, name, taken | {exercise}, isinstance(definition, ast.ClassDef))
    definition.name = name
    seed = nbformat.read(graded_notebook(course, assignment, student), as_version=4).metadata.proctor["seed"]
    own = {cell.id for cell in assignment.graded.values() if cell.exercise == exercise}
    try:
        path.write_bytes(before.rstrip() + _entry(definition, title, hint, sorted(own)).encode())
        (answer,) = [each for each in answers(path) if each.id == name]
        # not known yet: what it does, and what it fails whatever the inputs are
        path.write_bytes(before)
        submission = Submission(assignment, solved(assignment, {exercise: answer.source}))
        first, second = (_failed(examine(submission, seed=each, cells=own).cells) for each in (seed, seed + 1))
        if not any(cell.behaviour and same_behaviour(failure.behaviour, cell.behaviour) for cell in first):
            raise GradingError(
                f"taken by itself, {student}'s {exercise} does something else than in the notebook: it needs more than its "
                f"cell, or was graded by other checks. Grade it again, or {BY_HAND}"
            )
        known = {cell.diagnosis["id"] if cell.diagnosis else "" for cell in first}
        known = {"" if name.startswith(PREFIX) else name for name in known}
        if len(known) == 1 and "" not in known:
            raise GradingError(f"{student}'s {exercise} is known by now, as {known.pop()}: grade again, to tell it")
        fails = [cell.id for cell in first if cell.id in {each.id for each in second}]
        if not fails:
            raise GradingError(f"with other inputs, {student}'s {exercise} passes: no check is sure to fail it")
        text = _entry(definition, title, hint, fails)
        path.write_bytes(before.rstrip() + text.encode())
        again = examine(submission, seed=seed, cells=own)
        told = {cell.diagnosis["id"] if cell.diagnosis else "nothing that is known" for cell in _failed(again.cells)}
        if told != {f"{exercise}.{name}"}:
            others = ", ".join(sorted(told))
            raise GradingError(f"{student}'s {exercise} is taken for {others}, and would still be")
    except BaseException:
        path.write_bytes(before)
        raise
    return Learned(name, path, text.strip(), fails)


def _failed(cells: Iterable[Verdict]) -> list[Verdict]:
    return [cell for cell in cells if cell.status in ("failed", "error")]


def _entry(definition: ast.FunctionDef | ast.ClassDef, title: str, hint: str, fails: list[str]) -> str:
    """The answer in the form of the files in answers/wrong/."""
    named = _text(fails[0]) if len(fails) == 1 else f"({', '.join(map(_text, fails))})"
    marked = f"@wrong(\n    {_text(title)},\n    hint={_text(hint)},\n    fails={named},\n)"
    return f"\n\n\n{marked}\n{ast.unparse(definition)}\n"


def _text(words: str) -> str:
    return json.dumps(" ".join(words.split()), ensure_ascii=False)


def _name(title: str, name: str, taken: set[str], of_class: bool) -> str:
    """The function or class: `name`, or the first words of the title, as one word that isn't taken."""
    if name in taken or (name and (not name.isidentifier() or keyword.iskeyword(name))):
        raise GradingError(f"--id {name}: that is taken, or no name in Python")
    words = re.findall(r"[a-z0-9]+", title.lower())[:5] or ["unnamed"]
    made = name or ("".join(map(str.capitalize, words)) if of_class else "_".join(words))
    made = made if made.isidentifier() and not keyword.iskeyword(made) else f"answer_{made}"
    return next(each for each in (made, *(f"{made}_{n}" for n in range(2, 1000))) if each not in taken)


def _definition(exercise: str, source: str, header: list[str]) -> ast.FunctionDef | ast.ClassDef:
    """The one function or class that stands for the answer, with what it needs of its cell inside it.

    It is imported where the course is read: nothing of a student's may run by that alone.
    """
    tree = parsed(source)
    if not isinstance(tree, ast.Module):
        raise GradingError(f"the answer is no Python that can be read: {BY_HAND}")
    beside = [node for node in _Bare().visit(tree).body if ast.unparse(node) not in header]
    if defines_value(exercise) or exercise in NAMES:
        names = [ast.Name(name, ast.Load()) for name in names_of(exercise)]
        value = names[0] if len(names) == 1 else ast.Tuple(list(names), ast.Load())
        wanted = ast.Return(value)
        body: list[ast.stmt] = [*_needed(wanted, beside), wanted]
        no_arguments = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
        found: ast.stmt | None = ast.FunctionDef(exercise, no_arguments, body, [])
    else:
        found = next((node for node in reversed(beside) if getattr(node, "name", "") == exercise), None)
        needed = _needed(found, [node for node in beside if node is not found]) if found else []
        if isinstance(found, ast.ClassDef) and needed:
            raise GradingError(f"the class needs what stands beside it in its cell: {BY_HAND}")
        if isinstance(found, ast.FunctionDef):
            found.body = [*needed, *found.body]
    if not isinstance(found, ast.FunctionDef | ast.ClassDef) or not _is_idle(found):
        raise GradingError(f"the answer isn't a plain function or class called {exercise}: {BY_HAND}")
    return ast.fix_missing_locations(found)


def _needed(wanted: ast.stmt, beside: list[ast.stmt]) -> list[ast.stmt]:
    """The definitions, imports and assignments among `beside` that `wanted` needs, and those need, in their order."""
    chosen, open_ = [], [wanted]
    while open_:
        names = {node.id for node in ast.walk(open_.pop()) if isinstance(node, ast.Name)}
        more = [node for node in beside if node not in chosen and names & _bound(node)]
        chosen, open_ = chosen + more, open_ + more
    return [node for node in beside if node in chosen]


def _bound(node: ast.stmt) -> set[str]:
    """The names that a statement of a cell binds."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(each.asname or each.name).partition(".")[0] for each in node.names}
    stored = [each for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)]
    return {each.id for each in stored}


def _is_idle(node: ast.stmt) -> bool:
    """Whether nothing runs where this definition is imported, but what it is made of."""
    if isinstance(node, ast.FunctionDef):
        plain = all(isinstance(each, ast.Name) and each.id in PLAIN_DECORATORS for each in node.decorator_list)
        return plain and all(map(_is_literal, [*node.args.defaults, *filter(None, node.args.kw_defaults)]))
    if isinstance(node, ast.ClassDef):
        bases = all(re.fullmatch(r"[\w.]+", ast.unparse(base)) for base in node.bases)
        return bases and not node.keywords and not node.decorator_list and all(map(_is_idle, node.body))
    if isinstance(node, ast.Assign):
        return _is_literal(node.value) and all(isinstance(target, ast.Name) for target in node.targets)
    return isinstance(node, ast.Pass)


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


class _Bare(ast.NodeTransformer):
    """Takes out what says nothing of what the answer does, and may say whose it is: texts that stand alone, annotations."""

    def visit_Expr(self, node: ast.Expr) -> ast.stmt | None:
        return ast.Pass() if isinstance(node.value, ast.Constant) else node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.visit_ClassDef(node)

    def visit_ClassDef(self, node: ast.FunctionDef | ast.ClassDef) -> ast.AST:
        self.generic_visit(node)
        if len(node.body) > 1 and isinstance(node.body[0], ast.Pass):
            del node.body[0]
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node
