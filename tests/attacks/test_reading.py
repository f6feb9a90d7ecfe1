"""A submission's bytes are read by the process that keeps the books of all: quickly and in little memory, whatever they are."""

import contextlib
import json
import time

import pytest
from test_attacks import forget_peak, peak

from proctor.errors import NotExaminable
from proctor.submission import MAX_SIZE, notebook_in
from proctor.submission.read import MAX_ODD, MAX_RECODED, MAX_SOURCES

SECONDS = 1.5  # of CPU time for 600 KB
SECONDS_OF_ALL = 10  # for the largest that is read
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
    "whole letters": (b'{"cells": [], "x": "%b"}', rb"\ud83d\ude00"),
    "ANSI": (b'{"cells": [{"cell_type": "code", "source": "\x81"}], "x": [NaN, "%b"]}', b"\x81"),
    "UTF-16": (b"\xff\xfe%b", "\N{GRINNING FACE}".encode("utf-16-le")),
    "no notebook": (b"%b", b" \n"),
    "backslashes": (rb'{"cells": [], "x": "%b\ud83d"}', rb"\\"),
    "lists": (BESIDE, b"[],"),
    "dicts": (BESIDE, b'{"":0},'),
    "nested": (BESIDE, b"[" * 900 + b"]" * 900 + b","),
    "deep": (b'{"cells": [], "x": %b', b"["),
    "long numbers": (BESIDE, b"9" * 4300 + b","),
    "one long number": (b'{"cells": [], "x": [NaN, %b]}', b"9"),
    "conflicts": (b"%b", b"<<<<<<<\n=======\n>>>>>>>\n"),
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
    data = of_size(kind, (MAX_RECODED if b"\x81" in HOSTILE[kind] else MAX_SIZE) - 1000)
    forget_peak()
    before, began = peak(), time.process_time()
    with contextlib.suppress(NotExaminable):
        notebook_in(data)
    assert peak() - before < MEMORY
    assert time.process_time() - began < SECONDS_OF_ALL


@pytest.mark.parametrize("size", [1000, 20 * 2**20])
def test_what_python_writes_and_json_has_not_is_read_where_it_stands(size):
    """NaN and infinities in outputs, and half of a letter, beside many pictures."""
    output = {"data": {"image/png": "A" * size}, "metadata": {"x": [float("nan"), float("-inf"), '"NaN" \\']}}
    source = 'NaN, y = -Infinity, "\\\\ud83d\ud83d \N{GRINNING FACE}" # [NaN, -Infinity]'
    cell = {"cell_type": "code", "outputs": [output], "source": source}
    notebook, notes = notebook_in(json.dumps({"cells": [cell, cell]}).encode())
    assert [cell.source for cell in notebook.cells] == [source.replace("\ud83d", "\N{REPLACEMENT CHARACTER}")] * 2
    assert not notes


@pytest.mark.parametrize(
    "data, said",
    [
        (of_size("deep", 600_000) + b"}", "nested too deep"),
        (of_size("source", MAX_SOURCES), "larger than 5 MiB"),
        (of_size("no numbers", 4 * MAX_ODD + 100), "no JSON in more than 1,000,000 places: .* clear all outputs"),
        (of_size("UTF-16", MAX_RECODED + 100), "saved as UTF-16, and larger than 32 MiB: .* clear all outputs"),
    ],
    ids=["deep", "source", "no-numbers", "UTF-16"],
)
def test_what_is_too_much_is_said(data, said):
    with pytest.raises(NotExaminable, match=said):
        notebook_in(data)
