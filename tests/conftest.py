"""What the tests share: the course, and copies of it that a test may break."""

import functools
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import nbgrader.api
import pytest
import small
from commands import Forks

from proctor.course import assignments

COURSE = Path(__file__).resolve().parent.parent
# nbgrader starts a program to ask for it whenever a gradebook is new
nbgrader.api.get_alembic_version = functools.cache(nbgrader.api.get_alembic_version)


@pytest.fixture(autouse=True)
def at_home(monkeypatch) -> None:
    """Each test begins in the course's folder: what grades a class leaves its process in that class's."""
    monkeypatch.chdir(COURSE)
    # an earlier test ran a command in this process: kernels would not find the modules beside a notebook
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)


@pytest.fixture(scope="session")
def course() -> Path:
    """The course's own folder; read only."""
    return COURSE


@pytest.fixture
def most(course) -> float:
    """The points of 03-softmax: an author may change them, and no test of the grader fails."""
    return assignments(course)["03-softmax"].max_score


@pytest.fixture(scope="session")
def copy_course():
    """Copies the course, with only the named assignments in it, to a folder that is not there yet."""
    return lambda copy, *names: small.copy_of(COURSE, copy, *names)


@pytest.fixture
def make_course(tmp_path, copy_course):
    """Copies the course, with only the named assignments in it, to a folder of the test's own."""
    return lambda *names: copy_course(tmp_path / "course", *names)


@pytest.fixture(scope="session")
def gradebook(copy_course, tmp_path_factory, run) -> Path:
    """A gradebook that knows 03-softmax; to put it there takes a command seconds."""
    return small.known_gradebook(copy_course, tmp_path_factory.mktemp("known"), run)


@pytest.fixture
def make_known_course(make_course, gradebook):
    """Copies the course, with 03-softmax alone and with a gradebook that knows it, to a folder of the test's own."""

    def make_known_course() -> Path:
        copy = make_course("03-softmax")
        shutil.copy(gradebook, copy)
        return copy

    return make_known_course


@pytest.fixture(scope="session")
def environment(tmp_path_factory) -> dict[str, str]:
    """The environment of a user's command: nothing of these tests' own, but for which sandbox they are run with.

    What a learner's commands keep is kept in a folder of these tests.
    """
    own = ("PYTEST_", "PROCTOR_")
    found = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(own) or key == "PROCTOR_SANDBOX"
    }
    return found | {"XDG_STATE_HOME": str(tmp_path_factory.mktemp("state"))}


@pytest.fixture(scope="session")
def forks(environment):
    """Where commands start at once."""
    forks = Forks(environment)
    yield forks
    forks.close()


@pytest.fixture(scope="session")
def run(environment, forks):
    """Runs one of this environment's commands in a folder, with more variables if need be, and returns how it ended.

    `alone`: as a child of this process, started from nothing.
    """

    def run(
        folder: Path, *command: object, code: int | None = 0, alone: bool = False, **more: str
    ) -> subprocess.CompletedProcess:
        program = [str(Path(sys.executable).parent / str(command[0])), *map(str, command[1:])]
        if command[0] in ("proctor", "nbgrader", "pytest") and not alone:
            done = forks.run(program, folder, environment | more, timeout=600)
        else:
            done = subprocess.run(
                program,
                cwd=folder,
                env=environment | more,
                capture_output=True,
                text=True,
                timeout=600,
            )
        if code is not None:
            assert done.returncode == code, (
                f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
            )
        return done

    return run


@pytest.fixture
def cluster(tmp_path, environment):
    """A Dask scheduler and two workers, each a process with an empty folder of its own: the address, the workers, what
    starts another worker, and the scheduler."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    started = []

    def start(name: str, *command: str, by: tuple[str, ...] = ()) -> subprocess.Popen:
        folder = tmp_path / name
        folder.mkdir()
        with open(folder / "log", "w") as log:
            options = {
                "cwd": folder,
                "env": environment,
                "stdout": log,
                "stderr": log,
                "start_new_session": True,
            }
            started.append(
                subprocess.Popen(
                    [*by, str(Path(sys.executable).parent / "dask"), *command], **options
                )
            )
        return started[-1]

    start("scheduler", "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")

    def worker(name: str, *by: str) -> subprocess.Popen:
        return start(name, "worker", address, "--nthreads", "1", "--no-dashboard", by=by)

    yield address, [worker("first"), worker("second")], worker, started[0]
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The many short tests come last, so that at the end no worker waits for another one's long test.

    A warning from a hidden check is an error: where students turn warnings into errors, it would cost them points.
    """
    for item in items:
        if item.path.parent.name == "hidden":
            item.add_marker(pytest.mark.filterwarnings("error"))
    items.sort(key=lambda item: item.path.name == "test_attacks.py")
    items.sort(
        key=lambda item: item.path.name not in ("test_corpus.py", "test_ways.py", "test_pages.py")
    )
