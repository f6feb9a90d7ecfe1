"""`make check`: what is wrong with the course's own files, each finding with the command or edit that mends it."""

import ast
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from traceback import extract_tb
from urllib.parse import unquote

from proctor.course import HIDDEN, Assignment, assignments, several_notebooks
from proctor.course.answers import answers
from proctor.course.cells import bound, parsed
from proctor.examine.explain import cell_of
from proctor.examine.hidden import check_functions, in_checks, stand_ins_of

DRAWS = re.compile(r"^\s*(plt\.show\(|show_figure\(|import figures\b)", re.MULTILINE)
NOT_WITH = re.compile(r"^#+ (?:Exercise|Repair|Beyond): `(\w+).*^Not with\b", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!`)\[[^\]\n]*\]\(\s*<?((?:[^()\s>]|\([^()\s]*\))+)>?[^)]*\)|(?:src|href)=[\"']([^\"']+)[\"']")


def problem(file: str, what: str, mend: str) -> str:
    """One thing that is wrong: in which file, what, and what to do."""
    return f"{file}: {what}\n    mend it: {mend}"


def lint(course: Path, names: list[str] | None = None) -> list[str]:
    """The problems of the course in `course`; of the assignments in `names` only, where given."""
    if problems := broken_python(course):
        # the next checks read these files
        return problems
    names = names or sorted(path.name for path in (course / "source").glob("[!._]*/"))
    if empty := [name for name in names if not [*(course / "source" / name).glob("*.ipynb")]]:
        mend = "save the assignment's notebook there, as docs/exercise.md says, or remove the folder"
        return [problem(f"source/{name}/", "holds no notebook", mend) for name in empty]
    found = [several_notebooks(course / "source" / name) for name in names]
    if several := [each for each in found if each]:
        # nbgrader generates no release of them
        return several
    problems = stale_release(course, names)
    for name in names:
        for path in sorted((course / "source" / name).glob("*.ipynb")):
            problems += notebook_problems(path, course)
    if problems:
        # the next checks read release/, which must be sound first
        return problems
    for assignment in assignments(course).values():
        if assignment.name in names:
            problems += solved_stubs(assignment)
            problems += unmatched_checks(assignment)
            problems += missing_answers(assignment)
    return problems


def broken_python(course: Path) -> list[str]:
    """Files of hidden checks or of known answers that aren't Python."""
    problems = []
    for path in sorted([*course.glob("tests/hidden/*.py"), *course.glob("answers/**/*.py")]):
        name = str(path.relative_to(course))
        try:
            ast.parse(path.read_bytes(), name)
        except (SyntaxError, ValueError) as error:
            mend = f"correct it until 'python -m py_compile {name}' says nothing"
            problems.append(problem(name, f"is not Python: {error}", mend))
    return problems


def stale_release(course: Path, names: list[str]) -> list[str]:
    """Whether `release/` is what nbgrader makes of `source/` now."""
    problems = []
    with tempfile.TemporaryDirectory() as scratch:
        which = names[0] if len(names) == 1 else "*"
        command = [sys.executable, *"-m nbgrader generate_assignment --create --force".split(), f"--assignment={which}"]
        command += [f"--CourseDirectory.release_directory={scratch}/release", f"--db=sqlite:///{scratch}/gradebook.db"]
        done = subprocess.run(command, cwd=course, capture_output=True, text=True)
        if done.returncode:
            log = "\n".join(line for line in done.stderr.splitlines() if "error" in line.lower())
            return [
                problem("source/", f"nbgrader can't generate the release:\n{log}", "mend the notebook that it names")
            ]
        for name in names:
            fresh = {path.name: path.read_bytes() for path in Path(scratch, "release", name).glob("*")}
            released = [path for path in (course / "release" / name).glob("*") if path.is_file()]
            committed = {path.name: path.read_bytes() for path in released}
            for file in sorted(fresh.keys() | committed.keys()):
                if fresh.get(file) != committed.get(file):
                    what = "is stale" if file in committed else "is missing"
                    problems.append(problem(f"release/{name}/{file}", what, "make release"))
    orphans = {p.name for p in (course / "release").iterdir() if p.is_dir()} if (course / "release").is_dir() else set()
    for name in sorted(orphans - {p.name for p in (course / "source").iterdir()}):
        problems.append(problem(f"release/{name}", "has no source", f"git rm -r release/{name}"))
    return problems


def notebook_problems(path: Path, course: Path) -> list[str]:
    """Outputs, cell ids, points, hidden regions and links of one instructor notebook."""
    name = str(path.relative_to(course))
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (ValueError, KeyError, TypeError) as error:
        return [problem(name, f"is not a notebook ({error})", f"git checkout {name}")]
    problems = []
    clear = f"jupyter nbconvert --clear-output --inplace {name}"
    if any(cell.get("outputs") or cell.get("execution_count") for cell in cells):
        problems.append(problem(name, "has outputs", clear))
    ids = Counter(cell.get("id") for cell in cells)
    for repeated in [each for each, count in ids.items() if each is None or count > 1]:
        what = f"the cell id {repeated!r} stands twice" if repeated else f"{ids[None]} cells have no id"
        problems.append(problem(name, what, "give each a stable id of its own, like those around it"))
    for cell in cells:
        if DRAWS.search("".join(cell["source"])) and not {"tags", "nbgrader"} & cell["metadata"].keys():
            what = f"the cell {cell.get('id')} draws, and is drawn again for every submission that is graded"
            problems.append(problem(name, what, "tag it 'figure' (Property Inspector, Cell tags)"))
    graded = [cell for cell in cells if cell["metadata"].get("nbgrader", {}).get("grade")]
    for cell in graded:
        if "### AUTOTEST" in "".join(cell["source"]):
            what = (
                f"{cell['metadata']['nbgrader']['grade_id']} has an autotest, which is not run: everybody would pass it"
            )
            problems.append(problem(name, what, "write what it tests as a hidden check, and take '### AUTOTEST' away"))
        if cell["metadata"]["nbgrader"].get("solution"):  # an answer that is graded by hand
            continue
        named = [match["cell"] for match in HIDDEN.finditer("".join(cell["source"]))]
        wanted = cell["metadata"]["nbgrader"]["grade_id"]
        if named != [wanted]:
            mend = f'end it with the hidden line: from proctor import hidden_checks; hidden_checks("{wanted}")'
            problems.append(problem(name, f"the graded cell {wanted} names {named or 'no hidden check'}", mend))
        if left := variables_left_by("".join(cell["source"])):
            what = f"the check {wanted} leaves {', '.join(left)} behind, which an answer could read by mistake"
            problems.append(problem(name, what, "put its lines into a function, 'def check():', and call it below"))
    return problems + dead_links(name, path, cells)


def variables_left_by(source: str) -> list[str]:
    """The names that a cell binds to anything but a function, a class, or a module."""
    tree = parsed(source)
    defined = set[str]()
    for node in tree.body if isinstance(tree, ast.Module) else []:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            defined.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            defined |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    return sorted(bound(source).keys() - defined)


def solved_stubs(assignment: Assignment) -> list[str]:
    """Stubs that don't define their exercise, or already solve it, in the released notebook."""
    name, problems = f"source/{assignment.name}/{assignment.notebook.name}", []
    markers = "### BEGIN SOLUTION … ### END SOLUTION"
    for exercise, stub in assignment.stubs.items():
        if not assignment.reasons.get(exercise):
            mend = "say in two or three sentences why it is so, in a Markdown cell tagged 'reason' right below it"
            problems.append(problem(name, f"the solution of {exercise} has no reason", mend))
        try:
            nodes = list(ast.walk(ast.parse(stub)))
        except SyntaxError as error:
            what = f"the stub of {exercise} is not Python: {error.msg} in line {error.lineno}"
            problems.append(problem(name, what, f"indent {markers} like the lines between them"))
            continue
        if missing := set(assignment.names_of(exercise)) - bound(stub).keys():
            mend = f"keep the signature of {', '.join(sorted(missing))} outside {markers}"
            problems.append(problem(name, f"the stub of {exercise} lacks the signature", mend))
        repaired = "raise NotImplementedError" not in stub and not assignment.exercises[exercise].is_value
        if any(isinstance(node, ast.Return) for node in nodes) and not repaired:
            mend = f"put the solution between {markers}"
            problems.append(problem(name, f"the stub of {exercise} is already solved: it returns something", mend))
    return problems


def unmatched_checks(assignment: Assignment) -> list[str]:
    """The exercises and graded cells that the file of hidden checks lacks, and the names in it that belong to none."""
    name = f"tests/hidden/{assignment.checks.name}"
    if not assignment.checks.is_file():
        return [problem(name, "is missing", f"write the hidden checks of {assignment.name} there")]
    checks = check_functions(assignment.checks)
    problems = []
    for check in checks:
        if cell_of(check) not in assignment.graded:
            mend = f"name it test_<graded cell>__<what>; the cells are {', '.join(assignment.graded)}"
            problems.append(problem(name, f"{check} belongs to no graded cell", mend))
    for cell in assignment.graded.keys() - {cell_of(check) for check in checks}:
        problems.append(
            problem(name, f"the graded cell {cell} has no hidden check", f"add test_{cell}__…(student, draw)")
        )
    functions = [name for each in assignment.exercises.values() if not each.is_value for name in each.names]
    for function in functions:
        if function not in stand_ins_of(assignment):
            mend = f'write {function}_stand_in, a right answer, and STAND_INS["{function}"] = {function}_stand_in'
            problems.append(problem(name, f"{function} has no stand-in", mend))
    said = {match[1] for cell in assignment.released.cells if (match := NOT_WITH.search(cell.source))}
    for exercise in sorted(assignment.stubs.keys() & said ^ in_checks(assignment, "FORBIDDEN").keys()):
        mend = f"say it in both: 'Not with: …' below the heading of an exercise of this name, and FORBIDDEN in {name}"
        problems.append(problem(name, f"{exercise} rules out built-ins in one place and not in the other", mend))
    return problems


def missing_answers(assignment: Assignment) -> list[str]:
    """Exercises without wrong or right answers, and wrong answers that are to fail a cell that isn't there."""
    problems = []
    for folder, kind in ((assignment.wrong_answers, "wrong"), (assignment.right_answers, "right")):
        for exercise in assignment.stubs if folder.is_dir() else ():
            name, path = f"answers/{folder.name}/{exercise}.py", folder / f"{exercise}.py"
            if not path.is_file():
                mend = f"write {kind} answers to {exercise} there, each marked @{kind} as in the files beside it"
                problems.append(problem(name, "is missing", mend))
                continue
            cells = [cell.id for cell in assignment.graded.values() if cell.exercise == exercise]
            try:
                known = answers(path)
            except Exception as error:
                lines = [frame.lineno for frame in extract_tb(error.__traceback__) if frame.filename == str(path)]
                what = f"line {lines[-1] if lines else '?'} can't be run: {type(error).__name__}: {error}"
                problems.append(problem(name, what, f"correct it until 'python {name}' says nothing"))
                continue
            body = ast.parse(path.read_bytes()).body
            nodes = [node for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
            named = Counter(node.name for node in nodes)
            for twice in (each for each, count in named.items() if count > 1):
                problems.append(problem(name, f"{twice} stands twice, and the last alone counts", "rename one of them"))
            names = assignment.names_of(exercise)
            for node in nodes if len(names) > 1 else ():
                if node.name in {answer.id for answer in known} and not returns_all(node, len(names)):
                    mend = f"write a function of no arguments that defines them and ends in 'return {', '.join(names)}'"
                    problems.append(problem(name, f"{node.name} doesn't return {' and '.join(names)}", mend))
            for answer in known:
                for cell in set(answer.fails).difference(cells):
                    what = f"{answer.id} is to fail {cell}, which is no graded cell of {exercise}"
                    problems.append(problem(name, what, f"name one of {', '.join(cells)}"))
    return problems


def returns_all(node: ast.FunctionDef | ast.ClassDef, count: int) -> bool:
    """Whether an answer to an exercise of several names is a function of no arguments that returns so many things."""
    last = node.body[-1]
    if isinstance(node, ast.ClassDef) or node.args.args or not isinstance(last, ast.Return):
        return False
    return isinstance(last.value, ast.Tuple) and len(last.value.elts) == count


def dead_links(name: str, path: Path, cells: list[dict]) -> list[str]:
    """Links in a notebook to files that don't exist."""
    problems = []
    text = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    for match in LINK.finditer(re.sub(r"```.*?```|(?<!\[)`[^`\n]*`", "", text, flags=re.DOTALL)):
        link = unquote(match[1] or match[2]).partition("#")[0]
        target = path.parent / link
        # to an assignment that this course leaves out
        elsewhere = link.startswith("../") and not target.parent.exists()
        if not re.match(r"[a-z]+:", link) and not elsewhere and not target.exists():
            problems.append(problem(name, f"links to {link}, which does not exist", "correct the link, or remove it"))
    return problems
