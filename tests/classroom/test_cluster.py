"""What a class does on a cluster, without the processes: a real cluster is in test_grade.py."""

from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from types import SimpleNamespace

import distributed
import pytest

from proctor.classroom import cluster
from proctor.classroom.cluster import Cluster, run_or_say_why
from proctor.errors import GradingError, NoSandboxes

FULL = GradingError("OSError: No space left on device")


class Dask:
    """Stands for Dask's client. A worker has walls or not, and does something with a submission."""

    def __init__(self):
        self.workers: dict[str, tuple[bool, Callable[[str], object]]] = {}
        self.did: list[tuple[str, str]] = []

    def nthreads(self) -> dict[str, int]:
        return dict.fromkeys(self.workers, 1)

    def get_versions(self, **_: object) -> None: ...

    def run(self, _: Callable, **__: object) -> dict[str, bool]:
        return {address: walls for address, (walls, _) in self.workers.items()}

    def submit(
        self, _: Callable, trust: bool, name: str, workers: tuple[str, ...] = (), **__: object
    ) -> Future:
        future, address = Future(), next(iter(workers or self.workers))
        self.did.append((address, name))
        came_to = self.workers[address][1](name)
        if isinstance(came_to, (CancelledError, distributed.KilledWorker)):
            future.set_exception(came_to)
        else:
            future.set_result((address, came_to))
        return future

    def close(self) -> None: ...


def well(_: str) -> object:
    return SimpleNamespace(seconds=1.0, unjudged="")


@pytest.fixture
def dask(monkeypatch) -> Iterator[Dask]:
    dask = Dask()
    monkeypatch.setattr(distributed, "Client", lambda address: dask)
    yield dask


@pytest.fixture
def ready(dask) -> Callable[..., Cluster]:
    """A cluster of these workers, once it can be used."""

    def ready(trust: bool = False, **workers: tuple[bool, Callable[[str], object]]) -> Cluster:
        dask.workers |= workers
        pool = Cluster("tcp://there")
        pool.require_walls(trust)
        return pool

    return ready


def test_what_fails_on_one_worker_runs_on_another_which_is_said_once(dask, ready, capsys):
    pool = ready(full=(True, lambda _: FULL), good=(True, well))
    for name in ("ada", "bob"):
        assert pool.run(name).seconds == 1
    assert dask.did == [("full", "ada"), ("good", "ada"), ("full", "bob"), ("good", "bob")]
    assert pool.workers == 2
    assert capsys.readouterr().err == "full: OSError: No space left on device\n"


def test_what_can_not_be_judged_on_one_worker_is_judged_on_another(ready):
    lost = SimpleNamespace(seconds=1.0, unjudged="no sandbox")
    assert ready(lost=(True, lambda _: lost), good=(True, well)).run("ada").unjudged == ""
    assert ready(lost=(True, lambda _: lost), good=(True, lambda _: lost)).run("ada") is lost


def test_what_fails_everywhere_says_why(dask, ready):
    pool = ready(**{f"w{number}": (True, lambda _: FULL) for number in range(5)})
    with pytest.raises(GradingError, match="No space left"):
        pool.run("odd")
    assert len({address for address, _ in dask.did}) == 3


def test_what_kills_several_workers_is_one_submissions_error(ready):
    killed = distributed.KilledWorker("key", SimpleNamespace(address="tcp://w"), 3)
    with pytest.raises(RuntimeError, match="several workers died of it"):
        ready(one=(True, lambda _: killed)).run("killer")


def test_a_worker_that_is_lost_is_named(dask, ready, capsys):
    pool = ready(one=(True, well), two=(True, well), three=(True, well))
    del dask.workers["two"]
    pool.run("ada")
    pool.run("ben")
    del dask.workers["three"]
    pool.run("zoe")
    assert capsys.readouterr().err.splitlines() == [
        "two is gone: what it was running runs again on another one; 2 left",
        "three is gone: what it was running runs again on another one; 1 left",
    ]


def test_a_worker_that_joins_is_used(dask, ready):
    pool = ready(one=(True, well))
    dask.workers["two"] = True, well
    assert pool.run("ada").seconds == 1 and pool.workers == 2


@pytest.mark.parametrize(
    ("workers", "said"), [({}, "has no workers"), ({"one": (False, well)}, "one: the hidden")]
)
def test_it_stops_if_no_worker_can_be_used(ready, workers, said):
    with pytest.raises(NoSandboxes, match=said):
        ready(**workers)


def test_trusted_students_need_no_walls(ready):
    assert ready(trust=True, one=(False, well)).run("ada").seconds == 1


def test_a_worker_without_walls_runs_no_code_of_a_students(monkeypatch):
    """Also if it joined after the grading began."""
    monkeypatch.setattr(distributed, "get_worker", lambda: SimpleNamespace(address="late"))
    monkeypatch.setattr(cluster, "held", lambda: False)
    monkeypatch.setattr(cluster, "run", well)
    worker, error = run_or_say_why(False, "ada")
    assert (
        worker == "late" and isinstance(error, GradingError) and "the hidden checks" in str(error)
    )
    assert run_or_say_why(True, "ada")[1].seconds == 1


def test_without_its_scheduler_it_stops(dask, ready):
    pool = ready(one=(True, lambda _: CancelledError()))
    with pytest.raises(NoSandboxes, match="is gone: start it and its workers"):
        pool.run("ada")
    dask.nthreads = lambda: (_ for _ in ()).throw(OSError("closed"))
    with pytest.raises(NoSandboxes, match="is gone: start it and its workers"):
        pool.run("ada")
