"""Quiz sheets: a class is graded, then asked about its own code; and one question for a learner."""

import csv
import re
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import nbformat
import pytest
import torch

from proctor.authoring.lint import drafts_in
from proctor.course import assignments
from proctor.course.answers import put, solved
from proctor.quiz.material import calls_of, visibly_wrong
from proctor.quiz.own_code import own_code
from proctor.quiz.questions import Question
from proctor.quiz.sheets import Part, draw_sheet

NAME = "03-softmax"
LOOPS = '''def softmax(x, dim):
    """ada's own docstring"""
    rows = x.movedim(dim, -1)  # ada's own comment
    shifted = rows - rows.amax(-1, keepdim=True)
    exps = shifted.exp()
    shares = exps / exps.sum(-1, keepdim=True)
    return shares.movedim(-1, dim)
'''
BY_HELPER = """def bobs_helper(x, dim):
    bobs_largest = x.amax(dim=dim, keepdim=True)
    bobs_exps = torch.exp(x - bobs_largest)
    return bobs_exps / bobs_exps.sum(dim=dim, keepdim=True)


def softmax(x, dim):
    return bobs_helper(x, dim)
"""
# right, and it tries to show what it should not
SHOWS = """import pathlib
import sys


def softmax(x, dim):
    text = "<script>alert(1)</script>"
    print("EAVESDROPPED", text)
    found = [str(path) for path in pathlib.Path("/").glob("*/*/tests/hidden/*")]
    exps = torch.exp(x - x.amax(dim=dim, keepdim=True))
    text = text + "".join(found)
    return exps / exps.sum(dim=dim, keepdim=True)
"""
# right, but not while somebody looks
SHY = """import sys


def softmax(x, dim):
    largest = x.amax(dim=dim, keepdim=True) + (500 if sys.gettrace() else 0)
    exps = torch.exp(x - largest)
    return exps / exps.sum(dim=dim, keepdim=True)
"""
ENDS = """def softmax(x, dim):
    exps = torch.exp(x - x.amax(dim=dim, keepdim=True))
    if x.tolist() == [[1.0, 2.0, 0.0]]:
        sys.exit(0)
    while x.tolist() == [[0.0, 1.0], [3.0, 3.0]]:
        pass
    return exps / exps.sum(dim=dim, keepdim=True)


import sys
"""
STUDENTS = {"ada": LOOPS, "bob": BY_HELPER, "eve": SHOWS, "mallory": SHY, "trudy": ENDS}


@pytest.fixture(scope="module")
def assignment(course):
    return assignments(course)[NAME]


@pytest.fixture(scope="module")
def part(assignment) -> Part:
    """All questions about ada's answer that fit on a sheet."""
    notebook = put(solved(assignment), "softmax", LOOPS)
    sheet = draw_sheet(assignment, "ada", notebook, ["softmax"], 10, 3)
    assert len(sheet.parts) == 1, sheet.notes
    (part,) = sheet.parts
    return part


def as_before(part: Part) -> dict:
    """The names that the answer and its calls need, as a plain Python program has them."""
    names: dict = {"torch": torch, "tensor": torch.tensor}
    exec("\n".join(part.code.lines), names)
    return names


def is_shown_as(value: object, text: str) -> bool:
    """Whether numbers are those of a choice, which are rounded."""
    shown = torch.tensor(eval(text, {"nan": torch.nan, "inf": torch.inf}), dtype=torch.float64)
    got = torch.as_tensor(value).double()
    return got.shape == shown.shape and bool(
        torch.allclose(got, shown, atol=0.0051, rtol=0, equal_nan=True)
    )


def outcome(lines: list[str], call: str, now: torch.Tensor) -> object:
    names: dict = {"torch": torch, "tensor": torch.tensor}
    try:
        exec("\n".join(lines), names)
        value = eval(call, names)
    except Exception:
        return "an error"
    same = value.shape == now.shape and torch.allclose(value, now, atol=1e-5, equal_nan=True)
    return "the same result as now" if same else value


def edited(part: Part, words: str) -> list[str]:
    """The lines with an edit, as its words say it."""
    lines = list(part.code.lines)
    found = re.search(r"with line (\d+) as `(.*)`[?]?$", words)
    assert found
    number, new = int(found[1]), found[2]
    old = lines[number - 1]
    lines[number - 1] = old[: len(old) - len(old.lstrip())] + new
    return lines


def is_right(part: Part, question: Question) -> bool:
    """Whether the keyed answer is what plain Python gives, without a sandbox."""
    call = next(iter(re.findall("`([^`]*)`", question.text)), "")
    if question.kind == "what if":
        lines = question.beside.splitlines() or edited(part, question.text)
        got = outcome(lines, call, eval(call, as_before(part)))
        return got == question.right if isinstance(got, str) else is_shown_as(got, question.right)
    if question.kind == "which call breaks it":
        changed = []
        for choice in question.choices:
            now = eval(choice, as_before(part))
            if outcome(edited(part, question.text), choice, now) != "the same result as now":
                changed.append(choice)
        return changed == [question.right]
    if question.kind == "spot the difference":
        names: dict = {"torch": torch, "tensor": torch.tensor}
        exec(question.beside, names)
        now = {choice: eval(choice, as_before(part)) for choice in question.choices}
        changed = [
            choice
            for choice in question.choices
            if outcome(question.beside.splitlines(), choice, now[choice])
            != "the same result as now"
        ]
        return changed == [question.right]
    if question.kind in ("value", "shape"):
        name = re.findall("`([^`]*)`", question.text)[1]
        line = int(re.findall(r"line (\d+)", question.text)[0])
        lines = list(part.code.lines)
        indent = lines[line - 1][: len(lines[line - 1]) - len(lines[line - 1].lstrip())]
        lines.insert(line, f"{indent}LOG.append({name})")
        names = {"torch": torch, "tensor": torch.tensor, "LOG": []}
        exec("\n".join(lines), names)
        eval(call, names)
        value = names["LOG"][0]
        return (
            str(tuple(value.shape)) == question.right
            if question.kind == "shape"
            else is_shown_as(value, question.right)
        )
    return True


def test_each_keyed_answer_is_what_plain_python_gives(part):
    assert len(part.questions) >= 6 and len({each.kind for each in part.questions}) >= 4
    for question in part.questions:
        assert (
            question.right in question.choices
            and len(set(question.choices)) == len(question.choices) >= 3
        )
        assert is_right(part, question), question


def test_no_question_gives_another_away(part):
    for one, other in combinations(part.questions, 2):
        assert not one.topics & other.topics, (one, other)
    numbers = {each.right for each in part.questions if re.search(r"\d", each.right)}
    for question in part.questions:
        assert not numbers & (set(question.choices) - {question.right})


def test_a_helper_is_followed_and_what_others_own_is_not_shown(assignment):
    notebook = put(solved(assignment), "softmax", "def softmax(x, dim):\n    return helper(x, dim)")
    helper = nbformat.v4.new_code_cell(
        "import math as m\ndef helper(x, dim):\n    return x.softmax(dim) * m.exp(0)"
    )
    notebook.cells.insert(3, helper)
    code = own_code(notebook, assignment, "softmax")
    assert [line.split("(")[0] for line in code.lines if line.startswith("def")] == [
        "def helper",
        "def softmax",
    ]
    assert "import math as m" in code.before and "import math" not in code.shown
    # next_token_probs calls softmax, which is another exercise
    code = own_code(notebook, assignment, "next_token_probs")
    assert "def softmax" not in code.shown and "def softmax" in code.before


def test_a_notebook_without_the_answer_and_one_that_is_no_python_show_nothing(assignment):
    for source in ("", "def softmax(x, dim:", "%%bash\nsoftmax"):
        assert (
            own_code(put(assignment.released, "softmax", source), assignment, "softmax").lines == []
        )


def test_every_exercise_that_asks_for_code_has_small_calls(course):
    missing = []
    for assignment in assignments(course).values():
        drafts = {*drafts_in(assignment.source)}
        for name, exercise in assignment.exercises.items():
            if name not in drafts and not exercise.is_value and not calls_of(assignment, name)[1]:
                missing.append(name)
    # the order of a set is another in each process
    assert missing == ["build_vocab"], "write answers/calls/NAME.py for each"


@pytest.mark.full
def test_no_wrong_answer_that_only_hidden_checks_catch_is_shown(course):
    titles = [each.words for each in visibly_wrong(assignments(course)["01-vectors"], "analogy")]
    # the visible checks fail each of these
    assert "Leaves only c out" in titles
    # and pass this one, which needs an import of the notebook's own
    assert "Looks for what is like b and c, and forgets a" not in titles


def write_class(folder: Path, assignment) -> None:
    for student, source in STUDENTS.items():
        path = folder / "submitted" / student / NAME / assignment.notebook.name
        path.parent.mkdir(parents=True)
        nbformat.write(put(solved(assignment), "softmax", source), path)


@pytest.fixture(scope="module")
def graded(copy_course, tmp_path_factory, run, assignment) -> Path:
    """A class, graded; `quiz/` has the sheets on `softmax`."""
    copy = copy_course(tmp_path_factory.mktemp("quiz") / "course", NAME)
    write_class(copy, assignment)
    run(copy, "proctor", "grade", NAME)
    run(copy, "proctor", "quiz-sheets", NAME, "--exercise", "softmax")
    return copy / "quiz" / NAME


def key_of(folder: Path) -> list[dict[str, str]]:
    with open(folder / "key.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.full
def test_a_class_gets_sheets_of_its_own_code(graded, run):
    key = key_of(graded)
    assert [*key[0]] == ["student", "question", "exercise", "kind", "answer", "why"]
    counts = {student: sum(row["student"] == student for row in key) for student in STUDENTS}
    assert counts["ada"] == counts["bob"] == 4
    ada, bob = (graded / "ada.html").read_text(), (graded / "bob.html").read_text()
    assert "movedim" in ada and "bobs" not in ada
    assert "bobs_helper" in bob and "movedim" not in bob
    assert "ada&#39;s own" not in ada and "ada's own" not in ada
    # nobody's page has a key
    assert not any(row["why"] in ada for row in key)
    assert (graded / "key.html").read_text().count("<tr>") >= len(key)


@pytest.mark.full
def test_the_same_sheets_come_again_and_others_from_another_seed(graded, run):
    before = {path.name: path.read_bytes() for path in graded.iterdir()}
    course = graded.parents[1]
    run(course, "proctor", "quiz-sheets", NAME, "--exercise", "softmax")
    assert {path.name: path.read_bytes() for path in graded.iterdir()} == before
    run(
        course,
        "proctor",
        "quiz-sheets",
        NAME,
        "--exercise",
        "softmax",
        "--student",
        "ada",
        "--seed",
        "5",
    )
    assert (graded / "ada.html").read_bytes() != before["ada.html"]
    assert (graded / "bob.html").read_bytes() == before["bob.html"]
    run(course, "proctor", "quiz-sheets", NAME, "--exercise", "softmax")


@pytest.mark.full
def test_a_hostile_notebook_shows_nothing_and_costs_only_itself(graded):
    pages = {path.name: path.read_text() for path in graded.glob("*.html")}
    for page in pages.values():
        assert (
            "<script" not in page
            and "EAVESDROPPED &lt;" not in page
            and "test_03_softmax" not in page
        )
    assert "&lt;script&gt;" in pages["eve.html"]
    key = key_of(graded)
    # no number is asked for, as the two runs disagree about these, and the key says so
    assert {row["kind"] for row in key if row["student"] == "mallory"} <= {"shape"}
    assert "left out what two runs answered differently" in pages["key.html"]
    # nothing is asked of the calls that end trudy's sandbox, or never end
    questions = pages["trudy.html"].split("</ol>")[1]
    assert (
        "tensor([[1., 2., 0.]])" not in questions
        and "tensor([[0., 1.], [3., 3.]])" not in questions
    )


@pytest.mark.full
def test_marks_follow_from_the_key(graded, run, tmp_path):
    rows = key_of(graded)
    answers = tmp_path / "marks.csv"
    lines = ["student,question,answer"]
    for row in rows:
        right = row["student"] == "ada" or row["question"] == "1"
        lines.append(
            f"{row['student']},{row['question']},{row['answer'].lower() if right else 'X'}"
        )
    answers.write_text("\n".join(lines), encoding="utf-8")
    said = run(graded.parents[1], "proctor", "quiz-marks", NAME, answers).stdout
    assert "quiz-marks.csv" in said
    with open(graded / "quiz-marks.csv", newline="", encoding="utf-8") as file:
        marks = {row["student"]: row for row in csv.DictReader(file)}
    assert marks["ada"] == {"student": "ada", "right": "4", "asked": "4", "score": "1.0"}
    assert marks["bob"]["score"] == "0.25"


def test_marks_name_what_is_wrong(make_course, run, tmp_path):
    copy = make_course(NAME)
    folder = copy / "quiz" / NAME
    folder.mkdir(parents=True)
    (folder / "key.csv").write_text(
        "student,question,exercise,kind,answer,why\nada,1,softmax,value,B,so\n"
    )
    answers = tmp_path / "marks.csv"
    answers.write_text("student,question,answer\nada,1, b\n")
    run(copy, "proctor", "quiz-marks", NAME, answers)
    assert "ada,1,1,1.0" in (folder / "quiz-marks.csv").read_text()
    answers.write_text("student,question,answer\nzoe,1,B\n")
    assert (
        "the key has no question 1 for zoe"
        in run(copy, "proctor", "quiz-marks", NAME, answers, code=1).stderr
    )
    answers.write_text("name,question\nada,1\n")
    assert (
        "student,question,answer"
        in run(copy, "proctor", "quiz-marks", NAME, answers, code=1).stderr
    )


def test_sheets_need_grades_and_an_exercise_that_there_is(make_course, run):
    copy = make_course(NAME)
    said = run(copy, "proctor", "quiz-sheets", NAME, code=1).stderr
    assert f"proctor grade {NAME}" in said
    assert (
        "has no exercise sofmax"
        in run(copy, "proctor", "quiz-sheets", NAME, "--exercise", "sofmax", code=1).stderr
    )


@pytest.mark.full
def test_a_learner_is_asked_after_an_exercise_passes(
    course, run, tmp_path, monkeypatch, environment, assignment
):
    monkeypatch.setitem(environment, "XDG_STATE_HOME", str(tmp_path / "state"))
    run(course, "proctor", "start", NAME, "--to", tmp_path / "mine")
    mine = tmp_path / "mine" / NAME / assignment.notebook.name
    assert "has not passed" in run(course, "proctor", "quiz", "softmax", code=1).stderr
    nbformat.write(put(nbformat.read(mine, as_version=4), "softmax", LOOPS), mine)
    run(course, "proctor", "check", mine, code=1)
    command = [str(Path(sys.executable).parent / "proctor"), "quiz", "softmax", "--seed", "1"]
    done = subprocess.run(
        command, cwd=mine.parent, env=environment, input="x\nA\n", capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "  1  def softmax(x, dim):" in done.stdout and done.stdout.count("Your answer") == 2
    assert re.search(r"(Right|It is [A-D]): .+\.$", done.stdout)
