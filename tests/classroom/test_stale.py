"""No grade is stale unseen: what it was made of is known, a change is told, and only what must be is done again."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from test_grade import ALONE, LATE, NAME, book, everything, hand_in, reports

import proctor
from proctor.answers import put, solved
from proctor.course import assignments, grade_id
from proctor.examine.packed import unpack
from proctor.grading import outcome
from proctor.grading.checking import checks_in
from proctor.grading.outcome import pack
from proctor.records.stale import grader_digest, made_of, read_anew
from proctor.sandbox.files import files_in

WRONG = "def softmax(x, dim):\n    return x.exp() / x.exp().sum(dim, keepdim=True)"


@pytest.fixture
def graded(make_known_course, run):
    """A class of three that is graded: one right, one half right, one right but late, where nothing says when it is due."""
    course = make_known_course()
    right = solved(assignments(course)[NAME])
    hand_in(course, "ada", right)
    hand_in(course, "ben", put(right, "softmax", WRONG))
    (hand_in(course, "late", right) / "timestamp.txt").write_text("2026-02-02 09:00:00 UTC")
    said = run(course, *ALONE).stdout
    assert "3 to grade, 0 unchanged (3 new)" in said
    return course


def test_a_change_of_any_file_that_judges_is_seen(tmp_path):
    """All that is imported to judge, as Python says, and not a list of packages that a new one is missing from."""
    script = "import sys, proctor.checks, proctor.examine.packed, proctor.diagnosis.catch\n"
    script += "print(*(m.__file__ for n, m in sys.modules.items() if n.startswith('proctor.')))"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    home = Path(proctor.__file__).parent
    judging = [Path(name).relative_to(home) for name in ended.stdout.split()]
    packages = {"grading", "diagnosis", "examine", "session", "sandbox", "submission", "course"}
    assert packages <= {path.parts[0] for path in judging}
    copy = shutil.copytree(home, tmp_path / "proctor", ignore=shutil.ignore_patterns("__pycache__"))
    before = grader_digest(copy)
    for path in judging:
        text = (copy / path).read_text()
        (copy / path).write_text(f"{text}\nCHANGED = True\n")
        assert grader_digest(copy) != before, f"a change of proctor/{path} regrades nobody"
        (copy / path).write_text(text)


def kept(course: Path) -> dict[Path, float]:
    """When each file that grading writes was last written."""
    files = [course / "gradebook.db", course / "proctor.db", *course.glob("autograded/[!.]*/*/*")]
    return {file: file.stat().st_mtime_ns for file in files}


@pytest.mark.full
def test_a_due_date_a_penalty_and_points_that_change_need_no_sandbox(graded, run):
    took = {student: report["seed"] for student, report in reports(graded).items()}
    with (graded / "nbgrader_config.py").open("a") as config:
        config.write("\nimport late\nc.AssignLatePenalties.plugin_class = late.One\n")
    (graded / "late.py").write_text(LATE)
    assert "late penalty" not in run(graded, *ALONE).stdout
    with Gradebook(f"sqlite:///{graded / 'gradebook.db'}") as gradebook:
        gradebook.update_or_create_assignment(NAME, duedate="2026-02-01 12:00:00 UTC")
    there = kept(graded)
    what_if = run(graded, *ALONE, "--what-if").stdout
    assert (
        f"late/{NAME}: 30 → 29; late penalty 0 → 1" in what_if
        and "1 would lose points, 0 would gain" in what_if
    )
    assert kept(graded) == there
    # what one student is graded for leaves the others alone, and the sum is of that student
    assert (
        "late/" not in run(graded, *ALONE, "--student", "ada").stdout
        and not everything(graded)["late"]["penalty"]
    )
    alone = run(graded, *ALONE, "--student", "late", "--what-if").stdout
    assert "1 would lose points, 0 would gain some, 0 would keep theirs" in alone
    said = run(graded, *ALONE).stdout
    assert "0 to grade, 3 unchanged" in said and f"late/{NAME}: late penalty 0, now 1" in said
    assert "by 21:00:00, 1 points taken off" in said and everything(graded)["late"]["penalty"] == 1
    (graded / "late.py").write_text(LATE.replace("1.0", "2.5"))
    assert f"late/{NAME}: late penalty 1, now 2.5" in run(graded, *ALONE).stdout
    (graded / "late.py").write_text(LATE.replace("1.0", "1 / 0"))
    said = run(graded, *ALONE, code=1).stderr
    assert (
        "the late penalty can't be computed" in said
        and "division by zero" in said
        and "Traceback" not in said
    )
    (graded / "late.py").write_text(LATE.replace("1.0", "2.5"))

    path = graded / "source" / NAME / "softmax.ipynb"
    notebook = nbformat.read(path, as_version=4)
    worth = {}
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and not cell.metadata.get("nbgrader"):
            cell.source += "\n\nAnother word."
        elif cell.metadata.get("nbgrader", {}).get("grade"):
            cell.metadata.nbgrader.points *= 2
            worth[grade_id(cell)] = cell.metadata.nbgrader.points
    nbformat.write(notebook, path)
    said = run(graded, *ALONE).stderr
    assert "points in source/ are not released, and don't count yet: softmax_values 3 → 6, " in said
    assert f"'nbgrader generate_assignment {NAME} --create --force' releases them" in said
    before = book(graded)
    tried = run(graded, *ALONE, "--what-if")
    assert (
        "and this trial counts them" in tried.stderr and "ada/03-softmax: 30 → 60" in tried.stdout
    )
    assert book(graded) == before
    run(graded, "nbgrader", "generate_assignment", NAME, "--create", "--force")
    assert "not released" not in run(graded, *ALONE, "--what-if").stderr
    before = book(graded)
    assert "ada/03-softmax: 30 → 60" in run(graded, *ALONE, "--what-if").stdout
    assert book(graded) == before
    said = run(graded, *ALONE).stdout
    assert "0 to grade, 0 unchanged" in said
    assert "3 to compute again from what was found (3 the points changed)" in said
    assert book(graded)["ada"] == worth
    assert book(graded)["ben"] == {name: 2 * score for name, score in before["ben"].items()}
    for student, report in reports(graded).items():
        assert report["seed"] == took[student] and report["max_score"] == sum(worth.values())
        assert (
            report["score"]
            == sum(book(graded)[student].values())
            == sum(c["score"] for c in report["cells"])
        )
    assert "0 to grade, 3 unchanged" in run(graded, *ALONE).stdout


@pytest.mark.full
def test_a_gradebook_that_was_put_back_is_brought_up_to_date(graded, run):
    with Gradebook(f"sqlite:///{graded / 'gradebook.db'}") as gradebook:
        for student in ("ada", "ben"):
            grade = gradebook.find_grade("softmax_stability", "softmax", NAME, student)
            grade.manual_score, grade.needs_manual_grade = 1, False
        gradebook.db.commit()
    copy = shutil.copy(graded / "gradebook.db", graded / "kept.db")
    nbformat.write(
        solved(assignments(graded)[NAME]), graded / "submitted" / "ben" / NAME / "softmax.ipynb"
    )
    run(graded, *ALONE)
    newer = everything(graded)
    assert newer["ben"]["look"] and newer["ben"]["score"] == 29
    shutil.copy(copy, graded / "gradebook.db")
    assert everything(graded)["ben"] != newer["ben"]
    said = run(graded, *ALONE).stdout
    assert "0 to grade, 2 unchanged" in said
    assert "1 to compute again from what was found (1 the gradebook is an older one)" in said
    assert everything(graded) == newer, "and Ben's points by hand are to be looked at again"
    assert "0 to grade, 3 unchanged" in run(graded, *ALONE).stdout


@pytest.mark.full
def test_checks_that_change_are_tried_before_they_count(graded, run):
    checks = graded / "tests" / "hidden" / "test_03_softmax.py"
    checks.write_text(
        checks.read_text() + "\n\ndef test_softmax_values__never(student):\n    assert False\n"
    )
    there = kept(graded)
    said = run(graded, *ALONE, "--what-if").stdout
    (line,) = (line for line in said.splitlines() if line.strip().startswith(f"ada/{NAME}: 30 → "))
    assert (
        "softmax_values" in line
        and "Nothing was recorded" in said
        and "3 the checks changed" in said
    )
    assert kept(graded) == there
    run(graded, *ALONE)
    assert f"{sum(book(graded)['ada'].values()):g}" == line.partition(" → ")[2].partition(";")[0]


@pytest.mark.full
def test_a_loosened_check_that_takes_a_stand_in_away_says_so(graded, run):
    wrong = put(
        solved(assignments(graded)[NAME]), "softmax", "def softmax(x, dim):\n    return 0 * x + 2"
    )
    nbformat.write(wrong, graded / "submitted" / "ben" / NAME / "softmax.ipynb")
    run(graded, *ALONE)
    checks = graded / "tests" / "hidden" / "test_03_softmax.py"
    checks.write_text(
        re.sub(r"(def test_softmax_\w+\(.*\):\n)", r"\1    return\n", checks.read_text())
    )
    said = run(graded, *ALONE, "--what-if", "--student", "ben").stdout
    (line,) = (line for line in said.splitlines() if line.strip().startswith(f"ben/{NAME}: "))
    assert "→ 0 (judged with the student's own softmax, which now passes)" in line
    assert re.search(r"softmax_values 0 → \d,", line)


@pytest.mark.full
def test_what_was_decided_is_said_again(graded, run):
    folder = graded / "submitted" / "ada" / NAME
    (folder / "softmax.ipynb").rename(folder / "mine.ipynb")
    (folder / "helper.py").write_text("x = 1\n")
    for _ in range(2):
        said = run(graded, *ALONE, "--student", "ada").stdout
        assert "handed in as mine.ipynb rather than softmax.ipynb" in said and "helper.py" in said
        assert "ben" not in said and "late" not in said
    data = json.loads(run(graded, "proctor", "report", "--json").stdout)
    (ada,) = (one for one in data["assignments"][0]["submissions"] if one["student"] == "ada")
    assert "handed in as mine.ipynb" in " ".join(ada["notes"]) and "helper.py" in " ".join(
        ada["notes"]
    )


def test_another_kind_of_exercise_changes_how_it_is_judged_and_its_points_do_not(make_course):
    course = make_course(NAME)
    assignment = assignments(course)[NAME]
    before = made_of("", assignment, "")["checks"]
    notebook = nbformat.read(assignment.source, 4)
    cell = next(cell for cell in notebook.cells if cell.metadata.get("proctor"))
    for facts, name, value in (
        (cell.metadata.nbgrader, "points", 7),
        (cell.metadata.proctor, "kind", "draw"),
    ):
        facts[name] = value
        nbformat.write(notebook, assignment.source)
        read_anew()
        is_same = made_of("", assignment, "")["checks"] == before
        assert is_same == (name == "points")


@pytest.mark.full
def test_what_the_checks_import_and_what_lies_beside_the_source_are_part_of_what_judges(
    make_course, monkeypatch
):
    course = make_course(NAME)
    assignment, checks = (
        assignments(course)[NAME],
        course / "tests" / "hidden" / "test_03_softmax.py",
    )
    shared, data = checks.with_name("shared.py"), course / "source" / NAME / "data.csv"
    checks.write_text(f"from shared import ONE\n\nTWO = ONE + 1\n{checks.read_text()}")
    digests = set()
    for number in range(2):
        for path, text in {shared: f"ONE = {number}", data: f"{number}"}.items():
            path.write_text(text)
            read_anew()
            digests.add(made_of("", assignment, "")["checks"])
        check = checks_in(unpack(pack(assignment)).checks)[0]
        assert check.function.__globals__["TWO"] == number + 1
    # another disk lists a folder's files in another order
    for beside in (files_in, lambda folder: reversed(list(files_in(folder)))):
        monkeypatch.setattr(outcome, "files_in", beside)
        read_anew()
        assert made_of("", assignment, "")["checks"] in digests
    (data.parent / "__pycache__").mkdir(exist_ok=True)
    (data.parent / "__pycache__" / "play.pyc").touch()
    read_anew()
    assert made_of("", assignment, "")["checks"] in digests and len(digests) == 4
