"""Workers of a cluster that come, go, die and fail, without the processes: a real cluster is in test_grade.py."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from importlib import metadata
from types import SimpleNamespace
from typing import Any

import distributed
import pytest

from proctor.classroom import cluster
from proctor.classroom.cluster import Cluster
from proctor.classroom.workers import versions
from proctor.errors import NoSandboxes

DIES = "dies"
GOOD = (versions(), True)


class Dask:
    """Stands for Dask's client and its executor. A worker is what it says of itself, and what it does with a submission."""

    def __init__(self):
        self.workers: dict[str, tuple[Any, Callable[[str], object]]] = {}
        self.did: list[tuple[str, str]] = []

    def nthreads(self) -> dict[str, int]:
        return dict.fromkeys(self.workers, 1)

    def get_executor(self, **_: object) -> "Dask":
        return self

    def close(self) -> None: ...

    def submit(self, function: Callable[..., object], *args: str, workers: list[str]) -> Future:
        future, (address,) = Future(), workers
        facts, does = self.workers[address]
        if function is not eval:
            self.did.append((address, args[0]))
        came_to = facts if function is eval else does(args[0])
        if isinstance(came_to, Future):
            return came_to
        if came_to == DIES:
            del self.workers[address]
        elif isinstance(came_to, (CancelledError, ImportError)):
            future.set_exception(came_to)
        elif came_to is not None:
            future.set_result(came_to)
        return future


def well(_: str) -> object:
    return SimpleNamespace(seconds=1.0, unjudged="")


@pytest.fixture
def dask(monkeypatch) -> Iterator[Dask]:
    dask = Dask()
    monkeypatch.setattr(distributed, "Client", lambda address: dask)
    monkeypatch.setattr(cluster, "PAUSE", 0.01)
    monkeypatch.setattr(cluster, "PATIENCE", 0.3)
    yield dask


@pytest.fixture
def ready(dask) -> Iterator[Callable[..., Cluster]]:
    """A cluster of these workers, once it can be used."""
    made = []

    def ready(trust: bool = False, **workers: tuple[Any, Callable[[str], object]]) -> Cluster:
        dask.workers |= workers
        made.append(Cluster("tcp://there"))
        made[-1].require_walls(trust)
        return made[-1]

    yield ready
    for each in made:
        each.close()


def test_what_kills_its_worker_meets_three_and_nobody_else_does(dask, ready):
    def does(name: str) -> object:
        return DIES if name == "killer" else well(name)

    pool = ready(**{f"w{number}": (GOOD, does) for number in range(5)})
    with pytest.raises(RuntimeError, match=r"3 workers died of it, w\d, w\d, w\d"):
        pool.run("killer")
    assert pool.run("ada").seconds == 1 and len(dask.workers) == 2
    assert sum(name == "killer" for _, name in dask.did) == 3


def test_a_worker_that_fails_where_another_does_not_is_left_out(dask, ready, capsys):
    pool = ready(good=(GOOD, well))
    dask.workers["a full one"] = GOOD, lambda _: OSError("No space left on device")
    while pool.workers < 2:
        time.sleep(0.01)
    for number in range(3):
        assert pool.run(f"s{number}").seconds == 1
    assert [address for address, _ in dask.did] == ["a full one", "good", "good", "good"]
    assert "a full one is not used: it failed where another one did not (No space left" in capsys.readouterr().err


def test_a_worker_that_fails_does_not_get_a_whole_class_while_the_others_are_looked_over(dask, ready):
    answer = Future()
    pool = ready(full=(GOOD, lambda _: OSError("No space left on device")), slow=(answer, well))
    threading.Timer(0.1, lambda: answer.set_result(GOOD)).start()
    assert pool.run("ada").seconds == 1
    assert dask.did == [("full", "ada"), ("slow", "ada")]


def test_what_fails_everywhere_costs_no_worker(dask, ready):
    def does(name: str) -> object:
        return ValueError("its own") if name == "odd" else well(name)

    pool = ready(one=(GOOD, does), two=(GOOD, does))
    with pytest.raises(ValueError, match="its own"):
        pool.run("odd")
    assert {pool._next({other}, {}) for other in dask.workers} == {"one", "two"}


def test_all_die_and_one_joins(dask, ready, capsys):
    pool = ready(one=(GOOD, lambda _: DIES))
    threading.Timer(0.1, lambda: dask.workers.update(two=(GOOD, well))).start()
    assert pool.run("ada").seconds == 1
    assert "no worker is left: waiting" in capsys.readouterr().err


def test_all_die_and_none_joins(ready):
    pool = ready(one=(GOOD, lambda _: DIES))
    with pytest.raises(NoSandboxes, match="start again to go on"):
        pool.run("ada")


OTHER, OPEN, NONE = (["another", 3, 11], True), (versions(), False), ModuleNotFoundError("No module named 'proctor'")


@pytest.mark.parametrize(("theirs", "same"), [("2.9.1", False), ("2.9.0+cu128", True), ("2.9.0", True)])
def test_a_worker_has_the_same_pytorch_whatever_it_was_built_for(theirs, same, monkeypatch):
    monkeypatch.setattr(metadata, "version", {"torch": "2.9.0+cpu"}.get)
    here = versions.__wrapped__()
    monkeypatch.setattr(metadata, "version", {"torch": theirs}.get)
    assert (versions.__wrapped__() == here) is same


def test_only_workers_that_are_fit_are_used(dask, ready, capsys):
    hung, dead = (None, well), (DIES, well)
    pool = ready(other=(OTHER, well), open=(OPEN, well), none=(NONE, well), hung=hung, dead=dead, good=(GOOD, well))
    dask.workers["later"] = OTHER, well
    for number in range(4):
        pool.run(f"s{number}")
    assert {address for address, _ in dask.did} == {"good"}
    said = capsys.readouterr().err
    assert "other is not used: another version" in said and "open is not used: the hidden checks" in said
    assert "none is not used: this version of this package isn't there" in said and "No module named" in said


def test_a_worker_that_joins_is_used(dask, ready):
    pool = ready(one=(GOOD, lambda name: None if name == "long" else well(name)))
    with ThreadPoolExecutor(1) as threads:
        long = threads.submit(pool.run, "long")
        while not dask.did:
            time.sleep(0.01)
        dask.workers["two"] = GOOD, well
        assert pool.run("ada").seconds == 1 and pool.workers == 2
        pool.close()
    assert isinstance(long.exception(), NoSandboxes)


@pytest.mark.parametrize(
    ("workers", "said"),
    [({}, "has no workers"), ({"one": (OTHER, well)}, "none of the workers"), ({"one": (None, well)}, "none answers")],
)
def test_it_stops_where_no_worker_can_be_used(ready, workers, said):
    with pytest.raises(NoSandboxes, match=said):
        ready(**workers)


def test_trusted_students_need_no_walls(ready):
    assert ready(trust=True, one=(OPEN, well)).run("ada").seconds == 1


@pytest.mark.parametrize("sign", [CancelledError(), OSError("closed")])
def test_without_its_scheduler_it_stops(dask, ready, sign):
    pool = ready(one=(GOOD, lambda _: sign if isinstance(sign, CancelledError) else None))
    if isinstance(sign, OSError):
        dask.nthreads = lambda: (_ for _ in ()).throw(sign)
    with pytest.raises(NoSandboxes, match="is gone: start it and its workers"):
        pool.run("ada")
