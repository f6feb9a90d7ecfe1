"""What a student, a folder or a file is called moves no terminal's cursor, forges no line and turns no letters round."""

import csv
import json
import os
import re
import shutil
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from proctor.answers import put, solved
from proctor.course import assignments
from proctor.text import printable, shown

NAME = "03-softmax"
WRONG = "def softmax(x, dim):\n    return x * 0 + 7.123"
# a title and a bell for the terminal; click takes out colours, but no titles
ESCAPES, TURNS = "\x1b]0;own\x07red", "\u202eevil"
# no gradebook holds these
NEW_LINE, BROKEN = "li\nFORGED line", "bro\udcffken"
HONEST = {"ali": ("علی\u200cرضا", "O'Brien"), "taro": ("太郎", "山田\u3000一")}
UNSAFE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]|^ *FORGED",
    re.MULTILINE,
)


def assert_safe(text: str) -> None:
    found = UNSAFE.search(text.replace("\r\n", "\n"))
    assert not found, repr(text[max(found.start() - 100, 0) : found.end() + 100])


def said(run, *command, code=0) -> str:
    """What a command said, none of which is harmful."""
    done = run(*command, code=code)
    assert "Traceback" not in done.stderr
    assert_safe(done.stdout + done.stderr)
    return done.stdout + done.stderr


def hand_in(course: Path, student: str, notebook) -> None:
    folder = course / "submitted" / student / NAME
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / "softmax.ipynb")


@pytest.mark.parametrize(
    "name", [ESCAPES, TURNS, NEW_LINE, BROKEN, "\x9b1A", "a\u2028b", "\u2066b", "a\rb", "\ufffe"]
)
def test_a_name_on_one_line(name):
    assert shown(name) == ascii(name) and not UNSAFE.search(printable(name).replace("\nFORGED", ""))


@pytest.mark.parametrize(
    "name", [*HONEST["ali"], *HONEST["taro"], "no\xa0break", "👩\u200d🔬", "שלום\u200f!", "Zoë"]
)
def test_an_honest_name_stays_as_it_is(name):
    assert shown(name) == printable(name) == name


def test_a_long_name_keeps_its_end():
    assert shown(f"{'a' * 900}.ipynb").endswith("a.ipynb") and len(shown("a" * 900)) < 300


def test_what_was_handed_in_and_is_not_graded(make_known_course, course, run):
    copy, released = make_known_course(), assignments(course)[NAME].released
    for student in (ESCAPES, TURNS, NEW_LINE, BROKEN):
        hand_in(copy, student, released)
    lines = said(run, copy, "proctor", "feedback")
    assert all(ascii(student) in lines for student in (ESCAPES, TURNS, NEW_LINE, BROKEN))
    lines = said(
        run,
        copy,
        "proctor",
        "check",
        f"submitted/{NEW_LINE}/none.ipynb",
        f"{ESCAPES}.ipynb",
        code=2,
    )
    assert "none.ipynb'" in lines


@pytest.fixture(scope="module")
def graded(copy_course, gradebook, course, run, tmp_path_factory) -> Path:
    """A class in which some are called oddly, graded."""
    copy = copy_course(tmp_path_factory.mktemp("names") / "course", NAME)
    shutil.copy(gradebook, copy)
    assignment = assignments(course)[NAME]
    for student in (ESCAPES, TURNS, "ada", NEW_LINE, BROKEN):
        hand_in(copy, student, put(solved(assignment), "softmax", WRONG))
    (copy / "submitted" / f"stray\n{TURNS}" / ESCAPES).mkdir(parents=True)
    lines = said(run, copy, "proctor", "grade", "--workers", "1", code=1)
    assert "2 could not be graded" in lines and ascii(NEW_LINE) in lines
    return copy


@pytest.mark.full
def test_a_graded_class(graded, run):
    run(graded, "nbgrader", "db", "assignment", "add", NAME, "--duedate", "2099-03-20 18:00 UTC")
    run(graded, "nbgrader", "db", "student", "add", "an\nFORGED other")
    # nobody grades a folder that is called so, but there may be one
    shutil.copytree(graded / "autograded" / "ada", graded / "autograded" / NEW_LINE)
    said(run, graded, "proctor", "grade", "--force", "--what-if", "--student", ESCAPES)
    said(run, graded, "proctor", "feedback", code=1)
    said(run, graded, "proctor", "feedback", "--zip", code=1)
    for page in graded.glob("feedback/*/*/*.html"):
        assert_safe(page.read_text())
    said(run, graded, "proctor", "report")
    # in a page, a line break is a space
    assert_safe((graded / "report.html").read_text().replace("\nFORGED", " FORGED"))
    data = json.loads(said(run, graded, "proctor", "report", "--json"))
    assert {ESCAPES, TURNS} < {each["student"] for each in data["students"]}, "data stays as it is"
    for command in (
        ["remark"],
        ["remark", NAME, "softmax", "--like", ESCAPES],
        ["remark", NAME, "softmax", "--like", TURNS, "Look again"],
        ["remark", "--list"],
        ["remark", NAME, "softmax", "--like", TURNS, "--take-back"],
        ["extend", NAME, TURNS, "2d"],
        ["extend", NAME, "an\nFORGED other", "2d"],
        ["extend", "--list"],
    ):
        said(run, graded, "proctor", *command)
    said(run, graded, "proctor", "remark", NAME, "softmax", "--like", "no\nFORGED name", code=1)
    said(run, graded, "proctor", "extend", NAME, "an\nFORGED othe", "2d", code=1)
    assert ascii(NEW_LINE) in said(run, graded, "nbgrader", "autograde", NAME, code=1)
    said(run, graded, "nbgrader", "release_feedback", NAME)


@pytest.mark.full
def test_exports_and_the_roster(graded, run):
    exports = [
        "",
        "--exporter=proctor.records.exports.Canvas",
        "--exporter=proctor.records.exports.Moodle",
    ]
    for exporter in exports:
        said(run, graded, "nbgrader", "export", "--to=grades.csv", *filter(None, [exporter]))
        text = (graded / "grades.csv").read_text()
        assert_safe(text)
        assert ascii(TURNS) in text and ascii(ESCAPES) in text
    for student, (first, last) in HONEST.items():
        run(
            graded,
            "nbgrader",
            "db",
            "student",
            "add",
            student,
            "--first-name",
            first,
            "--last-name",
            last,
        )
    # now there is a roster
    said(run, graded, "proctor", "grade")
    (graded / "students.csv").write_text(
        f'id,first_name\nada,"A{ESCAPES}"\nli-FORGED-line,"{TURNS}"\n'
    )
    assert "near it on the roster" in said(run, graded, "proctor", "grade")
    for exporter in exports:
        said(run, graded, "nbgrader", "export", "--to=grades.csv", *filter(None, [exporter]))
    run(graded, "nbgrader", "export", "--to=grades.csv")
    rows = {row["student_id"]: row for row in csv.DictReader((graded / "grades.csv").open())}
    run(graded, "proctor", "report")
    page = (graded / "report.html").read_text()
    with Gradebook(f"sqlite:///{graded / 'gradebook.db'}") as book:
        for student, (first, last) in HONEST.items():
            kept = book.find_student(student)
            assert (kept.first_name, kept.last_name) == (first, last)
            assert (rows[student]["first_name"], rows[student]["last_name"]) == (first, last)
            assert first in page and last.replace("'", "&#39;") in page


@pytest.mark.full
def test_archives(make_known_course, course, run):
    copy = make_known_course()
    archives = copy / "downloaded" / NAME / "archive"
    archives.mkdir(parents=True)
    text = nbformat.writes(assignments(course)[NAME].released)
    student = f"love\n{TURNS}"
    run(
        copy,
        "nbgrader",
        "db",
        "student",
        "add",
        student,
        "--first-name",
        "Ada",
        "--last-name",
        "Lovelace",
    )
    with zipfile.ZipFile(archives / f"m{ESCAPES}\nFORGED archive.zip", "w") as archive:
        for name in (
            "_1_2_softmax.ipynb",
            "_1_3_softmax-1.ipynb",
            f"_1_4_{ESCAPES}\nFORGED.ipynb",
            "_1_5_a.ipynb",
        ):
            archive.writestr(f"lovelaceada{name}", text)
        for name in (
            f"Nobody{ESCAPES}\nFORGED_7_assignsubmission_file/x.ipynb",
            f"odd{TURNS}\nFORGED",
        ):
            archive.writestr(name, text)
    with open(os.path.join(os.fsencode(archives), b"pl\xffain\nFORGED.ipynb"), "w") as file:
        file.write(text)
    lines = said(run, copy, "nbgrader", "zip_collect", NAME)
    assert "nobody in the gradebook is called" in lines and "too, which counts" in lines
    said(run, copy, "nbgrader", "zip_collect", NAME, "--force")
    said(run, copy, "proctor", "grade", "--workers", "1", code=1)
    (archives / f"bro{ESCAPES}\nFORGED.zip").write_bytes(b"PK\x03\x04broken")
    said(run, copy, "nbgrader", "zip_collect", NAME, code=1)
