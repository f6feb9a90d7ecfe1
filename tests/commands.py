"""Runs commands in forks of a process that has imported what they need, and has started the fork server of their sandboxes.

From nothing, that takes each command seconds. So a command finds PyTorch on one thread, and the sandboxes' walls tried already:
what has to be seen from the beginning runs `alone`.
"""

import atexit
import contextlib
import json
import multiprocessing
import multiprocessing.forkserver
import os
import random
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


class Forks:
    """Where Python programs start at once; one runs at a time. `options` are those of `subprocess.Popen`."""

    def __init__(self, environment: dict[str, str], **options: Any):
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, __file__, str(theirs.fileno())]
        with theirs:
            path = os.pathsep.join([str(Path(sys.executable).parent), environment["PATH"]])
            environment = environment | {"PATH": path}
            self.process = subprocess.Popen(
                command, pass_fds=[theirs.fileno()], env=environment, cwd="/", **options
            )

    def run(
        self, command: list[str], folder: Path, environment: dict[str, str], timeout: int
    ) -> subprocess.CompletedProcess:
        """As `subprocess.run` does it, with the output captured as text."""
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            request = json.dumps([command, str(folder), environment]).encode()
            socket.send_fds(self.control, [request], [output.fileno(), errors.fileno()])
            pid = int(self.control.recv(64))
            try:
                self.control.settimeout(timeout)
                code = int(self.control.recv(64))
            except TimeoutError:
                os.kill(pid, signal.SIGKILL)
                raise
            finally:
                self.control.settimeout(None)
            for file in (output, errors):
                file.seek(0)
            return subprocess.CompletedProcess(
                command, code, output.read().decode(), errors.read().decode()
            )

    def close(self) -> None:
        self.control.close()
        self.process.wait()


def serve(control: socket.socket) -> None:
    """Forks for each request; tells the new process's number, and how it ended."""
    import IPython  # noqa: F401
    import nbgrader.api
    import nbgrader.apps.nbgraderapp
    import pytest  # noqa: F401
    import rich  # noqa: F401
    import torch  # noqa: F401

    import proctor.cli
    import proctor.records.plugins  # noqa: F401
    from proctor.examine.examine import protected
    from proctor.sandbox.launcher import plain

    # for every new gradebook it would start a program to ask for this
    version = nbgrader.api.get_alembic_version()
    nbgrader.api.get_alembic_version = lambda: version
    # starts the fork server, and tries its walls; a command that finds no sandboxes tells why
    with contextlib.suppress(Exception):
        if not plain():
            protected()
    while True:
        request, fds, _, _ = socket.recv_fds(control, 2**20, 2)
        if not request:
            os._exit(0)
        pid = os.fork()
        if pid == 0:
            control.close()
            become(*json.loads(request), fds)
        for fd in fds:
            os.close(fd)
        control.send(str(pid).encode())
        control.send(str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])).encode())


def become(command: list[str], folder: str, environment: dict[str, str], fds: list[int]) -> None:
    """Makes this process the command's, as if it had just started, and ends it."""
    from proctor.examine.examine import protected

    fds.insert(0, os.open(os.devnull, os.O_RDONLY))
    for place, fd in enumerate(fds):
        os.dup2(fd, place)
        os.close(fd)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    random.seed()
    tempfile.tempdir = None
    # what a command grades in would be started from nothing, and import the large libraries again
    fork = multiprocessing.get_context("fork")
    multiprocessing.get_context = lambda method=None: fork
    multiprocessing.forkserver.ensure_running = lambda: None
    if environment.get("PROCTOR_SANDBOX") == "plain":
        # what was tried are the walls of the others
        protected.cache_clear()
    sys.argv, sys.path[0] = command, str(Path(command[0]).parent)
    code = 1

    def leave() -> None:
        """Comes after all that the command wants done at its end."""
        sys.stdout.flush()
        sys.stderr.flush()
        # taking the interpreter apart takes half a second
        os._exit(code)

    atexit.register(leave)
    try:
        runpy.run_path(command[0], run_name="__main__")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        raise
    code = 0
    sys.exit()


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
