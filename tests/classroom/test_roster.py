"""Where there is a roster, a misspelt folder in `submitted/` makes no student."""

import csv
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from nbgrader.api import Base, Gradebook, Student
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from proctor.answers import solved
from proctor.authoring.sample import sample_class
from proctor.course import assignments
from proctor.errors import GradingError
from proctor.records.roster import nearest, read_roster

NAME = "03-softmax"
LISTED = (
    "id,first_name,last_name,email,lms_user_id\nada,Ada,Lovelace,ada@example.org,\ns52,Kim,Lee,,\n"
)


@pytest.fixture
def gradebook():
    """An empty one, in memory."""
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield SimpleNamespace(db=session, students=session.query(Student))


def put(gradebook, student: str, **facts: str) -> None:
    """As nbgrader puts a student into a gradebook."""
    gradebook.db.add(Student(id=student, **facts))
    gradebook.db.commit()


def test_grading_alone_makes_no_roster(gradebook, tmp_path):
    put(gradebook, "ada")
    put(gradebook, "nobody")
    assert read_roster(tmp_path, gradebook) == {}


def test_whoever_has_a_name_or_an_address_is_on_it(gradebook, tmp_path):
    put(gradebook, "ada", first_name="Ada", last_name="Lovelace")
    put(gradebook, "ben", email="ben@example.org")
    put(gradebook, "nobody")
    assert read_roster(tmp_path, gradebook) == {"ada": "Ada Lovelace", "ben": ""}


@pytest.mark.parametrize(
    "written", [LISTED.encode(), b"\xef\xbb\xbf" + LISTED.replace("\n", "\r\n").encode()]
)
def test_a_list_with_and_without_a_mark(gradebook, tmp_path, written):
    (tmp_path / "students.csv").write_bytes(written)
    put(gradebook, "ada")
    put(gradebook, "nobody")
    assert read_roster(tmp_path, gradebook) == {"ada": "Ada Lovelace", "s52": "Kim Lee"}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (b"name\nAda\n", "line 1: the column 'id' is missing"),
        (LISTED.replace(",", ";").encode(), "with commas"),
        (LISTED.encode("utf-16"), "isn't UTF-8: save it so"),
    ],
)
def test_a_list_that_cant_be_read_says_how_to_write_it(gradebook, tmp_path, written, said):
    (tmp_path / "students.csv").write_bytes(written)
    with pytest.raises(GradingError, match=said):
        read_roster(tmp_path, gradebook)


@pytest.mark.parametrize(
    ("folder", "meant"),
    [
        ("S52", ["s52", "s53"]),
        ("s5 2", ["s52"]),
        ("Lovelace_Ada", ["ada"]),
        ("Ada Lovelace", ["ada"]),
        ("zoé", ["zoe"]),
        ("zoee", ["zoe"]),
        ("nobody", []),
    ],
)
def test_the_nearest(folder, meant):
    assert nearest({"ada": "Ada Lovelace", "s52": "Kim Lee", "s53": "", "zoe": ""}, folder) == meant


def test_no_sample_class_beside_a_class(gradebook, tmp_path, make_course):
    put(gradebook, "ada")
    assert sample_class(make_course(NAME), gradebook) > 1, "the sample class's own ada is no class"
    put(gradebook, "kim")
    with pytest.raises(GradingError, match="no made-up students are put beside"):
        sample_class(tmp_path, gradebook)


def test_no_sample_class_where_there_is_a_roster(gradebook, tmp_path):
    (tmp_path / "students.csv").write_text(LISTED)
    with pytest.raises(
        GradingError, match="collect first, or see a sample class in a second clone"
    ):
        sample_class(tmp_path, gradebook)
    assert not (tmp_path / "submitted").exists()


def hand_in(course: Path, *students: str) -> None:
    for student in students:
        folder = course / "submitted" / student / NAME
        folder.mkdir(parents=True)
        nbformat.write(solved(assignments(course)[NAME]), folder / "softmax.ipynb")


def ids(course: Path) -> set[str]:
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        return {each.id for each in gradebook.students}


def test_a_folder_of_nobody_is_named_and_left(make_course, run):
    course = make_course(NAME)
    (course / "students.csv").write_text(LISTED)
    hand_in(course, "S52", "nobody")
    done = run(course, "proctor", "grade", "--workers", "1")
    assert "0 to grade" in done.stdout and not ids(course)
    assert (
        f"  submitted/S52/{NAME}: near it on the roster: s52 (Kim Lee)\n  submitted/nobody/{NAME}\n"
        in done.stderr
    )
    assert "nbgrader db student add ID" in done.stderr and "--unknown" in done.stderr


@pytest.mark.full
def test_who_is_told_is_graded_and_stays_out_of_the_lms(make_course, run):
    course = make_course(NAME)
    (course / "students.csv").write_text(LISTED)
    run(course, "nbgrader", "db", "student", "import", "students.csv")
    hand_in(course, "ada", "S52", "nobody")
    assert (
        "not graded"
        not in run(course, "proctor", "grade", "--workers", "1", "--student", "S52").stderr
    )
    said = run(course, "proctor", "grade", "--workers", "1").stderr
    assert (
        f"  submitted/S52/{NAME}: near it on the roster: s52 (Kim Lee)\n  submitted/nobody/{NAME}\n"
        in said
    )
    assert (
        "\n  In the gradebook all the same: S52. To take one off it, grades and all: 'nbgrader db student remove ID --force'"
        in said
    )
    assert ids(course) == {"ada", "s52", "S52"}
    for name in ("Canvas", "Moodle"):
        plugin = f"--exporter=proctor.records.exports.{name}"
        assert (
            "not on the roster: S52."
            in run(course, "nbgrader", "export", plugin, "--to=to.csv").stderr
        )
        rows = list(csv.reader((course / "to.csv").open()))
        assert [row for row in rows if "ada" in row] == rows[-1:] and not [
            row for row in rows if "S52" in row
        ]
