"""What a failed exercise is told: the truth, with the line and the cell that it is about."""

import json
import re
import subprocess
import sys
from types import SimpleNamespace
from typing import cast

import nbformat
import pytest
import torch
from nbformat.v4 import new_code_cell

from proctor.answers import put, solved
from proctor.checks import predicts
from proctor.course import assignments, grade_id
from proctor.course.codes import Reason
from proctor.course.report import reasons
from proctor.errors import NotExaminable
from proctor.examine.examine import examine
from proctor.grading.student import Student
from proctor.grading.values import in_numbers
from proctor.submission import with_released_cells

NAME = "03-softmax"
STUB = "The stub's last line"
BODY = "    e = (x - x.amax(dim, keepdim=True)).exp()\n"


@pytest.fixture(scope="module")
def right(course):
    return solved(assignments(course)[NAME])


@pytest.fixture(scope="module")
def said(course, run, tmp_path_factory, right):
    """What `proctor check` says of the exercise `softmax` in each of these notebooks, asked of it alone, in one call."""
    notebooks = {
        "stub": put(
            right, "softmax", f"def softmax(x, dim):\n{BODY}    raise NotImplementedError()"
        ),
        "elsewhere": with_cells(
            put(right, "softmax", "def softmax(x, dim):\n    return later(x)"),
            before="def later(x):\n    raise NotImplementedError('for now')",
        ),
        "typo": put(right, "softmax", f"\n\ndef softmax(x, dim):\n{BODY}    retrun e / e.sum(dim)"),
        "bracket": put(right, "softmax", "def softmax(x, dim):\n    return (x.exp()"),
        "return": put(
            right, "softmax", "def softmax(x, dim):\n    return x.exp()\n\nreturn softmax"
        ),
        "anew": with_cells(right, before="softmax = F.softmax  # faster?"),
        "star": with_cells(right, before="from torch.nn.functional import *"),
        "after": with_cells(
            put(right, "softmax", "def softmax(x, dim):\n    return x"), after="softmax = F.softmax"
        ),
        "missing": without(right, "softmax"),
        "package": put(
            right,
            "softmax",
            "from einops import reduce\ndef softmax(x, dim):\n    return reduce(x, dim)",
        ),
        "within": put(
            right,
            "softmax",
            "def softmax(x, dim):\n    import einops\n    return einops.reduce(x, dim)",
        ),
        "given to torch": put(
            right,
            "softmax",
            "import einops\ndef softmax(x, dim):\n    return torch.exp(einops.reduce(x, dim))",
        ),
        "unused package": put(
            right,
            "softmax",
            f"import einops\ndef softmax(x, dim):\n{BODY}    return e / e.sum(dim, keepdim=True)",
        ),
        "told": put(
            right,
            "softmax",
            "def softmax(x, dim):\n    raise ValueError(f'{[1] * 9} of {x.shape}')",
        ),
    }
    folder = tmp_path_factory.mktemp("messages")
    paths = [folder / f"{name}.ipynb" for name in notebooks]
    for path, notebook in zip(paths, notebooks.values(), strict=True):
        nbformat.write(notebook, path)
    command = ["proctor", "check", "--json", "--seed", 7, "--exercise", "softmax", *paths]
    reports = json.loads(run(course, *command, code=1).stdout)
    return {
        name: "\n".join(cell["message"] for cell in report["cells"])
        for name, report in zip(notebooks, reports, strict=True)
    }


def without(notebook, name: str):
    """A copy that lacks a cell."""
    copy = nbformat.from_dict(json.loads(json.dumps(notebook)))
    copy.cells = [cell for cell in copy.cells if grade_id(cell) != name]
    return copy


def with_cells(notebook, before: str = "", after: str = ""):
    """A copy with a cell of the student's before the first graded one, or behind all."""
    copy = nbformat.from_dict(json.loads(json.dumps(notebook)))
    first = next(
        number for number, cell in enumerate(copy.cells) if grade_id(cell) == "softmax_values"
    )
    copy.cells = [
        *copy.cells[:first],
        new_code_cell(before),
        *copy.cells[first:],
        new_code_cell(after),
    ]
    return copy


def test_the_stubs_line_is_named_where_it_stands(said):
    assert STUB in said["stub"]
    assert "NotImplementedError: for now" in said["elsewhere"] and STUB not in said["elsewhere"]


def test_what_cannot_be_read_is_shown(said):
    assert (
        "line 5: `retrun e / e.sum(dim)`\n                ^\nPython can't read this line."
        in said["typo"]
    )
    assert (
        "line 2: `return (x.exp()`\n                ^\nA bracket is opened here" in said["bracket"]
    )


def test_the_cell_that_bound_a_name_anew_is_named(said, right):
    cells = [cell for cell in with_cells(right, "new").cells if cell.cell_type == "code"]
    number = next(number for number, cell in enumerate(cells, 1) if cell.source == "new")
    assert (
        f"`softmax` was bound anew by code cell {number}: `softmax = F.softmax  # faster?`"
        in said["anew"]
    )
    assert f"by code cell {number}: `from torch.nn.functional import *`" in said["star"]
    assert "was bound" not in said["stub"] + said["after"], "the exercise's own answer was judged"


def test_what_brings_a_missing_cell_back_is_named(said):
    assert "'proctor reset softmax' brings it back" in said["missing"]


@pytest.mark.parametrize(
    "predicted, shown",
    [([4], "(4,)"), ([2, 3], "(2, 3)"), (256, "256 "), (0.25, "0.25"), ("C", "'C'")],
)
def test_a_prediction_is_told_as_it_was_written(predicted, shown):
    student = SimpleNamespace(run=lambda *_: predicted, last_call="")
    want = {list: (1, 2), int: 3, float: 3, str: "A"}[type(predicted)]
    with pytest.raises(AssertionError, match=re.escape(f"the prediction {shown}")):
        predicts(cast(Student, student), "predict_it", want)


def test_a_tensor_of_few_entries_is_told_in_numbers():
    assert (
        in_numbers(torch.tensor([[0.5, -1.25], [3.0, 1e-5]]))
        == "float32 [[0.5, -1.25], [3, 1e-05]]"
    )
    assert (
        in_numbers([torch.zeros(2, dtype=torch.int64), torch.zeros(4, 5)])
        == "[int64 [0, 0], float32 (4, 5)]"
    )
    assert in_numbers(torch.tensor([-0.0, 0.5])) == "float32 [0, 0.5]" and in_numbers(-0.0) == "0.0"


def test_who_hands_nothing_in_is_not_told_to():
    error = NotExaminable("it ends in the middle", hand_in=True)
    assert "hand it in" in str(error) and "hand it in" not in error.to_its_owner


TOP_K = """
    kept = logits.topk(k, -1).indices
    left_out = torch.ones_like(logits, dtype=torch.bool).scatter(-1, kept, False)
    return softmax(logits.masked_fill(left_out, -math.inf), -1)"""
ENCODE = """def encode(text, vocab):
    return torch.tensor([vocab.index(c) if c in vocab else 0 for c in text], dtype=torch.int64)
def decode(ids, vocab):
    return "".join(vocab[i] for i in ids.tolist())"""
GET_BATCH = """def get_batch(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    places = torch.randint(0, len(data) - seq_len, (batch_size, 1)) + torch.arange(seq_len)
    return data[places], data[places + 1]"""
EVALUATE = """def evaluate(model, data, seq_len):
    model.requires_grad_(False)
    modes, total = [(module, module.training) for module in model.modules()], 0.0
    model.eval()
    for inputs, targets in zip(data[:-1].split(seq_len), data[1:].split(seq_len)):
        total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
    for module, training in modes:
        module.training = training
    return total / (len(data) - 1)"""
EXPECTED = {  # by the cell that fails: the answer, and words of the message
    "top_k_probs_values": (
        f"def top_k_probs(logits, k):\n    assert 0 < k <= logits.shape[-1]{TOP_K}",
        "raised AssertionError\nexpected ValueError to be raised",
    ),
    "encode_decode_ids": (ENCODE, "expected KeyError or ValueError to be raised"),
    "get_batch_starts": (
        GET_BATCH,
        "the same windows from the same seed?\nreturned False\nexpected True",
    ),
    "evaluate_graph": (
        EVALUATE,
        "model.weight.requires_grad is False\nexpected True",
    ),
}


@pytest.mark.parametrize(
    "cell",
    [
        "top_k_probs_values",
        *(pytest.param(each, marks=pytest.mark.full) for each in list(EXPECTED)[1:]),
    ],
)
def test_what_was_expected_is_named(course, cell):
    answer, words = EXPECTED[cell]
    assignment = next(each for each in assignments(course).values() if cell in each.graded)
    notebook = with_released_cells(
        solved(assignment, {assignment.graded[cell].exercise: answer}), assignment, {}
    )
    (verdict,) = examine(notebook, seed=7, cells={cell}).cells
    assert words in verdict.message
    found = verdict.diagnosis["id"] if verdict.diagnosis else ""
    # that it is another error is true
    assert found == "general.other_error" or not found.startswith("general.")


@pytest.mark.full
def test_what_ends_an_iteration_is_an_error_of_the_answers(course, right):
    """Its check draws twice in a generator, where Python makes a `RuntimeError` of it."""
    answer = put(
        right, "sample_next_token", "def sample_next_token(*args, **kwargs): return next(iter(()))"
    )
    report = examine(
        with_released_cells(answer, assignments(course)[NAME]),
        cells={"sample_next_token_generator"},
    )
    (cell,) = report.cells
    assert cell.status == "error" and "raised StopIteration" in cell.message


@pytest.mark.full
def test_what_did_not_run_names_the_cell_that_used_up_the_time(course, run, tmp_path, right):
    endless = "import time\nwhile True:\n    time.sleep(1)"
    notebook = with_cells(right, before=endless)
    answered = put(right, "softmax", endless)
    number, place = (
        1 + [cell.source for cell in each.cells if cell.cell_type == "code"].index(endless)
        for each in (notebook, answered)
    )
    nbformat.write(notebook, tmp_path / "softmax.ipynb")
    nbformat.write(answered, tmp_path / "answer.ipynb")
    command = ["proctor", "check", "--json", tmp_path / "softmax.ipynb", tmp_path / "answer.ipynb"]
    done = run(course, *command, code=1, PROCTOR_LIMITS="notebook=2,grace=0.5")
    scratch, answer = (
        {cell["id"]: cell for cell in report["cells"]} for report in json.loads(done.stdout)
    )
    for cells, culprit in ((scratch, number), (answer, place)):
        said = (
            f"the cell of attend did not run: code cell {culprit} has used up the notebook's time"
        )
        assert (cells["attend_values"]["status"], cells["attend_values"]["message"]) == (
            "timeout",
            said,
        )
    assert answer["softmax_values"]["message"].startswith(
        "the cell of softmax never came to its end"
    )


def test_an_errors_words_are_told(said):
    assert "raised ValueError: [1, 1, 1, 1, 1, 1, 1, 1, 1] of torch.Size([" in said["told"]


@pytest.mark.parametrize("case", ["package", "within", "given to torch"])
def test_a_package_that_is_not_installed_is_named(said, case):
    needs = "needs einops, which isn't installed where this is graded"
    assert said[case].count(needs) == 3 and "mock" not in said[case], said[case]
    stored = {"code": "lacks_package", "params": {"called": "softmax(x)", "package": "einops"}}
    cells = [{"id": "softmax_values", "status": "error"} | stored]
    assert reasons({"cells": cells}) == {Reason.LACKING: "softmax_values (einops)"}


@pytest.mark.parametrize("package", ["x\nbob/03-softmax:\u2800copied", "a b", ""])
def test_no_line_of_a_students_own_is_told_as_a_package(package):
    """With a blank that Python calls printable."""
    message = f"softmax(x)\nraised ValueError: needs {package}, which isn't installed where this is graded"
    assert (
        reasons({"cells": [{"id": "softmax_values", "status": "error", "message": message}]}) == {}
    )


def test_a_package_that_nothing_uses_costs_nothing(said):
    assert not said["unused package"].strip()


NEWER = """
import codeop
begin = codeop.Compile.__init__
def as_in_3_13(self):
    begin(self)
    self.flags |= 0x4000  # PyCF_ALLOW_INCOMPLETE_INPUT
codeop.Compile.__init__ = as_in_3_13
from proctor.sandbox.shell import Shell
done = Shell().run("def softmax(x, dim):\\n    return (x.exp()")
print(done.error_name, done.error_message)
"""


def test_an_unclosed_bracket_reads_the_same_on_python_3_13(said):
    assert (
        "'(' was never closed" in said["bracket"]
        and "A bracket is opened here and never closed." in said["bracket"]
    )
    done = subprocess.run([sys.executable, "-c", NEWER], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("SyntaxError '(' was never closed")
