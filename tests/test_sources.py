"""The sources of the course agree with one another: links, figures, the page of contents."""

import json
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from nbconvert.filters.markdown import markdown2html

from proctor.authoring.lint import drafts_in
from proctor.course import assignments, notebook_at

COURSE = Path(__file__).parent.parent
NOTEBOOKS = sorted(COURSE.glob("source/*/*.ipynb"))
TAUGHT = COURSE / "docs" / "reference" / "taught.md"
DRAWS = re.compile(r"^\s*(plt\.show\(|show_figure\(|import figures\b)", re.MULTILINE)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_the_links_of_a_notebook_lead_to_files(path):
    cells = [cell for cell in notebook_at(path).cells if cell.cell_type == "markdown"]
    text = "\n\n".join(cell.source for cell in cells)
    # a picture that is attached to its cell is no file
    html = markdown2html(text.replace("(attachment:", "(data:"))
    links = [tag.get("href") or tag["src"] for tag in BeautifulSoup(html).select("[href], [src]")]
    files = [unquote(urlsplit(link).path) for link in links if not urlsplit(link).scheme]
    gone = [file for file in files if not (path.parent / file).exists()]
    assert not gone, f"correct these links in {path.relative_to(COURSE)}, or remove them"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_no_figure_is_drawn_again_for_every_submission(path):
    drawn = [
        cell.id
        for cell in notebook_at(path).cells
        if DRAWS.search(cell.source) and not {"tags", "nbgrader"} & cell.metadata.keys()
    ]
    assert not drawn, "tag these cells 'figure' (Property Inspector, Cell tags)"


def test_what_is_taught_where():
    """Every cell that docs/reference/taught.md names is in its notebook, and every exercise is in the table."""
    exercises, named = set(), set()
    for assignment in assignments(COURSE).values():
        exercises |= assignment.stubs.keys() - {*drafts_in(assignment.source)}
    for line in TAUGHT.read_text().splitlines():
        columns = line.split("|")
        if len(columns) < 5 or not re.fullmatch(r" 0\d ", columns[2]):
            continue
        (path,) = COURSE.glob(f"source/{columns[2].strip()}-*/*.ipynb")
        cells = {cell["id"] for cell in json.loads(path.read_text())["cells"]}
        found = set(re.findall(r"`([^`]+)`", " ".join(columns[3:])))
        gone = ", ".join(found - cells)
        assert found and not gone, f"docs/reference/taught.md names {gone}: edit the page"
        named |= found
    unnamed = ", ".join(exercises - named)
    assert not unnamed, f"docs/reference/taught.md doesn't name {unnamed}: edit the page"
