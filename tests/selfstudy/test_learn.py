"""Learning alone: `proctor start`, `check --hint`, `check --solution`, `watch`, and `%check` in a notebook."""

import os
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from proctor import render
from proctor.answers import put, solved
from proctor.course import assignments
from proctor.report import Report, Verdict

SHIFTLESS = "def softmax(x, dim):\n    shares = x.exp()\n    return shares / shares.sum(dim, keepdim=True)"


@pytest.fixture
def mine(course, run, tmp_path) -> Path:
    """A fresh copy of a notebook to work on, as `proctor start` makes it."""
    run(course, "proctor", "start", "03-softmax", "--to", tmp_path / "mine")
    return tmp_path / "mine" / "03-softmax" / "softmax.ipynb"


@pytest.fixture(autouse=True)
def own_state(tmp_path, monkeypatch, environment):
    monkeypatch.setitem(environment, "XDG_STATE_HOME", str(tmp_path / "state"))


def change(path: Path, exercise: str, source: str) -> None:
    nbformat.write(put(nbformat.read(path, as_version=4), exercise, source), path)


def test_start_never_overwrites(course, run, mine):
    change(mine, "softmax", SHIFTLESS)
    before = mine.read_bytes()
    said = run(course, "proctor", "start", "--to", mine.parent.parent).stdout
    assert mine.read_bytes() == before and "left as it is" in said
    assert len(list(mine.parent.parent.glob("*/*.ipynb"))) == 6


def test_start_brings_the_figures_and_leaves_ones_own(course, run, mine):
    figures, play = mine.parent / "figures.py", mine.parent / "play.py"
    assert figures.read_bytes() == (course / "release" / "03-softmax" / "figures.py").read_bytes()
    figures.write_text("# my own")
    play.unlink()
    run(course, "proctor", "start", "--to", mine.parent.parent)
    assert figures.read_text() == "# my own" and play.is_file()


def test_start_knows_its_assignments(course, run, mine):
    assert "no assignment 99" in run(course, "proctor", "start", "99", "--to", mine.parent, code=1).stderr


def test_check_names_the_misunderstanding_and_what_is_next(course, run, mine):
    change(mine, "softmax", SHIFTLESS)
    said = run(course, "proctor", "check", mine, code=1).stdout
    assert "Takes the exponential of the raw logits" in said and "Which constant can you subtract first?" in said
    assert "✓" in said and "○" in said and "Next: softmax" in said


@pytest.mark.full
def test_hints_come_one_at_a_time(course, run, mine):
    change(mine, "softmax", SHIFTLESS)
    first, second, third = (run(course, "proctor", "check", mine, "--hint", code=1).stdout for _ in range(3))
    assert "Hint 1" in first and "Hint 2" not in first
    assert "Hint 2" in second and "Hint 1" not in second
    assert "no more hints" in third and "--solution softmax" in third
    assert "amax" in run(course, "proctor", "check", mine, "--solution", "softmax").stdout
    assert "has no exercise sofmax" in run(course, "proctor", "check", mine, "--solution", "sofmax", code=1).stderr


def test_watch_tells_what_is_new(course, mine, environment, tmp_path):
    output = tmp_path / "said.txt"
    command = [str(Path(sys.executable).parent / "proctor"), "watch", str(mine.parent)]
    with output.open("w") as file:
        process = subprocess.Popen(command, cwd=course, env=environment, stdout=file, stderr=subprocess.STDOUT)

    def wait_for(words: str) -> str:
        for _ in range(600):
            if words in output.read_text():
                return output.read_text()
            time.sleep(0.1)
        raise AssertionError(f"{words!r} was not said:\n{output.read_text()}")

    try:
        wait_for("Watching")
        change(mine, "softmax", SHIFTLESS)
        said = wait_for("Next: softmax")
        assert "softmax_values  passed" in said and "softmax_stability  not yet" in said
        assert "Takes the exponential of the raw logits" in said
        (mine.parent / "broken.ipynb").write_text("{")
        wait_for("can't be examined")
        change(
            mine,
            "softmax",
            "def softmax(x, dim):\n    y = (x - x.amax(dim, keepdim=True)).exp()\n    return y / y.sum(dim, keepdim=True)",
        )
        wait_for("softmax_stability  passed")
    finally:
        process.terminate()
        process.wait(10)


def test_hints_are_markdown_wherever_they_are_shown():
    diagnosis = {"id": "x.off_by_one", "title": "Off by one", "hint": "It comes *after* `t < 1`."}
    report = Report("", "01-vectors", 0, {}, [Verdict("x_values", 0, 1, "failed", "x(1)", diagnosis)])
    assert "It comes <em>after</em> <code>t &lt; 1</code>." in render.page(report)
    assert "It comes after t < 1." in render.text(report)


@pytest.mark.full
def test_the_magic_in_a_real_kernel(course, tmp_path, monkeypatch):
    """`%check` judges what the names mean now, without saving, as a table for JupyterLab and as text elsewhere."""
    monkeypatch.setenv("PROCTOR_COURSE", str(course))
    for name in [name for name in os.environ if name.startswith("PYTEST_")]:
        monkeypatch.delenv(name)
    cells = [
        "%load_ext proctor\nimport torch",
        "%check",
        SHIFTLESS,
        "%check",
        "%check softmax_values",
        "%check nonsense",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()
    _, nothing, _, whole, one, nonsense = (cell.outputs for cell in notebook.cells)
    assert "no exercise is defined yet" in nothing[0].text
    (shown,) = [output for output in whole if output.output_type == "execute_result"]
    assert "<table" in shown.data["text/html"] and "Which constant can you subtract first?" in shown.data["text/html"]
    assert "3 of 6 points" in shown.data["text/plain"] and "softmax_stability" in shown.data["text/plain"]
    assert "3 of 3 points" in one[0].data["text/plain"]
    assert "no exercise nonsense" in nonsense[0].text


@pytest.mark.full
def test_the_same_words_reach_nbgraders_feedback(make_course, run, course):
    copy = make_course("03-softmax")
    for path in (course / "answers" / "wrong").glob("softmax*.py"):
        (copy / "answers" / "wrong").mkdir(parents=True, exist_ok=True)
        (copy / "answers" / "wrong" / path.name).write_text(path.read_text())
    folder = copy / "submitted" / "ada" / "03-softmax"
    folder.mkdir(parents=True)
    nbformat.write(solved(assignments(course)["03-softmax"], {"softmax": SHIFTLESS}), folder / "softmax.ipynb")
    for command in ("generate_assignment", "autograde", "generate_feedback"):
        run(
            copy,
            "nbgrader",
            command,
            "03-softmax",
            *(["--create", "--force"] if command == "generate_assignment" else []),
        )
    page = (copy / "feedback" / "ada" / "03-softmax" / "softmax.html").read_text()
    assert "Takes the exponential of the raw logits" in page and "Which constant can you subtract first?" in page
