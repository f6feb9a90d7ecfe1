"""Finds the problems in the course's own files, each with the command or edit that mends it: `make
check`.
"""

import ast
import contextlib
import json
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from nbformat import NotebookNode

from proctor.authoring.new import release
from proctor.course import HIDDEN, Assignment, assignments, grade_id, nbgrader_facts, notebook_at
from proctor.course.answers import known
from proctor.course.cells import bound
from proctor.course.report import Report, Status
from proctor.errors import NotFound
from proctor.examine.proofs import examined, judged
from proctor.grading.hidden import cell_of, check_functions, in_checks, stand_ins_of
from proctor.grading.verdicts import visible_checks
from proctor.records.stale import made_of
from proctor.sandbox.cell import CellDone, Limits

NOT_WITH = re.compile(
    r"^#+ (?:Exercise|Repair|Beyond): `(\w+).*^Not with\b", re.MULTILINE | re.DOTALL
)
SEED = 1
FINISH = "write it, and delete the line that says TODO"
MARKERS = "### BEGIN SOLUTION … ### END SOLUTION"
HIDES = "BEGIN HIDDEN TESTS"
# of a file of hidden checks
TABLES = ("FORBIDDEN", "STAND_INS", "BUILT_INS", "EXPERIMENTS")


class Problem(NamedTuple):
    """A problem in a file, and the remedy; `exercise`: the one that lacks it, which may be a
    draft.
    """

    file: Path
    what: str
    mend: str
    exercise: str = ""

    def __str__(self) -> str:
        return f"{self.file}: {self.what}\n    mend it: {self.mend}"


@dataclass
class Findings:
    """The problems of a course, and the work left in its drafts."""

    course: Path
    problems: list[Problem] = field(default_factory=list)
    to_do: list[Problem] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [f"to do: {each}" for each in self.to_do]
        lines += map(str, self.problems)
        total = f"problems: {len(self.problems)}" if self.problems else "the course is in order"
        return "\n".join([*lines, total]).replace(f"{self.course}/", "")


def lint(course: Path, names: Collection[str] = ()) -> Findings:
    """The findings on the course; on these assignments and exercises, if any are named.

    Raises `NotFound`, and `CourseError` if a notebook or a file of hidden checks can't be read, or
    nbgrader can't generate the release.

    Runs the reference solutions; for each named assignment or exercise, the right answers; for
    each named exercise, the wrong answers.
    """
    wanted = {*names}
    there = {name: {name, *each.stubs} for name, each in assignments(course).items()}
    if unknown := wanted.difference(*there.values()):
        raise NotFound(
            f"no assignment or exercise {', '.join(sorted(unknown))} in release/: "
            f"there are {', '.join(there)}; 'make release' makes what only source/ has"
        )
    chosen = [name for name, each in there.items() if not names or each & wanted]
    found = Findings(course)
    for name in chosen if names else ["*"]:
        facts = files_in(course, f"source/{name}/*", f"release/{name}/*", "answers/wrong/*.py")
        found.problems += unless_known(
            course, f"release {name}", facts, stale_release, course, name
        )
        for path in sorted(course.glob(f"source/{name}/*.ipynb")):
            found.problems += notebook_problems(path)
    # all other facts are read from the release
    if found.problems:
        return found
    if not names:
        found.problems += orphans(course)
    for name in chosen:
        assignment = assignments(course)[name]
        drafts = {*drafts_in(assignment.source)}
        for draft in sorted(drafts):
            found.to_do.append(Problem(assignment.source, f"{draft} is a draft", FINISH))
        problems = [*solved_stubs(assignment), *unmatched_checks(assignment)]
        for folder in filter(Path.is_dir, (assignment.wrong_answers, assignment.right_answers)):
            for exercise in with_hidden_checks(assignment):
                problems += answer_problems(assignment, exercise, folder / f"{exercise}.py")
        if all(each.exercise in drafts for each in problems):
            problems += failed_answers(assignment, wanted)
        for each in problems:
            (found.to_do if each.exercise in drafts else found.problems).append(each)
    return found


def drafts_in(notebook: Path) -> Iterator[str]:
    """The exercises whose text says `TODO`; `intro` if the first cell does, and all of them with
    it.
    """
    cells = notebook_at(notebook).cells
    title = text = cells[0].source
    if "TODO" in title:
        yield "intro"
    for cell in cells:
        if nbgrader_facts(cell).get("solution"):
            if "TODO" in title + text:
                yield cell.metadata.nbgrader.grade_id
        elif cell.cell_type == "markdown":
            text = cell.source


def unless_known(
    course: Path, key: str, facts: object, find: Callable[..., Iterable[Problem]], *about: Any
) -> list[Problem]:
    """The problems that `find` finds; none, and it doesn't run, if there were none with the same
    facts: `.lint.json` has their digest, by key.
    """
    path = course / ".lint.json"
    digest = sha256(repr(facts).encode()).hexdigest()
    digests = {}
    with contextlib.suppress(OSError, ValueError):
        digests = json.loads(path.read_bytes())
    if digests.get(key) == digest:
        return []
    found = [*find(*about)]
    if not found:
        digests[key] = digest
        # the course's folder may be read-only
        with contextlib.suppress(OSError):
            path.write_text(json.dumps(digests, indent=0))
    return found


def failed_answers(assignment: Assignment, names: set[str]) -> list[Problem]:
    """The problems of the reference solutions, and of the known answers to the named exercises."""
    course = assignment.course
    judging = made_of("", assignment, Limits())
    found = unless_known(course, assignment.name, judging, failed_references, assignment)
    # an answer may fail only because of them
    for exercise in () if found else with_hidden_checks(assignment):
        if not names & {assignment.name, exercise}:
            continue
        about = assignment, exercise
        facts = judging, known(assignment.right_answers / f"{exercise}.py")
        found += unless_known(course, exercise, facts, failed_right_answers, *about)
        if exercise in names:
            key = f"wrong {exercise}"
            found += unless_known(course, key, judging, passed_wrong_answers, *about)
    return found


def with_hidden_checks(assignment: Assignment) -> list[str]:
    """The exercises that more than their graded cells' own asserts judge."""
    plain = assignment.self_checked.keys()
    return [name for name in assignment.stubs if not assignment.cells_of(name) <= plain]


def failed_references(assignment: Assignment) -> Iterator[Problem]:
    """The graded cells that fail with the reference solutions."""
    report, visible = judged(assignment, SEED)
    yield from failures(assignment.source, "the reference solution", report, visible, assignment)


def failed_right_answers(assignment: Assignment, exercise: str) -> Iterator[Problem]:
    """The right answers that lose a graded cell, or fail a visible check."""
    path = assignment.right_answers / f"{exercise}.py"
    for answer, report, run in examined(assignment, exercise, known(path), SEED, visible=True):
        yield from failures(path, answer.id, report, visible_checks(run), assignment)


def failures(
    file: Path, answer: str, report: Report, visible: dict[str, CellDone], assignment: Assignment
) -> Iterator[Problem]:
    """The graded cells that a right answer fails, or whose visible check it does."""
    for cell in report.cells:
        done = visible.get(cell.id)
        if cell.status != Status.PASSED:
            said = f"{cell.check}: {cell.message}"
        elif done is not None and done.error_name:
            said = f"its visible check: {done.error_name}: {done.error_message}"
        else:
            continue
        yield Problem(
            file,
            f"{answer} fails {cell.id}, {said}",
            "correct the check, or the answer",
            assignment.exercise_of(cell.id),
        )


def passed_wrong_answers(assignment: Assignment, exercise: str) -> Iterator[Problem]:
    """The wrong answers that pass a cell that they should fail, and the checks that none of them
    needs.
    """
    path = assignment.wrong_answers / f"{exercise}.py"
    failed = dict[str, set[str]]()
    for answer, report, run in examined(assignment, exercise, known(path), SEED):
        failed[answer.id] = {finding.check for finding in run.findings}
        lost = {cell.id for cell in report.cells if cell.status != Status.PASSED}
        if passed := sorted(set(answer.fails) - lost):
            yield Problem(
                path,
                f"{answer.id} should fail {', '.join(passed)} and passes",
                "correct its `fails`, or add a hidden check",
                exercise,
            )
    if assignment.exercises[exercise].kind == "catch":
        return
    for check in check_functions(assignment.checks):
        others = {answer: each - {check} for answer, each in failed.items() if check in each}
        if assignment.exercise_of(cell_of(check)) == exercise and all(others.values()):
            what = f"no wrong answer fails {check} alone"
            for answer, more in others.items():
                what += f"; {answer} fails {', '.join(sorted(more))}, too"
            yield Problem(path, what, "write one that does, or leave the check out", exercise)


def orphans(course: Path) -> Iterator[Problem]:
    """Files of answers, files of hidden checks, and folders without a released notebook."""
    names = set[str]()
    for assignment in assignments(course).values():
        names.update(assignment.stubs, [assignment.name, assignment.checks.stem])
    for pattern in ("answers/*/*.py", "source/[!._]*/", "tests/hidden/test_*.py"):
        for path in sorted(course.glob(pattern)):
            if path.stem not in names:
                yield Problem(
                    path,
                    "belongs to no exercise or assignment of this name",
                    "rename it, delete it, or save the notebook that it is for",
                )


def stale_release(course: Path, name: str) -> Iterator[Problem]:
    """Files of `release/` that differ from nbgrader's release of `source/`."""
    with tempfile.TemporaryDirectory() as scratch:
        place = f"--CourseDirectory.release_directory={scratch}/release"
        release(course, name, "--no-db", place)
        fresh = files_in(Path(scratch), f"release/{name}/*").items()
    committed = files_in(course, f"release/{name}/*").items()
    for file in sorted({file for file, _ in fresh ^ committed}):
        yield Problem(
            course / file,
            "is not as nbgrader generates it from source/",
            "make release; if this file is named again, git rm it",
        )


def files_in(place: Path, *patterns: str) -> dict[Path, bytes]:
    """The contents of the files that match one of these patterns, by path."""
    paths = sorted(path for pattern in patterns for path in place.glob(pattern))
    return {path.relative_to(place): path.read_bytes() for path in paths if path.is_file()}


def notebook_problems(path: Path) -> Iterator[Problem]:
    """Outputs, cell ids and graded cells of one instructor notebook."""
    cells = notebook_at(path).cells
    if any(cell.get("outputs") or cell.get("execution_count") for cell in cells):
        yield Problem(path, "has outputs", f"jupyter nbconvert --clear-output --inplace {path}")
    ids = Counter(cell.get("id") for cell in cells)
    for each, count in ids.items():
        if each is None or count > 1:
            yield Problem(
                path,
                f"cells with the id {each}: {count}",
                "give each a stable id of its own, like those around it",
            )
    for cell in cells:
        facts = nbgrader_facts(cell)
        # but for an answer that a person grades
        if facts.get("grade") and not facts.get("solution"):
            yield from graded_cell_problems(path, cell)


def graded_cell_problems(path: Path, cell: NotebookNode) -> Iterator[Problem]:
    """Autotests, a missing hidden check, and variables that a graded cell leaves behind."""
    wanted = grade_id(cell)
    if "### AUTOTEST" in cell.source:
        yield Problem(
            path,
            f"{wanted} has an autotest, which is not run: everybody would pass it",
            "write what it tests as a hidden check, and take '### AUTOTEST' away",
        )
    # without a hidden line its own asserts give the points
    for match in HIDDEN.finditer(cell.source):
        if match["cell"] != wanted or HIDES not in cell.source:
            yield Problem(
                path,
                f"the graded cell {wanted} names {match['cell']}, or shows that line to students",
                f'end it with three lines: ### {HIDES}, from proctor import hidden_checks; hidden_checks("{wanted}"), '
                "and ### END HIDDEN TESTS",
            )
    kept = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
    lines = [line for line in ast.parse(cell.source).body if not isinstance(line, kept)]
    if left := sorted(bound("\n".join(map(ast.unparse, lines)))):
        yield Problem(
            path,
            f"the check {wanted} leaves {', '.join(left)} behind, which an answer could read by mistake",
            "put its lines into a function, 'def check():', and call it below",
        )


def solved_stubs(assignment: Assignment) -> Iterator[Problem]:
    """Exercises without a reason, and stubs in the released notebook that don't define their
    exercise, or already solve it.
    """
    path = assignment.source
    for exercise in with_hidden_checks(assignment):
        if exercise not in assignment.reasons:
            yield Problem(
                path,
                f"the solution of {exercise} has no reason",
                "say in two or three sentences why it is so, in a Markdown cell tagged 'reason' right below it",
                exercise,
            )
    for exercise, stub in assignment.stubs.items():
        if missing := set(assignment.names_of(exercise)) - bound(stub).keys():
            yield Problem(
                path,
                f"the stub of {exercise} doesn't define {', '.join(sorted(missing))}",
                f"keep the signature outside {MARKERS}, and indent these like the lines between them",
                exercise,
            )
            continue
        returns = any(isinstance(node, ast.Return) for node in ast.walk(ast.parse(stub)))
        if returns and assignment.exercises[exercise].kind == "write":
            yield Problem(
                path,
                f"the stub of {exercise} is already solved: it returns something",
                f"put the solution between {MARKERS}",
                exercise,
            )


def unmatched_checks(assignment: Assignment) -> Iterator[Problem]:
    """Exercises and graded cells without hidden checks; checks without a cell or a docstring."""
    path = assignment.checks
    hidden = assignment.graded.keys() - assignment.self_checked.keys()
    functions = check_functions(path) if path.is_file() else {}
    about = [(check, cell_of(check), hidden) for check in functions]
    named = (assignment.stubs, assignment.owners, assignment.stubs, assignment.graded)
    for table, names in zip(TABLES, named, strict=True):
        about += [(f"{table}[{key!r}]", key, names) for key in in_checks(assignment, table)]
    for each, key, names in about:
        if key not in names:
            yield Problem(
                path,
                f"{each} matches nothing in the notebook",
                f"rename it, or delete it, or put a lost cell or hidden line back; there are {', '.join(sorted(names))}",
            )
    for check, function in functions.items():
        if not function.__doc__:
            yield Problem(
                path,
                f"{check} has no docstring",
                "state the rule that it holds in a docstring of one line, for 'proctor why'",
                assignment.exercise_of(cell_of(check)),
            )
    for cell in sorted(hidden.difference(map(cell_of, functions))):
        yield Problem(
            path,
            f"the graded cell {cell} has no hidden check",
            f"add test_{cell}__…(student, draw)",
            assignment.exercise_of(cell),
        )
    stand_ins = stand_ins_of(assignment)
    for exercise in with_hidden_checks(assignment):
        if assignment.exercises[exercise].is_value:
            continue
        for function in set(assignment.names_of(exercise)) - stand_ins.keys():
            yield Problem(
                path,
                f"{function} has no stand-in",
                f'write {function}_stand_in, a right answer, and STAND_INS["{function}"] = {function}_stand_in',
                exercise,
            )
    said = {
        match[1] for cell in assignment.released.cells if (match := NOT_WITH.search(cell.source))
    }
    forbidden = in_checks(assignment, "FORBIDDEN").keys()
    for exercise in sorted((said ^ forbidden) & assignment.stubs.keys()):
        yield Problem(
            path,
            f"{exercise} rules out built-ins in one place and not in the other",
            f"say it in both: 'Not with: …' below the heading of an exercise of this name, and FORBIDDEN in {path}",
            exercise,
        )
    if functions:
        yield from bound_twice(path)


def bound_twice(path: Path) -> Iterator[Problem]:
    """Names of a module that a later line binds anew."""
    first = dict[str, int]()
    for node in ast.parse(path.read_bytes()).body:
        for name in bound(ast.unparse(node)):
            # a constant may be computed in steps
            if name in first and (name in TABLES or not name.isupper()):
                yield Problem(
                    path,
                    f"{name} is defined twice, in lines {first[name]} and {node.lineno}, and the last alone counts",
                    "rename one of them, or delete it",
                )
            first[name] = node.lineno


def answer_problems(assignment: Assignment, exercise: str, path: Path) -> Iterator[Problem]:
    """Too few answers in a file, and answers that can't be run, stand twice, lack a name, or are to
    fail a cell that isn't there.
    """
    try:
        found = known(path)
    except Exception as error:
        yield Problem(
            path,
            f"can't be run: {type(error).__name__}: {error}",
            f"correct it until 'python {path}' says nothing",
        )
        return
    kind = path.parent.name
    cells = assignment.cells_of(exercise)
    if assignment.exercises[exercise].is_value:
        wanted = {"wrong": 3, "right": 1}
    else:
        has_points = any(assignment.graded[cell].points for cell in cells)
        wanted = {"wrong": 8, "right": 5 if has_points else 3}
    if len(found) < wanted[kind]:
        yield Problem(
            path,
            f"has {len(found)} of {wanted[kind]} {kind} answers",
            f"write {kind} answers to {exercise} there, each marked @{kind} as in the files beside it",
            exercise,
        )
    if found:
        yield from bound_twice(path)
    names = assignment.names_of(exercise)
    ending = f"return {', '.join(names)}"
    for answer in found:
        if len(names) > 1 and ending not in answer.source:
            yield Problem(
                path,
                f"{answer.id} doesn't return {' and '.join(names)}",
                f"write a function of no arguments that defines them and ends in '{ending}'",
            )
        for cell in set(answer.fails) - cells:
            yield Problem(
                path,
                f"{answer.id} is to fail {cell}, which is no graded cell of {exercise}",
                f"name one of {', '.join(sorted(cells))}",
            )
