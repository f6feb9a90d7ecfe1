"""A handle on the fork server, the process that forks the sandboxes.

It imports little, to start the parent early.
"""

import atexit
import contextlib
import copy
import gc
import itertools
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from dataclasses import dataclass

import msgspec

from proctor.errors import ForkServerDied
from proctor.sandbox import isolation
from proctor.sandbox.plain_sandbox import PlainSandbox, PlainServer

PATIENCE = 120  # seconds that a fork server may take for a sandbox, also on a crowded machine
SENDER = struct.Struct("iII")  # process, user and group


class ForkServer:
    """A fork server of this process's own.

    It takes seconds to start; the first `fork` waits for that.
    """

    def __init__(self):
        self._owner = os.getpid()
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        bubblewrap = isolation.bubblewrap().command
        self.place = isolation.SANDBOX
        if not bubblewrap:
            self.place = tempfile.mkdtemp(prefix="proctor-sandboxes-")
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 open as long as the fork server
        self._numbers = itertools.count()
        self._started = False
        self.process: subprocess.Popen | None = subprocess.Popen(
            [
                *bubblewrap,
                *isolation.python("import proctor.sandbox.forkserver as w; w.main()"),
                str(theirs.fileno()),
                self.place,
            ],
            pass_fds=[theirs.fileno()],
            env=isolation.environment(),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
            start_new_session=True,
        )
        theirs.close()
        atexit.register(self.close)

    def here(self) -> "ForkServer":
        """This fork server; in a process that was forked since it began, a fork of it, which is
        there at once.
        """
        if self._owner == os.getpid():
            return self
        ours = copy.copy(self)
        ours._owner = os.getpid()
        ours.process = None
        ours.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, contextlib.suppress(OSError):
            order = msgspec.msgpack.encode(["share", 0])
            socket.send_fds(self.control, [order], [theirs.fileno()])
        return ours

    def fork(self, optimizers: bool = False, forbidden: tuple[str, ...] = ()) -> "ForkedSandbox":
        """A fresh sandbox with an empty folder of its own, whose guard knows these names.

        With `optimizers`, it has imported the modules that an optimizer's first step needs, as do
        derivatives of `torch.func`. Raises `ForkServerDied` if the fork server is gone or does not
        answer.
        """
        number = next(self._numbers)
        order = msgspec.msgpack.encode(["fork", number, optimizers, forbidden])
        link, theirs = socket.socketpair()
        # the kernel says with every message which process sent it
        link.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        link.settimeout(PATIENCE)
        try:
            with theirs:
                socket.send_fds(self.control, [order], [theirs.fileno()])
            sandbox = ForkedSandbox(self, number, link, sender(link))
        except OSError as error:
            link.close()
            if self.process:
                self.process.kill()
                self.process.wait()
            words = isolation.last_words(self._errors) or error
            raise ForkServerDied(
                f"the process that makes the sandboxes is gone ({words})"
            ) from error
        self._started = True
        return sandbox

    def is_gone(self, patience: int = 500) -> bool:
        """Whether the fork server has ended; if it did just now, this may take some ms to show, and
        more on a crowded machine.
        """
        if self.control.fileno() < 0:
            return True
        control = select.poll()
        control.register(self.control, select.POLLRDHUP)
        return bool(control.poll(patience))

    def order(self, command: str, number: int) -> None:
        """Orders the fork server to `interrupt` or `kill` a sandbox."""
        with contextlib.suppress(OSError):  # a fork server that is gone has ended them all
            self.control.send(msgspec.msgpack.encode([command, number]))

    def close(self) -> None:
        """Ends the fork server and with it every sandbox."""
        if self._owner != os.getpid():
            return
        self.control.close()
        if self.process is None:
            return
        if self._started:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
        if self.process.poll() is None:  # else its number may be another's by now
            # bubblewrap's two processes don't yet die together at first
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        isolation.remove(self.place, wait=True)


@dataclass
class ForkedSandbox:
    """A sandbox of a fork server's, which knows it by `number`: `link` is our end of its socket,
    `process` the number of its process out here.
    """

    server: ForkServer
    number: int
    link: socket.socket
    process: int

    def interrupt(self) -> None:
        """Interrupts the running code."""
        self.server.order("interrupt", self.number)

    def end(self) -> None:
        """Ends it."""
        self.link.close()
        self.server.order("kill", self.number)


def sender(sock: socket.socket) -> int:
    """The number out here of the process that sent the next message; 0 if that isn't known.

    Waits for the message. Raises `ConnectionError` if there is none to come.
    """
    data, facts, _, _ = sock.recvmsg(1, socket.CMSG_SPACE(SENDER.size), socket.MSG_PEEK)
    if not data:
        raise ConnectionError("it did not start")
    for _, kind, fact in facts:
        if kind == socket.SCM_CREDENTIALS:
            return SENDER.unpack(fact)[0]
    return 0


Server = ForkServer | PlainServer
Sandbox = ForkedSandbox | PlainSandbox


@dataclass
class CancelHandle:
    """Lets another thread see which exercise an examination is at, and since when a reply is due,
    and stop it.
    """

    sandbox: Sandbox | None = None
    exercise: str = ""
    stopped: bool = False
    asked_at: float = 0.0

    def stop(self) -> None:
        """Ends the examination with a `KeyboardInterrupt` in its own thread."""
        self.stopped = True
        if self.sandbox is not None:
            self.sandbox.interrupt()


def plain() -> bool:
    """Whether sandboxes are plain ones: everywhere but on Linux, and if the environment says so."""
    return os.environ.get("PROCTOR_SANDBOX") == "plain" or sys.platform != "linux"


def new_server() -> Server:
    """A new server, shared with no other caller."""
    return PlainServer() if plain() else ForkServer()


_warm: Server | None = None


def fork_server() -> Server:
    """The server that makes the sandboxes of this process; it starts at its first use."""
    global _warm
    if isinstance(_warm, ForkServer):
        _warm = _warm.here()
        if _warm.is_gone(patience=0):
            _warm.close()
            _warm = None
    if _warm is None:
        _warm = new_server()
        # much is imported here meanwhile: no collection need look through the objects that are
        # there already
        gc.freeze()
    return _warm
