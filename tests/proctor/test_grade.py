"""`proctor grade`: a class at once, the odd submissions in it, interruptions, and a real cluster."""

import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from proctor.corpus import put, solved
from proctor.course import assignments

NAME = "03-softmax"
BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def right(course):
    """The released notebook with the reference solutions."""
    return solved(assignments(course)[NAME])


@pytest.fixture(scope="module")
def half(right, course):
    """Right but for one exercise."""
    return put(right, "softmax", "def softmax(x, dim):\n    return x.exp() / x.exp().sum(dim, keepdim=True)")


def hand_in(course: Path, student: str, notebook, name: str = "softmax.ipynb") -> Path:
    folder = course / "submitted" / student / NAME
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / name)
    return folder


def book(course: Path) -> dict[str, dict[str, float]]:
    """What the gradebook says: every graded cell's score, by student."""
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        return {
            submission.student.id: {g.name: g.score for notebook in submission.notebooks for g in notebook.grades}
            for submission in gradebook.assignment_submissions(NAME)
        }


def total(course: Path, student: str) -> float:
    return sum(book(course)[student].values())


def test_a_class_with_odd_submissions(make_course, right, half, run):
    course = make_course(NAME)
    for student in ("ada", "zoe", "[odd] id, ü"):
        hand_in(course, student, right)
    hand_in(course, "ben", half)
    hand_in(course, "case", right, "Softmax.IPYNB")
    hand_in(course, "other-name", right, "my answers.ipynb")
    (hand_in(course, "none", right, "softmax.ipynb") / "softmax.ipynb").unlink()
    (hand_in(course, "broken", right) / "softmax.ipynb").write_text("{")
    (hand_in(course, "stamp", right) / "timestamp.txt").write_text("yesterday, I think")
    os.mkfifo(hand_in(course, "pipe", right) / "pipe")
    hand_in(course, "deadly", put(right, "softmax", "import os\nos._exit(1)"))

    said = run(course, "proctor", "grade", "--workers", "2").stdout
    assert "11 to grade" in said and "handed in as my answers.ipynb" in said and "timestamp can't be read" in said
    for student in ("ada", "zoe", "[odd] id, ü", "case", "other-name", "stamp", "pipe"):
        assert total(course, student) == 20, student
    assert total(course, "none") == total(course, "broken") == 0
    assert 0 < total(course, "ben") < 20 and total(course, "deadly") < 15
    (page,) = course.glob(f"autograded/none/{NAME}/softmax.ipynb")
    assert "no notebook of this assignment was handed in" in page.read_text()

    assert "0 to grade, 11 unchanged" in run(course, "proctor", "grade").stdout
    nbformat.write(right, course / "submitted" / "ben" / NAME / "softmax.ipynb")
    assert "1 to grade, 10 unchanged" in run(course, "proctor", "grade").stdout
    assert total(course, "ben") == 20

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        grade = gradebook.find_grade("softmax_values", "softmax", NAME, "ada")
        grade.manual_score, grade.extra_credit = 1.0, 0.5
        gradebook.db.commit()
    run(course, "proctor", "grade", "--student", "ada", "--force")
    assert total(course, "ada") < 20, "a score that was given by hand stays"


def test_the_grades_are_those_of_nbgrader_autograde(make_course, right, half, run):
    course = make_course(NAME)
    hand_in(course, "ada", right)
    hand_in(course, "ben", half)
    run(course, "proctor", "grade")
    ours = book(course)
    run(course, "nbgrader", "autograde", NAME, "--force")
    assert book(course) == ours


def test_killed_at_any_moment_it_goes_on_where_it_stopped(make_course, right, half, run, environment):
    course = make_course(NAME)
    for number in range(6):
        hand_in(course, f"student{number}", half if number % 2 else right)
    command = [BIN / "proctor", "grade", "--workers", "2"]
    generator = random.Random(3)
    for ending in (signal.SIGKILL, signal.SIGINT, signal.SIGKILL):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
        running = subprocess.Popen(command, cwd=course, env=environment, **quiet)
        time.sleep(generator.uniform(6, 14))
        running.send_signal(ending)
        running.wait(60)
    run(course, "proctor", "grade", "--workers", "2")
    whole = {student: sum(scores.values()) for student, scores in book(course).items()}
    assert len(whole) == 6
    assert len({score for student, score in whole.items() if int(student[-1]) % 2}) == 1
    assert {score for student, score in whole.items() if not int(student[-1]) % 2} == {20}
    for path in course.glob(f"autograded/*/{NAME}/softmax.ipynb"):
        assert json.loads(path.read_text())["metadata"]["proctor"]["fingerprint"]


def test_a_gradebook_that_can_not_be_written_stops_it(make_course, right, run):
    course = make_course(NAME)
    hand_in(course, "ada", right)
    run(course, "nbgrader", "generate_assignment", NAME, "--create", "--force")
    with sqlite3.connect(course / "gradebook.db") as other:
        other.execute("BEGIN EXCLUSIVE")
        done = run(course, "proctor", "grade", code=1)
        assert "database is locked" in done.stderr
        other.rollback()
    run(course, "proctor", "grade")
    assert total(course, "ada") == 20


@pytest.fixture
def cluster(tmp_path, environment):
    """A Dask scheduler and two workers, each a process with an empty folder of its own: the address, the workers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    started = []

    def start(name: str, *command: str) -> subprocess.Popen:
        folder = tmp_path / name
        folder.mkdir()
        with open(folder / "log", "w") as log:
            options = {"cwd": folder, "env": environment, "stdout": log, "stderr": log, "start_new_session": True}
            started.append(subprocess.Popen([str(BIN / "dask"), *command], **options))
        return started[-1]

    start("scheduler", "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
    workers = [start(f"worker{n}", "worker", address, "--nthreads", "1", "--no-dashboard") for n in (1, 2)]
    yield address, workers
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def test_a_cluster_that_loses_a_worker(make_course, right, half, run, environment, cluster):
    address, workers = cluster
    course = make_course(NAME)
    for number in range(6):
        hand_in(course, f"student{number}", half if number % 2 else right)
    command = [BIN / "proctor", "grade", "--cluster", address]
    running = subprocess.Popen(command, cwd=course, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    for _ in range(600):
        if list(course.glob("autograded/*")):
            break
        time.sleep(0.1)
    os.killpg(workers[0].pid, signal.SIGKILL)
    said, _ = running.communicate(timeout=300)
    assert running.returncode == 0, said.decode()
    scores = {student: sum(scores.values()) for student, scores in book(course).items()}
    assert [scores[f"student{n}"] for n in (0, 2, 4)] == [20] * 3
    assert len({scores[f"student{n}"] for n in (1, 3, 5)}) == 1
