"""One student has more time than the others: before anything is handed in, and after that."""

import csv
import os
import re
import shutil
import sys
from datetime import datetime, timedelta
from pathlib import Path
from sqlite3 import OperationalError
from types import SimpleNamespace

import nbformat
import pytest
from nbgrader.api import Gradebook, MissingEntry

from proctor.answers import solved
from proctor.course import assignments
from proctor.records.extensions import extend, give
from proctor.records.store import extensions, set_extension

NAME = "03-softmax"
COURSE = Path(__file__).parents[2]
DUE, LATER = "2030-03-20 18:00 UTC", "2030-03-21 18:00:00 UTC"


@pytest.fixture
def copy(make_course, monkeypatch):
    """A course with a due date and two students."""
    copy = make_course(NAME)
    # nbgrader runs `alembic` from there
    monkeypatch.setenv(
        "PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    )
    with Gradebook(f"sqlite:///{copy / 'gradebook.db'}") as gradebook:
        gradebook.add_assignment(NAME, duedate=DUE)
        for student in ("ada", "zoe"):
            gradebook.add_student(student)
    return copy


def late(copy, student):
    """By how many hours a student's submission is late, once it is recorded as grading records it."""
    with Gradebook(f"sqlite:///{copy / 'gradebook.db'}") as gradebook:
        give(copy, copy, gradebook.update_or_create_submission(NAME, student, timestamp=LATER))
        gradebook.db.commit()
        return gradebook.find_submission(NAME, student).total_seconds_late / 3600


def test_it_is_given_before_anything_is_handed_in(copy, run):
    done = run(copy, "proctor", "extend", NAME, "ada", "2d")
    assert f"{NAME} is due on 2030-03-22 18:00 UTC for ada, 2 days after the others" in done.stdout
    with Gradebook(f"sqlite:///{copy / 'gradebook.db'}") as gradebook, pytest.raises(MissingEntry):
        gradebook.find_submission(NAME, "ada")
    assert (late(copy, "ada"), late(copy, "zoe")) == (0, 24)
    run(copy, "proctor", "extend", NAME, "zoe", "--until", "2030-03-21 07:00 +0100")
    assert late(copy, "zoe") == 12, "one that handed in already"
    run(copy, "proctor", "extend", NAME, "ada", "--remove")
    assert late(copy, "ada") == 24 and run(copy, "proctor", "extend", "--list").stdout == (
        f"{NAME} zoe: 12:00:00 after the others\n"
    )


@pytest.mark.full
def test_an_older_gradebook_takes_nothing_from_what_was_given_last(copy, run):
    """What `--list` shows is what counts, where the gradebook was put back, or could not be written."""
    for more, hours in (("12h", 12), ("1d", 0)):
        run(copy, "proctor", "extend", NAME, "ada", more)
        assert late(copy, "ada") == hours
        older = shutil.copy(copy / "gradebook.db", copy / f"{more}.db")
    run(copy, "proctor", "extend", NAME, "ada", "12h")
    shutil.copy(older, copy / "gradebook.db")
    assert late(copy, "ada") == 12
    run(copy, "proctor", "extend", NAME, "ada", "--remove")
    shutil.copy(older, copy / "gradebook.db")
    assert late(copy, "ada") == 24

    class Locked:
        students, assignments = [SimpleNamespace(id="zoe")], [SimpleNamespace(name=NAME)]

        def find_assignment(self, name):
            return SimpleNamespace(duedate=datetime(2030, 3, 20, 18))

        def find_submission(self, *names):
            raise OperationalError("database is locked")

    with pytest.raises(OperationalError):
        extend(copy, Locked(), NAME, {"zoe": timedelta(days=1)})
    assert run(copy, "proctor", "extend", "--list").stdout == "none yet\n"


def test_without_a_due_date_there_is_no_extension(copy):
    set_extension(copy, (NAME, "ada"), timedelta(hours=1))
    with Gradebook(f"sqlite:///{copy / 'gradebook.db'}") as gradebook:
        gradebook.update_or_create_assignment(NAME, duedate=None)
    assert late(copy, "ada") == 0


def test_what_cannot_be_extended(copy, run):
    for words, said in {
        (NAME, "adda", "2d"): "has no student adda: did you mean ada?",
        ("03-sofmax", "ada", "2d"): f"has no assignment 03-sofmax; it has {NAME}",
        (NAME, "ada", "soon"): "soon is no duration and no date: write 2d",
        (
            NAME,
            "ada",
            "--until",
            "2030-03-19 18:00",
        ): "is due on 2030-03-20 18:00 UTC for all: an extension ends later",
        (NAME, "ada", "--until", "2030-03-29 18:00 Nowhere"): "Nowhere is no date",
    }.items():
        done = run(copy, "proctor", "extend", *words, code=1)
        assert said in " ".join(done.stderr.split()) and not extensions(copy)


def test_several_at_once(copy, run):
    """Until the end of a day, for a few, for all, from a file; all of it or nothing."""
    done = run(copy, "proctor", "extend", NAME, "ada", "zoe", "2030-03-22")
    assert (
        "2030-03-22 23:59 UTC for ada" in done.stdout
        and "2030-03-22 23:59 UTC for zoe" in done.stdout
    )
    run(copy, "proctor", "extend", NAME, "--all", "12h")
    assert (late(copy, "ada"), late(copy, "zoe")) == (12, 12)
    more = copy / "more.csv"
    more.write_text("student,more\nada,2d\nzoe,2030-03-21 06:00\n")
    run(copy, "proctor", "extend", NAME, "--csv", more)
    assert (late(copy, "ada"), late(copy, "zoe")) == (0, 12)
    more.write_text("student,more\nada,5d\neve,5d\n")
    assert "no student eve" in run(copy, "proctor", "extend", NAME, "--csv", more, code=1).stderr
    for written, said in {
        "id;more\nada;5d\n": "line 1: the column 'student' is missing: write student,more, with commas",
        "student,more\nada\n": "line 2: write a student and how much more time, such as 'ada,2d'",
    }.items():
        more.write_text(written)
        done = run(copy, "proctor", "extend", NAME, "--csv", more, code=1)
        assert said in " ".join(done.stderr.split())
    for words in (["ada"], ["ada", "--all", "2d"], ["--all"], ["--csv", more, "--remove"], ["2d"]):
        run(copy, "proctor", "extend", NAME, *words, code=2)
    assert extensions(copy)[NAME, "ada"] == timedelta(days=2)
    run(copy, "proctor", "extend", NAME, "ada", "zoe", "--remove")
    assert run(copy, "proctor", "extend", "--list").stdout == "none yet\n"


@pytest.mark.full
def test_the_late_penalty_follows(copy, run, course):
    with (copy / "nbgrader_config.py").open("a") as file:
        file.write('\nc.AssignLatePenalties.plugin_class = "late.PerDay"\n')
    blocks = re.findall(
        "```python\n(.*?)```",
        (COURSE / "docs" / "reference" / "lateness.md").read_text(),
        re.DOTALL,
    )
    (copy / "late.py").write_text(next(block for block in blocks if "class PerDay" in block))
    run(copy, "proctor", "extend", NAME, "ada", "2d")
    for student in ("ada", "zoe"):
        folder = copy / "submitted" / student / NAME
        folder.mkdir(parents=True)
        nbformat.write(solved(assignments(course)[NAME]), folder / "softmax.ipynb")
        (folder / "timestamp.txt").write_text(LATER)
    run(copy, "proctor", "grade", "--workers", "1")
    run(copy, "nbgrader", "export")
    scores = {
        row["student_id"]: row["score"] for row in csv.DictReader((copy / "grades.csv").open())
    }
    assert scores == {"ada": "30.0", "zoe": "27.0"}
    run(copy, "proctor", "extend", NAME, "zoe", "2d")
    done = run(copy, "proctor", "grade", "--workers", "1")
    assert "0 to grade" in done.stdout and f"zoe/{NAME}: late penalty 3, now 0" in done.stdout
