"""The plain sandbox, for a learner's own notebooks where no walls can be: an ordinary process, one a sandbox.

It keeps the notebook's mistakes out of the grader, on any system, and protects nobody from what the notebook does: the
code is the learner's own.
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
from typing import Any

import msgspec

from proctor.errors import ForkServerDied
from proctor.sandbox import isolation

# bytes that a notebook may map beyond those that are mapped before it runs, where the system can limit it
MEMORY = 4 * 2**30
WINDOWS = sys.platform == "win32"
SHARED: Any = getattr(socket, "fromshare", None)  # on Windows, a socket is handed over as bytes


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
            isolation.python(f"import proctor.sandbox.plain_sandbox as p; p.main({optimizers})"),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
            cwd=self._folder,
            env=os.environ | {"NBGRADER_EXECUTION": "autograde"} | isolation.ONE_THREAD,
            **options,
        )
        self.process = self._child.pid

    def is_running(self) -> bool:
        return self._child.poll() is None

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


def main(optimizers: bool) -> None:
    """Becomes a sandbox."""
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
        isolation.limit_memory(MEMORY)
    protocol.send(link, protocol.encode(protocol.Entered()))
    with open(os.devnull, "r+b") as nowhere:
        os.dup2(nowhere.fileno(), 0)
        os.dup2(nowhere.fileno(), 2)
    for name in [name for name in sys.modules if name.partition(".")[0] == "proctor"]:
        # a notebook that imports one gets another, and changes nothing here
        del sys.modules[name]
    serve(link, shell, folder)
    os._exit(0)
