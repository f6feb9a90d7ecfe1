"""The figure of this notebook that moves. Reading on is allowed: no exercise is solved here."""

import time

import torch
import torch.nn as nn
import torch.nn.functional as F
from IPython.display import display
from matplotlib.figure import Figure
from play import Picture, is_live

BLUE, ORANGE, RED = "#0072B2", "#E69F00", "#D55E00"
PAUSE = 0.5  # seconds from one picture to the next, which takes a tenth to draw
OFTEN = 1.2  # times as many steps from one look at the held-out text to the next
ALT = "The loss against the step, which is drawn on a logarithmic axis, between two dashed lines: log V above, H below."

_hooks = []


def watch(
    model: nn.Module, steps: int, log_v: float, bound: float, held_out: torch.Tensor | None = None
) -> None:
    """Draws the loss of the next `steps` training passes of `model` while they run, and its loss on the text `held_out`.

    Where the training is cut short, the last picture stays.

    A hook sees what goes into the model and what comes out. Its targets it need not see: within a window, each token
    is the target of the one before. So the loss that is drawn leaves out the last position of each window only.
    """
    while _hooks:  # of an earlier call
        _hooks.pop().remove()
    losses: list[float] = []
    unseen: dict[int, float] = {}  # by step

    def picture() -> Picture:
        figure, words = draw_losses(losses, steps, log_v, bound, unseen)
        return Picture(figure, ALT, words)

    shown = display(picture(), display_id=True)
    drawn = time.monotonic()

    def look(module, inputs, logits):
        nonlocal drawn
        if not (module.training and torch.is_grad_enabled()):
            return  # it is evaluated, or it writes
        ids = inputs[0]
        with torch.no_grad():
            losses.append(F.cross_entropy(logits[:, :-1].mT, ids[:, 1:]).item())
        is_last = len(losses) == steps
        if held_out is not None and (is_last or len(losses) >= OFTEN * max(unseen, default=0)):
            unseen[len(losses)] = loss_on(model, held_out)
        if is_last:
            _hooks.pop().remove()
        if is_last or (is_live() and time.monotonic() - drawn > PAUSE):
            shown.update(picture()) if is_live() else display(picture())
            drawn = time.monotonic()

    _hooks.append(model.register_forward_hook(look))


def loss_on(model: nn.Module, ids: torch.Tensor) -> float:
    """The mean loss over a whole text, at once, with dropout off; every part keeps its mode."""
    modes = {module: module.training for module in model.modules()}
    with torch.no_grad():
        loss = F.cross_entropy(model.eval()(ids[None, :-1])[0], ids[1:]).item()
    for module in modes:
        module.training = modes[module]
    return loss


def draw_losses(
    losses: list[float], steps: int, log_v: float, bound: float, unseen: dict[int, float]
) -> tuple[Figure, str]:
    fig = Figure(figsize=(8.6, 3.9))
    ax = fig.subplots()
    fig.subplots_adjust(left=0.08, right=0.98, bottom=0.14, top=0.9)
    ax.plot(range(1, len(losses) + 1), losses, color=BLUE, linewidth=0.8, label="batch, of data")
    if losses:
        ax.plot(len(losses), losses[-1], "o", color=BLUE)
    if unseen:
        ax.plot(
            unseen.keys(), unseen.values(), ".-", color=ORANGE, linewidth=2, label="held-out text"
        )
        ax.legend(frameon=False, loc="center left")
    for level, shift, text in [
        (log_v, 0.05, "log V: knows nothing"),
        (bound, -0.24, "H: the best with one character in sight"),
    ]:
        ax.axhline(level, color=RED, linestyle="--")
        ax.text(steps, level + shift, text, ha="right", color="#A34700")
    ax.set(
        title="The loss falls from log V towards the conditional entropy",
        xlabel="step (logarithmic)",
    )
    ax.set(ylabel="loss", xscale="log", xlim=(1, 1.1 * steps), ylim=(bound - 0.4, log_v + 0.3))
    if not losses:
        return fig, "No step yet."
    middle = (log_v + bound) / 2
    half = next((step for step, loss in enumerate(losses, 1) if loss < middle), None)
    words = f"Step {len(losses)} of {steps}: loss {losses[-1]:.3f}, between log V = {log_v:.3f} and H = {bound:.3f}. "
    words += f"Half of the way down was done at step {half}. " if half else ""
    return fig, words + (
        f"On the held-out text: {list(unseen.values())[-1]:.3f}." if unseen else ""
    )
