"""The figures in JupyterLab, in a real browser: a control moved by keyboard moves the picture and the numbers."""

import json
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from lab import Watch, barriers, lab, profile
from playwright.sync_api import expect

from proctor.answers import solved
from proctor.course import assignments

pytestmark = pytest.mark.full

LOOP = "06-training-loop/training_loop.ipynb"
TINY = "07-tiny-llm/tiny_llm.ipynb"
# every cell is in the page
WHOLE = {"@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"}}


@pytest.fixture(scope="module")
def address(tmp_path_factory, course, browser):
    """Of a JupyterLab over a copy of the released notebooks; those of 06 and 07 are solved, for their models train."""
    place = tmp_path_factory.mktemp("lab")
    shutil.copytree(course / "release", place / "release")
    loop = solved(assignments(course)["06-training-loop"])
    for cell in loop.cells:
        # enough to see it grow
        cell.source = (
            cell.source.replace("2000", "600")
            if cell.id in ("run-watch", "run-train")
            else cell.source
        )
    nbformat.write(loop, place / "release" / LOOP)
    nbformat.write(solved(assignments(course)["07-tiny-llm"]), place / "release" / TINY)
    with lab(place / "release", place / "private", WHOLE) as address:
        yield address


class Notebook:
    """A notebook that is open in JupyterLab; cells are found by their id."""

    def __init__(self, page, path: Path):
        self.page, self.watch = page, Watch(page)
        self.ids = [cell["id"] for cell in json.loads(path.read_text())["cells"]]

    def open(self, address: str) -> None:
        self.page.goto(f"{address}&reset", timeout=60_000)
        self.page.wait_for_function(
            f"document.querySelectorAll('.jp-Notebook .jp-Cell').length == {len(self.ids)}",
            timeout=60_000,
        )
        # before there is one, "idle" is said, too
        kernel = self.page.locator(".jp-KernelName", has_text="Python 3")
        kernel.wait_for(timeout=60_000)
        self.page.wait_for_selector(
            ".jp-Notebook-ExecutionIndicator[data-status=idle]", timeout=60_000
        )

    def cell(self, name: str):
        return self.page.locator(".jp-Notebook .jp-Cell").nth(self.ids.index(name))

    def start(self, name: str) -> None:
        # the three dots of a folded cell unfold it
        self.cell(name).locator(".cm-content, .jp-Placeholder-content").first.click()
        self.page.keyboard.press("Control+Enter")

    def run(self, name: str) -> None:
        """Runs a cell and waits for its end."""
        self.start(name)
        self.cell(name).locator(".jp-InputPrompt", has_text=re.compile(r"\[\d+\]")).wait_for(
            timeout=90_000
        )
        # JupyterLab puts the focus back on the notebook with the next frame
        self.page.evaluate(
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )

    def words(self, name: str) -> str:
        return self.cell(name).locator(".jp-OutputArea [role=status]").inner_text()

    def picture(self, name: str) -> str:
        return self.cell(name).locator(".jp-OutputArea img").get_attribute("src")

    def size(self, name: str) -> list[int]:
        image = self.cell(name).locator(".jp-OutputArea img")
        for _ in range(100):
            size = image.evaluate("img => [img.offsetWidth, img.offsetHeight]")
            # a picture that JupyterLab has just put in another's place is 0 wide until it is laid out
            if all(size):
                return size
            self.page.wait_for_timeout(100)
        raise AssertionError(f"the picture of {name} never got a size")

    def press(self, name: str, control: str, *keys: str) -> None:
        """Presses keys on the control of this label, which Tab reaches."""
        slider = (
            self.cell(name).locator(".widget-slider", has_text=control).locator("[role=slider]")
        )
        slider.focus()
        for key in keys:
            value = slider.get_attribute("aria-valuenow")
            for _ in range(10):  # the focus may be gone, and the key with it
                slider.press(key)
                if slider.get_attribute("aria-valuenow") != value:
                    break
            else:
                raise AssertionError(
                    f"{key} does not move {control!r} of {name}, which stays at {value}"
                )

    def wait_for_words(self, name: str, words: str) -> None:
        said = self.cell(name).locator("[role=status]")
        expect(said).to_contain_text(words, timeout=30_000)


@pytest.fixture(scope="module")
def context(browser):
    """One profile for all: JupyterLab's own program is loaded once."""
    context = profile(browser, viewport={"width": 1200, "height": 900})
    yield context
    context.close()


@pytest.fixture
def opened(course, context, address):
    """Opens a released notebook in a window of its own; in the end no error may be in the browser's console."""
    opened = []

    def open_notebook(path: str) -> Notebook:
        notebook = Notebook(context.new_page(), course / "release" / path)
        opened.append(notebook)
        notebook.open(address.replace("?", f"lab/tree/{path}?"))
        notebook.run("setup")
        return notebook

    yield open_notebook
    for notebook in opened:
        notebook.page.close()
        assert not notebook.watch.errors


# by notebook: a figure's cell, a control's label, keys, and what is said before and after
FIGURES = {
    "01-vectors/vectors.ipynb": [
        (
            "dot-arrows",
            "a, first entry",
            ["ArrowLeft"] * 12,
            "Dot product: 12.00",
            "Dot product: -12.00",
        ),
        (
            "cosine-picture",
            "query's direction",
            ["Home"],
            "Nearest by cosine: kitten",
            "Nearest by cosine: truck",
        ),
    ],
    "02-matmul/matmul.ipynb": [
        (
            "linear-picture",
            "W, lower right",
            ["ArrowLeft"] * 14,
            "1 before, is 1.40",
            "1 before, is 0.00",
        ),
        (
            "two-layers-picture",
            "activation between",
            ["ArrowRight"] * 2,
            "distance is 0.000",
            "GELU between",
        ),
    ],
    "03-softmax/softmax.ipynb": [
        (
            "temperature-picture",
            "temperature",
            ["ArrowLeft"] * 3,
            "cat has probability 0.4",
            "cat has probability 0.515",
        ),
        ("causal-picture", "position t", ["Home"], "Position 3", "attends to: the 1.00."),
    ],
    "04-cross-entropy/cross_entropy.ipynb": [
        ("surprise-picture", "right token gets", ["End"], "the loss is 0.693", "the loss is 0.000"),
        ("two-distributions-picture", "q, bar of moon", ["Home"], "p and q: 1.386", "p and q: inf"),
    ],
    "05-gradients/gradients.ipynb": [
        (
            "graph-picture",
            "step of the walk",
            ["Home"],
            "w0.grad = 10, w1.grad = 15",
            "nothing is computed yet",
        ),
        (
            "downhill-picture",
            "learning rate",
            ["End"],
            "learning rate 0.10",
            "It runs away: it diverges",
        ),
    ],
}


@pytest.mark.parametrize("path", FIGURES, ids=lambda path: Path(path).stem)
def test_a_key_moves_the_picture_and_the_numbers(opened, path):
    notebook = opened(path)
    for cell, control, keys, before, after in FIGURES[path]:
        notebook.run(cell)
        notebook.wait_for_words(cell, before)
        size, picture = notebook.size(cell), notebook.picture(cell)
        assert notebook.cell(cell).locator("img").get_attribute("alt")
        notebook.press(cell, control, *keys)
        notebook.wait_for_words(cell, after)
        assert barriers(notebook.page, ".jp-OutputArea") == []
        # the words may come first
        expect(notebook.cell(cell).locator("img")).not_to_have_attribute("src", picture)
        assert notebook.size(cell) == size


def test_tab_leads_through_the_controls(opened):
    notebook = opened("05-gradients/gradients.ipynb")
    notebook.run("downhill-picture")
    notebook.press("downhill-picture", "learning rate")
    reached = []
    for _ in range(12):
        notebook.page.keyboard.press("Tab")
        reached.append(notebook.page.evaluate("document.activeElement.getAttribute('role')"))
    assert reached.count("slider") == 2


def test_the_loss_grows_while_the_model_trains(opened):
    notebook = opened(LOOP)
    for cell in "text build_vocab encode_decode encode-story get_batch TinyLM bound train evaluating evaluate generate run-before".split():
        notebook.run(cell)
    notebook.run("run-watch")
    assert "No step yet" in notebook.words("run-watch")
    notebook.start("run-train")
    seen = set()
    for _ in range(2000):
        seen.add(words := notebook.words("run-watch"))
        if "Step 600 of 600" in words:
            break
        notebook.page.wait_for_timeout(100)
    assert "Step 600 of 600" in words and "Half of the way down was done at step 1" in words
    assert len({said for said in seen if said.startswith("Step")}) >= 3


def test_a_training_that_is_stopped_leaves_a_model_to_look_at(opened):
    notebook = opened(TINY)
    for cell in "SelfAttention Block TinyTransformer text run-before".split():
        notebook.run(cell)
    notebook.start("run-train")
    # the first row is there, and the second is being trained
    notebook.wait_for_words("run-train", "TinyLM 2.")
    notebook.page.get_by_title("Interrupt the kernel").click()
    stopped = notebook.cell("run-train").locator(
        ".jp-OutputArea", has_text="What has been learned so far is kept."
    )
    stopped.wait_for(timeout=30_000)
    notebook.run("attention-map")
    notebook.wait_for_words("attention-map", "Position 41, r")
    notebook.press("attention-map", "position t", "Home")
    notebook.wait_for_words("attention-map", "Position 0, l, attends most to: head 1: l at 0 1.00;")
    notebook.press("attention-map", "head", "Home")
    assert barriers(notebook.page, ".jp-OutputArea") == []
