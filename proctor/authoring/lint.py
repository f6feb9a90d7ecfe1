"""Finds the problems in the course's own files, each with the command or edit that mends it: `make check`."""

import ast
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from traceback import extract_tb
from urllib.parse import unquote

from nbformat import NotebookNode

from proctor.course import HIDDEN, Assignment, assignments, grade_id, notebook_at, several_notebooks
from proctor.course.answers import answers
from proctor.course.cells import bound, parsed
from proctor.errors import CourseError
from proctor.grading.hidden import cell_of, check_functions, in_checks, stand_ins_of

DRAWS = re.compile(r"^\s*(plt\.show\(|show_figure\(|import figures\b)", re.MULTILINE)
NOT_WITH = re.compile(
    r"^#+ (?:Exercise|Repair|Beyond): `(\w+).*^Not with\b", re.MULTILINE | re.DOTALL
)
LINK = re.compile(
    r"(?<!`)\[[^\]\n]*\]\(\s*<?((?:[^()\s>]|\([^()\s]*\))+)>?[^)]*\)|(?:src|href)=[\"']([^\"']+)[\"']"
)


def problem(file: str, what: str, mend: str) -> str:
    """One problem: its file, a description, and the remedy."""
    return f"{file}: {what}\n    mend it: {mend}"


def lint(course: Path, names: list[str] | None = None) -> list[str]:
    """The problems of the course in `course`; of the assignments in `names` only, if there are any."""
    source = course / "source"
    names = names or sorted(path.name for path in source.glob("[!._]*/"))
    # each step reads files that must be in order after the steps before it
    if problems := [*broken_python(course)] or [*unusable_folders(source, names)]:
        return problems
    problems = [*stale_release(course, names)]
    for name in names:
        for path in sorted((source / name).glob("*.ipynb")):
            problems += notebook_problems(path, course)
    if problems:
        return problems
    for name in names:
        assignment = assignments(course)[name]
        problems += solved_stubs(assignment)
        problems += unmatched_checks(assignment)
        problems += missing_answers(assignment)
    return problems


def broken_python(course: Path) -> Iterator[str]:
    """Files of hidden checks or of known answers that aren't Python."""
    for path in sorted([*course.glob("tests/hidden/*.py"), *course.glob("answers/**/*.py")]):
        name = str(path.relative_to(course))
        try:
            ast.parse(path.read_bytes(), name)
        except (SyntaxError, ValueError) as error:
            mend = f"correct it until 'python -m py_compile {name}' says nothing"
            yield problem(name, f"is not Python: {error}", mend)


def unusable_folders(source: Path, names: list[str]) -> Iterator[str]:
    """Assignments without a notebook, or with several, of which nbgrader generates no release."""
    for name in names:
        if several := several_notebooks(source / name):
            yield several
        elif not [*(source / name).glob("*.ipynb")]:
            mend = "save the assignment's notebook there, as docs/exercise.md says, or remove the folder"
            yield problem(f"source/{name}/", "holds no notebook", mend)


def stale_release(course: Path, names: list[str]) -> Iterator[str]:
    """Files of `release/` that differ from nbgrader's release of `source/`."""
    with tempfile.TemporaryDirectory() as scratch:
        which = names[0] if len(names) == 1 else "*"
        command = [
            sys.executable,
            *"-m nbgrader generate_assignment --create --force".split(),
            f"--assignment={which}",
        ]
        command += [
            f"--CourseDirectory.release_directory={scratch}/release",
            f"--db=sqlite:///{scratch}/gradebook.db",
        ]
        done = subprocess.run(command, cwd=course, capture_output=True, text=True)
        if done.returncode:
            log = "\n".join(line for line in done.stderr.splitlines() if "error" in line.lower())
            what = f"nbgrader can't generate the release:\n{log}"
            yield problem("source/", what, "mend the notebook that it names")
            return
        for name in names:
            fresh = _files(Path(scratch, "release", name))
            committed = _files(course / "release" / name)
            for file in sorted(fresh.keys() | committed.keys()):
                if fresh.get(file) != committed.get(file):
                    what = "is stale" if file in committed else "is missing"
                    yield problem(f"release/{name}/{file}", what, "make release")
    for path in sorted((course / "release").glob("*/")):
        if not (course / "source" / path.name).exists():
            yield problem(f"release/{path.name}", "has no source", f"git rm -r release/{path.name}")


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*") if path.is_file()}


def notebook_problems(path: Path, course: Path) -> Iterator[str]:
    """Outputs, cell ids, points, hidden regions and links of one instructor notebook."""
    name = str(path.relative_to(course))
    try:
        cells = notebook_at(path).cells
    except CourseError as error:
        yield problem(name, f"is not a notebook ({error.__cause__})", f"git checkout {name}")
        return
    if any(cell.get("outputs") or cell.get("execution_count") for cell in cells):
        yield problem(name, "has outputs", f"jupyter nbconvert --clear-output --inplace {name}")
    ids = Counter(cell.get("id") for cell in cells)
    for repeated in [each for each, count in ids.items() if each is None or count > 1]:
        what = (
            f"the cell id {repeated!r} stands twice"
            if repeated
            else f"{ids[None]} cells have no id"
        )
        yield problem(name, what, "give each a stable id of its own, like those around it")
    for cell in cells:
        if DRAWS.search(cell.source) and not {"tags", "nbgrader"} & cell.metadata.keys():
            what = f"the cell {cell.get('id')} draws, and is drawn again for every submission that is graded"
            yield problem(name, what, "tag it 'figure' (Property Inspector, Cell tags)")
        if cell.metadata.get("nbgrader", {}).get("grade"):
            yield from graded_cell_problems(name, cell)
    yield from dead_links(name, path, cells)


def graded_cell_problems(name: str, cell: NotebookNode) -> Iterator[str]:
    """Autotests, a missing hidden check, and variables that a graded cell leaves behind."""
    wanted = grade_id(cell)
    if "### AUTOTEST" in cell.source:
        what = f"{wanted} has an autotest, which is not run: everybody would pass it"
        yield problem(
            name, what, "write what it tests as a hidden check, and take '### AUTOTEST' away"
        )
    # a person grades the answer
    if cell.metadata.nbgrader.get("solution"):
        return
    named = [match["cell"] for match in HIDDEN.finditer(cell.source)]
    if named != [wanted]:
        mend = f'end it with the hidden line: from proctor import hidden_checks; hidden_checks("{wanted}")'
        yield problem(name, f"the graded cell {wanted} names {named or 'no hidden check'}", mend)
    if left := variables_left_by(cell.source):
        what = f"the check {wanted} leaves {', '.join(left)} behind, which an answer could read by mistake"
        yield problem(
            name, what, "put its lines into a function, 'def check():', and call it below"
        )


def variables_left_by(source: str) -> list[str]:
    """The names that a cell binds to anything but a function, a class, or a module."""
    tree = parsed(source)
    kept = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
    lines = tree.body if isinstance(tree, ast.Module) else []
    return sorted(
        {name for line in lines if not isinstance(line, kept) for name in bound(ast.unparse(line))}
    )


def solved_stubs(assignment: Assignment) -> Iterator[str]:
    """Stubs in the released notebook that don't define their exercise, or already solve it."""
    name = f"source/{assignment.name}/{assignment.notebook.name}"
    markers = "### BEGIN SOLUTION … ### END SOLUTION"
    for exercise, stub in assignment.stubs.items():
        if not assignment.reasons.get(exercise):
            mend = "say in two or three sentences why it is so, in a Markdown cell tagged 'reason' right below it"
            yield problem(name, f"the solution of {exercise} has no reason", mend)
        try:
            nodes = [*ast.walk(ast.parse(stub))]
        except SyntaxError as error:
            what = f"the stub of {exercise} is not Python: {error.msg} in line {error.lineno}"
            yield problem(name, what, f"indent {markers} like the lines between them")
            continue
        if missing := set(assignment.names_of(exercise)) - bound(stub).keys():
            mend = f"keep the signature of {', '.join(sorted(missing))} outside {markers}"
            yield problem(name, f"the stub of {exercise} lacks the signature", mend)
        repaired = (
            "raise NotImplementedError" not in stub and not assignment.exercises[exercise].is_value
        )
        if any(isinstance(node, ast.Return) for node in nodes) and not repaired:
            mend = f"put the solution between {markers}"
            yield problem(
                name, f"the stub of {exercise} is already solved: it returns something", mend
            )


def unmatched_checks(assignment: Assignment) -> Iterator[str]:
    """The exercises and graded cells without hidden checks, and the hidden checks that belong to none."""
    name = f"tests/hidden/{assignment.checks.name}"
    if not assignment.checks.is_file():
        yield problem(name, "is missing", f"write the hidden checks of {assignment.name} there")
        return
    checked = {check: cell_of(check) for check in check_functions(assignment.checks)}
    for check, cell in checked.items():
        if cell not in assignment.graded:
            mend = (
                f"name it test_<graded cell>__<what>; the cells are {', '.join(assignment.graded)}"
            )
            yield problem(name, f"{check} belongs to no graded cell", mend)
    for cell in assignment.graded.keys() - checked.values():
        yield problem(
            name,
            f"the graded cell {cell} has no hidden check",
            f"add test_{cell}__…(student, draw)",
        )
    for function, exercise in assignment.owners.items():
        if not assignment.exercises[exercise].is_value and function not in stand_ins_of(assignment):
            mend = f'write {function}_stand_in, a right answer, and STAND_INS["{function}"] = {function}_stand_in'
            yield problem(name, f"{function} has no stand-in", mend)
    said = {
        match[1] for cell in assignment.released.cells if (match := NOT_WITH.search(cell.source))
    }
    for exercise in sorted(
        assignment.stubs.keys() & said ^ in_checks(assignment, "FORBIDDEN").keys()
    ):
        mend = f"say it in both: 'Not with: …' below the heading of an exercise of this name, and FORBIDDEN in {name}"
        yield problem(
            name, f"{exercise} rules out built-ins in one place and not in the other", mend
        )


def missing_answers(assignment: Assignment) -> Iterator[str]:
    """Exercises without wrong or right answers, and answers that can't be used."""
    for folder in (assignment.wrong_answers, assignment.right_answers):
        for exercise in assignment.stubs if folder.is_dir() else ():
            path = folder / f"{exercise}.py"
            name = f"answers/{folder.name}/{path.name}"
            if path.is_file():
                yield from answer_problems(assignment, exercise, path, name)
            else:
                kind = folder.name
                mend = f"write {kind} answers to {exercise} there, each marked @{kind} as in the files beside it"
                yield problem(name, "is missing", mend)


def answer_problems(assignment: Assignment, exercise: str, path: Path, name: str) -> Iterator[str]:
    """Answers of one file that can't be run, stand twice, lack a name, or are to fail a cell that isn't there."""
    try:
        known = answers(path)
    except Exception as error:
        lines = [
            frame.lineno for frame in extract_tb(error.__traceback__) if frame.filename == str(path)
        ]
        what = f"line {lines[-1] if lines else '?'} can't be run: {type(error).__name__}: {error}"
        yield problem(name, what, f"correct it until 'python {name}' says nothing")
        return
    body = ast.parse(path.read_bytes()).body
    nodes = [node for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    for twice, count in Counter(node.name for node in nodes).items():
        if count > 1:
            yield problem(
                name, f"{twice} stands twice, and the last alone counts", "rename one of them"
            )
    names = assignment.names_of(exercise)
    ids = {answer.id for answer in known}
    for node in nodes:
        if len(names) > 1 and node.name in ids and not returns_all(node, len(names)):
            mend = f"write a function of no arguments that defines them and ends in 'return {', '.join(names)}'"
            yield problem(name, f"{node.name} doesn't return {' and '.join(names)}", mend)
    cells = [cell.id for cell in assignment.graded.values() if cell.exercise == exercise]
    for answer in known:
        for cell in set(answer.fails).difference(cells):
            what = f"{answer.id} is to fail {cell}, which is no graded cell of {exercise}"
            yield problem(name, what, f"name one of {', '.join(cells)}")


def returns_all(node: ast.FunctionDef | ast.ClassDef, count: int) -> bool:
    """Whether an answer to an exercise of several names is a function of no arguments that returns so many things."""
    last = node.body[-1]
    if isinstance(node, ast.ClassDef) or node.args.args or not isinstance(last, ast.Return):
        return False
    return isinstance(last.value, ast.Tuple) and len(last.value.elts) == count


def dead_links(name: str, path: Path, cells: list[NotebookNode]) -> Iterator[str]:
    """Links in a notebook to files that don't exist."""
    text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    for match in LINK.finditer(re.sub(r"```.*?```|(?<!\[)`[^`\n]*`", "", text, flags=re.DOTALL)):
        link = unquote(match[1] or match[2]).partition("#")[0]
        target = path.parent / link
        # to an assignment that this course leaves out
        elsewhere = link.startswith("../") and not target.parent.exists()
        if not re.match(r"[a-z]+:", link) and not elsewhere and not target.exists():
            yield problem(
                name, f"links to {link}, which does not exist", "correct the link, or remove it"
            )
