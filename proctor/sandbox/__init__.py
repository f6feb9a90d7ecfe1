"""Where student code runs: one notebook in one sandbox, which answers questions over a socket.

A `Session` runs the notebook and asks. `fork_server()` makes the sandboxes, each a fork of a process that has imported
PyTorch already. What is behind the walls is in `forkserver`, `worker`, `shell`, `guard` and `stand_ins`; the walls are in
`isolation`; what crosses them is in `protocol`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from proctor.sandbox.cell import Cell, CellDone, Limits, limits_in, usual_limits
from proctor.sandbox.launcher import Server, fork_server, new_server, plain

if TYPE_CHECKING:
    from proctor.sandbox.doctor import keeps_secrets, try_the_walls, works
    from proctor.sandbox.link import Handle, Setup
    from proctor.sandbox.session import Heard, Session

__all__ = [
    "Cell",
    "CellDone",
    "Handle",
    "Heard",
    "Limits",
    "Server",
    "Session",
    "Setup",
    "fork_server",
    "keeps_secrets",
    "limits_in",
    "new_server",
    "plain",
    "try_the_walls",
    "usual_limits",
    "works",
]

# The modules that import PyTorch, which takes seconds, are imported when one of their names is used.
_LATER = {"keeps_secrets": "doctor", "try_the_walls": "doctor", "works": "doctor"}
_LATER |= {"Handle": "link", "Setup": "link", "Heard": "session", "Session": "session"}


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
