"""Archives of submissions, named as Canvas and Moodle name them, reach `submitted/` and are graded."""

import csv
import io
import json
import re
import shutil
import unicodedata
import zipfile
from contextlib import closing

import nbformat
import pytest

from proctor.answers import solved
from proctor.course import assignments
from proctor.records.attempts import Store

pytestmark = pytest.mark.full

NAME = "03-softmax"
STUDENTS = """\
id,first_name,last_name,email,lms_user_id
ada,Ada,Lovelace,ada@example.org,12345
znunez,Zoë,Núñez García,zoe@example.org,12346
cobrien,Conor,O'Brien,conor@example.org,
jdalembert,Jean-Luc,d'Alembert,jean@example.org,
kim1,Kim,Lee,kim1@example.org,
kim2,Kim,Lee,kim2@example.org,
"""


@pytest.fixture(scope="module")
def notebooks(course) -> dict[str, str]:
    """A right and an untouched notebook, as they are handed in."""
    assignment = assignments(course)[NAME]
    return {
        "right": nbformat.writes(solved(assignment)),
        "untouched": nbformat.writes(assignment.released),
    }


@pytest.fixture
def collect(make_known_course, run):
    """Puts archives where nbgrader looks for them, and collects; returns the course and what was said."""
    copy = make_known_course()
    (copy / "students.csv").write_text(STUDENTS)
    run(copy, "nbgrader", "db", "student", "import", "students.csv")

    def collect(*archives: dict[str, str | bytes] | list[tuple[str, str]]):
        folder = copy / "downloaded" / NAME / "archive"
        folder.mkdir(parents=True)
        for number, files in enumerate(archives):
            with zipfile.ZipFile(folder / f"math-{NAME}-{number}.zip", "w") as archive:
                for name, text in files.items() if isinstance(files, dict) else files:
                    archive.writestr(name, text)
            for path in folder.iterdir():
                path.write_bytes(spoiled(path.read_bytes()))
        return copy, run(copy, "nbgrader", "zip_collect", NAME).stderr

    return collect


def spoiled(archive: bytes) -> bytes:
    """The archive with a password on each `locked.txt`, and another sum of what is in each `broken.txt`."""
    made = bytearray(archive)
    # where what an entry says of itself begins, how long it is, and where its flags lie in it
    for start, head, flags in ((b"PK\3\4", 30, 6), (b"PK\1\2", 46, 8)):
        for found in re.finditer(re.escape(start), archive):
            at = found.start()
            length = int.from_bytes(archive[at + flags + 20 : at + flags + 22], "little")
            name = archive[at + head : at + head + length]
            made[at + flags] |= name.endswith(b"locked.txt")
            made[at + flags + 8] ^= name.endswith(b"broken.txt")
    return bytes(made)


def submitted(copy) -> set[str]:
    return {
        str(path.relative_to(copy / "submitted")) for path in (copy / "submitted").glob("*/*/*")
    }


def scores(copy, run) -> dict[str, float]:
    run(copy, "proctor", "grade", "--workers", "1", NAME)
    run(copy, "nbgrader", "export")
    return {
        row["student_id"]: float(row["score"])
        for row in csv.DictReader((copy / "grades.csv").open())
    }


def of_canvas(last: str, first: str, rest: str) -> str:
    """A name as Canvas makes it: the sortable name in lower case, with letters, marks on them, digits and underscores."""
    kept = [
        each
        for each in f"{last}, {first}".lower()
        if unicodedata.category(each)[0] in "LMN" or each == "_"
    ]
    return "".join(kept) + rest


def of_moodle(first: str, last: str, number: int) -> str:
    """A name as Moodle makes it: the full name, without what no file name may have."""
    return re.sub(r"[&<>\"`|':\\/]", "", f"{first} {last}") + f"_{number}_assignsubmission_file_"


def test_canvas(collect, notebooks, run):
    right, untouched = notebooks["right"], notebooks["untouched"]
    copy, said = collect(
        {
            of_canvas("Lovelace", "A.", "_12345_900_softmax.ipynb"): untouched,
            of_canvas("Lovelace", "A.", "_12345_901_softmax-1.ipynb"): right,
            of_canvas("Núñez García", "Zoë", "_LATE_12346_902_softmax (2).ipynb"): right,
            # a namesake, who isn't in the gradebook
            of_canvas("Lovelace", "Ada", "_99999_908_softmax.ipynb"): untouched,
            # the newer one holds no answer
            of_canvas("O'Brien", "Conor", "_77_903_softmax-10.ipynb"): untouched,
            of_canvas("O'Brien", "Conor", "_77_904_softmax-9.ipynb"): right,
            of_canvas("d'Alembert", "Jean-Luc", "_78_905_mine.ipynb"): right,
            of_canvas("Student", "Test", "_79_906_softmax.ipynb"): right,
            of_canvas("O'Brien", "Conor", "_77_907_notes.txt"): "nothing",
            "softmax.ipynb": right,
        }
    )
    found = {f"{student}/{NAME}/softmax.ipynb" for student in ("ada", "znunez", "cobrien")}
    found |= {f"ada/{NAME}/softmax-earlier-1.ipynb", f"cobrien/{NAME}/softmax-earlier-1.ipynb"}
    assert submitted(copy) == found | {f"jdalembert/{NAME}/mine.ipynb", f"cobrien/{NAME}/notes.txt"}
    assert re.search(
        "ada has another Canvas id than 99999: .*99999_908.* correct their lms_user_id", said
    )
    assert (copy / "submitted" / "ada" / NAME / "softmax.ipynb").read_text() == right
    assert (
        "nobody in the gradebook is called studenttest" in said
        and "nbgrader db student import" in said
    )
    assert "neither Canvas nor Moodle names a file like this" in said
    assert re.search(
        "Collected as softmax-earlier-1.ipynb, cobrien .*_softmax-10.ipynb, too, which counts", said
    )
    assert scores(copy, run) == {
        "ada": 30,
        "znunez": 30,
        "cobrien": 30,
        "jdalembert": 30,
        "kim1": 0,
        "kim2": 0,
    }


def test_moodle_in_folders_and_flat(collect, notebooks, run):
    right, untouched = notebooks["right"], notebooks["untouched"]
    apart = unicodedata.normalize("NFD", of_moodle("Zoë", "Núñez García", 502))
    copy, said = collect(
        {
            of_moodle("Ada", "Lovelace", 501).removesuffix("_") + "/softmax.ipynb": right,
            of_moodle("Ada", "Lovelace", 501)
            + "/.ipynb_checkpoints/softmax-checkpoint.ipynb": untouched,
            apart + "/answers/softmax (1).ipynb": right,
            apart + "/old/earlier/softmax (1).ipynb": untouched,
            "__MACOSX/" + apart + "/._softmax.ipynb": "no notebook",
            of_moodle("Kim", "Lee", 503) + "/softmax.ipynb": right,
            of_moodle("Ada", "Lovelace", 501).replace("file", "onlinetext")
            + "/onlinetext.html": "<p>done</p>",
        },
        {
            of_moodle("O'Brien", "Conor", 504).replace("O'Brien", "O_Brien")
            + "softmax.ipynb": right,
            of_moodle("Jean-Luc", "d'Alembert", 505) + "softmax.ipynb": untouched,
        },
    )
    found = {f"{s}/{NAME}/softmax.ipynb" for s in ("ada", "znunez", "cobrien", "jdalembert")}
    assert submitted(copy) == found | {
        f"ada/{NAME}/onlinetext.html",
        f"znunez/{NAME}/softmax-earlier-1.ipynb",
    }
    assert (
        "each of kim1, kim2 is called Kim Lee" in said
        and f"submitted/STUDENT/{NAME}/ by hand" in said
    )
    found = scores(copy, run)
    assert found["ada"] == found["znunez"] == found["cobrien"] == 30 and found["jdalembert"] == 0
    report = json.loads(run(copy, "proctor", "report", "--json").stdout)
    assert {each["student"] for each in report["assignments"][0]["submissions"]} == {
        "ada",
        "znunez",
        "cobrien",
        "jdalembert",
    }


def test_collected_again_with_what_came_later(collect, notebooks, run):
    """A new archive is a later attempt than what was there, and the same one is none; nothing that was there is lost."""
    untouched, right = notebooks["untouched"], notebooks["right"]
    lee = of_moodle("Jean-Luc", "d'Alembert", 505)
    copy, _ = collect(
        {
            of_canvas("Lovelace", "Ada", "_12345_900_softmax.ipynb"): untouched,
            of_canvas("O'Brien", "Conor", "_77_902_softmax.ipynb"): right,
            f"{lee}softmax.ipynb": untouched,
        }
    )
    place = {
        student: copy / "submitted" / student / NAME
        for student in ("ada", "znunez", "cobrien", "jdalembert")
    }
    place["znunez"].mkdir(parents=True)
    for name, text in {
        "softmax.ipynb": untouched,
        "timestamp.txt": "2026-02-01 09:00:00 UTC",
        "helper.py": "",
    }.items():
        (place["znunez"] / name).write_text(text)
    (place["cobrien"] / "softmax.ipynb").write_text(untouched)  # which ada's was, and his never
    with zipfile.ZipFile(
        copy / "downloaded" / NAME / "archive" / f"math-{NAME}-0.zip", "w"
    ) as archive:
        archive.writestr(of_canvas("Lovelace", "Ada", "_12345_950_softmax-1.ipynb"), right)
        archive.writestr(of_canvas("Núñez García", "Zoë", "_12346_951_softmax.ipynb"), right)
        archive.writestr(of_canvas("O'Brien", "Conor", "_77_902_softmax.ipynb"), right)
        archive.writestr(f"{lee}mine.ipynb", right)
    said = run(copy, "nbgrader", "zip_collect", NAME).stderr
    assert (
        place["ada"] / "softmax.ipynb"
    ).read_text() == right and f"Replaced what was in {place['ada']}" in said
    assert [path.name for path in place["jdalembert"].iterdir()] == ["mine.ipynb"]
    assert (place["znunez"] / "softmax.ipynb").read_text() == right
    # changed by hand after the archive in which it was
    assert (place["cobrien"] / "softmax.ipynb").read_text() == untouched
    assert "Students: 3 replaced, 1 unchanged" in said
    kept = copy / "attempts" / "znunez" / NAME / "1" / "files"
    assert (kept / "softmax.ipynb").read_text() == untouched and (kept / "helper.py").is_file()
    said = run(copy, "nbgrader", "zip_collect", NAME, "--force").stderr
    assert "Students: 4 unchanged" in said and "Replaced" not in said


def test_archives_collected_at_once_are_an_attempt_each(collect, notebooks, run):
    """In the order of their names: the upload in the first one isn't lost if a later one comes late, or is blank."""
    untouched, right = notebooks["untouched"], notebooks["right"]
    ada, zoe = "_12345_900_softmax.ipynb", "_LATE_12346_904_softmax-1.ipynb"
    first = {
        of_canvas("Lovelace", "Ada", ada): right,
        of_canvas("Núñez García", "Zoë", "_12346_901_softmax.ipynb"): right,
        of_canvas("O'Brien", "Conor", "_77_902_softmax.ipynb"): untouched,
    }
    later = {
        of_canvas("Lovelace", "Ada", ada): right,
        of_canvas("Núñez García", "Zoë", zoe): untouched,
        of_canvas("O'Brien", "Conor", "_77_903_softmax-1.ipynb"): right,
    }
    copy, said = collect(first, later)
    assert "Archives, the earliest first: math-03-softmax-0.zip, math-03-softmax-1.zip" in said
    assert "too, which counts" not in said and "Students: 3 new" in said
    assert f"znunez/{NAME}: attempt 2 is late; 1 counts" in said and said.count("is late") == 1

    def attempts(student: str) -> list[tuple[str, bool]]:
        with closing(Store(copy)) as store:
            found = store.of(student, NAME)
        kept = [
            copy / "attempts" / student / NAME / str(each.number) / "files" / "softmax.ipynb"
            for each in found
        ]
        return [
            (path.read_text(), each.marked_late) for path, each in zip(kept, found, strict=True)
        ]

    expected = {
        "ada": [(right, False)],
        "znunez": [(right, False), (untouched, True)],
        "cobrien": [(untouched, False), (right, False)],
    }
    assert {student: attempts(student) for student in expected} == expected
    assert scores(copy, run) == {"ada": 30, "znunez": 30, "cobrien": 30} | dict.fromkeys(
        ("jdalembert", "kim1", "kim2"), 0
    )

    # the same archives again are no attempts; one that comes later, with what was in the first, is
    again = run(copy, "nbgrader", "zip_collect", NAME).stderr
    assert "Students: 3 unchanged" in again and "is late" not in again
    assert {student: attempts(student) for student in expected} == expected
    with zipfile.ZipFile(
        copy / "downloaded" / NAME / "archive" / f"math-{NAME}-10.zip", "w"
    ) as archive:
        archive.writestr(of_canvas("O'Brien", "Conor", "_77_905_softmax-2.ipynb"), untouched)
    with zipfile.ZipFile(
        copy / "downloaded" / NAME / "archive" / f"math-{NAME}-9.zip", "w"
    ) as archive:
        archive.writestr(of_canvas("Lovelace", "Ada", "_12345_906_softmax-1.ipynb"), untouched)
    said = run(copy, "nbgrader", "zip_collect", NAME).stderr
    assert (
        "softmax-9.zip, math-03-softmax-10.zip" in said
        and "2 replaced" in said
        and "1 unchanged" in said
    )
    expected["ada"].append((untouched, False))
    expected["cobrien"].append((untouched, False))
    assert {student: attempts(student) for student in expected} == expected
    assert (copy / "submitted" / "cobrien" / NAME / "softmax.ipynb").read_text() == untouched

    # an archive that was collected before brings nothing back under another name
    archives = copy / "downloaded" / NAME / "archive"
    shutil.copy(archives / f"math-{NAME}-1.zip", archives / f"math-{NAME}-11.zip")
    said = run(copy, "nbgrader", "zip_collect", NAME).stderr
    assert "3 unchanged" in said
    assert {student: attempts(student) for student in expected} == expected

    # what came in time stays so, if the same comes late once more
    with zipfile.ZipFile(archives / f"math-{NAME}-12.zip", "w") as archive:
        late = of_canvas("O'Brien", "Conor", "_LATE_77_907_softmax-3.ipynb")
        archive.writestr(late, untouched)
    said = run(copy, "nbgrader", "zip_collect", NAME).stderr
    assert "3 unchanged" in said
    assert {student: attempts(student) for student in expected} == expected


def test_no_notebook_is_something_all_the_same(collect, notebooks, run):
    """Who uploaded something else, or typed something in, handed in that; a broken archive stops nobody else's."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("mine/softmax.ipynb", notebooks["right"])
    marks = "a\N{COMBINING RING ABOVE}b"
    copy, said = collect(
        {
            of_canvas("Lovelace", "Ada", "_12345_900_softmax.py"): "def softmax(x, dim): ...",
            of_canvas(
                "Núñez García", "Zoë", "_LATE_12346_901_Homework (final).docx"
            ): "no notebook",
            of_canvas("O'Brien", "Conor", "_77_902_work.zip"): packed.getvalue(),
            of_canvas("d'Alembert", "Jean-Luc", "_78_903_work.zip"): "no archive",
            of_canvas("d'Alembert", "Jean-Luc", "_78_904_timestamp.txt"): "2020-01-01 00:00 UTC",
            of_canvas("Lee", "Kim", "_79_text.html"): "<p>done</p>",
            of_canvas("Student", marks, "_80_905_softmax.ipynb"): notebooks["right"],
        }
    )
    assert submitted(copy) == {
        f"ada/{NAME}/softmax.py",
        f"znunez/{NAME}/Homework (final).docx",
        f"cobrien/{NAME}/work.zip",
        f"jdalembert/{NAME}/work.zip",
    }
    left = [line for line in said.splitlines() if "work" in line or "Left out" in line]
    for line, why in zip(
        left, ("no file that a student", "each of kim1, kim2", marks), strict=True
    ):
        assert "Left out" in line and why in line
    (copy / "submitted" / "s60.ipynb").write_text(notebooks["right"])
    done = run(copy, "proctor", "grade", "--workers", "1", NAME)
    assert "not graded: submitted/s60.ipynb;" in done.stderr
    assert (
        f"cobrien/{NAME}: handed in as work.zip/mine/softmax.ipynb rather than softmax.ipynb\n"
        in done.stdout
    )
    run(copy, "nbgrader", "export")
    rows = {row["student_id"]: row for row in csv.DictReader((copy / "grades.csv").open())}
    assert rows["cobrien"]["score"] == "30.0" and rows["kim1"]["score"] == "0.0"
    for student, told in {
        "ada": "what was handed in: softmax.py",
        "znunez": "what was handed in: Homework (final).docx",
        "jdalembert": "work.zip (it can't be unpacked",
    }.items():
        assert rows[student]["score"] == "" and told in rows[student]["remark"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_odd_entry_stops_nobody_and_is_named(collect, notebooks, run):
    """Neither another student's work nor the notebook beside it. A name that no disk can hold becomes one that it can."""
    right, long, zoe = (
        notebooks["right"],
        "答" * 80,
        of_moodle("Zoë", "Núñez García", 502).removesuffix("_"),
    )
    link = zipfile.ZipInfo(f"{zoe}/link.txt")
    link.external_attr = 0o120777 << 16
    copy, said = collect(
        [
            ("../../../out.ipynb", right),
            ("/out.ipynb", right),
            ("C:\\out.ipynb", right),
            (of_canvas("Lovelace", "Ada", f"_12345_900_{long}.ipynb"), right),
            (of_canvas("Lovelace", "Ada", f"_12345_901_{'x' * 255}.csv"), "1"),
            (of_canvas("Lovelace", "Ada", "_12345_902_Timestamp.txt"), "1999-01-01 00:00:00 UTC"),
            (f"{zoe}/softmax.ipynb", right),
            (f"{zoe}/softmax.ipynb", "twice"),
            (f"{zoe}/data.csv", "1"),
            (f"{zoe}/data.csv/data.csv", "2"),
            (f"{zoe}/DATA.csv", "3"),
            (f"{zoe}/empty.txt", ""),
            (f"{zoe}/locked.txt", "1"),
            (f"{zoe}/broken.txt", "1"),
            (link, "/etc/passwd"),
            (of_canvas("O'Brien", "Conor", "_77_903_my\n\x1b[2Janswers\u202e.ipynb"), right),
            (of_canvas("d'Alembert", "Jean-Luc", "_78_904_softmax.ipynb"), right),
        ]
    )
    (ada,) = (copy / "submitted" / "ada" / NAME).glob("*.ipynb")
    assert ada.name.startswith("答" * 20) and len(ada.name.encode()) < 200
    (table,) = (copy / "submitted" / "ada" / NAME).glob("*.csv")
    found = {
        f"ada/{NAME}/{ada.name}",
        f"ada/{NAME}/{table.name}",
        f"cobrien/{NAME}/my__[2Janswers_.ipynb",
    }
    found |= {
        f"znunez/{NAME}/{name}"
        for name in ("softmax.ipynb", "data.csv", "DATA.csv", "empty.txt", "link.txt")
    }
    assert submitted(copy) == found | {f"jdalembert/{NAME}/softmax.ipynb"}
    assert (copy / "submitted" / "znunez" / NAME / "link.txt").read_text() == "/etc/passwd"
    lines = said.splitlines()
    for name, why in {
        "locked.txt": "password",
        "broken.txt": "Bad CRC-32",
        f"{zoe}/softmax.ipynb": "another file or folder",
        "data.csv/data.csv": "another file or folder",
        "_900_": "its own name is too long",
        "_901_": "its own name is too long",
        "_902_Timestamp.txt": "no file that a student hands in can be called so",
        "_903_": "can't be shown",
        "/out.ipynb": "neither Canvas nor Moodle",
        "C:\\out.ipynb": "neither Canvas nor Moodle",
    }.items():
        assert [line for line in lines if name in line and why in line], (name, said)
    assert {path.parent.name for path in copy.parent.rglob("out.ipynb")} == {f"math-{NAME}-0"}
    assert "Traceback" not in said
    found = scores(copy, run)
    assert {name for name, score in found.items() if score == 30} == {
        "ada",
        "znunez",
        "cobrien",
        "jdalembert",
    }
