"""A helper.py or a table beside the notebook comes along, and what a cell writes can be imported, however one is graded."""

import json
import os
import re
import shutil
import zipfile

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

NEEDS_HELPER = """
import helper

def softmax(x, dim):
    e = helper.stable(x, dim).exp()
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
    assert report["score"] == report["max_score"], report["cells"][0]


def check(run, course, *paths, code=1, **more):
    """The reports of one `proctor check`, by notebook, each as its points and its notes."""
    found = json.loads(run(course, "proctor", "check", "--json", *paths, code=code, **more).stdout)
    return {report["notebook"]: (report["score"], report.get("notes", [])) for report in found}


def test_several_notebooks_in_one_folder(hand_in, course, run, tmp_path, most):
    """Where two are of one assignment, nothing of the folder's but the course's own comes along, and the report says so."""
    plain, seven, checkpoints = (
        hand_in(tmp_path / "plain"),
        hand_in(tmp_path / "seven"),
        hand_in(tmp_path / "hidden"),
    )
    shutil.copy(plain, plain.with_stem("softmax-Copy1"))
    for assignment in assignments(course).values():
        if assignment.name != NAME:
            shutil.copy(assignment.notebook, seven.parent)
    (seven.parent / "broken.ipynb").write_text("{")
    (checkpoints.parent / ".ipynb_checkpoints").mkdir()
    shutil.copy(checkpoints, checkpoints.parent / ".ipynb_checkpoints" / "softmax-checkpoint.ipynb")
    found = check(run, course, plain, seven, checkpoints)
    assert found[str(seven)] == found[str(checkpoints)] == (most, [])
    score, (note,) = found[str(plain)]
    assert score < most, "what the answer imports wasn't there"
    assert f"more than one notebook of {NAME} lies in this folder" in note
    assert "put each person's files into a folder of their own" in note


def test_gradescope_is_given_one_students_files(hand_in, course, run, tmp_path, most):
    path = hand_in(tmp_path)
    shutil.copy(path, copy := path.with_stem("softmax-Copy1"))
    done = run(course, "proctor", "check", "--format", "gradescope", path, copy, code=None)
    assert json.loads(done.stdout)["score"] == most and "more than one notebook" not in done.stdout


@pytest.mark.full
def test_pytest_says_so_too(hand_in, pytestconfig, run, tmp_path):
    path = hand_in(tmp_path)
    shutil.copy(path, path.with_stem("softmax-Copy1"))
    checks = "tests/hidden/test_03_softmax.py", "-k", "softmax_values"
    course = pytestconfig.rootpath
    said = run(course, "pytest", "-q", *checks, "--submission", path, code=1).stdout
    assert "FileNotFoundError" in said and f"more than one notebook of {NAME}" in said


def test_a_folder_of_one_persons(hand_in, make_course, run, tmp_path, most):
    """Their copies take nothing away: in a folder that `proctor start` made, and in a student's of a class."""
    course, more = make_course(NAME), {"XDG_STATE_HOME": str(tmp_path / "state")}
    (tmp_path / "elsewhere").mkdir()
    os.symlink(tmp_path / "elsewhere", course / "submitted")
    run(course, "proctor", "start", "--to", tmp_path / "mine", **more)
    folders = [
        tmp_path / "mine" / NAME,
        course / "submitted" / "ada" / NAME,
        course / "attempts" / "ada" / NAME / "1",
    ]
    paths = [hand_in(folder) for folder in folders]
    for path in paths:
        shutil.copy(path, path.with_stem("softmax-Copy1"))
    found = check(run, course, *paths, code=0, **more)
    assert list(found.values()) == [(most, [])] * 3, found


ADAS = """
from pathlib import Path
import figures
assert not Path("figures.py").exists() or "Ben" not in Path("figures.py").read_text() + figures.__doc__
try:
    import helper
except ImportError:
    helper = None
assert helper is None and not Path("grades.csv").exists() and not Path("sub/notes.txt").exists()

def softmax(x, dim):
    e = (x - x.amax(dim, keepdim=True)).exp()
    return e / e.sum(dim, keepdim=True)
"""


def test_nobody_sees_what_lies_beside_anothers_notebook(course, run, tmp_path, most):
    assignment = assignments(course)[NAME]
    nbformat.write(put(solved(assignment), "softmax", ADAS), tmp_path / "ada.ipynb")
    nbformat.write(solved(assignment), tmp_path / "ben.ipynb")
    (tmp_path / "sub").mkdir()
    for name, text in {
        "helper.py": HELPER,
        "figures.py": '"""Ben\'s."""',
        "grades.csv": "ada,0",
        "sub/notes.txt": "mine",
    }.items():
        (tmp_path / name).write_text(text)
    found = check(run, course, tmp_path / "ada.ipynb", code=0)
    assert found[str(tmp_path / "ada.ipynb")][0] == most


@pytest.mark.full
def test_no_link_is_followed_and_nothing_of_the_course_comes_along(
    hand_in, make_course, run, tmp_path
):
    course = make_course(NAME)
    (tmp_path / "elsewhere.py").write_text(HELPER)
    for folder, lacks in (
        (tmp_path / "links", "needs helper, which isn't installed"),
        (course, "data/table.csv"),
    ):
        path = hand_in(folder)
        (folder / "helper.py").unlink()
        (folder / "helper.py").symlink_to(tmp_path / "elsewhere.py")
        (report,) = json.loads(run(course, "proctor", "check", "--json", path, code=1).stdout)
        assert any(lacks in cell["message"] for cell in report["cells"])


@pytest.mark.full
@pytest.mark.parametrize("command", ["nbgrader autograde --create", "proctor grade --workers 1"])
def test_a_class(hand_in, make_known_course, run, command, most):
    course = make_known_course()
    path = hand_in(course / "submitted" / "ada" / NAME)
    shutil.copy(path, path.with_stem("softmax-Copy1"))
    run(course, *command.split(), NAME)
    graded = course / "autograded" / "ada" / NAME
    assert report_in(graded / path.name)["score"] == most, report_in(graded / path.name)["cells"][0]
    assert (graded / "data/table.csv").read_text() == "1.0"
    kept = {file.name for file in graded.rglob("*")}
    assert not kept & {"helper.py", "made.py", "more.py", "page.html"}, "nothing that runs is kept"


@pytest.mark.full
def test_an_archive_of_an_lms(make_known_course, run, most):
    """It brings a helper, and two copies of the notebook that needs it."""
    course = make_known_course()
    notebook = nbformat.writes(put(solved(assignments(course)[NAME]), "softmax", NEEDS_HELPER))
    run(
        course,
        "nbgrader",
        "db",
        "student",
        "add",
        "ada",
        "--first-name",
        "Ada",
        "--last-name",
        "Lovelace",
    )
    (course / "downloaded" / NAME / "archive").mkdir(parents=True)
    with zipfile.ZipFile(course / "downloaded" / NAME / "archive" / "moodle.zip", "w") as archive:
        for name, text in {
            "softmax.ipynb": notebook,
            "softmax-Copy1.ipynb": notebook,
            "helper.py": HELPER,
        }.items():
            archive.writestr(f"Ada Lovelace_7_assignsubmission_file/{name}", text)
    run(course, "nbgrader", "zip_collect", NAME)
    run(course, "proctor", "grade", "--workers", "1", NAME)
    assert report_in(course / "autograded" / "ada" / NAME / "softmax.ipynb")["score"] == most
