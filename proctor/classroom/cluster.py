"""A class's sandboxes on the workers of a Dask cluster.

Dask distributes the submissions, and runs one again if its worker dies.
"""

import logging
import os
import sys
import threading
from concurrent.futures import CancelledError
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proctor.classroom.workers import Pool, held, run
from proctor.course import Assignment
from proctor.course.report import readable
from proctor.errors import GradingError, NoSandboxes
from proctor.sandbox.limited import run_limited
from proctor.submission.choose import load_submission

if TYPE_CHECKING:
    from proctor.grading.outcome import Outcome

TRIES = 3  # workers that may fail at one submission
# besides the packages whose versions Dask compares anyway
COMPARED = ["proctor", "torch"]
NO_WORKERS = "the Dask scheduler at {address} has no workers: start some with 'dask worker {address} --nthreads 1'"
GONE = (
    "the Dask scheduler at {address} is gone: start it and its workers, then start again to go on. "
    "Nothing that was recorded is lost"
)
OPEN = (
    "the hidden checks can't be kept from the students' code there: 'proctor doctor' says there what is missing. "
    "To grade all the same, add --trust-students"
)
# on a worker: one submission at a time, however many threads it has
_one_at_a_time = threading.Lock()


class Cluster(Pool):
    """Runs submissions on the workers of the Dask scheduler at `address`.

    Raises `NoSandboxes` if none answers.
    """

    def __init__(self, address: str):
        # the process that reads submissions is a fork of this one, which has no threads yet
        run_limited(os.getpid)
        try:
            from distributed import Client

            # its methods may give their result or promise it
            self._client: Any = Client(address)
        except ImportError as error:
            raise NoSandboxes(
                f"a Dask cluster needs more of this package: pip install '.[cluster]' ({error})"
            ) from None
        except (OSError, ValueError) as error:
            raise NoSandboxes(
                f"no Dask scheduler answers at {address}: start one with 'dask scheduler', and give the address that "
                f"it prints ({error})"
            ) from None
        # if the scheduler ends, Dask logs tracebacks; we say it in words
        for name in ("distributed", "distributed.client"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._address = address
        self._trust_students = False
        self._printed = set[str]()
        self._seen = set[str]()
        self.closed = False
        self.workers = 0

    def require_walls(self, trust_students: bool) -> None:
        """Raises `NoSandboxes` if no worker can be used: those without walls can't.

        Dask warns of versions that differ.
        """
        self._trust_students = trust_students
        if not self._there():
            raise NoSandboxes(NO_WORKERS.format(address=self._address))
        self._client.get_versions(check=True, packages=COMPARED)
        if not trust_students:
            walls = self._client.run(held, on_error="return")
            if True not in walls.values():
                words = [f"{worker}: {has or OPEN}" for worker, has in walls.items()]
                raise NoSandboxes(f"no worker of {self._address} can be used; {'; '.join(words)}")

    def reach(self, folder: Path, assignment: Assignment) -> dict[str, Any]:
        """The submission, read by a process of this machine: the workers have no such folder."""
        return load_submission(folder, assignment).plain()

    def run(self, *args: Any) -> "Outcome":
        """`proctor.examine.packed.grade_packed` on a worker, or on another one if it fails there.

        Raises the error of the last one, or `RuntimeError` if several died of it; `NoSandboxes` if
        the scheduler is gone.
        """
        from distributed import KilledWorker
        from distributed.client import ClosedClientError

        tried = set[str]()
        # any worker
        others: list[str] | None = None
        for _ in range(TRIES):
            try:
                future = self._client.submit(
                    run_or_say_why, self._trust_students, *args, pure=False, workers=others
                )
                worker, outcome = future.result()
            except KilledWorker as error:
                raise RuntimeError(
                    f"several workers died of it: see what they printed, and their memory ({error})"
                ) from None
            except (CancelledError, ClosedClientError, OSError) as error:
                raise NoSandboxes(GONE.format(address=self._address)) from error
            tried.add(worker)
            others = [each for each in self._there() if each not in tried]
            is_error = isinstance(outcome, GradingError)
            if not is_error and not outcome.unjudged:
                return outcome
            self._print_once(f"{worker}: {outcome if is_error else outcome.unjudged}")
            if not others:
                break
        if isinstance(outcome, GradingError):
            raise outcome
        return outcome

    def close(self, at_once: bool = True) -> None:
        """Leaves the cluster, and its workers as they are."""
        self.closed = True
        self._client.close()

    def _there(self) -> list[str]:
        """The workers that are there now; prints which are gone."""
        try:
            found = list(self._client.nthreads())
        except Exception as error:  # whatever Dask raises then
            raise NoSandboxes(GONE.format(address=self._address)) from error
        for worker in sorted(self._seen.difference(found)):
            self._print_once(
                f"{worker} is gone: what it was running runs again on another one; {len(found)} left"
            )
        self._seen = set(found)
        self.workers = max(self.workers, len(found))
        return found

    def _print_once(self, line: str) -> None:
        """Prints a line for the instructor, whatever else is being shown."""
        if line not in self._printed:
            self._printed.add(line)
            print(readable(line), file=sys.stderr, flush=True)


def run_or_say_why(trust_students: bool, *args: Any) -> "tuple[str, Outcome | GradingError]":
    """`proctor.examine.packed.grade_packed`, on a worker: its address, and the outcome.

    An error is returned and not raised: if Dask can't pickle a traceback, its client waits for
    ever.
    """
    from distributed import get_worker

    worker = get_worker().address
    try:
        with _one_at_a_time:
            # a worker may have joined after the grading began
            if not (trust_students or held()):
                return worker, GradingError(OPEN)
            return worker, run(*args)
    except Exception as error:
        return worker, GradingError(f"{type(error).__name__}: {error}")
