"""The pictures in docs/images/ and README's table, taken from the sample class as it is graded now: `make screenshots`."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import lab
import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from pictures import COURSE, TAKEN, digests, older
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from rich.console import Console
from rich.text import Text

from proctor.answers import solved
from proctor.course import assignments

IMAGES = COURSE / "docs" / "images"
README = COURSE / "README.md"
STUDENT = "dario"  # right, but for two functions, of which this is one
EXERCISE = "next_token_probs"
NOTEBOOK = Path(lab.NAME, "softmax.ipynb")


def main() -> None:
    shown = digests(COURSE)
    with tempfile.TemporaryDirectory() as folder, lab.browser() as browser:
        course = _copy(Path(folder))
        graded = _run(course, "proctor", "grade", "--sample")
        _table(Text.from_ansi(graded).plain)
        _run(course, "proctor", "report")
        page = _open(browser, (course / "report.html").as_uri(), height=1000)
        _keep("report", page.screenshot())
        _run(
            course,
            "nbgrader",
            "generate_feedback",
            lab.NAME,
            f"--student={STUDENT}",
            "--log-level=WARN",
        )
        page = _open(
            browser, (course / "feedback" / STUDENT / NOTEBOOK).with_suffix(".html").as_uri()
        )
        page.get_by_role("heading", name=EXERCISE).first.evaluate(
            "heading => heading.scrollIntoView()"
        )
        _keep("feedback", page.screenshot())

        mine = Path("mine", NOTEBOOK)
        shutil.copytree(course / "release" / lab.NAME, (course / mine).parent)
        shutil.copy(course / "submitted" / STUDENT / NOTEBOOK, course / mine)
        _terminal(
            browser,
            "check",
            f"proctor check {mine}",
            _run(course, "proctor", "check", mine, "--seed=1"),
        )
        nbformat.write(_answered(assignments(course)[lab.NAME]), course / mine)
        with lab.lab(course, Path(folder) / "private") as server:
            _notebook(browser, server.replace("?", f"lab/tree/{mine}?"))
            _formgrader(browser, server)
        # the last notebook takes ten minutes
        if any("writing.png" in line for line in older(COURSE)):
            _writing(browser, _page_of_the_last_notebook(course))
    (COURSE / TAKEN).write_text(json.dumps(shown, indent=1) + "\n")


def _copy(folder: Path) -> Path:
    copy = folder / "course"
    for name in ("source", "release", "tests/hidden", "answers/wrong", "answers/right"):
        shutil.copytree(COURSE / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(COURSE / "nbgrader_config.py", copy)
    return copy


def _run(course: Path, *command: object) -> str:
    """What one of this environment's commands prints in a terminal, colours and all."""
    program = [str(Path(sys.executable).parent / str(command[0])), *map(str, command[1:])]
    environment = os.environ | {
        "FORCE_COLOR": "1",
        "COLUMNS": "90",
        "XDG_STATE_HOME": str(course.parent / "state"),
    }
    done = subprocess.run(
        program, cwd=course, env=environment, stdout=subprocess.PIPE, text=True, timeout=600
    )
    assert done.returncode < 2, f"{command} ended with {done.returncode}"
    return done.stdout


def _table(graded: str) -> None:
    """Puts who got what in the place of what README says of it."""
    lines = graded[graded.index("The class") : graded.index("\n\nWorth a look")].splitlines()
    table = "\n".join(line.rstrip() for line in lines)
    readme = README.read_text("utf-8")
    (shown,) = re.findall(r"^The class\n.*?(?=\n```)", readme, re.DOTALL | re.MULTILINE)
    README.write_text(readme.replace(shown, table), "utf-8")


def _open(browser: Browser, address: str, width: int = 1000, height: int = 760) -> Page:
    page = browser.new_page(viewport={"width": width, "height": height})
    page.set_default_timeout(lab.PATIENCE)
    page.route(lambda url: not lab.is_here(url), lambda route: route.abort())
    page.goto(address)
    return page


def _keep(name: str, picture: bytes) -> None:
    """Writes a PNG in few colours, which is small."""
    IMAGES.mkdir(exist_ok=True)
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(128).save(
        IMAGES / f"{name}.png", optimize=True
    )
    print(f"{name}.png  {(IMAGES / f'{name}.png').stat().st_size / 1000:.0f} kB")


def _terminal(browser: Browser, name: str, title: str, printed: str) -> None:
    console = Console(record=True, width=92, file=io.StringIO())
    console.print(Text.from_ansi(f"{printed.strip()}\n"))
    page = _open(browser, "about:blank")
    page.set_content(console.export_svg(title=title))
    _keep(name, page.locator("svg").first.screenshot(omit_background=True))


def _notebook(browser: Browser, address: str) -> None:
    """The causal mask, and the exercise that follows, in JupyterLab."""
    page = _open(browser, address, 1240, 900)
    expect(page.locator(".jp-Notebook").get_by_role("heading").first).to_be_visible()
    cell = lab.go_to(page, "Exercise: causal_attention_weights")
    lab.menu(page, "Run", "Run All Above Selected Cell")
    expect(
        cell.locator("xpath=preceding-sibling::*[1]").locator(".jp-OutputArea img")
    ).to_be_visible()
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
    cell.evaluate("cell => cell.scrollIntoView({block: 'end'})")
    _keep("notebook", page.screenshot())


def _page_of_the_last_notebook(course: Path) -> Path:
    """Runs the reference solution of the last notebook, which takes ten minutes; returns the page that it writes."""
    folder = course / "source" / "08-stories"
    notebook = nbformat.read(folder / "stories.ipynb", as_version=4)
    # a graded cell ends in a line that only the grader can run
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(
        notebook, timeout=1800, kernel_name="python3", allow_errors=True, resources=resources
    ).execute()
    return folder / "my_llm.html"


def _writing(browser: Browser, written: Path) -> None:
    """The page on which the trained model shows its stories."""
    _keep("writing", _open(browser, written.as_uri(), height=620).screenshot())


def _answered(assignment) -> NotebookNode:
    """The first exercises solved, as far as the picture needs them."""
    names = list(assignment.stubs)
    return solved(
        assignment,
        {name: assignment.stubs[name] for name in names[names.index("causal_attention_weights") :]},
    )


def _formgrader(browser: Browser, server: str) -> None:
    """A submission's failed cell, with its score, and its author's answer, with a comment."""
    page = _open(browser, server, 1240, 900)
    page.goto(server.replace("?", f"formgrader/manage_students/{STUDENT}/{lab.NAME}?"))
    page.get_by_role("link", name="softmax", exact=True).click()
    expect(page.locator(f"#{EXERCISE}_values")).to_have_attribute("placeholder", "0")
    comment = page.locator(f"#{EXERCISE}-comment")
    comment.fill("Nearly: which position predicts the next token?")
    top = comment.evaluate(
        "comment => comment.closest('.cell').getBoundingClientRect().top + scrollY"
    )
    _keep(
        "formgrader",
        page.screenshot(
            full_page=True, clip={"x": 0, "y": top - 145, "width": 1240, "height": 900}
        ),
    )


if __name__ == "__main__":
    main()
