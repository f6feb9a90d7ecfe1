"""Grades reach Canvas and Moodle in the columns that they import."""

import csv
import errno
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from proctor.answers import solved
from proctor.course import assignments
from proctor.records.exports import no_formula, written

NAME = "03-softmax"


@pytest.mark.full
def test_canvas_and_moodle(make_known_course, course, run):
    copy = make_known_course()
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
    # of which nobody could hand in anything yet
    run(copy, "nbgrader", "db", "assignment", "add", "08-later")
    run(copy, "proctor", "grade", "--workers", "1")
    for name in ("Canvas", "Moodle"):
        plugin = f"--exporter=proctor.records.exports.{name}"
        said = run(copy, "nbgrader", "export", plugin, f"--to={name}.csv").stderr
        # zoe's; an empty cell would be read as the student of the row above
        assert ("1 student without an email address" in said) == (name == "Moodle")
    run(copy, "nbgrader", "export")
    assert {row["assignment"] for row in csv.DictReader((copy / "grades.csv").open())} == {NAME}
    run(copy, "nbgrader", "export", "--assignment=08-later", "--to=later.csv")
    assert {row["assignment"] for row in csv.DictReader((copy / "later.csv").open())} == {
        "08-later"
    }
    canvas = list(csv.reader((copy / "Canvas.csv").open()))
    assert canvas[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", NAME]
    assert canvas[1] == ["    Points Possible", "", "", "", "", "30"]
    assert canvas[2:] == [["Lovelace, Ada", "12345", "", "ada", "", "30"]], (
        "an empty cell would take zoe's grade away"
    )
    moodle = list(csv.DictReader((copy / "Moodle.csv").open()))
    (ada,) = moodle
    assert ada["ID number"] == "ada"
    assert ada["Email address"] == "ada@example.org" and ada[f"Assignment: {NAME} (Real)"] == "30"
    canvas, written = "--exporter=proctor.records.exports.Canvas", sorted(copy.glob("*.csv"))
    for wrong, said in {
        ("--assignment=03-sofmax",): f"has no assignment 03-sofmax; it has {NAME}, 08-later",
        ("--assignment=03-sofmax", canvas): f"has no assignment 03-sofmax; it has {NAME}, 08-later",
        ("--student=eve", canvas): "has no student eve",
        ("--to=nowhere/grades.csv",): "nowhere/grades.csv can't be written",
        ("--to=/dev/full", canvas): "/dev/full can't be written: No space left",
    }.items():
        done = run(copy, "nbgrader", "export", *wrong, code=1)
        assert said in done.stderr and "Traceback" not in done.stderr
        assert sorted(copy.glob("*.csv")) == written


def test_a_disk_that_is_full_leaves_the_earlier_table(tmp_path, monkeypatch):
    path, write = tmp_path / "grades.csv", Path.write_bytes

    def fill(self: Path, data: bytes) -> None:
        write(self, data[:3])
        raise OSError(errno.ENOSPC, "No space left on device")

    with written(path) as file:
        file.write("student_id\nada\n")
    monkeypatch.setattr(Path, "write_bytes", fill)
    with pytest.raises(OSError, match=f"No space left.*{path}"), written(path) as file:
        file.write("student_id\nada\nzoe\n")
    assert path.read_text() == "student_id\nada\n" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("text", ["=1+1", '=HYPERLINK("x")', "+1|x", "@SUM(A1)", "-2+3", "\t=1"])
def test_a_formula_is_none(text):
    assert no_formula(text) == f"'{text}"


@pytest.mark.parametrize("text", ["ada", "@ada", "-7", "+49.1", "Lovelace, Ada", ""])
def test_an_id_stays_as_it_is(text):
    assert no_formula(text) == text


@pytest.mark.full
def test_no_name_becomes_a_formula_or_a_column(make_course, run):
    """In any of the three tables; a comma, a quote or a line break in a name stays within its cell."""
    copy = make_course(NAME)
    names = {
        "=cmd|' /C calc'!A0": "+1|x",
        "@SUM(A1)": '-2+3, "junior"',
        "-7": "\t=1",
        "ada": "two\nlines",
    }
    run(copy, "nbgrader", "db", "assignment", "add", NAME)
    with Gradebook(f"sqlite:///{copy / 'gradebook.db'}") as gradebook:
        for student, name in names.items():
            gradebook.add_student(student, first_name=name, last_name=f"={name}", email="=1+1")
            gradebook.add_submission(NAME, student)
    for plugin in ("Rows", "Canvas", "Moodle"):
        file = copy / f"{plugin}.csv"
        run(
            copy,
            "nbgrader",
            "export",
            f"--exporter=proctor.records.exports.{plugin}",
            f"--to={file}",
        )
        head, *rows = csv.reader(file.open(newline=""))
        assert len(rows) >= len(names) and {len(row) for row in rows} == {len(head)}
        cells = [cell for row in rows for cell in row]
        assert {cell for cell in cells if cell.startswith(tuple("=+-@\t\r\n"))} == {"-7"}
        assert {"'=cmd|' /C calc'!A0", "'@SUM(A1)"} <= set(cells)
        lines = "two\nlines" if plugin == "Rows" else "two lines"
        assert any('-2+3, "junior"' in cell for cell in cells) and any(
            lines in cell for cell in cells
        )
