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
import struct
import subprocess
import sys
import tempfile
import threading
from typing import IO

import msgspec

from proctor.errors import ForkServerDied
from proctor.sandbox import isolation
from proctor.sandbox.needs import Needs

PIECE = 2**16  # bytes that are passed on at once
WINDOWS = sys.platform == "win32"


class _Child:
    """A process that becomes a sandbox: it imports PyTorch from now on, and waits to be told what it is for.

    With `optimizers`, it imports what an optimizer's first step needs, too.
    """

    def __init__(self, optimizers: bool = False):
        self.folder = tempfile.mkdtemp(prefix="proctor-sandbox-")
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 open as long as the process
        options: dict = (
            {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP} if WINDOWS else {"start_new_session": True}
        )
        self.process = subprocess.Popen(
            isolation.python(f"import proctor.sandbox.plain_child as p; p.main({optimizers})"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            cwd=self.folder,
            env=isolation.plain_environment(),
            **options,
        )

    def connect(self, needs: Needs) -> socket.socket:
        """Our end of a line to the sandbox. Raises `ForkServerDied` where the process has ended already."""
        requests, replies = self.process.stdin, self.process.stdout
        assert requests is not None and replies is not None, "both are pipes"
        try:
            first = msgspec.msgpack.encode([self.folder, needs.forbidden])
            requests.write(struct.pack("!Q", len(first)) + first)
            requests.flush()
        except OSError as error:
            raise ForkServerDied(f"a plain sandbox ended before it began ({self._last_words() or error})") from error
        ours, theirs = socket.socketpair()
        threading.Thread(target=_pass_requests, args=(theirs, requests), daemon=True).start()
        threading.Thread(target=_pass_replies, args=(replies, theirs), daemon=True).start()
        return ours

    def interrupt(self) -> None:
        with contextlib.suppress(OSError):
            self.process.send_signal(signal.CTRL_BREAK_EVENT if WINDOWS else signal.SIGINT)

    def end(self) -> None:
        """Ends the process, and removes its folder."""
        with contextlib.suppress(OSError):
            self.process.kill()
        self.process.wait()
        for stream in filter(None, (self.process.stdin, self.process.stdout, self._errors)):
            with contextlib.suppress(OSError):
                stream.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            self._errors.seek(0)
            return self._errors.read(PIECE).decode(errors="replace").strip().rpartition("\n")[2][:300]
        return ""


class PlainServer:
    """Makes plain sandboxes, and has the next one start while one is at work: each imports PyTorch, which takes seconds."""

    place = ""

    def __init__(self):
        self._children: dict[int, _Child] = {}
        self._spare: _Child | None = _Child()
        atexit.register(self.close)

    def fork(self, needs: Needs = Needs()) -> tuple[int, socket.socket]:  # noqa: B008
        """A fresh sandbox: its process and our end of its line."""
        child, self._spare = self._spare or _Child(needs.optimizers), None
        self._children[child.process.pid] = child
        try:
            line = child.connect(needs)
        finally:
            # for the same notebook, most often
            self._spare = _Child(needs.optimizers)
        return child.process.pid, line

    def process_of(self, pid: int, line: socket.socket) -> int:
        """The process of a sandbox, as it is numbered here."""
        return pid

    def is_gone(self) -> bool:
        """Never: where a sandbox ends, no other one does."""
        return False

    def interrupt(self, pid: int) -> None:
        """Interrupts what a sandbox is running."""
        if pid in self._children:
            self._children[pid].interrupt()

    def end(self, pid: int) -> None:
        """Ends a sandbox."""
        if pid in self._children:
            self._children.pop(pid).end()

    def close(self) -> None:
        """Ends every sandbox."""
        spare, self._spare = self._spare, None
        for child in [*self._children.values(), *([spare] if spare else [])]:
            child.end()
        self._children.clear()


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
