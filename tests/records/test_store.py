"""The course's store, `proctor.db`: whole whenever the process ends, private, and named when it can't be used."""

import contextlib
import os
import signal
import sqlite3
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from proctor.errors import CannotRecord, GradingError
from proctor.records import store
from proctor.records.attempts import Attempt, Store, Way
from proctor.records.gradebook import nbgraders_log, recording

NAME = "03-softmax"


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


def test_the_store_is_made_whole_whenever_the_process_is_killed(tmp_path):
    for lines in range(1, 1000):
        course = tmp_path / str(lines)
        course.mkdir()
        ended = begun(course, lines)
        first, again, other = (store.seed_of(course, NAME, number) for number in (1, 1, 2))
        assert first == again != other
        if ended:
            break
    assert 10 < lines < 999, "it was killed in many places"


def test_the_store_is_as_private_as_the_courses_folder(tmp_path):
    for mode, wanted in ((0o700, 0o600), (0o755, 0o600), (0o2770, 0o660)):
        course = tmp_path / oct(mode)
        course.mkdir()
        course.chmod(mode)
        before = os.umask(0o022)
        store.connect(course).close()
        os.umask(before)
        assert (course / store.FILE).stat().st_mode & 0o777 == wanted


def test_a_store_of_another_schema_is_named_with_what_to_do(make_course, run):
    course = make_course(NAME)
    with sqlite3.connect(course / store.FILE) as database:
        database.execute("PRAGMA user_version = 1")
    before = (course / store.FILE).read_bytes()
    said = run(course, "proctor", "extend", "--list", code=1).stderr
    assert (
        "proctor.db has schema 1" in said
        and "move the file away" in said
        and "Traceback" not in said
    )
    assert (course / store.FILE).read_bytes() == before


def test_a_store_that_is_damaged_or_of_a_later_schema_is_named(tmp_path):
    with sqlite3.connect(tmp_path / store.FILE) as database:
        database.execute(f"PRAGMA user_version = {store.VERSION + 1}")
    with pytest.raises(GradingError, match=f"has schema {store.VERSION + 1}"):
        store.extensions(tmp_path)
    (tmp_path / store.FILE).write_text("no database " * 100)
    with pytest.raises(GradingError, match=r"proctor\.db is damaged"):
        store.extensions(tmp_path)


def test_a_store_that_is_damaged_further_on_or_locked_is_named_and_not_the_gradebook(
    tmp_path, monkeypatch
):
    store.seed_of(tmp_path, NAME, 1)
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda *place, **how: connect(*place, **how | {"timeout": 0})
    )
    with contextlib.closing(connect(tmp_path / store.FILE)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with (
            pytest.raises(CannotRecord, match=r"another program holds .*proctor\.db"),
            nbgraders_log(tmp_path),
        ):
            store.seed_of(tmp_path, NAME, 1)
    with (tmp_path / store.FILE).open("r+b") as file:
        file.seek(4096)
        file.write(b"spoiled " * 2000)
    with pytest.raises(CannotRecord, match=r"proctor\.db is damaged"), recording(tmp_path):
        store.seed_of(tmp_path, NAME, 1)


def test_a_full_disk_or_a_store_that_cant_be_written_is_named_with_its_remedy(tmp_path):
    remedies = {
        "max_page_count = 1": r"the disk of .* is full: free some space, then start again",
        "query_only = 1": r"can't be written: make it, proctor\.db .* writable",
    }
    store.set_extension(tmp_path, (NAME, "ada"), timedelta(hours=1))
    for pragma, remedy in remedies.items():
        with pytest.raises(CannotRecord, match=remedy), store.opened(tmp_path) as database:
            database.execute(f"PRAGMA {pragma}")
            database.execute("UPDATE extensions SET student = ?", ["x" * 10_000])
    assert [*store.extensions(tmp_path)] == [(NAME, "ada")]


def test_a_store_of_the_first_release_gets_what_it_lacks(tmp_path):
    with closing(store.connect(tmp_path)) as database, database:
        database.execute("DROP TABLE recorded")
    with closing(Store(tmp_path)) as attempts:
        attempts.add(Attempt("ada", NAME, Way.BY_HAND))
        (one,) = attempts.of("ada", NAME)
        # nothing is noted: what the folder says is believed
        assert attempts.in_gradebook(("ada", NAME), one.id) == [one]
        attempts.note_recorded(("ada", NAME), one.id + 1)
        assert attempts.in_gradebook(("ada", NAME), one.id) == []
