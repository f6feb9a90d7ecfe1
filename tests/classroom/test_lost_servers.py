"""The processes that make the sandboxes are killed while a class is graded: whoever's fault that is, it is no student's."""

import json
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from nbgrader.api import Gradebook

from proctor.answers import solved
from proctor.course import assignments

NAME = "03-softmax"


@pytest.fixture
def killed(make_course, environment):
    """Grades a class of four; every so many seconds, the fork servers of the run are killed. The course, and how it ended."""

    def killed(seconds: float) -> tuple[Path, subprocess.CompletedProcess]:
        course = make_course(NAME)
        for student in ("ada", "ben", "cem", "dot"):
            folder = course / "submitted" / student / NAME
            folder.mkdir(parents=True)
            (folder / "softmax.ipynb").write_text(json.dumps(solved(assignments(course)[NAME])))
        command = [Path(sys.executable).parent / "proctor", "grade", "--workers", "1"]
        run = subprocess.Popen(
            command, cwd=course, env=environment, stdout=-1, stderr=-1, text=True
        )
        while run.poll() is None:
            time.sleep(seconds)
            kill_servers(run.pid)
        out, err = run.communicate()
        return course, subprocess.CompletedProcess(command, run.returncode, out, err)

    return killed


def kill_servers(pid: int) -> None:
    try:
        for process in psutil.Process(pid).children(recursive=True):
            if "proctor.sandbox.forkserver" in " ".join(process.cmdline()):
                process.kill()
    except psutil.NoSuchProcess:
        pass


@pytest.mark.full
def test_a_server_lost_now_and_then_costs_nobody_anything(killed):
    course, done = killed(6)
    assert done.returncode == 0, done.stderr
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        assert [submission.score for submission in gradebook.assignment_submissions(NAME)] == [
            30
        ] * 4


@pytest.mark.full
def test_where_servers_keep_dying_one_sentence_says_so(killed):
    _, done = killed(0.2)
    assert done.returncode == 1
    assert "no sandbox after 3 tries" in done.stderr and "proctor doctor" in done.stderr
    assert "Traceback" not in done.stderr and done.stderr.count("\n") <= 3, done.stderr
