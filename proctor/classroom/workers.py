"""The processes of this machine in which a class's sandboxes are (those of a cluster:
`proctor.classroom.cluster`).

Imports little, so that the process from which they are forked starts early.
"""

import contextlib
import faulthandler
import os
import signal
import sys
import tempfile
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from multiprocessing import active_children, current_process, get_context, parent_process
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from proctor.course.files import RunFolder
from proctor.errors import IsolationError, NoSandboxes
from proctor.sandbox.isolation import ONE_THREAD
from proctor.sandbox.linux import die_with_parent

if TYPE_CHECKING:
    from proctor.course import Assignment
    from proctor.grading.outcome import Outcome

# seconds after which a process that is still at one submission is ended; no honest one takes that
# long
HUNG = 3600


class Pool:
    """Runs submissions in `workers` processes.

    The fork server that they are forked from starts at once.

    A process that dies is replaced, and its submission runs again. `closed`: whether the processes
    have ended, or are about to.
    """

    def __init__(self, workers: int):
        self.workers = workers
        self.closed = False
        self._lock = threading.Lock()
        self._alone = threading.Lock()
        self._folder = RunFolder()
        self._executor = self._processes(workers)

    def require_walls(self, trust_students: bool) -> None:
        """Waits until the processes are ready.

        Raises `NoSandboxes` if walls are missing and students are not trusted.
        """
        try:
            found = [self._executor.submit(held) for _ in range(self.workers)]
            walls = all([future.result() for future in found])
        except Exception as error:  # whatever keeps it from starting
            raise NoSandboxes(
                f"a process to grade in did not start ({type(error).__name__}: {error}): 'proctor doctor' may say why"
            ) from error
        if not (walls or trust_students):
            raise NoSandboxes(
                "the hidden checks can't be kept from the students' code on this machine: 'proctor doctor' says what "
                "is missing. To grade all the same, add --trust-students"
            )

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc: object) -> None:
        self.close(at_once=kind is not None)

    def _processes(self, workers: int) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            workers, mp_context=_context()[0], initializer=_start, initargs=(self._folder.name,)
        )

    def reach(self, folder: Path, assignment: "Assignment") -> Path | dict[str, Any]:
        """The form in which the submission in `folder` is sent to the processes."""
        return folder

    def run(self, *args: Any) -> "Outcome":
        """`proctor.examine.packed.grade_packed` in one of the processes.

        Raises `RuntimeError` if a process died of it.
        """
        executor = self._executor
        try:
            return executor.submit(run, *args).result()
        except BrokenProcessPool:
            # of this submission or of another one: a process of its own shows that
            with self._lock:
                if self._executor is executor and not self.closed:
                    self._executor = self._processes(self.workers)
            return self._run_alone(*args)

    def _run_alone(self, *args: Any) -> "Outcome":
        # one at a time: the machine may have too little memory already
        with self._alone:
            if not self.closed:
                with contextlib.suppress(BrokenProcessPool), self._processes(1) as executor:
                    return executor.submit(run, *args).result()
        raise RuntimeError(
            "the process that graded it died: see how much memory this machine has left"
        )

    def close(self, at_once: bool = True) -> None:
        """Ends the processes, in the middle of their work if it must be at once.

        May be called again.
        """
        self.closed = True
        self._executor.shutdown(wait=not at_once, cancel_futures=True)
        processes = active_children()
        # all of them before it waits for one: a second Ctrl-C may come then
        for process in processes:
            process.kill()
        for process in processes:
            process.join()
        self._folder.cleanup()


@cache
def _context() -> tuple[BaseContext, RunFolder]:
    """How processes start, and the folder of the fork server's socket, as long as this process
    lives.

    On Linux they are forks of multiprocessing's fork server, which has imported their modules: see
    `warm`.
    """
    folder = RunFolder()
    if sys.platform != "linux":
        return get_context("spawn"), folder
    from multiprocessing import forkserver

    context = get_context("forkserver")
    context.set_forkserver_preload(["proctor.classroom.warm"])
    # else it makes a folder that nobody removes if this process is killed
    vars(current_process())["_config"]["tempdir"] = folder.name
    # the fork server leaves Ctrl-C to this process from its first moment
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with patch.dict(os.environ, TMPDIR=folder.name):
            forkserver.ensure_running()
    except OSError:  # the path is too long for a socket
        return get_context("spawn"), folder
    finally:
        signal.signal(signal.SIGINT, before)
    return context, folder


def _start(folder: str) -> None:
    # Ctrl-C is for the process that somebody started
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        die_with_parent()
    parent = parent_process()
    # it may have ended before this one could notice
    if not parent or not parent.is_alive():
        os._exit(1)
    os.environ |= ONE_THREAD
    # the parent removes it
    tempfile.tempdir = folder
    from proctor.sandbox.launcher import fork_server

    # an error that keeps it from starting comes again when a sandbox is wanted
    with contextlib.suppress(IsolationError):
        # takes longer to start than the imports that follow
        fork_server()


def held() -> bool:
    """Whether the sandboxes of this process keep the checks from the students."""
    from proctor.examine.examine import protected
    from proctor.session.doctor import keeps_secrets

    return keeps_secrets(protected())


def run(*args: Any) -> "Outcome":
    """`proctor.examine.packed.grade_packed`, in this process, which ends if it hangs."""
    # not in the process that only waits for it
    from proctor.classroom.similarity import read_answers
    from proctor.examine.packed import grade_packed, unpack

    with open(os.devnull, "w") as nowhere:
        faulthandler.dump_traceback_later(HUNG, exit=True, file=nowhere)
        try:
            outcome = grade_packed(*args)
            outcome.written = read_answers(outcome.notebook.cells, unpack(args[0]))
            return outcome
        finally:
            faulthandler.cancel_dump_traceback_later()
