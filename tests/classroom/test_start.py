"""What `proctor grade` starts: PyTorch is imported once for all of its workers, and not where grades are only recorded."""

import nbformat
import pytest

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


@pytest.mark.full
def test_pytorch_is_imported_once_for_all_workers(make_course, course, run, tmp_path):
    copy, log = make_course("01-vectors"), tmp_path / "log"
    assignment = assignments(course)["01-vectors"]
    for number in range(3):
        folder = copy / "submitted" / f"s{number}" / assignment.name
        folder.mkdir(parents=True)
        nbformat.write(solved(assignment), folder / assignment.notebook.name)
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(NOTES.format(log=str(log)))
    run(copy, "proctor", "grade", "--workers", 3, alone=True, PYTHONPATH=str(tmp_path / "site"))
    lines = log.read_text().splitlines()
    started = [line for line in lines if "proctor.sandbox.forkserver" in line]
    imported = [line for line in lines if line not in started and "bwrap" not in line and "alembic" not in line]
    assert len(started) == 1, lines
    assert len(imported) == 1 and "multiprocessing.forkserver" in imported[0], lines
