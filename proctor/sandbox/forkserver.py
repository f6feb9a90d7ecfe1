"""The fork server: imports the notebooks' packages once, then forks a sandbox for each submission.

Run by `main` with the arguments FD and PLACE: one end of a Unix socket, and where the sandboxes have their disks or,
without bubblewrap, where their folders are made. Each command is one message on that socket:

- `fork NUMBER OPTIMIZERS FORBIDDEN`, with the sandbox's socket attached: the number to know it by, whether the notebook takes
  optimizers' steps, and which names the guard must know
- `interrupt NUMBER` and `kill NUMBER`
- `share`, with another such socket attached, which a fork of the fork server listens to from then on

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
from typing import TYPE_CHECKING

import msgspec

from proctor.sandbox import isolation, linux
from proctor.sandbox.isolation import REQUEST_SOCKET, SANDBOX, remove

if TYPE_CHECKING:
    from proctor.sandbox.shell import Shell


def warm_up() -> "Shell":
    """Imports what every sandbox needs, before any is forked."""
    gc.disable()  # until all is imported
    import proctor.sandbox.worker  # noqa: F401
    from proctor.sandbox.shell import warm_shell

    shell = warm_shell()
    with contextlib.suppress(OSError):
        linux.landlock_version()
    with contextlib.suppress(ImportError, OSError, RuntimeError):
        import pyseccomp  # noqa: F401
    isolation.readable_parts()
    gc.freeze()  # these objects stay: no collection, here or in a sandbox, need look through them; IPython's reset makes one
    shell.reset()
    gc.freeze()
    gc.enable()
    return shell


def main() -> None:
    control, place = socket.socket(fileno=int(sys.argv[1])), sys.argv[2]
    # the grader's limit of memory is none of the sandboxes'
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))
    os.environ["TMPDIR"] = os.environ["HOME"] = place
    if place == SANDBOX:
        linux.leave_root()
    shell = warm_up()
    from proctor.sandbox import guard
    from proctor.sandbox.shell import first_step

    # by its number, a sandbox's process and folder; forks of this process, which need no telling, by minus their process
    sandboxes: dict[int, tuple[int, str]] = {}
    while True:
        data, fds, _, _ = socket.recv_fds(control, 2**16, 1)
        if not data:
            break
        command, *details = msgspec.msgpack.decode(data)
        _reap(sandboxes)
        if command == "fork":
            number, optimizers, forbidden = details
            if optimizers:
                first_step()
                gc.freeze()
            if forbidden:
                guard.install(forbidden)
            folder = place if place == SANDBOX else tempfile.mkdtemp(prefix="sandbox-", dir=place)
            pid = os.fork()
            if pid == 0:
                control.close()
                _enter_sandbox(fds[0], folder, shell)
            os.close(fds[0])
            sandboxes[number] = pid, folder
        elif command == "share":
            pid = linux.fork_apart()
            if pid == 0:
                os.setsid()
                control.close()
                control, sandboxes = socket.socket(fileno=fds[0]), {}
                continue
            os.close(fds[0])
            # it has no folder of its own to be removed
            sandboxes[-pid] = pid, SANDBOX
        elif details[0] in sandboxes:
            pid, folder = sandboxes[details[0]]
            with contextlib.suppress(ProcessLookupError):
                if command == "interrupt":
                    os.kill(pid, signal.SIGINT)
                else:
                    os.killpg(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)
                    del sandboxes[details[0]]
                    remove(folder)
    for pid, folder in sandboxes.values():
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        remove(folder)
    os._exit(0)  # taking the interpreter apart takes a second


def _reap(sandboxes: dict[int, tuple[int, str]]) -> None:
    for number, (pid, folder) in list(sandboxes.items()):
        if os.waitpid(pid, os.WNOHANG)[0]:
            del sandboxes[number]
            remove(folder)


def _enter_sandbox(fd: int, folder: str, shell: "Shell") -> None:
    """The forked child: walled in, working in `folder`, it answers requests until the other end closes."""
    status = 1
    try:
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
            isolation.enter_sandbox(folder)
        except Exception as error:
            protocol.send(sock, protocol.encode(protocol.Entered(f"{type(error).__name__}: {error}")))
            raise
        protocol.send(sock, protocol.encode(protocol.Entered()))
        serve(sock, shell, folder)
        status = 0
    finally:
        os._exit(status)
