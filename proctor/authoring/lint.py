"""Finds the problems in the course's own files, each with the command or edit that mends it: `make
check`.
"""

import ast
import contextlib
import json
import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path
from traceback import extract_tb
from urllib.parse import unquote

from bs4 import BeautifulSoup
from nbconvert.filters.markdown import markdown2html
from nbformat import NotebookNode

from proctor.authoring.new import generate
from proctor.course import (
    HIDDEN,
    Assignment,
    assignments,
    grade_id,
    is_reason,
    notebook_at,
    several_notebooks,
)
from proctor.course.answers import answers, known
from proctor.course.cells import bound, parsed
from proctor.course.report import Report, Status
from proctor.errors import CourseError, NotFound
from proctor.examine.proofs import examined, judged
from proctor.grading.hidden import cell_of, check_functions, in_checks, stand_ins_of
from proctor.grading.verdicts import visible_checks
from proctor.records.stale import made_of
from proctor.sandbox.cell import CellDone, Limits

DRAWS = re.compile(r"^\s*(plt\.show\(|show_figure\(|import figures\b)", re.MULTILINE)
NOT_WITH = re.compile(
    r"^#+ (?:Exercise|Repair|Beyond): `(\w+).*^Not with\b", re.MULTILINE | re.DOTALL
)
SEED = 1
FINISH = "write it, and delete the line that says TODO"
# the tables of a file of hidden checks, and the names that their keys are
TABLES = {
    "FORBIDDEN": "exercise",
    "STAND_INS": "function",
    "BUILT_INS": "exercise",
    "EXPERIMENTS": "graded cell",
}


@dataclass(frozen=True)
class Problem:
    """What is wrong in a file, and the remedy; `exercise`: the one that lacks it, which may be a
    draft.
    """

    file: str
    what: str
    mend: str
    exercise: str = ""

    def __str__(self) -> str:
        return f"{self.file}: {self.what}\n    mend it: {self.mend}"


@dataclass
class Findings:
    """The problems of a course, and what is left to do in its drafts."""

    problems: list[Problem] = field(default_factory=list)
    to_do: list[Problem] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [f"to do: {each}" for each in self.to_do] + [*map(str, self.problems)]
        lines += [f"to do: {len(self.to_do)}"] if self.to_do else []
        total = f"problems: {len(self.problems)}" if self.problems else "the course is in order"
        return "\n".join([*lines, total])


def lint(course: Path, names: Collection[str] = ()) -> Findings:
    """The findings on the course; on these assignments and exercises, if any are named.

    Raises `NotFound`.

    Runs the reference solutions; the right answers to what is named; the wrong ones to an exercise
    that is named.
    """
    folders = sorted(path.name for path in course.glob("source/[!._]*/"))
    chosen = chosen_of(course, folders, set(names)) if names else folders
    # each step reads files that must be in order after the steps before it
    if problems := [*broken_python(course)] or [*unusable_folders(course / "source", chosen)]:
        return Findings(problems)
    proven = Proven(course)
    problems = proven.release_problems(chosen)
    for name in chosen:
        for path in sorted((course / "source" / name).glob("*.ipynb")):
            problems += notebook_problems(path, course)
    if problems:
        return Findings(problems)
    found = Findings(problems if names else [*orphans(course)])
    for name in chosen:
        assignment = assignments(course)[name]
        drafts = {*drafts_in(assignment.source)}
        try:
            static = [*solved_stubs(assignment), *unmatched_checks(assignment)]
            static += missing_answers(assignment)
            wrong = [each for each in static if each.exercise not in drafts]
            static += [] if wrong else proven.problems_of(assignment, set(names))
        except CourseError as error:
            checks = f"tests/hidden/{assignment.checks.name}"
            static = [Problem(checks, str(error), "correct it, and run this command again")]
        for draft in sorted(drafts):
            found.to_do.append(Problem(f"source/{name}", f"{draft} is a draft", FINISH))
        for each in static:
            (found.to_do if each.exercise in drafts else found.problems).append(each)
    proven.save()
    return found


def chosen_of(course: Path, folders: list[str], names: set[str]) -> list[str]:
    """The assignments that are named, or have an exercise that is. Raises `NotFound`."""
    exercises = {name: {*each.stubs} for name, each in assignments(course).items()}
    unknown = names.difference(folders, *exercises.values())
    if unknown:
        there = ", ".join(folders)
        raise NotFound(f"no assignment or exercise {', '.join(sorted(unknown))}: there are {there}")
    return [name for name in folders if names & {name, *exercises.get(name, ())}]


def drafts_in(notebook: Path) -> Iterator[str]:
    """The exercises whose text says `TODO`; `intro` if the first cell does, and all of them with
    it.
    """
    cells = notebook_at(notebook).cells
    is_draft = "TODO" in "".join(cell.source for cell in cells[:1])
    if is_draft:
        yield "intro"
    text = ""
    for cell in cells:
        if cell.cell_type == "markdown" and not is_reason(cell):
            text = cell.source
        elif cell.metadata.get("nbgrader", {}).get("solution"):
            if is_draft or "TODO" in text:
                yield grade_id(cell) or ""
            text = ""


class Proven:
    """What was in order before, by the digest of its files, so that it isn't run again:
    `.lint.json`.
    """

    def __init__(self, course: Path):
        self.course = course
        self.path = course / ".lint.json"
        self.digests: dict[str, str] = {}
        with contextlib.suppress(OSError, ValueError):
            self.digests = json.loads(self.path.read_text(encoding="utf-8"))

    def save(self) -> None:
        """Keeps the digests for the next time, if the course's folder can be written to."""
        with contextlib.suppress(OSError):
            self.path.write_text(json.dumps(self.digests, indent=0), encoding="utf-8")

    def unless_known(
        self, key: str, judging: str, files: Iterable[Path], find: Callable[[], Iterable[Problem]]
    ) -> list[Problem]:
        """The problems that `find` finds; none, and it doesn't run, if these files had none
        before.
        """
        content = [path.read_bytes() for path in files if path.is_file()]
        digest = sha256(b"\0".join([judging.encode(), *content])).hexdigest()
        if self.digests.get(key) == digest:
            return []
        found = [*find()]
        if not found:
            self.digests[key] = digest
        return found

    def release_problems(self, names: list[str]) -> list[Problem]:
        """The files of `release/` that are stale."""
        places = [self.course / place / name for place in ("source", "release") for name in names]
        files = [path for place in places for path in sorted(place.glob("*"))]
        files += sorted(self.course.glob("answers/wrong/*.py"))
        find = partial(stale_release, self.course, names)
        return self.unless_known(" ".join(["release", *names]), "", files, find)

    def problems_of(self, assignment: Assignment, names: set[str]) -> list[Problem]:
        """The problems of the reference solutions and, of what is named, of the known answers."""
        judging = repr(made_of("", assignment, Limits()))
        find = partial(failed_references, assignment)
        found = self.unless_known(assignment.name, judging, [], find)
        # an answer may fail only because of them
        for exercise in () if found else assignment.stubs:
            if is_plain(assignment, exercise) or not names & {assignment.name, exercise}:
                continue
            right = assignment.right_answers / f"{exercise}.py"
            find = partial(failed_right_answers, assignment, exercise)
            found += self.unless_known(exercise, judging, [right], find)
            if exercise in names:
                wrong = assignment.wrong_answers / f"{exercise}.py"
                find = partial(passed_wrong_answers, assignment, exercise)
                found += self.unless_known(f"wrong {exercise}", judging, [wrong], find)
        return found


def failed_references(assignment: Assignment) -> Iterator[Problem]:
    """The graded cells that fail with the reference solutions."""
    name = f"source/{assignment.name}/{assignment.notebook.name}"
    report, visible = judged(assignment, SEED)
    for cell, said in failures(report, visible):
        what = f"the reference solution fails {cell}, {said}"
        exercise = assignment.exercise_of(cell)
        yield Problem(name, what, "correct the check, or the solution", exercise)


def failed_right_answers(assignment: Assignment, exercise: str) -> Iterator[Problem]:
    """The right answers that lose a graded cell, or fail a visible check."""
    path = assignment.right_answers / f"{exercise}.py"
    for answer, report, run in examined(assignment, exercise, known(path), SEED, visible=True):
        for cell, said in failures(report, visible_checks(run)):
            what = f"{answer.id} is right and fails {cell}, {said}"
            mend = "correct the check, or the answer"
            yield Problem(f"answers/right/{path.name}", what, mend, exercise)


def failures(report: Report, visible: dict[str, CellDone]) -> Iterator[tuple[str, str]]:
    """The graded cells that fail, or whose visible check does, each with the check and its
    message.
    """
    for cell in report.cells:
        done = visible.get(cell.id)
        if cell.status != Status.PASSED:
            yield cell.id, f"{cell.check}: {cell.message}"
        elif done is not None and done.error_name:
            yield cell.id, f"its visible check: {done.error_name}: {done.error_message}"


def passed_wrong_answers(assignment: Assignment, exercise: str) -> Iterator[Problem]:
    """The wrong answers that pass a cell that they should fail, and the checks that none of them
    needs.
    """
    path = assignment.wrong_answers / f"{exercise}.py"
    name = f"answers/wrong/{path.name}"
    failed_with = defaultdict[str, dict[str, set[str]]](dict)
    for answer, report, run in examined(assignment, exercise, known(path), SEED):
        failed = {finding.check for finding in run.findings}
        for check in failed:
            failed_with[check][answer.id] = failed - {check}
        lost = {cell.id for cell in report.cells if cell.status != Status.PASSED}
        if passed := sorted(set(answer.fails) - lost):
            what = f"{answer.id} should fail {', '.join(passed)} and passes"
            yield Problem(name, what, "correct its `fails`, or add a hidden check", exercise)
    for check in check_functions(assignment.checks):
        others = failed_with[check]
        is_its_own = assignment.exercise_of(cell_of(check)) == exercise
        is_catch = assignment.exercises[exercise].kind == "catch"
        if is_its_own and not is_catch and all(others.values()):
            each = [f"{one} fails {', '.join(sorted(more))}, too" for one, more in others.items()]
            what = f"no wrong answer fails {check} alone" + "".join(f"; {one}" for one in each)
            yield Problem(name, what, "write one that does, or leave the check out", exercise)


def is_plain(assignment: Assignment, exercise: str) -> bool:
    """Whether an exercise is judged by its graded cells' own asserts alone."""
    return assignment.cells_of(exercise) <= assignment.self_checked.keys()


def fewest(assignment: Assignment, exercise: str) -> dict[str, int]:
    """How many answers of each kind an exercise needs at least."""
    points = sum(cell.points for cell in assignment.graded.values() if cell.exercise == exercise)
    if assignment.exercises[exercise].is_value:
        return {"wrong": 3, "right": 1}
    return {"wrong": 8, "right": 5 if points else 3}


def orphans(course: Path) -> Iterator[Problem]:
    """Files of answers without an exercise, and of hidden checks without an assignment."""
    found = assignments(course).values()
    exercises = {name for each in found for name in each.stubs}
    files = {each.checks for each in found}
    unused = [path for path in course.glob("answers/*/*.py") if path.stem not in exercises]
    unused += [path for path in course.glob("tests/hidden/test_*.py") if path not in files]
    for path in sorted(unused):
        what = "belongs to no exercise or assignment of this name"
        yield Problem(str(path.relative_to(course)), what, "rename it, or delete it")


def broken_python(course: Path) -> Iterator[Problem]:
    """Files of hidden checks or of known answers that aren't Python."""
    for path in sorted([*course.glob("tests/hidden/*.py"), *course.glob("answers/**/*.py")]):
        name = str(path.relative_to(course))
        try:
            ast.parse(path.read_bytes(), name)
        except (SyntaxError, ValueError) as error:
            mend = f"correct it until 'python -m py_compile {name}' says nothing"
            yield Problem(name, f"is not Python: {error}", mend)


def unusable_folders(source: Path, names: list[str]) -> Iterator[Problem]:
    """Assignments without a notebook, or with several, of which nbgrader generates no release."""
    for name in names:
        if several := several_notebooks(source / name):
            yield Problem(f"source/{name}/", several, "leave one notebook there")
        elif not [*(source / name).glob("*.ipynb")]:
            mend = "save the assignment's notebook there, as docs/exercise.md says, or remove the folder"
            yield Problem(f"source/{name}/", "holds no notebook", mend)


def stale_release(course: Path, names: list[str]) -> Iterator[Problem]:
    """Files of `release/` that differ from nbgrader's release of `source/`."""
    with tempfile.TemporaryDirectory() as scratch:
        which = names[0] if len(names) == 1 else "*"
        said = generate(
            course,
            which,
            f"--CourseDirectory.release_directory={scratch}/release",
            f"--db=sqlite:///{scratch}/gradebook.db",
        )
        if said:
            what = f"nbgrader can't generate the release:\n{said}"
            yield Problem("source/", what, "mend the notebook that it names")
            return
        for name in names:
            fresh = _files(Path(scratch, "release", name))
            committed = _files(course / "release" / name)
            for file in sorted(fresh.keys() | committed.keys()):
                if fresh.get(file) != committed.get(file):
                    what = "is stale" if file in committed else "is missing"
                    yield Problem(f"release/{name}/{file}", what, "make release")
    for path in sorted((course / "release").glob("*/")):
        if not (course / "source" / path.name).exists():
            yield Problem(f"release/{path.name}", "has no source", f"git rm -r release/{path.name}")


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*") if path.is_file()}


def notebook_problems(path: Path, course: Path) -> Iterator[Problem]:
    """Outputs, cell ids, points, hidden regions and links of one instructor notebook."""
    name = str(path.relative_to(course))
    try:
        cells = notebook_at(path).cells
    except CourseError as error:
        yield Problem(name, f"is not a notebook ({error.__cause__})", f"git checkout {name}")
        return
    if any(cell.get("outputs") or cell.get("execution_count") for cell in cells):
        yield Problem(name, "has outputs", f"jupyter nbconvert --clear-output --inplace {name}")
    ids = Counter(cell.get("id") for cell in cells)
    for repeated in [each for each, count in ids.items() if each is None or count > 1]:
        what = (
            f"the cell id {repeated!r} stands twice"
            if repeated
            else f"{ids[None]} cells have no id"
        )
        yield Problem(name, what, "give each a stable id of its own, like those around it")
    for cell in cells:
        if DRAWS.search(cell.source) and not {"tags", "nbgrader"} & cell.metadata.keys():
            what = f"the cell {cell.get('id')} draws, and is drawn again for every submission that is graded"
            yield Problem(name, what, "tag it 'figure' (Property Inspector, Cell tags)")
        if cell.metadata.get("nbgrader", {}).get("grade"):
            yield from graded_cell_problems(name, cell)
    yield from dead_links(name, path, cells)


def graded_cell_problems(name: str, cell: NotebookNode) -> Iterator[Problem]:
    """Autotests, a missing hidden check, and variables that a graded cell leaves behind."""
    wanted = grade_id(cell)
    if "### AUTOTEST" in cell.source:
        what = f"{wanted} has an autotest, which is not run: everybody would pass it"
        yield Problem(
            name, what, "write what it tests as a hidden check, and take '### AUTOTEST' away"
        )
    # a person grades the answer
    if cell.metadata.nbgrader.get("solution"):
        return
    named = [match["cell"] for match in HIDDEN.finditer(cell.source)]
    # without a hidden line its own asserts give the points
    if named not in ([], [wanted]):
        mend = f'end it with the hidden line: from proctor import hidden_checks; hidden_checks("{wanted}")'
        yield Problem(name, f"the graded cell {wanted} names {named}", mend)
    if left := variables_left_by(cell.source):
        what = f"the check {wanted} leaves {', '.join(left)} behind, which an answer could read by mistake"
        yield Problem(
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


def solved_stubs(assignment: Assignment) -> Iterator[Problem]:
    """Stubs in the released notebook that don't define their exercise, or already solve it."""
    name = f"source/{assignment.name}/{assignment.notebook.name}"
    markers = "### BEGIN SOLUTION … ### END SOLUTION"
    for exercise, stub in assignment.stubs.items():
        if not assignment.reasons.get(exercise) and not is_plain(assignment, exercise):
            mend = "say in two or three sentences why it is so, in a Markdown cell tagged 'reason' right below it"
            yield Problem(name, f"the solution of {exercise} has no reason", mend, exercise)
        try:
            nodes = [*ast.walk(ast.parse(stub))]
        except SyntaxError as error:
            what = f"the stub of {exercise} is not Python: {error.msg} in line {error.lineno}"
            mend = f"indent {markers} like the lines between them"
            yield Problem(name, what, mend, exercise)
            continue
        if missing := set(assignment.names_of(exercise)) - bound(stub).keys():
            mend = f"keep the signature of {', '.join(sorted(missing))} outside {markers}"
            yield Problem(name, f"the stub of {exercise} lacks the signature", mend, exercise)
        repaired = (
            "raise NotImplementedError" not in stub and not assignment.exercises[exercise].is_value
        )
        if any(isinstance(node, ast.Return) for node in nodes) and not repaired:
            what = f"the stub of {exercise} is already solved: it returns something"
            yield Problem(name, what, f"put the solution between {markers}", exercise)


def unmatched_checks(assignment: Assignment) -> Iterator[Problem]:
    """Exercises and graded cells without hidden checks; checks without a cell or a docstring."""
    name = f"tests/hidden/{assignment.checks.name}"
    hidden = assignment.graded.keys() - assignment.self_checked.keys()
    if not assignment.checks.is_file():
        if hidden:
            mend = f"write the hidden checks of {assignment.name} there"
            yield Problem(name, "is missing", mend)
        return
    yield from bound_twice(assignment.checks, name)
    functions = check_functions(assignment.checks)
    checked = {check: cell_of(check) for check in functions}
    for check, cell in checked.items():
        if not functions[check].__doc__:
            mend = "state the rule that it holds in a docstring of one line, for 'proctor why'"
            yield Problem(name, f"{check} has no docstring", mend, assignment.exercise_of(cell))
        if cell not in hidden:
            mend = f"rename it to test_<graded cell>__…, or delete it; the cells are {', '.join(hidden)}"
            yield Problem(name, f"{check} belongs to no graded cell with a hidden line", mend)
    for cell in sorted(hidden - set(checked.values())):
        mend = f"add test_{cell}__…(student, draw)"
        exercise = assignment.exercise_of(cell)
        yield Problem(name, f"the graded cell {cell} has no hidden check", mend, exercise)
    for function, exercise in assignment.owners.items():
        is_value = assignment.exercises[exercise].is_value
        needs_none = is_value or is_plain(assignment, exercise)
        if not needs_none and function not in stand_ins_of(assignment):
            mend = f'write {function}_stand_in, a right answer, and STAND_INS["{function}"] = {function}_stand_in'
            yield Problem(name, f"{function} has no stand-in", mend, exercise)
    keys = {
        "exercise": assignment.stubs.keys(),
        "function": assignment.owners.keys(),
        "graded cell": assignment.graded.keys(),
    }
    for table, kind in TABLES.items():
        for key in in_checks(assignment, table).keys() - keys[kind]:
            what = f"{table}[{key!r}] is of no {kind}"
            yield Problem(name, what, f"rename it, or delete it; {kind}s: {', '.join(keys[kind])}")
    said = {
        match[1] for cell in assignment.released.cells if (match := NOT_WITH.search(cell.source))
    }
    forbidden = in_checks(assignment, "FORBIDDEN").keys()
    for exercise in sorted(assignment.stubs.keys() & said ^ assignment.stubs.keys() & forbidden):
        mend = f"say it in both: 'Not with: …' below the heading of an exercise of this name, and FORBIDDEN in {name}"
        what = f"{exercise} rules out built-ins in one place and not in the other"
        yield Problem(name, what, mend, exercise)


def bound_twice(checks: Path, name: str) -> Iterator[Problem]:
    """Functions and tables of a module that a later one of the same name replaces."""
    lines = defaultdict[str, list[int]](list)
    for node in ast.parse(checks.read_bytes()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            lines[node.name].append(node.lineno)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    lines[target.id].append(node.lineno)
    for each, numbers in lines.items():
        # a constant may be computed in steps
        if len(numbers) > 1 and (each in TABLES or not each.isupper()):
            where = " and ".join(map(str, numbers))
            what = f"{each} is defined twice, in lines {where}, and the last alone counts"
            yield Problem(name, what, "rename one of them, or delete it")


def missing_answers(assignment: Assignment) -> Iterator[Problem]:
    """Exercises with too few wrong or right answers, and answers that can't be used."""
    judged = [each for each in assignment.stubs if not is_plain(assignment, each)]
    for folder in (assignment.wrong_answers, assignment.right_answers):
        kind = folder.name
        for exercise in judged if folder.is_dir() else ():
            path = folder / f"{exercise}.py"
            name = f"answers/{kind}/{path.name}"
            there = path.is_file()
            if broken := [*answer_problems(assignment, exercise, path, name)] if there else []:
                yield from broken
                continue
            count = len(known(path))
            wanted = fewest(assignment, exercise)[kind]
            if count < wanted:
                what = f"has {count} of {wanted} {kind} answers" if there else "is missing"
                mend = f"write {kind} answers to {exercise} there, each marked @{kind}"
                yield Problem(name, what, f"{mend} as in the files beside it", exercise)


def answer_problems(
    assignment: Assignment, exercise: str, path: Path, name: str
) -> Iterator[Problem]:
    """Answers of one file that can't be run, stand twice, lack a name, or are to fail a cell that
    isn't there.
    """
    try:
        found = answers(path)
    except Exception as error:
        lines = [
            frame.lineno for frame in extract_tb(error.__traceback__) if frame.filename == str(path)
        ]
        what = f"line {lines[-1] if lines else '?'} can't be run: {type(error).__name__}: {error}"
        yield Problem(name, what, f"correct it until 'python {name}' says nothing")
        return
    yield from bound_twice(path, name)
    names = assignment.names_of(exercise)
    cells = [cell.id for cell in assignment.graded.values() if cell.exercise == exercise]
    for answer in found:
        if len(names) > 1 and not returns_all(answer.source, len(names)):
            mend = f"write a function of no arguments that defines them and ends in 'return {', '.join(names)}'"
            yield Problem(name, f"{answer.id} doesn't return {' and '.join(names)}", mend)
        for cell in set(answer.fails).difference(cells):
            what = f"{answer.id} is to fail {cell}, which is no graded cell of {exercise}"
            yield Problem(name, what, f"name one of {', '.join(cells)}")


def returns_all(answer: str, count: int) -> bool:
    """Whether an answer to an exercise of several names is a function of no arguments that returns
    so many things.
    """
    function = ast.parse(answer).body[0]
    if not isinstance(function, ast.FunctionDef) or function.args.args:
        return False
    match function.body[-1]:
        case ast.Return(value=ast.Tuple(elts=returned)):
            return len(returned) == count
    return False


def dead_links(name: str, path: Path, cells: list[NotebookNode]) -> Iterator[Problem]:
    """Links in a notebook to files that don't exist."""
    text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    # a picture that is attached to its cell is no file
    html = markdown2html(text.replace("(attachment:", "(data:"))
    for tag in BeautifulSoup(html, "html.parser").select("[href], [src]"):
        link = unquote(str(tag.get("href") or tag["src"])).partition("#")[0]
        target = path.parent / link
        # to an assignment that this course leaves out
        elsewhere = link.startswith("../") and not target.parent.exists()
        if not re.match(r"[a-z]+:", link) and not elsewhere and not target.exists():
            what = f"links to {link}, which does not exist"
            yield Problem(name, what, "correct the link, or remove it")
