"""The documentation: it builds without a warning, opens offline, its links lead somewhere, and what it says to do works."""

import csv
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import click
import nbformat
import pytest
import torch
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell
from steps import follow, steps
from traitlets import HasTraits

from proctor import checks
from proctor.cli import main
from proctor.course.render import MARKS
from proctor.course.report import PROMISES
from proctor.grading.student import Draw
from proctor.records.plugins import Examine

COURSE = Path(__file__).resolve().parents[2]
DOCS = COURSE / "docs"
PAGES = sorted([*DOCS.glob("*.md"), *DOCS.glob("reference/*.md")])
# in one course, one after the other
CLASS = ["teach", "reference/lateness", "reference/marking", "reference/exports"]
FOLLOWED = [*CLASS, "learn", "exercise", "protection"]
SETUP = ("pyproject.toml", "constraints.txt")
BINARIES = Path(sys.executable).parent


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The built pages, from the same command as `make docs`."""
    folder = tmp_path_factory.mktemp("site")
    recipe = re.search(r"sphinx-build (.*) docs docs/_build", (COURSE / "Makefile").read_text())
    command = [BINARIES / "sphinx-build", *recipe[1].split(), DOCS, folder]
    done = subprocess.run(command, cwd=COURSE, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return folder


class Page(HTMLParser):
    """What a page loads, where it leads, and the anchors in it."""

    def __init__(self, path: Path):
        super().__init__()
        self.loads, self.leads, self.anchors = [], [], set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.anchors |= {found[key] for key in ("id", "name") if found.get(key)}
        if tag == "a" and found.get("href"):
            self.leads.append(found["href"])
        elif tag == "link" and found.get("href") and found.get("rel") not in ("canonical",):
            self.loads.append(found["href"])
        elif found.get("src"):
            self.loads.append(found["src"])


def pages_of(site: Path) -> dict[Path, Page]:
    found = [*site.glob("*.html"), *site.glob("reference/*.html")]
    return {path: Page(path) for path in found}


@pytest.mark.full
def test_pages_load_nothing_from_elsewhere(site):
    assert len(pages_of(site)) > len(PAGES)
    for path, page in pages_of(site).items():
        for address in page.loads:
            assert not re.match(r"(https?:)?//", address), f"{path.name} loads {address}"
    for path in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*[\"']?(https?:)?//", path.read_text()), (
            f"{path.name} loads from elsewhere"
        )


@pytest.mark.full
def test_links_lead_somewhere(site):
    pages, followed = pages_of(site), 0
    for path, page in pages.items():
        for address in page.leads + page.loads:
            if re.match(r"[a-z]+:", address):
                continue
            file, anchor = urldefrag(unquote(address))
            target = (path.parent / file.partition("?")[0]).resolve() if file else path
            assert target.exists(), f"{path.name} links to {address}"
            if anchor and target in pages:
                assert anchor in pages[target].anchors, (
                    f"{path.name} links to {address}: no such heading"
                )
            followed += 1
    assert followed > 200


@pytest.mark.parametrize(
    "source", [str(page.relative_to(COURSE)) for page in (*sorted(COURSE.glob("*.md")), *PAGES)]
)
def test_files_that_are_named_exist(source):
    """Links to files, headings included, and paths of the course's own in code."""
    path = COURSE / source
    text = path.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", text, flags=re.DOTALL)):
        file, anchor = urldefrag(unquote(link))
        if re.match(r"[a-z]+:", link) or not file:
            continue
        target = path.parent / file
        assert target.exists(), f"{source} links to {link}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE)
            slugs = {
                re.sub(r"[^\w\- ]", "", title).strip().replace(" ", "-").lower()
                for title in headings
            }
            assert anchor in slugs, f"{source} links to {link}: no such heading"
    for name in re.findall(r"`((?:proctor|tests|source|release|docs|benchmarks)/[\w./-]*)`", text):
        ours = "distance" in name or "09" in name  # what the example of docs/exercise.md makes
        assert ours or (COURSE / name).exists() or name.startswith("docs/_build"), (
            f"{source} names {name}"
        )


@pytest.fixture
def fresh(tmp_path) -> Path:
    """A clone of the course, with what `make setup` made in it."""
    copy = tmp_path / "course"
    copy.mkdir()
    for name in (
        "Makefile",
        "LICENSE",
        "nbgrader_config.py",
        *SETUP,
        *(path.name for path in COURSE.glob("*.md")),
    ):
        shutil.copy(COURSE / name, copy)
    for name in (
        "answers",
        "docs",
        "helpers",
        "proctor",
        "source",
        "release",
        "tests",
        "benchmarks",
    ):
        shutil.copytree(
            COURSE / name,
            copy / name,
            ignore=shutil.ignore_patterns("_build", "__pycache__", ".ipynb_*"),
        )
    for name in ("submitted", "autograded", "feedback"):
        (copy / name).mkdir()
    (copy / ".venv").symlink_to(Path(sys.prefix))
    (copy / ".venv" / ".ready-to-test").exists() or pytest.skip(
        "the tests don't run in the environment that make sets up"
    )
    for name in SETUP:
        os.utime(copy / name, (0, 0))  # older than that environment, so that make leaves it alone
    return copy


@pytest.mark.full
@pytest.mark.parametrize(
    ("pages", "least"),
    [(CLASS, 22), (["learn"], 6), (["exercise"], 16)],
    ids=["class", "learn", "exercise"],
)
def test_what_a_page_says_to_do_works(pages, least, fresh, environment, tmp_path, run):
    # what a page adds to the course is no part of what basedpyright looks at
    looks = "'proctor lint' 'ruff check .' 'ruff format --check .'"
    environment = environment | {"XDG_STATE_HOME": str(tmp_path / "state"), "LOOKS": looks}
    done = [follow(DOCS / f"{page}.md", fresh, environment, run) for page in pages]
    assert sum(done) >= least
    if pages == CLASS:
        assert "Lovelace" in (fresh / "grades.csv").read_text()
        assert (fresh / "canvas.csv").read_text().startswith("Student,ID,")
        assert list(fresh.glob("desk/03-softmax/feedback/*/softmax.html"))
        columns = [line.split("\t") for line in (fresh / "scores.txt").read_text().splitlines()]
        assert {len(row) for row in columns} <= {3}
    if pages == ["exercise"]:
        subprocess.run(
            [BINARIES / "nbgrader", "export"],
            cwd=fresh,
            env=environment,
            check=True,
            capture_output=True,
        )
        graded = {
            row["assignment"]: row["score"] for row in csv.DictReader((fresh / "grades.csv").open())
        }
        assert graded == {"01-vectors": "32.0", "09-tokens": "20.0"}


def test_the_signatures_of_what_checks_are_written_with():
    (block,) = (step.text for step in steps(DOCS / "exercise.md") if step.text.startswith("close("))
    for line in filter(None, block.split("\n")):
        called, _, parameters = line.partition("(")
        if not parameters:
            assert hasattr(checks, called)
            continue
        scope: dict = {"torch": torch, "close": checks.close}
        exec(f"def said({parameters}: ...", scope)
        there = getattr(Draw if "." in called else checks, called.rpartition(".")[2])
        signatures = [
            inspect.signature(each).parameters.values() for each in (scope["said"], there)
        ]
        said, true = (
            [(one.name, one.kind, one.default) for one in each if one.name != "self"]
            for each in signatures
        )
        assert said == true, line


@pytest.mark.full
def test_what_is_handed_out_runs_in_an_empty_folder(fresh, environment, tmp_path):
    # a folder's name may hold a space
    fresh = fresh.rename(fresh.with_name("our course"))
    # what is missing or out of date is made anew
    (fresh / "release" / "03-softmax" / "expect.py").unlink()
    subprocess.run(
        ["make", "handout", "A=03-softmax"],
        cwd=fresh,
        env=environment,
        check=True,
        capture_output=True,
    )
    assert [path.name for path in fresh.glob("*.zip")] == ["03-softmax.zip"]
    shutil.unpack_archive(fresh / "03-softmax.zip", tmp_path / "empty")
    (folder,) = (tmp_path / "empty").iterdir()
    notebook = nbformat.read(folder / "softmax.ipynb", as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    figure = next(cell for cell in code if cell.source.startswith("import figures"))
    found = new_code_cell(
        "import expect, play\nprint(expect.__file__, play.__file__, figures.__file__)"
    )
    notebook.cells = [code[0], figure, found]
    NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": folder}}
    ).execute()
    assert {Path(name).parent for name in found.outputs[0].text.split()} == {folder}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_that_are_not_run_exist(page):
    """Commands that a page names but no test runs are spelled as `--help` has them, and say why they aren't run."""
    for step in steps(page):
        if step.kind == "bash" and str(page.relative_to(DOCS).with_suffix("")) not in FOLLOWED:
            assert step.remark.startswith("not run: "), (
                f"{page.name}, line {step.line}: run it, or say why not"
            )
        for line in step.text.splitlines() if step.kind == "bash" else ():
            match = re.match(r"(?:srun )?proctor ([\w-]+)(.*)", line.split("  #")[0])
            if match:
                command = main.commands[match[1]]
                words = match[2].split()
                if isinstance(command, click.Group):
                    command = command.commands[words[0]]
                known = {
                    option
                    for each in command.params
                    if isinstance(each, click.Option)
                    for option in each.opts
                }
                assert set(re.findall(r"(?<!\S)--[\w-]+", match[2])) <= known, (
                    f"{page.name}: {line}"
                )


@pytest.mark.full
def test_the_reference_lists_what_there_is(site, run, course):
    """Commands, fields, statuses, options and promises are those of the code."""
    page = (site / "reference" / "commands.html").read_text()
    for name, command in main.commands.items():
        assert f'id="proctor-{name}"' in page
        for option in [each for each in command.params if isinstance(each, click.Option)]:
            assert f"cmdoption-proctor-{name}-{option.opts[0].strip('-')}" in page
    text = (DOCS / "reference" / "commands.md").read_text()
    fields = (DOCS / "reference" / "json.md").read_text().partition("## Progress")[0]
    done = run(course, "proctor", "check", "release/03-softmax/softmax.ipynb", "--json", code=1)
    (report,) = json.loads(done.stdout)
    documented = set(
        re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`[^|]*)\|", fields, re.MULTILINE)))
    )
    # where a check itself failed, and where a learner made a prediction
    assert documented == report.keys() | report["cells"][0].keys() | {"crash", "reveal"}
    (statuses,) = re.findall(r"^\| `status` \|.*$", fields, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", statuses)) - {"status"} == set(MARKS)
    own = {name for name in Examine.class_own_traits() if name not in HasTraits.class_traits()}
    assert {f"`c.Examine.{name}`" for name in own} <= set(re.findall(r"`c\.[^`]*`", text))
    assert (
        "".join(f"{promise}: yes\n" for promise in PROMISES.values())
        in (DOCS / "protection.md").read_text()
    )
    learn = (DOCS / "learn.md").read_text()
    assert all(f"`{sign} {words}`" in learn for sign, _, words in MARKS.values())
