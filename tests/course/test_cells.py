"""What is read of a cell's source without running it."""

import time

import pytest

from proctor.course.cells import bound, globals_read, is_quick
from proctor.course.course import untouched

BOUND = {
    "def f():\n    inner = 1": {"f": 1},
    "async def f(): ...": {"f": 1},
    "class C:\n    inner = 1": {"C": 1},
    "@wraps\ndef f(): ...": {"f": 2},
    "x = 1\nx = 2": {"x": 2},
    "a, (b, *c) = 1, (2, 3)": {"a": 1, "b": 1, "c": 1},
    "x: int = 1": {"x": 1},
    "x += 1": {"x": 1},
    "(y := 3)": {"y": 1},
    "import torch.nn as nn, math": {"nn": 1, "math": 1},
    "import torch.nn": {"torch": 1},
    "from math import pi as p": {"p": 1},
    "from math import *": {},
    "for i in range(3):\n    k = i": {"i": 1, "k": 2},
    "with open('x') as file:\n    pass": {"file": 1},
    "if True:\n    def f(): ...\nelse:\n    g = 1": {"f": 2, "g": 4},
    "try:\n    import a\nexcept ImportError:\n    a = None": {"a": 4},
    "[n for n in range(3)]": {},
    "f = lambda x: (x := 1)": {"f": 1},
    "object.x = 1\nlist()[0] = 2": {},
    "%matplotlib inline\nx = !ls\ny = 1": {"x": 2, "y": 3},
    "x = (": {},
}


@pytest.mark.parametrize("source", BOUND)
def test_the_names_that_a_cell_binds_and_where(source):
    assert dict(bound(source)) == BOUND[source]


READ = {
    "def softmax(x, dim):\n    return x.exp() / total": {"total"},
    "print(softmax(x))": {"print", "softmax", "x"},
    "class C:\n    size = width\n    def f(self):\n        return size": {"width", "size"},
    "f = lambda x: x + y": {"y"},
    "z = [n * k for n in names]": {"names", "k"},
    "%timeit softmax(logits)": {"timeit", "softmax", "logits"},
}


@pytest.mark.parametrize("source", READ)
def test_the_names_that_a_cell_reads(source):
    assert globals_read(source) >= READ[source] and "self" not in globals_read(source)


@pytest.mark.parametrize(
    "part", ["\u0316\u0301", "\uff9e\u0316", " "], ids=["accents", "accents as letters", "blanks"]
)
def test_what_python_takes_the_square_of_is_not_read(part):
    source, began = "x = a" + part * (99_000 // len(part)), time.process_time()
    assert not is_quick(source) and not bound(source) and not untouched(source, "pass")
    assert time.process_time() - began < 1
    assert is_quick("# " + "Überprüft: größer als null? 大きい。" * 200)
