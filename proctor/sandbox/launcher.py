"""The servers that make sandboxes: the fork server on Linux, and elsewhere one that starts a process for each.

A plain sandbox is for a learner's own notebooks where no walls can be. It keeps the notebook's mistakes out of the grader, on
any system, and protects nobody from what the notebook does: the code is the learner's own.

Imports little, so that the fork server starts early.
"""

import atexit
import contextlib
import copy
import gc
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from typing import Any

import msgspec

from proctor.errors import ForkServerDied
from proctor.sandbox import isolation

PATIENCE = 120  # seconds that a fork server may take for a sandbox, also on a crowded machine
SENDER = struct.Struct("iII")  # process, user and group of who sent a message
PLAIN_MEMORY = 4 * 2**30  # bytes that a notebook may map in a plain sandbox, where the system can limit it
WINDOWS = sys.platform == "win32"
SHARED: Any = getattr(socket, "fromshare", None)  # on Windows, a socket is handed over as bytes


class ForkServer:
    """A fork server of this process's own. It takes seconds to start; the first `fork` waits for that."""

    def __init__(self):
        self._owner = os.getpid()
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        bubblewrap = isolation.bubblewrap().command
        self.place = isolation.SANDBOX if bubblewrap else tempfile.mkdtemp(prefix="proctor-sandboxes-")
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 open as long as the fork server
        self._sandboxes = 0  # so far
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
        """This fork server; in a process that was forked since it began, a fork of it, which is there at once."""
        if self._owner == os.getpid():
            return self
        ours = copy.copy(self)
        ours._owner, ours.process = os.getpid(), None
        ours.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, contextlib.suppress(OSError):
            socket.send_fds(self.control, [msgspec.msgpack.encode(["share"])], [theirs.fileno()])
        return ours

    def fork(self, optimizers: bool = False, forbidden: tuple[str, ...] = ()) -> "ForkedSandbox":
        """A fresh sandbox with an empty folder of its own, whose guard knows these names.

        With `optimizers`, it has imported what an optimizer's first step needs, as do derivatives of `torch.func`.
        Raises `ForkServerDied` where the fork server is gone or does not answer.
        """
        try:
            self._sandboxes += 1
            link, theirs = socket.socketpair()
            link.settimeout(PATIENCE)
            # the kernel tells with every message which process sent it, by its number out here
            link.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            order = msgspec.msgpack.encode(["fork", self._sandboxes, optimizers, forbidden])
            with theirs:
                socket.send_fds(self.control, [order], [theirs.fileno()])
            first, facts, _, _ = link.recvmsg(1, socket.CMSG_SPACE(SENDER.size), socket.MSG_PEEK)
            if not first:
                raise ConnectionError("it made none")
            senders = [SENDER.unpack(data)[0] for _, kind, data in facts if kind == socket.SCM_CREDENTIALS]
            return ForkedSandbox(self, self._sandboxes, link, senders[0])
        except OSError as error:
            if self.process:
                self.process.kill()
                self.process.wait()
            words = isolation.last_words(self._errors) or error
            raise ForkServerDied(f"the process that makes the sandboxes is gone ({words})") from error

    def is_gone(self, patience: int = 200) -> bool:
        """Whether the fork server has ended; where it has just now, this may take some ms to show."""
        if self.control.fileno() < 0:
            return True
        control = select.poll()
        control.register(self.control, select.POLLRDHUP)
        return bool(control.poll(patience))

    def tell(self, command: str, sandbox: int) -> None:
        """Has the fork server `interrupt` or `kill` a sandbox."""
        with contextlib.suppress(OSError):  # a fork server that is gone has ended them all
            self.control.send(msgspec.msgpack.encode([command, sandbox]))

    def close(self) -> None:
        """Ends the fork server and with it every sandbox."""
        if self._owner != os.getpid():
            return
        self.control.close()
        if self.process is None:
            return
        if self._sandboxes:  # else it may be at its imports still
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
        if self.process.poll() is None:  # else its number may be another's by now
            os.killpg(self.process.pid, signal.SIGKILL)  # bubblewrap's two processes don't yet die together at first
        self.process.wait()
        isolation.remove(self.place)


@dataclass
class ForkedSandbox:
    """A sandbox of a fork server's: `number` is what that knows it by, `process` its id out here, `link` our end of its socket."""

    server: ForkServer
    number: int
    link: socket.socket
    process: int

    def interrupt(self) -> None:
        """Interrupts the running code."""
        self.server.tell("interrupt", self.number)

    def end(self) -> None:
        """Ends it."""
        self.link.close()
        self.server.tell("kill", self.number)


class PlainServer:
    """Makes plain sandboxes, and has the next one start while one is at work: each imports PyTorch, which takes seconds."""

    place = ""

    def __init__(self):
        self._spare: PlainSandbox | None = PlainSandbox()
        atexit.register(self.close)

    def fork(self, optimizers: bool = False, forbidden: tuple[str, ...] = ()) -> "PlainSandbox":
        """A fresh sandbox; see `ForkServer.fork`."""
        sandbox, self._spare = self._spare or PlainSandbox(optimizers), None
        try:
            sandbox.begin(forbidden)
        finally:
            # for the same notebook, most often
            self._spare = PlainSandbox(optimizers)
        return sandbox

    def is_gone(self) -> bool:
        """Never: where a sandbox ends, no other one does."""
        return False

    def close(self) -> None:
        """Ends the one that waits."""
        if self._spare:
            self._spare.end()
        self._spare = None


class PlainSandbox:
    """A process that becomes a sandbox: it imports PyTorch from now on, and waits for `begin`.

    With `optimizers`, it imports what an optimizer's first step needs, too.
    """

    def __init__(self, optimizers: bool = False):
        self._folder = tempfile.mkdtemp(prefix="proctor-sandbox-")
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 open as long as the process
        self.link, self._theirs = socket.socketpair()
        options: dict[str, Any] = {"start_new_session": True}
        if WINDOWS:
            options = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
        if not SHARED:
            options["pass_fds"] = [self._theirs.fileno()]
        self._child = subprocess.Popen(
            isolation.python(f"import proctor.sandbox.launcher as l; l.main({optimizers})"),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
            cwd=self._folder,
            # the learner's own, and what a kernel of nbgrader's has
            env=os.environ | {"NBGRADER_EXECUTION": "autograde"} | isolation.ONE_THREAD,
            **options,
        )
        self.process = self._child.pid

    def begin(self, forbidden: tuple[str, ...]) -> None:
        """Gives it its task: its folder, its end of the link, and which names its guard must know.

        Raises `ForkServerDied` where the process has ended already.
        """
        stdin = self._child.stdin
        assert stdin is not None, "it is a pipe"
        try:
            with stdin, self._theirs as end:
                shared: Any = end
                handed = shared.share(self.process).hex() if SHARED else end.fileno()
                stdin.write(msgspec.json.encode([self._folder, handed, forbidden]))
        except OSError as error:
            words = isolation.last_words(self._errors) or error
            raise ForkServerDied(f"a plain sandbox ended before it began ({words})") from error

    def interrupt(self) -> None:
        """Interrupts the running code."""
        with contextlib.suppress(OSError):
            self._child.send_signal(signal.CTRL_BREAK_EVENT if WINDOWS else signal.SIGINT)

    def end(self) -> None:
        """Ends the process, and removes its folder."""
        with contextlib.suppress(OSError):
            self._child.kill()
        self._child.wait()
        for stream in filter(None, (self._child.stdin, self._errors, self.link, self._theirs)):
            with contextlib.suppress(OSError):
                stream.close()
        shutil.rmtree(self._folder, ignore_errors=True)


Server = ForkServer | PlainServer
Sandbox = ForkedSandbox | PlainSandbox


def plain() -> bool:
    """Whether sandboxes are plain ones: everywhere but on Linux, and where the environment asks for them."""
    return os.environ.get("PROCTOR_SANDBOX") == "plain" or sys.platform != "linux"


def new_server() -> Server:
    """A new server, shared with no other caller."""
    return PlainServer() if plain() else ForkServer()


_warm: Server | None = None


def fork_server() -> Server:
    """The server that makes the sandboxes of this process; it starts at its first use."""
    global _warm
    if isinstance(_warm, ForkServer):
        _warm = None if plain() else _warm.here()
    if isinstance(_warm, ForkServer) and _warm.is_gone(patience=0):
        _warm.close()
        _warm = None
    if _warm is None:
        _warm = new_server()
        gc.freeze()  # much is imported here meanwhile: no collection need look through the objects that are there already
    return _warm


def main(optimizers: bool) -> None:
    """Becomes a plain sandbox."""
    if sys.platform == "win32":
        # an interrupt comes as Ctrl-Break: Ctrl-C would reach the learner's own process, too
        signal.signal(signal.SIGBREAK, lambda *_: signal.raise_signal(signal.SIGINT))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from proctor.sandbox import guard, protocol
    from proctor.sandbox.shell import first_step, new_shell
    from proctor.sandbox.worker import serve

    shell = new_shell()
    if optimizers:
        first_step()
    if not (begin := sys.stdin.buffer.read()):
        # it was a spare one, and wasn't needed
        os._exit(0)
    folder, handed, forbidden = msgspec.json.decode(begin)
    link = SHARED(bytes.fromhex(handed)) if SHARED else socket.socket(fileno=handed)
    link.set_inheritable(False)
    os.chdir(folder)
    tempfile.tempdir = None
    os.environ["TMPDIR"] = os.environ["TEMP"] = os.environ["TMP"] = folder
    guard.install(forbidden)
    with contextlib.suppress(ImportError, OSError, ValueError, AttributeError):
        isolation.limit_memory(PLAIN_MEMORY)
    protocol.send(link, protocol.encode(protocol.Entered()))
    with open(os.devnull, "r+b") as nowhere:
        os.dup2(nowhere.fileno(), 0)
        os.dup2(nowhere.fileno(), 2)
    serve(link, shell, folder)
    os._exit(0)
