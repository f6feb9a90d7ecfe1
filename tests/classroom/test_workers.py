"""What a pool does where processes die, or where it is ended, without the processes: real ones are in test_grade.py."""

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import SimpleNamespace
from unittest.mock import MagicMock, Mock

import pytest

from proctor.classroom import workers
from proctor.classroom.workers import Pool

WORKERS = 8


@pytest.fixture
def pool(monkeypatch) -> Iterator[Pool]:
    monkeypatch.setattr(Pool, "_processes", lambda *_: MagicMock())
    pool = Pool(WORKERS)
    yield pool
    pool._folder.cleanup()


def test_what_was_lost_with_a_process_is_run_again_one_at_a_time(pool, monkeypatch):
    """Where the machine's memory ran out, as many processes more would make it run out again."""
    lost, all_there = Future(), threading.Barrier(WORKERS)
    lost.set_exception(BrokenProcessPool())
    running, counts = [], []

    def loses_all(*_: object) -> Future:
        all_there.wait()
        return lost

    def runs(_: object, name: str) -> Future:
        running.append(name)
        counts.append(len(running))
        # long enough for another one to begin, if it may
        time.sleep(0.02)
        running.remove(name)
        done = Future()
        done.set_result(SimpleNamespace(seconds=1.0, name=name))
        return done

    pool._executor.submit = loses_all
    fresh = MagicMock()
    fresh.__enter__.return_value.submit = runs
    monkeypatch.setattr(Pool, "_processes", lambda *_: fresh)
    names = [str(number) for number in range(WORKERS)]
    with ThreadPoolExecutor(WORKERS) as threads:
        assert [outcome.name for outcome in threads.map(pool.run, names)] == names
    assert counts == [1] * WORKERS


def test_interrupted_while_it_ends_no_process_is_left(pool, monkeypatch):
    processes = [Mock(), Mock(), Mock()]
    processes[0].join.side_effect = [KeyboardInterrupt, None]
    monkeypatch.setattr(workers, "active_children", lambda: processes)
    with pytest.raises(KeyboardInterrupt):
        pool.close()
    assert all(process.kill.called for process in processes)
    pool.close()
    assert all(process.join.called for process in processes) and not os.path.exists(
        pool._folder.name
    )
