"""The plain sandbox, for a learner's own notebooks on systems without walls: an ordinary process,
one a sandbox.

It keeps the notebook's mistakes out of the grader, on any system, and protects nobody from the
notebook: the code is the learner's own.
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

from proctor.errors import ForkServerDied
from proctor.sandbox import isolation

# bytes that a notebook may map beyond those that are mapped before it runs, if the system can limit
# it
MEMORY = 4 * 2**30
WINDOWS = sys.platform == "win32"
SHARED: Any = getattr(socket, "fromshare", None)  # on Windows, a socket is handed over as bytes


class PlainServer:
    """Makes plain sandboxes, and starts the next one while one is at work: each imports PyTorch,
    which takes seconds.
    """

    place = ""

    def __init__(self):
        # the last one is not in use yet
        self._sandboxes = [PlainSandbox(optimizers=False)]
        atexit.register(self.close)

    def fork(self, optimizers: bool = False, forbidden: tuple[str, ...] = ()) -> "PlainSandbox":
        """A fresh sandbox; see `ForkServer.fork`.

        Its guard learns the forbidden names with the submission's files.
        """
        sandbox = self._sandboxes[-1] if self._sandboxes else PlainSandbox(optimizers)
        running = [each for each in (*self._sandboxes[:-1], sandbox) if each.is_running()]
        # the next one is for the same notebook, most often
        self._sandboxes = [*running, PlainSandbox(optimizers)]
        sandbox.require_running()
        return sandbox

    def is_gone(self) -> bool:
        """Never: if a sandbox ends, no other one does."""
        return False

    def close(self) -> None:
        """Ends every sandbox."""
        for sandbox in self._sandboxes:
            sandbox.end()
        self._sandboxes.clear()


class PlainSandbox:
    """A process that is a sandbox once it has imported PyTorch.

    With `optimizers`, it imports the modules that an optimizer's first step needs, too.
    """

    def __init__(self, optimizers: bool):
        self._folder = tempfile.mkdtemp(prefix="proctor-sandbox-")
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 open as long as the process
        self.link, theirs = socket.socketpair()
        options: dict[str, Any] = {"start_new_session": True}
        if WINDOWS:
            options = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
        if not SHARED:
            options["pass_fds"] = [theirs.fileno()]
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
        stdin: Any = self._child.stdin
        end: Any = theirs
        with contextlib.suppress(OSError), end, stdin:
            stdin.write(end.share(self.process) if SHARED else b"%d" % end.fileno())

    def is_running(self) -> bool:
        return self._child.poll() is None

    def require_running(self) -> None:
        """Raises `ForkServerDied` if the process has ended."""
        if not self.is_running():
            raise ForkServerDied(
                f"a plain sandbox ended before it began ({isolation.last_words(self._errors)})"
            )

    def interrupt(self) -> None:
        """Interrupts the running code."""
        with contextlib.suppress(OSError):
            self._child.send_signal(signal.CTRL_BREAK_EVENT if WINDOWS else signal.SIGINT)

    def end(self) -> None:
        """Ends the process, and removes its folder."""
        with contextlib.suppress(OSError):
            self._child.kill()
        self._child.wait()
        self._errors.close()
        self.link.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def main(optimizers: bool) -> None:
    """Becomes a sandbox."""
    if sys.platform == "win32":
        # an interrupt comes as Ctrl-Break: Ctrl-C would reach the learner's own process, too
        signal.signal(signal.SIGBREAK, lambda *_: signal.raise_signal(signal.SIGINT))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    handed = sys.stdin.buffer.read()
    link = SHARED(handed) if SHARED else socket.socket(fileno=int(handed))
    link.set_inheritable(False)
    from proctor.sandbox.shell import first_step, new_shell
    from proctor.sandbox.worker import serve

    shell = new_shell()
    if optimizers:
        first_step()
    with contextlib.suppress(ImportError, OSError, ValueError, AttributeError):
        isolation.limit_memory(MEMORY)
    serve(link, shell, os.getcwd(), isolation.own_modules())
    os._exit(0)
