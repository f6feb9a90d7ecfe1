"""The module that multiprocessing's fork server imports before it forks a machine's workers.

So PyTorch is imported once for all of them, and the fork server of their sandboxes starts once, and
its walls are tried once.
"""

import contextlib
import os
import sys
from typing import Any

from proctor.classroom.workers import die_with_parent
from proctor.sandbox.isolation import ONE_THREAD
from proctor.sandbox.launcher import fork_server, plain


def _tell(kind: type[BaseException], *error: Any) -> None:
    """Prints an uncaught error, but not one of a worker whose parent was interrupted before it had
    started.
    """
    if not issubclass(kind, (FileNotFoundError, EOFError, ConnectionError)):
        sys.__excepthook__(kind, *error)


sys.excepthook = _tell
die_with_parent()
os.environ |= ONE_THREAD
# a worker that finds no sandboxes says why
with contextlib.suppress(Exception):
    if not plain():
        # takes longer to start than the imports below
        fork_server()
    import proctor.examine.packed  # noqa: F401
    from proctor.examine.examine import protected

    protected()
