"""The pictures in docs/images/, taken from the real screens of the sample class: `make screenshots`."""

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import lab
import nbformat
from nbformat import NotebookNode
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from rich.console import Console
from rich.text import Text

from proctor.answers import solved
from proctor.course import assignments

COURSE = Path(__file__).resolve().parents[2]
IMAGES = COURSE / "docs" / "images"
STUDENT = "dario"  # right, but for the last two exercises
SUBMISSION = Path("submitted", STUDENT, lab.NAME, "softmax.ipynb")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, lab.browser() as browser:
        course = _copy(Path(folder))
        graded = _run(course, "proctor", "grade", "--sample")
        _run(course, "proctor", "report")
        _run(course, "nbgrader", "generate_feedback", lab.NAME, f"--student={STUDENT}")
        checked = _run(course, "proctor", "check", SUBMISSION, "--seed=1")

        _terminal(browser, "grade", "make grade", graded[graded.index("The class") :])
        _terminal(browser, "check", f"proctor check {SUBMISSION}", checked)
        page = _open(browser, (course / "report.html").as_uri(), height=1000)
        _keep("report", page.screenshot())
        page = _open(browser, (course / "feedback" / SUBMISSION.relative_to("submitted")).with_suffix(".html").as_uri())
        page.locator("#exercise-3").evaluate("exercise => exercise.scrollIntoView()")
        _keep("feedback", page.screenshot())
        with lab.lab(course, Path(folder) / "private") as server:
            _notebook(browser, course, server)
            _formgrader(browser, server)


def _copy(folder: Path) -> Path:
    copy = folder / "course"
    for name in ("source", "release", "tests/hidden", "answers/wrong", "answers/right"):
        shutil.copytree(COURSE / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(COURSE / "nbgrader_config.py", copy)
    return copy


def _run(course: Path, *command: object) -> str:
    """What one of this environment's commands prints in a terminal, colours and all."""
    program = [str(Path(sys.executable).parent / str(command[0])), *map(str, command[1:])]
    environment = os.environ | {"FORCE_COLOR": "1", "COLUMNS": "90"}
    done = subprocess.run(program, cwd=course, env=environment, stdout=subprocess.PIPE, text=True, timeout=600)
    assert done.returncode < 2, f"{command} ended with {done.returncode}"
    return done.stdout


def _open(browser: Browser, address: str, width: int = 1000, height: int = 760) -> Page:
    page = browser.new_page(viewport={"width": width, "height": height})
    page.set_default_timeout(lab.PATIENCE)
    page.route(lambda url: not lab.is_here(url), lambda route: route.abort())
    page.goto(address)
    return page


def _keep(name: str, picture: bytes) -> None:
    """Writes a PNG in few colours, which is small."""
    IMAGES.mkdir(exist_ok=True)
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(128).save(IMAGES / f"{name}.png", optimize=True)
    print(f"{name}.png  {(IMAGES / f'{name}.png').stat().st_size / 1000:.0f} kB")


def _terminal(browser: Browser, name: str, title: str, printed: str) -> None:
    console = Console(record=True, width=92, file=io.StringIO())
    console.print(Text.from_ansi(f"{printed.strip()}\n"))
    page = _open(browser, "about:blank")
    page.set_content(console.export_svg(title=title))
    _keep(name, page.locator("svg").first.screenshot(omit_background=True))


def _notebook(browser: Browser, course: Path, server: str) -> None:
    """The causal mask, and the exercise that follows, in JupyterLab."""
    path = course / "mine" / lab.NAME / "softmax.ipynb"
    shutil.copytree(course / "release" / lab.NAME, path.parent)
    nbformat.write(_answered(assignments(course)[lab.NAME]), path)
    page = _open(browser, server, 1240, 900)
    page.goto(server.replace("?", f"lab/tree/mine/{lab.NAME}/softmax.ipynb?"))
    expect(page.locator(".jp-Notebook").get_by_role("heading").first).to_be_visible()
    cell = lab.go_to(page, "Exercise: causal_attention_weights")
    lab.menu(page, "Run", "Run All Above Selected Cell")
    expect(cell.locator("xpath=preceding-sibling::*[1]").locator(".jp-InputPrompt")).to_have_text(re.compile(r"\d"))
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
    cell.evaluate("cell => cell.scrollIntoView({block: 'end'})")
    _keep("notebook", page.screenshot())


def _answered(assignment) -> NotebookNode:
    """The first exercises solved, as far as the picture needs them."""
    names = list(assignment.stubs)
    return solved(
        assignment, {name: assignment.stubs[name] for name in names[names.index("causal_attention_weights") :]}
    )


def _formgrader(browser: Browser, server: str) -> None:
    """A submission's failed cell, with its score, and its author's answer, with a comment."""
    page = _open(browser, server, 1240, 900)
    page.goto(server.replace("?", f"formgrader/manage_students/{STUDENT}/{lab.NAME}?"))
    page.get_by_role("link", name="softmax", exact=True).click()
    expect(page.locator("#next_token_probs_values")).to_have_attribute("placeholder", "0")
    comment = page.locator("#next_token_probs-comment")
    comment.fill("Nearly: which position predicts the next token?")
    top = comment.evaluate("comment => comment.closest('.cell').getBoundingClientRect().top + scrollY")
    _keep("formgrader", page.screenshot(full_page=True, clip={"x": 0, "y": top - 130, "width": 1240, "height": 860}))


if __name__ == "__main__":
    main()
