"""What the guard stops: every attack in tests/attacks that hides a built-in, how it ended, and a table of that.

.venv/bin/python benchmarks/guard.py
"""

import importlib
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

ATTACKS = Path(__file__).resolve().parent.parent / "tests" / "attacks"
sys.path.insert(0, str(ATTACKS))

from attack import Attack  # noqa: E402
from test_attacks import MARK, examined  # noqa: E402

HIDING = {
    "builtins_used": "a built-in under another name, or the grader's own parts patched",
    "kernels": "PyTorch's kernels called below other operations, in finalisers, in inference mode",
    "hooks": "hooks and callbacks that PyTorch or Python calls",
    "patched": "names of PyTorch's or Python's given another meaning",
    "roundabout": "other operations that contain the built-in",
    "spelled": "names that are put together, looked up or evaluated",
    "unread": "code that a reader of the source does not see",
    "unwatched": "frames, threads and switches by which a watch can be put out",
    "unnoticed": "the guard put out, in words that no reader of the source finds",
}
ENDS = ["stopped", "wrong all the same", "flagged", "through"]


def end(attack: Attack) -> str:
    """How one attack ends: one of `ENDS`."""
    with tempfile.TemporaryDirectory() as folder:
        secret = Path(folder, "outside", "secret.txt")
        secret.parent.mkdir()
        secret.write_text(MARK)
        report, _ = examined(attack, secret, 1, Path(folder))
    if report is None or {cell.id for cell in report.cells if cell.score} <= set(attack.earns):
        stopped = report is not None and any(cell.status == "forbidden" for cell in report.cells)
        return "stopped" if stopped else "wrong all the same"
    return "flagged" if report.flags else "through"


def main() -> None:
    os.environ["PROCTOR_ATTACKED"] = MARK
    print("| attacks | " + " | ".join(["", *ENDS]).strip(" |") + " |\n|---|" + "---:|" * len(ENDS))
    total: Counter = Counter()
    for name, what in HIDING.items():
        found = [each for each in vars(importlib.import_module(name)).values() if isinstance(each, Attack)]
        ends = Counter(map(end, found))
        total += ends
        print(f"| {what} | " + " | ".join(str(ends[each]) for each in ENDS) + " |", flush=True)
    print("| all | " + " | ".join(str(total[each]) for each in ENDS) + " |")


if __name__ == "__main__":
    main()
