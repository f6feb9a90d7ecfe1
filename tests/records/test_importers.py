"""Our exports are imported, our archives of pages taken back, and their archives collected: by the LMS's own rules."""

import csv
import io
import json
import zipfile

import pytest
from importers import (
    NotImported,
    Person,
    canvas_imports,
    canvas_names,
    canvas_takes_back,
    moodle_imports,
    moodle_names,
    moodle_takes_back,
)
from nbgrader.api import Gradebook

NAMES = ("03-softmax", "01-vectors")
CLASS = {
    "ada": Person(12345, "Ada", "Lovelace", "ada", "ada@example.org", "S1"),
    "znunez": Person(12346, "Zoë", "Núñez García", "znunez", "zoe@example.org", "S2"),
    "obrien": Person(12347, "Conor; jr.", 'O\'Brien, "Con"', "obrien", "conor@example.org", "S3"),
    "0231163": Person(12348, "Kim", "Lee", "0231163", "kim@example.org", "S4"),
    "sharma": Person(12349, "प्रिया", "शर्मा", "sharma", "priya@example.org", "S5"),
    "-7": Person(12350, "=1+1", "@SUM(A1)", "-7", "minus@example.org", "S6"),
}
EARNED = {
    "ada": (30, 19.5),
    "znunez": (0, 0.25),
    "obrien": (12.75, None),
    "0231163": (29, 20),
    "sharma": (7, 1),
    "-7": (3, 2),
}


@pytest.fixture(scope="module")
def graded(copy_course, tmp_path_factory, run):
    """A course whose gradebook holds such a class: the first of them with Canvas's number."""
    copy = copy_course(tmp_path_factory.mktemp("graded") / "course", *NAMES)
    run(copy, "nbgrader", "db", "assignment", "add", NAMES[0])
    with Gradebook(f"sqlite:///{copy / 'gradebook.db'}") as gradebook:
        for name, most in zip(NAMES, (30, 20), strict=True):
            gradebook.update_or_create_assignment(name)
            gradebook.add_notebook("all", name)
            gradebook.add_grade_cell("all_values", "all", name, max_score=most, cell_type="code")
        for student, who in CLASS.items():
            facts = {"first_name": who.first, "last_name": who.last, "email": who.email}
            gradebook.add_student(
                student, **facts, lms_user_id=str(who.number) if student == "ada" else None
            )
            for name, points in zip(NAMES, EARNED[student], strict=True):
                if points is not None:
                    gradebook.add_submission(name, student)
                    grade = gradebook.find_grade("all_values", "all", name, student)
                    grade.auto_score, grade.needs_manual_grade = points, False
        gradebook.add_student("nobody", first_name="Hands", last_name="Nothing-In")
        gradebook.db.commit()
    return copy


def exported(course, run, name: str) -> bytes:
    run(
        course,
        "nbgrader",
        "export",
        f"--exporter=proctor.records.exports.{name}",
        f"--to={name}.csv",
    )
    return (course / f"{name}.csv").read_bytes()


def as_earned(found: dict[tuple[int, str], str]) -> dict[str, tuple]:
    """The grades in an LMS by our ids."""
    at = {who.number: student for student, who in CLASS.items()}
    made: dict[str, list] = {}
    for (number, title), grade in found.items():
        made.setdefault(at[number], [None, None])[NAMES.index(title)] = (
            float(grade) if grade else None
        )
    return {student: tuple(points) for student, points in made.items()}


@pytest.mark.full
def test_canvas_imports_what_we_export(graded, run):
    points = {NAMES[0]: 30.0, NAMES[1]: 20.0}
    data = exported(graded, run, "Canvas")
    assert as_earned(canvas_imports(data, list(CLASS.values()), points)) == EARNED
    # as a spreadsheet saves it again where commas are decimal signs
    text = io.StringIO()
    for row in csv.reader(io.StringIO(data.decode())):
        cells = [
            cell.replace(".", ",") if cell.replace(".", "").isdigit() else cell for cell in row
        ]
        csv.writer(text, delimiter=";").writerow(cells)
    again = "\ufeff" + text.getvalue()
    assert as_earned(canvas_imports(again.encode(), list(CLASS.values()), points)) == EARNED


@pytest.mark.full
def test_moodle_imports_what_we_export(graded, run):
    columns = {f"Assignment: {name} (Real)": name for name in NAMES}
    data = exported(graded, run, "Moodle")
    for by in (("Email address", "email"), ("ID number", "login")):
        assert as_earned(moodle_imports(data, list(CLASS.values()), by, columns)) == EARNED
    with pytest.raises(NotImported, match="nobody is found"):
        moodle_imports(data, list(CLASS.values())[1:], ("Email address", "email"), columns)


def test_the_readers_keep_the_rules():
    """What the systems' own tests hold."""
    people, points = (
        [Person(4, "Todd", "Farner", sis="0123456"), Person(6, "Bill", "Blend", "0231163")],
        {"A 1": 10.0},
    )
    head = "Student,ID,SIS User ID,SIS Login ID,Section,A 1,Final Score\n"
    text = f'{head}"Blend, Bill",,,,My Course,7,\n,,0123456,,,"8,5",\nPoints Possible,,,,,10,\n'
    assert canvas_imports(text.encode(), people, points) == {(6, "A 1"): "7", (4, "A 1"): "8.5"}
    for row in (",4,,,,1,", ",,0123456,,,1,", "Todd Farner,,,,,1,"):
        assert canvas_imports(f"{head}{row}\n".encode(), people, points) == {(4, "A 1"): "1"}
    assert canvas_imports(f"{head},,,0231163,,1,\n".encode(), people, points) == {(6, "A 1"): "1"}
    for wrong in (
        f"{head},,bogus,,,1,\n",
        head.replace("Section", "Group"),
        head.replace("A 1", "A 2"),
    ):
        with pytest.raises(NotImported):
            canvas_imports(wrong.encode(), people, points)
    people = [
        Person(7, "Anne", "Able", email="student7@example.com"),
        Person(5, "Bobby", "Bunce", email="s5@example.com"),
    ]
    text, how = (
        "Surname,Email address,Item\nAble,student7@example.com,56.00\nBunce,,75.00\n",
        ("Email address", "email"),
    )
    assert moodle_imports(text.encode(), people, how, {"Item": "Item"}) == {(7, "Item"): "75.00"}
    for wrong in (
        text.replace("56.00", "56.00,78.00"),
        text.replace("56.00", "A"),
        text.replace("student7", "who"),
    ):
        with pytest.raises(NotImported):
            moodle_imports(wrong.encode(), people, how, {"Item": "Item"})


@pytest.mark.full
def test_what_they_give_out_is_collected_and_taken_back(graded, run):
    """As Canvas and Moodle call files, and as they look for the names in what comes back."""
    name, files, handed_in, participants = NAMES[0], {}, {}, {}
    for number, (student, who) in enumerate(CLASS.items()):
        handed_in[who.number], late = {900 + number}, number % 2 == 1
        files[canvas_names(who, "softmax (1).ipynb", late, 900 + number)] = student
    assert (
        "शर्माप्रिया_12349_904_softmax (1).ipynb" in files
        and "leekim_LATE_12348_903_softmax (1).ipynb" in files
    )
    back = collected(graded, run, name, files)
    assert sorted(filter(None, (canvas_takes_back(path, handed_in) for path in back))) == sorted(
        handed_in
    )
    files = {}
    for number, (student, who) in enumerate(CLASS.items()):
        participants[500 + number] = student
        files[
            moodle_names(
                who, 500 + number, "work/softmax.ipynb", folders=number % 3 > 0, older=number == 1
            )
        ] = student
    back = collected(graded, run, name, files)
    assert sorted(
        filter(None, (moodle_takes_back(path, set(participants)) for path in back))
    ) == sorted(participants)


def collected(course, run, name: str, files: dict[str, str]) -> list[str]:
    """Collects an archive of these files, each of the student that it holds; returns how their pages would be called."""
    place = course / "downloaded" / name
    (place / "archive").mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(place / "archive" / "all.zip", "w") as archive:
        for path, student in files.items():
            archive.writestr(path, student)
    said = run(course, "nbgrader", "zip_collect", name, "--force").stderr
    for student in CLASS:
        assert (course / "submitted" / student / name / "softmax.ipynb").read_text() == student, (
            said
        )
    return [
        f"{prefix}softmax.html"
        for prefix in json.loads((place / "collected.json").read_text())["prefix"].values()
    ]
