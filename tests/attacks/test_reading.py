"""A submission's bytes, whatever they are, are read quickly, and by a process of their own that has limits."""

import base64
import io
import json
import os
import signal
import time
import zipfile
from pathlib import Path

import nbformat
import pytest
from test_attacks import COURSE, forget_peak, peak
from test_pages import feedback

from proctor.answers import solved
from proctor.course import assignments, find_course
from proctor.errors import NoSandbox, NotExaminable, OverLimit, ProctorError
from proctor.sandbox import limited
from proctor.sandbox.isolation import _why_no_landlock
from proctor.sandbox.limited import MAX_REPLY, run_limited
from proctor.submission import MAX_SIZE, MAX_SOURCES, answered, notebook_in
from proctor.submission.choose import load_submission

SOFTMAX = assignments(find_course())["03-softmax"]

SECONDS = 1.5  # of CPU time for 600 KB
SECONDS_OF_ALL = 60  # for the largest, by the clock: ten of CPU time, on a crowded machine, too
MEMORY = 64 * 2**20  # bytes that the process which asks takes for it
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
        b'{"cell_type": "code", "source": "", "metadata": {"nbgrader": {"x": ['
        + b"[]," * 20_000
        + b"0]}}},",
    ),
    "accents": (CELLS % CELL % b'"def softmax(x, dim): return a%b"', "\u0316\u0301".encode()),
    "answers, each as slow as may be": (
        CELLS % (b"%b" + CELL % b'""'),
        b'{"cell_type": "code", "metadata": {"nbgrader": {"grade_id": "softmax"}}, "source": "x = a'
        + b"%b" % ("\u0316\u0301" * 45_000).encode()
        + b'"},',
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


@pytest.fixture
def hand_in(tmp_path):
    def hand_in(name: str, data: bytes, student: str = "eve") -> Path:
        folder = tmp_path / "submitted" / student / SOFTMAX.name
        folder.mkdir(parents=True)
        (folder / name).write_bytes(data)
        return folder

    return hand_in


@pytest.mark.full
@pytest.mark.parametrize("kind", HOSTILE)
def test_the_largest_that_is_read_takes_little_of_the_process_that_asks(kind, hand_in):
    folder = hand_in("softmax.ipynb", of_size(kind, MAX_SIZE - 1000))
    forget_peak()
    before, began = peak(), time.monotonic()
    assert load_submission(folder, SOFTMAX).unreadable
    assert peak() - before < MEMORY
    assert time.monotonic() - began < SECONDS_OF_ALL


def zipped(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return packed.getvalue()


def long_cell(size: int) -> bytes:
    return CELLS % CELL % b'"%b"' % (b"a" * size)


def attached(count: int, size: int, each: int = 1) -> bytes:
    """A right notebook, with `count` cells more; to each of them, as many pictures of this size are attached."""
    picture = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(size)).decode()
    cell = {"cell_type": "markdown", "metadata": {}, "source": "![](attachment:a.png)"}
    cell |= {
        "attachments": {
            name: {"image/png": picture} for name in ["a.png", *map(str, range(1, each))]
        }
    }
    notebook = json.loads(nbformat.writes(solved(SOFTMAX)))
    return json.dumps(notebook | {"cells": notebook["cells"] + [cell] * count}).encode()


def test_pictures_beyond_a_sane_size_are_left_out(hand_in):
    found = load_submission(hand_in("softmax.ipynb", attached(30, 2_900_000)), SOFTMAX)
    kept = [cell for cell in found.notebook.cells if cell.get("attachments")]
    assert not found.unreadable and answered(found.notebook, SOFTMAX) == SOFTMAX.stubs.keys()
    assert len(kept) == 10 and all(cell.attachments["a.png"]["image/png"] for cell in kept)


@pytest.mark.full
def test_many_tiny_pictures_take_neither_time_nor_memory_of_a_page(hand_in):
    """Of 190,000, each page took 16 s of CPU time and 300 MiB."""
    found = load_submission(hand_in("softmax.ipynb", attached(1900, 0, each=100)), SOFTMAX)
    cells = [cell for cell in found.notebook.cells if cell.cell_type == "markdown"]
    assert not found.unreadable and answered(found.notebook, SOFTMAX) == SOFTMAX.stubs.keys()
    assert sum(len(cell.get("attachments", {})) for cell in cells) == 500
    forget_peak()
    before, began = peak(), time.process_time()
    assert "attachment:a.png" in feedback(COURSE, nbformat.v4.new_notebook(cells=cells))
    assert peak() - before < MEMORY and time.process_time() - began < 5


HEAVY = {  # the name of a file that was handed in, what is in it, and what is said
    "a marker in a large file": (
        "softmax.ipynb",
        lambda: b"<<<<<<< mine\n" + b"a\n" * 2**24,
        "git left merge-conflict markers at line 1",
    ),
    "members that inflate beside each notebook": (
        "my.zip",
        lambda: zipped(
            {f"{n}/{m}": bytes(2**22) for n in range(10) for m in ("a.csv", "softmax.ipynb")}
        ),
        "my.zip/0/softmax.ipynb (it is not a notebook",
    ),
    "a cell of 248 MiB in a small archive": (
        "my.zip",
        lambda: zipped({"softmax.ipynb": long_cell(248 * 2**20)}),
        "it can't be unpacked (it is too large)",
    ),
    "a cell of 30 MiB in a small archive": (
        "my.zip",
        lambda: zipped({"softmax.ipynb": long_cell(30 * 2**20)}),
        "larger than 5 MiB",
    ),
    "deep": ("softmax.ipynb", lambda: of_size("deep", 2**24) + b"}", "nested too deep"),
    "a long number": (
        "softmax.ipynb",
        lambda: of_size("one long number", 2**24),
        "it can't be read (ValueError",
    ),
}


@pytest.mark.parametrize("case", HEAVY)
def test_what_is_heavy_is_read_elsewhere_and_said(case, hand_in):
    name, data, said = HEAVY[case]
    folder = hand_in(name, data())
    forget_peak()
    before, began = peak(), time.monotonic()
    assert said in load_submission(folder, SOFTMAX).unreadable
    assert peak() - before < MEMORY
    assert time.monotonic() - began < SECONDS_OF_ALL


def slow() -> bytes:
    """A notebook of 15 MB, of which Python makes thirty times as much, in seconds.

    It is larger than the memory that earlier tests of the same worker gave back, which the reader
    may use beside its limit.
    """
    facts = b'{"cell_type": "code", "source": "", "metadata": [' + b"{}," * 5_000_000 + b"0]}"
    return CELLS % facts


@pytest.mark.parametrize(
    "limit, value, said",
    [
        ("CPU", 0.05, "it takes too long to read: hand in the notebook alone"),
        ("MEMORY", 2**20, "it takes too much memory to read: hand in the notebook alone"),
    ],
    ids=["time", "memory"],
)
def test_past_the_limits_it_is_unreadable_and_the_next_one_is_read(
    monkeypatch, limit, value, said, hand_in
):
    honest = hand_in("softmax.ipynb", nbformat.writes(solved(SOFTMAX)).encode(), "ada")
    hostile = hand_in("softmax.ipynb", slow())
    assert not load_submission(honest, SOFTMAX).unreadable
    with monkeypatch.context() as patched:
        # the next process that reads is forked with this limit
        patched.setattr(limited, limit, value)
        limited._process()._end()
        assert load_submission(hostile, SOFTMAX, limited.CPU).unreadable == said
    found = load_submission(honest, SOFTMAX)
    assert answered(found.notebook, SOFTMAX) == SOFTMAX.stubs.keys()


def killed() -> None:
    """As the system kills one where the machine's memory runs out."""
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_reader_that_the_machine_kills_says_nothing_of_what_it_read():
    with pytest.raises(NoSandbox, match="was killed: see how much memory"):
        run_limited(killed)
    assert run_limited(large, 1) == " "


def large(size: int) -> str:
    return " " * size


def test_what_is_too_large_to_be_sent_back_is_over_a_limit():
    with pytest.raises(OverLimit, match="too much memory"):
        run_limited(large, MAX_REPLY)


def write(path: str) -> None:
    Path(path).write_text("there")


def test_the_process_that_reads_can_not_write(tmp_path):
    if _why_no_landlock():
        pytest.skip("this kernel has no Landlock")
    with pytest.raises(ProctorError, match="PermissionError"):
        run_limited(write, str(tmp_path / "file"))
    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize("size", [1000, 20 * 2**20])
def test_what_python_writes_and_json_has_not_is_read_where_it_stands(size):
    """NaN and infinities in outputs, and half of a letter, beside many pictures."""
    output = {
        "data": {"image/png": "A" * size},
        "metadata": {"x": [float("nan"), float("-inf"), '"NaN" \\']},
    }
    source = 'NaN, y = -Infinity, "\\\\ud83d\ud83d \N{GRINNING FACE}" # [NaN, -Infinity]'
    cell = {"cell_type": "code", "outputs": [output], "source": source}
    notebook, notes = notebook_in(json.dumps({"cells": [cell, cell]}).encode())
    assert [cell.source for cell in notebook.cells] == [
        source.replace("\ud83d", "\N{REPLACEMENT CHARACTER}")
    ] * 2
    assert not notes


@pytest.mark.parametrize(
    "data, said",
    [
        (of_size("deep", 600_000) + b"}", "nested too deep"),
        (of_size("source", 4 * MAX_SOURCES + 100), "larger than 5 MiB"),
    ],
    ids=["deep", "source"],
)
def test_what_is_too_much_is_said(data, said):
    with pytest.raises(NotExaminable, match=said):
        notebook_in(data)
