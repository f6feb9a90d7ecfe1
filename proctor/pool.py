"""Where a class's rooms are: processes of this machine, or the workers of a Dask cluster."""

import signal
import sys
import threading
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import active_children, get_context

from proctor.doctor import keeps_secrets
from proctor.examine import protected
from proctor.visit import Visit, attend


class NotWalled(Exception):
    """Where the rooms would be, the hidden checks can't be kept from the students' code; the message says what to do."""


class Pool:
    """Makes visits in `workers` processes, or on the workers of the Dask scheduler at `cluster`.

    A process that dies is replaced, and its visit made again. Raises `NotWalled` where the walls are missing, unless
    the students are trusted.
    """

    def __init__(self, workers: int, cluster: str | None = None, trust_students: bool = False):
        self._lock, self._closed, self._client = threading.Lock(), False, None
        if cluster:
            from distributed import Client

            self._client = Client(cluster)
            held = self._client.run(protected)
            self.workers = sum(self._client.nthreads().values())
            self._executor: Executor = self._client.get_executor()
        else:
            self.workers, held = workers, {"this machine": protected()}
            self._executor = self._processes()
        open_ones = [name for name, promises in held.items() if not keeps_secrets(promises)]
        if not held or (open_ones and not trust_students):
            self.close()
            raise NotWalled(
                f"the hidden checks can't be kept from the students' code on {', '.join(open_ones) or 'no worker'}: "
                "'proctor doctor' says what is missing there. To grade all the same, add --trust-students"
            )

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def _processes(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self.workers, mp_context=get_context("spawn"), initializer=_start)

    def attend(self, *args) -> Visit:
        """`proctor.visit.attend` in one of the processes. Raises `RuntimeError` where three of them died of it."""
        for _ in range(3):
            executor = self._executor
            try:
                return executor.submit(attend, *args).result()
            except BrokenProcessPool:
                with self._lock:
                    if self._closed:
                        break
                    if self._executor is executor:
                        self._executor = self._processes()
        raise RuntimeError("the process that graded it died: see how much memory this machine has left")

    def close(self) -> None:
        """Ends the processes at once, whatever they are doing; leaves a cluster as it is."""
        self._closed = True
        if self._client is not None:
            self._client.close()
        else:
            self._executor.shutdown(wait=False, cancel_futures=True)
            for process in active_children():
                process.kill()


def _start() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that was started
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: die with it, too
