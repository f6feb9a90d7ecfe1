"""The checks' inputs: the same for a class and for a grade that is made again, others for a resubmission."""

import json
import shutil

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell

from proctor.course import assignments
from proctor.course.report import report_in
from proctor.records.store import FILE, seed_of

NAME = "01-vectors"


@pytest.mark.full
def test_a_seed_belongs_to_an_attempt_however_it_is_graded(make_course, run):
    course = make_course(NAME)
    release = assignments(course)[NAME].notebook

    def hand_in(student: str, *more) -> None:
        folder = course / "submitted" / student / NAME
        folder.mkdir(parents=True, exist_ok=True)
        notebook = nbformat.read(release, as_version=4)
        notebook.cells += more
        nbformat.write(notebook, folder / release.name)

    def seeds(*command: str) -> dict[str, int]:
        """The students' seeds, as the command has noted them."""
        run(course, *command)
        found = {
            student: report_in(course / "autograded" / student / NAME / release.name)
            for student in students
        }
        return {student: report["seed"] for student, report in found.items()}

    students = ["ada", "bo"]
    for student in students:
        hand_in(student)
    (course / "submitted" / "ada" / NAME / "timestamp.txt").write_text("2030-03-20 18:00:00 UTC")
    by_proctor, by_nbgrader = (
        ("proctor", "grade", "--workers", "1"),
        ("nbgrader", "autograde", NAME),
    )
    first = seeds(*by_proctor)
    assert first["ada"] == first["bo"], "one seed for the class"
    assert (course / FILE).stat().st_mode & 0o777 == 0o600

    assert seeds(*by_nbgrader, "--force") == first
    (course / "submitted" / "ada" / NAME / "timestamp.txt").write_text("2030-03-21 18:00:00 UTC")
    shutil.rmtree(course / "autograded")
    (course / "gradebook.db").unlink()
    assert seeds(*by_proctor) == first, "another time is no other attempt, whatever else was lost"

    hand_in("ada", new_markdown_cell("once more"))
    again = seeds(*by_nbgrader, "--force")
    assert again["bo"] == first["bo"] and again["ada"] != first["ada"]
    assert seeds(*by_proctor, "--force") == again

    (course / "submitted" / "ada" / NAME / "timestamp.txt").write_text("2030-03-22 18:00:00 UTC")
    assert seeds(*by_proctor) == again, "a time alone makes no attempt"
    within = course / "submitted" / "ada" / NAME / "data" / "timestamp.txt"
    within.parent.mkdir()
    within.write_text("anything")
    before, again = again, seeds(*by_proctor)
    assert again["ada"] != before["ada"], "a file of the student's, whatever it is called"

    folders = [course / step / "ada" / NAME for step in ("submitted", "autograded")]
    reports = json.loads(
        run(
            course, "proctor", "check", "--json", *(f / release.name for f in folders), code=1
        ).stdout
    )
    assert {report["seed"] for report in reports} == {again["ada"]}, (
        "for an appeal, the inputs of the grade"
    )


def test_every_course_and_assignment_has_seeds_of_its_own(tmp_path):
    found = []
    for course in (tmp_path / "this", tmp_path / "other"):
        course.mkdir()
        found += [seed_of(course, name, 1) for name in ("01-vectors", "02-matmul")]
    assert len(set(found)) == 4
    assert (
        seed_of(tmp_path / "other", "02-matmul", 1)
        == found[3]
        != seed_of(tmp_path / "other", "02-matmul", 2)
    )


@pytest.mark.full
def test_a_learners_own_check_draws_afresh(course, run):
    release = assignments(course)[NAME].notebook
    reports = [
        json.loads(run(course, "proctor", "check", "--json", release, code=1).stdout) for _ in "12"
    ]
    assert reports[0][0]["seed"] != reports[1][0]["seed"]
