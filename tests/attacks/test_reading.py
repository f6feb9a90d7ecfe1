"""A submission's bytes are read by the process that keeps the books of all: quickly and in little memory, whatever they are."""

import contextlib
import time

import pytest
from test_attacks import forget_peak, peak

from proctor.errors import NotExaminable
from proctor.submission import MAX_SIZE, MAX_SOURCES, damaged, notebook_in

SECONDS = 1.5  # of CPU time for 600 KB
MEMORY = 700 * 2**20  # bytes beyond what the process has already
# around each, what makes a notebook of it
CELLS = b'{"cells": [%b]}'
BESIDE = b'{"cells": [], "x": [NaN, %b 0]}'
CELL = b'{"cell_type": "code", "source": %b}'
HOSTILE = {
    "a string that never ends": (b'{"cells": [], "x": [NaN, "%b', rb"\""),
    "quotes in a notebook": (BESIDE, rb'"\"\"\"\"\"\"\"\"",'),
    "strings": (BESIDE, b'"",'),
    "no numbers": (BESIDE, b"NaN,"),
    "minus infinity": (BESIDE, b"-Infinity,"),
    "halves of letters": (b'{"cells": [], "x": "%b"}', rb"\ud83d"),
    "backslashes": (rb'{"cells": [], "x": "%b\ud83d"}', rb"\\"),
    "lists": (BESIDE, b"[],"),
    "dicts": (BESIDE, b'{"":0},'),
    "nested": (BESIDE, b"[" * 900 + b"]" * 900 + b","),
    "deep": (b'{"cells": [], "x": %b', b"["),
    "long numbers": (BESIDE, b"9" * 4300 + b","),
    "one long number": (b'{"cells": [], "x": [NaN, %b]}', b"9"),
    "conflicts": (b"%b", b"<<<<<<<\n=======\n>>>>>>>\n"),
    "conflicts that never end": (b"%b", b"<<<<<<<\n"),
    "lines after a conflict": (b"<<<<<<<\n%b", b"a\n"),
    "source": (CELLS % CELL % b'["a"%b]', b',"a"'),
    "ids": (CELLS % b'{"cell_type": "code", "source": "", "id": [%b 0]}', b"[],"),
    "cells": (CELLS % (b"%b" + CELL % b'""'), CELL % b'""' + b","),
    "metadata": (
        CELLS % (b"%b" + CELL % b'""'),
        b'{"cell_type": "code", "source": "", "metadata": {"nbgrader": {"x": [' + b"[]," * 20_000 + b"0]}}},",
    ),
    "attachments": (
        CELLS % b'{"cell_type": "raw", "source": "", "attachments": {"x": {%b "y": 0}}}',
        b",".join(b'"%d": {}' % number for number in range(50_000)) + b",",
    ),
}


def of_size(kind: str, size: int) -> bytes:
    around, part = HOSTILE[kind]
    return around % (part * (size // len(part)))


@pytest.mark.parametrize("kind", HOSTILE)
def test_reading_takes_as_long_as_there_are_bytes(kind):
    data, began = of_size(kind, 600_000), time.process_time()
    try:
        notebook_in(data)
    except NotExaminable as error:
        assert len(str(error)) < 400
    assert time.process_time() - began < SECONDS


@pytest.mark.full
@pytest.mark.parametrize("kind", HOSTILE)
def test_the_largest_that_is_read_takes_little_memory(kind):
    around, _ = HOSTILE[kind]
    data = of_size(kind, (damaged.MAX_DAMAGED if b"NaN" in around else MAX_SIZE) - 1000)
    forget_peak()
    before = peak()
    with contextlib.suppress(NotExaminable):
        notebook_in(data)
    assert peak() - before < MEMORY


@pytest.mark.parametrize(
    "data, said",
    [
        (of_size("deep", 600_000) + b"}", "nested too deep"),
        (of_size("one long number", 600_000), "a number that is too long"),
        (of_size("source", MAX_SOURCES), "larger than 5 MiB"),
        (of_size("strings", damaged.MAX_DAMAGED + 10), "larger than 8 MiB"),
    ],
    ids=["deep", "number", "source", "strings"],
)
def test_what_is_too_much_is_said(data, said):
    with pytest.raises(NotExaminable, match=said):
        notebook_in(data)
