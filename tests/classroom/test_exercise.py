"""`proctor grade --exercise`: one exercise is judged again, and of the later ones those whose stand-ins it changes."""

import re
import shutil
from pathlib import Path

import nbformat
import pytest
from test_grade import NAME, hand_in, reports

from proctor.answers import put, solved
from proctor.course import assignments

AGAIN = ("proctor", "grade", NAME, "--workers", "1", "--exercise")
WRONG = "def softmax(x, dim):\n    return 0 * x + 2"


@pytest.fixture
def checks(make_known_course) -> Path:
    """The hidden checks of a course. Each notes its exercise in a file beside it when it runs."""
    course = make_known_course()
    path, cells = (
        course / "tests" / "hidden" / "test_03_softmax.py",
        assignments(course)[NAME].graded,
    )

    def noting(check: re.Match) -> str:
        exercise = cells[check[2]].exercise
        return f"{check[1]}    open({str(path.with_name('ran'))!r}, 'a').write('{exercise}\\n')\n"

    path.write_text(re.sub(r"(def test_(\w+?)__\w+\(.*\):\n)", noting, path.read_text()))
    return path


def ran(checks: Path) -> set[str]:
    """The exercises whose checks ran since this was called before."""
    log = checks.with_name("ran")
    found = set(log.read_text().split()) if log.exists() else set()
    log.unlink(missing_ok=True)
    return found


def loosen(checks: Path) -> None:
    """Makes softmax's checks pass whatever they are given."""
    checks.write_text(
        re.sub(
            r"(def test_softmax_(?:values|stability|gradients)__\w+\(.*\):\n.*\n)",
            r"\1    return\n",
            checks.read_text(),
        )
    )


def graded_as_a_whole(course: Path, run) -> dict[str, dict]:
    """The reports on the same class after all of it is judged again."""
    copy = shutil.copytree(course, course.with_name("copy"))
    run(copy, "proctor", "grade", NAME, "--workers", "1", "--force")
    return reports(copy)


@pytest.mark.full
def test_only_this_exercise_and_those_that_had_its_stand_in_run_again(checks, run):
    course = checks.parents[2]
    right = solved(assignments(course)[NAME])
    causal = put(
        right,
        "causal_attention_weights",
        "def causal_attention_weights(scores):\n    return scores",
    )
    hand_in(course, "ada", right)
    hand_in(course, "zoe", causal)
    run(course, "proctor", "grade", "--workers", "1")
    assert {"softmax", "attend"} < ran(checks)
    before = reports(course)
    assert "again besides softmax" not in run(course, *AGAIN, "softmax", "--student", "ada").stdout
    assert ran(checks) == {"softmax"} and reports(course) == before

    hand_in(course, "ben", put(right, "softmax", WRONG))
    said = run(course, *AGAIN, "softmax").stdout
    assert "3 to grade" in said and "judged as a whole: 1 (1 not judged before)" in said
    ran(checks)
    loosen(checks)
    said = run(course, *AGAIN, "softmax").stdout
    assert "3 to grade" in said and "as a whole" not in said
    (line,) = (line for line in said.splitlines() if "again besides softmax" in line)
    # Zoe's failed, and Ben's had the stand-in
    assert "2 causal_attention_weights" in line and "1 softmax_with_temperature" in line
    assert "predict" not in line
    assert "softmax" in (found := ran(checks)) and not any("predict" in name for name in found)
    now = reports(course)
    assert now["ada"]["score"] == 30 and now["ben"]["score"] < before["ada"]["score"]
    assert now == graded_as_a_whole(course, run)
    assert (
        "0 to grade, 3 unchanged" in run(course, "proctor", "grade", NAME, "--workers", "1").stdout
    )


@pytest.mark.full
def test_what_else_has_changed_is_judged_as_a_whole(checks, run):
    course = checks.parents[2]
    right = solved(assignments(course)[NAME])
    for student in ("ada", "ben"):
        hand_in(course, student, right)
    run(course, "proctor", "grade", "--workers", "1")
    nbformat.write(
        put(right, "softmax", WRONG), course / "submitted" / "ben" / NAME / "softmax.ipynb"
    )
    loosen(checks)
    assert "judged as a whole: 1 (1 not judged before)" in run(course, *AGAIN, "softmax").stdout
    checks.write_text(
        checks.read_text() + "\n\ndef test_attend_values__never(student):\n    assert False\n"
    )
    ran(checks)
    said = run(course, *AGAIN, "softmax", "--what-if").stdout
    assert "judged as a whole: 2 (2 the checks changed)" in said and "Nothing was recorded" in said
    assert "sample_next_token" in ran(checks)
    assert (
        "judged as a whole: 2 (2 another seed)"
        in run(course, *AGAIN, "attend", "--seed", "3").stdout
    )


def test_an_exercise_that_is_not_there_is_told(checks, run):
    course = checks.parents[2]
    said = run(course, *AGAIN, "sofmax", code=1).stderr
    assert f"{NAME} has no exercise sofmax: " in said and "softmax, " in said
    said = run(course, "proctor", "grade", "--exercise", "softmax", code=2).stderr
    assert "--exercise needs one ASSIGNMENT" in said
