"""The table of attempts: numbers, what several processes write, and who judges."""

import os
import signal
import subprocess
import sys
from contextlib import closing

import nbformat
import pytest

from proctor.records import attempts as module
from proctor.records.attempts import Attempt, State, Store, Way, mark_shown
from proctor.records.inbound import copy_submission
from proctor.records.stale import contents

KEY = ("ada", "03")
CLAIMS = """
import sys, time
from pathlib import Path
from proctor.records.attempts import Store
store = Store(Path(sys.argv[1]))
print(store.claim(store.of("ada", "03")[0]), flush=True)
time.sleep(60)
"""


def made(store: Store, name: str = "") -> Attempt:
    attempt = Attempt(*KEY, Way.EXCHANGE, name=name)
    store.add(attempt)
    return attempt


def test_numbers_are_given_once(tmp_path):
    with closing(Store(tmp_path)) as store:
        assert [made(store, name).number for name in ("one", "two", "", "")] == [1, 2, 3, 4]
        # by its name, a folder is an attempt once
        assert made(store, "one").number == 1 and len(store.of(*KEY)) == 4


def test_of_two_processes_each_writes_what_it_changed(tmp_path):
    with closing(Store(tmp_path)) as one, closing(Store(tmp_path)) as other:
        made(one)
        (mine,), (theirs,) = one.of(*KEY), other.of(*KEY)
        mine.state, theirs.page = State.JUDGED, "told"
        one.save(mine)
        other.save(theirs)
        (found,) = one.of(*KEY)
        assert (found.state, found.page) == (State.JUDGED, "told")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a claim is not known to hold")
def test_a_claim_holds_as_long_as_its_process(tmp_path, monkeypatch):
    with closing(Store(tmp_path)) as store:
        attempt = made(store)
        # its own claim is no hindrance
        assert store.claim(attempt) and store.claim(attempt)
        attempt.claim = ""
        store.save(attempt)
        other = subprocess.Popen(
            [sys.executable, "-c", CLAIMS, tmp_path], stdout=subprocess.PIPE, text=True
        )
        assert other.stdout is not None and other.stdout.readline() == "True\n"
        assert not store.claim(attempt)
        # after the limits of what it may take, it ends all the same
        with monkeypatch.context() as patched:
            patched.setattr(module, "CLAIM", -1.0)
            assert store.claim(attempt)
        attempt.claim = f"elsewhere 1 1 {2e12}"
        store.save(attempt)
        assert not store.claim(attempt), "of another host nobody knows"
        attempt.claim = (
            f"{module._own().rpartition(' ')[0].rpartition(' ')[0]} {other.pid} 1 {2e12}"
        )
        store.save(attempt)
        assert store.claim(attempt), "another process has its number"
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
        assert other.stdout.close() is None and store.claim(attempt)


def test_what_was_shown_is_noted_once(tmp_path):
    with closing(Store(tmp_path)) as store:
        made(store), made(store)
        graded = nbformat.v4.new_notebook()
        graded.metadata["proctor"] = {"made_of": {"attempt": store.of(*KEY)[1].id}}
        folder = tmp_path / "autograded" / "ada" / "03"
        folder.mkdir(parents=True)
        nbformat.write(graded, folder / "softmax.ipynb")
        mark_shown(tmp_path, [KEY, ("nobody", "03")])
        first, second = store.of(*KEY)
        assert not first.shown and second.shown
        mark_shown(tmp_path, [KEY])
        assert store.of(*KEY)[1].shown == second.shown


def test_a_copy_has_the_digest_of_its_folder(tmp_path):
    """The copy in another member's folder is the same attempt, though it has no links and one note more."""
    folder, copy = tmp_path / "submitted" / "ada" / "03", tmp_path / "submitted" / "ben" / "03"
    folder.mkdir(parents=True)
    (folder / "softmax.ipynb").write_text("{}")
    (folder / "secrets.txt").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe")
    copy_submission(folder.parent, folder.name, copy, 1000, ours=True)
    assert (copy / "not-collected.txt").exists() and contents(copy) == contents(folder)
    (copy / "softmax.ipynb").write_text("{ }")
    assert contents(copy) != contents(folder)
