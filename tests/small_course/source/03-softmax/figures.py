"""The figures to play with in this notebook. Reading on is allowed: no exercise is solved here."""

import math
from functools import cache

import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from play import Choice, Slider, play, show_figure, squares

BLUE, ORANGE, GREY = "#0072B2", "#E69F00", "#999999"
TEXT = """
the cat sat on the mat . the dog saw the cat . the cat ran and the dog sat on the rug . the bird saw the cat .
the cat saw the bird . the dog sat and the cat sat on the mat . the dog and the cat saw the bird . the cat ran .
the dog ran .
""".split()
VOCAB = sorted(set(TEXT))
SENTENCE = ["the", "cat", "sat", "on", "the", "mat"]
QUERIES = torch.tensor([[0.6, 0.6], [0.9, -0.3], [0.9, 0.7], [0.2, -1.1], [-0.6, 0.9], [-0.8, 0.6]])
KEYS = torch.tensor([[-2.8, -0.6], [2.0, 1.8], [0.8, -2.6], [-2.0, 1.8], [-1.6, -2.4], [2.8, -1.2]])


@cache
def model() -> torch.Tensor:
    """The logits of the next word after each word, (V, V), trained on the text above: a fifth of a second's work."""
    ids = torch.tensor([VOCAB.index(word) for word in TEXT])
    logits = torch.zeros(len(VOCAB), len(VOCAB), requires_grad=True)
    for _ in range(200):
        (slope,) = torch.autograd.grad(F.cross_entropy(logits[ids[:-1]], ids[1:]), logits)
        logits.data -= 10 * slope
    return logits.detach()


def sampling(after="the", temperature=1.0, k=12):
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
    order = logits.argsort(descending=True, stable=True)
    tempered = logits / temperature
    tempered[order[k:]] = -math.inf  # top-k: the others can't be drawn
    probs = torch.softmax(tempered, dim=-1)
    drawn = torch.multinomial(
        probs, 40, replacement=True, generator=torch.Generator().manual_seed(seed)
    )
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
    right.set(
        title="forty draws (the marks: probability)",
        xlabel="share of the draws",
        xlim=(0, 1.12),
        yticks=[],
    )
    for ax in (left, right):
        ax.invert_yaxis()
        ax.spines[["top", "right"]].set_visible(False)
    first, second = order[:2].tolist()
    words = f'After "{after}", temperature {temperature:.1f}, the {k} likeliest words allowed: '
    words += (
        f"{VOCAB[first]} has probability {probs[first]:.3f}, {VOCAB[second]} {probs[second]:.3f}. "
    )
    return fig, words + f"The first ten draws: {' '.join(VOCAB[i] for i in drawn[:10])}"


def scores() -> torch.Tensor:
    """The scores of every query against every key, divided by the root of their width, (6, 6)."""
    return torch.einsum("qd,kd->qk", QUERIES, KEYS) / math.sqrt(2)


def attention(position=3, degrees=0):
    """A causal attention map, one of whose queries can be turned."""
    play(
        draw_attention,
        "Left, the attention weights, a row a position; above the diagonal there are none. Right, a query and the keys.",
        position=Slider("position t", position, 0, 5, 1),
        degrees=Slider("turn its query by, °", degrees, -180, 180, 10),
    )


def draw_attention(position: int, degrees: float) -> tuple[Figure, str]:
    queries = QUERIES.clone()
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    queries[position] = torch.tensor([[cos, -sin], [sin, cos]]).mv(queries[position])
    weights = F.scaled_dot_product_attention(
        queries[None], KEYS[None], torch.eye(6)[None], is_causal=True
    )[0]
    fig = Figure(figsize=(8.6, 4.3))
    table, plane = fig.subplots(1, 2)
    fig.subplots_adjust(left=0.08, right=0.98, bottom=0.13, top=0.91, wspace=0.2)
    table.imshow(weights.tolist(), cmap="Blues", vmin=0, vmax=1)
    for row in range(6):
        for column in range(row + 1):
            value = weights[row, column].item()
            color = "white" if value > 0.6 else "black"
            table.text(
                column, row, f"{value:.2f}", ha="center", va="center", color=color, fontsize=9
            )
    table.add_patch(
        Rectangle((-0.45, position - 0.45), 5.9, 0.9, fill=False, edgecolor=ORANGE, linewidth=3)
    )
    table.set_xticks(range(6), SENTENCE)
    table.set_yticks(range(6), SENTENCE)
    table.set(title="weights: who looks at whom", xlabel="attended position", ylabel="position t")
    for i, (word, (x, y)) in enumerate(zip(SENTENCE, KEYS.tolist())):
        seen = i <= position
        plane.plot(
            x,
            y,
            "o",
            color=BLUE if seen else "white",
            markeredgecolor=BLUE if seen else GREY,
            markersize=9,
        )
        plane.annotate(
            f"{word} {i}",
            (x, y),
            xytext=(0, 9),
            textcoords="offset points",
            ha="center",
            color="black" if seen else GREY,
        )
    plane.quiver(
        0,
        0,
        *queries[position].tolist(),
        angles="xy",
        scale_units="xy",
        scale=1,
        color=ORANGE,
        width=0.013,
    )
    plane.set(
        title=f"query {position} and the keys (hollow: future)",
        xlim=(-4, 4),
        ylim=(-4, 4),
        aspect="equal",
    )
    plane.set(xlabel="first number", ylabel="second number")
    plane.grid(alpha=0.3)
    shares = ", ".join(
        f"{word} {weight:.2f}"
        for word, weight in zip(SENTENCE, weights[position, : position + 1].tolist())
    )
    return (
        fig,
        f'Position {position}, "{SENTENCE[position]}", its query turned by {degrees:.0f}°, attends to: {shares}.',
    )


def directions():
    """What `dim` means: the entries along it compete, and their probabilities sum to 1."""
    figure, alt = draw_directions()
    show_figure(alt, figure)


def draw_directions() -> tuple[Figure, str]:
    batch = torch.tensor([[2.0, 1.0, 0.1], [0.0, 0.0, 0.0]])
    fig = Figure(figsize=(8.6, 2.9), layout="constrained")
    look, told = {"arrowstyle": "-|>", "color": ORANGE, "lw": 2}, []
    for dim, ax in enumerate(fig.subplots(1, 2)):
        shares = torch.softmax(batch, dim=dim)
        squares(ax, [[f"{share:.2f}" for share in row] for row in shares.tolist()])
        for line in range(shares.shape[1 - dim]):
            start, end = (
                ((line + 0.14, -0.3), (line + 0.14, 2.4))
                if dim == 0
                else ((-0.3, line + 0.86), (3.4, line + 0.86))
            )
            ax.annotate("", end, start, arrowprops=look)
            ax.text(
                *(end[0] + 0.3 * dim, end[1] + 0.25 * (1 - dim)),
                "sum 1",
                va="center",
                ha="center" if dim == 0 else "left",
            )
        ax.set(xlim=(-0.5, 4.8), ylim=(3, -0.5))
        ax.set_title(f"dim={dim}: each {'row' if dim else 'column'} sums to 1", fontsize=11)
        told.append(
            f"along dim {dim} the probabilities are {[[round(v, 2) for v in row] for row in shares.tolist()]}"
        )
    return fig, (
        f"The softmax of {[[round(v, 1) for v in row] for row in batch.tolist()]} twice, with arrows along the entries that "
        f"compete. Arrows down the columns: {told[0]}, and each column sums to 1. Arrows along the rows: {told[1]}, and "
        "each row sums to 1."
    )


def pipeline():
    """Attention in one line: scores, mask, softmax, and the values that are mixed."""
    figure, alt = draw_pipeline()
    show_figure(alt, figure)


def draw_pipeline() -> tuple[Figure, str]:
    raw = scores()[:4, :4]
    hidden = torch.ones(4, 4, dtype=torch.bool).triu(1)
    masked = raw.masked_fill(hidden, -math.inf)
    weights = torch.softmax(masked, dim=-1)
    told = torch.tensor([[1.0, 0.0], [0.0, 1.0], [2.0, 2.0], [-1.0, 3.0]])
    out = weights.mm(told)
    fig = Figure(figsize=(10.4, 2.9), layout="constrained")
    ax = fig.subplots()
    ax.set(xlim=(-1.3, 21.2), ylim=(4.9, -1.2))
    grids = [
        ("scores", 0, raw),
        ("masked", 5, masked),
        ("softmax", 10, weights),
        ("values", 15, told),
        ("output", 18.2, out),
    ]
    for name, left, grid in grids:
        rows = [["-∞" if v == -math.inf else f"{v:z.2f}" for v in row] for row in grid.tolist()]
        squares(ax, rows, left=left, fontsize=8.5)
        ax.text(left + len(rows[0]) / 2, -0.5, name, ha="center", va="center", fontsize=11)
    for x, sign in ((4.5, "→"), (9.5, "→"), (14.5, "@"), (17.6, "=")):
        ax.text(x, 2, sign, ha="center", va="center", fontsize=14, color=BLUE)
    for row, word in enumerate(SENTENCE[:4]):
        ax.text(-0.15, row + 0.5, word, ha="right", va="center", fontsize=10)
    said = [
        f"{name} {[[round(v, 2) for v in row] for row in grid.tolist()]}" for name, _, grid in grids
    ]
    return (
        fig,
        f"Five grids of numbers in a row, for the tokens {', '.join(SENTENCE[:4])}, each made from the one before: {'; '.join(said)}.",
    )
