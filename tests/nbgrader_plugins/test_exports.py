"""Grades reach Canvas and Moodle in the columns that they import."""

import csv

import nbformat
import pytest

from proctor.answers import solved
from proctor.course import assignments
from proctor.nbgrader_plugins.exports import no_formula

NAME = "03-softmax"


@pytest.mark.full
def test_canvas_and_moodle(make_course, course, run):
    copy = make_course(NAME)
    folder = copy / "submitted" / "ada" / NAME
    folder.mkdir(parents=True)
    nbformat.write(solved(assignments(course)[NAME]), folder / "softmax.ipynb")
    run(
        copy,
        "nbgrader",
        "db",
        "student",
        "add",
        "ada",
        "--first-name=Ada",
        "--last-name=Lovelace",
        "--email=ada@example.org",
        "--lms-user-id=12345",
    )
    run(copy, "nbgrader", "db", "student", "add", "zoe")
    run(copy, "proctor", "grade")
    for name in ("Canvas", "Moodle"):
        run(copy, "nbgrader", "export", f"--exporter=proctor.nbgrader_plugins.exports.{name}", f"--to={name}.csv")
    canvas = list(csv.reader((copy / "Canvas.csv").open()))
    assert canvas[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", NAME]
    assert canvas[1] == ["    Points Possible", "", "", "", "", "20"]
    assert canvas[2:] == [["Lovelace, Ada", "12345", "", "ada", "", "20"]], "an empty cell would take zoe's grade away"
    moodle = list(csv.DictReader((copy / "Moodle.csv").open()))
    (ada,) = moodle
    assert ada["ID number"] == "ada"
    assert ada["Email address"] == "ada@example.org" and ada[f"Assignment: {NAME} (Real)"] == "20"
    canvas, written = "--exporter=proctor.nbgrader_plugins.exports.Canvas", sorted(copy.glob("*.csv"))
    for wrong, said in {
        ("--assignment=03-sofmax",): f"has no assignment 03-sofmax; it has {NAME}",
        ("--assignment=03-sofmax", canvas): f"has no assignment 03-sofmax; it has {NAME}",
        ("--student=eve", canvas): "has no student eve",
        ("--to=nowhere/grades.csv",): "nowhere/grades.csv can't be written",
    }.items():
        done = run(copy, "nbgrader", "export", *wrong, code=1)
        assert said in done.stderr and "Traceback" not in done.stderr
        assert sorted(copy.glob("*.csv")) == written


@pytest.mark.parametrize("text", ["=1+1", '=HYPERLINK("x")', "+1|x", "@SUM(A1)", "-2+3", "\t=1"])
def test_a_formula_is_none(text):
    assert no_formula(text) == f"'{text}"


@pytest.mark.parametrize("text", ["ada", "@ada", "-7", "+49.1", "Lovelace, Ada", ""])
def test_an_id_stays_as_it_is(text):
    assert no_formula(text) == text
