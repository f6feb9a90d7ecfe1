"""The budget of one submission: the most that all work for it may take together.

The first run of its notebook, the second runs, the hidden checks and the search for misconceptions
share it. docs/reference/limits.md has it as a table.
"""

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from proctor.course.foreign import NO_MEMORY
from proctor.errors import BudgetUsed
from proctor.sandbox.cell import Limits, usual_limits
from proctor.sandbox.linux import call, taken

# seconds that all second runs may take together, even if the first run took less
SECOND_RUNS = 60.0
# times the limit of a notebook's first run that all runs may take together
ALL_RUNS = 1.5
# seconds of CPU time of the process that judges: five times the dearest honest notebook's, by
# benchmarks/judge.py
JUDGE = 15.0
# bytes of memory that judging takes, beyond those that the process had when it began
MEMORY = 600 * 2**20
# bytes of memory, about, that all messages from the submission's sandboxes take together
RECEIVED = 2**30
# bytes of them after which the grader keeps no more outputs of cells
SHOWN = 50 * 2**20


@dataclass
class Budget:
    """The use of one submission's budget so far.

    - `seconds`: its sandboxes' own time
    - `first_run`: the part of `seconds` that its first run took; None until a second run begins
    - `received`: bytes of memory that its sandboxes' messages took, about
    - `judged`: seconds of CPU time of the process that judges
    - `enforced`: whether CPU time and memory count: not in a kernel, where the student's own code
      uses them, too
    """

    limits: Limits = field(default_factory=usual_limits)
    seconds: float = 0.0
    first_run: float | None = None
    received: int = 0
    judged: float = 0.0
    enforced: bool = True
    # this thread's CPU time when the current work began
    _began: float | None = None
    # bytes that this process may have
    _most: int = 0

    def seconds_left(self) -> float:
        """The seconds that the submission's sandboxes have left, or its second runs, once these
        have begun.
        """
        most = ALL_RUNS * self.limits.notebook
        if self.first_run is not None:
            most = min(most, self.first_run + max(SECOND_RUNS, self.first_run))
        return most - self.seconds

    def used(self) -> float:
        """The used part of the resource that is nearest to its end; 1 or more: the budget is used
        up.
        """
        judged = self.judged
        if self._began is not None:
            judged += time.thread_time() - self._began
        return max(
            self.seconds / (ALL_RUNS * self.limits.notebook),
            self.received / RECEIVED,
            judged / JUDGE,
        )

    def require(self) -> None:
        """Raises `BudgetUsed` if the submission, or its second runs, may take no more."""
        if self.used() >= 1 or self.seconds_left() <= 0:
            raise BudgetUsed

    def spend(self, work: Callable[..., Any], *args: Any) -> Any:
        """The result of `work`; None if the budget is used up, before or meanwhile."""
        if not self.enforced:
            return work(*args)
        if self.used() >= 1:
            return None
        self._began = time.thread_time()
        try:
            with self._limited_memory(), self._limited_time():
                return work(*args)
        except BudgetUsed:
            return None
        except (MemoryError, RuntimeError) as error:
            if not ran_out(error):
                raise
            self.judged = JUDGE
            return None
        finally:
            self.judged += time.thread_time() - self._began
            self._began = None

    @contextlib.contextmanager
    def _limited_time(self) -> Iterator[None]:
        """While entered, `BudgetUsed` is raised as soon as the CPU time is used up, whatever runs.

        In other threads than the main one, and on Windows, only `require` raises it.
        """
        if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
            yield
            return

        def end(*_: object) -> None:
            self.judged = JUDGE
            raise BudgetUsed

        before = signal.signal(signal.SIGPROF, end)
        # once more each second, in case that Python could not raise it
        signal.setitimer(signal.ITIMER_PROF, JUDGE - self.judged, 1)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, before)

    @contextlib.contextmanager
    def _limited_memory(self) -> Iterator[None]:
        """While entered, a request for more memory raises `MemoryError`.

        The protocol limits the sizes of a reply; this limits the values that a check computes from
        several replies. Does nothing elsewhere than on Linux, or if less is allowed already.
        """
        if sys.platform != "linux":
            yield
            return
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        self._most = self._most or taken() + MEMORY
        lowest = min(limit for limit in (self._most, soft, hard) if limit != resource.RLIM_INFINITY)
        resource.setrlimit(resource.RLIMIT_DATA, (lowest, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
            # freed memory goes back to the system, so that it doesn't add to the next submission's
            with contextlib.suppress(AttributeError):
                call("malloc_trim", 0)


def ran_out(error: BaseException) -> bool:
    """Whether it says that there is no memory left, in Python's words or in PyTorch's."""
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and NO_MEMORY in str(error)
    )
