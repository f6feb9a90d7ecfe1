"""A submission under which the fork server ends twice runs once more, while no other sandbox runs on the machine."""

import os
import signal
import threading
import time

import pytest

from proctor.answers import solved
from proctor.course import assignments
from proctor.examine.examine import protected, run_submission
from proctor.grading.outcome import Conditions
from proctor.sandbox.cell import Limits
from proctor.session.connection import Connection
from proctor.session.turns import turn
from proctor.submission import Submission
from tests.conftest import COURSE

SOFTMAX = assignments(COURSE)["03-softmax"]


def ending_servers(monkeypatch, times: int) -> list[int]:
    """Kills this many fork servers, each as soon as a sandbox was made; the list grows by their process ids."""
    killed = []
    enter = Connection._enter

    def enter_and_kill(link):
        sandbox = enter(link)
        if len(killed) < times:
            killed.append(link.server.process.pid)
            os.kill(link.server.process.pid, signal.SIGKILL)
        return sandbox

    monkeypatch.setattr(Connection, "_enter", enter_and_kill)
    return killed


@pytest.mark.full
@pytest.mark.parametrize("times, score", [(1, 30), (3, 30), (4, 0)])
def test_two_ends_while_it_runs_alone_are_the_submissions_doing(times, score, monkeypatch):
    # the walls are tried once a process, in sandboxes of their own
    protected()
    killed = ending_servers(monkeypatch, times)
    outcome = run_submission(Submission(SOFTMAX, solved(SOFTMAX)), Conditions(Limits(), 1))
    assert len(set(killed)) == times and not outcome.unjudged
    assert outcome.report.score == score
    if not score:
        assert {cell.status for cell in outcome.report.cells} == {"died"}


def test_one_that_runs_alone_waits_for_the_others_and_keeps_later_ones_out():
    order = []

    def run(name: str, alone: bool, inside: threading.Event, until: threading.Event) -> None:
        with turn(alone):
            order.append(name)
            inside.set()
            until.wait(20)
            order.append(f"{name} ended")

    def started(
        name: str, alone: bool, until: threading.Event
    ) -> tuple[threading.Thread, threading.Event]:
        inside = threading.Event()
        thread = threading.Thread(target=run, args=(name, alone, inside, until))
        thread.start()
        return thread, inside

    ends_first, ends_alone, ends_last = threading.Event(), threading.Event(), threading.Event()
    ends_last.set()
    first, is_inside = started("first", False, ends_first)
    assert is_inside.wait(20)
    alone, _ = started("alone", True, ends_alone)
    time.sleep(0.3)
    last, _ = started("last", False, ends_last)
    time.sleep(0.3)
    assert order == ["first"]
    ends_first.set()
    ends_alone.set()
    for thread in first, alone, last:
        thread.join(20)
    assert order == ["first", "first ended", "alone", "alone ended", "last", "last ended"]
