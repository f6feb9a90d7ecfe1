"""The figures to play with in this notebook. Reading on is allowed: no exercise is solved here."""

import math
from functools import cache

import torch
import torch.nn as nn
import torch.nn.functional as F
from matplotlib.figure import Figure
from play import Choice, Slider, play, show_figure

BLUE, ORANGE, RED, GREEN, GREY = "#0072B2", "#E69F00", "#D55E00", "#009E73", "#999999"
PLACES = {"w0": (0, 1), "w1": (0, 0), "a": (1, 1), "b": (1, 0), "c": (2, 0.5), "loss": (3, 0.5)}
FORMULAS = {
    "w0": "w0",
    "w1": "w1",
    "a": "a = w0²",
    "b": "b = 3 w1",
    "c": "c = a + b",
    "loss": "loss = c²",
}
EDGES = [("loss", "c"), ("c", "a"), ("c", "b"), ("a", "w0"), ("b", "w1")]
WALK = ["a", "b", "c", "loss", "loss", "c", "a", "b", "w0", "w1"]  # forward, then backward


def graph(step=10, w0=1.0, w1=0.5):
    """A graph of four operations: forward a value at each node, then backward a gradient."""
    play(
        draw_graph,
        "Boxes for w0, w1, a, b, c and loss, joined by arrows; each holds a value and, once walked back to, a gradient.",
        step=Slider("step of the walk", step, 0, 10, 1),
        w0=Slider("w0", w0, -3.0, 3.0, 0.5),
        w1=Slider("w1", w1, -3.0, 3.0, 0.5),
    )


def forward(w0: float, w1: float) -> dict[str, torch.Tensor]:
    """The nodes of the graph, by name."""
    nodes = {"w0": torch.tensor(w0, requires_grad=True), "w1": torch.tensor(w1, requires_grad=True)}
    nodes["a"] = nodes["w0"] ** 2
    nodes["b"] = 3 * nodes["w1"]
    nodes["c"] = nodes["a"] + nodes["b"]
    nodes["loss"] = nodes["c"] ** 2
    return nodes


def draw_graph(step: int, w0: float, w1: float) -> tuple[Figure, str]:
    nodes = forward(w0, w1)
    slopes = {
        (y, x): torch.autograd.grad(nodes[y], nodes[x], retain_graph=True)[0].item()
        for y, x in EDGES
    }
    for node in nodes.values():
        node.retain_grad()  # by themselves only leaves keep theirs
    nodes["loss"].backward()
    valued = {"w0", "w1", *WALK[: min(step, 4)]}
    graded = set(WALK[4:step])
    fig = Figure(figsize=(8.6, 3.7))
    ax = fig.add_axes([0, 0, 1, 1])
    ax.set(xlim=(-0.5, 3.5), ylim=(-0.5, 1.5))
    ax.axis("off")
    for y, x in EDGES:
        back = y in graded and x in graded
        start, end = (PLACES[y], PLACES[x]) if back else (PLACES[x], PLACES[y])
        color = RED if back else BLUE if y in valued else GREY
        ax.annotate(
            "",
            end,
            start,
            arrowprops={"arrowstyle": "-|>", "color": color, "lw": 2, "shrinkA": 62, "shrinkB": 62},
        )
        if back:
            middle = [(s + e) / 2 for s, e in zip(start, end)]
            ax.text(
                middle[0],
                middle[1] + 0.08,
                f"× {slopes[y, x]:zg}",
                color=RED,
                ha="center",
                fontsize=11,
            )
    for name, (x, y) in PLACES.items():
        now = step > 0 and name == WALK[step - 1]
        value = f"{nodes[name].item():zg}" if name in valued else ""
        slope = f"{nodes[name].grad.item():zg}" if name in graded else ""
        look = {
            "boxstyle": "round,pad=0.6",
            "facecolor": "#FFF3D6" if now else "white",
            "linewidth": 3 if now else 1,
        }
        text = f"{FORMULAS[name]:^13}\nvalue {value:>7}\n grad {slope:>7}"
        look["edgecolor"] = ORANGE if now else GREY
        ax.text(x, y, text, ha="center", va="center", fontsize=11, family="monospace", bbox=look)
    ax.text(
        -0.45,
        1.4,
        "forward: values" if step < 5 else "backward: gradients",
        fontsize=12,
        color=BLUE if step < 5 else RED,
    )
    if step == 0:
        return fig, f"Step 0: w0 is {w0:zg} and w1 is {w1:zg}; nothing is computed yet."
    name = WALK[step - 1]
    told = (
        f"the value of {name} is {nodes[name].item():zg}"
        if step < 5
        else f"the gradient of {name} is {nodes[name].grad.item():zg}"
    )
    leaves = (
        f" w0.grad = {nodes['w0'].grad.item():zg}, w1.grad = {nodes['w1'].grad.item():zg}."
        if step == 10
        else ""
    )
    return fig, f"Step {step}, {'forward' if step < 5 else 'backward'}: {told}.{leaves}"


CURVATURE = torch.tensor([1.0, 8.0], dtype=torch.float64)


def descent(lr=0.1, x=-4.0, y=0.4):
    """Twelve steps of gradient descent in a long valley."""
    play(
        draw_descent,
        "Left, a long valley from above with the path through it. Right, the height after each step.",
        lr=Slider("learning rate", lr, 0.01, 0.3, 0.01),
        x=Slider("start, x", x, -5.0, 2.0, 0.5),
        y=Slider("start, y", y, -2.0, 2.0, 0.1),
    )


def walk(lr: float, x: float, y: float, steps: int = 12) -> torch.Tensor:
    """The points of the walk, (steps + 1, 2): what its steps come to on this one surface."""
    k = torch.arange(steps + 1, dtype=torch.float64).unsqueeze(1)
    return torch.tensor([x, y], dtype=torch.float64) * (1 - lr * CURVATURE) ** k


def height(points: torch.Tensor) -> torch.Tensor:
    return 0.5 * (points**2 * CURVATURE).sum(-1)


def draw_descent(lr: float, x: float, y: float) -> tuple[Figure, str]:
    path = walk(lr, x, y)
    heights = height(path)
    fig = Figure(figsize=(8.6, 3.9))
    valley, curve = fig.subplots(1, 2)
    fig.subplots_adjust(left=0.07, right=0.98, bottom=0.14, top=0.9, wspace=0.24)
    xs, ys = torch.meshgrid(torch.linspace(-6, 3, 100), torch.linspace(-3, 3, 100), indexing="xy")
    valley.contour(
        xs, ys, height(torch.stack([xs, ys], dim=-1)), levels=12, colors="0.8", linewidths=0.8
    )
    valley.plot(*path.T, "o-", color=BLUE, markersize=4)
    valley.plot(0, 0, "k+", markersize=12)
    valley.plot(*path[0], "s", color=ORANGE, markersize=8, zorder=4)
    valley.set(
        title=f"lr = {lr:z.2f}", xlabel="x", ylabel="y", xlim=(-6, 3), ylim=(-3, 3), aspect="equal"
    )
    curve.semilogy(heights, "o-", color=BLUE, markersize=4)
    curve.axhline(heights[0].item(), color=ORANGE, linestyle=":")
    curve.set(
        title="height after each step",
        xlabel="step",
        ylabel="height",
        ylim=(1e-3, 1e5),
        xticks=range(0, 13, 3),
    )
    grows = math.isclose(lr * 8, 2) or lr * 8 > 2
    verdict = (
        "Across the valley it bounces for ever."
        if math.isclose(lr * 8, 2)
        else "It runs away: it diverges."
        if grows
        else ""
    )
    end = f"({path[-1][0]:z.3g}, {path[-1][1]:z.3g})"
    words = f"From ({x:z.1f}, {y:z.1f}), height {heights[0]:z.3g}, twelve steps with learning rate {lr:z.2f} lead to {end}, "
    return fig, words + f"height {heights[-1]:z.3g}. {verdict if y else ''}"


RATES = ["0.001", "0.003", "0.01", "0.03", "0.1", "0.3", "1", "3", "10", "30"]
OPTIMIZERS = {"SGD": torch.optim.SGD, "AdamW": torch.optim.AdamW}


def rates(sgd="0.03", adamw="0.03"):
    """Sixty training steps with each of two optimizers, each at a learning rate of its own."""
    play(
        draw_rates,
        "The loss over sixty training steps, one line for SGD and one for AdamW, and dashed the loss of knowing nothing.",
        sgd=Choice("SGD, rate", sgd, RATES),
        adamw=Choice("AdamW, rate", adamw, RATES),
    )


@cache
def losses(name: str, rate: float) -> list[float]:
    """The loss before each of sixty steps, of a model that starts with logits of 0."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Embedding(20, 16), nn.Linear(16, 20))
        batches = [torch.randint(20, (8, 16)) for _ in range(60)]
    parameters = list(model.parameters())
    for p in parameters[1:]:
        nn.init.zeros_(p)
    optimizer, found = OPTIMIZERS[name](parameters, lr=rate), []
    for token_ids in batches:
        value = F.cross_entropy(model(token_ids).transpose(1, 2), (token_ids + 1) % 20)
        for p, slope in zip(parameters, torch.autograd.grad(value, parameters)):
            p.grad = slope
        optimizer.step()
        found.append(value.item())
    return found


def draw_rates(sgd: str, adamw: str) -> tuple[Figure, str]:
    fig = Figure(figsize=(8.6, 3.9))
    ax = fig.subplots()
    fig.subplots_adjust(left=0.07, right=0.98, bottom=0.14, top=0.9)
    told = []
    for name, rate, color in (("SGD", sgd, BLUE), ("AdamW", adamw, RED)):
        found = losses(name, float(rate))
        mean = sum(found) / len(found)
        ax.plot(found, color=color, linewidth=2, label=f"{name} at {rate}")
        verdict = (
            f"mean loss {mean:.3f}"
            if mean < found[0]
            else "no progress on average: it diverges or jumps about"
        )
        told.append(f"{name} at {rate}: {verdict}")
    ax.axhline(math.log(20), color="0.4", linestyle="--", label="log 20")
    ax.set(title="sixty steps", xlabel="step", ylabel="loss", xlim=(0, 59), ylim=(0, 6))
    ax.legend(frameon=False, loc="upper right")
    return fig, f"{'. '.join(told)}. Knowing nothing costs {math.log(20):.3f}."


def two_ways():
    """Two ways from a loss back to one tensor: what they bring adds up."""
    figure, alt = draw_two_ways()
    show_figure(alt, figure)


def draw_two_ways(start: float = 3.0) -> tuple[Figure, str]:
    w = torch.tensor(start, requires_grad=True)
    a, b = 2 * w, w**2
    loss = a + b
    (upper,) = torch.autograd.grad(a, w, retain_graph=True)
    (lower,) = torch.autograd.grad(b, w, retain_graph=True)
    loss.backward()
    boxes = {
        "w": (0, 0.5, f"w = {w.item():g}\ngrad {upper:g} + {lower:g} = {w.grad:g}"),
        "a": (1, 1, f"a = 2w = {a.item():g}\ngrad 1"),
        "b": (1, 0, f"b = w² = {b.item():g}\ngrad 1"),
        "loss": (2, 0.5, f"loss = a + b = {loss.item():g}\ngrad 1"),
    }
    fig = Figure(figsize=(8.6, 2.9))
    ax = fig.add_axes((0, 0, 1, 1))
    ax.set(xlim=(-0.45, 2.45), ylim=(-0.35, 1.35))
    ax.axis("off")
    for start_box, end, text in (
        ("loss", "a", "× 1"),
        ("loss", "b", "× 1"),
        ("a", "w", f"× {upper:g}"),
        ("b", "w", f"× {lower:g}"),
    ):
        (x, y, _), (to_x, to_y, _) = boxes[start_box], boxes[end]
        look = {"arrowstyle": "-|>", "color": RED, "lw": 2, "shrinkA": 58, "shrinkB": 62}
        ax.annotate("", (to_x, to_y), (x, y), arrowprops=look)
        ax.text(
            (x + to_x) / 2,
            (y + to_y) / 2 + 0.1,
            text,
            color=RED,
            ha="center",
            va="center",
            fontsize=11,
        )
    for x, y, text in boxes.values():
        look = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": GREY}
        ax.text(x, y, text, ha="center", va="center", fontsize=11, bbox=look)
    return fig, (
        f"Four boxes: w = {w.item():g}, from it a = 2w = {a.item():g} and b = w² = {b.item():g}, and from both the loss, "
        f"a + b = {loss.item():g}. Red arrows lead back from the loss by a, which brings {upper:g}, and by b, which brings "
        f"{lower:g}. At w they add up: its gradient is {w.grad:g}."
    )
