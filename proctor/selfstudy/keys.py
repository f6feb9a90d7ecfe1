"""Single keys from a terminal, on every system; without a terminal there are none."""

import contextlib
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator

SEVERAL_LETTERS = re.compile(r"\x1b[\[O]?[0-?]*.?")  # an arrow, or another key that writes them


@contextlib.contextmanager
def keys(tell: Callable[[str], None]) -> Iterator[bool]:
    """Passes each pressed key to `tell` until the context ends; yields whether there is a
    terminal.
    """
    if not (sys.stdin and sys.stdin.isatty() and sys.stdout.isatty()):
        yield False
        return
    try:
        import termios
    except ImportError:
        threading.Thread(target=_read_on_windows, args=(tell,), daemon=True).start()
        yield True
        return
    import tty

    terminal = sys.stdin.fileno()
    # one in the background would be stopped for reading
    if os.tcgetpgrp(terminal) != os.getpgrp():
        yield False
        return
    before = termios.tcgetattr(terminal)
    tty.setcbreak(terminal)
    # a shell may have changed it meanwhile
    signal.signal(signal.SIGCONT, lambda *_: tty.setcbreak(terminal))
    threading.Thread(target=_read, args=(terminal, tell), daemon=True).start()
    try:
        yield True
    finally:
        signal.signal(signal.SIGCONT, signal.SIG_DFL)
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _read(terminal: int, tell: Callable[[str], None]) -> None:
    with contextlib.suppress(OSError):
        while pressed := os.read(terminal, 64):
            for key in SEVERAL_LETTERS.sub("", pressed.decode(errors="ignore")):
                tell(key)


def _read_on_windows(tell: Callable[[str], None]) -> None:
    import msvcrt

    while True:
        # an arrow comes as two, Ctrl-C as a key, and Enter as in old times
        if (key := msvcrt.getwch()) in "\x00\xe0":
            msvcrt.getwch()
        tell({"\x03": "q", "\r": "\n"}.get(key, key))
