"""What a notebook needs, imported and used once, so that the notebook itself finds it warm."""

import os
import warnings

from proctor.sandbox.worker import Shell


def new_shell() -> Shell:
    """IPython with PyTorch and matplotlib at hand."""
    import torch

    torch.set_num_threads(1)  # a parent that ran an op with two threads has children that hang
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import matplotlib.pyplot  # noqa: F401
        import numpy  # noqa: F401
        import tqdm.auto

    # no thread of tqdm's own, from wherever a notebook imports it
    tqdm.tqdm.monitor_interval = 0
    shell = Shell.instance()
    shell.enable_matplotlib("inline")
    return shell


def first_step() -> None:
    """Takes the first optimizer step ever, which takes half a second: it imports much."""
    import torch

    torch.optim.AdamW([torch.zeros(1, requires_grad=True)]).step()


def warm_shell() -> Shell:
    """The same after a first loss, a first figure and a first traceback, for those that are forked from here."""
    shell = new_shell()
    import matplotlib.pyplot
    import torch

    torch.nn.functional.cross_entropy(torch.nn.Linear(2, 2)(torch.ones(2, 2)), torch.tensor([0, 0])).backward()
    matplotlib.pyplot.plot([0, 1])  # the first figure reads the fonts
    shell.run("import matplotlib.pyplot; matplotlib.pyplot.show()")
    matplotlib.pyplot.close("all")
    # the first seed looks the files of its callers up
    shell.run("import torch; torch.manual_seed(0)")
    shell.run("1 / 0")  # the first traceback looks every module's file up, which takes seconds
    return shell
