"""The fork server: imports the notebooks' packages once, then forks a sandbox for each submission.

Run by `main` with the arguments FD and PLACE: one end of a Unix socket, and the place of the
sandboxes' disks or, without bubblewrap, of their folders. Each command is one message on that
socket:

- `fork OPTIMIZERS FORBIDDEN`, with the sandbox's socket attached: whether the notebook takes
  optimizers' steps, and which names the guard must know; the reply is the process id
- `interrupt PID` and `kill PID`
- `share`, with another such socket attached, which a fork of the fork server listens to from then
  on; it numbers its sandboxes by itself

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
    """Imports the modules that every sandbox needs, before any is forked."""
    gc.disable()  # until all is imported
    import proctor.sandbox.worker  # noqa: F401
    from proctor.sandbox.shell import warm_shell

    shell = warm_shell()
    # these objects stay: no collection, here or in a sandbox, need look through them; IPython's
    # reset makes one
    gc.freeze()
    shell.reset()
    gc.freeze()
    gc.enable()
    return shell


def main() -> None:
    control = socket.socket(fileno=int(sys.argv[1]))
    place = sys.argv[2]
    # the grader's limit of memory is none of the sandboxes'
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))
    os.environ["TMPDIR"] = os.environ["HOME"] = place
    if place == SANDBOX:
        linux.drop_root()
        linux.protect_devices()
    isolation.prepare(place == SANDBOX)
    shell = warm_up()
    from proctor.sandbox import guard
    from proctor.sandbox.shell import first_step

    sandboxes: dict[int, str] = {}
    _send(control, b"ready")
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
            optimizers, forbidden = details
            if optimizers:
                first_step()
                gc.freeze()
            if forbidden:
                guard.install(forbidden)
            folder = place if place == SANDBOX else tempfile.mkdtemp(prefix="sandbox-", dir=place)
            ours = isolation.own_modules()
            pid = os.fork()
            if pid == 0:
                control.close()
                _enter_sandbox(fds[0], folder, shell, ours)
            sandboxes[pid] = folder
            _send(control, msgspec.msgpack.encode(pid))
        elif command == "share":
            pid = linux.fork_apart()
            if pid == 0:
                os.setsid()
                control.close()
                control = socket.socket(fileno=fds.pop())
                sandboxes = {}
                _send(control, b"ready")
            else:
                # it has no folder of its own to be removed
                sandboxes[pid] = SANDBOX
        elif details[0] in sandboxes:
            with contextlib.suppress(ProcessLookupError):
                if command == "interrupt":
                    os.kill(details[0], signal.SIGINT)
                else:
                    _end(details[0])
                    remove(sandboxes.pop(details[0]))
        for fd in fds:
            os.close(fd)
    for pid in sandboxes:
        _end(pid)
    for folder in sandboxes.values():
        remove(folder, wait=True)
    os._exit(0)  # taking the interpreter apart takes a second


def _send(control: socket.socket, reply: bytes) -> None:
    with contextlib.suppress(BrokenPipeError):  # the grader has ended meanwhile
        control.send(reply)


def _end(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, ChildProcessError):
        os.killpg(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _reap(sandboxes: dict[int, str]) -> None:
    for pid in list(sandboxes):
        if os.waitpid(pid, os.WNOHANG)[0]:
            remove(sandboxes.pop(pid))


def _enter_sandbox(fd: int, folder: str, shell: "Shell", ours: list[str]) -> None:
    """The forked child: walled in, working in `folder`, it answers requests until the other end
    closes.

    `ours` are the names of this package's modules. The parent looked for them: in a fork, to look
    at each name copies its memory.
    """
    status = 1
    try:
        os.setsid()
        os.chdir(folder)
        os.dup2(fd, REQUEST_SOCKET)
        os.closerange(REQUEST_SOCKET + 1, 4096)
        os.environ["HOME"] = folder
        sock = socket.socket(fileno=REQUEST_SOCKET)
        from proctor.sandbox import protocol
        from proctor.sandbox.worker import serve

        try:
            isolation.enter_sandbox(folder)
        except Exception as error:
            protocol.send(
                sock, protocol.encode(protocol.Entered(f"{type(error).__name__}: {error}"))
            )
            raise
        serve(sock, shell, folder, ours)
        status = 0
    finally:
        os._exit(status)
