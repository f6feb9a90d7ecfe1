"""One notebook examined: its cells run, the hidden checks' questions asked, the misconceptions named.

A public name is imported when it is asked for: the process that records grades needs no PyTorch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from proctor.examine.catch import caught
    from proctor.examine.outcome import Outcome, pack, pack_submission
    from proctor.examine.run import run_cells, run_packed, run_submission

__all__ = ["Outcome", "caught", "pack", "pack_submission", "run_cells", "run_packed", "run_submission"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = {"caught": "catch"}.get(name, "run" if name.startswith("run_") else "outcome")
    return getattr(import_module(f"{__name__}.{module}"), name)
