"""Feedback goes out to a class where not everybody hands in through the exchange."""

import zipfile

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.utils import notebook_hash

from proctor.answers import solved
from proctor.classroom.feedback import Feedback, FeedbackRound
from proctor.course import assignments
from proctor.records.feedback_page import Pages

NAME = "03-softmax"
CANVAS = "youngcy_12345_67890_"
MOODLE = "Zoë Núñez_502_assignsubmission_file"


def test_release_feedback_goes_on_behind_a_submission_by_hand(make_course, run):
    course = make_course()
    for student in ("ada", "ben", "cy", "[zoe]"):
        folder = course / "feedback" / student / NAME
        folder.mkdir(parents=True)
        (folder / "softmax.html").write_text(student)
        if student not in ("ben", "cy"):
            (folder / "timestamp.txt").write_text("2026-02-01 09:00:00 UTC")
            (folder / "submission_secret.txt").write_text(student)
    (course / "feedback" / "empty" / NAME).mkdir(parents=True)
    (course / "feedback" / "empty" / NAME / "timestamp.txt").touch()
    # ada called her notebook otherwise; [zoe] has handed in again since the page was made
    for student, secret in {"ada": "ada", "[zoe]": "another"}.items():
        folder = course / "submitted" / student / NAME
        folder.mkdir(parents=True)
        (folder / "mine.ipynb").touch()
        (folder / "submission_secret.txt").write_text(secret)
    said = run(course, "nbgrader", "release_feedback", NAME).stderr
    released = {
        path.name: path.read_text()
        for path in (course / "exchange/tiny-llm-math/feedback").iterdir()
    }
    wanted = ("ada", "softmax"), ("ada", "mine"), ("[zoe]", "softmax")
    names = {
        f"{notebook_hash(secret=student, notebook_id=name)}.html": student
        for student, name in wanted
    }
    assert released == names and "Traceback" not in said
    (line,) = (line for line in said.splitlines() if "Not released" in line)
    assert (
        "without a submission_secret.txt, by hand or from an archive: ben, cy, empty. To be sent another way"
        in line
    )
    assert str(course / "feedback" / "STUDENT" / NAME) in line


def test_where_nobody_used_the_exchange_there_need_be_none(make_course, run):
    course = make_course()
    (course / "feedback" / "ada" / NAME).mkdir(parents=True)
    with (course / "nbgrader_config.py").open("a") as file:
        # without which nbgrader's exchange can't be used
        file.write('\nc.CourseDirectory.course_id = ""\n')
    said = run(course, "nbgrader", "release_feedback", NAME).stderr
    assert "without a submission_secret.txt, by hand or from an archive: ada" in said


@pytest.mark.full
def test_a_class_that_hands_in_every_way(make_course, course, run):
    copy = make_course(NAME)
    (copy / "students.csv").write_text(
        "id,first_name,last_name,email\nada,Ada,L,a@b.org\nzoe,Zoë,Núñez,z@b.org\nben,Ben,B,\ncy,Cy,Young,\n"
    )
    run(copy, "nbgrader", "db", "student", "import", "students.csv")
    right = nbformat.writes(solved(assignments(course)[NAME]))
    for student in ("ada", "ben"):
        folder = copy / "submitted" / student / NAME
        folder.mkdir(parents=True)
        (folder / "softmax.ipynb").write_text(right)
    (copy / "submitted" / "ada" / NAME / "timestamp.txt").write_text("2026-02-01 09:00:00 UTC")
    (copy / "submitted" / "ada" / NAME / "submission_secret.txt").write_text("a secret")
    archive = copy / "downloaded" / NAME / "archive" / "all.zip"
    archive.parent.mkdir(parents=True)
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(f"{MOODLE}/softmax.ipynb", right)
    run(copy, "nbgrader", "zip_collect", NAME)
    # of another section, in the place of the first
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(CANVAS + "softmax.ipynb", right)
    run(copy, "nbgrader", "zip_collect", NAME)
    assert (
        "nothing is graded" in run(copy, "proctor", "feedback", "--student", "eve", code=1).stderr
    )
    run(copy, "proctor", "grade", "--workers", "1")

    said = run(copy, "proctor", "feedback", "--zip").stdout
    assert f"{NAME}: feedback for 4, made now for 4; released through the exchange for 1" in said
    assert (
        "  not released, without a submission_secret.txt, by hand or from an archive: ben, cy, zoe\n"
        in said
    )
    assert f"these pages are in feedback/STUDENT/{NAME}/" in said
    assert "not packed, no upload of theirs is in a collected archive: ben" in said
    packed = zipfile.ZipFile(copy / "feedback" / f"{NAME}.zip").namelist()
    assert packed == [f"{CANVAS}softmax.html", f"{MOODLE}/softmax.html"]
    assert len(list((copy / "exchange/tiny-llm-math/feedback").iterdir())) == 1

    with Gradebook(f"sqlite:///{copy / 'gradebook.db'}") as gradebook:
        gradebook.find_comment("softmax", "softmax", NAME, "ben").manual_comment = "Well done, Ben"
        gradebook.db.commit()
    (copy / "autograded" / "zoe" / NAME / "softmax.ipynb").write_text("{")
    said = run(copy, "proctor", "feedback", code=1).stdout
    assert "feedback for 3, made now for 1; released through the exchange for 1" in said
    assert (
        "no page for zoe: " in said
        and "does not appear to be JSON" in said
        and "Traceback" not in said
    )
    assert "Well done, Ben" in (copy / "feedback" / "ben" / NAME / "softmax.html").read_text()


@pytest.mark.full
def test_pages_made_by_several_processes_are_those_of_nbgrader(make_course, course, run):
    """However often a process has rendered what is released, and whoever's page came before."""
    copy = make_course(NAME)
    solution = solved(assignments(course)[NAME])
    for number in range(7):
        folder = copy / "submitted" / f"s{number}" / NAME
        folder.mkdir(parents=True)
        own = nbformat.v4.new_markdown_cell(
            f"![plot](x.png)\n\n# s{number} *writes* $x_{number}$ <b>& more"
        )
        own.pop("id")
        solution.cells.append(own)
        (folder / "softmax.ipynb").write_text(nbformat.writes(solution))
    run(copy, "proctor", "grade", "--workers", "1")
    for made in (7, 0):
        assert (
            f"feedback for 7, made now for {made}"
            in run(copy, "proctor", "feedback", "--workers", "2").stdout
        )
    pages = {
        path.parts[-3]: path.read_bytes()
        for path in (copy / "feedback").glob(f"*/{NAME}/softmax.html")
    }
    assert len(pages) == 7 and b"<mi>x</mi>" in pages["s6"]
    run(copy, "nbgrader", "generate_feedback", NAME, "--force")
    assert pages == {
        path.parts[-3]: path.read_bytes()
        for path in (copy / "feedback").glob(f"*/{NAME}/softmax.html")
    }


def test_an_error_of_the_files_on_one_page_stops_no_other(make_course, monkeypatch):
    """An instructor's own preprocessor may raise it, for one student's notebook alone."""
    course = make_course(NAME)
    each = Feedback("ada", NAME, course / "feedback" / "ada" / NAME)
    graded = course / "autograded" / "ada" / NAME / "softmax.ipynb"
    graded.parent.mkdir(parents=True)
    graded.touch()

    def no_picture(*_, **__):
        raise FileNotFoundError("logo.png")

    monkeypatch.setattr(Pages, "make", no_picture)
    monkeypatch.setattr(FeedbackRound, "_recorded", lambda *_: {"softmax": None})
    assert FeedbackRound(course).make(each).error == "FileNotFoundError: logo.png"
