"""Work that can be recovered has its points in every way of grading; what can't be read has no grade, and says what to do."""

import csv
import json

import nbformat
import pytest
from nbformat.v4 import new_notebook
from nbgrader.api import Gradebook

from proctor.answers import solved
from proctor.course import assignments
from proctor.course.report import report_in

NAME = "03-softmax"
SAID = "git left merge-conflict markers at line 1"


@pytest.mark.full
def test_by_every_command(make_known_course, course, pytestconfig, run):
    copy, assignment = make_known_course(), assignments(course)[NAME]
    right, place = solved(assignment), {}
    for student in ("ada", "ben", "eve"):
        place[student] = copy / "submitted" / student / NAME
        place[student].mkdir(parents=True)
    cells = [cell for cell in right.cells if cell.metadata.get("nbgrader", {}).get("solution")]
    for cell in cells:
        cell.metadata = {}
    nbformat.write(new_notebook(cells=cells), place["ada"] / "Untitled.ipynb")
    (place["ben"] / "hw").mkdir()
    nbformat.write(solved(assignment), place["ben"] / "hw" / "softmax.ipynb")
    (place["eve"] / "softmax.ipynb").write_text("<<<<<<< HEAD\n{\n>>>>>>> 4f2a1c\n")

    done = run(copy, "proctor", "check", "--json", place["ada"] / "Untitled.ipynb")
    (checked,) = json.loads(done.stdout)
    assert (
        checked["score"] == 30 and "matched with the exercises by the names" in checked["notes"][0]
    )
    checks = "tests/hidden", "-q", "--submission", place["ada"] / "Untitled.ipynb"
    run(pytestconfig.rootpath, "pytest", *checks)

    said = run(copy, "proctor", "grade").stdout
    for line in (
        "ada/03-softmax: handed in as Untitled.ipynb",
        "ben/03-softmax: handed in as hw/",
        f"eve/03-softmax: {SAID}",
    ):
        assert line in said.replace("it is not a notebook: ", ""), said
    graded = everything(copy)
    assert graded["ada"] == graded["ben"] == (30, False) and graded["eve"] == (0, True)
    (told,) = json.loads(run(copy, "proctor", "report", "--json").stdout)["assignments"]
    assert told["mean"] == 30
    assert SAID in (copy / "autograded" / "eve" / NAME / "softmax.ipynb").read_text()
    assert len(report_in(copy / "autograded" / "ada" / NAME / "softmax.ipynb")["notes"]) == 2

    run(copy, "nbgrader", "autograde", NAME, "--force")
    assert everything(copy) == graded
    run(copy, "nbgrader", "export")
    rows = {row["student_id"]: row for row in csv.DictReader((copy / "grades.csv").open())}
    assert rows["ada"]["score"] == "30.0" and rows["ada"]["remark"] == ""
    assert rows["eve"]["score"] == "" and SAID in rows["eve"]["remark"]
    for name in ("Canvas", "Moodle"):
        run(
            copy,
            "nbgrader",
            "export",
            f"--exporter=proctor.records.exports.{name}",
            f"--to={name}.csv",
        )
        assert "eve" not in (copy / f"{name}.csv").read_text()

    run(copy, "nbgrader", "generate_feedback", NAME)
    page = (copy / "feedback" / "eve" / NAME / "softmax.html").read_text()
    assert "no grade yet" in page and SAID in page and "0 of 30" not in page
    assert (
        "handed in as hw/softmax.ipynb"
        in (copy / "feedback" / "ben" / NAME / "softmax.html").read_text()
    )

    # whose page it is, which attempt it is on, and the points that a person gave to what can't be read
    (place["ben"] / "hw" / "more.txt").write_text("once more")
    run(copy, "proctor", "grade", "--workers", "1")
    with Gradebook(f"sqlite:///{copy / 'gradebook.db'}") as gradebook:
        grade = gradebook.find_grade("attend_values", "softmax", NAME, "eve")
        grade.manual_score, grade.needs_manual_grade = 1, False
        gradebook.update_or_create_student("eve", first_name="Eve", last_name="<Adams>")
    run(copy, "proctor", "feedback")
    pages = {
        student: (copy / "feedback" / student / NAME / "softmax.html").read_text()
        for student in place
    }
    assert '<p class="student">Eve &lt;Adams&gt; (eve)</p>' in pages["eve"] and SAID in pages["eve"]
    assert (
        "1 of 30 points (attempt 1)" in pages["eve"] and "graded by your instructor" in pages["eve"]
    )
    assert (
        '<p class="student">ben</p>' in pages["ben"]
        and "30 of 30 points (attempt 2)" in pages["ben"]
    )


def everything(copy) -> dict[str, tuple[float, bool]]:
    """Each student's score, and whether the gradebook has it marked as one to look at."""
    with Gradebook(f"sqlite:///{copy / 'gradebook.db'}") as gradebook:
        found = gradebook.assignment_submissions(NAME)
        return {each.student.id: (each.score, bool(each.needs_manual_grade)) for each in found}
