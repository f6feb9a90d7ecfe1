"""The course as proctor needs it: which assignments there are, their graded cells and points, their
stubs and checks.
"""

import ast
import os
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from proctor.course.cells import bound, globals_read, is_quick
from proctor.course.files import made_once
from proctor.errors import CourseError

if TYPE_CHECKING:
    from nbformat import NotebookNode

HIDDEN = re.compile(r"^.*\bhidden_checks\((['\"])(?P<cell>[^'\"]+)\1\).*$\n?", re.MULTILINE)
MAX_READ_ALL = 300_000  # of a notebook's cells
PACKAGE = Path(__file__).resolve().parent.parent
# The copy of the course that an installed package carries, as pyproject.toml says.
INSTALLED = PACKAGE / "_course"
# The folders of a course that hold submissions.
FROM_STUDENTS = {"submitted", "attempts", "downloaded", "exchange", "desk", "autograded"}


Kind = Literal["write", "repair", "predict", "catch"]
# the metadata of a solution cell, under `proctor`
FACTS = ("kind", "defines", "handout")


@dataclass(frozen=True)
class Exercise:
    """The facts of an exercise, from its solution cell's metadata under `proctor`: its kind, and
    the names that it defines.

    Without any, a function of the exercise's own name is to be written.
    """

    name: str
    kind: Kind = "write"
    defines: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names that it defines."""
        return self.defines or (self.name,)

    @property
    def is_value(self) -> bool:
        """Whether its answer is a value, a prediction or examples, rather than a function."""
        return self.kind in ("predict", "catch")


@dataclass(frozen=True)
class GradedCell:
    """A cell that earns points; `exercise` is the solution cell that it judges."""

    id: str
    points: float
    exercise: str


@dataclass(frozen=True)
class Source:
    """The facts of the instructor's notebook that aren't released: the cells' sources, and the
    reasons of the solutions.

    `cells`, by grade id; `self_checked`: those that name no hidden check. `reasons`, as Markdown,
    by exercise: the cell tagged `reason` below the solution.
    """

    cells: dict[str, str]
    self_checked: dict[str, str]
    reasons: dict[str, str]


@dataclass(frozen=True)
class Assignment:
    """One assignment: its name, the course's folder and the released notebook, the origin of all
    facts.
    """

    name: str
    course: Path
    notebook: Path

    @cached_property
    def released(self) -> "NotebookNode":
        return notebook_at(self.notebook)

    @cached_property
    def released_sources(self) -> set[str]:
        """The sources of the released cells: a cell with one of them is as the course has it."""
        return {cell.source for cell in self.released.cells}

    def idle(self, notebook: "NotebookNode") -> set[str]:
        """The sources of the released cells that need not run: figures, and the visible checks of
        hidden ones.

        A cell that binds a name that the student's own cells use runs.
        """
        checks = self.locked.keys() & (self.graded.keys() - self.self_checked.keys())
        idle = set[str]()
        for cell in self.released.cells:
            if grade_id(cell) in checks or "figure" in cell.metadata.get("tags", []):
                idle.add(cell.source)
        used, own = set[str](), set[str]()
        for cell in notebook.cells:
            if cell.cell_type == "code" and cell.source not in self.released_sources:
                own |= bound(cell.source).keys()
                used |= globals_read(cell.source) - own
        return {source for source in idle if not used & bound(source).keys()}

    @cached_property
    def modules(self) -> dict[str, str]:
        """The sources of the course's own modules beside the notebook, by name: they draw its
        figures.
        """
        found = {}
        for path in self.notebook.parent.glob("*.py"):
            found[path.stem] = path.read_text(encoding="utf-8")
        return found

    def by_grade_id(self, **flags: bool) -> "dict[str, NotebookNode]":
        """The released cells with these flags of nbgrader's, by grade id."""
        found = {}
        for cell in self.released.cells:
            name = grade_id(cell)
            facts = nbgrader_facts(cell)
            if name and all(bool(facts.get(flag)) == value for flag, value in flags.items()):
                found[name] = cell
        return found

    @cached_property
    def graded(self) -> dict[str, GradedCell]:
        """The graded cells in their order, by id, without those graded by hand."""
        judging = self.by_grade_id(grade=True, solution=False)
        cells = {}
        exercise = ""
        for name, cell in self.by_grade_id().items():
            if name in self.stubs:
                exercise = name
            elif name in judging:
                cells[name] = GradedCell(name, float(cell.metadata.nbgrader.points), exercise)
        return cells

    @cached_property
    def stubs(self) -> dict[str, str]:
        """The source of each exercise's untouched solution cell, by exercise."""
        cells = self.by_grade_id(solution=True, grade=False)
        return {name: cell.source for name, cell in cells.items()}

    @cached_property
    def by_hand(self) -> set[str]:
        """The grade ids of the answers that are graded by hand: they are no exercises, and nothing
        checks them.
        """
        return {*self.by_grade_id(solution=True, grade=True)}

    @cached_property
    def locked(self) -> "dict[str, NotebookNode]":
        """The cells that a student can't change, by grade id, as they were released."""
        return self.by_grade_id(locked=True)

    @cached_property
    def exercises(self) -> dict[str, Exercise]:
        """The facts of each exercise, by its name: those of the release, and never of a
        submission.
        """
        found = {}
        for name, cell in self.by_grade_id(solution=True, grade=False).items():
            found[name] = exercise_in(cell)
        return found

    def names_of(self, exercise: str) -> tuple[str, ...]:
        """The names that an exercise defines."""
        return self.exercises[exercise].names

    def is_prediction(self, exercise: str) -> bool:
        """Whether the answer to an exercise is the predicted outcome of a computation."""
        return exercise in self.exercises and self.exercises[exercise].kind == "predict"

    @cached_property
    def owners(self) -> dict[str, str]:
        """The exercise that each name belongs to."""
        found = {}
        for exercise in self.exercises.values():
            found.update(dict.fromkeys(exercise.names, exercise.name))
        return found

    @property
    def own(self) -> Source:
        """The facts of the instructor's notebook; empty if only the release is there."""
        return _source(self.source)

    @property
    def solutions(self) -> dict[str, str]:
        """The source of each exercise's reference solution, by exercise."""
        return {name: source for name, source in self.own.cells.items() if name in self.stubs}

    @property
    def reasons(self) -> dict[str, str]:
        """The reason why each exercise's solution is so, as Markdown, by exercise."""
        return self.own.reasons

    @property
    def self_checked(self) -> dict[str, str]:
        """The instructor's sources of the graded cells that name no hidden check, by id: their own
        asserts judge.
        """
        found = self.own.self_checked
        return {name: source for name, source in found.items() if name in self.graded}

    @cached_property
    def parameters(self) -> dict[str, list[str]]:
        """The names of the parameters of every function that a stub defines, by function."""
        found = {}
        for stub in self.stubs.values():
            for node in ast.walk(ast.parse(stub)):
                if isinstance(node, ast.FunctionDef):
                    found[node.name] = [arg.arg for arg in node.args.args]
        return found

    @property
    def max_score(self) -> float:
        """The points of all graded cells."""
        return sum(cell.points for cell in self.graded.values())

    def cells_of(self, exercise: str) -> set[str]:
        """The grade ids of the cells that judge this exercise."""
        return {cell.id for cell in self.graded.values() if cell.exercise == exercise}

    def exercise_of(self, name: str | None) -> str:
        """The exercise that the cell with this grade id solves or judges; empty if it does
        neither.
        """
        if name in self.graded:
            return self.graded[name].exercise
        return name if name in self.stubs else ""

    def is_stub(self, name: str | None, source: str) -> bool:
        """Whether `source` leaves the exercise with this name unanswered; false if there is no such
        exercise.
        """
        return name in self.stubs and untouched(source, self.stubs[name])

    @property
    def source(self) -> Path:
        """The instructor's notebook."""
        return self.course / "source" / self.name / self.notebook.name

    @property
    def checks(self) -> Path:
        """The file of hidden checks."""
        return self.course / "tests" / "hidden" / f"test_{self.name.replace('-', '_')}.py"

    @property
    def wrong_answers(self) -> Path:
        """The folder of wrong answers, one file an exercise."""
        return self.course / "answers" / "wrong"

    @property
    def right_answers(self) -> Path:
        """The folder of right answers, one file an exercise."""
        return self.course / "answers" / "right"

    @property
    def general_rules(self) -> Path:
        """The file of the misconceptions that look alike in every exercise."""
        return self.course / "answers" / "general.py"

    @property
    def slips(self) -> Path:
        """The file of the slips that show in an answer's source."""
        return self.course / "answers" / "slips.py"


def find_course(start: Path | None = None) -> Path:
    """The course of a learner: as for a class, or else the course that this package carries."""
    try:
        return find_class_course(start)
    except CourseError:
        carried = carried_course()
        if os.environ.get("PROCTOR_COURSE") or not carried.is_dir():
            raise
        return carried


def carried_course() -> Path:
    """The course that comes with this package; a package without one has no such folder."""
    return PACKAGE.parent if _is_course(PACKAGE.parent) else INSTALLED


def find_class_course(start: Path | None = None) -> Path:
    """The course of a class: `PROCTOR_COURSE`, or the nearest course at `start` or above it.

    Raises `CourseError` if there is none.
    """
    named = os.environ.get("PROCTOR_COURSE")
    here = Path(named or start or Path.cwd()).resolve()
    places = [here, *here.parents]
    looked = f"{here} or above it"
    if named:
        places = [here]
        looked = f"{here}, which PROCTOR_COURSE names"
    found = list[Path]()
    for folder in filter(_is_course, places):
        if FROM_STUDENTS.isdisjoint(here.relative_to(folder).parts[:1]):
            found.append(folder)
        else:
            # a submission below it may be made to look like a course
            found.insert(0, folder)
    if found:
        return found[0]
    raise CourseError(
        f"there is no course in {looked}. Go to your course, the folder with "
        "nbgrader_config.py and source/, or set PROCTOR_COURSE to its path; for a new class, "
        "clone the course's repository"
    )


def _is_course(folder: Path) -> bool:
    return (folder / "nbgrader_config.py").is_file() and (folder / "source").is_dir()


def notebook_at(path: Path) -> "NotebookNode":
    """A notebook of the course's own, without validation: a process's first takes 30 ms.

    Raises `CourseError`.
    """
    # takes a tenth of a second, and not every command reads a notebook
    from nbformat import v4

    try:
        return v4.reads(path.read_text(encoding="utf-8"))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise CourseError(f"{path} can't be read as a notebook: {error}") from error


@made_once
def _source(notebook: Path) -> Source:
    found = Source({}, {}, {})
    if not notebook.is_file():
        return found
    above = ""
    for cell in notebook_at(notebook).cells:
        if name := grade_id(cell):
            found.cells[name] = cell.source
            above = name
            if not HIDDEN.search(cell.source):
                found.self_checked[name] = cell.source
        if is_reason(cell):
            found.reasons[above] = cell.source
    return found


@made_once
def assignment_at(notebook: Path, course: Path) -> Assignment:
    """The assignment of `course` that is released at `notebook`: read once, and again when it
    changes.
    """
    return Assignment(notebook.parent.name, course, notebook)


def assignments(course: Path) -> dict[str, Assignment]:
    """The released assignments of `course`, by name."""
    paths = sorted((course / "release").glob("*/[!.]*.ipynb"))
    found = {path.parent.name: assignment_at(path, course) for path in paths}
    if not found:
        raise CourseError(f"{course / 'release'} holds no notebook: run 'make release'")
    return found


def several_notebooks(folder: Path) -> str:
    """Says that an assignment's folder holds several notebooks; empty if it doesn't."""
    found = sorted(path.name for path in folder.glob("[!.]*.ipynb"))
    if len(found) < 2:
        return ""
    name = folder.name
    return (
        f"{folder.parent.name}/{name} holds {' and '.join(found)}, and an assignment is one "
        f"notebook: move the others out of source/{name}, then run 'nbgrader generate_assignment "
        f"{name} --create --force'"
    )


def assignment_of(notebook: "NotebookNode", course: Path) -> Assignment | None:
    """The assignment that shares most grade ids with `notebook`; None if it shares none with
    any.
    """
    ids = set(map(grade_id, notebook.cells)) - {None}
    best = None
    most = 0
    for each in assignments(course).values():
        shared = len(ids & (each.graded.keys() | each.stubs.keys()))
        if shared > most:
            best = each
            most = shared
    return best


def exercise_in(cell: "NotebookNode") -> Exercise:
    """The facts of the exercise that is solved in this cell of a source or a release.

    Raises `CourseError` if its metadata under `proctor` aren't known.
    """
    facts = cell.metadata.get("proctor", {})
    name, kind = cell.metadata.nbgrader.grade_id, facts.get("kind", "write")
    unknown = facts.keys() - FACTS
    if kind not in get_args(Kind):
        unknown.add(f"kind: {kind}")
    if unknown:
        raise CourseError(
            f"the cell {name}: its metadata under 'proctor' have {', '.join(sorted(unknown))}; there are "
            f"{', '.join(FACTS)}, and the kinds {', '.join(get_args(Kind))}: correct them in source/, then make release"
        )
    return Exercise(name, kind, tuple(facts.get("defines", ())))


def is_reason(cell: "NotebookNode") -> bool:
    """Whether this cell of a source says why the solution above it is so: it isn't released."""
    return "reason" in cell.metadata.get("tags", [])


def nbgrader_facts(cell: "NotebookNode") -> dict[str, Any]:
    """The facts that nbgrader keeps in a cell; none in an ordinary one."""
    return cell.metadata.get("nbgrader", {})


def grade_id(cell: "NotebookNode") -> str | None:
    """The nbgrader id of `cell`, or None."""
    facts = cell.get("metadata", {}).get("nbgrader", {})
    if isinstance(facts, dict) and isinstance(facts.get("grade_id"), str):
        return facts["grade_id"]
    return None


def untouched(source: str, stub: str) -> bool:
    """Whether `source` does no more than the stub: same code but for comments, spacing and
    docstrings, or no code.
    """
    if not is_quick(source):
        return False
    try:
        return _code(source) == _code("") or _code(source) == _code(stub)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


@lru_cache(200)
def _code(source: str) -> str:
    """The syntax tree of a cell without its idle lines, as text."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            body[:] = [line for line in body if not _is_idle(line)]
    return ast.dump(tree)


def _is_idle(line: ast.stmt) -> bool:
    """Whether a statement does nothing: `pass`, `...`, a docstring, or a stub's `raise
    NotImplementedError()`.
    """
    match line:
        case ast.Pass() | ast.Expr(ast.Constant()):
            return True
        case ast.Raise(ast.Call(ast.Name("NotImplementedError")) | ast.Name("NotImplementedError")):
            return True
    return False
