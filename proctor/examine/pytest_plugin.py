"""The pytest side of the hidden checks: the `student` and `draw` fixtures, and failures that a
student can read.

A check is a function `test_<graded cell>__<what>(student, draw)` in
`tests/hidden/test_<assignment>.py`; its module may say in `FORBIDDEN` which built-ins an exercise
rules out. `pytest tests/hidden` runs the checks against the reference solutions, `--submission
NOTEBOOK` against anybody's.
"""

from collections.abc import Generator, Iterator
from datetime import date
from pathlib import Path

import pytest

from proctor.course import assignments, find_course
from proctor.course.codes import Note
from proctor.course.report import message_of
from proctor.diagnosis.explain import explain
from proctor.errors import NotExaminable
from proctor.grading.examination import Examination, Finding, open_examination
from proctor.grading.hidden import cell_of
from proctor.grading.student import Draw, Student, fresh_seed, seed_of
from proctor.sandbox.launcher import Server, new_server
from proctor.submission import files_beside, find_assignment, parse, with_released_cells

FORK_SERVER = pytest.StashKey[Server]()
# on the files that were left out
NOTES = pytest.StashKey[list[Note]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("proctor")
    group.addoption(
        "--submission",
        type=Path,
        help="the notebook to examine, instead of the reference solutions",
    )
    group.addoption(
        "--seed", type=int, help="the seed of the checks' random inputs; the date, by default"
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--seed", None) is None:
        # the day's, the same in every process of a run; but nobody foresees the inputs for a
        # submission
        submission = config.getoption("--submission", None)
        config.option.seed = fresh_seed() if submission else int(f"{date.today():%Y%m%d}")


def pytest_report_header(config: pytest.Config) -> str:
    return f"hidden checks draw their inputs from --seed {config.option.seed}"


def _hidden(item: pytest.Item) -> bool:
    return item.path.parent.name == "hidden" and item.path.parent.parent.name == "tests"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out the checks of other assignments than the submission's."""
    if path := config.getoption("--submission"):
        course = find_course(Path(config.rootpath))
        try:
            assignment = find_assignment(parse(path), course, path.name)
        except NotExaminable as error:
            raise pytest.UsageError(f"{path} can't be examined: {error}") from None
        kept = []
        skipped = []
        for item in items:
            if _hidden(item) and item.path != assignment.checks:
                skipped.append(item)
            else:
                kept.append(item)
        items[:] = kept
        config.hook.pytest_deselected(items=skipped)


@pytest.fixture(scope="module")
def examination(request: pytest.FixtureRequest) -> Iterator[Examination]:
    """The notebook under examination: `--submission`, or the reference solutions."""
    config = request.config
    name = request.path.stem.removeprefix("test_").replace("_", "-")
    assignment = None
    for each in assignments(find_course(request.path)).values():
        if each.checks == request.path or each.name == name:
            assignment = each
            break
    if assignment is None:
        raise pytest.UsageError(
            f"no released assignment has these checks: {request.path}. 'make release' releases it"
        )
    path = config.getoption("--submission") or assignment.source
    if FORK_SERVER not in config.stash:
        config.stash[FORK_SERVER] = new_server()
    files, config.stash[NOTES] = files_beside(path, assignment)
    submission = with_released_cells(parse(path), assignment, files)
    examination = open_examination(submission, config.stash[FORK_SERVER], draw=False)
    yield examination
    examination.asks.close()


@pytest.fixture
def student(request: pytest.FixtureRequest, examination: Examination) -> Student:
    """The student's functions, run elsewhere; see `proctor.grading.student.Student`."""
    forbidden = getattr(request.module, "FORBIDDEN", {})
    name, seed = request.node.name, request.config.option.seed
    student = examination.student(cell_of(name), forbidden, seed_of(seed, name, "student"))
    request.node.student = student
    return student


@pytest.fixture
def draw(request: pytest.FixtureRequest) -> Draw:
    """Fresh random inputs, the same for the whole class: they depend on the seed and the check's
    name.
    """
    return Draw(seed_of(request.config.option.seed, request.node.name))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for note in config.stash.get(NOTES, []):
        terminalreporter.write_line(message_of(note))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    examination = getattr(item, "funcargs", {}).get("examination")
    if call.excinfo is not None and examination is not None and _hidden(item):
        student = getattr(item, "student", None)
        finding = Finding(item.name, cell_of(item.name), call.excinfo.value, student=student)
        explain(finding, examination)
        report.longrepr = f"{finding.message}\n{finding.crash}".strip()
    return report
