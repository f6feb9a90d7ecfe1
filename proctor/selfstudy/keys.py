"""Single keys from a terminal, on every system; without a terminal there are none."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator

from prompt_toolkit.input import create_input


@contextlib.contextmanager
def keys() -> Iterator[Callable[[], list[str]] | None]:
    """Yields a function that returns the keys pressed since its last call; None if there is no
    terminal.
    """
    if not (sys.stdin and sys.stdin.isatty() and sys.stdout.isatty()):
        yield None
        return
    # the system would stop a process in the background that takes the terminal's keys
    if sys.platform != "win32" and os.tcgetpgrp(sys.stdin.fileno()) != os.getpgrp():
        yield None
        return
    terminal = create_input()
    with terminal.raw_mode():
        yield lambda: [pressed.key.lower() for pressed in terminal.read_keys()]
