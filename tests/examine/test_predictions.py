"""Predictions are taken in every spelling that says the same, by the visible check and by the hidden one alike."""

import inspect
import json
import runpy
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import nbformat
import numpy as np
import pytest
import torch

from proctor import checks
from proctor.answers import answers, put, solved
from proctor.course import assignments, find_course
from proctor.course.hints import solution
from proctor.grading.student import Student

COURSE = find_course()
expect = SimpleNamespace(**runpy.run_path(str(COURSE / "helpers" / "expect.py")))

SAME = {
    "288": (
        288,
        [288.0, "288", " 288.0 ", np.int64(288), np.prod((8, 36)), np.float32(288), np.array(288)],
    ),
    "288 of tensors": (
        288,
        [torch.tensor(288), torch.tensor(288.00003), torch.tensor(288.0, requires_grad=True)],
    ),
    "a fraction": (
        0.25,
        ["0.25", Fraction(1, 4), Decimal("0.25"), np.float16(0.25), torch.tensor(0.25)],
    ),
    "a shape": (
        [0, 1],
        [
            (0, 1),
            (0.0, 1.0),
            ["0", "1"],
            "(0, 1)",
            torch.Size([0, 1]),
            torch.arange(2),
            np.arange(2.0),
            range(2),
        ],
    ),
    "a letter": ("D", ["d", " D ", "d\n", np.str_("d"), "'D'"]),
    "far too much": (float("inf"), [10**400, torch.tensor(torch.inf)]),
    "yes": (True, [np.bool_(True), torch.tensor(True)]),
}
NOTHING = {
    "no number": (
        0,
        [None, True, "two", "1/2", [288], torch.tensor([288]), 1j, torch.ones, {"a": 1}],
    ),
    "no list": (
        (),
        [4, "ab", {4}, (4, 0.5), (4, True), [[4, 4]], np.ones((2, 2)), ("a", "b"), None],
    ),
    "no letter": ("ABCD", ["", "AB", "A or B", 1, ["A"], None]),
    "no yes": (True, [1, 0.0, "yes", None]),
}


def test_both_checks_read_by_the_same_function():
    said = "copy `reading` from helpers/expect.py, which students have, to proctor/checks.py, which they may not have"
    assert inspect.getsource(checks.reading) == inspect.getsource(expect.reading), said


@pytest.mark.parametrize("said", SAME)
def test_every_spelling_says_the_same(said, capsys):
    want, spellings = SAME[said]
    like = () if isinstance(want, list) else "ABCD" if isinstance(want, str) else want
    for value in [want, *spellings]:
        assert repr(expect.reading(value)) == repr(want), value
        expect.prediction(value, like)
        hidden(value, tuple(want) if isinstance(want, list) else want)


@pytest.mark.parametrize("said", NOTHING)
def test_what_says_nothing_of_the_kind_is_refused_by_both(said):
    like, values = NOTHING[said]
    for value in values:
        with pytest.raises(expect.Unmet, match="expected"):
            expect.prediction(value, like)
        with pytest.raises(AssertionError, match="expected"):
            hidden(value, like[:1] if isinstance(like, str) else like)


def test_a_letter_that_is_no_choice_is_refused():
    with pytest.raises(expect.Unmet, match="one of the letters A, B, C, D"):
        expect.prediction("E", "ABCD")


@pytest.mark.parametrize("value", [288, 256, "256", torch.tensor(3)])
def test_a_prediction_is_noted_right_or_wrong(value, capsys):
    """A tick would say that it is right."""
    expect.prediction(value, 0)
    assert capsys.readouterr().out == f"noted: {int(value)}\n"


def hidden(value, want):
    """The hidden check of a prediction, asked in this process."""
    student = SimpleNamespace(predict_it=value, last_call="")
    student.run = lambda probe, *args: probe(student, *args)
    checks.predicts(cast(Student, student), "predict_it", want)


# what it is, and what is told of it
WRONG = {
    "np.prod((8, 32))": "the prediction 256 is not what comes out",
    "torch.tensor(287.6)": "the prediction 287.6",
    "'256'": "the prediction 256 is not what comes out",
    "(288,)": "predict_parameters is (288,), expected a number",
    "np.arange(400)": "expected a number",
    "'many'": "predict_parameters is 'MANY', expected a number",
}


@pytest.mark.full
def test_a_wrong_value_is_wrong_in_every_spelling(run, tmp_path):
    assignment = assignments(COURSE)["02-matmul"]
    for number, value in enumerate(WRONG):
        answer = {"predict_parameters": f"import numpy as np\n\npredict_parameters = {value}"}
        nbformat.write(solved(assignment, answer), tmp_path / f"{number}.ipynb")
    paths = sorted(tmp_path.glob("*.ipynb"))
    reports = json.loads(run(COURSE, "proctor", "check", "--json", *paths, code=1).stdout)
    for report, (value, told) in zip(reports, WRONG.items(), strict=True):
        (lost,) = [cell for cell in report["cells"] if cell["score"] < cell["max_score"]]
        assert (lost["id"], lost["status"]) == ("predict_parameters_value", "failed")
        assert told in lost["message"], (value, lost)
        if "256" in told:
            assert lost["diagnosis"]["id"] == "predict_parameters.without_the_bias"


# one wrong, one right, one of another form
PREDICTED = {
    "predict_integer_mean": '"A"',
    "predict_difference_shape": "(4, 4)",
    "predict_view": '"A or B"',
}
# of the first one: its answer, its reason, and a choice that nobody took; of the second one, its reason
REVEALED = (
    "The answer: D. mean keeps the dtype",
    "B takes a mean of int64 for one that is cut off",
    "lined up from the right",
)


def predicted(folder: Path) -> Path:
    """A notebook of 01 with these three predictions, and nothing else, in a folder."""
    notebook = assignments(COURSE)["01-vectors"].released
    for name, value in PREDICTED.items():
        notebook = put(notebook, name, f"{name} = {value}")
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / "vectors.ipynb")
    return folder / "vectors.ipynb"


def test_check_reveals_what_was_predicted_and_nothing_else(run, tmp_path):
    path = predicted(tmp_path / "mine")
    said = " ".join(run(COURSE, "proctor", "check", path, code=1).stdout.split())
    assert all(words in said for words in REVEALED)
    # the choice that was taken is explained once
    assert said.count("a mean of int64 for float32") == 1
    assert (
        "predict_view is 'A OR B', expected one letter" in said
        and "In memory they still lie" not in said
    )
    (report,) = json.loads(run(COURSE, "proctor", "check", "--json", path, code=1).stdout)
    revealed = {cell["id"]: cell["reveal"] for cell in report["cells"] if "reveal" in cell}
    assert [*revealed] == ["predict_integer_mean_value", "predict_difference_shape_value"]
    assert all(words not in json.dumps(report["cells"][0]["message"]) for words in REVEALED)


def test_the_format_for_a_class_reveals_no_prediction(run, tmp_path):
    said = run(
        COURSE, "proctor", "check", "--format", "gradescope", predicted(tmp_path / "mine"), code=1
    ).stdout
    assert "predict_integer_mean" in said and not any(
        words in said.replace("`", "") for words in REVEALED
    )


@pytest.mark.parametrize("step", ["submitted", pytest.param("autograded", marks=pytest.mark.full)])
def test_a_prediction_that_was_handed_in_is_not_revealed(run, tmp_path, make_course, step):
    """Neither by the class's own course, nor by another one that the command takes."""
    course = make_course("01-vectors")
    path = predicted(course / step / "ada" / "01-vectors")
    for folder in (course, COURSE):
        for form in ([], ["--json"]):
            said = run(folder, "proctor", "check", *form, path, code=1).stdout.replace("`", "")
            assert "predict_integer_mean" in said and not any(words in said for words in REVEALED)


@pytest.mark.parametrize("number", range(1, 9))
def test_the_release_holds_no_answer_to_a_prediction_and_no_reason(number):
    (assignment,) = (
        each for each in assignments(COURSE).values() if each.name.startswith(f"0{number}-")
    )
    files = [path for path in assignment.notebook.parent.iterdir() if path.is_file()]
    text = "".join(path.read_text("utf-8") for path in files).replace('\\"', '"')
    predictions = [name for name in assignment.stubs if assignment.is_prediction(name)]
    assert len(predictions) == 3 and len(files) > 2
    for name in predictions:
        assert solution(assignment, name) not in text
        wrong = answers(assignment.wrong_answers / f"{name}.py")
        for secret in [assignment.reasons[name], *(answer.hint for answer in wrong)]:
            assert secret not in text and secret.split(". ")[0] not in text, name


def test_an_error_of_another_kind_is_told_with_its_call():
    """PyTorch's own error, where one of the exercise's is asked for, is what a test of sizes would have come before."""

    def matmul(A, B):
        return A @ B

    said = r"✗ matmul\(.*\n  gave      no value, but raised RuntimeError: .*\n  expected  ValueError to be raised"
    with pytest.raises(expect.Unmet, match=said):
        expect.expect(matmul, torch.ones(2, 3), torch.ones(4, 5)).raises(ValueError)
