"""Submissions that attack instead of answering earn nothing, learn nothing and break nothing."""

import contextlib
import importlib
import json
import os
import secrets
import tempfile
import time
from copy import deepcopy
from dataclasses import replace
from functools import cache
from pathlib import Path

import nbformat
import pytest
from attack import Attack

import proctor
from proctor.answers import put
from proctor.course import assignments, grade_id
from proctor.errors import NotExaminable
from proctor.examine import examine
from proctor.grading.examination import open_examination
from proctor.sandbox.cell import Limits
from proctor.sandbox.files import plain_files, write_files
from proctor.sandbox.launcher import fork_server
from proctor.sandbox.protocol import SandboxConfig
from proctor.submission import parse, read, with_released_cells
from proctor.submission.clean import clean_cell, clean_outputs

COURSE = Path(__file__).resolve().parent.parent.parent
ASSIGNMENTS = assignments(COURSE)
CLASSES = [
    path.stem
    for path in sorted(Path(__file__).parent.glob("*.py"))
    if path.stem != "attack" and not path.stem.startswith("test_")
]
SHORT = Limits(cell=1, call=1, exercise=2, notebook=6, grace=0.3)
# a check that waits for all its calls proves nothing more than one that waits for some
USUAL = Limits(exercise=5, grace=0.5)
MARK = secrets.token_hex(12)
RIGHT = """
def softmax(x, dim):
    y = (x - x.amax(dim, keepdim=True)).exp()
    return y / y.sum(dim, keepdim=True)
"""


def wrong(exercise: str) -> str:
    return (
        "def softmax(x, dim):\n    return x\n"
        if exercise == "softmax"
        else f"def {exercise}(*a, **k): return None\n"
    )


def attacks() -> list:
    """Every attack, and whether honest notebooks are examined after it, which takes longer.

    The third of every twenty in a file is in `make test`, without the honest notebooks.
    """
    found = []
    for name in CLASSES:
        known = [
            item
            for item in vars(importlib.import_module(name)).items()
            if isinstance(item[1], Attack)
        ]
        for number, (key, attack) in enumerate(known):
            marks = [pytest.mark.xfail(strict=True, reason=attack.hole)] if attack.hole else []
            if number % 20 == 2:
                alone = [*marks, pytest.mark.part]
                found.append(pytest.param(attack, False, id=f"{name}-{key}-alone", marks=alone))
            marks += [pytest.mark.full]
            found.append(pytest.param(attack, number % 10 == 0, id=f"{name}-{key}", marks=marks))
    return found


@cache
def reference(*exercises: str):
    """The assignment of some exercises, its reference notebook and its graded cells, cut down to these exercises."""
    assignment = next(a for a in ASSIGNMENTS.values() if exercises[0] in a.stubs)
    cells = {cell.id for cell in assignment.graded.values() if cell.exercise in exercises}
    needed = assignment.locked.keys() - assignment.graded.keys() | assignment.stubs.keys() | cells
    notebook, released = (
        nbformat.read(assignment.source, as_version=4),
        deepcopy(assignment.released),
    )
    for whole in (notebook, released):
        whole.cells = [cell for cell in whole.cells if grade_id(cell) in needed]
    assignment = replace(assignment)
    # the cached property: what the course itself has is not in these tests
    vars(assignment)["released"] = released
    return assignment, notebook, cells


@pytest.fixture(scope="module", autouse=True)
def environment():
    """The mark is in the environment of the grader, too, before its fork server starts."""
    os.environ["PROCTOR_ATTACKED"] = MARK
    yield
    del os.environ["PROCTOR_ATTACKED"]


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "outside" / "secret.txt"
    path.parent.mkdir()
    path.write_text(MARK)
    return path


def submission(attack: Attack, secret: Path) -> dict:
    """The notebook in which `attack` stands in the solution cell, as it would be in its file."""
    notebook = json.loads(nbformat.writes(reference(attack.exercise)[1]))
    source = wrong(attack.exercise) + attack.cell
    words = {
        "SECRET": secret,
        "OUTSIDE": secret.parent,
        "COURSE": COURSE,
        "NEWFILE": f"new-{MARK[:9]}",
    }
    # so that a traceback, which quotes the source, doesn't hold the word
    words["PWNED"] = "PWN\\x45D"
    for word, value in words.items():
        source = source.replace(word, str(value))
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == attack.exercise:
            cell["source"] = source
    if attack.tamper is not None:
        attack.tamper(notebook)
    return notebook


def sit_and_judge(notebook, assignment, cells, limits, seed: int, kept: Path):
    """As `examine` does it, but with these limits; also what the cells showed, and the files that would be kept."""
    examination = open_examination(with_released_cells(notebook, assignment), fork_server(), limits)
    examination.wanted = cells
    examination.seed = seed
    try:
        files, _ = examination.budget.spend(examination.session.take_files) or ({}, [])
        write_files(files, kept)
        report = examine.judge(examination)
    finally:
        examination.session.close()
    return report, [
        clean_outputs(cell.done.outputs)
        for cell in examination.session.cells
        if cell.done is not None
    ]


def examined(attack: Attack, secret: Path, seed: int, folder: Path):
    """The report on an attack, and what its cells showed; None where it can't be examined at all."""
    assignment, _, cells = reference(attack.exercise)
    file, kept = folder / "submission.ipynb", folder / "kept"
    kept.mkdir()
    file.write_text(json.dumps(submission(attack, secret)))
    try:
        found = read(file, COURSE)
    except NotExaminable as error:
        return None, [str(error)]
    assert found.assignment.name == assignment.name
    return sit_and_judge(
        parse(file), assignment, cells, SHORT if attack.slow else USUAL, seed, kept
    )


def forget_peak() -> None:
    """From now on `peak` tells of what this process takes from now on."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak() -> int:
    """The most memory that this process has had at a time, in bytes."""
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) * 1024


def honest(source: str, seed: int):
    assignment, notebook, cells = reference("softmax")
    return examine.examine(
        with_released_cells(put(notebook, "softmax", source), assignment), cells=cells, seed=seed
    )


def new_files() -> list[str]:
    """Where a file with the attack's name was made."""
    places = {
        Path.cwd(),
        Path.home(),
        Path("/tmp"),
        Path("/var/tmp"),
        Path("/dev/shm"),
        COURSE,
        Path(tempfile.gettempdir()),
    }
    places |= {
        Path(proctor.__file__).parent,
        Path(os.__file__).parent,
        Path(pytest.__file__).parent.parent,
    }
    places |= {COURSE / "tests" / "hidden"}
    return [str(path) for place in places for path in place.glob(f"*{MARK[:9]}*")]


@pytest.mark.parametrize("attack, then_honest", attacks())
def test_attack(attack, then_honest, secret, tmp_path, request):
    start, seed = time.monotonic(), request.config.option.seed
    forget_peak()
    before = peak()
    report, outputs = examined(attack, secret, seed, tmp_path)
    seconds, taken = time.monotonic() - start, peak() - before

    assignment, _, cells = reference(attack.exercise)
    if report is not None:
        earned = {cell.id for cell in report.cells if cell.status == "passed"}
        found = [(cell.id, cell.score, cell.status, cell.message[:300]) for cell in report.cells]
        assert earned == set(attack.earns) or attack.noted, found
        assert not attack.noted or [
            flag for flag in report.flags if attack.noted in flag["words"]
        ], report.flags
        assert {cell.id for cell in report.cells} == cells
        assert report.max_score == sum(assignment.graded[cell].points for cell in cells)
        assert len(json.dumps(report.as_dict())) < 100_000
        assert all(
            text.isprintable() for cell in report.cells for text in cell.message.splitlines()
        )

    shown = report and report.as_dict()
    if shown:
        # the name of a check that failed is for teachers
        shown["cells"] = [{**cell, "check": None} for cell in shown["cells"]]
    told = json.dumps([outputs, shown])
    assert len(told) < 30_000_000, f"{len(told)} characters in the report and the outputs"
    made = list((tmp_path / "kept").rglob("*"))
    assert len(made) < 12_000, f"{len(made)} files and folders on the instructor's disk"
    kept = "".join(path.read_text(errors="replace") for path in made if path.is_file())
    for needle in (MARK, "PWNED", "root:x:0", *checks_of(assignment)):
        assert needle not in told, told[max(0, told.index(needle) - 500) :][:1000]
        assert needle not in kept
    assert not [path for path in made if path.is_symlink()]
    assert (
        sorted(path.name for path in secret.parent.iterdir()) == ["secret.txt"]
        and secret.read_text() == MARK
    )
    assert not new_files()
    # an answer that waits for its time to be over took 62 s once; a crowded machine takes half of that
    assert seconds < 60, "the examiner was held up"
    assert taken < 700 * 2**20, f"the examiner took {taken / 2**20:.0f} MiB"

    if then_honest:
        assert honest(RIGHT, seed).score == 6, "an honest right answer lost points afterwards"
        assert honest(wrong("softmax"), seed).score == 0, (
            "an honest wrong answer earned points afterwards"
        )


def checks_of(assignment) -> list[str]:
    lines = assignment.checks.read_text().splitlines()
    return [
        line.removeprefix("def ").split("(")[0]
        for line in lines
        if line.startswith(("def test_", "def probe_"))
    ]


@pytest.mark.parametrize(
    "kind, source, left",
    [
        ("raw", "<a " + " ".join(f"b{i}=1" for i in range(200_000)) + ">", "&lt;a b0=1"),
        ("markdown", r'<img src="/\example.org/x.png">', "```"),
        ("markdown", r"<img src=\\example.org/x.png>", "```"),
        ("markdown", "<img src=x.png>", "<img src=x.png>"),
    ],
)
def test_what_a_cell_shows_neither_holds_up_nor_tells_who_looks(kind, source, left):
    cell = nbformat.from_dict({"cell_type": kind, "source": source, "metadata": {}})
    start = time.monotonic()
    clean_cell(cell)
    assert cell.source.startswith(left) and time.monotonic() - start < 5


def test_a_link_in_a_submission_leads_nowhere(secret, tmp_path):
    """The files beside a submission are put into its sandbox; what its links point to must not be."""
    assignment, notebook, cells = reference("softmax")
    folder = tmp_path / "submitted"
    folder.mkdir()
    (folder / "data.txt").write_text("data")
    (folder / "secret.txt").symlink_to(secret)
    (folder / "folder").symlink_to(secret.parent)
    (folder / "nowhere").symlink_to(tmp_path / "missing")
    cell = "import glob\nfor path in glob.glob('*') + glob.glob('*/*'):\n    print(path, open(path).read())"
    cell = f"{wrong('softmax')}\nprint(open('data.txt').read())\n{cell}"
    examination = open_examination(
        with_released_cells(put(notebook, "softmax", cell), assignment), fork_server()
    )
    examination.wanted = cells
    examination.session.link.setup = SandboxConfig(plain_files(folder))
    try:
        examine.judge(examination)
    finally:
        examination.session.close()
    told = json.dumps(
        [cell.done.outputs for cell in examination.session.cells if cell.done is not None]
    )
    assert "data" in told and MARK not in told


def test_nothing_is_left_of_the_sandboxes():
    """Their disks are inside bubblewrap, gone with them; what the fork server itself sees there is its own."""
    (first,) = Path(f"/proc/{fork_server().process.pid}/task").glob("*/children")
    inside = Path(f"/proc/{first.read_text().split()[0]}/root{fork_server().place}")
    assert not list(inside.glob("*/NEW*")) and len(list(inside.rglob("*"))) < 20


def test_there_are_enough_attacks():
    assert len(attacks()) >= 80
