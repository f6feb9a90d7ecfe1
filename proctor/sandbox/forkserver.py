"""The fork server: imports what the notebooks import once, then forks a sandbox for each submission.

Run by `main` with the arguments FD and PLACE, FD being one end of a Unix socket and PLACE where the sandboxes have their
disks, each its own, or, without bubblewrap, where their folders are made. Each command is one message on it: `fork OPTIMIZERS FORBIDDEN` with the sandbox's socket attached,
where OPTIMIZERS says whether the notebook takes optimizers' steps, and FORBIDDEN what the guard must know of;
`interrupt PID` and `kill PID`; `share` with another such socket attached, which a fork of the fork server takes for its own.
Nothing that it holds is a secret.
"""

import contextlib
import gc
import os
import resource
import signal
import socket
import sys
import tempfile
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from proctor.sandbox import own_disk
from proctor.sandbox.isolation import SANDBOX, remove

if TYPE_CHECKING:
    from proctor.sandbox.worker import Shell

LARGE = 24 * 2**20  # bytes


def warm_up() -> "Shell":
    """Imports what every sandbox needs, before any is forked."""
    gc.disable()  # until all is imported
    # the memory of as large a thing is kept when that is gone, rather than be asked of the system again each time
    bytearray(LARGE)
    from proctor.sandbox import landlock
    from proctor.sandbox.isolation import readable_parts
    from proctor.sandbox.warm_up import warm_shell

    shell = warm_shell()
    with contextlib.suppress(OSError):
        landlock.version()
    with contextlib.suppress(ImportError, OSError, RuntimeError):
        import pyseccomp  # noqa: F401
    readable_parts()
    gc.freeze()  # what is warm stays: no collection, here or in a sandbox, need look through it; IPython's reset makes one
    shell.reset()
    gc.freeze()
    gc.enable()
    return shell


def main() -> None:
    control, place = socket.socket(fileno=int(sys.argv[1])), sys.argv[2]
    # a limit on who judges is none on who is judged
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))
    os.environ["TMPDIR"] = os.environ["HOME"] = place
    if place == SANDBOX:
        own_disk.leave_root()
    shell = warm_up()
    from proctor.sandbox import guard
    from proctor.sandbox.warm_up import first_step

    sandboxes: dict[int, str] = {}
    with contextlib.suppress(BrokenPipeError):  # nobody waits for it any more
        control.send(b"ready")
    cold = True
    while True:
        try:
            data, fds, _, _ = socket.recv_fds(control, 2**16, 1)
        except ConnectionResetError:  # killed before it had read our last word
            break
        if not data:
            break
        command, *details = msgspec.msgpack.decode(data)
        _reap(sandboxes)
        if command == "fork":
            if cold and details[0]:
                first_step()
                gc.freeze()
                cold = False
            if details[1]:
                guard.install(details[1])
            _left_out(len(sys.modules))
            folder = place if place == SANDBOX else tempfile.mkdtemp(prefix="sandbox-", dir=place)
            pid = os.fork()
            if pid == 0:
                control.close()
                _enter_sandbox(fds[0], folder, shell)
            for fd in fds:
                os.close(fd)
            sandboxes[pid] = folder
            with contextlib.suppress(BrokenPipeError):  # made ahead for nobody
                control.send(msgspec.msgpack.encode(pid))
        elif command == "share":
            pid = os.fork()
            if pid == 0:
                os.setsid()
                control.close()
                control, sandboxes = socket.socket(fileno=fds[0]), {}
                with contextlib.suppress(BrokenPipeError):
                    control.send(b"ready")
                continue
            os.close(fds[0])
            # it has no folder of its own to be removed
            sandboxes[pid] = SANDBOX
        elif details[0] in sandboxes:
            with contextlib.suppress(ProcessLookupError):
                if command == "interrupt":
                    os.kill(details[0], signal.SIGINT)
                else:
                    os.killpg(details[0], signal.SIGKILL)
                    os.waitpid(details[0], 0)
                    remove(sandboxes.pop(details[0]))
    for pid, folder in sandboxes.items():
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        remove(folder)
    os._exit(0)  # taking the interpreter apart takes a second


@lru_cache(1)
def _left_out(modules: int) -> list[str]:
    """Of so many modules, the names of this package's. In a fork, to look at each name copies its memory."""
    return [name for name in sys.modules if name.partition(".")[0] == "proctor"]


def _reap(sandboxes: dict[int, str]) -> None:
    for pid in list(sandboxes):
        if os.waitpid(pid, os.WNOHANG)[0]:
            remove(sandboxes.pop(pid))


def _enter_sandbox(fd: int, folder: str, shell: "Shell") -> None:
    """The forked child: walled in, working in `folder`, it answers requests until the other end closes."""
    status = 1
    try:
        from proctor.sandbox.isolation import REQUEST_SOCKET, enter_sandbox

        os.setsid()
        os.chdir(folder)
        os.dup2(fd, REQUEST_SOCKET)
        with open(os.devnull, "r+b") as null:
            for stream in (0, 1, 2):
                os.dup2(null.fileno(), stream)
        os.closerange(REQUEST_SOCKET + 1, 4096)
        os.environ["TMPDIR"] = os.environ["HOME"] = folder
        tempfile.tempdir = None
        sock = socket.socket(fileno=REQUEST_SOCKET)
        from proctor.sandbox import protocol
        from proctor.sandbox.worker import serve

        try:
            entered = protocol.Entered(enter_sandbox(folder))
        except Exception as error:
            protocol.send(sock, protocol.encode(protocol.Entered([], f"{type(error).__name__}: {error}")))
            raise
        protocol.send(sock, protocol.encode(entered))
        for name in _left_out(len(sys.modules)):
            del sys.modules[name]  # who imports one gets another, and changes nothing here
        serve(sock, shell, folder)
        status = 0
    finally:
        os._exit(status)
