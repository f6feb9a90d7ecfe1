"""The figures of this notebook that move, and the box. Reading on is allowed: no exercise is solved here."""

import html
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec

import torch
import torch.nn.functional as F
from IPython.display import display
from matplotlib.figure import Figure
from play import Picture, is_live

BLUE, ORANGE, RED = "#0072B2", "#E69F00", "#D55E00"
PAUSE = 1.0  # seconds from one picture to the next
ALT = (
    "The loss in nats per character against the step. The batches' losses and the held-out loss fall side by side, and "
    "come down to just above a dashed line, the floor."
)


def watch(steps: int, tokens_per_character: float, floor: float) -> Callable[[dict], None]:
    """What draws the curve of a run at each look, all in nats per character."""
    shown = None
    drawn = 0.0

    def look(curve: dict) -> None:
        nonlocal shown, drawn
        is_last = len(curve["losses"]) == steps
        if shown is not None and not is_last and time.monotonic() - drawn < PAUSE:
            return
        figure, words = draw_curve(curve, steps, tokens_per_character, floor)
        picture = Picture(figure, ALT, words)
        if shown is None:
            shown = display(picture, display_id=True)
        elif is_live():
            shown.update(picture)
        drawn = time.monotonic()

    return look


def draw_curve(
    curve: dict, steps: int, tokens_per_character: float, floor: float
) -> tuple[Figure, str]:
    """The curve of a run, in nats per character, with the floor."""
    losses = [loss * tokens_per_character for loss in curve["losses"]]
    at = [step for step, _ in curve["held_out"]]
    unseen = [loss * tokens_per_character for _, loss in curve["held_out"]]
    # the mean of twenty batches: a single one jumps
    means = [sum(losses[i : i + 20]) / len(losses[i : i + 20]) for i in range(0, len(losses), 20)]
    figure = Figure(figsize=(8.6, 4.0))
    ax = figure.subplots()
    figure.subplots_adjust(left=0.1, right=0.97, bottom=0.14, top=0.91)
    ax.plot(
        range(10, 20 * len(means), 20),
        means,
        color=BLUE,
        linewidth=1,
        label="batches of the training text",
    )
    ax.plot(at, unseen, ".-", color=ORANGE, label="stories that were held out")
    ax.axhline(floor, color=RED, linestyle="--")
    ax.text(steps, floor * 0.97, f"the floor: {floor:.3f}", ha="right", va="top", color="#A34700")
    ax.set(
        title="How near to perfect?", xlabel="step", ylabel="nats per character", xlim=(0, steps)
    )
    ax.set_yscale("log")
    ax.set_ylim(0.1, 4)
    ticks = [0.1, 0.2, 0.5, 1, 2, 4]
    ax.set_yticks(ticks, [str(tick) for tick in ticks])
    ax.minorticks_off()
    ax.legend(frameon=False)
    ax.spines[["top", "right"]].set_visible(False)
    words = f"Step {len(losses)} of {steps}."
    if unseen:
        words += f" Held out: {unseen[-1]:.3f} nats per character, {unseen[-1] - floor:.3f} above the floor of {floor:.3f}."
    return figure, words


def draw_look_back(
    pieces: Sequence[str], weights: Sequence[float], place: int, title: str
) -> tuple[Figure, str]:
    """A text of tokens, each as dark as the attention that the token at `place` gives it."""
    figure = Figure(figsize=(8.6, 0.9))
    ax = figure.add_axes((0, 0, 1, 1))
    ax.axis("off")
    across, line, x, y = 92.0, 1.0, 0.0, 0.0
    for number, piece in enumerate(pieces[: place + 1]):
        text = piece.replace("\n", "↵")
        if x + len(text) > across or (number and pieces[number - 1].endswith("\n")):
            x, y = 0.0, y + line
        share = weights[number]
        edge = {
            "facecolor": (0.0, 0.45, 0.70, min(1.0, share * 1.4)),
            "edgecolor": "none",
            "pad": 0.8,
        }
        if number == place:
            edge |= {"edgecolor": RED, "linewidth": 1.5}
        color = "white" if share > 0.45 else "black"
        # a letter is 0.6 of the font's size wide, which makes it as wide as one unit of the axes
        look = {"family": "monospace", "fontsize": 10.8, "va": "center"}
        ax.text(x, y, text.replace(" ", "\u00a0"), color=color, bbox=edge, **look)
        x += len(text)
    figure.set_size_inches(8.6, 0.75 + 0.24 * (y + 1))
    ax.set(xlim=(-0.5, across + 1), ylim=(y + 0.9, -1.9))
    ax.text(0, -1.3, title, fontsize=11, va="center")
    order = sorted(range(place + 1), key=lambda number: -weights[number])[:3]
    most = ", ".join(f"{pieces[number].strip()!r} {weights[number]:.2f}" for number in order)
    told = f"{title}. The token {pieces[place]!r}, marked in red, looks most at: {most}."
    return figure, told


ALIKE = [
    *("Tom ", "Ned ", "Hazel ", "Otto ", "named ", "called ", "carried a ", "brought a ", "had a "),
    *("lived ", "slept ", "green ", "polite ", "loud "),
]


def draw_alike(pieces: Sequence[str], table: torch.Tensor) -> tuple[Figure, str]:
    """A map of the cosine similarities between a few tokens, from the model's own table."""
    chosen = [piece for piece in ALIKE if piece in pieces] or list(pieces[-len(ALIKE) :])
    rows = F.normalize(table[[pieces.index(piece) for piece in chosen]], dim=-1)
    alike = rows @ rows.T
    figure = Figure(figsize=(7.6, 6.4), layout="constrained")
    ax = figure.subplots()
    image = ax.imshow(alike.tolist(), cmap="PuOr_r", vmin=-1, vmax=1)
    names = [piece.replace(" ", "␣") for piece in chosen]
    ax.set_xticks(range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(len(names)), names)
    for i, row in enumerate(alike.tolist()):
        for j, value in enumerate(row):
            color = "white" if value > 0.6 else "black"
            ax.text(j, i, f"{value:z.1f}", ha="center", va="center", fontsize=9, color=color)
    ax.set(title="Tokens against tokens, by your model's own table")
    figure.colorbar(image, label="cosine similarity")
    words = [piece.strip() for piece in chosen]
    told = [
        f"{word}: {', '.join(f'{value:z.1f}' for value in row)}"
        for word, row in zip(words, alike.tolist())
    ]
    return figure, (
        f"A map of cosine similarities between tokens, in the order {', '.join(words)}, dark orange for 1 and purple for "
        f"negative numbers. {'; '.join(told)}."
    )


def box(write: Callable[..., str], beginning: str) -> None:
    """A field for a beginning, two sliders and a button, and below them what the model writes."""
    if not (is_live() and find_spec("ipywidgets")):
        print(
            '(In a running notebook with ipywidgets, a box stands here. Without, call write("Once upon a time").)'
        )
        return
    import ipywidgets

    wide = {"description_width": "110px"}
    field = ipywidgets.Text(
        value=beginning, description="beginning", style=wide, layout={"width": "690px"}
    )
    temperature = ipywidgets.FloatSlider(
        value=0.8, min=0.1, max=1.5, step=0.1, description="temperature", style=wide
    )
    nucleus = ipywidgets.FloatSlider(
        value=1.0, min=0.1, max=1.0, step=0.05, description="nucleus p", style=wide
    )
    button = ipywidgets.Button(description="Write", button_style="primary")
    page = ipywidgets.HTML()

    def answer(_) -> None:
        button.disabled = True
        page.value = "<em>writing …</em>"
        try:
            said = write(field.value, temperature=temperature.value, p=nucleus.value)
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
        start = len(field.value)
        told = f"<b>{html.escape(said[:start])}</b>{html.escape(said[start:])}"
        page.value = (
            f'<div style="max-width: 690px; line-height: 1.5; white-space: pre-wrap">{told}</div>'
        )
        button.disabled = False

    button.on_click(answer)
    sliders = ipywidgets.HBox([temperature, nucleus, button])
    display(ipywidgets.VBox([field, sliders, page]))
