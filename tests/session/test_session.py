"""One notebook in one sandbox after another: whose time is counted, what is kept of a cell that ran too long, and which line is told."""

import os
import select
import signal
import threading
import time
from types import SimpleNamespace
from unittest.mock import Mock

import pytest

from proctor.errors import SandboxDied
from proctor.sandbox import protocol
from proctor.sandbox.cell import Cell, Limits
from proctor.sandbox.launcher import fork_server, plain
from proctor.sandbox.protocol import SandboxConfig
from proctor.sandbox.worker import _Guarded
from proctor.session import connection
from proctor.session.session import Session

pytestmark = pytest.mark.skipif(plain(), reason="plain sandboxes start in seconds")


def asleep() -> Cell:
    """A visible check that takes a while."""
    return Cell("import time\ntime.sleep(0.5)", "slow_values", "slow")


@pytest.fixture
def opened():
    """Opens sessions, and closes them at the end."""
    sessions = []

    def opened(cells: list[Cell], limits: Limits | None = None, **setup) -> Session:
        sessions.append(Session(fork_server(), cells, limits, SandboxConfig(**setup)))
        return sessions[-1]

    yield opened
    for session in sessions:
        session.close()


def test_a_replay_takes_of_no_exercises_time(opened):
    session = opened(
        [asleep(), Cell("import os\nos._exit(1)", "ends", "ends"), Cell("1", "last", "last")]
    )
    session.run_all()
    assert session.link.sandboxes == 2 and 0.4 < session.spent["slow"] < 0.9
    assert sum(session.spent.values()) > 0.9


@pytest.mark.parametrize("works, reply", [(1.6, True), (9.0, False)])
def test_a_time_for_which_the_grader_is_stopped_too_does_not_count(works, reply, monkeypatch):
    """As where a container is paused: of two seconds the sandbox has worked for one when all stands still."""
    clock = SimpleNamespace(now=0.0, stood=0.0)

    def select(waiting, _, __, seconds):
        clock.now += seconds
        if clock.now > 1 and not clock.stood:
            clock.stood = 3600.0
            clock.now += clock.stood
        return (waiting if clock.now - clock.stood >= works else []), [], []

    monkeypatch.setattr(connection, "time", SimpleNamespace(monotonic=lambda: clock.now))
    monkeypatch.setattr(connection, "select", SimpleNamespace(select=select))
    # of no process the kernel tells anything
    watch = connection.Stopwatch(SimpleNamespace(process=-1, link=Mock()))
    assert watch.awaits(2.0) is reply
    assert clock.stood and watch.fair_seconds() == pytest.approx(2.0, abs=0.1)


def test_each_second_run_has_an_exercises_whole_time(opened):
    session = opened([asleep()])
    one = session.second_run([asleep()], {})
    one.run_all()
    other = session.second_run([asleep()], {})
    try:
        assert one.spent["slow"] > 0.4 and other.spent["slow"] == 0
        assert other.budget is session.budget and session.budget.seconds > 0.4
    finally:
        one.close()
        other.close()


ENDS = "import os\nos._exit(1)"


@pytest.mark.parametrize(
    "counts, source, ends, died",
    [
        ([0, 1, 1], "import time\ntime.sleep(1)", 1, None),
        ([0, 0, 0], "import time\ntime.sleep(1)", 1, "Died"),
        ([0, 1, 1, 2, 2], ENDS, 0, "Died"),
    ],
    ids=["another one filled the machine", "its memory did not run out", "it ends each"],
)
def test_the_first_end_costs_nothing_where_the_machines_memory_ran_out(
    counts, source, ends, died, opened, monkeypatch
):
    monkeypatch.setattr(connection, "killed_for_memory", Mock(side_effect=counts))
    session = opened([Cell(source, "values", "exercise")])

    def end() -> None:
        while not session.link.handle.asked_at:
            time.sleep(0.01)
        os.kill(session.link.sandbox.process, signal.SIGKILL)

    for _ in range(ends):
        threading.Thread(target=end, daemon=True).start()
    session.run_all()
    assert session.cells[0].done and session.cells[0].done.error_name == died


@pytest.mark.parametrize(
    "counts, answered",
    [([0, 1, 1], True), ([0, 0, 0], False)],
    ids=["another one filled the machine", "its memory did not run out"],
)
def test_an_end_between_two_requests_is_an_end_and_not_an_answer_unasked(
    counts, answered, opened, monkeypatch
):
    monkeypatch.setattr(connection, "killed_for_memory", Mock(side_effect=counts))
    session = opened([Cell("def f():\n    return 3", "f", "exercise")], names=("f",))
    session.run_all()
    os.kill(session.link.sandbox.process, signal.SIGKILL)
    assert select.select([session.link.sandbox.link], [], [], 10)[0]
    call = protocol.Call("f", [], {})
    if answered:
        reply = session.ask(call, "")
        assert isinstance(reply, protocol.Returned) and reply.value == 3
    else:
        with pytest.raises(SandboxDied, match=r"^$"):
            session.ask(call, "")


def test_a_function_that_a_cell_defined_before_its_time_was_over_is_there(opened):
    cell = Cell("def f():\n    return 3\n\nwhile True:\n    pass")
    session = opened([cell], Limits(cell=0.5), names=("f",))
    session.run_all()
    assert cell.done and (cell.done.error_name, cell.done.bound) == ("Timeout", {"f": True})
    reply = session.ask(protocol.Call("f", [], {}), "")
    assert isinstance(reply, protocol.Returned) and reply.value == 3


def test_a_file_that_no_folder_can_hold_is_left_out(opened):
    files = {"я" * 200: b"1", "a": b"2", "a/b": b"3", "there.txt": b"4"}
    cell = Cell("open('there.txt').read()")
    opened([cell], files=files).run_all()
    assert cell.done and cell.done.outputs[0]["data"]["text/plain"] == "'4'"


@pytest.mark.parametrize("begin", ["", "\n\n", "  \n\t\n"])
def test_the_line_of_an_error_is_the_notebooks(opened, begin):
    cell = Cell(f"{begin}def f(x):\n    raise ValueError('no')\n")
    session = opened(
        [Cell("import nowhere_to_be_had"), cell], stand_ins={"g": "def g():\n    return 1"}
    )
    session.run_all()
    reply = session.ask(protocol.Call("f", [1], {}, stand_ins=["g"]), "")
    assert isinstance(reply, protocol.Raised)
    assert (reply.cell, reply.line) == (2, begin.count("\n") + 2)


def test_an_errors_words_are_cut_whatever_they_are(opened):
    cell = Cell("""
class Uncut(str):
    def __getitem__(self, part): return self
class Error(Exception):
    def __str__(self): return Uncut("x" * 5000)
raise Error()
""")
    opened([cell]).run_all()
    assert cell.done and cell.done.error_message == "x" * 2000


def test_a_probe_finds_no_name_that_is_not_there():
    assert not hasattr(_Guarded({}), "train")


def test_what_an_answers_own_cell_takes_is_the_notebooks_time(opened):
    cell = Cell("import time\ntime.sleep(0.6)\n\ndef slow():\n    return 3", "slow", "slow")
    session = opened([cell], Limits(exercise=0.5))
    session.run_all()
    assert session.spent["slow"] == 0 and session.spent[""] > 0.5
    reply = session.ask(protocol.Call("slow", [], {}), "slow")
    assert isinstance(reply, protocol.Returned) and reply.value == 3


def test_a_visible_check_runs_again_in_another_sandbox(opened):
    reads = Cell("print(x)")
    session = opened([Cell("x = 1", "a_values", "a"), Cell("import os\nos._exit(1)"), reads])
    session.run_all()
    assert session.link.sandboxes == 2 and reads.done and not reads.done.error_name


def test_magics_that_need_more_than_is_here_are_left_out(opened):
    lines = "%load_ext nowhere_to_be_had\n%autosave 60\n%matplotlib widget\n%conda install nothing\n%tensorboard --logdir x\nx = 1"
    cell = Cell(lines)
    opened([cell]).run_all()
    assert cell.done and not cell.done.error_name, cell.done
