"""A link in a submission leads nowhere, and nothing that could run in an instructor's account reaches `autograded/`."""

import os
import stat
from copy import deepcopy

import nbformat
import pytest
from nbformat.v4 import new_code_cell
from nbgrader.api import Gradebook

from proctor.answers import put, solved
from proctor.course import assignments
from proctor.course.report import report_in

NAME = "03-softmax"
GIT = """
import os
os.makedirs(".git/hooks", exist_ok=True)
open(".git/config", "w").write("[core]\\nfsmonitor = touch PWNED\\n")
for name in ("run.sh", ".bashrc", "Makefile", "conftest.py", "page.html", "fig.svg", "sitecustomize.pth", "pic.png"):
    open(name, "w").write("x")
os.makedirs(".hidden", exist_ok=True)
open(".hidden/data.csv", "w").write("x")
open("made.csv", "w").write("1")
"""
DECIDES = """
import os
for name in ("timestamp.txt", "submission_secret.txt", "handed-in-by.txt", "not-collected.txt", "Timestamp.TXT"):
    open(name, "w").write("1999-01-01 00:00:00 UTC")
os.makedirs("timestamps")
for name in ("timestamps/timestamp.txt", "data.txt", "timestamp.csv"):
    open(name, "w").write("mine")
open(b"bad\\xff.csv", "w").close()
open("\\x1b[2J.csv", "w").close()
os.symlink("data.txt", "link.csv")
with open("holes.csv", "wb") as file:
    file.truncate(2**26)
"""
NEEDS = """
import helper
def softmax(x, dim):
    e = (x - x.amax(dim, keepdim=True)).exp() * float(helper.one)
    return e / e.sum(dim, keepdim=True) if helper.one == 1 else None
"""
BESIDE = {
    ".git/config": "[core]",
    ".vscode/settings.json": "{}",
    "Makefile": "all:",
    "helper.py": "one = 1",
    "page.html": "<script>alert(1)</script>",
    "data/table.csv": "1.0",
    "notes.txt": "mine",
    "weights.pt": "no pickle",
}


@pytest.fixture(scope="module", params=["nbgrader autograde", "proctor grade --workers 1"])
def graded(request, tmp_path_factory, course, copy_course, run):
    """A class with links of every kind, each to the work of `zzz`, and with files that run; and what was said."""
    copy = copy_course(tmp_path_factory.mktemp("links") / "course", NAME)
    assignment = assignments(course)[NAME]
    right, file = solved(assignment), assignment.notebook.name
    # the whole of what was handed in may lie elsewhere
    (copy.parent / "elsewhere").mkdir()
    (copy / "submitted").symlink_to(copy.parent / "elsewhere")

    def folder(student: str):
        made = copy / "submitted" / student / NAME
        made.mkdir(parents=True)
        return made

    nbformat.write(right, folder("zzz") / file)
    (copy / "submitted" / "zzz" / NAME / "helper.py").write_text("one = 1")
    (copy / "submitted" / "a-student").symlink_to("zzz")
    (copy / "submitted" / "an-assignment").mkdir()
    (copy / "submitted" / "an-assignment" / NAME).symlink_to(f"../zzz/{NAME}")
    (folder("a-notebook") / file).symlink_to(f"../../zzz/{NAME}/{file}")
    needs = put(right, "softmax", NEEDS)
    for student, link, target in (
        ("a-file", "helper.py", f"../../zzz/{NAME}/helper.py"),
        ("a-folder", "lib", "../../zzz"),
    ):
        nbformat.write(needs, folder(student) / file)
        (copy / "submitted" / student / NAME / link).symlink_to(target)
        (copy / "submitted" / student / NAME / "notes.txt").write_text("mine")
    writes = put(right, "softmax", assignment.solutions["softmax"])
    writes.cells.insert(0, new_code_cell(GIT))
    nbformat.write(writes, folder("writes") / file)
    decides = deepcopy(right)
    decides.cells.append(new_code_cell(DECIDES))
    nbformat.write(decides, folder("decides") / file)
    nbformat.write(right, folder("beside") / file)
    for name, text in BESIDE.items():
        path = copy / "submitted" / "beside" / NAME / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (copy / "submitted" / "beside" / NAME / "notes.txt").chmod(0o777)
    if request.param.startswith("nbgrader"):
        run(copy, "nbgrader", "generate_assignment", NAME, "--create", "--force")
    done = run(copy, *request.param.split(), NAME)
    return copy, done.stdout + done.stderr, request.param


def score(copy, student: str) -> float:
    with Gradebook(f"sqlite:///{copy / 'gradebook.db'}") as gradebook:
        return gradebook.find_submission(NAME, student).score


def kept(copy, student: str) -> set[str]:
    place = copy / "autograded" / student / NAME
    return {str(path.relative_to(place)) for path in place.rglob("*") if not path.is_dir()}


OURS = {
    "AGENTS.md",
    "CLAUDE.md",
    "softmax.ipynb",
    "expect.py",
    "figures.py",
    "play.py",
    "suspects.py",
}


@pytest.mark.full
@pytest.mark.parametrize("student", ["a-student", "an-assignment", "a-notebook"])
def test_a_link_to_a_classmates_work_earns_nothing(graded, student):
    copy, _, _ = graded
    assert score(copy, student) == 0 and score(copy, "zzz") == 30
    cells = report_in(copy / "autograded" / student / NAME / "softmax.ipynb")["cells"]
    assert {cell["status"] for cell in cells} == {"unreadable"}
    assert all("it is a link to another file" in cell["message"] for cell in cells)
    assert kept(copy, student) == OURS


@pytest.mark.full
@pytest.mark.parametrize("student", ["a-file", "a-folder"])
def test_a_link_beside_a_notebook_is_not_there(graded, student):
    copy, _, _ = graded
    assert 0 < score(copy, student) < 30 and kept(copy, student) == OURS | {"notes.txt"}


@pytest.mark.full
def test_only_data_goes_to_autograded(graded):
    copy, said, _ = graded
    assert kept(copy, "writes") == OURS | {"pic.png", "made.csv"}
    assert kept(copy, "beside") == OURS | {"data/table.csv", "notes.txt", "weights.pt"}
    assert score(copy, "writes") == score(copy, "beside") == 30
    for path in (copy / "autograded").rglob("*"):
        assert path.is_dir() or not path.stat().st_mode & 0o111, path
    for name in ("helper.py", "Makefile", "conftest.py"):
        assert any(
            name in line and "only pictures, tables, text and tensors" in line
            for line in said.splitlines()
        ), said
    assert {path.name for path in (copy / "submitted" / "beside" / NAME).iterdir()} >= {
        "helper.py",
        ".git",
    }


@pytest.mark.full
def test_no_cell_decides_when_or_by_whom_something_was_handed_in(graded):
    """It came without a time and a secret, as from an archive; files of the student's own stay."""
    copy, said, _ = graded
    assert kept(copy, "decides") == OURS | {"timestamps/timestamp.txt", "data.txt", "timestamp.csv"}
    with Gradebook(f"sqlite:///{copy / 'gradebook.db'}") as gradebook:
        submission = gradebook.find_submission(NAME, "decides")
        assert (submission.timestamp, submission.score) == (None, 30)
    said = " ".join(said.split())
    reserved = "Timestamp.TXT, handed-in-by.txt, not-collected.txt, submission_secret.txt and timestamp.txt was left out: a cell"
    assert reserved in said
    odd = r"'\x1b[2J.csv', 'bad\udcff.csv', holes.csv and link.csv was left out: not a plain file, too large or one too many"
    assert odd in said


@pytest.mark.full
def test_what_was_made_is_the_instructors_alone(graded):
    copy, _, command = graded
    for path in (copy / "autograded").glob("*/"):
        if path.name != ".proctor":
            assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path
    if command.startswith("proctor"):
        assert stat.S_IMODE(os.stat(copy / "gradebook.db").st_mode) == 0o600
