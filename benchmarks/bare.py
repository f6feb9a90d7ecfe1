"""The limit that a grader can reach: a notebook's code cells in a plain `exec`, in a fork of a process that is warm.

No IPython, no walls, no checks. Figures are drawn to PNG as Jupyter's inline backend draws them. Run by notebook.py:
reads lines of JSON, `[CELLS, COUNT]`, and answers each with the seconds that COUNT runs took and with their CPU seconds.
"""

import gc
import io
import json
import os
import sys
import time

import matplotlib
import torch

matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy  # noqa: F401
import tqdm.auto  # noqa: F401


def warm_up():
    """The same first steps as those of proctor's fork server."""
    torch.set_num_threads(1)
    layer = torch.nn.Linear(2, 2)
    torch.nn.functional.cross_entropy(layer(torch.ones(2, 2)), torch.zeros(2, dtype=torch.int64)).backward()
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


def run(cells: list[str]) -> None:
    """Runs the cells in this process, what they print going unread."""
    sys.stdout = sys.stderr = io.StringIO()
    plt.show = draw
    namespace = {"__name__": "__main__"}
    for source in cells:
        exec(compile(source, "<cell>", "exec"), namespace)
        draw()


def forked(cells: list[str]) -> float:
    """The CPU seconds of one run in a fork of this process."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            run(cells)
            status = 0
        finally:
            os._exit(status)
    _, status, usage = os.wait4(pid, 0)
    if status:
        raise RuntimeError("the notebook's cells did not run without IPython")
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    warm_up()
    for line in sys.stdin:
        cells, count = json.loads(line)
        start = time.perf_counter()
        cpu = sum(forked(cells) for _ in range(count))
        print(json.dumps([time.perf_counter() - start, cpu]), flush=True)


if __name__ == "__main__":
    main()
