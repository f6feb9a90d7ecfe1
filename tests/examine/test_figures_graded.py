"""The figures' modules and grading: a submission may play with them, and earns the same whatever it makes of them."""

import json
import re

import nbformat
import pytest

from proctor.answers import put, solved
from proctor.course import assignments
from proctor.examine.examine import examine, run_submission
from proctor.examine.packed import unpack
from proctor.grading.outcome import Conditions, pack
from proctor.sandbox.cell import Limits
from proctor.submission import with_released_cells

NAME = "03-softmax"
FORBIDDEN = "def softmax(x, dim):\n    return torch.softmax(x, dim)\n"
HIDING = """
import torch
real = torch.softmax
torch.softmax = lambda x, dim: 1 / 0
def softmax(x, dim):
    return real(x, dim)
raise SystemExit("a hostile figures.py ran")
"""
WRITE = f"open('figures.py', 'w').write({HIDING!r}); open('play.py', 'w').write({HIDING!r})"


@pytest.fixture(scope="module")
def assignment(course):
    return assignments(course)[NAME]


def whole(assignment):
    """A submission as nbgrader hands it on: every cell answered, and the hidden checks named."""
    return nbformat.read(assignment.source, as_version=4)


def with_cells(notebook, *sources):
    """The notebook with cells of a student's own at its beginning and at its end."""
    first, last = ([nbformat.v4.new_code_cell(source) for source in sources] for _ in range(2))
    notebook.cells = first + notebook.cells + last
    return notebook


@pytest.mark.full
@pytest.mark.parametrize(
    "files",
    [{}, {"figures.py": HIDING.encode(), "play.py": HIDING.encode()}],
    ids=["none", "hostile"],
)
@pytest.mark.parametrize("draw_all", [False, True])
def test_a_submission_earns_the_same_whatever_its_figures_are(assignment, files, draw_all):
    """Its own figures.py is never imported; the course's own is, and draws a picture where figures are wanted."""
    found = run_submission(
        with_released_cells(with_cells(whole(assignment), WRITE), assignment, files),
        Conditions(Limits(), 1, draw_all=draw_all),
    )
    assert found.report.score == found.report.max_score == 30
    figures = [
        c
        for c in found.notebook.cells
        if re.fullmatch(r"import figures\s+figures\.\w+\(.*\)", c.source)
    ]
    drawn = [cell for cell in figures if cell.outputs]
    assert figures and drawn == (figures if draw_all else [])
    for cell in drawn:
        assert not any(output.output_type == "error" for output in cell.outputs)
        (shown,) = [output for output in cell.outputs if "image/png" in output.get("data", {})]
        assert not any("Controls" in str(output) for output in cell.outputs)
        assert len(shown["data"]["text/plain"]) > 40


@pytest.mark.full
def test_a_file_of_ones_own_may_use_a_builtin_no_more_than_a_cell(assignment):
    helper = b"import torch\nreal = torch.softmax\ndef softmax(x, dim):\n    return real(x, dim)\n"
    notebook = put(whole(assignment), "softmax", "from helper import softmax")
    found = run_submission(
        with_released_cells(notebook, assignment, {"helper.py": helper}), Conditions(Limits(), 1)
    )
    cells = {cell.id: cell for cell in found.report.cells}
    assert cells["softmax_values"].status == "forbidden"
    assert "line 4: `return real(x, dim)`" in cells["softmax_values"].message


@pytest.mark.full
@pytest.mark.parametrize("draw_all", [False, True])
def test_hostile_figures_hide_no_forbidden_builtin(assignment, draw_all):
    files = {"figures.py": HIDING.encode(), "play.py": HIDING.encode()}
    notebook = with_cells(
        put(whole(assignment), "softmax", FORBIDDEN), WRITE, "import figures\nfrom figures import *"
    )
    found = run_submission(
        with_released_cells(notebook, assignment, files), Conditions(Limits(), 1, draw_all=draw_all)
    )
    assert {cell.status for cell in found.report.cells if cell.id.startswith("softmax_v")} == {
        "forbidden"
    }


def test_what_a_cluster_is_sent_draws_too(assignment):
    sent = unpack(pack(assignment))
    assert sent.modules == assignment.modules and {"figures", "play"} <= sent.modules.keys()


def test_playing_in_ones_own_cells_is_no_cheating(assignment):
    name = next(
        name
        for name in ("sampling", "attention")
        if f"def {name}(" in assignment.modules["figures"]
    )
    own = [
        f"import figures\nfigures.{name}()",
        f"import figures as f\nf.{name}()",
        f"from figures import {name}\n{name}()",
    ]
    own += [
        "from figures import *",
        "import figures, play\nhelp(figures)\nplay.Slider",
        "import figures\nlen(figures.BLUE)",
    ]
    report = examine(with_released_cells(with_cells(solved(assignment), *own), assignment))
    assert report.score == report.max_score and not report.flags


@pytest.mark.full
def test_grading_and_checking_with_the_real_commands(make_course, run, course):
    """A submission without the figures, with its own or with hostile ones: the grades and the pictures are the same."""
    copy = make_course(NAME)
    modules = {path.name: path.read_bytes() for path in (copy / "release" / NAME).glob("*.py")}
    hostile = dict.fromkeys(modules, HIDING.encode())
    for student, files in (("with", modules), ("without", {}), ("hostile", hostile)):
        folder = copy / "submitted" / student / NAME
        folder.mkdir(parents=True)
        nbformat.write(
            solved(
                assignments(course)[NAME], {"next_token_probs": "def next_token_probs(logits): 0"}
            ),
            folder / "softmax.ipynb",
        )
        for name, data in files.items():
            (folder / name).write_bytes(data)
    with (copy / "nbgrader_config.py").open("a") as file:
        file.write("c.Examine.draw_all = True\n")
    run(copy, "proctor", "grade", NAME, "--workers", "1")
    run(copy, "nbgrader", "export")
    scores = {row.split(",")[-3] for row in (copy / "grades.csv").read_text().splitlines()[1:]}
    assert len(scores) == 1 and 0 < float(*scores) < 30
    students = ("with", "without", "hostile")
    paths = [f"submitted/{student}/{NAME}/softmax.ipynb" for student in students]
    checked = json.loads(run(copy, "proctor", "check", "--json", *paths, code=1).stdout)
    assert [report["score"] for report in checked] == [float(*scores)] * 3
    for student in students:
        graded = copy / "autograded" / student / NAME
        assert {path.name: path.read_bytes() for path in graded.glob("*.py")} == modules
        shown = [
            output
            for cell in nbformat.read(graded / "softmax.ipynb", as_version=4).cells
            for output in cell.get("outputs", [])
        ]
        assert (
            sum(
                "its query turned by" in output.get("data", {}).get("text/plain", "")
                for output in shown
            )
            == 1
        )
