"""Runs work on a student's bytes, whatever they are, in another process, with limits of time and
memory.

The process is a fork of this one that is kept, since to fork a process that holds PyTorch takes
longer than to read a notebook. It writes no file, opens no other than to read, and sends back plain
data. A process that exceeds a limit is gone, and the next work gets another.
"""

import contextlib
import gc
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from multiprocessing import Pipe
from typing import Any, NoReturn

import msgspec

from proctor.errors import NoSandbox, OverLimit, ProctorError, TookTooLong
from proctor.sandbox.linux import Access, call, restrict, taken

CPU = 10.0  # seconds of CPU time
# bytes beyond those that the process has at the beginning: together less than 1 GiB
MEMORY = 700 * 2**20
# seconds by the clock, on a crowded machine, too: a busy machine is not the student's fault
PATIENCE = 60.0
KILLED = "the process that reads submissions was killed: see how much memory this machine has left"
MAX_REPLY = 160 * 2**20  # bytes: the files beside a notebook, and the notebook with its pictures


def run_limited(work: Callable[..., Any], *args: Any, cpu: float = CPU) -> Any:
    """The result of `work`, a function of a module, for these arguments, all of them plain data or
    paths.

    Raises `OverLimit` if it takes more, `NoSandbox` if the process does not answer or something
    else kills it, and a `ProctorError` for any error of the work. Elsewhere than on Linux the work
    is done here.
    """
    if sys.platform != "linux":
        return work(*args)
    with _one_at_a_time:
        return _process().do(work, args, cpu)


_one_at_a_time = threading.Lock()
_current: "_Process | None" = None


def _process() -> "_Process":
    """The process that is kept, or another one if that has ended, or belongs to the process that
    this one is a fork of.
    """
    global _current
    if _current is None or _current.owner != os.getpid() or _current.is_gone():
        _current = _Process()
    return _current


class _Process:
    def __init__(self):
        self.owner = os.getpid()
        self.line, theirs = Pipe()
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
            # about a process with threads: the work needs no lock that they may hold
            self.pid = os.fork()
        if self.pid == 0:
            _serve(theirs)
        theirs.close()

    def do(self, work: Callable[..., Any], args: tuple, cpu: float) -> Any:
        try:
            self.line.send((work, args, cpu))
            if not self.line.poll(PATIENCE):
                raise NoSandbox(
                    f"the process that reads submissions did not answer in {PATIENCE:g} s"
                )
            failure, result = msgspec.msgpack.decode(self.line.recv_bytes(MAX_REPLY))
        except (EOFError, OSError) as error:
            ended_of = self._end()
            if ended_of == signal.SIGKILL:
                # no limit of ours ends it so: the system does when the machine's memory runs out
                raise NoSandbox(KILLED) from error
            if ended_of == signal.SIGPROF:
                raise TookTooLong("it takes too long to read") from error
            raise OverLimit("it takes too much memory to read") from error
        except BaseException:
            # an interruption leaves no reply to this work for the next one
            self._end()
            raise
        if failure:
            self._end()
            raise ProctorError(failure)
        return result

    def is_gone(self) -> bool:
        # the process sends nothing between two works: if there is something to read, it has ended
        if not self.line.closed and self.line.poll():
            self._end()
        return self.line.closed

    def _end(self) -> int:
        """Ends the process; the signal that it had ended of, or ends of now."""
        self.line.close()
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(self.pid, signal.SIGKILL)
            return os.WTERMSIG(os.waitpid(self.pid, 0)[1])
        return 0


def _serve(line: Any) -> NoReturn:
    """The process: does one work after the other until nobody is there to send more, or one takes
    too much memory.
    """
    try:
        import resource

        # Ctrl-C is for the process that sends the work
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for number in (signal.SIGPROF, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        os.closerange(3, line.fileno())
        os.closerange(line.fileno() + 1, 4096)
        # freezes inherited objects, so that the garbage collector skips them
        gc.freeze()
        with contextlib.suppress(OSError, AttributeError):
            restrict({"/": Access.READ_FILE | Access.READ_DIR})
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        while True:
            work, args, cpu = line.recv()
            limit = taken() + MEMORY
            if hard >= 0:
                limit = min(limit, hard)
            resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
            # unlike RLIMIT_CPU it begins anew with each work; its signal ends the process
            signal.setitimer(signal.ITIMER_PROF, cpu)
            reply = _reply(work, args)
            signal.setitimer(signal.ITIMER_PROF, 0)
            if len(reply) > MAX_REPLY:
                break
            line.send_bytes(reply)
            del work, args, reply
            with contextlib.suppress(OSError, AttributeError):
                call("malloc_trim", 0)
    finally:
        os._exit(0)


def _reply(work: Callable[..., Any], args: tuple) -> bytes:
    """The reason why the work failed, if it did, and its result."""
    try:
        return msgspec.msgpack.encode(("", work(*args)))
    except MemoryError:
        raise
    except ProctorError as error:
        failure = str(error)
    except Exception as error:
        failure = f"{type(error).__name__}: {error}"
    return msgspec.msgpack.encode((failure, None))
