"""The standard nbgrader commands on the course, as a student and an instructor use them."""

import csv
import errno
import importlib.util
import json
import logging
import os
import shutil
import tempfile
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeError
from traitlets.config.loader import PyFileConfigLoader

from proctor.answers import solved
from proctor.course import assignments, grade_id
from proctor.errors import CannotRecord
from proctor.records import inbound
from proctor.records.attempts import Store
from proctor.records.collect import Collect

NAME = "03-softmax"


# what lies beside submissions, and why it is left
LEFT = {
    f"alice+{NAME}+0000-01-01 00:00:00 UTC+x": "the time in its name can't be read",
    f"+{NAME}+2030-01-01 00:00:00 UTC+x": "it isn't called as 'nbgrader submit' calls it",
    f"bob+{NAME}+2030-01-01 00:00:00 UTC+x": "it is no folder",
}


def put_in_the_way(inbound: Path, secret: Path) -> None:
    """Puts into the exchange what ends nbgrader's own collect, and a submission with a link to what isn't its student's."""
    for name, why in LEFT.items():
        (inbound / name).symlink_to(secret) if "folder" in why else (inbound / name).mkdir()
    eve = inbound / f"eve+{NAME}+2030-01-01 00:00:00 UTC+x"
    eve.mkdir()
    (eve / "softmax.ipynb").write_text("{")
    (eve / "timestamp.txt").write_text("never")
    (eve / "mine.txt").symlink_to(secret)
    os.mkfifo(eve / "pipe.txt")


def test_the_whole_way(make_course, course, run, most):
    copy = make_course(NAME)
    nbgrader = lambda *arguments, code=0: run(copy, "nbgrader", *arguments, code=code)  # noqa: E731
    nbgrader("generate_assignment", NAME, "--create", "--force")
    nbgrader("release_assignment", NAME)

    assert NAME in nbgrader("list").stderr
    nbgrader("fetch_assignment", NAME)
    mine = copy / "desk" / NAME / "softmax.ipynb"
    shout = "import sys\nprint('a warning', file=sys.stderr)\n"
    softmax = next(
        c.source for c in solved(assignments(course)[NAME], {}).cells if grade_id(c) == "softmax"
    )
    wrong = {
        "softmax": shout + softmax.replace("def softmax(x", "def softmax(x"),
        "next_token_probs": "def next_token_probs(logits):\n    return softmax(logits[:, 0], -1)",
        "causal_attention_weights": assignments(course)[NAME].stubs["causal_attention_weights"],
    }
    answer = solved(assignments(course)[NAME], wrong)
    answer.cells.append(new_code_cell("### BEGIN HIDDEN TESTS\nprint('a cell of mine')"))
    nbformat.write(answer, mine)
    nbgrader("submit", NAME)

    put_in_the_way(copy / "exchange" / "tiny-llm-math" / "inbound", copy / "gradebook.db")
    said = nbgrader("collect", NAME).stderr
    assert "cheating" not in said
    assert said.count("Left aside") == len(LEFT) and all(
        f"{name}: {why}" in said for name, why in LEFT.items()
    )
    eve = copy / "submitted" / "eve" / NAME
    names = {"softmax.ipynb", "timestamp.txt", "handed-in-by.txt", "not-collected.txt"}
    assert {path.name for path in eve.iterdir()} == names
    assert (eve / "timestamp.txt").read_text() == "2030-01-01 00:00:00 UTC"
    newer = (
        copy / "exchange" / "tiny-llm-math" / "inbound" / f"eve+{NAME}+2031-01-01 00:00:00 UTC+x"
    )
    newer.mkdir()
    with (newer / "holes.bin").open("wb") as file:
        file.truncate(2**22)
    (newer / "softmax.ipynb").write_text("}")
    said = nbgrader("collect", NAME, "--update").stderr
    assert (
        f"eve/{NAME}, not collected: holes.bin (a sparse file, of which a copy takes up 4194304 bytes); if"
        in said
    )
    assert (eve / "softmax.ipynb").read_text() == "}" and not (eve / "holes.bin").exists()
    shutil.rmtree(newer)
    shutil.rmtree(eve.parent)
    nbgrader("autograde", NAME)
    (graded,) = copy.glob(f"autograded/*/{NAME}/softmax.ipynb")
    report = nbformat.read(graded, as_version=4).metadata.proctor
    statuses = {cell.id: cell.status for cell in report.cells}
    assert {s for cell, s in statuses.items() if cell.startswith("softmax")} == {"passed"}, (
        "a warning costs nothing"
    )
    assert "failed" in {s for cell, s in statuses.items() if cell.startswith("next_token_probs")}
    assert {s for cell, s in statuses.items() if cell.startswith("causal")} == {"not_attempted"}

    nbgrader("generate_feedback", NAME)
    nbgrader("release_feedback", NAME)
    nbgrader("fetch_feedback", NAME)
    (page,) = copy.glob(f"desk/{NAME}/feedback/*/softmax.html")
    text = page.read_text()
    assert "causal_attention_weights is not attempted yet" in text
    assert "hidden_checks(" not in text and "END HIDDEN TESTS" not in text
    assert "a cell of mine" in text

    nbgrader("export")
    (row,) = csv.DictReader((copy / "grades.csv").open())
    assert float(row["score"]) == report.score and float(row["max_score"]) == most
    assert 0 < report.score < most


@pytest.fixture
def collect(make_known_course, monkeypatch):
    """Collects from an exchange with one submission by each of these students; returns the course's `submitted/`."""
    copy = make_known_course()
    monkeypatch.chdir(copy)

    def collect(*students: str, year: int = 2030) -> Path:
        for student in students:
            folder = (
                copy
                / "exchange"
                / "tiny-llm-math"
                / "inbound"
                / f"{student}+{NAME}+{year}-01-01 00:00:00 UTC+x"
            )
            folder.mkdir(parents=True)
            (folder / "softmax.ipynb").write_text(str(year))
        config = PyFileConfigLoader("nbgrader_config.py", path=str(copy)).load_config()
        coursedir = CourseDirectory(config=config, assignment_id=NAME)
        log = logging.getLogger("collect")
        Collect(
            coursedir=coursedir, authenticator=None, config=config, update=True, log=log
        ).start()
        return copy / "submitted"

    return collect


def test_a_folder_that_goes_while_it_is_collected_stops_nobody_else(collect, monkeypatch, caplog):
    """A student may rename folders in the exchange at any time: `gone` goes at the first look, `going` once it is listed."""
    lstat, inbound = Path.lstat, []

    def look(path: Path) -> os.stat_result:
        if path.name.startswith("gone+"):
            raise FileNotFoundError(f"no {path}")
        return lstat(path)

    def go(self: Collect) -> None:
        (going,) = Path(self.inbound_path).glob("going+*")
        shutil.rmtree(going)
        inbound.append(going)

    monkeypatch.setattr(Path, "lstat", look)
    monkeypatch.setattr(Collect, "init_dest", go)
    submitted = collect("gone", "going", "honest")
    assert [path.parent.name for path in submitted.glob(f"*/{NAME}")] == ["honest"] and inbound
    assert caplog.text.count("Left aside") == 2 and "cheating" not in caplog.text


def test_an_odd_folder_is_left_aside_and_named(collect, monkeypatch, caplog):
    """In the exchange, and in the place of a student's folder."""
    submitted, inbound = collect("ada"), Path("exchange/tiny-llm-math/inbound").resolve()
    (submitted / "README.md").touch()
    times = [
        "9999999-01-01 00:00:00 UTC",
        "",
        "NaN",
        "0000-00-00 00:00:00 UTC",
        "9999-12-31 23:59:59 -9999",
    ]
    odd = [os.fsencode(f"eve{number}+{NAME}+{time}+x") for number, time in enumerate(times)]
    odd += [
        name + f"+{NAME}+2030-01-01 00:00:00 UTC+x".encode()
        for name in (b"li\nne", b"\xff", b"\xe2\x80\xaex", b"\x1b[2J")
    ]
    odd += [
        f"eve+{NAME}+2030-01-01 00:00:00 UTC".encode() + end
        for end in (b"\xff+x", b"+\n", b"+\xff")
    ]
    for name in odd:
        os.mkdir(os.path.join(os.fsencode(inbound), name))
    collect("README.md", "zoe")
    assert {path.parent.name for path in submitted.glob(f"*/{NAME}")} == {"ada", "zoe"}
    left = [line for line in caplog.messages if line.startswith("Left aside")]
    assert len(left) == len(odd) + 1 and all(
        "\n" not in line and line.isprintable() for line in left
    )
    assert [line for line in left if "submitted/README.md" in line]


def test_a_time_that_is_none_in_a_folder_by_hand_stops_nobody_behind(collect):
    submitted = collect("ada", "ben", "zoe")
    for student, stamp in {"ada": b"yesterday", "ben": b"\xff"}.items():
        (submitted / student / NAME / "timestamp.txt").write_bytes(stamp)
        os.utime(submitted / student / NAME / "timestamp.txt", (0, 0))
    collect("ada", "ben", "zoe", year=2031)
    found = {
        student: (submitted / student / NAME / "softmax.ipynb").read_text()
        for student in ("ada", "ben", "zoe")
    }
    assert set(found.values()) == {"2031"}


def test_a_submission_is_copied_on_the_disk_of_the_course(collect, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    submitted = collect("ada")
    assert [path.name for path in (submitted / "ada").iterdir()] == [NAME] and not list(
        submitted.glob(".*")
    )


def test_the_time_in_a_submissions_name_counts(collect):
    submitted = collect("ada", year=2020)
    assert (submitted / "ada" / NAME / "timestamp.txt").read_text() == "2020-01-01 00:00:00 UTC"


def test_a_disk_that_fills_up_leaves_no_half_a_submission(collect, monkeypatch):
    submitted = collect("ada")

    def fill(path: Path, data: bytes) -> bool:
        path.write_bytes(data[:2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(inbound, "written", fill)
    with pytest.raises(
        ExchangeError, match=f"attempts/ada/{NAME}/2/files can't be written: .*No space left"
    ):
        collect("ada", year=2031)
    files = [path for path in submitted.rglob("*") if path.is_file() and path.name != "README.md"]
    assert {path.parent for path in files} == {submitted / "ada" / NAME}
    assert (submitted / "ada" / NAME / "softmax.ipynb").read_text() == "2030"
    monkeypatch.undo()
    monkeypatch.chdir(submitted.parent)
    monkeypatch.setattr(Store, "add", fill_store)
    with pytest.raises(ExchangeError, match=r"proctor\.db can't be used"):
        collect()
    monkeypatch.undo()
    monkeypatch.chdir(submitted.parent)
    collect()
    assert (submitted / "ada" / NAME / "softmax.ipynb").read_text() == "2031"


def fill_store(*_) -> None:
    raise CannotRecord("proctor.db can't be used: free space on its disk")


@pytest.mark.full
@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root gives folders away")
def test_work_that_belongs_to_another_account_is_told(make_known_course, course, run, most):
    """`bin` hands in for ada, who handed in nothing; root hands in for `bin`, later than `bin` does, and for zoe, too."""
    copy = make_known_course()
    inbound = copy / "exchange" / "tiny-llm-math" / "inbound"
    inbound.mkdir(parents=True)
    for student, account, year, answers in [
        ("ada", 2, 2030, {}),
        ("bin", 2, 2030, {}),
        ("bin", 0, 2031, None),
        ("zoe", 0, 2031, None),
    ]:
        folder = inbound / f"{student}+{NAME}+{year}-01-01 00:00:00 UTC+x"
        folder.mkdir()
        (folder / "handed-in-by.txt").write_text("zoe")
        assignment = assignments(course)[NAME]
        nbformat.write(
            assignment.released if answers is None else solved(assignment), folder / "softmax.ipynb"
        )
        os.chown(folder, account, account)
    (copy / "submitted" / "zoe" / NAME).mkdir(parents=True)  # from an archive, say
    said = run(copy, "nbgrader", "collect", "--update", NAME).stderr
    for student in ("bin", "zoe"):
        belongs = f"it belongs to root, and {student} handed in something else"
        assert f"{student}+{NAME}+2031-01-01 00:00:00 UTC+x: {belongs}" in said
    shutil.rmtree(copy / "submitted" / "zoe")
    done = run(copy, "proctor", "grade", "--workers", "1")
    told = "handed in by bin, and not by the student's own account"
    assert " ".join(done.stdout.split()).count(told) == 1
    report = json.loads(run(copy, "proctor", "report", "--json").stdout)
    found = {each["student"]: each for each in report["assignments"][0]["submissions"]}
    left = "not collected: handed-in-by.txt (nbgrader's or proctor's own file has this name)"
    for student, notes in (("ada", [told, left]), ("bin", [left])):
        assert [note.partition(";")[0] for note in found[student]["notes"]] == notes
    assert found["bin"]["score"] == most


@pytest.mark.full
def test_a_course_copied_with_its_grader(make_known_course, course, pytestconfig, run, most):
    """nbgrader finds the copy first, and its sandboxes must run that one, too. Another release has given other points."""
    copy = make_known_course()
    grader = pytestconfig.rootpath / "proctor"
    shutil.copytree(grader, copy / "proctor", ignore=shutil.ignore_patterns("__pycache__"))
    handed_in = copy / "submitted" / "ada" / NAME / "softmax.ipynb"
    handed_in.parent.mkdir(parents=True)
    nbformat.write(solved(assignments(course)[NAME]), handed_in)
    with Gradebook(f"sqlite:///{copy}/gradebook.db", "tiny-llm-math") as gradebook:
        gradebook.find_grade_cell("softmax_values", "softmax", NAME).max_score = 1.0
        gradebook.db.commit()
    run(copy, "nbgrader", "autograde", NAME)
    report = nbformat.read(
        copy / "autograded" / "ada" / NAME / "softmax.ipynb", as_version=4
    ).metadata.proctor
    assert report.score == most
    with Gradebook(f"sqlite:///{copy}/gradebook.db", "tiny-llm-math") as gradebook:
        found = gradebook.find_submission(NAME, "ada")
        assert (found.score, found.max_score) == (30, 30)


@pytest.mark.full
def test_source_validates_and_every_graded_cell_of_release_fails(make_course, run):
    copy = make_course(NAME)
    assert "Success" in run(copy, "nbgrader", "validate", f"source/{NAME}/softmax.ipynb").stdout
    said = run(copy, "nbgrader", "validate", f"release/{NAME}/softmax.ipynb").stdout
    assert f"VALIDATION FAILED ON {len(assignments(copy)[NAME].graded)} CELL(S)" in said


@pytest.mark.full
def test_autograde_by_plain_nbgrader_gives_the_same_verdicts(make_known_course, course, run):
    """It runs the hidden line in the kernel; the verdicts are those of the sandbox."""
    copy = make_known_course()
    wrong = {
        "attend": "def attend(q, k, v):\n    return F.scaled_dot_product_attention(q, k, v)",
        "next_token_probs": "def next_token_probs(logits):\n    return softmax(logits[:, 0], -1)",
        "causal_attention_weights": assignments(course)[NAME].stubs["causal_attention_weights"],
    }
    ours = (copy / "nbgrader_config.py").read_text()
    scores = []
    for student, config in (("sandbox", ours), ("kernel", f"{ours}\ndel c['Autograde']\n")):
        folder = copy / "submitted" / student / NAME
        folder.mkdir(parents=True)
        nbformat.write(solved(assignments(course)[NAME], wrong), folder / "softmax.ipynb")
        (copy / "nbgrader_config.py").write_text(config)
        run(copy, "nbgrader", "autograde", NAME, "--student", student)
        graded = nbformat.read(copy / "autograded" / student / NAME / "softmax.ipynb", as_version=4)
        failed = {
            grade_id(cell)
            for cell in graded.cells
            if cell.metadata.get("nbgrader", {}).get("grade")
            and any(o.output_type == "error" for o in cell.outputs)
        }
        scores.append(failed)
    assert scores[0] == scores[1] != set()


def of_ones_own(name: str, source: str, points: float | None = None):
    """A cell that no hidden check belongs to: graded where it has points, an answer otherwise."""
    facts = {
        "schema_version": 3,
        "grade_id": name,
        "grade": points is not None,
        "solution": points is None,
    }
    facts |= {"locked": points is not None, "task": False} | (
        {} if points is None else {"points": points}
    )
    return new_code_cell(source, id=name, metadata={"nbgrader": facts})


@pytest.mark.full
def test_graded_cells_of_ones_own(make_course, run):
    """`proctor check` gives what nbgrader gives, in an assignment of the course and in one of the instructor's own."""
    copy = make_course(NAME)
    path = copy / "source" / NAME / "softmax.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells += [
        of_ones_own("holds", "assert softmax(torch.zeros(2), 0)[0] == 0.5", 3),
        of_ones_own(
            "fails",
            "pass\n### BEGIN HIDDEN TESTS\nassert softmax is None, 'a word'\n### END HIDDEN TESTS",
            2,
        ),
        of_ones_own("half", "0.5", 1),
    ]
    nbformat.write(notebook, path)
    answer = "def twice(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"
    own = new_notebook(
        cells=[
            of_ones_own("twice", answer),
            of_ones_own("twice_values", "from four import FOUR\nassert twice(2) == FOUR", 3),
        ]
    )
    (copy / "source" / "07-own").mkdir()
    (copy / "source" / "07-own" / "four.py").write_text("FOUR = 4")
    nbformat.write(own, copy / "source" / "07-own" / "own.ipynb")
    names = {NAME: "softmax.ipynb", "07-own": "own.ipynb"}
    for name, file in names.items():
        run(copy, "nbgrader", "generate_assignment", name, "--create", "--force")
        for student in ("ada", "ben"):
            (copy / "submitted" / student / name).mkdir(parents=True)
            whose = "source" if student == "ada" else "release"
            shutil.copy(copy / whose / name / file, copy / "submitted" / student / name)
    run(copy, "proctor", "grade", "--workers", "1")
    with Gradebook(f"sqlite:///{copy / 'gradebook.db'}") as gradebook:
        paths = [
            copy / "submitted" / student / name / file
            for student in ("ada", "ben")
            for name, file in names.items()
        ]
        checked = iter(
            json.loads(run(copy, "proctor", "check", "--json", *paths, code=None).stdout)
        )
        for student in ("ada", "ben"):
            for name in names:
                report = next(checked)
                (book,) = gradebook.find_submission(name, student).notebooks
                assert {cell["id"]: cell["score"] for cell in report["cells"]} == {
                    g.name: g.score for g in book.grades
                }
                found = {cell["id"]: (cell["status"], cell["message"]) for cell in report["cells"]}
                if student == "ben":
                    assert {status for status, _ in found.values()} == {
                        "not_attempted",
                        *(["failed"] * (name == NAME)),
                    }
                elif name == NAME:
                    assert found["holds"] == ("passed", "") and found["fails"] == (
                        "failed",
                        "AssertionError: a word\nline 3: `assert softmax is None, 'a word'`",
                    )
                    assert found["half"] == ("failed", "it gives 0.5 of 1 points")
    report = json.loads(run(copy, "proctor", "report", "--json").stdout)
    passed = {
        cell["id"]: cell["passed"]
        for assignment in report["assignments"]
        for cell in assignment["cells"]
    }
    assert passed["holds"] == passed["twice_values"] == 1 and passed["fails"] == 0
    assert not [
        each
        for assignment in report["assignments"]
        for each in assignment["submissions"]
        if each["looks"]
    ]

    stamp = copy / "submitted" / "ben" / "07-own" / "timestamp.txt"
    stamp.write_text("yesterday")
    said = run(copy, "nbgrader", "autograde", "07-own", "--force", code=1).stderr
    assert (
        f"{stamp} holds no time that can be read: write one like" in said
        and "no attribute" not in said
    )


def test_the_formgrader_says_that_proctor_is_missing(make_course, monkeypatch):
    """A JupyterHub's environment may have nbgrader alone."""
    copy = make_course(NAME)
    shutil.copytree(copy / "release" / NAME, copy / "submitted" / "ada" / NAME)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    config = PyFileConfigLoader("nbgrader_config.py", path=str(copy)).load_config()
    assert "proctor." not in str(config)
    said = NbGraderAPI(CourseDirectory(config=config), config=config).autograde(NAME, "ada")
    assert not said["success"] and f"pip install --editable {copy}" in said["error"]
