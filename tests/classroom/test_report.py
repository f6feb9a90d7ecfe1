"""`proctor report`: one page that opens offline, and the same data for programs."""

import ast
import contextlib
import json
import os
import re
import sqlite3
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import nbformat
import pytest
from nbgrader.api import Gradebook
from rich.console import Console
from small import copy_of

from proctor.answers import corpus, solved
from proctor.authoring.sample import sample_class
from proctor.classroom.report import Person, Row, _leave_out_words, _students, class_report
from proctor.classroom.report_page import _hours, histogram
from proctor.classroom.show import (
    GradingProgress,
    _worth_a_look,
    by_name,
    name_of,
    show_changes,
    table,
)
from proctor.classroom.similarity import alike, code_of, student_cells
from proctor.course import assignments
from proctor.course.codes import Code, Reason
from proctor.records.results import Result

NAME = "03-softmax"
EIGHT = [
    "01-vectors",
    "02-matmul",
    "03-softmax",
    "04-cross-entropy",
    "05-gradients",
    "06-training-loop",
    "07-tiny-llm",
    "08-stories",
]
SHIFTLESS = (
    "def softmax(x, dim):\n    shares = x.exp()\n    return shares / shares.sum(dim, keepdim=True)"
)


@pytest.fixture(scope="module")
def graded(course, copy_course, run, tmp_path_factory):
    """A class of four: one has a mistake, one a process that ends, one is a copy of the first and late, and a fifth handed in nothing."""
    copy = copy_course(tmp_path_factory.mktemp("class") / "course", NAME)
    (copy / "answers" / "wrong").mkdir(parents=True, exist_ok=True)
    text = (course / "answers" / "wrong" / "softmax.py").read_text()
    (copy / "answers" / "wrong" / "softmax.py").write_text(text)
    answers = {
        "ada": {},
        "bob": {},
        "<b>eve": {"softmax": SHIFTLESS},
        "zoe": {
            "softmax": "def softmax(x, dim):\n    import os; os._exit(1)",
            "next_token_probs": "def next_token_probs(logits):\n    raise ValueError('Zoe wrote this')",
        },
    }
    for student, wrong in answers.items():
        folder = copy / "submitted" / student / NAME
        folder.mkdir(parents=True)
        nbformat.write(solved(assignments(course)[NAME], wrong), folder / "softmax.ipynb")
    run(copy, "proctor", "grade", "--workers", "1")
    due = datetime(2026, 1, 20, 12)
    with Gradebook(f"sqlite:///{copy}/gradebook.db", "tiny-llm-math") as gradebook:
        gradebook.update_or_create_student("ada", first_name="Ada", last_name="Lovelace <i>")
        gradebook.update_or_create_student("noa", first_name="Noa", last_name="Levi")
        gradebook.find_assignment(NAME).duedate = due
        gradebook.update_or_create_submission(NAME, "bob", timestamp=due + timedelta(hours=5))
    path = copy / "autograded" / "bob" / NAME / "softmax.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.proctor["notes"] = ["'softmax (2).ipynb' counted, the newest"]
    notebook.metadata.proctor["note_codes"] = [
        {"code": "handed_in_too", "params": {"name": "softmax (2).ipynb"}}
    ]
    nbformat.write(notebook, path)
    path = copy / "autograded" / "zoe" / NAME / "softmax.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.proctor["notes"] = ["handed in by root, and not by the student's own account"]
    notebook.metadata.proctor["note_codes"] = [
        {"code": "handed_in_by", "params": {"account": "root"}}
    ]
    nbformat.write(notebook, path)
    feedback = copy / "feedback" / "ada" / NAME / "softmax.html"
    feedback.parent.mkdir(parents=True)
    feedback.touch()
    (copy / "submitted" / "Bob" / NAME).mkdir(parents=True)
    return copy


def test_the_page(graded, run):
    run(graded, "proctor", "report")
    page = (graded / "report.html").read_text()
    assert "&lt;b&gt;eve" in page and "<b>eve" not in page
    assert "Takes exp without subtracting the maximum" in page and "<svg" in page
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", page), (
        "it needs nothing from elsewhere"
    )
    assert "Lovelace &lt;i&gt;, Ada <code>ada</code>" in page and "<i>" not in page
    assert re.search(r"Handed in nothing.*?Levi, Noa <code>noa</code>", page, re.DOTALL)
    assert ">5 h</td>" in page and "softmax (2).ipynb&#39; counted, the newest" in page
    looks = page.index("What needs a look</h2>")
    assert (
        looks
        < page.index("ended the process</strong>")
        < page.index("Students</h2>")
        < page.index("Graded cells")
    )
    assert (
        looks
        < page.index("handed in by another account</strong>")
        < page.index("in a folder of nobody")
    )
    assert (
        "in a folder of nobody in the class, not graded" in page
        and "submitted/Bob/03-softmax" in page
    )
    # which hidden check took eve's points, with its line
    assert re.search(r"✗ \d/\d<b> not yet, \d of \d passed; test_softmax_stability__\w+:\d+", page)
    assert "– : nothing handed in; … : not graded yet; ? : no grade" in page
    assert "A hint to look, and no verdict" in page and "the same, letter by letter" in page
    assert f'href="feedback/ada/{NAME}/softmax.html"' in page
    links = re.findall(r'href="(autograded/[^"]+)"', page)
    assert len(set(links)) == 4 and all((graded / unquote(link)).is_file() for link in links)


def test_the_report_compares_what_grading_kept(graded, run):
    """Without that it reads the notebooks."""

    def alike() -> list[dict]:
        report = json.loads(run(graded, "proctor", "report", "--json").stdout)
        return report["assignments"][0]["alike"]

    with contextlib.closing(sqlite3.connect(graded / "proctor.db")) as database:
        kept = database.execute("SELECT written, id FROM attempts").fetchall()
        found = [alike()]
        for written in ("{}", ""):
            with database:
                database.execute("UPDATE attempts SET written = ?", [written])
            found.append(alike())
        with database:
            database.executemany("UPDATE attempts SET written = ? WHERE id = ?", kept)
    assert all(written for written, _ in kept)
    assert found[0] and found == [found[0], [], found[0]]


@pytest.mark.full
def test_what_is_not_graded_yet_is_no_strangers_and_not_nothing(graded, run):
    folder = graded / "submitted" / "noa" / NAME
    folder.mkdir(parents=True)
    again = graded / "submitted" / "ada" / NAME / "more.txt"
    again.touch()
    told = json.loads(run(graded, "proctor", "report", "--json").stdout)
    run(graded, "proctor", "report")
    page = (graded / "report.html").read_text()
    assert re.search(r"<code>noa</code></th><td class=\"number\">…</td>", page)
    folder.rmdir()
    again.unlink()
    assert told["not_graded"] == [f"ada/{NAME}", f"noa/{NAME}"] and told["strangers"] == [
        f"Bob/{NAME}"
    ]
    assert told["assignments"][0]["missing"] == []
    assert re.search(
        "handed in, or again, and not graded yet</strong>.*?2: ada/.*; noa/",
        (graded / "report.html").read_text(),
    )


def test_one_account_that_handed_in_for_all_is_told_once(tmp_path):
    config, found = tmp_path / "nbgrader_config.py", {}
    config.write_text("c = get_config()\n")
    for number in range(38):
        path = tmp_path / "autograded" / f"s{number}" / NAME / "softmax.ipynb"
        path.parent.mkdir(parents=True)
        said = "handed in by root, and not by the student's own account"
        notes = {
            "notes": [said],
            "note_codes": [{"code": Code.HANDED_IN_BY, "params": {"account": "root"}}],
        }
        path.write_text(json.dumps({"cells": [], "metadata": {"proctor": notes}}))
        found[f"s{number}", NAME] = Result(0, None, timedelta(), 30, 30, scored=True)
    count, (line,) = _worth_a_look(tmp_path, found)[Reason.BY_ANOTHER]
    assert (
        count == 38
        and line.startswith("all 38 were handed in by root")
        and "c.ExchangeCollect.check_owner = False" in line
    )
    config.write_text("c = get_config()\nc.ExchangeCollect.check_owner = False\n")
    assert not _worth_a_look(tmp_path, found)


def test_nothing_handed_in_and_not_graded_yet_have_two_signs():
    console = Console(width=80)
    with console.capture() as captured:
        console.print(table({}, [NAME], [student("ada"), student("ben")], 80, {("ada", NAME)}))
    assert re.search(r"ada +… +0\n *ben +– +0", captured.get())


def test_a_little_late_is_late():
    assert [_hours(hours) for hours in (0.01, 0.4, 5.0, 47.26, 60)] == [
        "1 min",
        "24 min",
        "5 h",
        "47.3 h",
        "2.5 days",
    ]


def student(name: str, first: str = "", last: str = "") -> Any:
    """What is used of a student of nbgrader's."""
    return SimpleNamespace(id=name, first_name=first, last_name=last)


def test_names_are_sorted_as_people_sort_them():
    names = "Żak Łoś al-Masri de_Boer Zhang Ángel Ábel Öz Lund smith Noa".split()
    students = [student(str(number), "Ada", name) for number, name in enumerate(names)]
    students += [student("malik"), student("s1", "Abel", "Öz")]
    found = [name_of(one) or one.id for one in sorted(students, key=by_name)]
    assert [name.partition(",")[0] for name in found] == (
        "Ábel al-Masri Ángel de_Boer Łoś Lund malik Noa Öz Öz smith Żak Zhang".split()
    )
    assert found[8:10] == ["Öz, Abel", "Öz, Ada"]


def test_a_whole_course_fits_in_eighty_columns():
    """With names and ids as long as they may be: every number is whole."""
    students = [
        student(
            "a-long-identifier@university.example", "Wolfeschlegel", "Bergerdorff-Hohenzollern"
        ),
        student("ben"),
    ]
    names, result = EIGHT, Result(0, None, timedelta(), 29.5, 30, scored=True)
    console = Console(width=80)
    with console.capture() as captured:
        console.print(
            table(
                {(one.id, name): result for one in students for name in names}, names, students, 80
            )
        )
    lines = captured.get().splitlines()
    assert max(map(len, lines)) <= 80
    assert (
        sum(line.count("29.5") for line in lines) == 2 * len(names)
        and sum(f"{29.5 * len(names):g}" in line for line in lines) == 2
    )
    assert any(line.startswith("Bergerd") and "a-long-" in line for line in lines)
    assert {name[:2] for name in names} <= set(captured.get().split())


def test_a_wider_terminal_has_the_words_of_an_assignments_name():
    names, result = EIGHT, Result(0, None, timedelta(), 29.5, 30, scored=True)
    console = Console(width=100)
    with console.capture() as captured:
        console.print(
            table({("ben", name): result for name in names}, names, [student("ben")], 100)
        )
    assert {"entropy", "gradients", "training", "loop"} <= set(captured.get().split())


def test_points_for_an_earlier_submission_are_in_no_sum():
    """Beside a `?`, on the page and in the terminal."""
    before = Result(0, None, timedelta(), 7, 30, cells={"softmax_values": 7})
    found = {
        ("ada", "03-softmax"): before,
        ("ada", "04-cross-entropy"): replace(before, raw=21, scored=True),
    }
    console = Console(width=80)
    with console.capture() as captured:
        console.print(table(found, [name for _, name in found], [student("ada")], 80))
    assert captured.get().splitlines()[-1].split() == ["ada", "?", "21", "21"]
    (ada,) = _students([Person("ada", "ada")], found, [name for _, name in found], [])
    assert ada["total"] == 21


def test_a_trial_says_that_a_zero_takes_the_place_of_no_grade():
    before = Result(0, None, timedelta(), 0, 30, cells={"softmax_values": 0})
    key = "ada", "03-softmax"
    console = Console(width=80)
    with console.capture() as captured:
        show_changes({key: before}, {key: replace(before, scored=True)}, {}, console)
    assert "ada/03-softmax: no grade → 0" in captured.get()


def test_how_long_the_rest_takes_leaves_out_the_start_of_the_workers(monkeypatch):
    console = Console()
    with console.capture() as captured:
        monkeypatch.setattr("time.monotonic", lambda: 0.0)
        progress = GradingProgress(console, 10)
        for second in (100.0, 101.0, 120.0):
            monkeypatch.setattr("time.monotonic", lambda now=second: now)
            progress.tell(SimpleNamespace(error=""))
    assert captured.get().splitlines() == [
        "2 of 10 graded, about 8 s left",
        "3 of 10 graded, about 70 s left",
    ]


def test_what_has_no_grade_is_no_zero_in_the_histogram():
    scores = [(0, True), (0, False), (30, False), (29, False), (15, False)]
    submissions = [{"score": score, "ungraded": ungraded} for score, ungraded in scores]
    bars = histogram({"submissions": submissions, "max_score": 30})
    assert sum(bars) == 4 and bars[0] == 1 and bars[-1] == 2 and bars[10] == 1


@pytest.mark.full
def test_links_lead_from_where_the_page_is(graded, run, tmp_path):
    run(graded, "proctor", "report", "--to", tmp_path / "class.html")
    (link, *_) = re.findall(r'href="([^"]+/bob/[^"]+)"', (tmp_path / "class.html").read_text())
    assert (tmp_path / link).is_file()


@pytest.mark.full
def test_the_same_for_programs(graded, run):
    data = json.loads(run(graded, "proctor", "report", "--json").stdout)
    (assignment,) = data["assignments"]
    scores = {each["student"]: each["score"] for each in assignment["submissions"]}
    assert scores["ada"] == 30 and 0 < scores["<b>eve"] < 30
    values = next(cell for cell in assignment["cells"] if cell["id"] == "softmax_stability")
    assert values["passed"] == 2 and sum(values["statuses"].values()) == 4
    (known,) = [m for m in assignment["misconceptions"] if m["id"] == "softmax.without_shift"]
    assert (
        known["students"] == ["<b>eve"]
        and known["title"] == "Takes exp without subtracting the maximum"
    )
    assert [each["student"] for each in assignment["submissions"] if each["looks"]] == [
        "bob",
        "zoe",
    ]
    assert assignment["seconds"]["median"] > 0 and all(assignment["walls"].values())
    by_student = {each["student"]: each for each in assignment["submissions"]}
    assert by_student["bob"]["hours_late"] == 5 and "newest" in by_student["bob"]["notes"][0]
    assert by_student["ada"]["name"] == "Lovelace <i>, Ada"
    assert assignment["missing"] == ["noa"]
    # three predictions are right, and no class's report holds a reveal
    kept = [path.read_text() for path in (graded / "autograded").rglob("*.ipynb")]
    assert len(kept) == 4 and not any("The answer: " in text for text in kept)
    pair, *_ = assignment["alike"]  # most of what the others wrote is the reference, too
    assert set(pair["students"]) == {"ada", "bob"} and pair["exact"]


@pytest.mark.full
def test_without_names(graded, run):
    """No name, no words of a student's own, and no order that the roster would give away."""
    data = run(graded, "proctor", "report", "--json", "--anonymous").stdout
    run(graded, "proctor", "report", "--anonymous", "--to", "nameless.html")
    assert (
        "can't be anonymous"
        in run(graded, "proctor", "report", "--anonymous", "--answers", "theirs", code=2).stderr
    )
    for text in (data, (graded / "nameless.html").read_text()):
        assert not re.search(
            r"\b(ada|bob|noa|zoe|Ada|Noa|Lovelace)\b|b(>|&gt;)eve|Zoe wrote|\.ipynb|newest", text
        )
        assert str(graded) not in text and re.search(r"student \d", text)
    (assignment,) = json.loads(data)["assignments"]
    named = [
        cell["diagnosis"]
        for each in assignment["submissions"]
        for cell in each["cells"]
        if cell["diagnosis"]
    ]
    assert named and not any(each["hint"] for each in named if each["id"].startswith("general."))
    missing = int(assignment["missing"][0].removeprefix("student "))
    students = [each["student"] for each in assignment["submissions"]]
    assert set(assignment["alike"][0]["students"]) < set(students)
    assert students == [f"student {n}" for n in range(1, 6) if n != missing]
    again = class_report(graded, anonymous=True)["students"]
    assert again == json.loads(data)["students"], "the same numbers every time"


def test_without_names_no_error_of_a_check_quotes_a_student():
    cell = {
        "id": "softmax_values",
        "status": "unjudged",
        "message": "",
        "crash": "KeyError: 'Zoe'",
        "diagnosis": None,
    }
    cell["params"] = {"also": [{"code": "bound", "params": {"text": "Zoe"}}]}
    notes = {
        "notes": ["Zoe.ipynb counted"],
        "note_codes": [{"code": "named", "params": {"name": "Zoe.ipynb"}}],
    }
    looks = {Reason.FILES: "Zoe.ipynb counted"}
    result = Result(0, None, timedelta())
    row = Row(
        Person("zoe", "student 1"),
        result,
        notes,
        [cell],
        looks,
        Path("Zoe.ipynb"),
        "Zoe.ipynb",
        "Zoe.html",
    )
    assert "Zoe" in str(row.as_dict())
    _leave_out_words(row)
    assert "Zoe" not in str(row.as_dict()) and row.as_dict()["looks"]


@pytest.mark.full
def test_what_each_student_wrote_is_written_out(graded, run, tmp_path):
    run(graded, "proctor", "report", "--answers", tmp_path / "answers")
    written = {path.stem: path.read_text() for path in (tmp_path / "answers" / NAME).iterdir()}
    assert written.keys() == {"ada", "bob", "<b>eve", "zoe"} and "Zoe wrote this" in written["zoe"]
    assert "hidden_checks" not in written["ada"] and SHIFTLESS in written["<b>eve"]
    for text in written.values():
        ast.parse(text)


@pytest.mark.full
def test_it_needs_no_torch(graded, run):
    """Importing PyTorch takes seconds: `proctor report` starts without it."""
    program = "import sys; sys.modules['torch'] = None; from proctor.cli import main; main(['report', '--json'])"
    assert json.loads(run(graded, "python", "-c", program).stdout)["assignments"]


@pytest.mark.full
def test_where_no_page_can_be_written_it_says_so(graded, run):
    said = run(graded, "proctor", "report", "--to", "nowhere/report.html", code=1).stderr
    assert said == "Error: nowhere/report.html: No such file or directory\n"


@pytest.mark.full
def test_nothing_graded_yet(make_course, run):
    course = make_course(NAME)
    for options in ([], ["--answers", "answers"]):
        assert (
            "run 'proctor grade' first" in run(course, "proctor", "report", *options, code=1).stderr
        )


@pytest.mark.full
def test_in_the_sample_class_nobody_seems_to_have_copied(pytestconfig, tmp_path, monkeypatch):
    """Neither by what was handed in, nor if a mistake that two of them share tells more, as it does once it is graded."""
    course = pytestconfig.rootpath
    copy = copy_of(course, tmp_path / "course", *assignments(course))
    # nbgrader runs `alembic` from there
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    with Gradebook(f"sqlite:///{copy}/gradebook.db", "tiny-llm-math") as gradebook:
        assert sample_class(copy, gradebook) > 40
    for assignment in assignments(copy).values():
        found = sorted((copy / "submitted").glob(f"*/{assignment.name}/*.ipynb"))
        mistakes = {answer.source for answer in corpus(assignment.wrong_answers)}
        classwork = {}
        for path in found:
            cells = student_cells(path, assignment)
            wrong = {name for name, source in cells if source in mistakes}
            classwork[path.parts[-3]] = code_of(cells, assignment, wrong)
        assert len(classwork) > 3 and alike(classwork) == [], assignment.name
