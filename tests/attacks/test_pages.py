"""The pages that show what a student wrote: made within seconds whatever it is, and nothing in it passes for the page's own."""

import json
import re
import resource
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import floods
import nbgrader.server_extensions.formgrader as formgrader
import pytest
from attack import Attack
from bs4 import BeautifulSoup
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from test_attacks import COURSE, submission
from traitlets.config.loader import PyFileConfigLoader

from proctor.answers import solved
from proctor.course import assignments
from proctor.records import feedback_page
from proctor.records.feedback_page import FeedbackPage

NAME = "03-softmax"
SECONDS = 8  # of CPU time that a page may take


def formgraders(course: Path, notebook: Path | NotebookNode) -> str:
    """The formgrader's page of a submission, by nbgrader's exporter and the course's configuration."""
    config = PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [
        str(Path(formgrader.__file__).parent / "templates")
    ]
    facts = dict.fromkeys(
        ["base_url", "student", "last_name", "first_name", "notebook_path", "submission_id"], ""
    )
    facts |= {"assignment_id": NAME, "notebook_id": "softmax", "index": 0, "total": 1}
    exporter = HTMLExporter(config=config)
    if isinstance(notebook, Path):
        return exporter.from_filename(str(notebook), resources=facts)[0]
    return exporter.from_notebook_node(notebook, resources=facts)[0]


def feedback(course: Path, notebook: NotebookNode) -> str:
    """The feedback page of a notebook in which nothing is graded."""
    nothing = SimpleNamespace(
        assignment=NAME, score="0", max_score="0", late_penalty="", waiting="0", unreadable=""
    )
    facts = nothing.__dict__ | {"exercises": [], "cells": {}, "status": {}}
    return FeedbackPage().from_notebook_node(
        notebook, resources={"feedback": SimpleNamespace(**facts)}
    )[0]


PAGES = pytest.mark.parametrize("page", [formgraders, feedback])


@pytest.mark.full
@PAGES
def test_a_text_that_takes_the_square_of_its_length_is_shown_plainly(page, course):
    cells = [new_code_cell(" \n" * 40_000 + "last = 1"), new_code_cell("def first(): pass")]
    began = time.process_time()
    text = page(course, new_notebook(cells=cells))
    assert time.process_time() - began < SECONDS
    assert "last = 1" in text and "first" in text


@pytest.mark.full
@PAGES
def test_what_a_page_has_no_time_for_is_left_out_with_a_remark(page, course):
    printed = [new_output("stream", name="stdout", text="<" * 100_000)] * 100
    began = time.process_time()
    text = page(
        course, new_notebook(cells=[new_code_cell("1", outputs=printed), new_code_cell("here = 2")])
    )
    assert time.process_time() - began < SECONDS
    assert "100000 characters, left out of this page" in text and "here" in text


@pytest.mark.full
@PAGES
def test_many_cells_behind_a_slow_one_take_no_time(page, course):
    """A process that was ended for each took 40 s of a thousand."""
    cells = [new_code_cell("x = 1\n" * 16_000) for _ in range(6)]
    cells += [new_code_cell(f"def f{number}(): pass") for number in range(600)]
    began, ours = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime, time.process_time()
    text = page(course, new_notebook(cells=cells))
    assert (
        time.process_time() - ours + resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - began
        < SECONDS
    )
    assert "f599" in text


@PAGES
def test_control_characters_and_a_turned_order_are_visible(page, course):
    nasty = "a\x1bb\x07c\x9bd\u202ee\u2066f"
    cells = [
        new_code_cell(
            f"# {nasty}",
            outputs=[new_output("stream", name="stdout", text=f"{nasty}\n\x1b[31mred\x1b[0m")],
        )
    ]
    cells += [new_markdown_cell(f"{nasty} g&#x202e;h"), new_raw_cell(nasty)]
    text = page(course, new_notebook(cells=cells))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    assert text.count("\N{REPLACEMENT CHARACTER}".join("abcdef")) == 3
    assert "g\N{REPLACEMENT CHARACTER}h" in text
    assert '<span class="ansi-red-fg">red</span>' in text


@PAGES
def test_ids_of_a_students_are_none_of_the_pages(page, course):
    source = (
        "# verdicts\n\n<a ID = next>x</a> [up](#verdicts)\n\n<div title='>'\n id=exercise-1>y</div>"
    )
    text = page(course, new_notebook(cells=[new_markdown_cell(source)]))
    ids = re.findall(r'\bid="([^"]*)"', text)
    assert {"text-verdicts", "text-next", "text-exercise-1"} <= set(
        ids
    ) and 'href="#text-verdicts">up' in text
    assert ids.count("verdicts") == (page is feedback) and not {"next", "exercise-1"} & set(ids)


@pytest.mark.parametrize(
    "open_end",
    ["<!--", "<textarea>", "<div title='", "<script>alert(1)", "</main></body>", "<style>"],
)
def test_nothing_that_a_student_left_open_reaches_beyond_its_cell(open_end, course):
    cells = [
        new_markdown_cell(f"before {open_end}"),
        new_markdown_cell("behind"),
        new_raw_cell(open_end),
    ]
    cells += [new_code_cell(open_end, outputs=[new_output("stream", name="stdout", text=open_end)])]
    soup = BeautifulSoup(text := feedback(course, new_notebook(cells=cells)), "html.parser")
    (behind,) = (tag for tag in soup.find_all("p") if tag.string == "behind")
    assert not {"textarea", "script", "style"} & {tag.name for tag in behind.parents}
    assert soup.main.find(class_="code_cell") and "<!--" not in text.replace("&lt;!--", "")


def test_a_text_is_rendered_once_in_a_process(course, monkeypatch):
    released = assignments(course)[NAME].released_sources
    same = [new_markdown_cell(text) for text in sorted(released)[:9]]
    made = []
    monkeypatch.setattr(
        feedback_page, "run_limited", lambda work, *args, cpu: made.append(args[1]) or work(*args)
    )
    first = feedback(course, new_notebook(cells=[*same, new_code_cell("first_try = 1", id="own")]))
    made.clear()
    second = feedback(course, new_notebook(cells=[*same, new_code_cell("other_try = 1", id="own")]))
    assert made == ["other_try = 1"]
    assert second.replace("other_try", "first_try") == first


# what takes the square of its length, or more, where one formats, colours or parses it
PATTERNS = [
    " \n",
    "a.",
    "*",
    "**a",
    "$",
    "\\begin{a}",
    "![",
    "](",
    "|a|b\n|-|-\n",
    "> ",
    "<a ",
    "&",
    "`a",
    "\x1b[31ma",
    "1.e",
]


def everywhere(text: str) -> NotebookNode:
    """A notebook with a text in every place that a student can write to."""
    notebook = solved(assignments(COURSE)[NAME])
    notebook.cells += [new_markdown_cell(text), new_markdown_cell(text[:5000]), new_raw_cell(text)]
    notebook.cells += [new_code_cell(f"0\n{text}")]
    printing = f"for _ in range(9): print({text!r})\nraise ValueError({text!r})"
    notebook.cells += [new_code_cell(printing) for _ in range(3)]
    return notebook


def shown_in_seconds(copy: Path, run: Callable, found: dict[str, dict], *command: str) -> None:
    """Hands notebooks in, grades them by a command, and has every page made: by commands, and by what formgraders call."""
    for student, notebook in found.items():
        folder = copy / "submitted" / student / NAME
        folder.mkdir(parents=True)
        (folder / "softmax.ipynb").write_text(json.dumps(notebook))
        (folder / "\x1b[2Jmore\x07.ipynb").write_text("{}")
    run(copy, "nbgrader", "generate_assignment", NAME, "--create", "--force")
    done = run(copy, *command, PROCTOR_LIMITS="cell=1,call=1,exercise=2,notebook=6,grace=0.3")
    assert "more" in done.stdout + done.stderr and not re.search(
        "[\x1b\x07]", done.stdout + done.stderr
    )
    for making in (
        ["nbgrader", "generate_feedback", NAME, f"--student={next(iter(found))}"],
        ["proctor", "report"],
    ):
        began = resource.getrusage(resource.RUSAGE_CHILDREN)
        run(copy, *making, alone=True)
        took = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - began.ru_utime
        # the command's own start takes some
        assert took < SECONDS + 4, f"{making} took {took} s"
    config = PyFileConfigLoader("nbgrader_config.py", path=str(copy)).load_config()
    api, slow = NbGraderAPI(CourseDirectory(config=config), config=config), {}
    for student in found:
        began = time.process_time()
        formgraders(copy, copy / "autograded" / student / NAME / "softmax.ipynb")
        shown = time.process_time()
        assert api.generate_feedback(NAME, student, force=True)["success"]
        took = shown - began, time.process_time() - shown
        if max(took) > SECONDS:
            slow[student] = took
    assert not slow


@pytest.mark.full
def test_pages_of_patterns(make_course, run):
    # several in a notebook, as a page has so much time in all
    long = [
        "".join(pattern * (20_000 // len(pattern)) for pattern in PATTERNS[n::3]) for n in range(3)
    ]
    found = {f"s{n}": everywhere(text) for n, text in enumerate(long)}
    shown_in_seconds(make_course(NAME), run, found, "nbgrader", "autograde", NAME)


@pytest.mark.full
def test_pages_of_floods(make_course, run, tmp_path):
    known = {name: attack for name, attack in vars(floods).items() if isinstance(attack, Attack)}
    assert len(known) > 30
    # each takes a second or more; what such texts hold is in `PATTERNS`, too
    found = {name: submission(known[name], tmp_path / "secret.txt") for name in list(known)[::6]}
    shown_in_seconds(make_course(NAME), run, found, "proctor", "grade", "--workers", "1", NAME)
