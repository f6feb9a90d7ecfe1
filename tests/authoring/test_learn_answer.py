"""What a student wrote becomes a known answer's one function, and runs nowhere by being read."""

import ast

import pytest

from proctor.authoring.learn import _definition
from proctor.errors import GradingError

CELL = '''
import math
from math import exp
print("Ada")
SEVEN = 7
def grow(s):
    "by Ada"
    return s / SEVEN
@property
def unused(): ...
def softmax(x: "Ada", dim: int = -1) -> "Ada":
    """Ada's"""
    return grow(x)  # Ada
'''


def test_it_is_one_function_without_a_name_in_it():
    text = ast.unparse(_definition("softmax", CELL, ["import math"]))
    assert "Ada" not in text and "unused" not in text and "import" not in text
    assert text.startswith("def softmax(x, dim=-1):\n    SEVEN = 7\n\n    def grow(s):")
    names = {"__name__": ""}
    exec(text, names)
    assert names["softmax"](14) == 2
    assert ast.unparse(_definition("predict_gap", "a = 2\npredict_gap = a * 3", [])).endswith("return predict_gap")


@pytest.mark.parametrize(
    "source",
    [
        "@print\ndef softmax(x): return x",
        "def softmax(x, dim=print()): return x",
        "class softmax:\n    print()",
        "class softmax:\n    {}[print()] = 1",
        "class softmax(print()): pass",
        "class softmax(object, metaclass=print): pass",
        "class softmax:\n    def __init__(self, x=print()): pass",
        "class softmax:\n    x: print() = 1",
        "class softmax:\n    help = HELP\nHELP = 1",
        "softmax = print()",
        "def softmax(x:\n",
        "",
    ],
)
def test_what_would_run_when_it_is_read_is_left_to_the_instructor(source):
    with pytest.raises(GradingError, match="write it down yourself"):
        _definition("softmax", source, [])
