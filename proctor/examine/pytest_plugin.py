"""The pytest side of the hidden checks: the `student` and `draw` fixtures, and failures that a student can read.

A check is a function `test_<graded cell>__<what>(student, draw)` in `tests/hidden/test_<assignment>.py`; its module may
say in `FORBIDDEN` which built-ins an exercise rules out. `pytest tests/hidden` runs the checks against the reference
solutions, `--submission NOTEBOOK` against anybody's.
"""

import hashlib
import inspect
import traceback
from collections.abc import Generator, Iterator
from datetime import date
from pathlib import Path

import pytest

from proctor.course import assignments, find_course
from proctor.course.report import Status, readable
from proctor.errors import (
    Forbidden,
    Missing,
    NoSandbox,
    NotExaminable,
    NoTimeLeft,
    SandboxDied,
    SandboxTimeout,
    Unattempted,
)
from proctor.examine.draw import Draw, fresh_seed
from proctor.examine.examination import Examination, Finding, open_examination
from proctor.examine.general import general_misconception, rules
from proctor.examine.memory import ran_out
from proctor.examine.source import Code
from proctor.examine.student import Student, StudentError
from proctor.examine.wording import SYNTAX, bound_elsewhere, keeps_stub, lacks, line_at, syntax
from proctor.sandbox.files import files_beside
from proctor.sandbox.launcher import Server, new_server
from proctor.sandbox.protocol import ENDED
from proctor.submission import parse, restored, whose

EXAMINATION = pytest.StashKey[Examination]()
FORK_SERVER = pytest.StashKey[Server]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("proctor")
    group.addoption("--submission", type=Path, help="the notebook to examine, instead of the reference solutions")
    group.addoption("--seed", type=int, help="the seed of the checks' random inputs; the date, by default")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--seed", None) is None:
        # the day's, the same in every process of a run; but nobody foresees what a submission is asked
        submission = config.getoption("--submission", None)
        config.option.seed = fresh_seed() if submission else int(f"{date.today():%Y%m%d}")


def pytest_report_header(config: pytest.Config) -> str:
    return f"hidden checks draw their inputs from --seed {config.option.seed}"


def cell_of(check: str) -> str:
    """The graded cell that a check belongs to: `softmax_values` of `test_softmax_values__every_dim`."""
    return check.split("[")[0].removeprefix("test_").split("__")[0]


def is_plain(item: pytest.Item) -> bool:
    """Whether a check takes nothing of pytest's but `student`, `draw` and parameters: most do, and can be called as functions."""
    info = getattr(item, "_fixtureinfo", None)
    given = vars(item).get("callspec")
    parameters = set(given.params if given else ())
    return (
        info is not None
        and isinstance(item, pytest.Function)
        and isinstance(item.parent, pytest.Module)
        and set(item.fixturenames) - parameters <= {"student", "draw", "examination", "request"}
        and set(info.argnames) - parameters <= {"student", "draw"}
        and all(len(found) == 1 for found in info.name2fixturedefs.values())
        and {mark.name for mark in item.iter_markers()} <= {"parametrize"}
        and (given is None or not given.indices.keys() - set(info.argnames))
    )


def run_plain(item: pytest.Item, examination: Examination, seed: int) -> tuple[Finding | None, str | None]:
    """Calls a plain check: its finding where it fails, its remark where it passes; neither where it skips itself."""
    assert isinstance(item, pytest.Function), "others are not plain"
    student, given = None, vars(item).get("callspec")
    try:
        forbidden = getattr(item.module, "FORBIDDEN", {})
        student = examination.student(cell_of(item.name), forbidden, _seed(seed, item.name, "student"))
        fixtures = {"student": student, "draw": Draw(_seed(seed, item.name)), **(given.params if given else {})}
        item.obj(**{name: fixtures[name] for name in inspect.signature(item.obj).parameters})
    except (KeyboardInterrupt, NoSandbox):
        raise
    except pytest.skip.Exception:
        return None, None
    except BaseException as error:
        return explain(item.name, error, student, examination), None
    return None, readable(student.remark)


def _hidden(item: pytest.Item) -> bool:
    return item.path.parent.name == "hidden" and item.path.parent.parent.name == "tests"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out the checks of other assignments than the submission's."""
    if path := config.getoption("--submission"):
        course = find_course(Path(config.rootpath))
        try:
            assignment = whose(parse(path), course, path.name)
        except NotExaminable as error:
            raise pytest.UsageError(f"{path} can't be examined: {error}") from None
        skipped = [item for item in items if _hidden(item) and item.path != assignment.checks]
        items[:] = [item for item in items if item not in skipped]
        config.hook.pytest_deselected(items=skipped)


@pytest.fixture(scope="module")
def examination(request: pytest.FixtureRequest) -> Iterator[Examination]:
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
        config.stash[FORK_SERVER] = new_server()
    submission = restored(parse(path), assignment, files_beside(path, assignment.course))
    examination = open_examination(submission, config.stash[FORK_SERVER], draw=False)
    yield examination
    examination.asks.close()


@pytest.fixture
def student(request: pytest.FixtureRequest, examination: Examination) -> Student:
    """The student's functions, run elsewhere; see `proctor.examine.student.Student`."""
    request.node.student = None  # of the examination before
    forbidden = getattr(request.module, "FORBIDDEN", {})
    name, seed = request.node.name, request.config.option.seed
    student = examination.student(cell_of(name), forbidden, _seed(seed, name, "student"))
    request.node.student = student
    return student


@pytest.fixture
def draw(request: pytest.FixtureRequest) -> Draw:
    """Fresh random inputs, the same for the whole class: they depend on the seed and the check's name."""
    return Draw(_seed(request.config.option.seed, request.node.name))


def _seed(seed: int, check: str, purpose: str = "") -> int:
    """The seed of a check for one purpose."""
    digest = hashlib.sha256(f"{seed} {check}{purpose}".encode()).digest()
    return int.from_bytes(digest[:8], "big")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if call.excinfo is None or not _hidden(item):
        student = getattr(item, "student", None)
        if report.when == "call" and student is not None and student.remark:
            vars(item)["funcargs"]["examination"].remarks[cell_of(item.name)] = readable(student.remark)
        return report
    examination = getattr(item, "funcargs", {}).get("examination")
    finding = explain(item.name, call.excinfo.value, getattr(item, "student", None), examination)
    if EXAMINATION in item.config.stash:
        vars(report)["finding"] = finding
    if finding.message:
        report.longrepr = f"{finding.message}\n{finding.crash}".strip()
    return report


def explain(check: str, error: BaseException, student: Student | None, examination: Examination | None) -> Finding:
    """What a failed check tells the student."""
    called = student.last_call if student else ""
    returned = f"\nreturned {student.last_value}" if student and student.last_value else ""
    cell_id = cell_of(check)
    exercise = examination.assignment.exercise_of(cell_id) if examination else ""
    cells = examination.session.cells if examination and examination.session else []
    source = next((cell.source for cell in cells if cell.id == exercise), "")
    status: Status = "failed"
    diagnosis, crash = None, ""
    if isinstance(error, Unattempted):
        status, message = "not_attempted", str(error)
    elif isinstance(error, Missing):
        status, message = "missing", str(error)
    elif isinstance(error, Forbidden):
        status, message = "forbidden", str(error)
    elif isinstance(error, SandboxTimeout):
        status, message = "timeout", f"{called or 'the notebook'} took too long: {error}"
        if any(cell.id == exercise and cell.done and cell.done.error_name == "Timeout" for cell in cells):
            message = f"the cell of {exercise} never came to its end when it ran, before anything was asked of it"
        elif isinstance(error, NoTimeLeft):
            message = f"{called or f'the cell of {exercise}'} did not run: {error}"
    elif isinstance(error, SandboxDied):
        status, message = "died", f"{called or 'the notebook'} ended the process: {error}".removesuffix(f": {ENDED}")
    elif isinstance(error, StudentError):
        status = "out_of_memory" if error.kind == "MemoryError" or "allocate memory" in str(error) else "error"
        said = str(error) if called or error.kind not in SYNTAX else syntax(source, str(error))
        message = f"{called or 'its cell'} raised {error.kind}: {said}".rstrip(": ")
        if not said and (line := line_at(cells, exercise, *error.place)):
            message += f"\n{line}"
        diagnosis = _general(f"{error.kind}: {error}", examination, exercise, source)
        if error.kind == "NotImplementedError" and keeps_stub(source):
            message += "\nThe stub's last line, `raise NotImplementedError()`, still stands in it."
    elif isinstance(error, AssertionError):
        said = str(error).split("\nassert ")[0]  # pytest adds the source of a bare assert, which is nobody's business
        message = f"{called}{returned}\n{said}".strip()
        got_none = student is not None and student.last_value == "None"
        diagnosis = _general(f"{said}, got None" if got_none else said, examination, exercise, source)
    elif ran_out(error):
        status, message = "out_of_memory", f"{called}{returned}\nto judge that takes too much memory".strip()
    else:
        status, why = "unjudged", type(error).__name__
        message = f"{called}\nthe check could not judge this answer; tell your instructor ({why})".strip()
        crash = readable(_crash(error, examination.assignment.checks if examination else None))
    if lacking := lacks(message):
        message, diagnosis = f"{called or 'its cell'} {lacking}", None
    names = examination.assignment.names_of(exercise) if examination and exercise else ()
    if called and (other := bound_elsewhere(cells, exercise, names, cell_id)):
        message += f"\n{other}"
    if examination:
        examination.failed(cell_id)
    return Finding(check, cell_id, status, readable(message), diagnosis, crash)


def _crash(error: BaseException, checks: Path | None) -> str:
    """What a check itself raised, and where in its file: for its author."""
    frames = traceback.extract_tb(error.__traceback__)
    place = next((each for each in reversed(frames) if each.filename == str(checks)), frames[-1])
    said = traceback.format_exception_only(error)[-1].strip()
    return f"{said}\n{Path(place.filename).name}, line {place.lineno}: `{place.line}`"


def _general(said: str, examination: Examination | None, exercise: str, source: str) -> dict[str, str] | None:
    """The misconception that these words of a failure show, worded by the answer's `source`."""
    if examination is None or not exercise:
        return None
    assignment = examination.assignment
    others = [cell.source for cell in examination.session.cells] if examination.session else []
    code = Code(assignment.names_of(exercise), source, assignment.stubs[exercise], others)
    return general_misconception(said, code, rules(assignment.general_rules))
