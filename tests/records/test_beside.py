"""A helper.py or a table beside the notebook comes along, and what a cell writes can be imported, however one is graded."""

import json
import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from proctor.answers import put, solved
from proctor.course import assignments
from proctor.course.report import report_in

NAME = "03-softmax"
HELPER = "def stable(x, dim):\n    return x - x.amax(dim, keepdim=True)\n"
ANSWER = """
import helper, package.more, made
from {own} import {name}

factor = float(open("data/table.csv").read()) * made.one * package.more.one

def softmax(x, dim):
    e = helper.stable(x, dim).exp() * factor
    return e / e.sum(dim, keepdim=True)
"""


@pytest.fixture
def hand_in(course):
    """Puts a right notebook that needs what lies beside it into a folder."""
    assignment = assignments(course)[NAME]
    (own, source), *_ = assignment.modules.items()
    name = re.search(r"^def (\w+)", source, re.MULTILINE)[1]
    notebook = put(solved(assignment), "softmax", ANSWER.format(own=own, name=name))
    notebook.cells.insert(0, new_code_cell("%%writefile made.py\none = 1"))

    def hand_in(folder):
        for file, text in {
            "helper.py": HELPER,
            "package/more.py": "one = 1",
            "data/table.csv": "1.0",
            "page.html": "<script>alert(1)</script>",
            f"{own}.py": "nothing = 1",
        }.items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(text)
        nbformat.write(notebook, folder / assignment.notebook.name)
        return folder / assignment.notebook.name

    return hand_in


def test_a_learners_own_check(hand_in, course, run, tmp_path):
    path = hand_in(tmp_path)
    (report,) = json.loads(run(course, "proctor", "check", "--json", path, code=None).stdout)
    assert report["score"] == 30, report["cells"][0]


@pytest.mark.full
def test_no_link_is_followed_and_nothing_of_the_course_comes_along(hand_in, make_course, run, tmp_path):
    course = make_course(NAME)
    (tmp_path / "elsewhere.py").write_text(HELPER)
    for folder, lacks in ((tmp_path / "links", "needs helper, which isn't installed"), (course, "data/table.csv")):
        path = hand_in(folder)
        (folder / "helper.py").unlink()
        (folder / "helper.py").symlink_to(tmp_path / "elsewhere.py")
        (report,) = json.loads(run(course, "proctor", "check", "--json", path, code=1).stdout)
        assert any(lacks in cell["message"] for cell in report["cells"])


@pytest.mark.full
@pytest.mark.parametrize("command", ["nbgrader autograde --create", "proctor grade --workers 1"])
def test_a_class(hand_in, make_known_course, run, command):
    course = make_known_course()
    path = hand_in(course / "submitted" / "ada" / NAME)
    run(course, *command.split(), NAME)
    graded = course / "autograded" / "ada" / NAME
    assert report_in(graded / path.name)["score"] == 30, report_in(graded / path.name)["cells"][0]
    assert (graded / "data/table.csv").read_text() == "1.0"
    kept = {file.name for file in graded.rglob("*")}
    assert not kept & {"helper.py", "made.py", "more.py", "page.html"}, "nothing that runs is kept"
