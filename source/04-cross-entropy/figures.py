"""The figures to play with in this notebook. Reading on is allowed: no exercise is solved here."""

import math

import torch
from matplotlib.figure import Figure
from play import Choice, Slider, play
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
    ax.text(1, nothing + 0.12, f"knows nothing: log({vocab_size}) = {nothing:z.2f}", color="#A34700", ha="right")
    ax.plot([percent / 100, percent / 100], [0, here], color=BLUE, linestyle=":", linewidth=1.5)
    ax.plot(percent / 100, here, "o", color=BLUE, markersize=10)
    ax.set(title="The loss of one token", xlabel="probability of the right token", ylabel="loss (natural log)")
    ax.set(xlim=(-0.02, 1.02), ylim=(0, 7))
    verdict = "as much as" if math.isclose(here, nothing) else "more than" if here > nothing else "less than"
    words = (
        f"The right token got {percent / 100:z.2f}: the loss is {here:z.3f}. A model of {vocab_size} tokens that knows "
    )
    return fig, words + f"nothing pays {nothing:z.3f}. So this answer costs {verdict} knowing nothing."


def beliefs(truth="mixed", heights=(4, 4, 4, 4)):
    """A belief q whose bars can be moved against a truth p: entropy, cross-entropy, and what lies between."""
    play(
        draw_beliefs,
        "Left, two bars for each of four tokens: p, what happens, and q, what the model believes. Right, one long bar, "
        "the cross-entropy, cut into the entropy of p and the price of wrong beliefs.",
        truth=Choice("p, what happens", truth, list(TRUTHS)),
        **{f"q{i}": Slider(f"q, bar of {token}", heights[i], 0, 10, 1) for i, token in enumerate(TOKENS)},
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
    costs.barh([1], [min(extra, 9)], left=floor, color=RED, hatch="\\\\", edgecolor="white", height=0.5)
    costs.text(0, 1.3, f"entropy of p {floor:z.3f}", color=BLUE)
    costs.text(0, 0.62, f"+ wrong beliefs {extra:z.3f}  (KL divergence)", color="#A34700")
    costs.text(0, 0.4, f"= cross-entropy {floor + extra:z.3f}", fontweight="bold")
    costs.set(title="Average surprise", xlim=(0, 3.5), ylim=(0.2, 1.6), yticks=[], xlabel="natural log")
    costs.spines[["top", "right"]].set_visible(False)
    shares = ", ".join(f"{token} {share:z.3f}" for token, share in zip(TOKENS, q.tolist()))
    words = f"The model believes: {shares}. Cross-entropy of p and q: {floor + extra:z.3f}, of which {floor:z.3f} is the entropy "
    return fig, words + f"of p and {extra:z.3f} the price of wrong beliefs, the KL divergence."
