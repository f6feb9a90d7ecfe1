"""What runs in a plain sandbox's process, see `proctor.sandbox.plain`."""

import os
import sys

# before anything else is imported: what prints from here on, C code too, prints to nowhere
REQUESTS, REPLIES = os.dup(0), os.dup(1)
_nowhere = os.open(os.devnull, os.O_RDWR)
os.dup2(_nowhere, 0)
os.dup2(_nowhere, 1)
os.close(_nowhere)

import contextlib  # noqa: E402
import signal  # noqa: E402
import tempfile  # noqa: E402
from typing import Any  # noqa: E402

PIECE = 2**16
MEMORY = 4 * 2**30  # bytes that a notebook may map beyond what is mapped before it runs, where the system can say no


class _Streams:
    """The two streams, as far as they are used like a socket."""

    def recv(self, count: int) -> bytes:
        return os.read(REQUESTS, min(count, PIECE))

    def sendall(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(REPLIES, rest[:PIECE]) :]


def main(optimizers: bool) -> None:
    if sys.platform == "win32":
        import msvcrt

        for stream in (REQUESTS, REPLIES):
            msvcrt.setmode(stream, os.O_BINARY)
        # an interrupt comes as Ctrl-Break: Ctrl-C would reach the learner's own process, too
        signal.signal(signal.SIGBREAK, lambda *_: signal.raise_signal(signal.SIGINT))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    import msgspec

    from proctor.sandbox import guard, protocol
    from proctor.sandbox.warm_up import first_step, new_shell
    from proctor.sandbox.worker import serve

    shell = new_shell()
    if optimizers:
        first_step()
    streams: Any = _Streams()
    try:
        folder, forbidden = msgspec.msgpack.decode(protocol.receive(streams))
    except EOFError:
        # a spare one that nobody needed
        os._exit(0)
    os.chdir(folder)
    tempfile.tempdir = None
    os.environ["TMPDIR"] = os.environ["TEMP"] = os.environ["TMP"] = folder
    if forbidden:
        guard.install(forbidden)
    _limit_memory()
    protocol.send(streams, protocol.encode(protocol.Entered([])))
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    for name in [name for name in sys.modules if name.partition(".")[0] == "proctor"]:
        # who imports one gets another, and changes nothing here
        del sys.modules[name]
    serve(streams, shell, folder)
    os._exit(0)


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, OSError, ValueError, AttributeError):
        import resource

        with open("/proc/self/statm") as statm:
            mapped = int(statm.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (mapped + MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
