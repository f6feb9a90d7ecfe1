"""`proctor report`: one page that opens offline, and the same data for programs."""

import csv
import io
import json
import re

import nbformat
import pytest

from proctor.answers import solved
from proctor.classroom.overview import overview
from proctor.course import assignments

NAME = "03-softmax"
SHIFTLESS = "def softmax(x, dim):\n    shares = x.exp()\n    return shares / shares.sum(dim, keepdim=True)"


@pytest.fixture(scope="module")
def graded(course, copy_course, run, tmp_path_factory):
    """A class of three, one of them with a mistake, one with a process that ends."""
    copy = copy_course(tmp_path_factory.mktemp("class") / "course", NAME)
    (copy / "answers" / "wrong").mkdir(parents=True, exist_ok=True)
    text = (course / "answers" / "wrong" / "softmax.py").read_text()
    (copy / "answers" / "wrong" / "softmax.py").write_text(text)
    answers = {
        "ada": {},
        "<b>eve": {"softmax": SHIFTLESS},
        "zoe": {
            "softmax": "def softmax(x, dim):\n    import os; os._exit(1)",
            "next_token_probs": "def next_token_probs(logits):\n    raise ValueError('Zoe wrote this')",
        },
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


@pytest.mark.full
def test_the_same_for_programs(graded, run):
    data = json.loads(run(graded, "proctor", "report", "--json").stdout)
    (assignment,) = data["assignments"]
    scores = {each["student"]: each["score"] for each in assignment["submissions"]}
    assert scores["ada"] == 30 and 0 < scores["<b>eve"] < 30
    values = next(cell for cell in assignment["cells"] if cell["id"] == "softmax_stability")
    assert values["passed"] == 1 and sum(values["statuses"].values()) == 3
    (known,) = [m for m in assignment["misconceptions"] if m["id"] == "softmax.without_shift"]
    assert known["students"] == ["<b>eve"] and known["title"] == "Takes the exponential of the raw logits"
    assert [each["student"] for each in assignment["submissions"] if each["looks"]] == ["zoe"]
    assert assignment["seconds"]["median"] > 0 and all(assignment["walls"].values())
    rows = list(csv.DictReader(io.StringIO(run(graded, "proctor", "report", "--csv").stdout)))
    assert {row["student"]: float(row["score"]) for row in rows} == scores
    eve = next(row for row in rows if row["student"] == "<b>eve")
    assert eve["misconceptions"] == "softmax.without_shift" and float(eve["seconds"]) > 0
    assert "softmax_values=passed softmax_stability=failed" in eve["verdicts"]


@pytest.mark.full
def test_without_names(graded, run):
    """No name, no words of a student's own, and no order that the roster would give away."""
    pages = [run(graded, "proctor", "report", kind, "--anonymous").stdout for kind in ("--json", "--csv")]
    run(graded, "proctor", "report", "--anonymous", "--to", "nameless.html")
    for text in [*pages, (graded / "nameless.html").read_text()]:
        assert not re.search(r"\bada\b|b(>|&gt;)eve|\bzoe\b|Zoe wrote|softmax\.ipynb", text)
        assert str(graded) not in text and "student 1" in text
    students = [each["student"] for each in json.loads(pages[0])["assignments"][0]["submissions"]]
    assert students == ["student 1", "student 2", "student 3"]
    again = overview(graded, anonymous=True)["students"]
    assert again == json.loads(pages[0])["students"], "the same numbers every time"


def test_it_needs_no_torch(graded, run):
    """Importing PyTorch takes seconds: `proctor report` starts without it."""
    program = "import sys; sys.modules['torch'] = None; from proctor.cli import main; main(['report', '--json'])"
    assert json.loads(run(graded, "python", "-c", program).stdout)["assignments"]


@pytest.mark.full
def test_where_no_page_can_be_written_it_says_so(graded, run):
    said = run(graded, "proctor", "report", "--to", "nowhere/report.html", code=1).stderr
    assert said == "Error: nowhere/report.html can't be written: No such file or directory\n"


@pytest.mark.full
def test_nothing_graded_yet(make_course, run):
    assert "run 'proctor grade' first" in run(make_course(NAME), "proctor", "report", code=1).stderr
