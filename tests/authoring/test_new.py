"""`proctor new`, `remove` and `why`, as an author and a teacher use them."""

import json
import shutil

import nbformat
import pytest

from proctor.answers import known, solved
from proctor.authoring.new import new_exercise
from proctor.authoring.remove import without_checks
from proctor.course import assignments
from proctor.errors import CourseError

NAME = "03-softmax"
ANSWER = "over_the_last_dimension"
NOTEBOOK = f"source/{NAME}/softmax.ipynb"
CHECKS = "tests/hidden/test_03_softmax.py"


@pytest.mark.parametrize("name", ["softmax", "list", "two words", "torch", "built_in", "class"])
def test_a_name_that_would_shadow_another_is_refused(make_course, name):
    course = make_course(NAME)
    before = (course / NOTEBOOK).read_text()
    with pytest.raises(CourseError):
        new_exercise(assignments(course)[NAME], name)
    assert (course / NOTEBOOK).read_text() == before


def test_a_mistyped_assignment_is_named(make_course, run):
    command = "proctor new exercise twofold --in 03-sofmax".split()
    said = run(make_course(NAME), *command, code=1).stderr
    assert "no assignment 03-sofmax: 03-softmax" in said


def test_an_assignment_in_which_somebody_is_graded_takes_no_exercise(make_course):
    course = make_course(NAME)
    (course / "autograded" / "ada" / NAME).mkdir(parents=True)
    with pytest.raises(CourseError, match="1 are graded in 03-softmax, ada among them"):
        new_exercise(assignments(course)[NAME], "twofold")


def test_checks_are_removed_with_their_tables_entries():
    text = '''"""Checks."""

FORBIDDEN = {
    "one": ["x"],
    "two": ["y"],
}


def test_one_values__a(student, draw):
    pass


def test_two_values__a(student, draw):
    pass


def one_stand_in(x):
    return x


def two_stand_in(x):
    return x


STAND_INS = {
    "one": one_stand_in,
    "two": two_stand_in,
}
STAND_INS["one"] = one_stand_in
'''
    kept = without_checks(text, {"one", "one_values"})
    assert "one" not in kept and kept.count("two") == 5
    compile(kept, "checks", "exec")


@pytest.mark.full
def test_a_new_exercise_is_a_draft_in_order_and_can_be_removed(make_known_course, run):
    course = make_known_course()
    before = {file: (course / file).read_text() for file in (NOTEBOOK, CHECKS)}
    options = (
        "--cells values:2,errors:1 --forbid cumsum --forbid logcumsumexp --after softmax".split()
    )
    said = run(course, "proctor", "new", "exercise", "twofold", "--in", NAME, *options).stdout
    assert "twofold is a draft" in said and "the course is in order" in said
    assert "answers/wrong/twofold.py: has 1 of 8 wrong answers" in said
    assert "no wrong answer fails test_twofold_errors__every_shape alone; as_it_came fails" in said
    cells = json.loads((course / NOTEBOOK).read_text())["cells"]
    points = {
        cell["id"]: cell["metadata"]["nbgrader"]["points"]
        for cell in cells
        if cell["metadata"].get("nbgrader", {}).get("grade")
    }
    found = [*points]
    assert (points["twofold_values"], points["twofold_errors"]) == (2, 1)
    assert found[found.index("twofold_values") - 1].startswith("softmax_")
    assert found.index("twofold_values") < found.index("attend_values")
    run(course, "proctor", "new", "exercise", "predict_it", "--in", NAME, "--kind", "predict")
    run(course, "proctor", "remove", "exercise", "predict_it")
    said = run(course, "proctor", "remove", "exercise", "twofold").stdout
    assert "nothing mentions it any more" in said
    assert (course / NOTEBOOK).read_text() == before[NOTEBOOK]
    assert (course / CHECKS).read_text().replace("from proctor import checks\n", "") == before[
        CHECKS
    ]
    assert not [*course.glob("answers/*/twofold.py")]


@pytest.mark.full
def test_a_course_of_ones_own(tmp_path, run):
    course = tmp_path / "mine"
    run(tmp_path, "proctor", "new", "course", course)
    run(course, "proctor", "new", "assignment", "01-means", "--plain")
    run(course, "proctor", "new", "assignment", "02-sums")
    run(course, "proctor", "new", "exercise", "twice", "--in", "02-sums")
    assert run(course, "proctor", "lint").stdout.endswith("the course is in order\n")
    shutil.copytree(course / "source", course / "submitted" / "me")
    said = run(course, "proctor", "grade", "--trust-students").stdout
    assert "2 graded" in said and "Error" not in said
    # its own asserts give its points
    error = run(course, "proctor", "why", "me", "01-means", code=1).stderr
    assert "proctor check autograded/me/01-means/means.ipynb" in error


@pytest.mark.full
def test_why_names_the_check_and_no_page_of_a_student_does(make_known_course, run):
    course = make_known_course()
    path = course / "submitted" / "ada" / NAME / "softmax.ipynb"
    path.parent.mkdir(parents=True)
    assignment = assignments(course)[NAME]
    flat = next(each for each in known(course / "answers/wrong/softmax.py") if each.id == ANSWER)
    nbformat.write(solved(assignment, {"softmax": flat.source}), path)
    run(course, "proctor", "grade", NAME)
    said = run(course, "proctor", "why", "ada", "softmax").stdout
    assert "tests/hidden/test_03_softmax.py::test_softmax_values__" in said
    assert "Softmax is right along every dimension" in said
    assert said.count(flat.hint) == 1 and ">   " in said and "--seed" in said
    run(course, "proctor", "feedback")
    pages = [*course.glob("feedback/**/*.html")]
    assert pages and not any("test_softmax_values__" in page.read_text() for page in pages)
    report = json.loads(run(course, "proctor", "check", path, "--json", code=1).stdout)
    (cell,) = [cell for cell in report[0]["cells"] if cell["id"] == "softmax_values"]
    assert cell["check"].startswith("tests/hidden/test_03_softmax.py::test_softmax_values__")
    form = run(course, "proctor", "check", path, "--format", "gradescope", code=1).stdout
    assert "tests/hidden" not in form and "test_softmax" not in form
    error = run(course, "proctor", "why", "ben", "softmax", code=1).stderr
    assert "proctor grade 03-softmax --student ben" in error
