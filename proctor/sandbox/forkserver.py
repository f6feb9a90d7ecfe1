"""The fork server: imports the notebooks' packages once, then forks a sandbox for each submission.

Run by `main` with the arguments FD and PLACE: one end of a Unix socket, and the place of the
sandboxes' disks or, without bubblewrap, of their folders. Each command is one message on that
socket:

- `fork NUMBER OPTIMIZERS FORBIDDEN`, with the sandbox's socket attached: the number by which the
  grader knows the sandbox, whether the notebook takes optimizers' steps, and which names the guard
  must know
- `interrupt NUMBER` and `kill NUMBER`
- `share 0`, with another such socket attached, which a fork of the fork server listens to from then
  on; it numbers its processes by itself

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

    folders: dict[int, str] = {}  # by process
    sandboxes: dict[int, int] = {}  # processes, by number
    while True:
        data, fds, _, _ = socket.recv_fds(control, 2**16, 1)
        if not data:
            break
        command, number, *details = msgspec.msgpack.decode(data)
        _reap(folders)
        # an ended process's id may come again
        sandboxes = {each: pid for each, pid in sandboxes.items() if pid in folders}
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
            folders[pid] = folder
            sandboxes[number] = pid
        elif command == "share":
            pid = linux.fork_apart()
            if pid == 0:
                os.setsid()
                control.close()
                control = socket.socket(fileno=fds.pop())
                folders = {}
            else:
                # it has no folder of its own to be removed
                folders[pid] = SANDBOX
        elif number in sandboxes:
            pid = sandboxes[number]
            if command == "interrupt":
                os.kill(pid, signal.SIGINT)
            else:
                _end(pid)
                remove(folders.pop(pid))
        for fd in fds:
            os.close(fd)
    for pid in folders:
        _end(pid)
    for folder in folders.values():
        remove(folder, wait=True)
    os._exit(0)  # taking the interpreter apart takes a second


def _end(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, ChildProcessError):
        os.killpg(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _reap(folders: dict[int, str]) -> None:
    for pid in list(folders):
        if os.waitpid(pid, os.WNOHANG)[0]:
            remove(folders.pop(pid))


def _enter_sandbox(fd: int, folder: str, shell: "Shell", ours: list[str]) -> None:
    """The forked child: walled in, working in `folder`, it answers requests until the other end
    closes.

    `ours` are the names of this package's modules. The parent looked for them: in a fork, to look
    at each name copies its memory.
    """
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
            entered = protocol.Entered(f"{type(error).__name__}: {error}")
            protocol.send(sock, protocol.encode(entered))
        else:
            serve(sock, shell, folder, ours)
    finally:
        os._exit(0)
