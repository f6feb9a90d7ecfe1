"""`proctor serve`: from `nbgrader submit` to the feedback that a student fetches, in order, and once."""

import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import nbformat
import ordinary
import pytest
from distributed import Client
from nbgrader.api import Gradebook
from traitlets import TraitError

from proctor.answers import put, solved
from proctor.classroom import grade as grade_module
from proctor.classroom.workers import Pool
from proctor.course import assignments
from proctor.course.codes import Code
from proctor.course.report import message_of, report_in
from proctor.errors import CannotRecord, GradingError, NotTaken
from proctor.records import inbound as inbound_module
from proctor.records import lock
from proctor.records.attempts import Attempt, Store
from proctor.records.inbound import arrivals, copy_submission, pages
from proctor.records.store import set_extension as extend
from proctor.sandbox import files
from proctor.serve import service as service_module
from proctor.serve.page import facts_of, tell
from proctor.serve.page import score as earned_by
from proctor.serve.policy import Serve
from proctor.serve.service import Service
from proctor.text import printable

NAME = "03-softmax"
FIRST = message_of(Code.FIRST_PREDICTION())
SERVE = ("proctor", "serve", "--once", "--workers", "1")
# who runs the tests hands in for all
CONFIG = "c.ExchangeCollect.check_owner = False\nc.Serve.cool_down = 0\n"
UNTOUCHED = (Path(__file__).parents[2] / "release" / NAME / "softmax.ipynb").read_text()
ENDS = "def attend(q, k, v):\n    import os\n    os._exit(1)"


@pytest.fixture(scope="module")
def right(course):
    return solved(assignments(course)[NAME])


@pytest.fixture(scope="module")
def half(right):
    """Two mistakes: an exercise, and a prediction."""
    wrong = put(
        right,
        "softmax",
        "def softmax(x, dim):\n    return x.exp() / x.exp().sum(dim, keepdim=True)",
    )
    return put(wrong, "predict_row_sum", "predict_row_sum = 1.0")


@pytest.fixture
def exchange(make_course, gradebook):
    """A course with its exchange, into which nothing was handed in yet; makes one with more configuration."""

    def make(more: str = "") -> tuple[Path, Path]:
        copy = make_course(NAME)
        shutil.copy(gradebook, copy)
        with (copy / "nbgrader_config.py").open("a") as file:
            file.write(CONFIG + more)
        inbound = copy / "exchange" / "tiny-llm-math" / "inbound"
        inbound.mkdir(parents=True)
        inbound.chmod(0o2733)
        return copy, inbound

    return make


@pytest.fixture
def looked():
    """Makes services that look at what came and grade nothing; they close themselves."""
    made, before = [], os.umask(0o022)

    def look(course: Path) -> Service:
        # as the command does
        made.append(Service(course, lambda: Pool(1), False, lambda text: print(printable(text))))
        made[-1].look()
        return made[-1]

    yield look
    os.umask(before)
    for service in made:
        service.close()


def submit(
    inbound: Path, student: str, number: int, notebook=UNTOUCHED, when: float | None = None
) -> Path:
    """Puts a submission into the exchange as `nbgrader submit` does, without its start-up."""
    stamp = (
        time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(when or time.time())) + f".{number:06} UTC"
    )
    folder = inbound / f"{student}+{NAME}+{stamp}+{number:012}"
    folder.mkdir()
    (folder / "softmax.ipynb").write_text(
        notebook if isinstance(notebook, str) else json.dumps(notebook)
    )
    (folder / "timestamp.txt").write_text(stamp)
    (folder / "submission_secret.txt").write_text(f"{student} {number}")
    folder.chmod(0o777)
    return folder


def page_on(inbound: Path, folder: Path) -> str:
    """What the student of a submission can fetch; empty where there is nothing."""
    path = inbound.parent / "feedback" / pages(inbound, folder.name, "softmax")[0]
    return path.read_text() if path.is_file() else ""


def earned(course: Path, attempt: Attempt) -> float:
    """An attempt's points by the checks."""
    return earned_by(attempt, assignments(course)[NAME])


def top(page: str) -> list[str]:
    return re.findall(r'<p class="served">(.*?)</p>', page)


def found(page: str) -> str:
    """What the page says that the checks found."""
    return page.partition("<main>")[2].partition("Your answers")[0]


def graded_before(course: Path, student: str) -> None:
    """Notes two attempts that were graded just now: the cool-down begins at the third."""
    judged(course, student, time.time() - 1)
    judged(course, student, time.time())


def judged(course: Path, student: str, when: float, name: str = "", **more) -> Attempt:
    """Notes an attempt that the service judged then."""
    made = Attempt(
        student, NAME, "serve", name=name, arrived=when, collected=when, state="judged", **more
    )
    made.judged, made.page = when, "told"
    with closing(Store(course)) as store:
        store.add(made)
    return made


@pytest.mark.full
def test_submit_and_know(make_course, run, half, right):
    """The student's own commands on one side, the service on the other; a second attempt is told more."""
    course = make_course(NAME)
    with (course / "nbgrader_config.py").open("a") as file:
        file.write(CONFIG)
    for command in (
        ["generate_assignment", NAME, "--create", "--force"],
        ["release_assignment", NAME],
    ):
        run(course, "nbgrader", *command)
    desk = course / "desk"
    run(desk, "nbgrader", "fetch_assignment", NAME)
    blank = put(right, "predict_row_sum", assignments(course)[NAME].stubs["predict_row_sum"])
    for number, notebook in enumerate((half, blank), 1):
        (desk / NAME / "softmax.ipynb").write_text(json.dumps(put(notebook, "attend", ENDS)))
        run(desk, "nbgrader", "submit", NAME, "--student=ada")
        said = run(course, *SERVE).stderr
        assert f"ada/{NAME}: attempt {number}, {[23, 26][number - 1]} of 30" in said
    run(desk, "nbgrader", "fetch_feedback", NAME, "--student=ada")
    first, second = (
        path.read_text() for path in sorted(desk.glob(f"{NAME}/feedback/*/softmax.html"))
    )
    assert "23 of 30 points" in top(first)[0] and "attempt 1, in time; it counts" in top(first)[1]
    assert '<p class="score">23 of 30 points (attempt 1)' in first
    assert "you are told what was called, what came back and what was expected" in top(first)[2]
    assert "<h4>" in first and "expected" not in found(first)
    # that the process ended is told the first time, by which call it was the next time
    assert "ended the process" in found(first) and "attend(float" not in found(first)
    assert re.search(r"attend\(float.*\) ended the process</pre>", found(second))
    assert (
        "since attempt 1: 23 points then, 26 now; passed now: softmax_stability, softmax_gradients"
        in top(second)[2]
    )
    # the first prediction counts, whatever becomes of it later, and what comes out isn't told yet
    for each in (first, second):
        assert "wrong, and final" in each and f"{FIRST}\nwhat comes out" in each
        assert "row_sum = 2.0" not in found(each)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        assert gradebook.find_submission(NAME, "ada").score == 26
    # with whatever command it is graded once more
    run(course, "proctor", "grade", "--workers", "1", "--force")
    assert report_in(course / "autograded" / "ada" / NAME / "softmax.ipynb")["score"] == 26
    assert (
        "nothing" not in run(course, *SERVE).stderr and len(Store(course).judged("ada", NAME)) == 2
    )


def test_what_came_is_answered(exchange, run, most):
    course, inbound = exchange("c.Serve.cool_down = 600\n")
    graded_before(course, "eve")
    folder = submit(inbound, "ada", 1, "{")
    said = run(course, *SERVE).stderr
    assert f"ada/{NAME}: attempt 1, could not be read" in said and "Traceback" not in said
    first = page_on(inbound, folder)
    assert "Your notebook could not be read" in first
    assert (
        "it could not be read, so nothing counts yet" in first
        and "from the third on, 600 s after the one before" in first
    )


@pytest.mark.full
def test_a_group_hands_in_together(exchange, looked, half, right):
    course, inbound = exchange()
    (course / "groups.csv").write_text("group,student\npair,ada\npair,ben\n")
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        for student in ("ada", "ben"):
            gradebook.add_student(student)
    service = looked(course)
    for number, (student, notebook) in enumerate((("ada", half), ("ben", right)), 1):
        folder = submit(inbound, student, number, notebook)
        time.sleep(0.5)
        service.run(once=True)
        reports = [
            report_in(course / "autograded" / each / NAME / "softmax.ipynb")
            for each in ("ada", "ben")
        ]
        # the first prediction of either is the group's
        assert [each["score"] for each in reports] == [[26, 26], [29, 29]][number - 1]
        assert [each["attempt"] for each in reports] == [number, number]
        assert f"attempt {number}, in time; it counts" in top(page_on(inbound, folder))[1]
    assert "since attempt 1: 26 points then, 29 now" in top(page_on(inbound, folder))[2]
    assert len(list((inbound.parent / "feedback").iterdir())) == 2, "a page for each who handed in"


@pytest.mark.full
def test_an_unreadable_resubmission_shows_the_attempt_that_counts(exchange, looked, half):
    course, inbound = exchange("c.Serve.cool_down = 600\n")
    service, made = looked(course), []
    for number, notebook in enumerate(("[]", half, "{", "{}")):
        made.append(submit(inbound, "ada", number, notebook))
        time.sleep(0.5)
        service.run(once=True)
        # as when the cool-down is over
        for row in service.store.rows("state = 'waiting'"):
            row.not_before = 0.0
            service.store.save(row)
        service.run(once=True)
    _, one, *others = service.store.judged("ada", NAME)
    assert (
        earned(course, one) == 26
        and len(others) == 2
        and all(each.unreadable and each.page == "told" for each in others)
    )
    for each in map(page_on, [inbound] * 2, made[2:]):
        assert (
            '<p class="score">26 of 30 points (attempt 2)</p>' in each
            and each.count('class="verdict error"') == 1
        )
        assert "What you handed in last could not be read: " in each and "Your answers" in each
        assert "it could not be read, so attempt 2 counts" in top(each)[0]
    # it was never put in the place of the one that counts
    report = report_in(course / "autograded" / "ada" / NAME / "softmax.ipynb")
    assert report["score"] == 26 and service.store.placed(("ada", NAME)) == (2, 0)
    # all four are kept, since `c.Attempts.keep` is 20
    assert {path.name for path in course.glob("attempts/ada/*/*")} == {"1", "2", "3", "4"}


@pytest.mark.full
def test_what_takes_long_to_read_holds_nobody_up(exchange, looked, monkeypatch):
    """It is read once more in its turn, by a process of its own."""
    course, inbound = exchange()
    cell = '{"cell_type": "code", "source": "", "metadata": [' + "{}," * 1_000_000 + "0]}"
    folder = submit(inbound, "eve", 1, f'{{"cells": [{cell}]}}')
    monkeypatch.setattr(service_module, "READ", 0.02)
    service = looked(course)
    (row,) = service.store.rows("state = 'waiting'")
    assert row.kept and not row.unreadable
    service.run(once=True)
    assert "it holds none of this assignment" in page_on(inbound, folder)


def test_of_a_flood_that_can_not_be_read_only_the_newest_are_looked_at(
    exchange, looked, monkeypatch
):
    monkeypatch.setattr(service_module, "UNREADABLE", 3)
    course, inbound = exchange()
    made = [submit(inbound, "eve", number, "no notebook") for number in range(9)]
    service = looked(course)
    states = {row.name: (row.state, row.unreadable) for row in service.store.rows()}
    assert [states[each.name] for each in made[:6]] == [("superseded", False)] * 6
    assert sum(looked_at for _, looked_at in states.values()) == 3


def test_one_look_takes_not_much_longer_than_it_may_and_students_come_in_turn(
    exchange, looked, monkeypatch
):
    """The rest waits for the next look."""
    course, inbound = exchange()
    seconds = iter(range(1000))
    monkeypatch.setattr(
        service_module, "time", SimpleNamespace(**vars(time) | {"monotonic": seconds.__next__})
    )
    monkeypatch.setattr(service_module, "LOOK", 3)
    for number in range(6):
        submit(inbound, "eve", number, "no notebook")
    submit(inbound, "ada", 6)
    service = looked(course)
    waits = [(row.student, bool(row.kept)) for row in service.store.rows("state = 'waiting'")]
    assert waits == [("eve", False)] * 5 + [("eve", True), ("ada", True)]
    monkeypatch.setattr(service, "_turn", service.look)
    service.run(once=True)
    assert [row.student for row in service.store.rows("state = 'waiting'")] == ["eve", "ada"]


def test_a_flood_that_takes_many_looks_is_no_less_limited(exchange, looked, monkeypatch):
    course, inbound = exchange()
    seconds = iter(range(1000))
    monkeypatch.setattr(
        service_module, "time", SimpleNamespace(**vars(time) | {"monotonic": seconds.__next__})
    )
    monkeypatch.setattr(service_module, "LOOK", 2)
    monkeypatch.setattr(service_module, "UNREADABLE", 3)
    for number in range(9):
        submit(inbound, "eve", number, "no notebook")
    service = looked(course)
    assert len([row for row in service.store.rows() if row.unreadable]) == 1
    monkeypatch.setattr(service, "_turn", service.look)
    service.run(once=True)
    assert len([row for row in service.store.rows() if row.unreadable]) == 3


def test_what_can_be_read_waits_beside_what_can_not(exchange, looked):
    course, inbound = exchange("c.Serve.attempts_a_day = 1\n")
    made = {submit(inbound, "eve", 1).name, submit(inbound, "eve", 2, "no notebook").name}
    assert {row.name for row in looked(course).store.rows("state = 'waiting'")} == made


def test_what_waits_of_a_student_is_limited(exchange, looked, monkeypatch):
    monkeypatch.setattr(service_module, "KEPT", 250)
    course, inbound = exchange()
    folder = submit(inbound, "ada", 1)
    looked(course)
    assert "could not be graded: its files are too large together" in page_on(inbound, folder)


@pytest.mark.full
@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root mounts a small disk")
def test_a_full_disk_ends_with_a_sentence_and_loses_nothing(exchange, run, half):
    """First there is no room for the copy, then for the page; then there is room."""
    course, inbound = exchange()
    (course / "attempts").mkdir()
    feedback = inbound.parent / "feedback"
    feedback.mkdir()
    folder = submit(inbound, "ada", 1, half)
    mounted = []
    try:
        for place in (feedback, course / "attempts"):
            done = subprocess.run(
                ["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", place], capture_output=True
            )
            if done.returncode:
                pytest.skip("no disk can be mounted here")
            mounted.append(place)
        while mounted:
            said = run(course, *SERVE, code=1).stderr
            assert (
                f"the disk of {course} is full: free some space, then start again to go on" in said
            ), said
            assert (
                "Nothing that was recorded is lost" in said
                and "Traceback" not in said
                and not page_on(inbound, folder)
            )
            subprocess.run(["mount", "-o", "remount,size=50m", mounted.pop()], check=True)
        run(course, *SERVE)
        assert "26 of 30 points" in page_on(inbound, folder)
        (row,) = Store(course).judged("ada", NAME)
        assert (row.tries, row.number, row.page) == (1, 1, "told")
    finally:
        for place in (feedback, course / "attempts"):
            subprocess.run(["umount", place], capture_output=True)


@pytest.mark.full
def test_an_attempt_for_practice_leaves_points_by_hand_settled(exchange, looked):
    """The next turn grades in the same processes, and then the first attempt again."""
    course, inbound = exchange("c.Attempts.counts = 'first'\n")
    service, other = looked(course), nbformat.reads(UNTOUCHED, as_version=4)
    submit(inbound, "ada", 1)
    # it looks twice a second
    time.sleep(0.5)
    service.run(once=True)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        grade = gradebook.find_grade("softmax_values", "softmax", NAME, "ada")
        # as the formgrader does
        grade.manual_score, grade.needs_manual_grade = 2, False
        gradebook.db.commit()
        other.cells.append(nbformat.v4.new_code_cell("x = 1"))
        submit(inbound, "ada", 2, other)
        time.sleep(0.5)
        service.run(once=True)
        gradebook.db.refresh(grade)
        assert (grade.score, grade.needs_manual_grade) == (2, False)
    assert [row.state for row in service.store.rows("1")] == ["judged", "judged"]
    assert "x = 1" not in (course / "autograded" / "ada" / NAME / "softmax.ipynb").read_text()


@pytest.fixture
def blank(course, right):
    return put(right, "predict_row_sum", assignments(course)[NAME].stubs["predict_row_sum"])


def due_before_now(course: Path, seconds: float) -> float:
    """Gives the assignment a due date so many seconds ago, and returns it."""
    when = time.time() - seconds
    with Gradebook(f"sqlite:///{course}/gradebook.db", "tiny-llm-math") as gradebook:
        gradebook.update_or_create_assignment(
            NAME, duedate=datetime.fromtimestamp(when, UTC).replace(tzinfo=None)
        )
    return when


def serve_again(service: Service) -> None:
    """Serves what came since the last look."""
    service._looked = service._refreshed = 0.0
    service.run(once=True)


def score(course: Path, student: str) -> float:
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        return gradebook.find_submission(NAME, student).score


@pytest.mark.full
@pytest.mark.parametrize("counts", ["last", "best", "first"])
def test_a_late_prediction_changes_nothing_that_was_in_time(
    exchange, looked, run, blank, right, counts
):
    """Neither a blank prediction nor a wrong one, whichever is graded first, whoever grades it again."""
    course, inbound = exchange(f"c.Attempts.counts = '{counts}'\n")
    due, wrong = due_before_now(course, 300), put(right, "predict_row_sum", "predict_row_sum = 1.0")
    service = looked(course)
    submit(inbound, "blank", 1, blank, due - 60)
    submit(inbound, "wrong", 1, right, due - 60)
    serve_again(service)
    submit(inbound, "blank", 2, right, due + 60)
    submit(inbound, "wrong", 2, wrong, due + 60)
    # the late one is graded while the one in time waits
    in_time, late = (
        submit(inbound, "waits", 1, right, due - 60),
        submit(inbound, "waits", 2, wrong, due + 60),
    )
    service._looked = 0.0
    service.look()
    (row,) = service.store.rows("name = ?", in_time.name)
    row.not_before = time.time() + 3600
    service.store.save(row)
    serve_again(service)
    waits = sorted(service.store.judged("waits", NAME), key=lambda each: each.judged)
    assert [each.name for each in waits] == [late.name, in_time.name]
    found = {student: score(course, student) for student in ("blank", "wrong", "waits")}
    assert found == {"blank": 29, "wrong": 30, "waits": 30}
    service.close()
    run(course, "proctor", "grade", "--workers", "1", "--force")
    assert found == {student: score(course, student) for student in ("blank", "wrong", "waits")}


@pytest.mark.full
def test_with_more_time_a_later_prediction_is_in_time(exchange, looked, run, blank, right):
    """Until the extension is taken back."""
    course, inbound = exchange()
    due, service = due_before_now(course, 300), looked(course)
    for number, notebook in enumerate((blank, right)):
        submit(inbound, "ada", number, notebook, due + 120 * number - 60)
        serve_again(service)
    service.close()
    found = [score(course, "ada")]
    for by in (timedelta(days=1), timedelta()):
        extend(course, (NAME, "ada"), by)
        run(course, "proctor", "grade", "--workers", "1", "--force")
        found.append(score(course, "ada"))
    assert found == [29, 30, 29]


@pytest.mark.full
def test_what_runs_for_long_holds_nobody_up(exchange, looked, monkeypatch):
    course, inbound = exchange()
    run, answered = grade_module._run, []

    def run_long(grading, examine, job, pool, known):
        if job.student == "eve":
            time.sleep(1)
            folder, end = submit(inbound, "ada", 2, "{"), time.monotonic() + 20
            while not page_on(inbound, folder) and time.monotonic() < end:
                time.sleep(0.1)
            answered.append(bool(page_on(inbound, folder)))
        return run(grading, examine, job, pool, known)

    monkeypatch.setattr(grade_module, "_run", run_long)
    submit(inbound, "eve", 1, "{")
    looked(course).run(once=True)
    assert answered == [True]


def test_one_whose_process_died_costs_nobody_else_the_answer(exchange, looked, monkeypatch, capsys):
    course, inbound = exchange()
    run = grade_module._run

    def die_of_it(grading, examine, job, pool, known):
        if job.student == "eve":
            raise RuntimeError("the process that graded it died")
        return run(grading, examine, job, pool, known)

    monkeypatch.setattr(grade_module, "_run", die_of_it)
    lost, answered = submit(inbound, "eve", 1), submit(inbound, "ada", 2, "{")
    looked(course).run(once=True)
    assert "attempt 1" in page_on(inbound, answered)
    assert "by no fault of yours; it is tried again" in page_on(inbound, lost)
    assert "eve/03-softmax waits: RuntimeError: the process" in capsys.readouterr().out


def test_one_who_submits_fifty_times_does_not_delay_another(exchange, looked, monkeypatch):
    # however slow the machine is
    monkeypatch.setattr(service_module, "LOOK", 600)
    course, inbound = exchange("c.Attempts.counts = 'best'\n")
    for number in range(50):
        submit(inbound, "eve", number)
    submit(inbound, "ada", 99)
    service = looked(course)
    assert [row.student for row in service.store.next_in_queue(time.time())][:3] == [
        "eve",
        "ada",
        "eve",
    ]
    # of one student, as many wait as are graded in a day
    assert len(service.store.rows("state = 'waiting'")) == 21


def test_only_the_newest_is_graded_where_the_last_counts(exchange, looked):
    course, inbound = exchange()
    made = [submit(inbound, "eve", number) for number in range(5)]
    service = looked(course)
    assert [row.name for row in service.store.rows("state = 'waiting'")] == [made[-1].name]
    assert all("you handed in a newer one" in page_on(inbound, each) for each in made[:-1])
    assert not page_on(inbound, made[-1])
    assert [path.name for path in course.glob("attempts/eve/*/*")] == ["5"]


def test_a_late_one_takes_no_place_of_one_in_time(exchange, looked):
    course, inbound = exchange("c.Serve.attempts_a_day = 1\n")
    with Gradebook(f"sqlite:///{course}/gradebook.db", "tiny-llm-math") as gradebook:
        due = gradebook.update_or_create_assignment(
            NAME, duedate=datetime.now(UTC).replace(tzinfo=None)
        ).duedate
    at = due.replace(tzinfo=UTC).timestamp()
    made = [submit(inbound, "eve", number, when=at + 60 * (number - 1.5)) for number in range(4)]
    service = looked(course)
    assert {row.name for row in service.store.rows("state = 'waiting'")} == {
        made[1].name,
        made[3].name,
    }
    # with more time for her, all of them are in time
    extend(course, (NAME, "eve"), timedelta(days=1))
    service._looked = service._refreshed = 0.0
    service.look()
    submit(inbound, "eve", 9)
    service._looked = 0.0
    service.look()
    assert len(service.store.rows("state = 'waiting'")) == 1 and service.checked == 0


def test_what_the_exchange_has_waits_for_its_release(exchange, looked):
    course, inbound = exchange()
    (course / "release" / NAME).rename(course / "release" / f".{NAME}")
    folder = submit(inbound, "ada", 1)
    service = looked(course)
    assert not service.store.rows()
    (course / "release" / f".{NAME}").rename(course / "release" / NAME)
    service._looked = 0.0
    service.look()
    assert [row.name for row in service.store.rows("state = 'waiting'")] == [folder.name]


def test_a_time_zone_that_nobody_knows_is_refused():
    for text in (
        "2030-03-27 18:00 Europe/Berln",
        "2030-03-27 18:00 CEST",
        "2030-03-27 18:00 +0100",
    ):
        with pytest.raises(TraitError, match="time zone"):
            Serve(until={NAME: text})
    Serve(
        until={
            NAME: "2030-03-27 18:00 Europe/Berlin",
            "01-vectors": "2030-03-27 18:00 +0000",
            "02-matmul": "2030-03-27",
            "04-cross-entropy": "2030-03-27 06:00 PM UTC",
            "05-gradients": "2030-03-27 18:00 ",
        }
    )


@pytest.mark.full
def test_one_who_drops_out_stops_nobody(exchange, run, half):
    """Her folders are gone when the due date comes, at which pages are made again."""
    course, inbound = exchange("c.Attempts.counts = 'best'\n")
    soon = time.time() + 3600
    with Gradebook(f"sqlite:///{course}/gradebook.db", "tiny-llm-math") as gradebook:
        gradebook.update_or_create_assignment(
            NAME, duedate=datetime.fromtimestamp(soon, UTC).replace(tzinfo=None)
        )
    submit(inbound, "ada", 1, half)
    submit(inbound, "eve", 2, half)
    run(course, *SERVE)
    for step in ("submitted", "autograded"):
        shutil.rmtree(course / step / "ada")
    # the best one is found by what 'proctor grade' made of it since
    path = course / "autograded" / "eve" / NAME / "softmax.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.metadata.proctor["cells"]:
        cell["score"] = 0.0
    nbformat.write(notebook, path)
    with Gradebook(f"sqlite:///{course}/gradebook.db", "tiny-llm-math") as gradebook:
        gradebook.update_or_create_assignment(
            NAME, duedate=datetime.fromtimestamp(time.time() - 1, UTC).replace(tzinfo=None)
        )
    folder = submit(inbound, "eve", 3)
    assert "Traceback" not in run(course, *SERVE).stderr
    assert "attempt 2" in page_on(inbound, folder)


def test_the_queue_is_told(exchange, looked):
    course, inbound = exchange()
    made = [submit(inbound, f"s{number}", number) for number in range(6)]
    looked(course)
    assert not page_on(inbound, made[3])
    assert "waits to be graded: 5 are graded before it" in page_on(inbound, made[5])


def test_there_is_a_cool_down_and_a_day_has_its_limit():
    policy = Serve(cool_down=60, attempts_a_day=8)
    assert policy.not_before([]) == 0
    # it begins at the third attempt
    assert [policy.not_before([900.0] * many + [1000.0]) for many in (0, 1, 6)] == [0, 1060, 1060]
    assert policy.not_before([1000.0 * time for time in range(1, 9)]) == 1000 + 24 * 3600
    assert [policy.detail(failed) for failed in range(4)] == [
        ("verdicts", 0),
        ("values", 0),
        ("hints", 1),
        ("hints", 2),
    ]


def test_a_cool_down_is_by_when_it_came_not_by_what_it_says(exchange, looked):
    course, inbound = exchange("c.Serve.cool_down = 600\n")
    graded_before(course, "eve")
    folder = submit(inbound, "eve", 7, when=time.time() - 86400)
    (row,) = looked(course).store.rows("state = 'waiting'")
    assert row.not_before > time.time() + 500
    assert row.arrived > time.time() - 60
    assert "is graded from" in page_on(inbound, folder)


def test_what_can_not_be_read_takes_the_place_of_nothing_that_can(exchange, looked):
    course, inbound = exchange("c.Serve.attempts_a_day = 2\n")
    now = time.time()
    bad = {cell: ["unreadable", 0.0] for cell in assignments(course)[NAME].graded}
    for ago in (7200, 10):
        judged(course, "eve", now - ago, verdicts=bad)
    good, older, newer = (
        submit(inbound, "eve", number, text)
        for number, text in ((6, UNTOUCHED), (7, "{"), (8, "{"))
    )
    service = looked(course)
    waiting = {row.name: row.not_before for row in service.store.rows("state = 'waiting'")}
    # they wait for the daily limit; they aren't refused
    assert waiting == {
        name: pytest.approx(now - 7200 + 86400, abs=5) for name in (good.name, newer.name)
    }
    assert "could not be read; the reason follows from" in page_on(inbound, newer)
    assert "you handed in a newer one" in page_on(inbound, older)


@pytest.mark.full
def test_what_needs_the_instructor_is_printed_once_and_stands_in_the_report(exchange, run, half):
    """Who waits for the roster, what failed, and who is stuck."""
    course, inbound = exchange()
    (course / "students.csv").write_text("id,last_name\nada,Lovelace\n")
    submit(inbound, "Ada", 1)
    (inbound / "no <b>submission").mkdir()
    (inbound / "no <b>submission").chmod(0o777)
    said = ""
    for number in range(2, 6):
        submit(inbound, "ada", number, half)
        said += run(course, *SERVE).stderr
    lines = [
        f"Ada/{NAME} waits: nobody on the class's roster is called so",
        "left aside, ",
        f"ada/{NAME}: softmax failed 3 times in a row",
    ]
    assert [said.count(line) for line in lines] == [1, 1, 1], said
    served = json.loads(run(course, "proctor", "report", "--json").stdout)["served"]
    assert list(served.values()) == [
        [f"Ada/{NAME}: nobody on the class's roster is called so"],
        ["no <b>submission: it isn't called as 'nbgrader submit' calls it"],
        [f"ada/{NAME}: softmax failed 4 times"],
    ]
    run(course, "proctor", "report")
    page = (course / "report.html").read_text()
    assert (
        "no &lt;b&gt;submission: it isn" in page
        and f"<li>ada/{NAME}: softmax failed 4 times</li>" in page
    )
    assert (
        json.loads(run(course, "proctor", "report", "--json", "--anonymous").stdout)["served"] == {}
    )


@pytest.mark.parametrize("status", ["failed", "error", "timeout", "died", "out_of_memory"])
@pytest.mark.parametrize(
    ("failed", "message", "hint"),
    [
        (0, "", ""),
        (1, "got nan", ""),
        (2, "got nan", "Take the maximum off"),
        (3, "got nan", "Take the maximum off"),
    ],
)
def test_more_is_told_each_time(course, failed, message, hint, status):
    assignment = assignments(course)[NAME]
    tries = [
        Attempt(
            "",
            NAME,
            "serve",
            n,
            arrived=1.0,
            judged=1.0,
            verdicts={"softmax_values": ["failed", 0.0]},
        )
        for n in range(failed + 1)
    ]
    facts = facts_of(tries[-1], None, tries, assignment, Serve(), time.time() + 60)

    def told(cell: str) -> dict:
        diagnosis = {"id": "x", "title": "Overflows", "hint": "Take the maximum off"}
        report = {
            "cells": [{"id": cell, "status": status, "message": "got nan", "diagnosis": diagnosis}]
        }
        notebook = nbformat.v4.new_notebook(metadata={"proctor": report})
        return tell(notebook, {"served": facts})[0].metadata.proctor.cells[0]

    found = told("softmax_values")
    assert found["message"] == message and (found["diagnosis"] or {"hint": ""})["hint"].startswith(
        hint
    )
    assert (found["diagnosis"] is not None) == bool(hint)
    assert (found["diagnosis"] or {"hint": ""})["hint"].count("**Hint") == max(failed - 1, 0)
    # however often it failed, what comes out is told after the due date; what raised is no first prediction
    predicted = told("predict_row_sum_value")["message"]
    if status == "failed":
        assert FIRST in predicted and "told after" in predicted
    else:
        assert predicted == f"got nan\n\n{FIRST}"
    assert told("predict_row_sum_value")["diagnosis"] is None
    facts |= {"past_due": True}
    assert "What comes out:\npredict_row_sum = 2.0" in told("predict_row_sum_value")["message"]


def copied(inbound: Path, name: str, target: Path, most: int) -> dict[str, str]:
    """Copies a submission; the digest of each file, but for nbgrader's and proctor's own."""
    copy_submission(inbound, name, target, most)
    found = {str(path.relative_to(target)): path for path in target.rglob("*") if path.is_file()}
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in found.items()
        if name not in files.RESERVED
    }


def test_what_comes_in_is_hostile(tmp_path):
    inbound = tmp_path / "inbound"
    inbound.mkdir()
    secret = tmp_path / "secret.txt"
    secret.write_text("nobody's")
    folder = submit(inbound, "eve", 1)
    (folder / "link.txt").symlink_to(secret)
    (folder / "there").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.txt")
    (folder / "deep").mkdir()
    (folder / "deep" / "helper.py").write_text("x = 1")
    (folder / "bad\x1b[2J.txt").write_text("")
    digests = copied(inbound, folder.name, tmp_path / "kept", 10**6)
    assert sorted(digests) == ["deep/helper.py", "softmax.ipynb"]
    found = {path.name for path in (tmp_path / "kept").rglob("*") if path.is_file()}
    assert found == {
        "helper.py",
        "softmax.ipynb",
        "timestamp.txt",
        "submission_secret.txt",
        "not-collected.txt",
    }
    note = (tmp_path / "kept" / "not-collected.txt").read_text()
    assert note.count("no plain file") == 4 and all(
        name in note for name in (r"'bad\x1b[2J.txt'", "link", "pipe", "there")
    )
    for name in ("timestamp.txt", "handed-in-by.txt", "not-collected.txt"):
        (folder / name).unlink(missing_ok=True)
        (folder / name).mkdir()
        (folder / name / "own.txt").write_text("a folder where a file of ours is to lie")
    assert copied(inbound, folder.name, tmp_path / "kept", 10**6) == digests
    assert not any(
        (tmp_path / "kept" / name).exists() for name in ("timestamp.txt", "handed-in-by.txt")
    )
    assert (
        "2 more; if the notebook needs one" in (tmp_path / "kept" / "not-collected.txt").read_text()
    )
    longest = folder.with_name(
        f"{folder.name}{'語' * 85}"[: len(folder.name) + (255 - len(folder.name)) // 3]
    )
    folder.rename(longest)
    assert copied(inbound, longest.name, tmp_path / longest.name, 10**6) == digests
    longest.rename(folder)
    with (folder / "huge.bin").open("wb") as file:
        file.truncate(10**13)
    # nearly nothing at the student's would be all of it at the instructor's
    assert copied(inbound, folder.name, tmp_path / "kept", 10**14) == digests
    note = (tmp_path / "kept" / "not-collected.txt").read_text()
    assert "huge.bin (a sparse file, of which a copy takes up 10000000000000 bytes)" in note
    (folder / "huge.bin").write_bytes(b"x" * 10**6)
    assert copied(inbound, folder.name, tmp_path / "kept", 10**6) == digests
    assert "huge.bin (too large)" in (tmp_path / "kept" / "not-collected.txt").read_text()
    with pytest.raises(NotTaken, match="its files are too large together"):
        copy_submission(inbound, folder.name, tmp_path / "kept", 1000)
    assert not (tmp_path / "kept").exists() and not (tmp_path / ".copy").exists()
    os.truncate(folder / "huge.bin", 10**4)
    assert "huge.bin" in copied(inbound, folder.name, tmp_path / "kept", 10**6)
    (inbound / f"ada+{NAME}+2030-01-01 00:00:00.1 UTC+x").symlink_to(tmp_path)
    (inbound / "..name").mkdir()
    (inbound / "no submission").mkdir(mode=0o777)
    (inbound / "no submission").chmod(0o777)
    seen = {each.name: each for each in arrivals(inbound, {folder.name}, False, time.time())}
    assert {each.odd for each in seen.values()} == {
        "it is no folder",
        "it isn't called as 'nbgrader submit' calls it",
    }
    with pytest.raises(NotTaken, match="link"):
        copy_submission(
            inbound, f"ada+{NAME}+2030-01-01 00:00:00.1 UTC+x", tmp_path / "kept", 10**6
        )


def test_a_bad_file_or_name_stops_nobody_and_is_named(exchange, looked, capsys, monkeypatch):
    """Neither the notebook beside a file that can't be copied, nor who comes after a folder that can't be graded."""
    course, inbound = exchange()
    (course / "submitted").mkdir(exist_ok=True)
    (course / "submitted" / "README.md").touch()
    folder = submit(inbound, "ada", 1)
    with (folder / "holes.bin").open("wb") as file:
        file.truncate(10**11)
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as one:
        # a whole path may be too long for one
        one.bind("socket.txt")
    monkeypatch.undo()
    # in the order in which they came
    submit(inbound, "README.md", 2)
    nowhere = submit(inbound, "bob", 3)
    nowhere = nowhere.rename(inbound / nowhere.name.replace(NAME, "03-sofmax"))
    for name in (b"zoe\xff", b"zoe\n", "zoe\u202e".encode()):
        os.mkdir(os.path.join(os.fsencode(inbound), name), 0o777)
    huge = submit(inbound, "eve", 4, "{" * 10**5)
    (huge / ".ipynb").touch()
    with (course / "nbgrader_config.py").open("a") as file:
        file.write("c.CourseDirectory.max_dir_size = 90\n")
    last = submit(inbound, "zoe", 5)
    monkeypatch.setattr(service_module, "PATIENCE", -1)
    service = looked(course)
    service.run(once=True)
    said = capsys.readouterr().out
    assert {row.student for row in service.store.rows("state = 'judged'")} == {"ada", "zoe"}
    assert "attempt 1" in page_on(inbound, last)
    for text in (page_on(inbound, folder), said):
        assert (
            "holes.bin (a sparse file, of which a copy takes up 100000000000 bytes), socket.txt (no plain file"
            in text
        )
    assert "README.md/03-softmax waits: " in said and "move away what is in its place" in said
    assert "could not be graded: its files are too large together" in page_on(inbound, huge)
    assert f"left aside, {huge}: its files are too large together" in said
    assert (
        "there is no such assignment in release/" in page_on(inbound, nowhere)
        and f"left aside, {nowhere}" in said
    )
    assert said.count("its name can't be shown") == 3


def test_folders_in_the_place_of_secrets_take_no_descriptors(tmp_path):
    """There are a thousand, and a service that runs for months."""
    folder = submit(tmp_path, "eve", 1)
    (folder / "submission_secret.txt").unlink()
    (folder / "submission_secret.txt").mkdir()
    before = len(os.listdir("/proc/self/fd"))
    assert not any(pages(tmp_path, folder.name, "softmax") for _ in range(5))
    assert len(os.listdir("/proc/self/fd")) == before


def test_of_a_flood_of_files_or_empty_folders_not_all_are_looked_at(tmp_path, monkeypatch):
    for module in (files, inbound_module):
        monkeypatch.setattr(module, "MAX_LOOKED_AT", 5)
    folder = submit(tmp_path, "eve", 1)
    for number in range(30):
        (folder / f"{number}.ipynb").touch()
        (tmp_path / "empty" / f"{number}").mkdir(parents=True)
    assert len(pages(tmp_path, folder.name, "softmax")) <= 6
    walked = files.walk(tmp_path / "empty")
    monkeypatch.setattr(files, "walk", lambda *_: walked)
    assert not list(files.each_plain_file(tmp_path / "empty")) and next(walked, None) is not None


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root gives folders away")
def test_who_owns_a_folder_handed_it_in(tmp_path):
    folder = submit(tmp_path, "ada", 1)
    os.chown(folder, 2, 2)
    (found,) = arrivals(tmp_path, (), True, time.time())
    assert found.student == "bin" and not found.odd
    os.chown(folder, 54321, 54321)
    (found,) = arrivals(tmp_path, (), True, time.time())
    assert "54321, has no account here" in found.odd


def test_what_can_not_be_looked_at_is_passed_over(tmp_path, monkeypatch):
    """As where somebody's own file system lies in the exchange."""
    folder = submit(tmp_path, "ada", 1)
    scandir = os.scandir

    def closed(path):
        entries = [
            SimpleNamespace(
                name=folder.name.replace("ada", "eve"), stat=Mock(side_effect=PermissionError)
            )
        ]
        with scandir(path) as found:
            return nullcontext([*entries, *found])

    monkeypatch.setattr(os, "scandir", closed)
    assert [each.student for each in arrivals(tmp_path, (), False, time.time())] == ["ada"]


def test_a_flood_of_files_in_the_exchange_is_written_down_at_once(exchange, looked):
    course, inbound = exchange()
    service, commits = looked(course), []
    for number in range(30):
        (inbound / f"x{number}").touch()
    service.store.database.set_trace_callback(
        lambda text: commits.append(text) if text == "COMMIT" else None
    )
    service._looked = service._refreshed = 0.0
    service.look()
    assert len(service.store.rows("state = 'failed' AND page = 'told'")) == 30 and len(commits) < 5


def test_what_is_not_finished_yet_is_left_alone(tmp_path):
    folder = submit(tmp_path, "ada", 1)
    folder.chmod(0o755)
    assert not list(arrivals(tmp_path, (), False, time.time()))
    assert len(list(arrivals(tmp_path, (), False, time.time() + 100))) == 1


def test_what_nobody_asked_an_answer_for_is_left(exchange, looked):
    course, inbound = exchange(f"c.Serve.until = {{'{NAME}': '2020-01-01 00:00 UTC'}}\n")
    folder = submit(inbound, "ada", 1)
    (row,) = looked(course).store.rows()
    assert row.state == "left" and "graded by your instructor later" in page_on(inbound, folder)


def test_there_is_one_service(exchange, looked):
    course, _ = exchange()
    looked(course)
    with pytest.raises(GradingError, match="another 'proctor serve' answers"):
        looked(course)


def test_only_the_writing_of_rows_is_waited_for(exchange, run, monkeypatch):
    course, inbound = exchange()
    folder = submit(inbound, "ada", 1)
    workplace = lock.workplace(course)
    workplace.mkdir(parents=True)
    with lock.writing(workplace), closing(Store(course)) as store:
        monkeypatch.setattr(lock, "PATIENCE", 0.1)
        with (
            pytest.raises(CannotRecord, match="another program has been writing"),
            lock.writing(workplace),
        ):
            pass
        assert not store.rows()
    run(course, *SERVE)
    assert "attempt 1" in page_on(inbound, folder)


@pytest.mark.full
def test_ordinary_users(make_course, gradebook, environment, half, right, tmp_path):
    """Neither the instructor nor a student is root; a resubmission replaces what is read-only by then."""
    if os.name == "nt" or os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "useradd"))):
        pytest.skip(
            "only root on Linux, with util-linux and useradd, makes users and a namespace for them"
        )
    shutil.copy(gradebook, make_course(NAME))
    for number, notebook in enumerate((half, right), 1):
        (tmp_path / f"{number}.ipynb").write_text(json.dumps(notebook))
    command = [
        "unshare",
        "--mount",
        sys.executable,
        Path(__file__).with_name("ordinary.py"),
        tmp_path,
    ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    if done.returncode == ordinary.IMPOSSIBLE or (
        done.returncode and "unshare failed" in done.stderr
    ):
        pytest.skip(f"no users of this test's own can be here: {done.stdout}{done.stderr}")
    assert done.returncode == 0, done.stdout + done.stderr


# where the service is killed, by what it is about to do
STEPS = ["Recorder.begin", "Recorder.keep", "Recorder.place", "grading_pass.record", "page.put"]
KILLED = """
import os, signal, sys
from pathlib import Path
from proctor.classroom.workers import Pool
from proctor.serve import page
from proctor.serve.service import Service
from proctor.records import grading_pass
from proctor.records.engine import Recorder

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    owner, _, name = sys.argv[1].partition(".")
    owners = {"Recorder": Recorder, "grading_pass": grading_pass, "page": page}
    assert hasattr(owners[owner], name)
    setattr(owners[owner], name, die)
    Service(Path.cwd(), lambda: Pool(1), False, print).run(True)
"""


def test_the_docs_list_the_options(pytestconfig):
    text = (pytestconfig.rootpath / "docs" / "serve.md").read_text()
    named = dict(re.findall(r"^\| `c\.Serve\.(\w+)` \| `?(.*?)`? \|", text, re.MULTILINE))
    own = Serve().traits(config=True)
    assert named.keys() == own.keys()
    assert {name: json.loads(value) for name, value in named.items()} == {
        name: getattr(Serve(), name) for name in own
    }


@pytest.mark.full
def test_killed_at_any_step_nothing_is_lost_or_done_twice(
    exchange, run, forks, environment, half, right, tmp_path
):
    course, inbound = exchange("c.Attempts.counts = 'best'\n")
    (tmp_path / "killed.py").write_text(KILLED)
    folders = []
    for number, step in enumerate(STEPS):
        folders.append(submit(inbound, "ada", number, right if number == 1 else half))
        done = forks.run([str(tmp_path / "killed.py"), step], course, environment, timeout=300)
        assert done.returncode == -signal.SIGKILL, done.stderr
    run(course, *SERVE)
    store = Store(course)
    attempts = store.judged("ada", NAME)
    assert [row.number for row in attempts] == [1, 2, 3, 4, 5]
    assert not store.rows("state != 'judged' OR page = ''")
    assert all(
        f"attempt {number}, in time" in page_on(inbound, folder)
        for number, folder in enumerate(folders, 1)
    )
    # the second one is the best; but for the first prediction it would be right
    report = report_in(course / "autograded" / "ada" / NAME / "softmax.ipynb")
    assert report["score"] == 29 and report["attempt"] == 2
    assert [row.seed_number for row in attempts] == [1, 2, 3, 4, 5]
    assert (course / "submitted" / "ada" / NAME / "submission_secret.txt").read_text() == "ada 1"


@pytest.mark.full
def test_on_a_cluster_that_loses_a_worker_everybody_is_answered(
    exchange, environment, half, right, cluster
):
    address, workers, _, _ = cluster
    course, inbound = exchange()
    made = [
        submit(inbound, f"s{number}", number, half if number % 2 else right) for number in range(8)
    ]
    with Client(address) as client:
        client.wait_for_workers(2, timeout=60)
    command = [Path(sys.executable).parent / "proctor", "serve", "--once", "--cluster", address]
    running = subprocess.Popen(
        command, cwd=course, env=environment, stderr=subprocess.PIPE, text=True
    )
    while not any(top(page_on(inbound, folder)) for folder in made) and running.poll() is None:
        time.sleep(0.1)
    os.killpg(workers[0].pid, signal.SIGKILL)
    _, said = running.communicate(timeout=300)
    assert running.returncode == 0, said
    found = [top(page_on(inbound, folder))[0].partition(": ")[2] for folder in made]
    assert found == ["30 of 30 points by the checks", "26 of 30 points by the checks"] * 4
    assert said.count("is gone: what it was running runs again on another one; 1 left") == 1, said
    assert {row.tries for row in Store(course).judged("s1", NAME)} == {1}


@pytest.mark.full
def test_many_with_hostile_ones_among_them_while_it_is_killed(pytestconfig, run):
    small = ["--submissions", 12, "--rate", 4, "--hostile", 4, "--kills", 1, "--workers", 1]
    done = run(pytestconfig.rootpath, "python", "benchmarks/serve.py", *small, code=None)
    assert done.returncode == 0, done.stdout + done.stderr
