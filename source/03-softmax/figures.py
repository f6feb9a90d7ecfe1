"""The figures to play with in this notebook. Reading on is allowed: no exercise is solved here."""

import math
from functools import cache

import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from play import Choice, Slider, play

BLUE, ORANGE, GREY = "#0072B2", "#E69F00", "#999999"
TEXT = """
the cat sat on the mat . the cat saw the dog . the dog sat on the rug . the cat and the dog saw the bird .
the bird sat on the roof . the cat sat and saw the bird . the dog and the bird saw the cat . the cat ran .
the dog ran and the cat sat on the rug . the bird saw the mat and the cat .
""".split()
VOCAB = sorted(set(TEXT))
SENTENCE = ["the", "cat", "sat", "on", "the", "mat"]


@cache
def model() -> torch.Tensor:
    """The logits of the next word after each word, (V, V), trained on the text above: a fifth of a second's work."""
    ids = torch.tensor([VOCAB.index(word) for word in TEXT])
    logits = torch.zeros(len(VOCAB), len(VOCAB), requires_grad=True)
    for _ in range(200):
        (slope,) = torch.autograd.grad(F.cross_entropy(logits[ids[:-1]], ids[1:]), logits)
        logits.data -= 10 * slope
    return logits.detach()


def sampling(after="the", temperature=1.0, k=len(VOCAB)):
    """The next word of a tiny model: its distribution, and forty draws from it."""
    play(
        draw_sampling,
        "Left, one bar a word: its probability of coming next. Right, how often it came up in forty draws.",
        after=Choice("the word before", after, [word for word in VOCAB if word != "."]),
        temperature=Slider("temperature", temperature, 0.1, 5.0, 0.1),
        k=Slider("top-k", k, 1, len(VOCAB), 1),
        seed=Slider("draw again, seed", 0, 0, 20, 1),
    )


def draw_sampling(after: str, temperature: float, k: int, seed: int) -> tuple[Figure, str]:
    logits = model()[VOCAB.index(after)]
    order = logits.argsort(descending=True)
    tempered = logits / temperature
    tempered[order[k:]] = -math.inf  # top-k: the others can't be drawn
    probs = torch.softmax(tempered, dim=-1)
    drawn = torch.multinomial(probs, 40, replacement=True, generator=torch.Generator().manual_seed(seed))
    shares = drawn.bincount(minlength=len(VOCAB)) / 40
    fig = Figure(figsize=(8.6, 3.8))
    left, right = fig.subplots(1, 2)
    fig.subplots_adjust(left=0.08, right=0.98, bottom=0.14, top=0.9, wspace=0.16)
    names = [VOCAB[i] for i in order]
    bars = left.barh(names, probs[order].tolist(), color=BLUE)
    left.bar_label(bars, fmt="%.2f", padding=3)
    left.axvline(0.5, color=GREY, linestyle=":", zorder=0)
    right.barh(names, shares[order].tolist(), color=ORANGE, hatch="//", edgecolor="white")
    right.plot(probs[order].tolist(), names, "|", color=BLUE, markersize=14, markeredgewidth=3)
    left.set(title=f'what comes after "{after}"', xlabel="probability", xlim=(0, 1.12))
    right.set(title="forty draws (the marks: probability)", xlabel="share of the draws", xlim=(0, 1.12), yticks=[])
    for ax in (left, right):
        ax.invert_yaxis()
        ax.spines[["top", "right"]].set_visible(False)
    first, second = order[:2].tolist()
    words = f'After "{after}", temperature {temperature:.1f}, the {k} likeliest words allowed: '
    words += f"{VOCAB[first]} has probability {probs[first]:.3f}, {VOCAB[second]} {probs[second]:.3f}. "
    return fig, words + f"The first ten draws: {' '.join(VOCAB[i] for i in drawn[:10])}"


def vectors() -> tuple[torch.Tensor, torch.Tensor]:
    """A query and a key of two numbers for each word of the sentence, both (6, 2)."""
    generator = torch.Generator().manual_seed(1)
    return 2 * torch.randn(6, 2, generator=generator), 2 * torch.randn(6, 2, generator=generator)


def turned(position: int, degrees: float) -> torch.Tensor:
    """The queries, with the one at `position` turned to this direction."""
    queries, _ = vectors()
    turn = math.radians(degrees)
    queries[position] = queries[position].norm() * torch.tensor([math.cos(turn), math.sin(turn)])
    return queries


def scores() -> torch.Tensor:
    """The scores of every query against every key, as the figure starts, (6, 6)."""
    queries, keys = vectors()
    return torch.einsum("qd,kd->qk", queries, keys) / math.sqrt(2)


def attention(position=3):
    """The causal attention map, one of whose queries can be turned."""
    queries, _ = vectors()
    degrees = round(math.degrees(math.atan2(*queries[position].flip(0).tolist())))
    play(
        draw_attention,
        "Left, attention weights, a row a position; above the diagonal they are 0. Right, one query among the keys.",
        position=Slider("position t", position, 0, 5, 1),
        degrees=Slider("its query's direction, °", degrees, -180, 180, 5),
    )


def draw_attention(position: int, degrees: float) -> tuple[Figure, str]:
    queries, (_, keys) = turned(position, degrees), vectors()
    weights = F.scaled_dot_product_attention(queries[None], keys[None], torch.eye(6)[None], is_causal=True)[0]
    fig = Figure(figsize=(8.6, 4.2))
    table, plane = fig.subplots(1, 2)
    fig.subplots_adjust(left=0.08, right=0.98, bottom=0.13, top=0.91, wspace=0.2)
    table.imshow(weights.tolist(), cmap="Blues", vmin=0, vmax=1)
    for row in range(6):
        for column in range(6):
            value = weights[row, column].item()
            text = f"{value:.2f}" if column <= row else "·"
            table.text(column, row, text, ha="center", va="center", color="white" if value > 0.6 else "black", fontsize=9)
    table.add_patch(Figure().add_subplot().add_patch.__self__ and _frame(position))
    return fig, ""
