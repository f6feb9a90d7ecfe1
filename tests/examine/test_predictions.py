"""Predictions are taken in every spelling that says the same, by the visible check and by the hidden one alike."""

import inspect
import json
import runpy
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import cast

import nbformat
import numpy as np
import pytest
import torch

from proctor import checks
from proctor.answers import solved
from proctor.course import assignments, find_course
from proctor.examine.student import Student

COURSE = find_course()
expect = SimpleNamespace(**runpy.run_path(str(COURSE / "helpers" / "expect.py")))

SAME = {
    "288": (288, [288.0, "288", " 288.0 ", np.int64(288), np.prod((8, 36)), np.float32(288), np.array(288)]),
    "288 of tensors": (288, [torch.tensor(288), torch.tensor(288.00003), torch.tensor(288.0, requires_grad=True)]),
    "a fraction": (0.25, ["0.25", Fraction(1, 4), Decimal("0.25"), np.float16(0.25), torch.tensor(0.25)]),
    "a shape": (
        [0, 1],
        [(0, 1), (0.0, 1.0), ["0", "1"], "(0, 1)", torch.Size([0, 1]), torch.arange(2), np.arange(2.0), range(2)],
    ),
    "a letter": ("D", ["d", " D ", "d\n", np.str_("d"), "'D'"]),
    "far too much": (float("inf"), [10**400, torch.tensor(torch.inf)]),
    "yes": (True, [np.bool_(True), torch.tensor(True)]),
}
NOTHING = {
    "no number": (0, [None, True, "two", "1/2", [288], torch.tensor([288]), 1j, torch.ones, {"a": 1}]),
    "no list": ((), [4, "ab", {4}, (4, 0.5), (4, True), [[4, 4]], np.ones((2, 2)), ("a", "b"), None]),
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


def test_an_error_of_another_kind_is_told_with_its_call():
    """PyTorch's own error, where one of the exercise's is asked for, is what a test of sizes would have come before."""

    def matmul(A, B):
        return A @ B

    said = r"✗ matmul\(.*\n  gave      no value, but raised RuntimeError: .*\n  expected  ValueError to be raised"
    with pytest.raises(expect.Unmet, match=said):
        expect.expect(matmul, torch.ones(2, 3), torch.ones(4, 5)).raises(ValueError)
