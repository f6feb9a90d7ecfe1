"""The limit that a grader can reach: a notebook's code cells in a plain `exec`, in a fork of a process that is warm.

No shell of IPython's, no walls, no checks. Figures are drawn to PNG as Jupyter's inline backend draws them. Run by grade.py:
reads lines of JSON, `[FOLDER, CELLS]`, and answers each with the CPU seconds of one run of the cells, in that folder.
"""

import contextlib
import gc
import io
import json
import os
import resource
import sys

import matplotlib
import torch

matplotlib.use("agg")
import IPython.display  # noqa: F401
import matplotlib.pyplot as plt
import numpy  # noqa: F401
import tqdm.auto  # noqa: F401

MOST = 30  # CPU seconds; what takes longer counts these


def warm_up():
    """The same first steps as those of proctor's fork server."""
    torch.set_num_threads(1)
    layer = torch.nn.Linear(2, 2)
    torch.nn.functional.cross_entropy(
        layer(torch.ones(2, 2)), torch.zeros(2, dtype=torch.int64)
    ).backward()
    torch.optim.AdamW(layer.parameters()).step()
    plt.plot([0, 1])
    draw()
    gc.collect()
    gc.freeze()


def draw(*_args, **_kwargs):
    """What the inline backend does with the open figures when a cell ends or calls `plt.show`."""
    for number in plt.get_fignums():
        figure = plt.figure(number)
        figure.savefig(io.BytesIO(), format="png", bbox_inches="tight", dpi=figure.dpi)
    plt.close("all")


def run(folder: str, cells: list[str]) -> None:
    """Runs the cells in this process, one after another whatever becomes of them; what they print goes unread."""
    sys.stdout = sys.stderr = io.StringIO()
    plt.show = draw
    os.chdir(folder)
    sys.path.insert(0, folder)
    namespace = {"__name__": "__main__"}
    for source in cells:
        with contextlib.suppress(Exception):
            exec(compile(source, "<cell>", "exec"), namespace)
            draw()


def forked(folder: str, cells: list[str]) -> float:
    """The CPU seconds of one run in a fork of this process."""
    pid = os.fork()
    if pid == 0:
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (MOST, MOST))
            run(folder, cells)
        finally:
            os._exit(0)
    usage = os.wait4(pid, 0)[2]
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    warm_up()
    for line in sys.stdin:
        print(forked(*json.loads(line)), flush=True)


if __name__ == "__main__":
    main()
