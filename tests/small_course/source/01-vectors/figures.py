"""The figures to play with in this notebook. Reading on is allowed: no exercise is solved here."""

import math

import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from play import Slider, play, show_figure, squares

BLUE, ORANGE, GREEN, GREY = "#0072B2", "#E69F00", "#009E73", "#999999"
WORDS = ["cat", "kitten", "dog", "bread", "cake", "car", "truck"]
TABLE = torch.tensor(
    [[2.0, 0.7], [0.9, 1.1], [2.3, 0.2], [-1.0, 1.2], [-0.4, 1.9], [-1.1, -1.2], [-2.3, -1.5]]
)


def arrows(a=(3.0, 4.0), b=(4.0, 0.0)):
    """Two arrows in the plane, and what the dot product says about them."""
    play(
        draw_arrows,
        "Left, the arrows a and b and the projection of a onto b. Right, the cosine against the angle between them.",
        a1=Slider("a, first entry", float(a[0]), -5.0, 5.0, 0.5),
        a2=Slider("a, second entry", float(a[1]), -5.0, 5.0, 0.5),
        b1=Slider("b, first entry", float(b[0]), -5.0, 5.0, 0.5),
        b2=Slider("b, second entry", float(b[1]), -5.0, 5.0, 0.5),
    )


def draw_arrows(a1: float, a2: float, b1: float, b2: float) -> tuple[Figure, str]:
    a, b = torch.tensor([[a1, a2], [b1, b2]], dtype=torch.float32)
    dot, cosine = torch.dot(a, b).item(), F.cosine_similarity(a, b, dim=0).clamp(-1, 1).item()
    long_a, long_b = torch.linalg.vector_norm(a).item(), torch.linalg.vector_norm(b).item()
    angle = math.degrees(math.acos(cosine))
    fig = Figure(figsize=(8.6, 4.2))
    plane, curve = fig.subplots(1, 2)
    fig.subplots_adjust(left=0.07, right=0.98, bottom=0.13, top=0.91, wspace=0.22)
    words = f"a has length {long_a:z.2f}, b has length {long_b:z.2f}. Dot product: {dot:z.2f}. "
    if long_a and long_b:
        landing = dot / long_b**2 * b
        plane.plot(*zip(a.tolist(), landing.tolist()), "--", color=GREY)
        arrow(plane, landing, GREEN, "", width=0.02)
        curve.plot(angle, cosine, "o", color=BLUE, markersize=11)
        words += f"The projection of a onto b has length {dot / long_b:z.2f}. The angle is {angle:z.1f}°, its cosine {cosine:z.2f}."
    else:
        words += "An arrow of length 0 points nowhere: it makes no angle with anything."
    arrow(plane, b, ORANGE, "b")
    arrow(plane, a, BLUE, "a")
    plane.set(
        title=f"a · b = {dot:z.2f}",
        xlabel="first entry",
        ylabel="second entry",
        xlim=(-6, 6),
        ylim=(-6, 6),
    )
    plane.set_aspect("equal")
    plane.grid(alpha=0.3)
    turn = torch.linspace(0, 180, 181)
    curve.plot(turn.tolist(), turn.deg2rad().cos().tolist(), color=GREY)
    curve.axhline(0, color=GREY, linewidth=0.8)
    curve.set(
        title="direction alone",
        xlabel="angle between a and b, in degrees",
        ylabel="cosine",
        ylim=(-1.15, 1.15),
    )
    curve.set_xticks(range(0, 181, 45))
    return fig, words


def arrow(ax: Axes, v: torch.Tensor, color: str, label: str, width: float = 0.011) -> None:
    """An arrow from the origin, with its label beyond the tip."""
    ax.quiver(
        0,
        0,
        *v.tolist(),
        angles="xy",
        scale_units="xy",
        scale=1,
        color=color,
        width=width,
        zorder=3,
    )
    away = v + 0.45 * F.normalize(v, dim=0)
    ax.text(
        *away.tolist(),
        label,
        color=color,
        fontsize=13,
        fontweight="bold",
        ha="center",
        va="center",
        zorder=4,
    )


def nearest(angle=40, length=1.0):
    """A query among the rows of a small table: the nearest by cosine, and by dot product."""
    play(
        draw_nearest,
        "Left, the rows of a table of seven words as arrows, and a query. Right, one bar a word for cosine and dot product.",
        angle=Slider("query's direction, °", angle, -180, 180, 1),
        length=Slider("query's length", length, 0.1, 3.0, 0.1),
    )


def draw_nearest(angle: float, length: float) -> tuple[Figure, str]:
    turn = math.radians(angle)
    query = length * torch.tensor([math.cos(turn), math.sin(turn)])
    measures = {"cosine": F.cosine_similarity(TABLE, query, dim=1), "dot product": TABLE.mv(query)}
    best = {name: WORDS[scores.argmax()] for name, scores in measures.items()}
    fig = Figure(figsize=(8.6, 4.2))
    plane, *bars = fig.subplots(1, 3, width_ratios=[2.1, 1, 1])
    fig.subplots_adjust(left=0.07, right=0.98, bottom=0.13, top=0.91, wspace=0.3)
    for word, row in zip(WORDS, TABLE):
        arrow(plane, row, BLUE if word == best["cosine"] else GREY, "", width=0.014)
        beyond = row + 0.3 * F.normalize(row, dim=0)
        side = "left" if row[0] > 0.5 else "right" if row[0] < -0.5 else "center"
        plane.text(*beyond.tolist(), word, ha=side, va="center", fontsize=11)
    arrow(plane, query, ORANGE, "q", width=0.007)
    plane.set(
        title="the rows of the table, and the query q", xlabel="first entry", ylabel="second entry"
    )
    plane.set(xlim=(-3.6, 3.6), ylim=(-3.6, 3.6), aspect="equal")
    for ax, (name, scores), reach in zip(bars, measures.items(), (1.1, 8.5)):
        colors = [BLUE if word == best[name] else GREY for word in WORDS]
        ax.barh(WORDS, scores.tolist(), color=colors)
        ax.axvline(0, color="black", linewidth=0.8)
        ax.set(title=name, xlim=(-reach, reach))
        ax.invert_yaxis()
    bars[1].set_yticks([])
    cosine, dot = (scores.max().item() for scores in measures.values())
    words = f"The query points to {angle:z.0f}° and has length {length:z.1f}. Nearest by cosine: {best['cosine']}, {cosine:z.2f}. "
    return fig, words + f"Largest dot product: {best['dot product']}, {dot:z.2f}."


def broadcasting():
    """One vector against many: it counts as if it were repeated."""
    figure, alt = draw_broadcasting()
    show_figure(alt, figure)


def draw_broadcasting() -> tuple[Figure, str]:
    one, many = torch.tensor([1, 2, 3]), torch.arange(12).reshape(4, 3)
    product = one * many
    fig = Figure(figsize=(7.4, 3.1), layout="constrained")
    ax = fig.subplots()
    ax.set(xlim=(-0.2, 11.2), ylim=(4.8, -0.8))
    squares(ax, [one.tolist()], face="#F7D794")
    squares(ax, [one.tolist()] * 3, top=1, color=GREY, fontstyle="italic")
    squares(ax, many.tolist(), left=4)
    squares(ax, product.tolist(), left=8)
    for x, text in (
        (1.5, f"{tuple(one.shape)}"),
        (5.5, f"{tuple(many.shape)}"),
        (9.5, f"{tuple(product.shape)}"),
    ):
        ax.text(x, -0.4, text, ha="center", va="center", fontsize=11)
    for x, sign in ((3.5, "·"), (7.5, "=")):
        ax.text(x, 2, sign, ha="center", va="center", fontsize=18)
    ax.text(1.5, 4.4, "as if repeated", ha="center", va="center", color=GREY, fontsize=10)
    return fig, (
        f"Three grids. The vector {one.tolist()}, of shape (3,), stands there once, and three times more in grey, as if "
        f"repeated, so that there is one beside each row of {many.tolist()}, of shape (4, 3). Multiplied entry by entry "
        f"they give {product.tolist()}."
    )
