"""The figures to play with in this notebook. Reading on is allowed: no exercise is solved here."""

from itertools import pairwise

import torch
import torch.nn as nn
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from play import Choice, Slider, play, show_figure, squares

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#BFBFBF"
ACTIVATIONS = {"none": nn.Identity(), "ReLU": nn.ReLU(), "GELU": nn.GELU(), "tanh": nn.Tanh()}


def one_map(W=((1.0, 0.5), (-0.4, 1.2)), b=(1.0, 0.5)):
    """What a linear layer from two numbers to two does to the plane."""
    (w11, w12), (w21, w22) = W
    play(
        draw_one_map,
        "Left, a square grid, the unit vectors and the unit square. Right, the same after the linear layer.",
        w11=Slider("W, upper left", w11, -2.0, 2.0, 0.1),
        w12=Slider("W, upper right", w12, -2.0, 2.0, 0.1),
        w21=Slider("W, lower left", w21, -2.0, 2.0, 0.1),
        w22=Slider("W, lower right", w22, -2.0, 2.0, 0.1),
        b1=Slider("b, first", b[0], -2.0, 2.0, 0.1),
        b2=Slider("b, second", b[1], -2.0, 2.0, 0.1),
    )


def draw_one_map(
    w11: float, w12: float, w21: float, w22: float, b1: float, b2: float
) -> tuple[Figure, str]:
    W, b = torch.tensor([[w11, w12], [w21, w22]]), torch.tensor([b1, b2])
    square = torch.tensor([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    fig = Figure(figsize=(8.6, 4.4))
    fig.subplots_adjust(left=0.07, right=0.98, bottom=0.12, top=0.92, wspace=0.2)
    for ax, layer, title in zip(
        fig.subplots(1, 2), (nn.Identity(), lambda x: F.linear(x, W, b)), ("before", "after")
    ):
        draw_grid(ax, layer(lattice(2, 9)), 9)
        corner, first, opposite, second = layer(square).tolist()
        ax.fill(*zip(corner, first, opposite, second), color="#F0E442", alpha=0.5, zorder=1)
        for tip, color in ((first, ORANGE), (second, BLUE)):
            step = [t - c for t, c in zip(tip, corner)]
            ax.quiver(
                *corner,
                *step,
                angles="xy",
                scale_units="xy",
                scale=1,
                color=color,
                zorder=3,
                width=0.012,
            )
        ax.set(
            title=title,
            xlabel="first number",
            ylabel="second number",
            xlim=(-5, 5),
            ylim=(-5, 5),
            aspect="equal",
        )
    area = abs(torch.linalg.det(W).item())
    words = f"The step (1, 0) becomes ({w11:z.1f}, {w21:z.1f}), orange, and (0, 1) becomes ({w12:z.1f}, {w22:z.1f}), blue. "
    words += f"The origin lands on ({b1:z.1f}, {b2:z.1f}). The unit square's area, 1 before, is {area:z.2f}."
    return fig, words


def lattice(reach: float, lines: int) -> torch.Tensor:
    """The points of a square grid around the origin, (lines * lines, 2)."""
    ticks = torch.linspace(-reach, reach, lines)
    return torch.cartesian_prod(ticks, ticks)


def draw_grid(ax: Axes, points: torch.Tensor, lines: int) -> None:
    """A grid as it lies after a map: its lines, and its points, coloured by where they came from, left or right."""
    x, y = points.reshape(lines, lines, 2).unbind(-1)
    ax.plot(x, y, color=GREY, lw=1, zorder=0)
    ax.plot(x.T, y.T, color=GREY, lw=1, zorder=0)
    ax.scatter(x, y, c=torch.arange(lines * lines) // lines, cmap="cividis", s=12, zorder=2)


def layers(hidden=16):
    """Two linear layers, 2 -> `hidden` -> 2, with fixed random numbers: W1, b1, W2, b2."""
    generator = torch.Generator().manual_seed(11)
    W1, b1 = torch.randn(16, 2, generator=generator), torch.randn(16, generator=generator)
    W2, b2 = torch.randn(2, 16, generator=generator) / 4, torch.randn(2, generator=generator)
    return W1[:hidden], b1[:hidden], W2[:, :hidden] * (16 / hidden) ** 0.5, b2


def two_maps(hidden=16, activation="none"):
    """Two linear layers in a row, with or without an activation between, and the one layer that comes closest."""
    play(
        draw_two_maps,
        "Left, a grid before. Right, where two layers take its points, and rings where the closest single layer does.",
        hidden=Slider("numbers between", hidden, 1, 16, 1),
        activation=Choice("activation between", activation, list(ACTIVATIONS)),
    )


def draw_two_maps(hidden: int, activation: str) -> tuple[Figure, str]:
    W1, b1, W2, b2 = layers(hidden)
    before = lattice(2, 13)
    after = F.linear(ACTIVATIONS[activation](F.linear(before, W1, b1)), W2, b2)
    with_one = F.pad(before, (0, 1), value=1.0)
    # the best single layer, by least squares
    closest = with_one @ torch.linalg.lstsq(with_one, after).solution
    apart = (after - closest).norm(dim=1).max().item()
    fig = Figure(figsize=(8.6, 4.4))
    fig.subplots_adjust(left=0.07, right=0.98, bottom=0.12, top=0.92, wspace=0.2)
    left, right = fig.subplots(1, 2)
    draw_grid(left, before, 13)
    draw_grid(right, after, 13)
    right.scatter(*closest.T, s=45, facecolors="none", edgecolors=ORANGE, linewidths=0.6, zorder=1)
    left.set(
        title="before",
        xlabel="first number",
        ylabel="second number",
        xlim=(-2.5, 2.5),
        ylim=(-2.5, 2.5),
    )
    left.set_aspect("equal")
    between = f"{activation} between" if activation != "none" else "nothing between"
    right.set(title=f"2 → {hidden} → 2, {between}", xlabel="first number", ylabel="second number")
    # the same for any `hidden`
    frame = ((-7, 2), (-4, 6.5)) if activation == "none" else ((-3.6, 1.8), (-3.6, 2.8))
    right.set(xlim=frame[0], ylim=frame[1], aspect="equal")
    flat = torch.linalg.matrix_rank(after - after.mean(0), rtol=1e-4).item() < 2
    words = f"Two layers with {hidden} number{'s' * (hidden > 1)} and {between}, against the one layer that comes closest (rings): "
    words += f"the largest distance is {apart:z.3f}. " + (
        "The plane has become a line." if flat else ""
    )
    return fig, words


def strides():
    """The same numbers in memory, read index by index before and after a transpose."""
    figure, alt = draw_strides()
    show_figure(alt, figure)


def draw_strides() -> tuple[Figure, str]:
    x = torch.arange(6).reshape(2, 3)
    fig = Figure(figsize=(8.6, 3.6), layout="constrained")
    told = []
    for ax, name, tensor, color in zip(fig.subplots(1, 2), ("x", "x.T"), (x, x.T), (BLUE, ORANGE)):
        read = tensor.flatten().tolist()
        squares(ax, tensor.tolist(), left=(6 - tensor.shape[1]) / 2)
        squares(ax, [range(6)], top=4.6)
        ax.text(3, 6.1, "the six numbers in memory", ha="center", va="center", fontsize=10)
        for place, (start, end) in enumerate(pairwise(read)):
            bend = -0.5 if end > start else 0.5
            look = {
                "arrowstyle": "-|>",
                "color": color,
                "connectionstyle": f"arc3,rad={bend}",
                "lw": 1.5,
            }
            ax.annotate("", (end + 0.5, 4.6), (start + 0.5, 4.6), arrowprops=look)
            told += [
                f"{name} has strides {tensor.stride()}, and reading it goes through memory as {read}"
            ] * (not place)
        ax.set(xlim=(-0.2, 6.2), ylim=(6.5, -0.2))
        ax.set_title(f"{name}, {tuple(tensor.shape)}, strides {tensor.stride()}", fontsize=11)
    return (
        fig,
        f"Two tensors over the same six numbers in memory, 0 to 5, with arrows from one to the next. {'; '.join(told)}.",
    )
