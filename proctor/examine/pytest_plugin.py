"""The pytest side of the hidden checks: the `student` and `draw` fixtures, and failures that a student can read.

A check is a function `test_<graded cell>__<what>(student, draw)` in `tests/hidden/test_<assignment>.py`; its module may
say in `FORBIDDEN` which built-ins an exercise rules out. `pytest tests/hidden` runs the checks against the reference
solutions, `--submission NOTEBOOK` against anybody's.
"""

import hashlib
import runpy
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path

import msgspec
import nbformat
import pytest

from proctor.checks import Draw, fresh_seed
from proctor.course import Assignment, assignment_of, assignments, find_course, names_of, untouched
from proctor.examine.student import Asks, Forbidden, Student, StudentError
from proctor.examine.wording import SYNTAX, bound_elsewhere, keeps_stub, syntax
from proctor.report import Status, readable
from proctor.sandbox.files import files_beside
from proctor.sandbox.flags import MAX_FLAGS, Flag, in_sources
from proctor.sandbox.launcher import ForkServer
from proctor.sandbox.session import LIMITS, Cell, Limits, SandboxDied, SandboxTimeout, Session, cells_of


class Unattempted(Exception):
    """The exercise's solution cell is still the stub."""


class Missing(Exception):
    """The exercise's solution cell is not in the notebook."""


@dataclass
class Finding:
    """How one check ended."""

    check: str
    cell: str
    status: Status
    message: str = ""


@dataclass
class Examination:
    """One notebook under examination: where its code answers, and what was found so far.

    `excused` holds, by exercise, why its solution cell isn't run; `wanted`, the graded cells to judge, all of them where
    None; `given`, the names that mean stand-ins.
    """

    assignment: Assignment
    asks: Asks
    session: Session | None = None
    excused: dict[str, Exception] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    wanted: set[str] | None = None
    given: list[str] = field(default_factory=list)

    def student(self, cell_id: str, forbidden: dict[str, list[str]], seed: int) -> Student:
        """The student for a check of this graded cell, the notebook having run."""
        exercise = self.assignment.graded[cell_id].exercise
        if self.session is not None:
            self._require(exercise)
        rules_out, parameters = forbidden.get(exercise, []), self.assignment.parameters
        return Student(self.asks, exercise, rules_out, cell_id, seed, parameters, self.given)

    def _require(self, exercise: str) -> None:
        """Raises why there is nothing to ask, where the notebook, having run, defines none of the exercise's names."""
        self.session.run_all()
        if self.defined.intersection(names_of(exercise)):
            return
        if exercise in self.excused:
            raise self.excused[exercise]
        for cell in self.session.cells:
            if cell.id == exercise and cell.done is not None and cell.done.error_name:
                raise _broken(exercise, cell.done)

    @cached_property
    def defined(self) -> set[str]:
        """The exercises' names that the notebook defines, in whichever cell."""
        return self.session.defined([name for exercise in self.assignment.stubs for name in names_of(exercise)])

    def again(self, exercise: str, given: list[str]) -> "Examination":
        """The same notebook once more, for one exercise, with stand-ins for these names and for no others."""
        assignment = self.assignment
        stand_ins = {name: assignment.stand_ins[name] for name in given}
        if self.session is None:
            return Examination(assignment, self.asks.again(stand_ins), given=given)
        cells = [replace(cell, given=given, draw=False, trace=False, done=None) for cell in self.session.cells]
        last = max((number for number, cell in enumerate(cells) if cell.exercise == exercise), default=0)
        for number, cell in enumerate(cells):
            # what comes before has its stand-ins now
            cell.lethal &= number > last
        # nothing that is asked needs what the course itself shows at the end
        while cells and not cells[-1].exercise and cells[-1].source in assignment.released_sources | {""}:
            cells.pop()
        self.session.close()
        session = self.session.again(cells, stand_ins)
        return Examination(assignment, session, session, self.excused, given=given)

    def flags(self) -> list[Flag]:
        """What the student's own cells use by which a built-in could be hidden from the guard."""
        if self.session is None:
            return []
        ours = self.assignment.released_sources
        theirs = {n: cell.source for n, cell in enumerate(self.session.cells, 1) if cell.source not in ours}
        found = {*in_sources(theirs), *(flag for flag in self.session.take_flags() if flag.cell in {0, *theirs})}
        return sorted(found, key=msgspec.structs.astuple)[:MAX_FLAGS]


def _broken(exercise, done) -> Exception:
    if done.error_name == "Timeout":
        return SandboxTimeout(f"running the cell of {exercise}: {done.error_message}")
    if done.error_name == "Died":
        return SandboxDied(f"running the cell of {exercise}: {done.error_message}")
    error = StudentError(done.error_message)
    error.kind = done.error_name
    return error


def open_examination(
    notebook: nbformat.NotebookNode,
    assignment: Assignment,
    server: ForkServer,
    limits: Limits = LIMITS,
    draw: bool = True,
) -> Examination:
    """Puts a notebook in a sandbox, ready to be examined; without `draw`, its figures are not made into pictures."""
    return examination_of(
        [replace(cell, draw=draw) for cell in cells_of(notebook, assignment)], assignment, server, limits
    )


def examination_of(
    cells: list[Cell], assignment: Assignment, server: ForkServer, limits: Limits = LIMITS
) -> Examination:
    """Like `open_examination`, for a notebook whose cells somebody else has put in order."""
    excused: dict[str, Exception] = {}
    for exercise, stub in assignment.stubs.items():
        own = [cell for cell in cells if cell.id == exercise]
        for cell in own:
            if untouched(cell.source, stub):
                cell.source = ""  # else it would take the place of an answer in another cell
        if not own:
            excused[exercise] = Missing(f"the cell of {exercise} is not in the notebook")
        elif not any(cell.source for cell in own):
            excused[exercise] = Unattempted(f"{exercise} is not attempted yet")
    session = Session(server, cells, limits, modules=assignment.modules, forbidden=all_forbidden(assignment))
    return Examination(assignment, session, session, excused)


def all_forbidden(assignment: Assignment) -> tuple[str, ...]:
    """What the exercises of an assignment rule out, each name once."""
    return tuple(sorted({name for names in rules_out(assignment).values() for name in names}))


def rules_out(assignment: Assignment) -> dict[str, list[str]]:
    """What each exercise of an assignment rules out, as its checks say in `FORBIDDEN`."""
    checks = assignment.checks
    return _rules_out(checks, checks.stat().st_mtime_ns) if checks.is_file() else {}


@lru_cache(16)
def _rules_out(checks: Path, changed: int) -> dict[str, list[str]]:
    try:
        return runpy.run_path(str(checks)).get("FORBIDDEN", {})
    except Exception:
        # pytest will say what is wrong with the file
        return {}


EXAMINATION = pytest.StashKey[Examination]()
FORK_SERVER = pytest.StashKey[ForkServer]()


def pytest_addoption(parser):
    group = parser.getgroup("proctor")
    group.addoption("--submission", type=Path, help="the notebook to examine, instead of the reference solutions")
    group.addoption("--seed", type=int, help="the seed of the checks' random inputs")


def pytest_configure(config):
    if config.getoption("--seed", None) is None:
        config.option.seed = fresh_seed()


def pytest_report_header(config):
    return f"hidden checks draw their inputs from --seed {config.option.seed}"


def cell_of(check: str) -> str:
    """The graded cell that a check belongs to: `softmax_values` of `test_softmax_values__every_dim`."""
    return check.split("[")[0].removeprefix("test_").split("__")[0]


def _hidden(item) -> bool:
    return item.path.parent.name == "hidden" and item.path.parent.parent.name == "tests"


def pytest_collection_modifyitems(config, items):
    """Leaves out the checks of other assignments than the submission's."""
    if config.getoption("--submission"):
        course = find_course(Path(config.rootpath))
        assignment = assignment_of(nbformat.read(config.getoption("--submission"), as_version=4), course)
        if assignment is None:
            raise pytest.UsageError(f"{config.getoption('--submission')} shares no graded cell with the course")
        skipped = [item for item in items if _hidden(item) and item.path != assignment.checks]
        items[:] = [item for item in items if item not in skipped]
        config.hook.pytest_deselected(items=skipped)


@pytest.fixture(scope="module")
def examination(request) -> Examination:
    """The notebook under examination: the one being examined, `--submission`, or the reference solutions."""
    config = request.config
    if EXAMINATION in config.stash:
        yield config.stash[EXAMINATION]
        return
    name = request.path.stem.removeprefix("test_").replace("_", "-")
    found = assignments(find_course(request.path))
    assignment = next(a for a in found.values() if a.checks == request.path or a.name == name)
    path = config.getoption("--submission") or assignment.source
    if FORK_SERVER not in config.stash:
        config.stash[FORK_SERVER] = ForkServer()
    examination = open_examination(nbformat.read(path, as_version=4), assignment, config.stash[FORK_SERVER], draw=False)
    examination.session.files = files_beside(path, assignment.course)
    yield examination
    examination.session.close()


@pytest.fixture
def student(request, examination) -> Student:
    """The student's functions, run elsewhere; see `proctor.examine.student.Student`."""
    request.node.student = None  # of the examination before
    forbidden = getattr(request.module, "FORBIDDEN", {})
    student = examination.student(cell_of(request.node.name), forbidden, _seed(request, "student"))
    request.node.student = student
    return student


@pytest.fixture
def draw(request) -> Draw:
    """Fresh random inputs, the same for the whole class: they depend on the seed and the check's name."""
    return Draw(_seed(request))


def _seed(request, purpose: str = "") -> int:
    """The seed of this check for one purpose."""
    digest = hashlib.sha256(f"{request.config.option.seed} {request.node.name}{purpose}".encode()).digest()
    return int.from_bytes(digest[:8], "big")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if call.excinfo is None or not _hidden(item):
        return report
    finding = explain(item, call.excinfo.value)
    if EXAMINATION in item.config.stash:
        report.finding = finding
    if finding.message:
        report.longrepr = finding.message
    return report


def explain(item, error: BaseException) -> Finding:
    """What a failed check tells the student."""
    student = getattr(item, "student", None)
    called = student.last_call if student else ""
    examination, cell_id = getattr(item, "funcargs", {}).get("examination"), cell_of(item.name)
    exercise = examination.assignment.exercise_of(cell_id) if examination else ""
    cells = examination.session.cells if examination and examination.session else []
    source = next((cell.source for cell in cells if cell.id == exercise), "")
    status: Status = "failed"
    if isinstance(error, Unattempted):
        status, message = "not_attempted", str(error)
    elif isinstance(error, Missing):
        status, message = "missing", str(error)
    elif isinstance(error, Forbidden):
        status, message = "forbidden", str(error)
    elif isinstance(error, SandboxTimeout):
        status, message = "timeout", f"{called or 'the notebook'} took too long: {error}"
    elif isinstance(error, SandboxDied):
        status, message = "died", f"{called or 'the notebook'} ended the process: {error}"
    elif isinstance(error, StudentError):
        status = "out_of_memory" if error.kind == "MemoryError" or "allocate memory" in str(error) else "error"
        said = str(error) if called or error.kind not in SYNTAX else syntax(source, str(error))
        message = f"{called or 'its cell'} raised {error.kind}: {said}".rstrip(": ")
        if error.kind == "NotImplementedError" and keeps_stub(source):
            message += "\nThe stub's last line, `raise NotImplementedError()`, still stands in it."
        elif "NoneType" in str(error):
            message += "\nNone is what a function without `return` gives, and `.grad` before any backward pass."
    elif isinstance(error, AssertionError):
        returned = f"\nreturned {student.last_value}" if student and student.last_value else ""
        said = str(error).split("\nassert ")[0]  # pytest adds the source of a bare assert, which is nobody's business
        message = f"{called}{returned}\n{said}".strip()
    else:
        message = (
            f"{called}\nthe check could not judge this answer; tell your instructor ({type(error).__name__})".strip()
        )
    if called and (other := bound_elsewhere(cells, exercise, cell_id)):
        message += f"\n{other}"
    return Finding(item.name, cell_id, status, readable(message))
