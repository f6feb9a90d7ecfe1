"""Limits are of a notebook's own time: a crowded machine fails nobody, and what never ends is ended all the same."""

import contextlib
import json
import os
import subprocess
import sys
import time

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from proctor.answers import put, solved
from proctor.course import assignments
from proctor.errors import SandboxTimeout
from proctor.sandbox import protocol
from proctor.sandbox.cell import Cell, Limits
from proctor.sandbox.launcher import fork_server
from proctor.session.session import Session

BUSY = """
import time

def busy(seconds):
    start = time.thread_time()
    while time.thread_time() - start < seconds:
        pass
    return "done"

def asleep(seconds):
    time.sleep(seconds)
    return "done"
"""

SLOW = """
def softmax(x, dim):
    start = time.monotonic()
    if rest:
        busy(rest.pop())
        assert time.monotonic() - start > 3, "nobody else is at work"
    return right(x, dim)
"""

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(
        not os.path.exists("/proc/self/schedstat"), reason="this kernel doesn't tell who waited"
    ),
]


@pytest.fixture
def crowd():
    """One core, on which this test's commands run from now on, with four busy processes."""
    cores = os.sched_getaffinity(0)
    core = {min(cores)}
    os.sched_setaffinity(0, core)
    with contextlib.ExitStack() as ended:
        ended.callback(os.sched_setaffinity, 0, cores)
        for _ in range(4):  # sessions of their own: some kernels share a core out by session
            process = subprocess.Popen(
                [sys.executable, "-S", "-c", "while True: pass"], start_new_session=True
            )
            ended.callback(process.wait)
            ended.callback(process.kill)
        yield core


def test_on_a_crowded_core_honest_work_passes_and_what_never_ends_is_ended(crowd):
    session = Session(fork_server(), [Cell(BUSY)], Limits(call=2, exercise=100, grace=0.5))
    try:
        session.run_all()
        os.sched_setaffinity(session.link.sandbox.process, crowd)

        def ask(name: str, seconds: float) -> tuple[str, float, float]:
            before, start = sum(session.spent.values()), time.monotonic()
            try:
                said = session.ask(protocol.Call(name, [seconds], {}), name).value
            except SandboxTimeout as error:
                said = str(error)
            return said, sum(session.spent.values()) - before, time.monotonic() - start

        said, own, wall = ask("busy", 1)
        assert said == "done" and own < 2 < wall, (
            "it took longer than its limit, by the wall's time alone"
        )
        for name in ("busy", "asleep"):
            said, own, wall = ask(name, 1000)
            assert said == "it ran for more than 2 seconds" and own < 3 and wall < 30
        assert session.link.sandboxes == 1
    finally:
        session.close()


THREADS = """
import threading

def in_threads(count, seconds):
    end = time.monotonic() + seconds
    def spin():
        while time.monotonic() < end:
            torch.ones(300, 300) @ torch.ones(300, 300)
    threads = [threading.Thread(target=spin) for _ in range(count)]
    for thread in threads: thread.start()
    spin()
    return "done"
"""


def test_a_notebooks_own_threads_take_of_its_own_time():
    """On two cores, of 30 threads the main one waits for a core nearly always."""
    session = Session(
        fork_server(),
        [Cell("import torch" + BUSY + THREADS)],
        Limits(call=2, exercise=100, grace=1),
    )
    try:
        session.run_all()
        start = time.monotonic()
        with pytest.raises(SandboxTimeout):
            session.ask(protocol.Call("in_threads", [30, 60], {}), "in_threads")
        assert time.monotonic() - start < 20
    finally:
        session.close()


def test_honest_threads_on_a_crowded_core_take_no_more_than_they_run(crowd):
    session = Session(
        fork_server(), [Cell("import torch" + BUSY + THREADS)], Limits(call=6, exercise=100)
    )
    try:
        session.run_all()
        os.sched_setaffinity(session.link.sandbox.process, crowd)
        assert session.ask(protocol.Call("in_threads", [1, 8], {}), "in_threads").value == "done"
        assert session.spent["in_threads"] < 6
    finally:
        session.close()


def test_a_slow_exercise_passes_on_a_crowded_machine(crowd, course, run, tmp_path):
    """A second of work takes five here, and a call may take three."""
    assignment = assignments(course)["03-softmax"]
    slow = f"{assignment.solutions['softmax']}\n{BUSY}\nright, rest = softmax, []\n{SLOW}"
    notebook = put(solved(assignment), "softmax", slow)
    notebook.cells.append(new_code_cell("rest.append(1)  # for the first call of a check"))
    nbformat.write(notebook, tmp_path / "slow.ipynb")
    done = run(
        tmp_path,
        "proctor",
        "check",
        "--json",
        "slow.ipynb",
        code=None,
        alone=True,
        PROCTOR_LIMITS="call=3",
    )
    (report,) = json.loads(done.stdout)
    assert report["score"] == report["max_score"], report


def test_a_notebook_whose_time_is_used_up_is_asked_nothing_more():
    session = Session(
        fork_server(),
        [Cell("while True: pass"), Cell("1"), Cell("2")],
        Limits(cell=1, notebook=0.3),
    )
    try:
        session.run_all()
        assert [cell.done.error_name for cell in session.cells] == ["Timeout", "NotRun", "NotRun"]
        assert session.cells[1].done.error_message == "code cell 1 has used up the notebook's time"
    finally:
        session.close()


@pytest.mark.parametrize("limits", ["checks=5", "cell=abc", "cell"])
def test_a_limit_that_there_is_not_is_named(course, run, limits):
    notebook = assignments(course)["03-softmax"].source
    done = run(course, "proctor", "check", notebook, code=1, PROCTOR_LIMITS=limits)
    assert f"PROCTOR_LIMITS: {limits} is no limit in seconds" in done.stderr
    assert "Traceback" not in done.stderr
