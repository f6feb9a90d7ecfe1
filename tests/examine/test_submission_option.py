"""`pytest tests/hidden --submission NOTEBOOK` gives the verdicts of `proctor check`, and reads well."""

import re

import nbformat
import pytest

from proctor.answers import put


@pytest.mark.full
def test_wrong_answer(course, run, tmp_path):
    notebook = nbformat.read(course / "source/03-softmax/softmax.ipynb", as_version=4)
    nbformat.write(
        put(notebook, "softmax", "def softmax(x, dim):\n    return x.exp()"),
        tmp_path / "wrong.ipynb",
    )
    done = run(course, "pytest", "tests/hidden", "--submission", tmp_path / "wrong.ipynb", code=1)
    assert "test_softmax_values" in done.stdout
    assert "returned float32" in done.stdout
    assert "def test_" not in done.stdout and "proctor/" not in done.stdout, (
        "internals in the output"
    )
    assert "test_01_vectors" not in done.stdout


@pytest.mark.full
def test_a_check_that_crashes_tells_its_author_where(make_course, run):
    course = make_course("03-softmax")
    checks, notebook = (
        course / "tests/hidden/test_03_softmax.py",
        course / "source/03-softmax/softmax.ipynb",
    )
    checks.write_text(
        checks.read_text()
        + "\n\ndef test_softmax_values__odd(student, draw):\n    [].pop()  # crashes\n"
    )
    hidden = (
        "pytest",
        "tests/hidden",
        "-p",
        "proctor.examine.pytest_plugin",
        "-k",
        "softmax_values",
        "--submission",
    )
    for command in (hidden, ("proctor", "check")):
        said = " ".join(run(course, *command, notebook, code=1).stdout.split())
        assert "the check could not judge this answer; tell your instructor (IndexError)" in said
        assert re.search(
            r"IndexError: pop from empty list test_03_softmax.py, line \d+: `\[\].pop\(\)", said
        ), said


@pytest.mark.full
def test_foreign_notebook(course, run, tmp_path):
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "foreign.ipynb")
    done = run(course, "pytest", "tests/hidden", "--submission", tmp_path / "foreign.ipynb", code=4)
    assert "shares no graded cell" in done.stderr + done.stdout
