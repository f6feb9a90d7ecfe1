"""Every source notebook runs from start to end in a real kernel, with warnings as errors, and is pleasant to open."""

import ast
import json
import os
import re
import shutil
import sys
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from proctor.course import HIDDEN, assignments, grade_id, is_reason
from proctor.course.hints import hints
from proctor.examine.examine import run_submission
from proctor.grading.outcome import Conditions
from proctor.sandbox.cell import Limits
from proctor.submission import with_released_cells

NOTEBOOKS = sorted(Path(__file__).resolve().parents[2].glob("source/0[1-6]-*/*.ipynb"))
CHECK = re.compile(r"\b(?:expect|that|contract|prediction|try_examples|checks\.\w+)\(")
ALLOWED = {"torch", "matplotlib", "tqdm"}


def test_there_are_six():
    assert [path.parent.name[:2] for path in NOTEBOOKS] == ["01", "02", "03", "04", "05", "06"]


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(p, marks=[] if p.stem == "softmax" else pytest.mark.full, id=p.stem)
        for p in NOTEBOOKS
    ],
)
def test_runs_in_a_real_kernel(path, tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.source = HIDDEN.sub("", cell.source)
    # from here on: a kernel's own start may warn
    strict = "import warnings\nwarnings.simplefilter('error')"
    notebook.cells.insert(0, nbformat.v4.new_code_cell(strict))
    for module in path.parent.glob("*.py"):
        shutil.copy(module, tmp_path)
    os.environ.pop("PYTEST_DISABLE_PLUGIN_AUTOLOAD", None)
    NotebookClient(
        notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    ).execute()
    pictures = sum(
        "image/png" in o.get("data", {}) for cell in notebook.cells for o in cell.get("outputs", [])
    )
    assert pictures >= 2
    predictions = [
        cell for cell in notebook.cells if re.fullmatch(r"predict_\w+_value", grade_id(cell) or "")
    ]
    noted = ["".join(output.text for output in cell.outputs) for cell in predictions]
    assert len(noted) == 3 and all(re.fullmatch("noted: .+\n", text) for text in noted)
    warned = [
        o.text for c in notebook.cells for o in c.get("outputs", []) if o.get("name") == "stderr"
    ]
    assert not [text for text in warned if "Warning" in text or "%|" in text], (
        "a warning, or a bar, looks like an error"
    )


@pytest.mark.full
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_nothing_needs_its_figures(path):
    """Grading leaves out the cells tagged `figure` and the visible checks: every other one still runs, for full marks."""
    assignment = assignments(path.parents[2])[path.parent.name]
    submission = with_released_cells(nbformat.read(path, as_version=4), assignment)
    left_out = [cell.source for cell in submission.cells(draw_all=False)].count("")
    tags = [cell.metadata.get("tags", []) for cell in assignment.released.cells]
    figures = [each for each in tags if "figure" in each]
    assert left_out == len(figures) + len(assignment.graded) - len(assignment.self_checked)
    found = run_submission(submission, Conditions(Limits(), 1))
    shown = [output for cell in found.notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in shown if output.output_type == "error"]
    assert found.report.score == found.report.max_score in (26, 30)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_figures_and_checks_are_folded_and_short(path):
    """In the release, and again in a submission that says otherwise; no check is much longer than twenty-four lines."""
    assignment = assignments(path.parents[2])[path.parent.name]
    submitted = deepcopy(assignment.released)
    for cell in submitted.cells:
        cell.metadata.pop("jupyter", None)
    for cell in assignment.released.cells:
        is_check = cell.metadata.get("nbgrader", {}).get("grade", False)
        is_folded = cell.metadata.get("jupyter", {}).get("source_hidden", False)
        assert is_folded == (is_check or "figure" in cell.metadata.get("tags", [])), cell.id
        # Colab looks at this, JupyterLab at the other
        assert is_folded == (cell.metadata.get("cellView") == "form"), cell.id
        assert not is_check or len(cell.source.splitlines()) <= 32, cell.id
    again = [
        cell
        for cell in with_released_cells(submitted, assignment).notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade")
    ]
    assert again and all(cell.metadata.jupyter.source_hidden for cell in again)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_release_needs_little(path):
    """A release notebook imports torch, matplotlib, tqdm and the standard library, and nothing else but what lies beside it.

    That needs IPython, and ipywidgets when figures move, and proctor to name a misunderstanding.
    """
    released = path.parents[2] / "release" / path.parent.name / path.name
    cells = [
        cell.source
        for cell in nbformat.read(released, as_version=4).cells
        if cell.cell_type == "code"
    ]
    modules = {module.stem: module.read_text() for module in released.parent.glob("*.py")}
    for source, extra in [
        *((cell, {"figures", "expect", "play", "suspects", "checks"}) for cell in cells),
        *((m, {"IPython", "play", "expect"}) for m in modules.values()),
    ]:
        for node in ast.walk(ast.parse(source)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                allowed = (
                    ALLOWED
                    | sys.stdlib_module_names
                    | extra
                    | ({"ipywidgets", "proctor"} if node.col_offset else set())
                )
                assert name.split(".")[0] in allowed, f"{released} imports {name}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_exercise_has_two_hints_or_three_difficulty_and_few_checks(path):
    notebook = nbformat.read(path, as_version=4)
    text = {cell.id: cell.source for cell in notebook.cells}
    exercise, checks, stub = "", {}, {}
    for cell in nbformat.read(
        path.parents[2] / "release" / path.parent.name / path.name, as_version=4
    ).cells:
        facts = cell.metadata.get("nbgrader", {})
        if facts.get("solution"):
            exercise = facts["grade_id"]
            stub[exercise] = cell.source
        elif facts.get("grade"):
            checks[exercise] = checks.get(exercise, 0) + len(CHECK.findall(cell.source))
    for exercise, source in stub.items():
        assert 1 <= checks[exercise] <= 20, f"{exercise} has {checks[exercise]} visible checks"
        if exercise.startswith("predict_"):
            assert f"### Predict: `{exercise}`" in text[f"{exercise}-question"]
            continue
        assert text[f"{exercise}-hints"].count("<details>") in (2, 3), exercise
        assert (
            "Difficulty" in text[f"{exercise}-exercise"]
            and "minutes" in text[f"{exercise}-exercise"]
        ), exercise
        assert len(source.splitlines()) <= 30 and (
            '"""' in source or exercise.startswith("catch_")
        ), exercise


@pytest.mark.parametrize("number", range(1, 8))
def test_every_solution_has_a_reason_which_is_not_released_and_every_prediction_a_question(
    course, number
):
    (assignment,) = (
        each for each in assignments(course).values() if each.name.startswith(f"0{number}-")
    )
    assert assignment.reasons.keys() == assignment.stubs.keys()
    released = json.dumps(assignment.released, ensure_ascii=False)
    for exercise, reason in assignment.reasons.items():
        if assignment.is_prediction(exercise):
            (hint,) = hints(assignment, exercise)
            assert hint.endswith("?"), exercise
        assert 80 < len(reason) < 800 and reason.endswith("."), exercise
        assert json.dumps(reason, ensure_ascii=False).strip('"') not in released, exercise
    assert not [
        cell for cell in assignment.released.cells if is_reason(cell) or "-reason" in cell.id
    ]


@pytest.mark.parametrize("number", range(1, 8))
def test_one_place_says_what_run_all_does_and_where_to_ask(course, number):
    (assignment,) = (
        each for each in assignments(course).values() if each.name.startswith(f"0{number}-")
    )
    (place,) = (cell.source for cell in assignment.released.cells if "**Stuck?**" in cell.source)
    (words,) = (paragraph for paragraph in place.split("\n\n") if "**Stuck?**" in paragraph)
    assert (
        "**Run All**" in words
        and "ask your teacher" in words
        and re.search("proctor hint (NAME|embed)", words)
    )
