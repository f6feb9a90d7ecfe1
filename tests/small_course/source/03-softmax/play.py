"""Shows a figure as a picture with its numbers in words below and, in a running notebook, controls above.

The same file lies beside each notebook. figures.py draws all figures but the map of the whole model.
"""

import html
import os
from base64 import b64encode
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from io import BytesIO
from typing import NamedTuple

from IPython import get_ipython
from IPython.display import display
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.textpath import TextPath

# A widget's label names its slider to the eye alone: this names it to a screen reader, once the page has drawn it.
NAMES = """
const name = () => document.querySelectorAll(".widget-slider").forEach(box => {
    const label = box.querySelector(".widget-label").textContent;
    box.querySelectorAll("[role=slider]").forEach(handle => handle.setAttribute("aria-label", label));
});
[0, 500, 2000, 5000].forEach(delay => setTimeout(name, delay));
"""


# The whole model, row by row: a title, the modules that hold the row together, and its boxes from left to right.
# Each function stands with the number of the notebook in which it is written.
MAP = [
    (
        "What goes in",
        {},
        {
            "text to ids": {"build_vocab": "06", "encode": "06", "decode": "06"},
            "ids to tokens": {
                "most_frequent_pair": "08",
                "merge_pair": "08",
                "learn_merges": "08",
                "apply_merges": "08",
                "undo_merges": "08",
            },
            "windows of text": {"get_batch": "06"},
            "ids to vectors": {"embed": "01"},
            "which are alike?": {
                "cosine_similarity": "01",
                "most_similar": "01",
                "normalize_rows": "01",
            },
        },
    ),
    (
        "The layers: one block of attention",
        {"SelfAttention": "07", "Block": "07"},
        {
            "queries, keys, values": {"matmul": "02", "linear": "02", "split_heads": "01"},
            "scores": {"attention_scores": "02"},
            "no looking ahead": {"softmax": "03", "causal_attention_weights": "03"},
            "values are mixed": {"attend": "03", "causal_mix": "07", "merge_heads": "02"},
            "two more layers": {"collapse": "02"},
        },
    ),
    (
        "Training, from the layers' vectors",
        {"train": "06"},
        {
            "logits": {"TinyLM": "06", "TinyTransformer": "07"},
            "loss": {
                "negative_log_likelihood": "04",
                "cross_entropy_between": "04",
                "cross_entropy": "04",
                "next_token_loss": "04",
            },
            "gradients": {"gradient_of": "05", "numerical_gradient": "05", "logits_gradient": "05"},
            "step": {"gradient_descent": "05", "sgd_step": "05", "train_step": "05", "fit": "05"},
            "how good is it?": {
                "uniform_loss": "04",
                "perplexity": "04",
                "evaluate": "06",
                "nats_per_character": "08",
            },
        },
    ),
    (
        "Writing, from the layers' vectors",
        {"generate": "06", "generate_within": "06"},
        {
            "last position": {"last_token": "01"},
            "probabilities": {"softmax_with_temperature": "03", "next_token_probs": "03"},
            "draw a token": {"sample_next_token": "03"},
        },
    ),
]


SMALL, LARGE = 10, 11  # sizes of letters in the map, in points
ARROW = {"arrowstyle": "-|>", "color": "#999999", "shrinkA": 0, "shrinkB": 0}


class Slider(NamedTuple):
    """A number that can be moved."""

    label: str
    value: float
    low: float
    high: float
    step: float


class Choice(NamedTuple):
    """One of a few words."""

    label: str
    value: str
    options: list[str]


class Picture:
    """A figure, its alternative text, and its numbers in words."""

    def __init__(self, figure: Figure, alt: str, words: str = ""):
        file = BytesIO()
        tight = {} if words else {"bbox_inches": "tight"}  # with controls, the size stays
        # white in a dark theme, too
        figure.savefig(file, format="png", dpi=150, facecolor="white", **tight)
        png = file.getvalue()
        self.png, self.alt, self.words = b64encode(png).decode(), alt, words
        # as the file says, in pixels of which 150 are an inch
        self.width, self.height = (
            round(int.from_bytes(png[at : at + 4]) * 80 / 150) for at in (16, 20)
        )

    def _repr_mimebundle_(self, **_):
        # known beforehand, so that the page doesn't jump
        size = f'width="{self.width}" height="{self.height}"'
        look = 'style="max-width: 100%; height: auto"'
        page = f'<img src="data:image/png;base64,{self.png}" alt="{html.escape(self.alt)}" {size} {look}>'
        if self.words:
            page += f'<p role="status" style="max-width: {self.width}px; min-height: 3em">{html.escape(self.words)}</p>'
        told = f"{self.alt} {self.words}".strip()
        details = {"alt": told, "width": self.width, "height": self.height}
        return {"text/html": page, "image/png": self.png, "text/plain": self.words or told}, {
            "image/png": details
        }


def is_live() -> bool:
    """Whether somebody may be looking on while this runs: not while it is graded."""
    return hasattr(get_ipython(), "kernel") and not os.environ.get("NBGRADER_EXECUTION")


def show_figure(alt: str, figure: Figure | None = None) -> None:
    """Shows a figure, or pyplot's current one, with the text `alt`, made from its data."""
    figure = figure or pyplot.gcf()
    display(Picture(figure, alt))
    pyplot.close(figure)


def squares(
    ax: Axes, rows: Sequence[Sequence], left: float = 0, top: float = 0, face: str = "white", **text
) -> None:
    """Draws each entry of `rows` into a square of size 1; the upper left corner of the first lies at (`left`, `top`)."""
    ax.set_aspect("equal")
    ax.axis("off")
    for y, row in enumerate(rows):
        for x, entry in enumerate(row):
            ax.add_patch(Rectangle((left + x, top + y), 1, 1, facecolor=face, edgecolor="#999999"))
            look = {"ha": "center", "va": "center", "fontsize": 11} | text
            ax.text(left + x + 0.5, top + y + 0.5, entry, **look)


def model_map(here: str) -> None:
    """Shows a map of the whole model with the place of each graded function, and those of the notebook `here` marked.

    `here`: the notebook's number, such as "03".
    """
    figure, alt = draw_map(here)
    show_figure(alt, figure)


def draw_map(here: str) -> tuple[Figure, str]:
    """The map, and its contents in words."""
    line, gap = 0.22, 0.2  # a line's height and the space between boxes, in inches
    rows = [[_box_width(box, functions) for box, functions in boxes.items()] for _, _, boxes in MAP]
    wide = 0.2 + max(sum(widths) + gap * (len(widths) - 1) for widths in rows)
    lines = [1 + max(map(len, boxes.values())) for _, _, boxes in MAP]
    tall = sum(line * (count + 2.1) + gap for count in lines) + 0.4
    figure = Figure(figsize=(wide, tall))
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, wide), ylim=(tall, 0))
    ax.axis("off")

    def write(x: float, y: float, name: str, place: str) -> None:
        own = {"color": "black", "bbox": {"facecolor": "#F7D794", "edgecolor": "none", "pad": 1}}
        look = own if place == here else {"color": "#333333"}
        mark = "▸ " if place == here else ""
        ax.text(x, y, f"{mark}{name}  {place}", va="center", fontsize=SMALL, **look)

    write(0.1, 0.18, "you are here:", here)
    top, told = 0.4, []
    for (title, modules, boxes), widths, count in zip(MAP, rows, lines):
        ax.text(
            0.1,
            top + 0.6 * line,
            title,
            va="center",
            fontsize=12,
            fontweight="bold",
            color="#0072B2",
        )
        for number, (name, place) in enumerate(modules.items()):
            write(4.0 + 1.9 * number, top + 0.6 * line, name, place)
        top += 1.4 * line
        left, height, said = 0.1, line * (count + 0.5), []
        for (box, functions), width in zip(boxes.items(), widths):
            face = {"facecolor": "white", "edgecolor": "#999999"}
            ax.add_patch(Rectangle((left, top), width, height, **face))
            ax.text(
                left + 0.08, top + 0.75 * line, box, va="center", fontsize=LARGE, color="#0072B2"
            )
            # a question stands beside the way
            if said and not box.endswith("?"):
                ax.annotate(
                    "", (left, top + height / 2), (left - gap, top + height / 2), arrowprops=ARROW
                )
            for row, (name, place) in enumerate(functions.items(), 1):
                write(left + 0.08, top + (row + 0.75) * line, name, place)
            said.append(
                f"{box} ({', '.join(f'{name} {place}' for name, place in functions.items())})"
            )
            left += width + gap
        told.append(
            f"{title}{''.join(f', {name} {place}' for name, place in modules.items())}: {', '.join(said)}."
        )
        top += line * (count + 0.7) + gap
    own = [
        name
        for _, modules, boxes in MAP
        for part in (modules, *boxes.values())
        for name in part
        if part[name] == here
    ]
    alt = f"A map of the model: boxes in {len(MAP)} rows, each with its functions and the number of their notebook. "
    return figure, f"{alt}{' '.join(told)} You are here, in {here}: {', '.join(own)}."


def _box_width(box: str, functions: dict[str, str]) -> float:
    """The width in inches of a box whose longest line just fits, with the mark of "you are here" before it."""
    lines = [(box, LARGE), *((f"▸ {name}  {place}", SMALL) for name, place in functions.items())]
    widest = max(TextPath((0, 0), text, size=size).get_extents().width for text, size in lines)
    # letters on whole pixels are a little wider
    return 0.2 + 1.06 * widest / 72


def play(draw: Callable[..., tuple[Figure, str]], alt: str, **controls: Slider | Choice) -> None:
    """Shows the figure and the words that `draw(**values)` gives, and draws again whenever a control moves.

    The notebook saves the picture like any other output, so it stays even if controls can't run.
    """

    def picture(**values) -> Picture:
        figure, words = draw(**values)
        return Picture(figure, alt, words)

    first = picture(**{name: control.value for name, control in controls.items()})
    if not (is_live() and find_spec("ipywidgets")):
        display(first)
        return
    import ipywidgets

    widgets = {name: _widget(control) for name, control in controls.items()}
    rows = {
        "grid_template_columns": "repeat(auto-fit, 345px)",
        "max_width": "690px",
    }  # of two, or one in a narrow window
    panel = ipywidgets.GridBox(list(widgets.values()), layout=rows)
    labels = ", ".join(control.label for control in controls.values())
    if hasattr(panel, "_repr_mimebundle_"):
        display(
            {
                **panel._repr_mimebundle_(),
                "text/plain": f"(Controls, in a running notebook: {labels})",
            },
            raw=True,
        )
    else:  # ipywidgets before 8
        display(panel)
    display({"application/javascript": NAMES, "text/plain": ""}, raw=True)
    shown = display(first, display_id=True)
    for widget in widgets.values():
        widget.observe(
            lambda _: shown.update(picture(**{name: w.value for name, w in widgets.items()})),
            "value",
        )


def _widget(control: Slider | Choice):
    import ipywidgets

    look = {
        "description": control.label,
        "style": {"description_width": "125px"},
        "layout": {"width": "335px"},
    }
    if isinstance(control, Choice):
        # JupyterLab takes the keys that would open a Dropdown for its own commands
        return ipywidgets.SelectionSlider(options=control.options, value=control.value, **look)
    kind = ipywidgets.IntSlider if isinstance(control.step, int) else ipywidgets.FloatSlider
    digits = (
        {}
        if isinstance(control.step, int)
        else {"readout_format": f".{len(str(control.step).split('.')[1])}f"}
    )
    return kind(
        value=control.value, min=control.low, max=control.high, step=control.step, **digits, **look
    )
