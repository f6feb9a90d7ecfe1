"""The pages that show what a student wrote: made within seconds whatever it is, and nothing in it passes for the page's own."""

import re
import resource
import time
from pathlib import Path
from types import SimpleNamespace

import nbformat
import nbgrader.server_extensions.formgrader as formgrader
import pytest
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config.loader import PyFileConfigLoader

from proctor.answers import solved
from proctor.course import assignments
from proctor.nbgrader_plugins.feedback import FeedbackPage

NAME = "03-softmax"
SECONDS = 5  # of CPU time that a page may take


def formgraders(course: Path, notebook: Path | NotebookNode) -> str:
    """The formgrader's page of a submission, by nbgrader's exporter and the course's configuration."""
    config = PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [str(Path(formgrader.__file__).parent / "templates")]
    facts = dict.fromkeys(["base_url", "student", "last_name", "first_name", "notebook_path", "submission_id"], "")
    facts |= {"assignment_id": NAME, "notebook_id": "softmax", "index": 0, "total": 1}
    exporter = HTMLExporter(config=config)
    if isinstance(notebook, Path):
        return exporter.from_filename(str(notebook), resources=facts)[0]
    return exporter.from_notebook_node(notebook, resources=facts)[0]


def feedback(course: Path, notebook: NotebookNode) -> str:
    """The feedback page of a notebook in which nothing is graded."""
    nothing = SimpleNamespace(assignment=NAME, score="0", max_score="0", late_penalty="", waiting="0", unreadable="")
    facts = nothing.__dict__ | {"exercises": [], "cells": {}, "status": {}}
    return FeedbackPage().from_notebook_node(notebook, resources={"feedback": SimpleNamespace(**facts)})[0]


PAGES = pytest.mark.parametrize("page", [formgraders, feedback])


@pytest.mark.parametrize("page", [formgraders, pytest.param(feedback, marks=pytest.mark.full)])
def test_a_text_that_takes_the_square_of_its_length_is_shown_plainly(page, course):
    cells = [new_code_cell(" \n" * 40_000 + "last = 1"), new_code_cell("def first(): pass")]
    began = time.process_time()
    text = page(course, new_notebook(cells=cells))
    assert time.process_time() - began < SECONDS
    assert "last = 1" in text and "first" in text


@PAGES
def test_what_a_page_has_no_time_for_is_left_out_with_a_remark(page, course):
    printed = [new_output("stream", name="stdout", text="<" * 100_000)] * 100
    began = time.process_time()
    text = page(course, new_notebook(cells=[new_code_cell("1", outputs=printed), new_code_cell("here = 2")]))
    assert time.process_time() - began < SECONDS
    assert "100000 characters, left out of this page" in text and "here" in text


@PAGES
def test_control_characters_and_a_turned_order_are_visible(page, course):
    nasty = "a\x1bb\x07c\x9bd\u202ee\u2066f"
    cells = [
        new_code_cell(f"# {nasty}", outputs=[new_output("stream", name="stdout", text=f"{nasty}\n\x1b[31mred\x1b[0m")])
    ]
    cells += [new_markdown_cell(f"{nasty} g&#x202e;h"), new_raw_cell(nasty)]
    text = page(course, new_notebook(cells=cells))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    assert text.count("a␛b␇c\N{REPLACEMENT CHARACTER}d\N{REPLACEMENT CHARACTER}e\N{REPLACEMENT CHARACTER}f") == 3
    assert "g\N{REPLACEMENT CHARACTER}h" in text
    assert '<span class="ansi-red-fg">red</span>' in text


@PAGES
def test_ids_of_a_students_are_none_of_the_pages(page, course):
    source = "# verdicts\n\n<a ID = next>x</a> [up](#verdicts)\n\n<div title='>'\n id=exercise-1>y</div>"
    text = page(course, new_notebook(cells=[new_markdown_cell(source)]))
    ids = re.findall(r'\bid="([^"]*)"', text)
    assert {"text-verdicts", "text-next", "text-exercise-1"} <= set(ids) and 'href="#text-verdicts">up' in text
    assert ids.count("verdicts") == (page is feedback) and not {"next", "exercise-1"} & set(ids)


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


def everywhere(text: str) -> list[NotebookNode]:
    """Cells with a text in every place that a student can write to."""
    cells = [new_markdown_cell(text), new_markdown_cell(text[:5000]), new_raw_cell(text), new_code_cell(f"0\n{text}")]
    return cells + [new_code_cell(f"for _ in range(9): print({text!r})\nraise ValueError({text!r})") for _ in range(3)]


def handed_in(course: Path, texts: list[str]) -> list[str]:
    """Hands in, for each text, a notebook with it in every place; returns the students' ids."""
    for number, text in enumerate(texts):
        notebook = solved(assignments(course)[NAME])
        notebook.cells += everywhere(text)
        folder = course / "submitted" / f"s{number}" / NAME
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / "softmax.ipynb")
    return [f"s{number}" for number in range(len(texts))]


@pytest.mark.full
def test_every_page_of_a_class_is_made_in_seconds(make_course, run):
    """By nbgrader's commands, all pages together, and by what its formgrader calls, one by one."""
    copy = make_course(NAME)
    students = handed_in(copy, [pattern * (90_000 // len(pattern)) for pattern in PATTERNS])
    run(copy, "nbgrader", "generate_assignment", NAME, "--create", "--force")
    for command in (["nbgrader", "autograde", NAME], ["nbgrader", "generate_feedback", NAME], ["proctor", "report"]):
        began = resource.getrusage(resource.RUSAGE_CHILDREN)
        run(copy, *command)
        took = resource.getrusage(resource.RUSAGE_CHILDREN)
        took = took.ru_utime + took.ru_stime - began.ru_utime - began.ru_stime
        assert took < SECONDS * (len(students) + 1), f"{command} took {took} s"
    config = PyFileConfigLoader("nbgrader_config.py", path=str(copy)).load_config()
    api = NbGraderAPI(CourseDirectory(config=config), config=config)
    for student, pattern in zip(students, PATTERNS, strict=True):
        began = time.process_time()
        formgraders(copy, copy / "autograded" / student / NAME / "softmax.ipynb")
        shown = time.process_time()
        assert api.generate_feedback(NAME, student, force=True)["success"]
        took = shown - began, time.process_time() - shown
        assert max(took) < SECONDS, f"{pattern!r}: {took}"
