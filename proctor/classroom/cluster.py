"""A class's sandboxes on the workers of a Dask cluster, which come and go.

A worker is looked over before it is used, and is sent one submission at a time: when it dies, or fails, that one was why.
So no submission suffers from another's, and Dask's own counting of a task's failures isn't needed.
"""

import logging
import os
import sys
import threading
import time
from collections.abc import Collection
from concurrent.futures import CancelledError, Future, wait
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proctor.classroom.workers import Pool, held, run, versions
from proctor.course import Assignment
from proctor.course.report import readable
from proctor.errors import GradingError, NoSandboxes
from proctor.sandbox.bounded import bounded
from proctor.submission.choose import take_in

if TYPE_CHECKING:
    from proctor.examine.outcome import Outcome

TRIES = 3  # workers that may die of one submission, or fail at it
PAUSE = 0.5  # seconds between two looks at which workers are there
PATIENCE = 300  # seconds without any worker, after which the grading stops

AGAIN = "then start again to go on. Nothing that was recorded is lost"
GONE = f"the Dask scheduler at {{address}} is gone: start it and its workers, {AGAIN}"
NO_WORKERS = "the Dask scheduler at {address} has no workers: start some with 'dask worker {address} --nthreads 1'"
NONE_LEFT = (
    f"no worker of {{address}} has been there for {PATIENCE // 60} minutes, or none answers: start some, {AGAIN}"
)
# an expression, which any worker can take: one that can't import a task's function closes
FACTS = "__import__('proctor.classroom.cluster', fromlist=['facts']).facts()"


class State(Enum):
    """What has become of a worker that answered."""

    FREE, BUSY, UNFIT = range(3)


class Cluster(Pool):
    """Runs submissions on the workers of the Dask scheduler at `address`. Raises `NoSandboxes` where none answers."""

    def __init__(self, address: str):
        # the process that reads submissions is a fork of this one, which has no threads yet
        bounded(os.getpid)
        try:
            from distributed import Client

            self._client: Any = Client(address)  # whose methods may give their result or promise it
        except ImportError as error:
            raise NoSandboxes(
                f"a Dask cluster needs more of this package: pip install '.[cluster]' ({error})"
            ) from None
        except (OSError, ValueError) as error:
            raise NoSandboxes(
                f"no Dask scheduler answers at {address}: start one with 'dask scheduler', and give the address that "
                f"it prints ({error})"
            ) from None
        # where the scheduler goes, Dask logs tracebacks; we say it in words
        for name in ("distributed", "distributed.client"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._executor = self._client.get_executor(pure=False)
        self._address, self._trust_students = address, False
        self.workers, self.busy, self.since = 0, 0.0, time.monotonic()
        # is held while what follows is changed, and told of it
        self._changed = threading.Condition()
        # the question that each worker that is there was asked about itself
        self._asked: dict[str, Future[tuple[list, bool]]] = {}
        # what has become of those that answered
        self._state: dict[str, State] = {}
        # why nothing more can be run
        self._end = ""

    def require_walls(self, trust_students: bool) -> None:
        """Waits until a worker can be used. Raises `NoSandboxes` where none can: those without walls, too."""
        self._trust_students = trust_students
        threading.Thread(target=self._watch, daemon=True).start()
        with self._changed:
            while not (self._end or self._fit):
                self._changed.wait()
                if self._state and self._state.keys() == self._asked.keys() and not self._fit:
                    self._end = f"none of the workers of {self._address} can be used"
            if self._end:
                raise NoSandboxes(self._end)
        self.since = time.monotonic()

    def reach(self, folder: Path, assignment: Assignment) -> dict[str, Any]:
        """The submission, read by a process of this machine: the workers have no such folder."""
        return take_in(folder, assignment).plain()

    def run(self, *args: Any) -> "Outcome":
        """`proctor.examine.run.grade_packed` on a worker; on another one where that dies, or fails.

        Raises what the last one failed with, or `RuntimeError` where all died; `NoSandboxes` where nothing can be run.
        """
        tried: set[str] = set()
        failed: dict[str, Outcome | Exception] = {}
        while len(tried) < TRIES and (address := self._next(tried, failed.keys())):
            tried.add(address)
            came_to = self._run_on(address, *args)
            if came_to is None:
                continue
            if isinstance(came_to, Exception) or came_to.unjudged:
                failed[address] = came_to
                continue
            with self._changed:
                for each, earlier in failed.items():
                    said = earlier if isinstance(earlier, Exception) else earlier.unjudged
                    self._rule_out(each, f"it failed where another one did not ({said})")
                self.busy += came_to.seconds
            return came_to
        if not failed:
            died = ", ".join(sorted(tried))
            raise RuntimeError(f"{TRIES} workers died of it, {died}: see what they printed, and their memory")
        _, last = failed.popitem()
        if isinstance(last, Exception):
            raise last
        return last

    def close(self, at_once: bool = True) -> None:
        """Leaves the cluster, and its workers as they are."""
        with self._changed:
            self._end = self._end or "the grading has ended"
            self._changed.notify_all()
        self._client.close()

    @property
    def _fit(self) -> set[str]:
        """The workers that can be used, whether they have something to do or not."""
        return {address for address, state in self._state.items() if state is not State.UNFIT}

    def _next(self, tried: set[str], failed: Collection[str]) -> str | None:
        """A free worker but those that were tried, once there is one; none where all that are there failed."""
        until = time.monotonic() + PATIENCE
        with self._changed:
            while not self._end:
                if free := [each for each in sorted(self._fit - tried) if self._state[each] is State.FREE]:
                    self._state[free[0]] = State.BUSY
                    return free[0]
                # a worker that is still looked over may turn out to be better
                asked = self._asked.keys() - self._state and time.monotonic() < until
                if failed and not (self._fit - tried or asked):
                    return None
                self._changed.wait()
        raise NoSandboxes(self._end)

    def _run_on(self, address: str, *args: Any) -> "Outcome | Exception | None":
        """What running a submission on one worker came to, an error of the worker's too; None if the worker is gone."""
        future = self._executor.submit(run_or_say_why, *args, workers=[address])
        while not (wait([future], timeout=PAUSE).done or self._end) and self._state.get(address) is State.BUSY:
            pass
        if not (future.done() or self._end):
            future.cancel()
            return None
        try:
            return future.result(timeout=0)
        except (CancelledError, TimeoutError) as error:
            raise NoSandboxes(self._end or GONE.format(address=self._address)) from error
        except Exception as error:
            return error
        finally:
            with self._changed:
                if self._state.get(address) is State.BUSY:
                    self._state[address] = State.FREE
                self._changed.notify_all()

    def _watch(self) -> None:
        """Follows the coming and going of the workers, in a thread of its own, until there is nothing more to run."""
        seen, ever = time.monotonic(), False
        try:
            while not self._end:
                there = set(self._client.nthreads())
                ever = ever or bool(there)
                self._follow(there)
                with self._changed:
                    if self._fit:
                        seen = time.monotonic()
                    elif not ever:
                        self._end = NO_WORKERS.format(address=self._address)
                    elif time.monotonic() - seen > PATIENCE:
                        self._end = NONE_LEFT.format(address=self._address)
                    self._changed.notify_all()
                time.sleep(PAUSE)
        except Exception as error:  # whatever Dask raises then
            with self._changed:
                self._end = self._end or f"{GONE.format(address=self._address)} ({type(error).__name__}: {error})"
                self._changed.notify_all()

    def _follow(self, there: set[str]) -> None:
        """Forgets the workers that are gone, and looks over those that are new."""
        with self._changed:
            gone = {address: self._asked.pop(address) for address in self._asked.keys() - there}
            for address in gone:
                self._state.pop(address, None)
            for address in there - self._asked.keys():
                self._asked[address] = self._executor.submit(eval, FACTS, workers=[address])
            for address in self._asked.keys() - self._state:
                self._look_over(address)
            self.workers = max(self.workers, len(self._fit))
            last = gone and not (self._fit or self._asked.keys() - self._state)
        for asked in gone.values():
            # waits for Dask's own thread: not while `_changed` is held
            asked.cancel()
        if last:
            print_to_stderr(f"no worker is left: waiting {PATIENCE // 60} minutes for one")

    def _look_over(self, address: str) -> None:
        """Notes whether a worker can be used, once it has said what there is to know."""
        asked = self._asked[address]
        if not asked.done():
            return
        self._state[address] = State.FREE
        try:
            there, walls = asked.result()
        except Exception as error:
            why = "this version of this package isn't there, or doesn't run there"
            self._rule_out(address, f"{why} ({type(error).__name__}: {error})")
            return
        if there != versions():
            self._rule_out(
                address, "another version of this package, of Python or of PyTorch is there: install what is here"
            )
        elif not (walls or self._trust_students):
            why = "the hidden checks can't be kept from the students' code there: 'proctor doctor' says there what is missing"
            self._rule_out(address, f"{why}. To grade all the same, add --trust-students")

    def _rule_out(self, address: str, reason: str) -> None:
        if self._state.get(address) in (State.FREE, State.BUSY):
            self._state[address] = State.UNFIT
            print_to_stderr(f"{address} is not used: {reason}")


def print_to_stderr(line: str) -> None:
    """Tells the instructor, whatever else is being shown."""
    print(readable(line), file=sys.stderr, flush=True)


def facts() -> tuple[list, bool]:
    """Of the worker that this runs on: its versions, and whether its sandboxes keep the checks from the students."""
    return versions(), held()


def run_or_say_why(*args: Any) -> "Outcome | Exception":
    """`proctor.examine.run.grade_packed`, on a worker.

    An error is returned and not raised: where Dask can't pickle a traceback, its client waits for ever.
    """
    try:
        return run(*args)
    except Exception as error:
        return GradingError(f"{type(error).__name__}: {error}")
