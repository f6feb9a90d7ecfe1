"""A term through the commands: what counts is computed from attempts, and what was judged isn't run again."""

import csv
import json
import shutil
import signal
import time
import zipfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from proctor.answers import put, solved
from proctor.course import assignments
from proctor.course.report import report_in
from proctor.records.attempts import Attempt, Store, Way
from proctor.records.engine import Recorder
from proctor.records.grading_pass import GradingPass
from proctor.sandbox.cell import Limits

pytestmark = pytest.mark.full

NAME, FILE = "03-softmax", "softmax.ipynb"
GRADE = ("proctor", "grade", "--workers", "1", NAME)
DUE = "2030-03-20 12:00:00 UTC"
EARLY, IN_TIME, LATE = (
    "2030-03-20 09:00:00 UTC",
    "2030-03-20 11:00:00 UTC",
    "2030-03-21 12:00:00 UTC",
)
OVERFLOWS = "def softmax(x, dim):\n    return x.exp() / x.exp().sum(dim, keepdim=True)"
PENALTY = """
from nbgrader.plugins import BasePlugin


class Two(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 2.0
"""
STUDENTS = "id,first_name,last_name,email,lms_user_id\nada,Ada,Lovelace,,1\nben,Ben,Bee,,2\ncyd,Cyd,Cee,,3\n"


@pytest.fixture
def term(make_known_course, run):
    """A course with an exchange, a due date and three students."""
    copy = make_known_course()
    with (copy / "nbgrader_config.py").open("a") as file:
        file.write("c.ExchangeCollect.check_owner = False\nc.Serve.cool_down = 0\n")
    (copy / "list.csv").write_text(STUDENTS)
    run(copy, "nbgrader", "db", "student", "import", "list.csv")
    with Gradebook(f"sqlite:///{copy / 'gradebook.db'}") as gradebook:
        gradebook.update_or_create_assignment(NAME, duedate=DUE)
    (copy / "exchange" / "tiny-llm-math" / "inbound").mkdir(parents=True)
    return copy


@pytest.fixture
def notebooks(course):
    """Right (30 points), with a mistake (26 or 27), and as it was released."""
    right = solved(assignments(course)[NAME])
    return {
        "right": right,
        "wrong": put(right, "softmax", OVERFLOWS),
        "guess": put(right, "predict_row_sum", "predict_row_sum = 1.0"),
        "blank": assignments(course)[NAME].released,
    }


def submit(course: Path, student: str, when: str, notebook) -> None:
    folder = (
        course
        / "exchange"
        / "tiny-llm-math"
        / "inbound"
        / f"{student}+{NAME}+{when}+{time.time_ns()}"
    )
    folder.mkdir()
    (folder / FILE).write_text(json.dumps(notebook))
    (folder / "timestamp.txt").write_text(when)
    (folder / "submission_secret.txt").write_text(folder.name)
    folder.chmod(0o777)


def configure(course: Path, line: str) -> None:
    with (course / "nbgrader_config.py").open("a") as file:
        file.write(f"{line}\n")


def scores(course: Path, run) -> dict[str, float]:
    run(course, "nbgrader", "export")
    rows = csv.DictReader((course / "grades.csv").open())
    return {
        row["student_id"]: float(row["score"])
        for row in rows
        if row["timestamp"] or float(row["score"])
    }


def attempts(course: Path, student: str) -> list[Attempt]:
    with closing(Store(course)) as store:
        return store.of(student, NAME)


def counting(course: Path, student: str) -> int:
    """The number of the attempt in `submitted/`."""
    with closing(Store(course)) as store:
        placed, _ = store.placed((student, NAME))
        return next(each.number for each in store.of(student, NAME) if each.id == placed)


def test_an_attempt_is_judged_by_its_own_files_whatever_takes_its_place(term, notebooks, run):
    """Of two attempts that are judged at once, the first to end may go to `submitted/`."""
    configure(term, "c.Attempts.counts = 'best'")
    submit(term, "ada", EARLY, notebooks["wrong"])
    submit(term, "ada", IN_TIME, notebooks["right"])
    run(term, "nbgrader", "collect", NAME)
    assert counting(term, "ada") == 2
    key = "ada", NAME
    with closing(Recorder(term)) as recorder:
        grading = GradingPass(recorder, assignments(term), Limits())
        first, second = map(grading.begin, grading.needed(key))
        assert first and second
        recorder.place(key, first.attempt)
        assert counting(term, "ada") == 1
        for job, name in ((first, "wrong"), (second, "right")):
            assert nbformat.read(job.folder / FILE, as_version=4) == notebooks[name]


def test_what_counts_through_three_ways(term, notebooks, run):
    right, wrong, blank = notebooks["right"], notebooks["wrong"], notebooks["blank"]
    # ada gets better, ben hands in a blank one last, and a late one is right for both
    for student, last in (("ada", right), ("ben", blank)):
        submit(term, student, EARLY, wrong if student == "ada" else right)
        submit(term, student, IN_TIME, last)
        submit(term, student, LATE, right)
    said = run(term, "nbgrader", "collect", NAME).stderr
    assert [len(attempts(term, student)) for student in ("ada", "ben")] == [3, 3]
    assert f"ada/{NAME}: attempt 3 is late; 2 counts" in said and said.count("is late") == 2
    assert "is late" not in run(term, "nbgrader", "collect", NAME).stderr
    assert (counting(term, "ada"), counting(term, "ben")) == (2, 2)
    stamp = (term / "submitted" / "ben" / NAME / "timestamp.txt").read_text()
    assert stamp.startswith("2030-03-20 11:00:00")
    said = run(term, *GRADE).stdout
    # only what the rule needs is judged
    assert "2 to grade, 0 unchanged (2 new)" in said
    assert scores(term, run) == {"ada": 30, "ben": 0}
    # a blank attempt that replaces a full one is said
    assert f"ben/{NAME}: 8 of 8 answered before, 0 now" in said or "answered before, 0 now" in said
    assert report_in(term / "autograded" / "ben" / NAME / FILE)["fewer"][2] == 0
    assert "0 to grade, 2 unchanged" in run(term, *GRADE).stdout

    # other rules: what was judged isn't judged again
    configure(term, "c.Attempts.counts = 'first'")
    said = run(term, *GRADE).stdout
    assert "2 to grade" in said
    first = scores(term, run)
    assert first["ben"] == 30 and 0 < first["ada"] < 30
    configure(term, "c.Attempts.counts = 'best'")
    said = run(term, *GRADE).stdout
    assert (
        "0 to grade" in said
        and "1 to compute again from what was found (1 another attempt counts)" in said
    )
    assert scores(term, run) == {"ada": 30, "ben": 30}
    configure(term, "c.Attempts.counts = 'last'")
    assert "0 to grade" in run(term, *GRADE).stdout and scores(term, run) == {"ada": 30, "ben": 0}
    # more time, given afterwards: the third attempt is in time
    run(term, "proctor", "extend", NAME, "ben", "2d")
    assert "1 to grade, 1 unchanged" in run(term, *GRADE).stdout
    assert scores(term, run) == {"ada": 30, "ben": 30} and counting(term, "ben") == 3
    run(term, "proctor", "extend", NAME, "ben", "--remove")
    assert "0 to grade" in run(term, *GRADE).stdout and counting(term, "ben") == 2

    # late ones count, with the penalty; the best is the one in time if it is as good
    (term / "late.py").write_text(PENALTY)
    configure(term, "import late\nc.AssignLatePenalties.plugin_class = late.Two")
    configure(term, "c.Attempts.late = 'counts'")
    assert "1 to grade" in run(term, *GRADE).stdout
    assert scores(term, run) == {"ada": 28, "ben": 28}
    configure(term, "c.Attempts.counts = 'best'")
    assert "0 to grade" in run(term, *GRADE).stdout
    assert scores(term, run) == {"ada": 30, "ben": 30} and counting(term, "ben") == 1

    # by hand: the changed folder is a new attempt, and what was there is kept
    configure(term, "c.Attempts.counts = 'last'\nc.Attempts.late = 'only if nothing came in time'")
    run(term, *GRADE)
    place = term / "submitted" / "ada" / NAME
    nbformat.write(wrong, place / FILE)
    (place / "timestamp.txt").unlink()
    assert "1 to grade" in run(term, *GRADE).stdout
    by_hand = attempts(term, "ada")[-1]
    assert (by_hand.way, by_hand.number, by_hand.arrived) == (Way.BY_HAND, 4, None)
    kept = term / "attempts" / "ada" / NAME
    assert json.loads((kept / "2" / "files" / FILE).read_text()) == json.loads(json.dumps(right))
    assert (kept / "4" / "judged.json").is_file()

    # a late one doesn't count, which is said: nothing that arrives later touches the grade
    nbformat.write(right, place / FILE)
    (place / "timestamp.txt").write_text(LATE)
    said = run(term, *GRADE).stdout
    assert "0 to grade" in said and counting(term, "ada") == 4
    assert f"ada/{NAME}: attempt 5, put into submitted/ by hand, does not count" in said

    # an archive, collected later, is the later attempt; the same archive again is none
    folder = term / "downloaded" / NAME / "archive"
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "math.zip", "w") as archive:
        archive.writestr("lovelaceada_1_900_softmax.ipynb", json.dumps(right))
        archive.writestr("ceecyd_LATE_3_901_softmax.ipynb", json.dumps(right))
    for _ in range(2):
        run(term, "nbgrader", "zip_collect", NAME)
        assert [len(attempts(term, student)) for student in ("ada", "cyd")] == [6, 1]
    said = run(term, *GRADE).stdout
    assert "2 to grade" in said and "late by an unknown time" in said
    assert scores(term, run) == {"ada": 30, "ben": 0, "cyd": 30}
    run(term, "proctor", "feedback", NAME)
    page = (term / "feedback" / "cyd" / NAME / "softmax.html").read_text()
    assert "Attempt 1 counts; it was late by an unknown time." in page
    page = (term / "feedback" / "ben" / NAME / "softmax.html").read_text()
    assert "Attempt 2 counts; it was in time." in page and "this one 0" in page


def test_a_prediction_is_fixed_once_its_result_was_shown(term, notebooks, run):
    right, guess = notebooks["right"], notebooks["guess"]

    def hand_in(student, notebook):
        nbformat.write(notebook, term / "submitted" / student / NAME / FILE)

    for student in ("ada", "ben"):
        submit(term, student, EARLY, guess)
    run(term, "nbgrader", "collect", NAME)
    run(term, *GRADE)
    assert scores(term, run) == {"ada": 29, "ben": 29}
    # nobody saw anything: a later prediction holds
    hand_in("ada", right)
    run(term, *GRADE)
    assert scores(term, run) == {"ada": 30, "ben": 29}
    run(term, "proctor", "feedback", NAME)
    for student, notebook in (("ada", guess), ("ben", right)):
        hand_in(student, notebook)
    run(term, *GRADE)
    assert scores(term, run) == {"ada": 30, "ben": 29}
    # what is fixed is the value, and today's checks judge it
    checks = term / "tests" / "hidden" / "test_03_softmax.py"
    text = checks.read_text()
    assert 'predicts(student, "predict_row_sum", ' in text
    checks.write_text(
        text.replace(
            'predicts(student, "predict_row_sum", ', 'predicts(student, "predict_row_sum", -1 + '
        )
    )
    run(term, *GRADE)
    assert scores(term, run) == {"ada": 29, "ben": 30}


def test_feedback_shows_the_attempt_that_was_graded(term, notebooks, course, run):
    """Another one may be in `submitted/` by then, which nobody has graded."""
    stub = assignments(course)[NAME].stubs["predict_row_sum"]
    submit(term, "ada", "2030-03-20 08:00:00 UTC", notebooks["guess"])
    run(term, "nbgrader", "collect", NAME)
    run(term, *GRADE)
    submit(term, "ada", EARLY, put(notebooks["right"], "predict_row_sum", stub))
    run(term, "nbgrader", "collect", NAME)
    run(term, "proctor", "feedback", NAME)
    assert [bool(each.shown) for each in attempts(term, "ada")] == [True, False]
    # the page was on the first attempt, so its prediction is fixed
    submit(term, "ada", IN_TIME, notebooks["right"])
    run(term, "nbgrader", "collect", NAME)
    run(term, *GRADE)
    assert scores(term, run) == {"ada": 29}


def mark(course: Path, cell: str, points: float | None, extra: float | None = None) -> None:
    """Gives ada's answer points by hand, as the formgrader does."""
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        grade = gradebook.find_grade(cell, "softmax", NAME, "ada")
        grade.manual_score, grade.extra_credit = points, extra
        grade.needs_manual_grade = False
        gradebook.db.commit()


def mark_of(course: Path, cell: str) -> tuple[float | None, bool]:
    """The points by hand of ada's answer, and whether a person is to look at it."""
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        grade = gradebook.find_grade(cell, "softmax", NAME, "ada")
        return grade.manual_score, grade.needs_manual_grade


def test_marks_by_hand_belong_to_the_attempt(term, notebooks, run):
    submit(term, "ada", EARLY, notebooks["wrong"])
    submit(term, "ada", IN_TIME, notebooks["blank"])
    configure(term, "c.Attempts.counts = 'first'")
    run(term, "nbgrader", "collect", NAME)
    run(term, *GRADE)
    before = scores(term, run)["ada"]
    mark(term, "softmax_stability", 1.0)
    configure(term, "c.Attempts.counts = 'last'")
    run(term, *GRADE)
    # the mark was given for another answer: a person looks at this one
    assert mark_of(term, "softmax_stability") == (1.0, True)
    configure(term, "c.Attempts.counts = 'best'")
    assert "0 to grade" in run(term, *GRADE).stdout
    assert scores(term, run) == {"ada": before + 1}
    assert mark_of(term, "softmax_stability") == (1.0, False)


@pytest.mark.parametrize("counts", ["best", "first"])
def test_a_mark_for_a_later_attempt_leaves_an_earlier_one_its_points(term, notebooks, run, counts):
    submit(term, "ada", EARLY, notebooks["right"])
    submit(term, "ada", IN_TIME, notebooks["wrong"])
    run(term, "nbgrader", "collect", NAME)
    run(term, *GRADE)
    later = scores(term, run)["ada"]
    mark(term, "softmax_values", 0.5)
    run(term, *GRADE)
    configure(term, f"c.Attempts.counts = '{counts}'")
    run(term, *GRADE)
    assert counting(term, "ada") == 1
    assert scores(term, run) == {"ada": 30}
    configure(term, "c.Attempts.counts = 'last'")
    run(term, *GRADE)
    assert mark_of(term, "softmax_values") == (0.5, False)
    assert scores(term, run)["ada"] < later


def test_a_mark_stays_with_its_answer_when_another_answer_changes(term, notebooks, run):
    submit(term, "ada", EARLY, notebooks["wrong"])
    run(term, "nbgrader", "collect", NAME)
    run(term, *GRADE)
    mark(term, "softmax_stability", 1.0)
    submit(
        term, "ada", IN_TIME, put(notebooks["wrong"], "predict_row_sum", "predict_row_sum = 1.0")
    )
    run(term, "nbgrader", "collect", "--update", NAME)
    run(term, *GRADE)
    assert counting(term, "ada") == 2
    assert mark_of(term, "softmax_stability") == (1.0, False)


def collect_and_grade(course: Path, run: Callable) -> None:
    run(course, "nbgrader", "collect", "--update", NAME)
    run(course, *GRADE)


@pytest.mark.parametrize("given", [(0.5, None), (None, 0.5), (0.5, 1.0)])
def test_a_mark_for_an_earlier_answer_stays_for_a_look_under_last_alone(
    term, notebooks, run, given
):
    submit(term, "ada", EARLY, put(notebooks["right"], "softmax", "def softmax(scores): pass"))
    collect_and_grade(term, run)
    mark(term, "softmax_values", *given)
    submit(term, "ada", IN_TIME, notebooks["right"])
    collect_and_grade(term, run)
    with_mark = 30 + (given[1] or 0.0)
    if given[0] is not None:
        with_mark -= 3 - given[0]
    for counts, points, found in [
        ("last", with_mark, given[0]),
        ("best", 30, None),
        ("last", with_mark, given[0]),
    ]:
        configure(term, f"c.Attempts.counts = '{counts}'")
        run(term, *GRADE)
        assert counting(term, "ada") == 2
        assert scores(term, run) == {"ada": points}
        assert mark_of(term, "softmax_values") == (found, True)
    run(term, "proctor", "feedback", NAME)
    assert "another answer was graded" in page_of(term, "ada")


def test_a_person_who_looks_again_may_take_a_mark_away(term, notebooks, run):
    submit(term, "ada", EARLY, notebooks["wrong"])
    collect_and_grade(term, run)
    mark(term, "softmax_values", 0.5)
    submit(term, "ada", IN_TIME, notebooks["right"])
    collect_and_grade(term, run)
    mark(term, "softmax_values", None)
    for counts in ("last", "best", "last"):
        configure(term, f"c.Attempts.counts = '{counts}'")
        run(term, *GRADE, "--force")
        assert scores(term, run) == {"ada": 30}
        assert mark_of(term, "softmax_values") == (None, False)


def test_a_mark_for_unreadable_work_is_no_mark_for_a_blank_answer(term, notebooks, run):
    submit(term, "ada", EARLY, "not a notebook")
    collect_and_grade(term, run)
    mark(term, "softmax_values", 2.0)
    submit(term, "ada", IN_TIME, notebooks["blank"])
    collect_and_grade(term, run)
    assert mark_of(term, "softmax_values") == (2.0, True)


KILLED = """
import os, signal
from proctor.cli import main
from proctor.records.record import _Result

save = _Result._save

def save_and_die(self, notebook):
    save(self, notebook)
    os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    _Result._save = save_and_die
    main()
"""


def test_a_mark_survives_a_process_that_ends_before_its_folder_is_in_place(term, notebooks, run):
    blank = put(notebooks["right"], "softmax", "def softmax(x, dim):\n    pass")
    submit(term, "ada", EARLY, blank)
    submit(term, "ada", IN_TIME, put(blank, "softmax", "def softmax(x, dim):\n    return None"))
    collect_and_grade(term, run)
    mark(term, "softmax_values", 2.0)
    configure(term, "c.Attempts.counts = 'first'")
    (term / "killed.py").write_text(KILLED)
    run(term, "python", "killed.py", *GRADE[1:], code=-signal.SIGKILL)
    # the row is that of the first attempt already, and the folder is not
    assert mark_of(term, "softmax_values") == (None, True)
    run(term, *GRADE)
    assert counting(term, "ada") == 1
    configure(term, "c.Attempts.counts = 'last'")
    run(term, *GRADE)
    assert mark_of(term, "softmax_values") == (2.0, False)


KILLED_COLLECT = """
import os, signal
from nbgrader.apps.nbgraderapp import main
from proctor.records import archives

def die(place):
    os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    archives.replaced_folder = die
    main()
"""


def test_an_archive_is_collected_whole_after_a_process_that_ended(term, notebooks, run):
    folder = term / "downloaded" / NAME / "archive"
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "math.zip", "w") as archive:
        archive.writestr("lovelaceada_1_900_softmax.ipynb", json.dumps(notebooks["right"]))
    (term / "killed.py").write_text(KILLED_COLLECT)
    run(term, "python", "killed.py", "zip_collect", NAME, code=-signal.SIGKILL)
    # the attempt is known, and its files are not
    assert [each.kept for each in attempts(term, "ada")] == [False]
    run(term, "nbgrader", "zip_collect", NAME)
    assert [each.kept for each in attempts(term, "ada")] == [True]
    run(term, *GRADE)
    assert scores(term, run)["ada"] == 30


def page_of(course: Path, student: str) -> str:
    return (course / "feedback" / student / NAME / "softmax.html").read_text()


def put_groups(course: Path, *lines: str) -> None:
    (course / "groups.csv").write_text("\n".join(["group,student,assignment", *lines, ""]))


def test_a_group_hands_in_together(term, notebooks, run):
    put_groups(term, "pair,ada,", "pair,ben,")
    submit(term, "ada", EARLY, notebooks["wrong"])
    submit(term, "cyd", EARLY, notebooks["wrong"])
    run(term, "nbgrader", "collect", NAME)
    # the secret by which a page is found stays with the student who handed in
    files = {path.name for path in (term / "submitted" / "ben" / NAME).iterdir()}
    assert files == {FILE, "timestamp.txt"}
    assert "2 to grade, 0 unchanged" in run(term, *GRADE).stdout
    first = scores(term, run)
    assert first["ada"] == first["ben"] == first["cyd"] < 30
    assert "0 to grade, 3 unchanged" in run(term, *GRADE).stdout
    # ben and ada wrote together; cyd, who wrote the same, is named with one of them
    report = json.loads(run(term, "proctor", "report", "--json").stdout)
    (pair,) = report["assignments"][0]["alike"]
    assert len(pair["students"]) == 2 and "cyd" in pair["students"]

    said = " ".join(run(term, "proctor", "feedback", NAME).stdout.split())
    assert "released through the exchange for 2" in said
    assert (
        "not released, handed in by another member of the group" in said and "exchange: ben" in said
    )
    page = (term / "feedback" / "ben" / NAME / "softmax.html").read_text()
    assert "Attempt 1, which ada handed in, counts; it was in time." in page and "Ben Bee" in page
    page = (term / "feedback" / "ada" / NAME / "softmax.html").read_text()
    assert "Attempt 1 counts; it was in time." in page and "Ada Lovelace" in page
    released = list((term / "exchange" / "tiny-llm-math" / "feedback").iterdir())
    assert len(released) == 2 and not any("Ben Bee" in path.read_text() for path in released)

    # an attempt of the other member is the group's next one; what was predicted at first stays
    submit(term, "ben", IN_TIME, notebooks["guess"])
    run(term, "nbgrader", "collect", NAME)
    assert (counting(term, "ada"), counting(term, "ben"), counting(term, "cyd")) == (2, 2, 1)
    assert "1 to grade, 1 unchanged (1 handed in again)" in run(term, *GRADE).stdout
    assert scores(term, run) == {"ada": 30, "ben": 30, "cyd": first["cyd"]}
    # the extension of one holds for all
    submit(term, "ada", LATE, notebooks["blank"])
    run(term, "nbgrader", "collect", NAME)
    assert "0 to grade" in run(term, *GRADE).stdout and counting(term, "ben") == 2
    run(term, "proctor", "extend", NAME, "ben", "2d")
    assert "1 to grade" in run(term, *GRADE).stdout
    # the blank one counts, with the predictions that were fixed before
    assert scores(term, run) == {"ada": 3, "ben": 3, "cyd": first["cyd"]}
    assert "0 to grade, 3 unchanged" in run(term, *GRADE).stdout


def test_groups_change_in_the_middle_of_a_term(term, notebooks, run):
    """By hand, and by `nbgrader autograde`."""
    autograde = ("nbgrader", "autograde", NAME)
    for student, name in (("ada", "wrong"), ("ben", "right")):
        folder = term / "submitted" / student / NAME
        folder.mkdir(parents=True)
        nbformat.write(notebooks[name], folder / FILE)
    run(term, *autograde)
    alone = scores(term, run)
    assert alone["ada"] < alone["ben"] == 30
    put_groups(term, f"one,ada,{NAME}", f"one,ben,{NAME}", f"one,cyd,{NAME}")
    run(term, *autograde)
    # ben's folder was found after ada's
    assert scores(term, run) == {"ada": 30, "ben": 30, "cyd": 30}
    assert "cyd" in {path.parent.name for path in (term / "submitted").glob(f"*/{NAME}")}
    # cyd changes what the group handed in
    nbformat.write(notebooks["wrong"], term / "submitted" / "cyd" / NAME / FILE)
    run(term, *autograde)
    assert scores(term, run) == dict.fromkeys(("ada", "ben", "cyd"), alone["ada"])
    assert [(each.student, each.number) for each in attempts(term, "ada")] == [
        ("ada", 1),
        ("ben", 1),
        ("cyd", 2),
    ]
    # without the group, each has what was theirs
    put_groups(term)
    said = run(term, *GRADE).stdout
    assert "0 to grade" in said and scores(term, run) == alone | {"cyd": alone["ada"]}
    # who has nothing else keeps what the group handed in
    put_groups(term, f"one,ben,{NAME}", f"one,cyd,{NAME}")
    configure(term, "c.Attempts.counts = 'best'")
    run(term, *GRADE)
    with closing(Store(term)) as store:
        for each in store.of("cyd", NAME):
            if each.student == "cyd":
                store.database.execute("DELETE FROM attempts WHERE id = ?", [each.id])
        store.database.commit()
    put_groups(term)
    run(term, *GRADE)
    assert scores(term, run)["cyd"] == 30 and [each.student for each in attempts(term, "cyd")] == [
        "cyd"
    ]


def test_who_leaves_a_group_keeps_none_of_its_extension(term, notebooks, run):
    put_groups(term, "pair,ada,", "pair,ben,")
    run(term, "proctor", "extend", NAME, "ben", "2d")
    submit(term, "ada", EARLY, notebooks["right"])
    submit(term, "ada", LATE, notebooks["blank"])
    run(term, "nbgrader", "collect", NAME)
    run(term, *GRADE)
    assert counting(term, "ada") == 2
    (term / "groups.csv").unlink()
    run(term, *GRADE)
    assert counting(term, "ada") == 1
    assert scores(term, run)["ada"] == 30


def test_who_leaves_a_group_brings_none_of_its_work_to_another(term, notebooks, run):
    put_groups(term, "red,ada,", "red,ben,")
    submit(term, "ada", EARLY, notebooks["wrong"])
    submit(term, "cyd", IN_TIME, notebooks["right"])
    run(term, "nbgrader", "collect", NAME)
    run(term, *GRADE)
    (term / "groups.csv").unlink()
    run(term, *GRADE)
    alone = scores(term, run)
    assert alone["ada"] == alone["ben"] < 30
    put_groups(term, "blue,ben,", "blue,cyd,")
    run(term, *GRADE)
    assert scores(term, run) == alone | {"ben": 30, "cyd": 30}
    # who leaves has the work of their own alone, once there is some
    (term / "groups.csv").unlink()
    configure(term, "c.Attempts.counts = 'best'")
    submit(term, "ben", IN_TIME, notebooks["blank"])
    run(term, "nbgrader", "collect", NAME)
    run(term, *GRADE)
    assert scores(term, run) == alone | {"ben": 0, "cyd": 30}


def test_who_was_withdrawn_and_comes_back_is_collected_again(term, notebooks, run):
    submit(term, "ada", EARLY, notebooks["right"])
    submit(term, "ben", EARLY, notebooks["right"])
    run(term, "nbgrader", "collect", NAME)
    run(term, *GRADE)
    shutil.rmtree(term / "submitted" / "ada")
    assert f"not in submitted/ any more: ada/{NAME}" in run(term, *GRADE).stderr
    shutil.rmtree(term / "autograded" / "ada")
    run(term, "nbgrader", "db", "student", "remove", "ada", "--force")
    assert "ada" not in scores(term, run)
    run(term, "nbgrader", "db", "student", "add", "ada", "--last-name", "Lovelace")
    said = run(term, "nbgrader", "collect", NAME).stderr
    assert f"Collected {term / 'submitted' / 'ada' / NAME}" in said
    run(term, *GRADE)
    assert scores(term, run) == {"ada": 30, "ben": 30}


def test_a_trial_judges_an_attempt_that_is_still_in_the_exchange(term, notebooks, run):
    submit(term, "ada", EARLY, notebooks["blank"])
    submit(term, "ada", LATE, notebooks["right"])
    run(term, "nbgrader", "collect", NAME)
    run(term, *GRADE)
    run(term, "proctor", "extend", NAME, "ada", "2d")
    said = run(term, *GRADE, "--what-if").stdout
    assert f"ada/{NAME}: 0 → 30" in said and "1 would gain some" in said
    assert scores(term, run) == {"ada": 0} and not attempts(term, "ada")[1].kept
    run(term, *GRADE)
    assert scores(term, run) == {"ada": 30}


def test_a_group_that_is_not_right_is_named_by_its_line(term, notebooks, run):
    submit(term, "ada", EARLY, notebooks["right"])
    run(term, "nbgrader", "collect", NAME)
    for lines, message in (
        (["one,ada,", "two,ada,"], "line 3: ada is in the group one already, by line 2"),
        (["one,ada,", "one,bne,"], "line 3: the class has no student bne: did you mean ben?"),
        (["one,ada,03-sofmax"], "line 2: the course has no assignment 03-sofmax"),
        (["one,,"], "line 2: write a group and a student"),
    ):
        put_groups(term, *lines)
        done = run(term, *GRADE, code=None)
        assert (
            done.returncode != 0
            and message in " ".join(done.stderr.split())
            and "Traceback" not in done.stderr
        )
    done = run(term, "nbgrader", "collect", NAME, code=None)
    assert message in done.stderr and done.returncode != 0
    (term / "groups.csv").write_text("student\nada\n")
    assert "line 1: the column 'group' is missing" in " ".join(
        run(term, *GRADE, code=None).stderr.split()
    )


def test_a_withdrawn_student_makes_no_attempt(term, notebooks, run):
    """The roster says who is in the class; without one, everybody is."""
    for student in ("ada", "gone", "went"):
        submit(term, student, EARLY, notebooks["blank"])
    said = run(term, "nbgrader", "collect", NAME).stderr
    (line,) = (line for line in said.splitlines() if "gone" in line)
    assert (
        "Left aside, not on the roster: gone, went." in line
        and "nbgrader db student add ID" in line
    )
    assert "collect again" in line
    assert [len(attempts(term, student)) for student in ("ada", "gone", "went")] == [1, 0, 0]
    assert not (term / "submitted" / "gone").exists() and not (term / "attempts" / "gone").exists()
    run(term, "nbgrader", "db", "student", "add", "gone", "--last-name", "Back")
    submit(term, "gone", IN_TIME, notebooks["right"])
    said = run(term, "nbgrader", "collect", NAME).stderr
    assert "not on the roster: went." in said
    assert [len(attempts(term, student)) for student in ("ada", "gone", "went")] == [1, 2, 0]
    assert counting(term, "gone") == 2
    (term / "students.csv").write_text("name\nada\n")
    assert (
        "line 1: the column 'id' is missing"
        in run(term, "nbgrader", "collect", NAME, code=1).stderr
    )
    (term / "students.csv").unlink()
    for student in ("ada", "ben", "cyd", "gone"):
        run(term, "nbgrader", "db", "student", "remove", student, "--force")
    run(term, "nbgrader", "collect", NAME)
    assert len(attempts(term, "went")) == 1


def test_an_earlier_attempt_is_collected_if_the_last_one_cannot_be(term, notebooks, run):
    submit(term, "ada", EARLY, notebooks["right"])
    submit(term, "ada", IN_TIME, notebooks["right"])
    (last,) = (term / "exchange" / "tiny-llm-math" / "inbound").glob(f"ada+{NAME}+{IN_TIME}+*")
    (last / FILE).unlink()
    (last / "data.bin").write_bytes(b"1" * 3_000_000)
    configure(term, "c.CourseDirectory.max_dir_size = 2000")
    said = run(term, "nbgrader", "collect", NAME).stderr
    assert counting(term, "ada") == 1, said
    assert (term / "submitted" / "ada" / NAME / FILE).is_file()
    # the report doesn't forget it
    run(term, *GRADE)
    report = json.loads(run(term, "proctor", "report", "--json").stdout)
    failed = report["served"]["submitted, and not graded or answered"]
    assert failed == [f"ada/{NAME}: it could not be collected"]
    # the error may be mended by now: each 'collect' tries again
    configure(term, "c.CourseDirectory.max_dir_size = 1_000_000")
    run(term, "nbgrader", "collect", NAME)
    assert counting(term, "ada") == 2


def test_the_time_in_its_name_counts_whatever_serve_made_of_it(term, notebooks, run):
    """The service answers another assignment, and sees the folder first."""
    submit(term, "ada", LATE, notebooks["right"])
    configure(term, 'c.Serve.assignments = ["01-vectors"]')
    run(term, "proctor", "serve", "--once", "--workers", "1")
    (seen,) = attempts(term, "ada")
    assert seen.state == "left"
    run(term, "nbgrader", "collect", NAME)
    (collected,) = attempts(term, "ada")
    assert collected.arrived == datetime(2030, 3, 21, 12, tzinfo=UTC).timestamp()
    assert collected.state == "new" and counting(term, "ada") == 1
