"""The figures of this notebook that move. Reading on is allowed: no exercise is solved here."""

import time

import torch
import torch.nn as nn
import torch.nn.functional as F
from IPython.display import display
from loop import evaluate
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from play import Choice, Picture, Slider, is_live, play

BLUE, ORANGE, RED, GREY = "#0072B2", "#E69F00", "#D55E00", "#999999"
PAUSE = 1.0  # seconds from one picture to the next, which takes a tenth to draw
OFTEN = 10  # steps from one look at the held-out text to the next
SHOWN = {" ": "␣", "\n": "↵"}
ALT = (
    "The loss against the step, between two dashed lines: log V above, H below. TinyLM's curve comes down to H and stays "
    "there. TinyTransformer's goes through H and far below it. Its loss on the held-out text has its lowest point marked."
)

_hooks = []


def watch(
    tiny: nn.Module, model: nn.Module, steps: int, log_v: float, bound: float, held_out: torch.Tensor, seq_len: int = 32
) -> None:
    """Draws the losses of the next `steps` training passes of both models while they run, and `model`'s on `held_out`.

    Where the training is cut short, the last picture stays.

    A hook sees what goes into a model and what comes out. The targets it need not see: within a window, each token is
    the target of the one before. So the loss that is drawn leaves out the last position of each window only.
    """
    while _hooks:  # of an earlier call
        _hooks.pop().remove()
    losses: dict[nn.Module, list[float]] = {tiny: [], model: []}
    unseen: dict[int, float] = {}  # by step

    def picture() -> Picture:
        figure, words = draw_losses(losses[tiny], losses[model], steps, log_v, bound, unseen)
        return Picture(figure, ALT, words)

    shown = display(picture(), display_id=True)
    drawn = time.monotonic()

    def look(module, inputs, logits):
        nonlocal drawn
        mine = losses[module]
        if not (module.training and torch.is_grad_enabled()) or len(mine) == steps:
            return  # it is evaluated, it writes, or it trains on
        with torch.no_grad():
            mine.append(F.cross_entropy(logits[:, :-1].mT, inputs[0][:, 1:]).item())
        is_last = len(mine) == steps
        if module is model and (is_last or len(mine) % OFTEN == 1):
            unseen[len(mine)] = evaluate(model, held_out, seq_len)
        if is_last or (is_live() and time.monotonic() - drawn > PAUSE):
            shown.update(picture()) if is_live() else display(picture())
            drawn = time.monotonic()

    _hooks.extend(each.register_forward_hook(look) for each in losses)


def draw_losses(
    tiny: list[float], losses: list[float], steps: int, log_v: float, bound: float, unseen: dict[int, float]
) -> tuple[Figure, str]:
    fig = Figure(figsize=(8.6, 4.2))
    ax = fig.subplots()
    fig.subplots_adjust(left=0.08, right=0.98, bottom=0.13, top=0.92)
    ax.plot(range(1, len(tiny) + 1), tiny, color=GREY, linewidth=0.8, label="TinyLM, batch of data")
    if losses:
        ax.plot(range(1, len(losses) + 1), losses, color=BLUE, linewidth=0.8, label="TinyTransformer, batch of data")
    best = min(unseen, key=lambda step: unseen[step], default=0)
    if unseen:
        ax.plot(unseen.keys(), unseen.values(), ".-", color=ORANGE, label="TinyTransformer, held-out text")
        ax.plot(best, unseen[best], "o", color=ORANGE, markersize=13, fillstyle="none", markeredgewidth=2)
        said = f"lowest: {unseen[best]:.2f} at step {best}"
        ax.annotate(said, (best, unseen[best]), (24, -26), textcoords="offset points", color="#7A5200")
    for level, shift, text in [
        (log_v, 0.06, "log V: knows nothing"),
        (bound, -0.24, "H: the best with one character in sight"),
    ]:
        ax.axhline(level, color=RED, linestyle="--")
        ax.text(steps, level + shift, text, ha="right", color="#A34700")
    ax.set(
        title="Looking back goes through the wall", xlabel="step", ylabel="loss", xlim=(0, steps), ylim=(0, log_v + 0.4)
    )
    ax.legend(frameon=False, loc="lower left")
    ax.spines[["top", "right"]].set_visible(False)
    if not losses:
        return fig, f"TinyLM, step {len(tiny)} of {steps}: loss {tiny[-1]:.2f}." if tiny else "No step yet."
    words = f"TinyTransformer, step {len(losses)} of {steps}: loss {losses[-1]:.2f}; H is {bound:.2f}. "
    below = next((step for step, loss in enumerate(losses, 1) if loss < bound), None)
    words += f"It first came below H at step {below}. " if below else ""
    words += f"TinyLM ended at {tiny[-1]:.2f}. " if tiny else ""
    last = list(unseen.values())[-1]
    return fig, words + f"On the held-out text: {last:.2f}; the lowest was {unseen[best]:.2f}, at step {best}."


def look(model: nn.Module, ids: torch.Tensor, sentence: str, n_heads: int) -> None:
    """What the positions of a sentence attend to, in the model's first layer."""
    weights = shares(model, ids, n_heads)

    def draw(head: str, position: int) -> tuple[Figure, str]:
        return draw_look(weights, sentence, int(head), position)

    play(
        draw,
        f"Above, a map of one head's attention in {sentence!r}: a row a position, a column for each position that it may "
        "see; above the diagonal there are none. Below, the row of one position in each of the heads.",
        head=Choice("head", str(n_heads), [str(head) for head in range(1, n_heads + 1)]),
        position=Slider("position t", len(ids) - 1, 0, len(ids) - 1, 1),
    )


def shares(model: nn.Module, ids: torch.Tensor, n_heads: int) -> torch.Tensor:
    """The attention weights of the first layer, (n_heads, T, T), from the queries and keys of its `W_q` and `W_k`."""
    layers = [part for part in model.modules() if hasattr(part, "W_q") and hasattr(part, "W_k")]
    if not layers:
        raise LookupError("the map shows a SelfAttention inside the model, a module with W_q and W_k: there is none")
    taken: list[torch.Tensor] = []
    hook = layers[0].register_forward_pre_hook(lambda _, inputs: taken.append(inputs[0]))
    with torch.no_grad():
        model(ids[None])
        q, k = (project(taken[0][0]).unflatten(-1, (n_heads, -1)) for project in (layers[0].W_q, layers[0].W_k))
        scores = torch.einsum("qhd,khd->hqk", q, k) / q.shape[-1] ** 0.5
        weights = (scores - scores.amax(-1, keepdim=True)).double().exp().tril()
    hook.remove()
    return weights / weights.sum(-1, keepdim=True)


def draw_look(weights: torch.Tensor, sentence: str, head: int, position: int) -> tuple[Figure, str]:
    letters = [SHOWN.get(letter, letter) for letter in sentence]
    heads, places = len(weights), range(len(letters))
    fig = Figure(figsize=(7.2, 8.2))
    table, rows = fig.subplots(2, 1, height_ratios=[len(letters), heads + 1])
    fig.subplots_adjust(left=0.11, right=0.97, bottom=0.03, top=0.95, hspace=0.12)
    table.imshow(weights[head - 1].tolist(), cmap="Blues", vmin=0, vmax=1)
    table.add_patch(Rectangle((-0.5, position - 0.5), len(letters), 1, fill=False, edgecolor="0.2", linewidth=2))
    table.set_xticks(places, letters)
    table.set_yticks(places, letters)
    table.set(title=f"head {head}: what attends to what", ylabel="position t")
    rows.imshow(weights[:, position].tolist(), cmap="Blues", vmin=0, vmax=1)
    rows.set_title(f"position {position}, {letters[position]}, in every head", fontsize=11)
    rows.set_xticks(places, letters)
    rows.set_yticks(range(heads), [f"head {number}" for number in range(1, heads + 1)])
    rows.get_yticklabels()[head - 1].set_weight("bold")
    told = []
    for number, row in enumerate(weights[:, position], 1):
        best = row[: position + 1].topk(min(2, position + 1))
        seen = ", ".join(f"{letters[i]} at {i} {w:.2f}" for w, i in zip(best.values.tolist(), best.indices.tolist()))
        told.append(f"head {number}: {seen}")
    return fig, f"Position {position}, {letters[position]}, attends most to: {'; '.join(told)}."
