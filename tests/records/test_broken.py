"""Submissions that are broken end with a score and a reason, through nbgrader's own command, and harm no other."""

import json
import os
import shutil
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from proctor.answers import put, solved
from proctor.course import assignments

pytestmark = pytest.mark.full

NAME = "03-softmax"


def cells(notebook: dict, name: str) -> list[dict]:
    return [
        cell
        for cell in notebook["cells"]
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == name
    ]


def without(name):
    def change(notebook):
        notebook["cells"] = [
            cell for cell in notebook["cells"] if cell not in cells(notebook, name)
        ]

    return change


def doubled(notebook):
    notebook["cells"] += json.loads(json.dumps(cells(notebook, "softmax_values")))


def retyped(notebook):
    for cell in cells(notebook, "softmax_values"):
        cell["cell_type"] = "markdown"
        del cell["outputs"], cell["execution_count"]


def renamed(notebook):
    for cell in cells(notebook, "softmax_values"):
        cell["metadata"]["nbgrader"]["grade_id"] = "something_else"


def with_metadata(metadata):
    def change(notebook):
        for cell in cells(notebook, "softmax_values"):
            cell["metadata"]["nbgrader"] = {"grade_id": "softmax_values"} | metadata

    return change


def worth_a_thousand(notebook):
    for cell in cells(notebook, "softmax"):
        cell["metadata"]["nbgrader"] |= {"grade": True, "points": 1000}


def another_kernel(notebook):
    notebook["metadata"]["kernelspec"] = {"name": "ir", "display_name": "R", "language": "R"}


def half_a_character(notebook):
    notebook["cells"].append(
        {"cell_type": "markdown", "id": "half", "metadata": {}, "source": "\ud83d"}
    )


def much_output(notebook):
    output = {"output_type": "stream", "name": "stdout", "text": "x" * 20_000_000}
    cells(notebook, "softmax")[0]["outputs"] = [output]


def old(notebook):
    notebook["nbformat_minor"] = 2
    for cell in notebook["cells"]:
        del cell["id"]


def odd_parts(notebook):
    notebook["cells"].append(
        {"cell_type": "code", "metadata": {"nbgrader": [1]}, "outputs": "", "source": ""}
    )


def not_a_number(notebook):
    """As a plot's data holds it, and as Python writes it."""
    data = {"application/json": {"x": [float("nan"), float("-inf"), 'a "NaN" \\']}}
    cells(notebook, "softmax")[0]["outputs"] = [
        {"output_type": "display_data", "data": data, "metadata": {}}
    ]


def odd_attachments(notebook):
    attachments = {"x.png": {"image/png": "no picture"}, "y": 5, "z": {"image/png": 5}}
    notebook["cells"].append(
        {"cell_type": "markdown", "metadata": {}, "attachments": attachments, "source": "![](y)"}
    )


def one_id(notebook):
    for cell in notebook["cells"]:
        cell["id"] = "same"


def odd_metadata(notebook):
    """Of kinds that nbformat's schema rules out, and as large as an extension may make it."""
    for cell in notebook["cells"]:
        cell["metadata"] |= {
            "scrolled": "yes",
            "tags": "mine",
            "name": 5,
            "collapsed": 1,
            "extension": "x" * 100_000,
        }


def other_line_ends(notebook):
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"]).replace("\n", "\r\n")


def no_kernel(notebook):
    notebook["metadata"] = {"kernelspec": None, "language_info": [1]}


TEXTS = {
    "empty": "",
    "no-json": "{'cells': [",
    "no-notebook": "[1, 2]",
    "no-cells": '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
    "null-source": '{"cells": [{"cell_type": "code", "source": null}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
    "future": '{"cells": [], "metadata": {}, "nbformat": 7, "nbformat_minor": 0}',
    "float-format": '{"cells": [{}], "metadata": {}, "nbformat": 4.0, "nbformat_minor": 5}',
    "deep": "[" * 100_000,
    "bytes": b"\xff\xfe\x00",
}
CHANGES = {
    "no-solution": without("softmax"),
    "no-graded": without("softmax_values"),
    "doubled": doubled,
    "retyped": retyped,
    "renamed": renamed,
    "no-metadata": with_metadata({}),
    "wrong-metadata": with_metadata(
        {"grade": "yes", "points": "many", "locked": 3, "solution": None}
    ),
    "worth-a-thousand": worth_a_thousand,
    "kernel": another_kernel,
    "half": half_a_character,
    "output": much_output,
    "old": old,
    "odd": odd_parts,
    "nan": not_a_number,
    "attachments": odd_attachments,
    "one-id": one_id,
    "odd-metadata": odd_metadata,
    "no-kernel": no_kernel,
    "other-line-ends": other_line_ends,
}
STAMPS = {
    "stamp": b"yesterday",
    "no-stamp": b"",
    "long-stamp": b"1 " * 1_000_000,
    "decimal-stamp": f"m{'1' * 30}m+½".encode(),  # one of `decimal`'s own errors
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory, course, copy_course, gradebook, run):
    """The class of broken submissions, and two sound ones at either end, autograded by one command."""
    copy = copy_course(tmp_path_factory.mktemp("broken") / "course", NAME)
    shutil.copy(gradebook, copy)
    right = solved(assignments(course)[NAME])
    whole = nbformat.writes(right)

    def hand_in(student: str) -> Path:
        folder = copy / "submitted" / student / NAME
        folder.mkdir(parents=True)
        return folder / "softmax.ipynb"

    for student in ("aa-sound", "zz-sound"):
        hand_in(student).write_text(whole)
    for student, text in TEXTS.items():
        hand_in(student).write_bytes(text if isinstance(text, bytes) else text.encode())
    for student, change in CHANGES.items():
        notebook = json.loads(whole)
        change(notebook)
        hand_in(student).write_text(json.dumps(notebook))
    for student, stamp in STAMPS.items():
        hand_in(student).write_text(whole)
        (copy / "submitted" / student / NAME / "timestamp.txt").write_bytes(stamp)
    secret = copy / "secret.txt"
    secret.write_text("the secret")
    hand_in("link").symlink_to(copy / "source" / NAME / "softmax.ipynb")
    os.mkfifo(hand_in("fifo"))
    # as Python's lists it takes more than a GiB
    cell = b'{"cell_type": "code", "source": "", "metadata": [' + b"[]," * 25_000_000 + b"0]}"
    hand_in("heavy").write_bytes(b'{"cells": [' + cell + b"]}")
    beside = hand_in("beside")
    peeking = put(
        right,
        "softmax",
        "import os\nfor name in os.listdir():\n    print(name, open(name).read()[:50])",
    )
    beside.write_text(nbformat.writes(peeking))
    (beside.parent / "link.txt").symlink_to(secret)
    (beside.parent / "data.txt").write_text("data of one's own")
    for module in ("figures.py", "jedi.py"):
        (beside.parent / module).write_text("mine = 1")
    with (beside.parent / "holes").open("wb") as holes:
        holes.truncate(2**31)
    os.mkfifo(beside.parent / "pipe")
    folders = hand_in("folders")
    makes = nbformat.v4.new_code_cell(
        "import os\nos.makedirs('softmax.ipynb')\nopen('softmax.ipynb/own.txt', 'w').close()"
    )
    folders.write_text(nbformat.writes(nbformat.v4.new_notebook(cells=[*right.cells, makes])))
    for name in ("expect.py", "timestamp.txt", "own.ipynb"):
        (folders.parent / name).mkdir()
        (folders.parent / name / "own.txt").write_text("mine")
    run(copy, "nbgrader", "autograde", NAME)
    return copy


def score(copy: Path, student: str) -> float | None:
    """None where a person is to look."""
    with Gradebook(f"sqlite:///{copy / 'gradebook.db'}") as gradebook:
        submission = gradebook.find_submission(NAME, student)
        assert submission.max_score == 30
        return None if submission.needs_manual_grade else submission.score


def said(copy: Path, student: str) -> str:
    return (copy / "autograded" / student / NAME / "softmax.ipynb").read_text()


@pytest.mark.parametrize("student", [*TEXTS, "link", "fifo", "heavy"])
def test_what_can_not_be_read_has_no_grade_and_says_why(graded, student):
    assert score(graded, student) is None
    assert "could not be read" in said(graded, student)


def test_what_takes_too_much_to_read_says_what_to_hand_in(graded):
    assert "it takes too much memory to read: hand in the notebook alone" in said(graded, "heavy")


@pytest.mark.parametrize("student", [*CHANGES, *STAMPS, "folders", "aa-sound", "zz-sound"])
def test_what_can_be_mended_is_graded(graded, student):
    assert (
        score(graded, student) == 30
        if student != "no-solution"
        else 0 < score(graded, student) <= 24
    )


def test_no_folder_takes_the_place_of_a_file(graded):
    place = graded / "autograded" / "folders" / NAME
    assert not [path.name for path in place.iterdir() if path.is_dir()]


def test_links_fifos_modules_and_what_is_too_large_beside_a_submission_are_left_out(graded):
    text = said(graded, "beside")
    assert not (graded / "autograded" / "beside" / NAME / "holes").exists()
    assert "data of one's own" in text and "the secret" not in text
    assert not (graded / "autograded" / "beside" / NAME / "link.txt").exists()
    assert {path.name for path in (graded / "autograded" / "beside" / NAME).glob("*.py")} == {
        "expect.py",
        "figures.py",
        "play.py",
        "suspects.py",
    }
    assert "mine" not in (graded / "autograded" / "beside" / NAME / "figures.py").read_text()
    assert score(graded, "beside") < 30
