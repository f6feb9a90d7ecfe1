"""Which course a command is about: a teacher's is never the one that the package carries, and is named if it lies elsewhere."""

import shutil

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

NAME = "03-softmax"
TEACHERS = [
    ["grade"],
    ["grade", NAME, "--what-if"],
    ["grade", "--sample"],
    ["serve", "--once"],
    ["feedback"],
    ["report"],
    ["remark"],
    ["remark", "--list"],
    ["extend", NAME, "ada", "2d"],
    ["extend", "--list"],
    ["lint"],
]


def test_without_a_course_a_teachers_command_says_where_it_looked(tmp_path, run):
    for command in TEACHERS:
        done = run(tmp_path, "proctor", *command, code=1)
        assert done.stderr.startswith(
            f"Error: there is no course in {tmp_path} or above it. Go to your course"
        ), command
        assert "nbgrader_config.py and source/" in done.stderr and "PROCTOR_COURSE" in done.stderr
        assert not done.stdout and not list(tmp_path.iterdir())
    done = run(tmp_path, "proctor", "grade", code=1, PROCTOR_COURSE=str(tmp_path / "gone"))
    assert f"no course in {tmp_path / 'gone'}, which PROCTOR_COURSE names" in done.stderr


def test_without_a_course_a_learner_has_the_one_that_the_package_carries(
    course, tmp_path, run, most
):
    run(tmp_path, "proctor", "start", NAME)
    notebook = tmp_path / "mine" / NAME / "softmax.ipynb"
    assert notebook.read_bytes() == (course / "release" / NAME / "softmax.ipynb").read_bytes()
    assert f"0 of {most:g} points" in run(tmp_path, "proctor", "check", notebook, code=1).stdout
    assert "softmax" in run(tmp_path, "proctor", "list").stdout
    assert "Hint" in run(tmp_path, "proctor", "hint", "softmax").stdout


def test_a_course_elsewhere_is_named(make_course, tmp_path, run):
    """It needs no hidden checks."""
    copy = make_course(NAME)
    shutil.rmtree(copy / "tests")
    (copy / "notes").mkdir()
    for folder, more in (copy / "notes", {}), (tmp_path, {"PROCTOR_COURSE": str(copy)}):
        done = run(folder, "proctor", "remark", **more)
        assert done.stderr == f"course: {copy}\n" and "no two answers" in done.stdout
    (tmp_path / "link").symlink_to(copy)
    for folder in (copy, tmp_path / "link"):
        assert not run(folder, "proctor", "remark").stderr


@pytest.mark.full
def test_a_course_that_nbgrader_made(tmp_path, run):
    """`nbgrader quickstart` knows nothing of proctor; `proctor grade` and `proctor feedback` work there."""
    run(tmp_path, "nbgrader", "quickstart", "mine")
    copy = tmp_path / "mine"
    shutil.rmtree(copy / "source")
    facts = {"schema_version": 3, "task": False}
    answer = {"grade_id": "twice", "grade": False, "solution": True, "locked": False}
    graded = {
        "grade_id": "twice_values",
        "grade": True,
        "solution": False,
        "locked": True,
        "points": 2,
    }
    solution = "def twice(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"
    cells = [
        new_code_cell(solution, metadata={"nbgrader": facts | answer}),
        new_code_cell("assert twice(2) == 4", metadata={"nbgrader": facts | graded}),
    ]
    (copy / "source" / "own").mkdir(parents=True)
    nbformat.write(new_notebook(cells=cells), copy / "source" / "own" / "own.ipynb")
    with (copy / "nbgrader_config.py").open("a") as file:
        # without the header that was beside the example
        file.write("\nc.IncludeHeaderFooter.header = ''\n")
    run(copy, "nbgrader", "generate_assignment", "own", "--create")
    for student, place in {"ada": "source", "ben": "release"}.items():
        shutil.copytree(copy / place / "own", copy / "submitted" / student / "own")
    said = run(copy, "proctor", "grade", "--workers", "1").stdout.split()
    assert said[said.index("ada") : said.index("ada") + 2] == ["ada", "2"]
    assert said[said.index("ben") : said.index("ben") + 2] == ["ben", "0"]
    run(copy, "proctor", "feedback")
    assert len(list(copy.glob("feedback/*/own/own.html"))) == 2
