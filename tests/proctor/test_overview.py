"""`proctor report`: one page that opens offline, and the same data for programs."""

import csv
import io
import json
import re

import nbformat
import pytest

from proctor.corpus import solved
from proctor.course import assignments

NAME = "03-softmax"
SHIFTLESS = "def softmax(x, dim):\n    shares = x.exp()\n    return shares / shares.sum(dim, keepdim=True)"


@pytest.fixture(scope="module")
def graded(course, copy_course, run, tmp_path_factory):
    """A class of three, one of them with a mistake, one with a process that ends."""
    copy = copy_course(tmp_path_factory.mktemp("class") / "course", NAME)
    (copy / "tests" / "misconceptions").mkdir()
    text = (course / "tests" / "misconceptions" / "softmax.py").read_text()
    (copy / "tests" / "misconceptions" / "softmax.py").write_text(text)
    answers = {
        "ada": {},
        "<b>eve": {"softmax": SHIFTLESS},
        "zoe": {"softmax": "def softmax(x, dim):\n    import os; os._exit(1)"},
    }
    for student, wrong in answers.items():
        folder = copy / "submitted" / student / NAME
        folder.mkdir(parents=True)
        nbformat.write(solved(assignments(course)[NAME], wrong), folder / "softmax.ipynb")
    run(copy, "proctor", "grade")
    return copy


def test_the_page(graded, run):
    run(graded, "proctor", "report")
    page = (graded / "report.html").read_text()
    assert "&lt;b&gt;eve" in page and "<b>eve" not in page
    assert "Takes the exponential of the raw logits" in page and "<svg" in page
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", page), "it needs nothing from elsewhere"


def test_the_same_for_programs(graded, run):
    data = json.loads(run(graded, "proctor", "report", "--json").stdout)
    (assignment,) = data["assignments"]
    scores = {each["student"]: each["score"] for each in assignment["submissions"]}
    assert scores["ada"] == 20 and 0 < scores["<b>eve"] < 20
    values = next(cell for cell in assignment["cells"] if cell["id"] == "softmax_stability")
    assert values["passed"] == 1 and sum(values["statuses"].values()) == 3
    (known,) = [m for m in assignment["misconceptions"] if m["id"] == "softmax.without_shift"]
    assert known["students"] == ["<b>eve"] and known["title"] == "Takes the exponential of the raw logits"
    assert [each["student"] for each in assignment["submissions"] if each["looks"]] == ["zoe"]
    assert assignment["seconds"]["median"] > 0 and all(assignment["walls"].values())
    rows = list(csv.DictReader(io.StringIO(run(graded, "proctor", "report", "--csv").stdout)))
    assert {row["student"]: float(row["score"]) for row in rows} == scores


def test_without_names(graded, run):
    for kind in ("--json", "--csv"):
        said = run(graded, "proctor", "report", kind, "--anonymous").stdout
        assert "b>eve" not in said and "zoe" not in said and "student 1" in said
    run(graded, "proctor", "report", "--anonymous", "--to", "nameless.html")
    assert "&gt;eve" not in (graded / "nameless.html").read_text()


def test_nothing_graded_yet(make_course, run):
    assert "run 'proctor grade' first" in run(make_course(NAME), "proctor", "report", code=1).stderr
