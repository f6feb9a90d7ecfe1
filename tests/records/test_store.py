"""The files in which an older proctor kept what `proctor.db` keeps: taken over as they are, whenever the process ends."""

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from proctor.course.report import Report, Verdict
from proctor.errors import CannotRecord, GradingError
from proctor.records import store
from proctor.records.gradebook import nbgraders_log, recording
from proctor.records.store import Remark, Row, Store

NAME = "03-softmax"
# the very tables of an older proctor
SEEDS = """
CREATE TABLE secret (key BLOB);
CREATE TABLE attempts (student, assignment, contents, number, PRIMARY KEY (student, assignment));
CREATE TABLE again (student, assignment, seed, PRIMARY KEY (student, assignment));
INSERT INTO secret VALUES (x'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f');
INSERT INTO attempts VALUES ('ada', '03-softmax', 'as it was', 3), ('ben', '03-softmax', 'his', 1);
INSERT INTO again VALUES ('ben', '03-softmax', 5), ('cy', '03-softmax', NULL);
"""
SERVE = """
CREATE TABLE submissions
    (name PRIMARY KEY, student, assignment, state, arrived, received, seen, not_before DEFAULT 0, why DEFAULT '',
    tries DEFAULT 0, pages DEFAULT '[]', copied DEFAULT 0, files DEFAULT '{}', number DEFAULT 0, graded DEFAULT 0, score DEFAULT 0, max_score DEFAULT 0,
    seed DEFAULT 0, cells DEFAULT '{}', page DEFAULT '');
CREATE INDEX waiting ON submissions (state);
CREATE INDEX whose ON submissions (student, assignment);
CREATE TABLE placed (student, assignment, name, PRIMARY KEY (student, assignment));
CREATE TABLE predictions (student, assignment, cell, passed, checks, PRIMARY KEY (student, assignment, cell));
INSERT INTO submissions VALUES ('ada+1', 'ada', '03-softmax', 'graded', 1.5, 1.0, 2.0, 0, '', 1, '["a.html"]', 1,
    '{"softmax.ipynb": "d1"}', 3, 9.0, 29, 30.0, 7, '{"softmax_values": "passed"}', 'told');
INSERT INTO submissions (name, student, assignment, state, arrived, received, seen)
    VALUES ('ben+1', 'ben', '03-softmax', 'waiting', 3, 3, 3);
INSERT INTO placed VALUES ('ada', '03-softmax', 'ada+1');
INSERT INTO predictions VALUES ('ada', '03-softmax', 'predict_row_sum_value', 0, 'c1');
"""
REMARKS = [
    Remark(NAME, "softmax", "Do they sum to 1?", ['["b", 1]', "b2"], {"ada": "d1", "ben": ""}),
    Remark(NAME, "attend", "“Größer”"),
]


@pytest.fixture(scope="module")
def older(tmp_path_factory) -> Path:
    """What an older proctor kept of a course."""
    course = tmp_path_factory.mktemp("older")
    for name, tables in {".seeds.db": SEEDS, ".serve.db": SERVE}.items():
        with sqlite3.connect(course / name) as database:
            database.executescript(tables)
        (course / name).chmod(0o600)
    (course / "extensions.csv").write_text(f"assignment,student,seconds\n{NAME},ada,3600\n{NAME},zoe,172800\n")
    (course / "remarks.json").write_text(json.dumps([vars(each) for each in REMARKS], ensure_ascii=False))
    return course


def check(course: Path) -> None:
    """All that the older files hold is known, and they are put away."""
    # so it was with the older proctor: by the same secret, the same number, and the next one
    assert store.seed_of(course, "ada", NAME, "as it was") == 1967432924
    assert store.seed_of(course, "ben", NAME, "changed") == 1908737800
    assert store.extensions(course) == {(NAME, "ada"): timedelta(hours=1), (NAME, "zoe"): timedelta(days=2)}
    assert store.read_remarks(course) == REMARKS
    service = Store(course)
    ada, ben = service.rows()
    assert ada == Row(
        *("ada+1", "ada", NAME, "graded", 1.5, 1.0, 2.0, 0, "", 1, ["a.html"], True, {"softmax.ipynb": "d1"}, 3, 9.0),
        *(29, 30.0, 7, {"softmax_values": "passed"}, "told"),
    )
    assert ben == Row("ben+1", "ben", NAME, "waiting", 3, 3, 3)
    assert service.all_placed() == {("ada", NAME): "ada+1"}
    service.database.close()
    cell = Verdict("predict_row_sum_value", 1.0, 1.0, "passed")
    store.apply_first_predictions(course, ("ada", NAME), Report("softmax.ipynb", NAME, 0, {}, [cell]), "c1", None)
    assert (cell.status, cell.score) == ("failed", 0)
    assert {path.name for path in course.iterdir()} == {store.FILE, *(f"{name}.migrated" for name in store.OLDER)}
    modes = {name: (course / name).stat().st_mode & 0o777 for name in (store.FILE, ".seeds.db.migrated")}
    assert set(modes.values()) == {0o600}, modes


def begun(course: Path, lines: int) -> bool:
    """Has a process open the store, killed before the line of store.py of this number that it runs; whether it ended before."""
    if (pid := os.fork()) == 0:
        left = lines

        def trace(frame, event, _):
            nonlocal left
            if frame.f_code.co_filename != store.__file__:
                return None
            left -= event == "line"
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
            return trace

        sys.settrace(trace)
        store.connect(course)
        os._exit(0)
    return os.waitpid(pid, 0)[1] == 0


@pytest.mark.full
def test_the_older_files_are_taken_over_whenever_the_process_is_killed(older, tmp_path):
    for lines in range(1, 1000):
        course = shutil.copytree(older, tmp_path / str(lines))
        ended = begun(course, lines)
        check(course)
        if ended:
            break
    assert 60 < lines < 999, "it was killed in many places"
    # what comes later under an older name is somebody else's
    (course / "extensions.csv").write_text("mine")
    assert len(store.extensions(course)) == 2 and (course / "extensions.csv").read_text() == "mine"


def test_what_cannot_be_taken_over_stays_and_is_named(older, tmp_path):
    spoiled = {".seeds.db": "no database " * 100, "extensions.csv": "student\nada\n", "remarks.json": "[{"}
    for name, text in spoiled.items():
        course = shutil.copytree(older, tmp_path / name)
        (course / name).write_text(text)
        with pytest.raises(GradingError, match=rf"{name} can't be read .* mend it, or put an older copy in its place"):
            store.seed_of(course, "ada", NAME, "as it was")
        assert not list(course.glob("*.migrated"))
        shutil.copy(older / name, course)
        check(course)


def test_the_first_predictions_of_a_former_proctor_count(tmp_path):
    """It kept no time with them."""
    store.seed_of(tmp_path, "ada", NAME, "as it was")
    former = """
        DROP TABLE predictions;
        CREATE TABLE predictions (student, assignment, cell, passed, checks, PRIMARY KEY (student, assignment, cell));
        INSERT INTO predictions VALUES ('ada', '03-softmax', 'predict_row_sum_value', 0, 'c1');
        PRAGMA user_version = 1
    """
    with contextlib.closing(sqlite3.connect(tmp_path / store.FILE)) as database:
        database.executescript(former)
    for _ in range(2):
        cell = Verdict("predict_row_sum_value", 1.0, 1.0, "passed")
        report = Report("softmax.ipynb", NAME, 0, {}, [cell])
        store.apply_first_predictions(tmp_path, ("ada", NAME), report, "c1", datetime(2030, 1, 1))
        assert (cell.status, cell.score) == ("failed", 0)
    assert store.seed_of(tmp_path, "ada", NAME, "as it was") == store.seed_of(tmp_path, "ada", NAME, "as it was")


def test_the_store_is_as_private_as_the_courses_folder(tmp_path):
    for mode, wanted in ((0o700, 0o600), (0o755, 0o600), (0o2770, 0o660)):
        course = tmp_path / oct(mode)
        course.mkdir()
        course.chmod(mode)
        before = os.umask(0o022)
        store.connect(course).close()
        os.umask(before)
        assert (course / store.FILE).stat().st_mode & 0o777 == wanted


def test_a_store_that_is_damaged_or_of_a_newer_proctor_is_named(tmp_path):
    with sqlite3.connect(tmp_path / store.FILE) as database:
        database.execute(f"PRAGMA user_version = {store.VERSION + 1}")
    with pytest.raises(GradingError, match="made by a newer proctor"):
        store.extensions(tmp_path)
    (tmp_path / store.FILE).write_text("no database " * 100)
    with pytest.raises(GradingError, match=r"proctor\.db is damaged"):
        store.extensions(tmp_path)


def test_a_store_that_is_damaged_further_on_or_locked_is_named_and_not_the_gradebook(tmp_path, monkeypatch):
    store.seed_of(tmp_path, "ada", NAME, "as it was")
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *place, **how: connect(*place, **how | {"timeout": 0}))
    with contextlib.closing(connect(tmp_path / store.FILE)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(CannotRecord, match=r"proctor\.db can't be used .*another program"), nbgraders_log(tmp_path):
            store.seed_of(tmp_path, "ada", NAME, "as it was")
    with (tmp_path / store.FILE).open("r+b") as file:
        file.seek(4096)
        file.write(b"spoiled " * 2000)
    with pytest.raises(CannotRecord, match=r"proctor\.db is damaged"), recording(tmp_path):
        store.seed_of(tmp_path, "ada", NAME, "as it was")
