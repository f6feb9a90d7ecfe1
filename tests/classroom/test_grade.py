"""`proctor grade`: a class at once, the odd submissions in it, interruptions, and a real cluster."""

import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from distributed import Client
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from nbgrader.api import Gradebook

from proctor.answers import put, solved
from proctor.course import assignments, grade_id
from proctor.course.report import report_in
from proctor.records.stale import contents

NAME = "03-softmax"
BIN = Path(sys.executable).parent
ALONE = ("proctor", "grade", "--workers", "1")  # starts soonest


@pytest.fixture(scope="module")
def right(course):
    """The released notebook with the reference solutions."""
    return solved(assignments(course)[NAME])


@pytest.fixture(scope="module")
def half(right, course):
    """Right but for one exercise."""
    return put(
        right,
        "softmax",
        "def softmax(x, dim):\n    return x.exp() / x.exp().sum(dim, keepdim=True)",
    )


LATE = """
from nbgrader.plugins import BasePlugin


class One(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 1.0
"""


def hand_in(course: Path, student: str, notebook, name: str = "softmax.ipynb") -> Path:
    folder = course / "submitted" / student / NAME
    folder.mkdir(parents=True)
    (folder / name).write_text(json.dumps(notebook))
    return folder


def book(course: Path) -> dict[str, dict[str, float]]:
    """What the gradebook says: every graded cell's score, by student."""
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        return {
            submission.student.id: {
                g.name: g.score for notebook in submission.notebooks for g in notebook.grades
            }
            for submission in gradebook.assignment_submissions(NAME)
        }


def everything(course: Path) -> dict[str, dict[str, float | None]]:
    """What the gradebook says of every student: the scores as they were given, the penalty, what is to be looked at."""
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        return {
            submission.student.id: {grade.name: grade.auto_score for grade in notebook.grades}
            | {comment.name: comment.auto_comment or "" for comment in notebook.comments}
            | {"score": submission.score, "penalty": notebook.late_submission_penalty or 0}
            | {"timestamp": str(submission.timestamp), "look": submission.needs_manual_grade}
            for submission in gradebook.assignment_submissions(NAME)
            for notebook in submission.notebooks
        }


def reports(course: Path) -> dict[str, dict]:
    """The reports in `autograded/`, by student; how long it took is left out."""
    found = {
        path.parts[-3]: report_in(path)
        for path in course.glob(f"autograded/[!.]*/{NAME}/softmax.ipynb")
    }
    return {student: report | {"seconds": 0} for student, report in found.items()}


def total(course: Path, student: str) -> float:
    return sum(book(course)[student].values())


RAISES = """
def test_softmax_values__is_half(student, draw):
    {0.5: "so it is"}[float(student.softmax(torch.zeros(2), dim=0)[0])]


"""
SOFTMAX = "    e = (x - x.amax(dim, keepdim=True)).exp()\n    return e / e.sum(dim, keepdim=True)"


def changed(notebook, name: str, **changes):
    """A copy in which the cell of this grade id has other parts; without it where there are none."""
    copy = deepcopy(notebook)
    (cell,) = (cell for cell in copy.cells if grade_id(cell) == name)
    cell.update(changes)
    copy.cells = [one for one in copy.cells if one is not cell or changes]
    return copy


def more(notebook, *cells):
    """A copy with more cells at its end."""
    copy = deepcopy(notebook)
    copy.cells += deepcopy(cells)
    return copy


@pytest.mark.full
def test_a_class_with_odd_submissions(make_course, right, half, run):
    course = make_course(NAME)
    checks = course / "tests" / "hidden" / "test_03_softmax.py"
    checks.write_text(checks.read_text().replace("def test_", RAISES.lstrip() + "def test_", 1))
    (values,) = (cell for cell in right.cells if grade_id(cell) == "softmax_values")
    full = dict.fromkeys(
        ("ada", "zoe", "[odd] id, ü", "stamp", "pipe", "big file", "several"), right
    ) | {
        "removed": changed(right, "softmax_values"),
        "renamed": changed(
            right,
            "softmax_values",
            metadata={"nbgrader": values.metadata.nbgrader | {"grade_id": "a"}},
        ),
        "retyped": changed(right, "softmax_values", cell_type="raw"),
        "doubled": more(right, values),
        "chatty": more(right, new_code_cell("for _ in range(1000): print('x' * 100_000)")),
        "heavy": more(
            right, new_code_cell("1", outputs=[new_output("stream", text="x" * 60_000_000)])
        ),
    }
    for student, notebook in full.items():
        hand_in(course, student, notebook)
    hand_in(course, ".ipynb_checkpoints", right)
    hand_in(course, "case", right, "Softmax.IPYNB")
    hand_in(course, "other-name", right, "my answers.ipynb")
    hand_in(course, "two-lines", right, "my\nanswers.ipynb")
    old = hand_in(course, "old", right)
    (old / "softmax.ipynb").write_text(json.dumps(nbformat.convert(deepcopy(right), 3)))
    nbformat.write(half, course / "submitted" / "several" / NAME / "another.ipynb")
    (course / "submitted" / "stamp" / NAME / "timestamp.txt").write_text("yesterday, I think")
    os.mkfifo(course / "submitted" / "pipe" / NAME / "pipe")
    (course / "submitted" / "big file" / NAME / "data.bin").write_bytes(bytes(60_000_000))

    hand_in(course, "ben", half)
    hand_in(
        course,
        "foreign",
        right | {"cells": [cell for cell in right.cells if grade_id(cell) == "setup"]},
    )
    hand_in(course, "deadly", put(right, "softmax", "import os\nos._exit(1)"))
    unjudged = f"def softmax(x, dim):\n    if x.shape == (2,) and not x.any():\n        return x\n{SOFTMAX}"
    hand_in(course, "unjudged", put(right, "softmax", unjudged))
    for student in ("none", "broken", "folder", "closed"):
        (hand_in(course, student, right) / "softmax.ipynb").unlink()
    (course / "submitted" / "none" / NAME / "softmax.ipynb.txt").write_text("")
    place = {
        student: course / "submitted" / student / NAME / "softmax.ipynb"
        for student in ("broken", "folder", "closed")
    }
    place["broken"].write_text("{")
    place["folder"].mkdir()
    place["closed"].symlink_to("softmax.ipynb") if os.geteuid() == 0 else place["closed"].touch(0)

    said = run(course, "proctor", "grade", "--workers", "2").stdout
    for line in (
        "handed in as my answers.ipynb",
        "handed in as 'my\\nanswers.ipynb'",
        "timestamp can't be read",
        "data.bin was left out",
        "several/03-softmax: another.ipynb was handed in, too: softmax.ipynb counts",
        "foreign/03-softmax: it holds none of this assignment's exercises: hand in 03-softmax's, softmax.ipynb",
        "broken/03-softmax: it is not a notebook: the file ends in the middle, in line 1",
        "none/03-softmax: no notebook of this assignment was handed in: softmax.ipynb is missing; "
        "what was handed in: softmax.ipynb.txt",
        "deadly/03-softmax: softmax_values",
        "a check could not judge the answer: 1\n    unjudged/03-softmax: softmax_values (",
    ):
        assert line in said, said
    earned = {student: sum(scores.values()) for student, scores in book(course).items()}
    for student in (*full, "case", "other-name", "two-lines", "old"):
        assert earned[student] == 30, student
    for student in ("none", "broken", "folder", "closed"):
        assert earned[student] == 0, student
    assert ".ipynb_checkpoints" not in earned
    assert 0 < earned["ben"] < 30 and earned["deadly"] < 25
    page = report_in(course / "autograded" / "unjudged" / NAME / "softmax.ipynb")
    lost = [cell for cell in page["cells"] if cell["status"] != "passed"]
    assert [cell["id"] for cell in lost] == ["softmax_values"] and lost[0]["status"] == "unjudged"
    assert "the check could not judge this answer; tell your instructor" in lost[0]["message"]
    assert (
        "test_03_softmax.py, line" in lost[0]["crash"]
        and lost[0]["crash"].replace("\n", ", ") in said
    )
    run(course, "nbgrader", "generate_feedback", NAME, "--student=unjudged")
    (feedback,) = course.glob(f"feedback/unjudged/{NAME}/softmax.html")
    assert (
        "could not judge this answer" in feedback.read_text()
        and "test_03_softmax" not in feedback.read_text()
    )
    (page,) = course.glob(f"autograded/none/{NAME}/softmax.ipynb")
    assert "no notebook of this assignment was handed in" in page.read_text()

    assert f"0 to grade, {len(earned)} unchanged" in run(course, *ALONE).stdout
    nbformat.write(right, course / "submitted" / "ben" / NAME / "softmax.ipynb")
    assert f"1 to grade, {len(earned) - 1} unchanged" in run(course, *ALONE).stdout
    assert total(course, "ben") == 30

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        grade = gradebook.find_grade("softmax_values", "softmax", NAME, "ada")
        grade.manual_score, grade.extra_credit = 1.0, 0.5
        gradebook.db.commit()
    run(course, *ALONE, "--student", "ada", "--force")
    assert total(course, "ada") < 30, "a score that was given by hand stays"


@pytest.mark.full
def test_a_penalty_is_told_and_the_instructors_files_take_their_places(
    make_course, right, half, run, most
):
    course = make_course(NAME)
    with (course / "nbgrader_config.py").open("a") as config:
        config.write("\nimport late\nc.AssignLatePenalties.plugin_class = late.One\n")
    (course / "late.py").write_text(LATE)
    (course / "source" / NAME / "data.csv").write_text("the instructor's")
    for student, notebook in {"ada": right, "ben": half, "late": right}.items():
        folder = hand_in(course, student, notebook)
        (folder / "data.csv").write_text("the student's")
        (folder / "mine.txt").write_text("the student's")
        (folder / "timestamp.txt").write_text(f"2026-02-0{1 + (student == 'late')} 09:00:00 UTC")
    run(course, "nbgrader", "generate_assignment", NAME, "--create", "--force")
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        gradebook.update_or_create_assignment(NAME, duedate="2026-02-01 12:00:00 UTC")
    said = run(course, *ALONE, "--seed", "3").stdout
    assert "late: 1\n    late/03-softmax: by 21:00:00" in said and re.search(
        rf"^ *late .*\b{most - 1:g}\b", said, re.MULTILINE
    )
    (assignment,) = json.loads(run(course, "proctor", "report", "--json").stdout)["assignments"]
    assert [
        (one["score"], one["late_penalty"])
        for one in assignment["submissions"]
        if one["student"] == "late"
    ] == [(most - 1, 1)]
    assert len({report["seed"] for report in reports(course).values()}) == 1, (
        "the same inputs for the whole class"
    )
    assert (course / "autograded" / "ada" / NAME / "data.csv").read_text() == "the instructor's"


@pytest.mark.full
def test_killed_at_any_moment_it_goes_on_where_it_stopped(
    make_course, right, half, run, environment, tmp_path
):
    course = make_course(NAME)
    for number in range(6):
        hand_in(course, f"student{number}", half if number == 3 else right)
    run(course, "nbgrader", "generate_assignment", NAME, "--create", "--force")
    undisturbed = shutil.copytree(course, tmp_path / "undisturbed")
    command = [BIN / "proctor", "grade", "--workers", "2", "--seed", "3"]
    generator, quiet = (
        random.Random(3),
        {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL},
    )
    for ending in (signal.SIGKILL, signal.SIGINT, signal.SIGTERM):
        running = subprocess.Popen(
            command, cwd=course, env=environment, start_new_session=True, **quiet
        )
        deadline, done = time.monotonic() + 30, len(reports(course))
        while (
            len(reports(course)) == done and running.poll() is None and time.monotonic() < deadline
        ):
            time.sleep(0.01)
        time.sleep(generator.uniform(0, 0.5))
        running.send_signal(ending)
        running.wait(60)
        scores = everything(course)
        assert not [student for student, grades in scores.items() if None in grades.values()], (
            "half recorded"
        )
        assert all(
            report["made_of"] and scores[student] for student, report in reports(course).items()
        )
    run(course, *["proctor", *command[1:]])
    run(undisturbed, *["proctor", *command[1:]])
    assert everything(course) == everything(undisturbed) and len(everything(course)) == 6
    assert reports(course) == reports(undisturbed)
    assert not [path for path in (course / "autograded" / ".proctor").iterdir() if path.is_dir()]


@pytest.mark.full
def test_a_gradebook_that_is_locked_is_tried_again(make_known_course, right, run, most):
    course = make_known_course()
    hand_in(course, "ada", right)
    held = []

    def let_go() -> None:
        with sqlite3.connect(course / "gradebook.db") as other:
            other.execute("BEGIN EXCLUSIVE")
            held.append(time.monotonic())
            # longer than SQLite itself waits
            time.sleep(12)
            other.rollback()

    waiting = threading.Thread(target=let_go)
    waiting.start()
    said = run(course, *ALONE)
    waiting.join()
    assert held and "locked" not in said.stdout + said.stderr and total(course, "ada") == most


@pytest.mark.full
@pytest.mark.parametrize(
    "damage, said",
    [
        (lambda path: path.write_bytes(b"no database at all, " * 10), "is damaged: put a copy"),
        (lambda path: path.write_bytes(path.read_bytes()[:3000]), "is damaged: put a copy"),
        (
            lambda path: sqlite3.connect(path).execute(
                "ALTER TABLE student DROP COLUMN lms_user_id"
            ),
            "nbgrader db upgrade",
        ),
    ],
    ids=["no database", "cut off", "older"],
)
def test_a_gradebook_that_is_broken_is_told(make_known_course, right, run, damage, said):
    course = make_known_course()
    hand_in(course, "ada", right)
    damage(course / "gradebook.db")
    for command in (ALONE, ("proctor", "report")):
        done = run(course, *command, code=1)
        assert (
            said in done.stderr
            and str(course / "gradebook.db") in done.stderr
            and "Traceback" not in done.stderr
        )


def deep_file(folder: Path) -> None:
    """A file so deep that no path leads to it."""
    place = os.open(folder, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("n" * 250, dir_fd=place)
        inner = os.open("n" * 250, os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = inner
    os.close(os.open("file.txt", os.O_CREAT | os.O_WRONLY, dir_fd=place))
    os.close(place)


def test_a_file_of_holes_is_not_read(tmp_path):
    """Whatever size it claims, it does not come along; that it changed is noticed all the same."""
    with (tmp_path / "holes").open("wb") as file:
        file.truncate(2**40)
        began = time.monotonic()
        before = contents(tmp_path)
        file.truncate(2**40 + 1)
        assert contents(tmp_path) != before and time.monotonic() - began < 10


@pytest.mark.full
def test_an_answer_graded_by_hand_leaves_the_others_alone(make_course, run, most):
    course = make_course(NAME)
    path = course / "source" / NAME / "softmax.ipynb"
    notebook = nbformat.read(path, as_version=4)
    facts = {"schema_version": 3, "grade": False, "solution": False, "locked": False, "task": False}
    answer = facts | {"grade_id": "why", "grade": True, "solution": True, "points": 4}
    task = facts | {"grade_id": "draw", "task": True, "locked": True, "points": 2}
    notebook.cells += [
        new_markdown_cell("Why doesn't it overflow?", id="why", metadata={"nbgrader": answer}),
        new_markdown_cell("Draw it", id="draw", metadata={"nbgrader": task}),
    ]
    nbformat.write(notebook, path)
    run(course, "nbgrader", "generate_assignment", NAME, "--create", "--force")
    hand_in(course, "ada", put(solved(assignments(course)[NAME]), "why", "It is large"))
    assert (
        "a grade by hand to be given, or looked at again: 1\n    ada" in run(course, *ALONE).stdout
    )
    assert (
        total(course, "ada") == most
        and report_in(course / "autograded/ada" / NAME / "softmax.ipynb")["cells"]
    )
    assert "cell why" not in run(course, "proctor", "lint", NAME).stdout
    run(course, "proctor", "check", course / "submitted" / "ada" / NAME / "softmax.ipynb")
    page = feedback(course, run)
    assert (
        f"{most:g} of {most + 6:g} points; up to 6 more once" in page
        and "why – of 4 waits for your instructor" in page
    )
    assert "… waits for your instructor draw – of 2" in page and "not yet" not in page
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        for name, score in {"why": 3, "draw": 2, "softmax_stability": 2}.items():
            grade = gradebook.find_grade(name, "softmax", NAME, "ada")
            # as the formgrader does
            grade.manual_score, grade.needs_manual_grade = score, False
        gradebook.find_grade("softmax_values", "softmax", NAME, "ada").extra_credit = 0.5
        gradebook.find_comment("why", "softmax", NAME, "ada").manual_comment = "Say how large."
        gradebook.db.commit()
    by_hand = "why 3 of 4 graded by your instructor draw 2 of 2 passed"
    page = feedback(course, run)
    assert (
        f"{most + 5.5:g} of {most + 6:g} points exercise" in page
        and by_hand in page
        and "Say how large." in page
    )
    assert re.search(r"passed softmax_values (\d+) of \1 and 0.5 extra", page)
    assert "graded by your instructor softmax_stability 2 of 2" in page, (
        "and not what the checks found"
    )
    # graded again, with other points, late by now, and then with another answer
    with (course / "nbgrader_config.py").open("a") as config:
        config.write("\nimport late\nc.AssignLatePenalties.plugin_class = late.One\n")
    (course / "late.py").write_text(LATE)
    (course / "submitted" / "ada" / NAME / "timestamp.txt").write_text("2026-02-02 09:00:00 UTC")
    notebook.cells[-2].metadata.nbgrader.points = 5
    nbformat.write(notebook, path)
    run(course, "nbgrader", "generate_assignment", NAME, "--create", "--force")
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        gradebook.update_or_create_assignment(NAME, duedate="2026-02-01 12:00:00 UTC")
    assert "looked at again" not in run(course, *ALONE, "--force").stdout, "nothing changed"
    page = feedback(course, run)
    assert (
        f"{most + 4.5:g} of {most + 7:g} points, 1 taken off" in page
        and by_hand.replace("4", "5") in page
        and "Say how large." in page
    )
    nbformat.write(
        put(solved(assignments(course)[NAME]), "why", "Other"),
        course / f"submitted/ada/{NAME}/softmax.ipynb",
    )
    assert "looked at again: 1\n    ada" in run(course, *ALONE).stdout
    page = feedback(course, run)
    assert "✎ another answer was graded why 3 of 5 these points are for another answer" in page
    assert (
        f"{most + 4.5:g} of {most + 7:g} points, 1 taken off" in page and "Say how large." in page
    )
    shutil.copy(course / "release" / NAME / "softmax.ipynb", course / "submitted" / "ada" / NAME)
    (course / "gradebook.db").unlink()
    run(course, *ALONE)
    # proctor.db still knows the mark
    assert "why 3 of 5 these points are for another answer" in feedback(course, run)
    for name in ("gradebook.db", "proctor.db"):
        (course / name).unlink()
    run(course, *ALONE)
    assert "why 0 of 5 not attempted draw – of 2 waits" in feedback(course, run)


def feedback(course: Path, run) -> str:
    """The words of Ada's feedback page, without those on the attempt."""
    run(course, "nbgrader", "generate_feedback", NAME, "--force")
    page = (course / "feedback/ada" / NAME / "softmax.html").read_text()
    words = " ".join(re.sub("<[^>]+>", " ", page[page.index("<body") :]).split())
    return re.sub(r" \(attempt \d+\)| Attempt \d+ counts; it was [^.]*\.", "", words)


@pytest.mark.full
def test_what_is_not_there_to_be_graded_is_told(make_course, right, run):
    course = make_course(NAME)
    shutil.copytree(hand_in(course, "ada", right), course / "submitted" / "ada" / "03-sofmax")
    shutil.copy(course / "submitted" / "ada" / NAME / "softmax.ipynb", course / "submitted" / "ada")
    shutil.rmtree(course / "submitted" / "ada" / NAME)
    said = run(course, *ALONE, "--sample", code=1).stderr
    assert (
        "not graded: submitted/ada/03-sofmax, submitted/ada/softmax.ipynb" in said
        and "nothing to grade" in said
    )
    hand_in(course, "ben", right)
    said = run(course, *ALONE, "--student", "nobody", code=1).stderr
    assert f"there is no {course}/submitted/nobody/ASSIGNMENT" in said
    assert f"has no assignment nope: {NAME}" in run(course, *ALONE, "nope", code=1).stderr


@pytest.mark.full
def test_cells_that_come_after_grades_hold_no_other_assignment_up(
    make_known_course, course, right, run
):
    copy = make_known_course()
    with Gradebook(f"sqlite:///{copy / 'gradebook.db'}") as gradebook:
        gradebook.add_student("ada")
        gradebook.add_submission(NAME, "ada")
    hand_in(copy, "ada", right)
    for folder in ("source", "release"):
        shutil.copytree(course / folder / "01-vectors", copy / folder / "01-vectors")
        path = copy / folder / NAME / "softmax.ipynb"
        notebook = nbformat.read(path, as_version=4)
        added = deepcopy(
            next(cell for cell in notebook.cells if grade_id(cell) == "softmax_values")
        )
        added.id, added.metadata.nbgrader.grade_id = "added", "softmax_anew"
        notebook.cells.append(added)
        nbformat.write(notebook, path)
    shutil.copytree(copy / "release" / "01-vectors", copy / "submitted" / "ada" / "01-vectors")
    done = run(copy, *ALONE, code=1)
    (line,) = (line for line in done.stdout.splitlines() if line.startswith(NAME))
    assert "not graded: " in line and "softmax_anew" in line and "docs/exercise.md" in line
    assert "Traceback" not in done.stdout and f"1 could not be graded: ada/{NAME}" in done.stderr
    assert (copy / "autograded" / "ada" / "01-vectors" / "vectors.ipynb").is_file()


@pytest.mark.full
def test_odd_names(make_known_course, right, run, most):
    """Students may be called what they like, but for what no gradebook can hold; files, too."""
    course = make_known_course()
    odd = [
        "-rf",
        "{0}",
        "%s",
        "a'b\"c",
        "*",
        "[b]",
        "<b>",
        "\u202eevil",
        "OSError: No space left",
        "tab\tin",
    ]
    for student in [*odd, "two\nlines", "bro\udcffken", "deep"]:
        folder = hand_in(course, student, right)
    deep_file(folder)
    (course / "submitted" / "no-folder").mkdir()
    (course / "submitted" / "no-folder" / NAME).write_text("a file in the place of a folder")
    done = run(course, *ALONE, code=1)
    report = reports(course)["no-folder"]
    assert "its folder can't be read: Not a directory" in report["cells"][0]["message"]
    assert {name for name, scores in book(course).items() if sum(scores.values()) == most} == {
        *odd,
        "deep",
    }, done.stdout
    assert "2 could not be graded" in done.stderr and "Rename the folder" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    hand_in(course, "zoe", right)
    done = run(course, "nbgrader", "autograde", NAME, code=1)
    assert sum(book(course)["zoe"].values()) == 30, (
        "who comes behind them is graded by nbgrader's command, too"
    )
    assert done.stderr.count("Rename the folder") == 2 and "AssertionError" not in done.stderr
    hand_in(course, "b", right)
    run(course, *ALONE, "--student", "b")
    run(course, "proctor", "feedback", "--student", "[b]")
    pages = {path.parent.parent.name for path in course.glob("feedback/*/*/*.html")}
    assert pages == {"[b]"}, "its own, and no page of b's"


@pytest.fixture
def disk(tmp_path):
    """A disk of 12 MB, as a folder, and what changes how it is mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.full
def test_a_disk_that_is_full_or_read_only_stops_it_and_nothing_is_lost(
    disk, copy_course, right, run
):
    course = copy_course(disk / "course", NAME)
    for number in range(8):
        hand_in(course, f"student{number}", right)
    run(course, "nbgrader", "generate_assignment", NAME, "--create", "--force")
    with (disk / "filler").open("wb") as filler:
        filler.write(bytes(shutil.disk_usage(disk).free - 1_200_000))
    done = run(course, *ALONE, "--seed", "3", code=1)
    assert "is full: free some space" in done.stderr and str(course) in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    recorded = reports(course)
    assert 0 < len(recorded) < 8
    for options, said in (("remount,ro", "can't be written"), ("remount,rw", "")):
        subprocess.run(["mount", "-o", options, str(disk)], check=True)
        if said:
            assert said in run(course, *ALONE, code=1).stderr
    (disk / "filler").unlink()
    assert f"{len(recorded)} unchanged" in run(course, *ALONE, "--seed", "3").stdout
    assert {student: sum(scores.values()) for student, scores in book(course).items()} == {
        f"student{number}": 30 for number in range(8)
    }
    assert recorded.items() <= reports(course).items()


UNWALLED = """
import errno, os, sys, pyseccomp
without = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
for call in ("landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"):
    without.add_rule(pyseccomp.ERRNO(errno.ENOSYS), call)
without.load()
os.environ["PATH"] = "/nowhere"
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.mark.full
def test_without_walls_only_trusted_students_are_graded(make_known_course, right, run, most):
    """On a machine without bubblewrap and Landlock."""
    course = make_known_course()
    hand_in(course, "ada", right)
    command = ["python", "-c", UNWALLED, BIN / "proctor", "grade", "--workers", "1"]
    done = run(course, *command, code=1)
    assert "proctor doctor" in done.stderr and "--trust-students" in done.stderr, done.stderr
    assert not book(course)
    run(course, *command, "--trust-students")
    assert total(course, "ada") == most


@pytest.mark.full
def test_a_cluster_whose_workers_are_not_all_fit_and_one_dies(
    make_course, right, half, run, environment, cluster
):
    address, workers, start, _ = cluster
    course = make_course(NAME)
    for number in range(6):
        hand_in(course, f"student{number}", half if number % 2 else right)
    start("third", sys.executable, "-c", UNWALLED)
    with Client(address) as client:
        client.wait_for_workers(3, timeout=60)
    command = [BIN / "proctor", "grade", "--cluster", address]
    running = subprocess.Popen(
        command, cwd=course, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    while not reports(course) and running.poll() is None:
        time.sleep(0.1)
    os.killpg(workers[0].pid, signal.SIGKILL)
    said, _ = running.communicate(timeout=300)
    assert running.returncode == 0, said.decode()
    assert b"the hidden checks can't be kept from the students' code there" in said, said.decode()
    scores = {student: sum(scores.values()) for student, scores in book(course).items()}
    assert [scores[f"student{n}"] for n in (0, 2, 4)] == [30] * 3
    assert len({scores[f"student{n}"] for n in (1, 3, 5)}) == 1


@pytest.mark.full
def test_a_cluster_that_loses_its_scheduler(make_course, right, run, environment, cluster):
    address, _, _, scheduler = cluster
    course = make_course(NAME)
    for number in range(8):
        hand_in(course, f"student{number}", right)
    with Client(address) as client:
        client.wait_for_workers(2, timeout=60)
    impatient = environment | {"DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "3s"}
    command = [BIN / "proctor", "grade", "--cluster", address]
    running = subprocess.Popen(
        command, cwd=course, env=impatient, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    while not reports(course) and running.poll() is None:
        time.sleep(0.02)
    os.killpg(scheduler.pid, signal.SIGKILL)
    _, said = running.communicate(timeout=120)
    assert running.returncode == 1
    assert " is gone: start it and its workers" in said.decode() and b"Traceback" not in said, (
        said.decode()
    )
    recorded = len(book(course))
    assert 0 < recorded < 8
    assert f"{8 - recorded} to grade, {recorded} unchanged" in run(course, *ALONE).stdout
    assert {sum(scores.values()) for scores in book(course).values()} == {30}
