"""What one submission leaves behind costs the next one nothing: honest students between hostile ones, in one fork server."""

import json
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell
from nbgrader.api import Gradebook

from proctor.answers import solved
from proctor.course import assignments

NAME = "03-softmax"
SHORT = "cell=1,call=1,grace=0.3"
LEAVES = {
    "a-closed-folder": """
import os
os.mkdir("d", 0o300)
for i in range(10):
    with open(f"d/{i}", "wb") as file:
        file.write(bytes(60_000_000))
""",
    "files-without-end": "for i in range(400_000): open(str(i), 'x').close()",
    "folders-without-end": """
import os
while True:
    os.mkdir("d" * 200)
    os.chdir("d" * 200)
""",
    "its-folder-closed": "import os\nopen('x', 'w').close()\nos.chmod('.', 0)",
    "an-open-file-of-all-the-disk": """
import os
kept = []
while True:
    kept.append(open(str(len(kept)), "wb"))
    os.remove(str(len(kept) - 1))
    os.posix_fallocate(kept[-1].fileno(), 0, 60_000_000)
""",
    "a-mapped-file": """
import mmap
file = open("m", "w+b")
file.truncate(60_000_000)
kept = mmap.mmap(file.fileno(), 0)
for i in range(0, 60_000_000, 4096): kept[i] = 1
""",
    "threads-that-go-on-writing": """
import threading
def write():
    i = 0
    while True:
        i += 1
        open(f"{threading.get_ident()}-{i}", "wb").write(bytes(10_000))
for _ in range(20): threading.Thread(target=write).start()
""",
    "the-course-helpers-replaced": """
for name in ("helper.py", "data.csv", "play.py", "torch.py"):
    open(name, "w").write("raise SystemExit")
""",
    "its-own-end": "import os\nos.mkdir('d', 0o300)\nopen('d/x', 'w')\nos._exit(0)",
}
BESIDE = "import helper\nassert helper.three == 3\nassert open('data.csv').read() == '1,2'\nopen('mine.txt', 'w').write('x')"


def hand_in(course: Path, student: str, *cells: str) -> None:
    folder = course / "submitted" / student / NAME
    folder.mkdir(parents=True)
    notebook = solved(assignments(course)[NAME])
    # before the answers, which need what stands beside the notebook
    notebook.cells[1:1] = [new_code_cell(cell) for cell in cells]
    for cell in notebook.cells:
        if cell.cell_type == "code" and "def softmax(" in cell.source:
            cell.source = cell.source.replace(
                "def softmax(", "import helper\nhelper.three\n\ndef softmax("
            )
    (folder / "softmax.ipynb").write_text(json.dumps(notebook))
    (folder / "helper.py").write_text("three = 3")
    (folder / "data.csv").write_text("1,2")


def scores(course: Path) -> dict[str, float]:
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        return {
            submission.student.id: submission.score
            for submission in gradebook.assignment_submissions(NAME)
        }


def neighbours(course: Path, names: list[str]) -> None:
    """Hands in each of these and, after it in the order of grading, an honest notebook with files beside it."""
    for number, name in enumerate(names):
        hand_in(course, f"{number}-{name}", LEAVES[name])
        hand_in(course, f"{number}-z-honest", BESIDE)


def assert_whole(course: Path, names: list[str], most: float) -> None:
    """Every honest student has all points, and the file that the notebook wrote; every other one has a score."""
    found = scores(course)
    assert {
        student: score for student, score in found.items() if "honest" in student and score != most
    } == {}
    assert len(found) == 2 * len(names)
    assert len(list(course.glob("autograded/*honest/*/mine.txt"))) == len(names)


@pytest.mark.full
def test_an_honest_student_after_a_hostile_one(make_course, run, most):
    course = make_course(NAME)
    neighbours(course, list(LEAVES))
    run(course, "proctor", "grade", "--workers", "1", PROCTOR_LIMITS=SHORT)
    assert_whole(course, list(LEAVES), most)


@pytest.mark.full
def test_the_same_by_nbgrader_autograde(make_course, run, most):
    course, names = make_course(NAME), ["a-closed-folder", "its-own-end"]
    neighbours(course, names)
    run(course, "nbgrader", "generate_assignment", NAME, "--create", "--force")
    run(course, "nbgrader", "autograde", NAME, PROCTOR_LIMITS=SHORT)
    assert_whole(course, names, most)


def test_one_server_forgets_a_sandbox_with_its_disk(make_course, run, most):
    """The quick form of the above: `proctor check` of the worst, then of an honest notebook, in one process."""
    course = make_course(NAME)
    for name, cell in (("hostile", LEAVES["a-closed-folder"]), ("honest", BESIDE)):
        hand_in(course, name, cell)
    notebooks = [f"submitted/{name}/{NAME}/softmax.ipynb" for name in ("hostile", "honest")]
    done = run(course, "proctor", "check", "--json", *notebooks, code=None)
    assert json.loads(done.stdout)[1]["score"] == most, done.stderr
