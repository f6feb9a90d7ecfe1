"""A notebook that carries its modules: it runs in an empty folder, and is graded like any other."""

import csv
import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

from proctor.answers import solved
from proctor.course import assignments

NAME = "03-softmax"


@pytest.fixture
def handed_out(course, tmp_path):
    """The folder with the notebook that `make handout COLAB=1` writes, by the same command."""
    command = [sys.executable, "-m", "proctor.records.handout", f"release/{NAME}", tmp_path / "out"]
    subprocess.run(command, cwd=course, check=True)
    return tmp_path / "out"


@pytest.mark.full
def test_it_needs_no_file_beside_it(handed_out):
    (path,) = handed_out.iterdir()
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    first, setup, *_ = code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    figure = next(cell for cell in code if cell.source.startswith("import figures"))
    assert first is notebook.cells[0]
    assert first.metadata.jupyter.source_hidden and first.metadata.cellView == "form"
    notebook.cells = [first, setup, figure]
    resources = {"metadata": {"path": handed_out}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=resources).execute()
    assert {"play.py", "expect.py", "figures.py"} <= {each.name for each in handed_out.iterdir()}


@pytest.mark.full
def test_it_is_graded_like_any_other(handed_out, course, make_course, run):
    copy = make_course(NAME)
    assignment = assignments(course)[NAME]
    notebook = nbformat.read(handed_out / "softmax.ipynb", as_version=4)
    answered = solved(assignment)
    assert len(notebook.cells) == len(answered.cells) + 1
    for cell, answer in zip(notebook.cells[1:], answered.cells):
        cell.source = answer.source
    # as after a copy into a fresh notebook
    for number, cell in enumerate(notebook.cells):
        cell.metadata = NotebookNode()
        cell.id = f"fresh-{number}"
    folder = copy / "submitted" / "ada" / NAME
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / "softmax.ipynb")
    run(copy, "proctor", "grade", "--workers", "1")
    run(copy, "nbgrader", "export")
    (row,) = csv.DictReader((copy / "grades.csv").open())
    assert (row["score"], row["max_score"]) == ("30.0", "30.0")
