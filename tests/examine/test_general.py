"""Misconceptions that look alike in every exercise are named, with words for the answer at hand."""

import json
from pathlib import Path

import nbformat
import pytest

from proctor.answers import solved
from proctor.course import assignments
from proctor.diagnosis.general import AnswerCode, general_misconception, rules

RULES = rules(Path(__file__).parent.parent.parent / "answers" / "general.py")
STUB = (
    "def blend(x: torch.Tensor, b: float = 0.5) -> torch.Tensor:\n    raise NotImplementedError()"
)
MODULE = "class Net(nn.Module):\n    def forward(self, x: int) -> int:\n        raise NotImplementedError()"
WRONG = {  # of 01-vectors: what is named, words of the hint, and the answer
    "embed": (
        "general.nothing",
        "`print`",
        "def embed(token_ids, table):\n    print(table[token_ids])",
    ),
    # rows of zeros spoil its other checks
    "normalize_rows": (
        "normalize_rows.lengths_without_keepdim",
        "",
        "def normalize_rows(table):\n    return table / table.norm(dim=-1)",
    ),
    "split_heads": (
        "general.float_size",
        "`//`",
        "def split_heads(x, n_heads):\n    B, T, D = x.shape\n    return x.view(B, T, n_heads, D / n_heads).transpose(1, 2)",
    ),
    # an error about sizes may come of the check's own lines, too
    "projection": (
        "general.area",
        "the new shape",
        "def projection(a, b):\n    return ((a * b).sum(-1) / (b * b).sum(-1)).view(len(a), 1) * b",
    ),
}


@pytest.fixture(scope="module")
def cells(course, run, tmp_path_factory):
    """What `proctor check` says of these mistakes in one notebook."""
    path = tmp_path_factory.mktemp("mistakes") / "vectors.ipynb"
    answers = {name: source for name, (*_, source) in WRONG.items()}
    nbformat.write(solved(assignments(course)["01-vectors"], answers), path)
    (told,) = json.loads(
        run(course, "proctor", "check", "--json", "--seed", 7, path, code=1).stdout
    )
    return {cell["id"]: cell for cell in told["cells"]}


def test_each_is_named(cells):
    for exercise, (name, words, _) in WRONG.items():
        told = cells[f"{exercise}_values"]["diagnosis"]
        assert told and told["id"] == name and words in told["hint"], exercise


def test_a_learner_sees_small_inputs_in_numbers(cells):
    assert "embed(token_ids=torch.tensor(" in cells["embed_values"]["message"]


@pytest.mark.parametrize(
    "said, source, words",
    [
        ("expected a tensor, got None", "def blend(x, b=0.5):\n    x * b", "no `return`"),
        ("expected a tensor, got None", "def blend(x, b=0.5):\n    return x.sort()", "`.sort()` changes"),
        ("expected a tensor, got None", "def blend(x, b=0.5):\n    if b:\n        return x", "without meeting"),
        ("expected shape (3,), got ()", "def blend(x, b=0.5):\n    for y in x:\n        return y", "inside the loop"),
        ("expected 2 at [0], got 1", "def blend(x, b=0.5):\n    return x * 0.1", "never reads `b`"),
        ("expected a Python float, got float32 ()", "def blend(x, b=0.5):\n    return x.sum()", "`.item()` takes"),
        ("NameError: blend is not defined", "def blnd(x, b=0.5):\n    return x", "defines `blnd`"),
        ("NameError: name 'sqrt' is not defined", "def blend(x, b=0.5):\n    return sqrt(x)", "`math.sqrt`"),
        ("TypeError: blend() missing 1 required positional argument: 'b'", "def blend(x, b):\n    return x", "`b=0.5`"),
        (
            "TypeError: blend() got an unexpected keyword argument 'x'",
            "def blend(y, b=0.5):\n    return y",
            "`blend(x, b)`",
        ),
        (
            "TypeError: view(): argument 'size' failed … but got float",
            "def blend(x, b=0.5):\n    return x.view(9 / 3)",
            "`//`",
        ),
        (
            "RuntimeError: expected m1 and m2 to have the same dtype, but got: long int != float",
            "def blend(x, b=0.5):\n    return F.one_hot(x) @ x",
            "whole numbers",
        ),
        (
            "RuntimeError: The size of tensor a (3) must match the size of tensor b (2) at dimension 0",
            "def blend(x, b=0.5):\n    return (x[0] * x[:, 1]).sum()",
            "lined up from the right, and sizes that meet",
        ),
        (
            "RuntimeError: einsum(): the number of subscripts in the equation (3) does not match the number of dimensions (2)",
            "def blend(x, b=0.5):\n    return torch.einsum('bij,jk->bik', x, x)",
            "`...` stands for all",
        ),
        (
            "RuntimeError: permute(sparse_coo): number of dimensions in the tensor input does not match",
            "def blend(x, b=0.5):\n    return x.permute(0, 2, 1)",
            "`transpose(-2, -1)`",
        ),
        ("IndexError: tuple index out of range", "def blend(x, b=0.5):\n    return x.shape[1]", "`x.shape[-1]`"),
        ("expected a tensor, got a torch.nn.modules.linear.Linear", "def blend(x, b=0.5):\n    return nn.Linear(1, 1)", "gives a `Linear`"),
        ("raised RuntimeError, expected ValueError", "def blend(x, b=0.5):\n    return x.view(2, 3)", "asks for `ValueError`"),
        ("RuntimeError: … has been modified by an inplace operation", "def blend(x, b=0.5):\n    x[0] = 1\n    return x", "new tensor"),
        ("RuntimeError: mat1 must be a matrix, got 1-D tensor", "def blend(x, b=0.5):\n    return torch.mm(x, x)", "`torch.matmul`"),
        ("no gradient reaches the parameter norm.weight", "def blend(x, b=0.5):\n    return x", "Is `norm.weight` used"),
        ("RuntimeError: Index put requires the source and destination dtypes match, got Float for the destination and Double for the source.",
         "def blend(x, b=0.5):\n    out = torch.zeros(3)\n    out[0] = x", "and the like make is float32"),
        ("ValueError: not enough values to unpack (expected 2, got 1)", "def blend(x, b=0.5):\n    B, T = x.shape", "for each dimension"),
        ("expected a tensor, got a list of 2", "def blend(x, b=0.5):\n    return x.max(-1)", "Of a pair"),
        ("AttributeError: 'float' object has no attribute 'sum'", "def blend(b, x):\n    return x.sum()", "`blend(b, x)`: keep the order"),
        ("RuntimeError: does not require grad and does not have a grad_fn", "def blend(x, b=0.5):\n    return x.item()", "`.item()`"),
    ],
)  # fmt: skip
def test_the_words_are_for_this_answer(said, source, words):
    told = general_misconception(said, AnswerCode(("blend",), source, STUB), RULES)
    assert told and words in told["hint"]


def test_an_own_error_is_a_refusal_and_pytorchs_is_none():
    source = "def blend(x, b=0.5):\n    if b < 1:\n        raise ValueError('no')\n    return x"
    told = general_misconception(
        "ValueError: no", AnswerCode(("blend",), source, STUB, line="raise ValueError('no')"), RULES
    )
    assert told and "your own `raise ValueError`" in told["hint"]
    assert (
        general_misconception(
            "ValueError: odd", AnswerCode(("blend",), source, STUB, line="return x"), RULES
        )
        is None
    )


def test_a_modules_mistakes():
    typo = "class Net(nn.Module):\n    def __init__(self):\n        self.hidden = 1\n    def foward(self, x):\n        return x"
    code = AnswerCode(("Net",), typo, MODULE)
    for said, words in [
        (
            'NotImplementedError: Module [Net] is missing the required "forward" function',
            "`foward`",
        ),
        ("AttributeError: 'Net' object has no attribute 'hiden'", "`self.hidden`"),
        (
            "AttributeError: cannot assign module before Module.__init__() call",
            "super().__init__()",
        ),
        (
            "RuntimeError: The size of tensor a (4) must match the size of tensor b (2)",
            "the module's parameters",
        ),
    ]:
        told = general_misconception(said, code, RULES)
        assert told and words in told["hint"]


def test_a_source_that_nests_without_end_or_is_huge_is_told_nothing():
    deep = "def blend(x, b=0.5):\n    y = " + "+".join("1" * 9000)
    assert (
        general_misconception(
            "expected a tensor, got None", AnswerCode(("blend",), deep, STUB), RULES
        )
        is None
    )
    wide = "def blend(x, b=0.5):\n" + "    y = 1\n" * 9000
    assert (
        general_misconception(
            "NameError: name 'z9' is not defined", AnswerCode(("blend",), wide, STUB), RULES
        )
        is None
    )


def test_the_rules_have_names_of_their_own():
    assert len({rule.id for rule in RULES}) == len(RULES)
