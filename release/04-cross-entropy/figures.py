"""The figures to play with in this notebook. Reading on is allowed: no exercise is solved here."""

import math

import torch
from matplotlib.figure import Figure
from play import Choice, Slider, play, show_figure, squares
from torch.distributions import Categorical, kl_divergence

BLUE, ORANGE, RED, GREY = "#0072B2", "#E69F00", "#D55E00", "#999999"
TRUTHS = {
    "mixed": [0.5, 0.25, 0.125, 0.125],
    "equal": [0.25, 0.25, 0.25, 0.25],
    "one-hot": [1.0, 0.0, 0.0, 0.0],
}
TOKENS = ["mat", "sofa", "roof", "moon"]


def one_loss(percent=50, vocab_size=65):
    """The loss of one token as the probability of the right one moves, and what a model that knows nothing pays."""
    play(
        draw_one_loss,
        "The loss against the probability of the right token falls from very high at 0 to 0 at 1. A dot marks the "
        "probability chosen, a dashed line log(V), what a model pays that knows nothing.",
        percent=Slider("right token gets, %", percent, 1, 100, 1),
        vocab_size=Slider("vocabulary size V", vocab_size, 2, 200, 1),
    )


def draw_one_loss(percent: int, vocab_size: int) -> tuple[Figure, str]:
    p = torch.linspace(0.001, 1, 500)
    here, nothing = -math.log(percent / 100), math.log(vocab_size)
    fig = Figure(figsize=(8.6, 3.8))
    ax = fig.subplots()
    fig.subplots_adjust(left=0.08, right=0.98, bottom=0.14, top=0.9)
    ax.plot(p.tolist(), (-p.log()).tolist(), color=BLUE, linewidth=2)
    ax.axhline(nothing, color=RED, linestyle="--", linewidth=1)
    ax.plot(1 / vocab_size, nothing, "s", color=RED, markersize=7)
    ax.text(
        1,
        nothing + 0.12,
        f"knows nothing: log({vocab_size}) = {nothing:z.2f}",
        color="#A34700",
        ha="right",
    )
    ax.plot([percent / 100, percent / 100], [0, here], color=BLUE, linestyle=":", linewidth=1.5)
    ax.plot(percent / 100, here, "o", color=BLUE, markersize=10)
    ax.set(
        title="The loss of one token",
        xlabel="probability of the right token",
        ylabel="loss (natural log)",
    )
    ax.set(xlim=(-0.02, 1.02), ylim=(0, 7))
    verdict = (
        "as much as"
        if math.isclose(here, nothing)
        else "more than"
        if here > nothing
        else "less than"
    )
    words = f"The right token got {percent / 100:z.2f}: the loss is {here:z.3f}. A model of {vocab_size} tokens that knows "
    return (
        fig,
        words + f"nothing pays {nothing:z.3f}. So this answer costs {verdict} knowing nothing.",
    )


def beliefs(truth="mixed", heights=(4, 4, 4, 4)):
    """A belief q whose bars can be moved against a truth p: entropy, cross-entropy, and what lies between."""
    play(
        draw_beliefs,
        "Left, two bars for each of four tokens: p, what happens, and q, what the model believes. Right, one long bar, "
        "the cross-entropy, cut into the entropy of p and the price of wrong beliefs.",
        truth=Choice("p, what happens", truth, list(TRUTHS)),
        **{
            f"q{i}": Slider(f"q, bar of {token}", heights[i], 0, 10, 1)
            for i, token in enumerate(TOKENS)
        },
    )


def draw_beliefs(truth: str, q0: int, q1: int, q2: int, q3: int) -> tuple[Figure, str]:
    heights = torch.tensor([q0, q1, q2, q3], dtype=torch.float32)
    p = torch.tensor(TRUTHS[truth])
    q = heights / heights.sum() if heights.sum() else torch.full((4,), 0.25)
    happens, believed = Categorical(p), Categorical(q)
    floor, extra = happens.entropy().item(), kl_divergence(happens, believed).item()
    fig = Figure(figsize=(8.6, 3.8))
    bars, costs = fig.subplots(1, 2)
    fig.subplots_adjust(left=0.08, right=0.97, bottom=0.14, top=0.9, wspace=0.18)
    x = torch.arange(4)
    bars.bar((x - 0.2).tolist(), p.tolist(), 0.38, color=BLUE, label="p: what happens")
    bars.bar(
        (x + 0.2).tolist(),
        q.tolist(),
        0.38,
        color=ORANGE,
        hatch="//",
        edgecolor="white",
        label="q: what the model believes",
    )
    bars.set(title="Two distributions", ylabel="probability", ylim=(0, 1.2))
    bars.set_xticks(range(4), TOKENS)
    bars.legend(frameon=False)
    costs.barh([1], [floor], color=BLUE, height=0.5)
    costs.barh(
        [1], [min(extra, 9)], left=floor, color=RED, hatch="\\\\", edgecolor="white", height=0.5
    )
    costs.text(0, 1.3, f"entropy of p {floor:z.3f}", color=BLUE)
    costs.text(0, 0.62, f"+ wrong beliefs {extra:z.3f}  (KL divergence)", color="#A34700")
    costs.text(0, 0.4, f"= cross-entropy {floor + extra:z.3f}", fontweight="bold")
    costs.set(
        title="Average surprise", xlim=(0, 3.5), ylim=(0.2, 1.6), yticks=[], xlabel="natural log"
    )
    costs.spines[["top", "right"]].set_visible(False)
    shares = ", ".join(f"{token} {share:z.3f}" for token, share in zip(TOKENS, q.tolist()))
    words = f"The model believes: {shares}. Cross-entropy of p and q: {floor + extra:z.3f}, of which {floor:z.3f} is the entropy "
    return fig, words + f"of p and {extra:z.3f} the price of wrong beliefs, the KL divergence."


SHADES = ("#DCEBF5", "#EDEDED")


def flattening():
    """`(B, T, V)` becomes `(B*T, V)`: one row of logits for each token, sequence after sequence."""
    figure, alt = draw_flattening()
    show_figure(alt, figure)


def draw_flattening() -> tuple[Figure, str]:
    B, T, V = 2, 3, 4
    logits, targets = torch.arange(B * T * V).reshape(B, T, V), torch.tensor([[2, 0, 3], [1, 1, 0]])
    rows, ids = logits.view(-1, V), targets.view(-1)
    fig = Figure(figsize=(8.6, 3.9), layout="constrained")
    ax = fig.subplots()
    ax.set(xlim=(-0.2, 17.7), ylim=(7.2, -0.9))
    for b, face in enumerate(SHADES):
        squares(ax, logits[b].tolist(), top=3.6 * b, face=face)
        squares(ax, [targets[b].tolist()], left=5, top=3.6 * b + 1, face=face)
        squares(ax, rows[b * T : (b + 1) * T].tolist(), left=10.5, top=T * b + 0.3, face=face)
        squares(ax, ids[b * T : (b + 1) * T, None].tolist(), left=15.7, top=T * b + 0.3, face=face)
    labels = [(2, logits.shape), (6.5, targets.shape), (12.5, rows.shape), (16.2, ids.shape)]
    for x, shape in labels:
        ax.text(x, -0.5, f"{tuple(shape)}", ha="center", va="center", fontsize=11)
    ax.text(9.2, 3.3, "→", ha="center", va="center", fontsize=20, color=BLUE)
    return fig, (
        f"Left, logits {tuple(logits.shape)} as two grids, one a sequence, and targets {targets.tolist()}. Right, the same as one "
        f"grid {tuple(rows.shape)}, the rows of the second sequence below those of the first, and one target beside each row: "
        f"{ids.tolist()}."
    )


def shift():
    """Each position against the token that comes next."""
    figure, alt = draw_shift()
    show_figure(alt, figure)


def draw_shift() -> tuple[Figure, str]:
    tokens = ["the", "cat", "sat", "on", "the"]
    last = len(tokens) - 1
    fig = Figure(figsize=(8.6, 2.8), layout="constrained")
    ax = fig.subplots()
    ax.set(xlim=(-2.6, 5.2), ylim=(3.4, -0.7))
    for t, token in enumerate(tokens):
        for top, text, left_out in ((0, f"after {t}", t == last), (2, token, t == 0)):
            look = {"fontsize": 10, "color": GREY if left_out else "black"}
            squares(ax, [[text]], left=t, top=top, face="white" if left_out else SHADES[0], **look)
        ax.text(t + 0.5, -0.3, f"t = {t}", ha="center", va="center", fontsize=10)
        if t < last:
            ax.annotate(
                "",
                (t + 1.5, 2),
                (t + 0.5, 1),
                arrowprops={"arrowstyle": "-|>", "color": BLUE, "lw": 1.5},
            )
    ax.text(-0.2, 0.5, "logits[:, :-1]", ha="right", va="center", fontsize=11, family="monospace")
    ax.text(-0.2, 2.5, "tokens[:, 1:]", ha="right", va="center", fontsize=11, family="monospace")
    pairs = ", ".join(f"position {t} with {tokens[t + 1]!r}" for t in range(last))
    return fig, (
        f"Two rows of boxes, the logits at positions 0 to {last} above the tokens {', '.join(tokens)}. Arrows join {pairs}. "
        f"The logits at position {last} and the token at position 0 are left out."
    )
