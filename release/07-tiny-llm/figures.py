"""The figures of this notebook that move. Reading on is allowed: no exercise is solved here."""

import time
from collections.abc import Callable

import torch
import torch.nn as nn
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from play import Choice, Picture, Slider, is_live, play

BLUE, ORANGE, RED, GREY = "#0072B2", "#E69F00", "#D55E00", "#999999"
LEVEL = "#444444"
ACROSS = 32  # letters in a line
PAUSE = 1.0  # seconds from one picture to the next, which takes a tenth to draw
SHOWN = {" ": "␣", "\n": "↵"}
# the held-out losses of our model after 800 steps, for models whose parts can't be silenced
RECORDED = {"attention alone": 2.09, "+ positions": 1.66, "+ mlp": 1.35}
NEEDED = {
    "positions": "learned table of positions",
    "mlp": "`mlp` that is called",
    "norms": "nn.LayerNorm that is called",
}
ROWS_ALT = (
    "A horizontal bar for each row, as long as its loss on held-out text. From row to row they get shorter. A dashed line "
    "far to the left marks the floor."
)
CURVES_ALT = (
    "Two losses against the step, between two dashed lines: log V above, H below. The loss on a batch of the 3,500 "
    "characters goes through H and falls on. The loss on held-out text has its lowest point marked, and rises after it."
)


class Shown:
    """A picture in the output of a cell; in a live notebook each new one takes the place of the last."""

    def __init__(self):
        self._handle = None

    def show(self) -> None:
        picture = Picture(*self.draw())
        if self._handle and is_live():
            self._handle.update(picture)
        else:
            self._handle = display(picture, display_id=True)

    def draw(self) -> tuple[Figure, str, str]:
        raise NotImplementedError


class Rows(Shown):
    """The held-out loss, row by row."""

    def __init__(self, log_v: float, bound: float, floor: float):
        super().__init__()
        self.floor = floor
        self.rows = [("log V: knows nothing", log_v, ""), ("H: best with one character", bound, "")]

    def add(self, name: str, loss: float) -> None:
        self._add(name, loss, "")

    def add_recorded(self, name: str, missing: list[str]) -> None:
        """Adds our number for a row, because these parts of the student's model can't be silenced."""
        needed = " and no ".join(NEEDED[part] for part in missing)
        self._add(name, RECORDED[name], f"recorded by us: your model has no {needed}")

    def loss(self, name: str) -> float | None:
        """The loss of a row, if it is there and was not recorded by us."""
        return next((loss for row, loss, note in self.rows if row == name and not note), None)

    def _add(self, name: str, loss: float, note: str) -> None:
        self.rows.append((name, loss, note))
        if is_live():
            self.show()

    def draw(self) -> tuple[Figure, str, str]:
        fig = Figure(figsize=(8.6, 0.42 * len(self.rows) + 1.1))
        ax = fig.subplots()
        fig.subplots_adjust(left=0.27, right=0.97, bottom=0.5 / fig.get_figheight(), top=0.9)
        longest = self.rows[0][1]
        for place, (_, loss, note) in enumerate(self.rows):
            color = GREY if place < 2 else BLUE
            ax.barh(
                place,
                loss,
                color="white" if note else color,
                edgecolor=color,
                hatch="//" * bool(note),
            )
            ax.text(loss + 0.04, place, f"{loss:.2f}{' (recorded)' * bool(note)}", va="center")
        ax.axvline(self.floor, color=RED, linestyle="--")
        ax.text(self.floor + 0.03, -0.75, f"the floor: {self.floor:.2f}", color="#A34700")
        ax.set_yticks(range(len(self.rows)), [name for name, _, _ in self.rows])
        ax.set(
            title="Loss on held-out text",
            xlim=(0, longest + 0.6),
            ylim=(len(self.rows) - 0.4, -1.1),
        )
        ax.spines[["top", "right"]].set_visible(False)
        told = [
            f"{name} {loss:.2f}{f' ({note})' if note else ''}" for name, loss, note in self.rows
        ]
        return fig, ROWS_ALT, f"Held out: {'; '.join(told)}; the floor {self.floor:.2f}."


class Curves(Shown):
    """The losses of one training, on its batches and on held-out text: `train` calls `add`.

    `on_all`: the held-out loss of the same model after a training on the whole text.
    """

    def __init__(self, steps: int, log_v: float, bound: float, on_all: float | None = None):
        super().__init__()
        self.steps = steps
        self.levels = [(log_v, "log V: knows nothing"), (bound, "H: the best with one character")]
        self.alt = CURVES_ALT
        if on_all:
            self.levels.append((on_all, f"held out, after the whole text: {on_all:.2f}"))
            self.alt += " A third dashed line, below H, is the held-out loss of the same model after the whole text."
        self.losses: list[float] = []
        self.unseen: dict[int, float] = {}  # by step
        self._drawn = 0.0

    def add(self, step: int, loss: float, unseen: float | None) -> None:
        self.losses.append(loss)
        if unseen is not None:
            self.unseen[step] = unseen
        if is_live() and time.monotonic() - self._drawn > PAUSE:
            self.show()
            self._drawn = time.monotonic()

    def draw(self) -> tuple[Figure, str, str]:
        fig = Figure(figsize=(8.6, 4.2))
        ax = fig.subplots()
        fig.subplots_adjust(left=0.08, right=0.98, bottom=0.13, top=0.92)
        steps = range(1, len(self.losses) + 1)
        ax.plot(
            steps, self.losses, color=BLUE, linewidth=0.8, label="batch of the 3,500 characters"
        )
        if not self.losses:
            return fig, self.alt, "No step yet."
        words = f"Step {len(self.losses)} of {self.steps}: loss {self.losses[-1]:.2f}. "
        if self.unseen:
            best = min(self.unseen, key=self.unseen.__getitem__)
            last = list(self.unseen.values())[-1]
            ax.plot(
                self.unseen.keys(), self.unseen.values(), ".-", color=ORANGE, label="held-out text"
            )
            ring = {"markersize": 13, "fillstyle": "none", "markeredgewidth": 2}
            ax.plot(best, self.unseen[best], "o", color=ORANGE, **ring)
            said = f"lowest: {self.unseen[best]:.2f} at step {best}"
            ax.annotate(
                said,
                (best, self.unseen[best]),
                (14, -30),
                textcoords="offset points",
                color="#7A5200",
            )
            words += f"On held-out text: {last:.2f}; the lowest was {self.unseen[best]:.2f}, at step {best}."
        if len(self.levels) > 2:
            words += (
                f" The same model, trained on the whole text, has {self.levels[2][0]:.2f} on it."
            )
        for level, text in self.levels:
            ax.axhline(level, color=LEVEL, linestyle="--", linewidth=1)
            label = {"textcoords": "offset points", "ha": "right", "va": "bottom", "color": LEVEL}
            ax.annotate(text, (self.steps, level), (0, 4), **label)
        title = "The same model, on 3,500 characters"
        ax.set(
            title=title,
            xlabel="step",
            ylabel="loss",
            xlim=(0, self.steps),
            ylim=(0, self.levels[0][0] + 0.4),
        )
        ax.legend(frameon=False, loc="lower left")
        ax.spines[["top", "right"]].set_visible(False)
        return fig, self.alt, words


def look(model: nn.Module, ids: torch.Tensor, sentence: str, n_heads: int) -> None:
    """What the positions of a sentence attend to, in the model's first layer."""
    weights = shares(model, ids, n_heads)

    def draw(head: str, position: int) -> tuple[Figure, str]:
        return draw_look(weights, sentence, int(head), position)

    play(
        draw,
        f"A map of one head's attention in {sentence!r}: a row a position, a column for each position that it may "
        "see; above the diagonal there are none. Beside it, the sentence once for each head, darker where one position looks.",
        head=Choice("head", str(n_heads), [str(head) for head in range(1, n_heads + 1)]),
        position=Slider("position t", len(ids) - 1, 0, len(ids) - 1, 1),
    )


def shares(model: nn.Module, ids: torch.Tensor, n_heads: int) -> torch.Tensor:
    """The attention weights of the first layer, (n_heads, T, T), from the queries and keys of its `W_q` and `W_k`."""
    layers = [part for part in model.modules() if hasattr(part, "W_q") and hasattr(part, "W_k")]
    if not layers:
        raise LookupError(
            "the map shows a SelfAttention inside the model, a module with W_q and W_k: there is none"
        )
    taken: list[torch.Tensor] = []
    hook = layers[0].register_forward_pre_hook(lambda _, inputs: taken.append(inputs[0]))
    with torch.no_grad():
        model(ids[None])
        q, k = (
            project(taken[0][0]).unflatten(-1, (n_heads, -1))
            for project in (layers[0].W_q, layers[0].W_k)
        )
        scores = torch.einsum("qhd,khd->hqk", q, k) / q.shape[-1] ** 0.5
        weights = (scores - scores.amax(-1, keepdim=True)).double().exp().tril()
    hook.remove()
    return weights / weights.sum(-1, keepdim=True)


def draw_look(weights: torch.Tensor, sentence: str, head: int, position: int) -> tuple[Figure, str]:
    letters = [SHOWN.get(letter, letter) for letter in sentence]
    places = range(len(letters))
    fig = Figure(figsize=(9.4, 5.5))
    table = fig.add_axes((0.06, 0.09, 0.52, 0.85))
    table.imshow(weights[head - 1].tolist(), cmap="Blues", vmin=0, vmax=1)
    table.add_patch(
        Rectangle((-0.5, position - 0.5), len(letters), 1, fill=False, edgecolor=RED, linewidth=2)
    )
    table.set_xticks(places, letters, fontsize=8)
    table.set_yticks(places, letters, fontsize=8)
    table.set(title=f"head {head}: what attends to what", ylabel="position t")
    draw_over_words(
        fig.add_axes((0.63, 0.09, 0.36, 0.85)),
        weights[:, position].tolist(),
        letters,
        head,
        position,
    )
    told = []
    for number, row in enumerate(weights[:, position], 1):
        best = row[: position + 1].topk(min(2, position + 1))
        seen = ", ".join(
            f"{letters[i]} at {i} {w:.2f}"
            for w, i in zip(best.values.tolist(), best.indices.tolist())
        )
        told.append(f"head {number}: {seen}")
    return fig, f"Position {position}, {letters[position]}, attends most to: {'; '.join(told)}."


def draw_over_words(
    ax: Axes, rows: list[list[float]], letters: list[str], head: int, position: int
) -> None:
    """The sentence once for each head, each letter as dark as the attention that `position` gives it."""
    lines = -(-len(letters) // ACROSS)
    ax.set(xlim=(0, ACROSS), ylim=(len(rows) * (lines + 1.4), 0))
    ax.set_title(f"where position {position}, {letters[position]}, looks")
    ax.axis("off")
    for number, row in enumerate(rows):
        top = number * (lines + 1.4) + 1.1
        weight = "bold" if number + 1 == head else "normal"
        ax.text(0, top - 0.4, f"head {number + 1}", fontsize=11, fontweight=weight, va="center")
        for place, (letter, share) in enumerate(zip(letters, row)):
            x, y = place % ACROSS, top + place // ACROSS
            ax.add_patch(
                Rectangle(
                    (x, y), 1, 1, facecolor=(0.03, 0.19, 0.42, min(share, 1)), edgecolor="none"
                )
            )
            color = "white" if share > 0.55 else "black"
            ax.text(
                x + 0.5,
                y + 0.5,
                letter,
                family="monospace",
                fontsize=11.5,
                color=color,
                ha="center",
                va="center",
            )
        x, y = position % ACROSS, top + position // ACROSS
        ax.add_patch(Rectangle((x, y), 1, 1, fill=False, edgecolor=RED, linewidth=2))


def noting(looks: dict[int, float]) -> Callable[[int, float, float | None], None]:
    """For `train` to call: keeps each held-out loss in `looks`, by its step."""

    def note(step: int, loss: float, unseen: float | None) -> None:
        if unseen is not None:
            looks[step] = unseen

    return note


def starts(yours: dict[int, float], large: dict[int, float]) -> None:
    """The held-out losses of two models that differ only in the numbers that their tables start from."""
    display(Picture(*draw_starts(yours, large)))


def draw_starts(yours: dict[int, float], large: dict[int, float]) -> tuple[Figure, str, str]:
    fig = Figure(figsize=(7.6, 3.8), layout="constrained")
    ax = fig.subplots()
    told = []
    runs = (
        ("as you start it", yours, BLUE),
        ("tables with std=1, as nn.Embedding starts them", large, ORANGE),
    )
    for name, looks, color in runs:
        if not looks:
            continue
        ax.plot(looks.keys(), looks.values(), ".-", color=color, label=name)
        told.append(f"{name}, {list(looks.values())[-1]:.2f}")
    ax.set(title="What the start is worth", xlabel="step", ylabel="loss on held-out text")
    ax.legend(frameon=False)
    ax.spines[["top", "right"]].set_visible(False)
    alt = "The loss on held-out text against the step, for two models that differ only in how their tables start."
    return fig, alt, f"At the end: {'; '.join(told)}."
