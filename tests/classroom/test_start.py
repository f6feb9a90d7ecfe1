"""What `proctor grade` starts: PyTorch is imported once for all of its workers, and not where grades are only recorded."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from proctor.answers import solved
from proctor.course import assignments

NOTES = """
import sys

class Notes:
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            try:
                with open({log!r}, "a") as log:
                    print(*sys.orig_argv, file=log)
            except OSError:
                # behind walls
                pass

sys.meta_path.insert(0, Notes())
sys.addaudithook(lambda event, args: event == "subprocess.Popen" and print(args[1], file=open({log!r}, "a")))
"""


def hand_in(course: Path, copy: Path, cell: str = "1") -> None:
    """Three students' right answers, and a cell of their own."""
    assignment = assignments(course)["01-vectors"]
    for number in range(3):
        notebook, folder = solved(assignment), copy / "submitted" / f"s{number}" / assignment.name
        notebook.cells.append(new_code_cell(cell))
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / assignment.notebook.name)


@pytest.mark.full
def test_pytorch_is_imported_once_for_all_workers(make_course, course, run, tmp_path):
    copy, log = make_course("01-vectors"), tmp_path / "log"
    hand_in(course, copy)
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(NOTES.format(log=str(log)))
    run(copy, "proctor", "grade", "--workers", 3, alone=True, PYTHONPATH=str(tmp_path / "site"))
    lines = log.read_text().splitlines()
    started = [line for line in lines if "proctor.sandbox.forkserver" in line]
    # PyTorch with CUDA looks for libraries, by `ldconfig`
    others = ("bwrap", "alembic", "ldconfig")
    imported = [
        line for line in lines if line not in started and not any(other in line for other in others)
    ]
    assert len(started) == 1, lines
    assert len(imported) == 1 and "multiprocessing.forkserver" in imported[0], lines


@pytest.mark.full
def test_interrupted_while_it_starts_it_says_so_and_no_more(make_course, course, run, environment):
    copy = make_course("01-vectors")
    hand_in(course, copy, "import time\ntime.sleep(25)")
    # for a new gradebook nbgrader starts a program, which says more when it is interrupted
    run(copy, "nbgrader", "generate_assignment", "01-vectors", "--create", "--force")
    command = [Path(sys.executable).parent / "proctor", "grade", "--workers", "2"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    for seconds in (0, 0.3, 0.6):
        running = subprocess.Popen(
            command, cwd=copy, env=environment, start_new_session=True, **pipes
        )
        assert running.stdout.readline().startswith("3 to grade")
        time.sleep(seconds)
        os.killpg(running.pid, signal.SIGINT)
        is_lost = False
        try:
            _, said = running.communicate(timeout=15)
        except subprocess.TimeoutExpired:
            # Python loses an interrupt that comes while a weak reference is cleared, and says so: one presses again
            os.killpg(running.pid, signal.SIGINT)
            _, said = running.communicate(timeout=60)
            is_lost = said.startswith("Exception ignored in: ")
        again = "Error: interrupted: what was recorded is kept; give the same command again\n"
        assert running.returncode == 1 and (said.endswith(again) if is_lost else said == again)
