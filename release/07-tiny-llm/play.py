"""Shows a figure as a picture with its numbers in words below and, in a running notebook, controls above.

The same file lies beside each of the notebooks; what is drawn stands in figures.py.
"""

import html
from base64 import b64encode
from collections.abc import Callable
from importlib.util import find_spec
from io import BytesIO
from typing import NamedTuple

from IPython import get_ipython
from IPython.display import display
from matplotlib import pyplot
from matplotlib.figure import Figure

# A widget's label names its slider to the eye alone: this names it to a screen reader, once the page has drawn it.
NAMES = """
const name = () => document.querySelectorAll(".widget-slider").forEach(box => {
    const label = box.querySelector(".widget-label").textContent;
    box.querySelectorAll("[role=slider]").forEach(handle => handle.setAttribute("aria-label", label));
});
[0, 500, 2000, 5000].forEach(delay => setTimeout(name, delay));
"""


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
    """A figure, what it shows for those who can't see it, and its numbers in words."""

    def __init__(self, figure: Figure, alt: str, words: str = ""):
        file = BytesIO()
        tight = {} if words else {"bbox_inches": "tight"}  # one that moves keeps its size
        figure.savefig(file, format="png", dpi=150, facecolor="white", **tight)  # white in a dark theme, too
        png = file.getvalue()
        self.png, self.alt, self.words = b64encode(png).decode(), alt, words
        # as the file says, in pixels of which 150 are an inch
        self.width, self.height = (round(int.from_bytes(png[at : at + 4]) * 80 / 150) for at in (16, 20))

    def _repr_mimebundle_(self, **_):
        size = f'width="{self.width}" height="{self.height}"'  # known beforehand, so that the page doesn't jump
        look = 'style="max-width: 100%; height: auto"'
        page = f'<img src="data:image/png;base64,{self.png}" alt="{html.escape(self.alt)}" {size} {look}>'
        if self.words:
            page += f'<p role="status" style="max-width: {self.width}px; min-height: 3em">{html.escape(self.words)}</p>'
        told = f"{self.alt} {self.words}".strip()
        details = {"alt": told, "width": self.width, "height": self.height}
        return {"text/html": page, "image/png": self.png, "text/plain": self.words or told}, {"image/png": details}


def is_live() -> bool:
    """Whether somebody may be looking on while this runs: code that is graded runs in no kernel."""
    return hasattr(get_ipython(), "kernel")


def show_figure(alt: str) -> None:
    """Shows pyplot's figure, with `alt`, made from its data, for those who can't see it."""
    figure = pyplot.gcf()
    display(Picture(figure, alt))
    pyplot.close(figure)


def play(draw: Callable[..., tuple[Figure, str]], alt: str, **controls: Slider | Choice) -> None:
    """Shows the figure and the words that `draw(**values)` gives, and draws again whenever a control moves.

    The picture is an output like any other: it is saved with the notebook and stays where controls can't run.
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
    display({**panel._repr_mimebundle_(), "text/plain": f"(Controls, in a running notebook: {labels})"}, raw=True)
    display({"application/javascript": NAMES, "text/plain": ""}, raw=True)
    shown = display(first, display_id=True)
    for widget in widgets.values():
        widget.observe(lambda _: shown.update(picture(**{name: w.value for name, w in widgets.items()})), "value")


def _widget(control: Slider | Choice):
    import ipywidgets

    look = {"description": control.label, "style": {"description_width": "125px"}, "layout": {"width": "335px"}}
    if isinstance(control, Choice):
        # JupyterLab takes the keys that would open a Dropdown for its own commands
        return ipywidgets.SelectionSlider(options=control.options, value=control.value, **look)
    kind = ipywidgets.IntSlider if isinstance(control.step, int) else ipywidgets.FloatSlider
    digits = {} if isinstance(control.step, int) else {"readout_format": f".{len(str(control.step).split('.')[1])}f"}
    return kind(value=control.value, min=control.low, max=control.high, step=control.step, **digits, **look)
