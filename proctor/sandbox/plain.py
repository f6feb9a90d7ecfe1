"""The plain sandbox, for a learner's own notebooks where no walls can be: an ordinary process, one a sandbox.

It speaks the sandbox's protocol over its standard streams and needs nothing but them, on any system. It keeps the
notebook's mistakes out of the grader, and protects nobody from what the notebook does: the code is the learner's own.
"""

import atexit
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from typing import IO, Any

import msgspec

from proctor.errors import ForkServerDied
from proctor.sandbox import isolation

PIECE = 2**16  # bytes that are passed on at once
MEMORY = 4 * 2**30  # bytes that a notebook may map beyond what is mapped before it runs, where the system can say no
WINDOWS = sys.platform == "win32"


class PlainServer:
    """Makes plain sandboxes, and has the next one start while one is at work: each imports PyTorch, which takes seconds."""

    place = ""

    def __init__(self):
        self._sandboxes: list[PlainSandbox] = []
        self._spare: PlainSandbox | None = PlainSandbox()
        atexit.register(self.close)

    def fork(self, optimizers: bool = False, forbidden: tuple[str, ...] = ()) -> "PlainSandbox":
        """A fresh sandbox; see `ForkServer.fork`."""
        sandbox, self._spare = self._spare or PlainSandbox(optimizers), None
        self._sandboxes = [each for each in self._sandboxes if each.is_running()] + [sandbox]
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
        """Ends every sandbox."""
        spare, self._spare = self._spare, None
        for sandbox in [*self._sandboxes, *([spare] if spare else [])]:
            sandbox.end()
        self._sandboxes.clear()


class PlainSandbox:
    """A process that becomes a sandbox: it imports PyTorch from now on, and waits to be told what it is for.

    With `optimizers`, it imports what an optimizer's first step needs, too.
    """

    def __init__(self, optimizers: bool = False):
        self._folder = tempfile.mkdtemp(prefix="proctor-sandbox-")
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 open as long as the process
        group: dict = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP} if WINDOWS else {"start_new_session": True}
        self._child = subprocess.Popen(
            isolation.python(f"import proctor.sandbox.plain as p; p.main({optimizers})"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            cwd=self._folder,
            env=isolation.plain_environment(),
            **group,
        )
        self.process = self._child.pid
        self.link, self._theirs = socket.socketpair()

    def is_running(self) -> bool:
        return self._child.poll() is None

    def begin(self, forbidden: tuple[str, ...]) -> None:
        """Says which names its guard must know. Raises `ForkServerDied` where the process has ended already."""
        requests, replies = self._child.stdin, self._child.stdout
        assert requests is not None and replies is not None, "both are pipes"
        try:
            requests.write(msgspec.json.encode([self._folder, forbidden]) + b"\n")
            requests.flush()
        except OSError as error:
            words = isolation.last_words(self._errors) or error
            raise ForkServerDied(f"a plain sandbox ended before it began ({words})") from error
        threading.Thread(target=_pass_requests, args=(self._theirs, requests), daemon=True).start()
        threading.Thread(target=_pass_replies, args=(replies, self._theirs), daemon=True).start()

    def interrupt(self) -> None:
        """Interrupts what it is running."""
        with contextlib.suppress(OSError):
            self._child.send_signal(signal.CTRL_BREAK_EVENT if WINDOWS else signal.SIGINT)

    def end(self) -> None:
        """Ends the process, and removes its folder."""
        with contextlib.suppress(OSError):
            self._child.kill()
        self._child.wait()
        for stream in filter(None, (self._child.stdin, self._child.stdout, self._errors, self.link)):
            with contextlib.suppress(OSError):
                stream.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _pass_requests(line: socket.socket, requests: IO[bytes]) -> None:
    with contextlib.suppress(OSError, ValueError):
        while piece := line.recv(PIECE):
            requests.write(piece)
            requests.flush()
    with contextlib.suppress(OSError, ValueError):
        requests.close()


def _pass_replies(replies: IO[bytes], line: socket.socket) -> None:
    with contextlib.suppress(OSError, ValueError):
        while piece := os.read(replies.fileno(), PIECE):
            line.sendall(piece)
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
    line.close()


class _Streams:
    """The two streams of the sandbox's process, as far as they are used like a socket."""

    def __init__(self):
        self._requests, self._replies = os.dup(0), os.dup(1)
        # what prints from here on, C code too, prints to nowhere
        with open(os.devnull, "r+b") as nowhere:
            os.dup2(nowhere.fileno(), 0)
            os.dup2(nowhere.fileno(), 1)
        if sys.platform == "win32":
            import msvcrt

            for stream in (self._requests, self._replies):
                msvcrt.setmode(stream, os.O_BINARY)

    def recv(self, count: int) -> bytes:
        return os.read(self._requests, min(count, PIECE))

    def sendall(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._replies, rest[:PIECE]) :]

    def line(self) -> bytes:
        return b"".join(iter(lambda: self.recv(1).strip(b"\n"), b""))


def main(optimizers: bool) -> None:
    """Becomes a sandbox."""
    # before anything else is imported
    streams: Any = _Streams()
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
    if not (begin := streams.line()):
        # a spare one that nobody needed
        os._exit(0)
    folder, forbidden = msgspec.json.decode(begin)
    os.chdir(folder)
    tempfile.tempdir = None
    os.environ["TMPDIR"] = os.environ["TEMP"] = os.environ["TMP"] = folder
    guard.install(forbidden)
    _limit_memory()
    protocol.send(streams, protocol.encode(protocol.Entered()))
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    for name in [name for name in sys.modules if name.partition(".")[0] == "proctor"]:
        # a notebook that imports one gets another, and changes nothing here
        del sys.modules[name]
    serve(streams, shell, folder)
    os._exit(0)


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, OSError, ValueError, AttributeError):
        import resource

        with open("/proc/self/statm") as statm:
            mapped = int(statm.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (mapped + MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
