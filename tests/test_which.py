"""Which of the files that were handed in counts, how it is read, and what is said of it: a class of untidy students."""

import io
import json
import os
import tracemalloc
import zipfile
from copy import deepcopy

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from proctor.answers import put, solved
from proctor.course import assignments, find_course, grade_id
from proctor.course.codes import Code
from proctor.course.report import message_of
from proctor.errors import NotExaminable
from proctor.submission import answered, bytes_of, notebook_in, read
from proctor.submission.choose import load_submission, select_notebook

FOUND = assignments(find_course())
SOFTMAX, MATMUL = FOUND["03-softmax"], FOUND["02-matmul"]
RIGHT, BLANK, OTHER = solved(SOFTMAX), SOFTMAX.released, solved(MATMUL)
MARKED = "<<<<<<< HEAD\n{}=======\n{}>>>>>>> 4f2a1c\n"


def text(notebook) -> bytes:
    return nbformat.writes(notebook).encode()


def half():
    """Right but for one answer."""
    return text(put(RIGHT, "softmax", "def softmax(x, dim):\n    return x"))


def forgotten(notebook, *names: str):
    """The cells with these grade ids, or all, without what nbgrader notes of them."""
    cells = [deepcopy(cell) for cell in notebook.cells if not names or grade_id(cell) in names]
    for cell in cells:
        cell.metadata = {}
    return text(new_notebook(cells=cells))


def zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return packed.getvalue()


def changed(archive: bytes, place: int, bits: int) -> bytes:
    """The archive with other bits at this place of what it says about its first file."""
    made = bytearray(archive)
    for start, more in ((b"PK\3\4", 0), (b"PK\1\2", 2)):
        made[made.index(start) + place + more] ^= bits
    return bytes(made)


def locked(archive: bytes) -> bytes:
    return changed(archive, 6, 1)


def spoiled(archive: bytes) -> bytes:
    return changed(archive, 14, 1)


def conflict(part: str) -> bytes:
    """The notebook as git leaves it where the first line with this part was changed on both sides."""
    line = next(line for line in text(RIGHT).decode().splitlines(keepends=True) if part in line)
    return text(RIGHT).replace(line.encode(), MARKED.format(line, line).encode(), 1)


CONFLICT = conflict('"execution_count": null')
MARKED_LINE = 1 + CONFLICT[: CONFLICT.index(b"<<<<<<<")].count(b"\n")
ONE_CELL = new_code_cell("import torch\n" + "\n\n".join(SOFTMAX.solutions.values()))
WHOLE = {  # what was handed in, and what is said: each counts with all its answers
    "as it is": ({"softmax.ipynb": text(RIGHT)}, ""),
    "with a byte order mark": ({"softmax.ipynb": b"\xef\xbb\xbf" + text(RIGHT)}, ""),
    "UTF-16": ({"softmax.ipynb": text(RIGHT).decode().encode("utf-16")}, "saved as UTF-16"),
    "UTF-16, unmarked": (
        {"softmax.ipynb": text(RIGHT).decode().encode("utf-16-le")},
        "saved as UTF-16",
    ),
    "UTF-32": ({"softmax.ipynb": text(RIGHT).decode().encode("utf-32")}, "saved as UTF-32"),
    "ANSI": (
        {"softmax.ipynb": text(RIGHT).replace(b"# 03", b"# \xfcbung 03")},
        "saved as Windows-1252",
    ),
    "another name": (
        {"Copy of softmax.ipynb": text(RIGHT)},
        "handed in as Copy of softmax.ipynb rather than",
    ),
    "a text": ({"softmax.ipynb.txt": text(RIGHT)}, "handed in as softmax.ipynb.txt"),
    "a copy beside": (
        {"softmax.ipynb": text(RIGHT), "softmax-Copy1.ipynb": half()},
        "softmax-Copy1.ipynb was handed in, too: softmax.ipynb counts",
    ),
    "copies": (
        {"softmax (1).ipynb": half(), "softmax (2).ipynb": text(RIGHT)},
        "softmax (2).ipynb counts",
    ),
    "ten copies": (
        {"softmax-9.ipynb": half(), "softmax-10.ipynb": text(RIGHT)},
        "softmax-10.ipynb counts",
    ),
    "untouched": (
        {"softmax.ipynb": text(BLANK), "softmax (1).ipynb": text(RIGHT)},
        "softmax.ipynb (it holds no answer) was handed in, too: softmax (1).ipynb counts",
    ),
    "broken off": (
        {"softmax.ipynb": text(RIGHT)[:5000], "softmax (1).ipynb": text(RIGHT)},
        "breaks off) was handed in, too: softmax (1).ipynb counts",
    ),
    "swapped": (
        {"softmax.ipynb": text(OTHER), "matmul.ipynb": text(RIGHT)},
        "softmax.ipynb (this is 02-matmul's notebook) was handed in, too: matmul.ipynb counts",
    ),
    "a folder": ({"homework/softmax.ipynb": text(RIGHT)}, "handed in as homework/softmax.ipynb"),
    "an old folder": (
        {"old/softmax.ipynb": half(), "final.ipynb": text(RIGHT)},
        "final.ipynb counts",
    ),
    "an archive": (
        {"my.zip": zipped({"a/softmax.ipynb": text(RIGHT)})},
        "handed in as my.zip/a/softmax.ipynb",
    ),
    "an archive of a Mac": (
        {"my.zip": zipped({"__MACOSX/._softmax.ipynb": b"\0\5", "softmax.ipynb": text(RIGHT)})},
        "handed in as my.zip/softmax.ipynb",
    ),
    "an archive that is deep": (
        {"my.zip": zipped({"a/" * 2200 + "b": b"", "softmax.ipynb": text(RIGHT)})},
        "handed in as my.zip/softmax.ipynb",
    ),
    "a locked file in an archive": (
        {"my.zip": locked(zipped({"data.csv": b"1", "softmax.ipynb": text(RIGHT)}))},
        "my.zip/data.csv (it can't be unpacked (it has a password, or is packed in an unusual way)) was left out",
    ),
    "a locked notebook in an archive": (
        {"my.zip": locked(zipped({"old.ipynb": half(), "softmax.ipynb": text(RIGHT)}))},
        "my.zip/old.ipynb (it can't be unpacked (it has a password, or is packed in an unusual way)) was handed in, too",
    ),
    "a broken file in an archive": (
        {"my.zip": spoiled(zipped({"data.csv": b"1", "softmax.ipynb": text(RIGHT)}))},
        "my.zip/data.csv (it can't be unpacked (Bad CRC-32",
    ),
    "odd names in an archive": (
        {
            "my.zip": zipped(
                {"a\x1b[2J.csv": b"1", "b" * 900 + ".csv": b"", "softmax.ipynb": text(RIGHT)}
            )
        },
        f"my.zip/{'b' * 93}…{'b' * 96}.csv (it can't be unpacked (it lies too deep, or its name is too long or can't be shown)) was",
    ),
    "an odd time in an archive": (
        {"my.zip": changed(zipped({"softmax.ipynb": text(RIGHT)}), 12, 0xFF)},
        "handed in as my.zip/softmax.ipynb",
    ),
    "a hidden archive": (
        {"a.zip": zipped({"softmax.ipynb": text(RIGHT)}), "._a.zip": b"\0\5"},
        "handed in as a.zip/softmax.ipynb",
    ),
    "forgotten": (
        {"softmax.ipynb": forgotten(RIGHT)},
        "matched with the exercises by the names that they define",
    ),
    "answers alone": (
        {"Untitled.ipynb": forgotten(RIGHT, *SOFTMAX.stubs)},
        "matched with the exercises by the names",
    ),
    "one cell": (
        {"hw.ipynb": text(new_notebook(cells=[ONE_CELL]))},
        "matched with the exercises by the names",
    ),
}
NOTHING = {  # what was handed in, and why none of it counts
    "conflict": (
        {"softmax.ipynb": CONFLICT},
        f"git left merge-conflict markers at line {MARKED_LINE}: choose one side, save, and hand it in again",
    ),
    "truncated": ({"softmax.ipynb": text(RIGHT)[:5000]}, "the file ends in the middle, in line"),
    "empty": ({"softmax.ipynb": b""}, "it is empty: hand it in again"),
    "a web page": (
        {"softmax.ipynb": b"\n<!DOCTYPE html>"},
        "it is a web page: hand in the .ipynb file itself",
    ),
    "a script": ({"softmax.ipynb": b"import torch"}, "it doesn't begin as a notebook does"),
    "another one's": (
        {"softmax.ipynb": text(OTHER)},
        "this is 02-matmul's notebook: hand in 03-softmax's",
    ),
    "another one's, forgotten": (
        {"softmax.ipynb": forgotten(OTHER)},
        "this is 02-matmul's notebook",
    ),
    "a notebook of nothing": (
        {"softmax.ipynb": text(new_notebook())},
        "none of this assignment's exercises",
    ),
    "a locked archive": (
        {"my.zip": locked(zipped({"softmax.ipynb": text(RIGHT)}))},
        "my.zip/softmax.ipynb (it can't be unpacked (it has a password, or is packed in an unusual way): hand in the notebook",
    ),
    "a broken archive": (
        {"my.zip": zipped({"softmax.ipynb": text(RIGHT)})[:1000]},
        "my.zip (it can't be unpacked",
    ),
    "another archive": (
        {"my.rar": b"Rar!"},
        "softmax.ipynb is missing; what was handed in: my.rar",
    ),
    "ways out": (
        {"my.zip": zipped({"../../softmax.ipynb": text(RIGHT)})},
        "my.zip (it holds no notebook;",
    ),
    "an archive by a notebook's name": (
        {"softmax.ipynb": zipped({"softmax.ipynb": text(RIGHT)})},
        "it is a zip archive: hand in the .ipynb file itself",
    ),
    "an archive in an archive": (
        {"my.zip": zipped({"inner.zip": zipped({"softmax.ipynb": text(RIGHT)})})},
        "my.zip (it holds no notebook; an archive in it isn't opened: hand in the notebook itself)",
    ),
    "a checkpoint": (
        {".ipynb_checkpoints/softmax.ipynb": text(RIGHT)},
        "what was handed in: .ipynb_checkpoints",
    ),
    "too deep": ({"a/b/c/d/e/softmax.ipynb": text(RIGHT)}, "what was handed in: a/b/c/d/e"),
    "two archives": (
        {"b.zip": zipped({"softmax.ipynb": text(RIGHT)}), "a.zip": zipped({"notes.txt": b""})},
        "b.zip (one archive is opened, a.zip: put all into one)",
    ),
    "nothing": ({}, "softmax.ipynb is missing"),
}


@pytest.fixture
def hand_in(tmp_path):
    def hand_in(files: dict[str, bytes]):
        folder = tmp_path / "submitted" / "ada" / SOFTMAX.name
        folder.mkdir(parents=True)
        for name, data in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        return folder

    return hand_in


@pytest.mark.parametrize("case", WHOLE)
def test_it_counts_whole(case, hand_in):
    files, said = WHOLE[case]
    found = load_submission(hand_in(files), SOFTMAX)
    assert not found.unreadable and answered(found.notebook, SOFTMAX) == SOFTMAX.stubs.keys()
    ids = [grade_id(cell) for cell in found.notebook.cells if grade_id(cell)]
    assert sorted(ids) == sorted(grade_id(cell) for cell in BLANK.cells if grade_id(cell))
    assert said in "; ".join(map(message_of, found.notes)) and bool(said) == bool(found.notes), (
        found.notes
    )


@pytest.mark.parametrize("case", NOTHING)
def test_none_counts_and_it_says_what_to_do(case, hand_in):
    files, said = NOTHING[case]
    found = load_submission(hand_in(files), SOFTMAX)
    assert said in found.unreadable


def test_of_two_that_are_alike_the_newer_one_counts(hand_in):
    folder = hand_in({"a.ipynb": half(), "b.ipynb": text(RIGHT)})
    os.utime(folder / "a.ipynb", (1e9, 1e9))
    assert load_submission(folder, SOFTMAX).notes[0].params["name"] == "b.ipynb"
    os.utime(folder / "b.ipynb", (0.9e9, 0.9e9))
    assert load_submission(folder, SOFTMAX).notes[0].params["name"] == "a.ipynb"


def test_what_lies_beside_it_comes_along(hand_in):
    inside = {
        "a/softmax.ipynb": text(RIGHT),
        "a/helper.py": b"1",
        "../out.py": b"2",
        "/abs.py": b"3",
        "a/.hidden": b"",
    }
    folder = hand_in(
        {"deep/er/softmax.ipynb": text(RIGHT), "deep/er/helper.py": b"1", "top.py": b"2"}
    )
    assert load_submission(folder, SOFTMAX).files.keys() & {"helper.py", "top.py"} == {"helper.py"}
    (folder / "deep/er/softmax.ipynb").unlink()
    (folder / "my.zip").write_bytes(zipped(inside))
    found = load_submission(folder, SOFTMAX).files
    assert found["helper.py"] == b"1" and not {"out.py", "abs.py", ".hidden"} & {
        name.split("/")[-1] for name in found
    }


def test_what_is_too_large_in_an_archive_is_left_out(hand_in, monkeypatch):
    monkeypatch.setattr("proctor.submission.choose.MAX_FILES_SIZE", 2**20)
    inside = {"data.csv": bytes(2**24), "helper.py": b"1", "softmax.ipynb": text(RIGHT)}
    found = select_notebook(hand_in({"my.zip": zipped(inside)}), SOFTMAX)
    assert not found.unreadable and found.files.keys() & inside.keys() == {"helper.py"}


def test_a_bomb_is_not_unpacked(hand_in, monkeypatch):
    monkeypatch.setattr("proctor.submission.choose.MAX_FILES_SIZE", 2**20)
    bomb = zipped({f"{number}.ipynb": bytes(2**24) for number in range(3)})
    folder = hand_in({"my.zip": bomb})
    assert "it can't be unpacked (it is too large)" in select_notebook(folder, SOFTMAX).unreadable
    # and says that it holds a thousand bytes
    folder.joinpath("my.zip").write_bytes(
        bomb.replace((2**24).to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    )
    tracemalloc.start()
    assert "my.zip" in select_notebook(folder, SOFTMAX).unreadable
    assert tracemalloc.get_traced_memory()[1] < 2**22
    tracemalloc.stop()


def test_names_that_several_assignments_share_tell_nothing(tmp_path):
    (tmp_path / "mine.ipynb").write_bytes(
        text(new_notebook(cells=[new_code_cell("examples = [1]")]))
    )
    with pytest.raises(
        NotExaminable, match=r"may be of 01-vectors or 03-softmax or .*: call it vectors.ipynb"
    ):
        read(tmp_path / "mine.ipynb", SOFTMAX.course)
    (tmp_path / "mine.ipynb").rename(tmp_path / "softmax.ipynb")
    assert read(tmp_path / "softmax.ipynb", SOFTMAX.course).assignment == SOFTMAX
    (tmp_path / "softmax.ipynb").write_bytes(text(OTHER))
    assert read(tmp_path / "softmax.ipynb", SOFTMAX.course).notes == [
        Code.OTHER_NAME(assignment="02-matmul")
    ]


@pytest.mark.parametrize(
    "source",
    [
        "(" * 90_000,
        "x = " + "-" * 90_000 + "1",
        "softmax = " + "[" * 5000,
        "softmax = 1\n" * 20_000,
    ],
)
def test_a_source_that_can_not_be_read_tells_nothing(source, hand_in):
    cells = [new_code_cell(f"{source}  # softmax") for _ in range(20)]
    found = load_submission(
        hand_in({"softmax.ipynb": json.dumps(new_notebook(cells=cells)).encode()}), SOFTMAX
    )
    assert found.unreadable or answered(found.notebook, SOFTMAX) <= {"softmax"}


def test_a_file_of_markers_takes_no_time(tmp_path):
    (tmp_path / "a.ipynb").write_bytes(b"<<<<<<< HEAD\n" * 100_000)
    with pytest.raises(NotExaminable, match="merge-conflict markers"):
        notebook_in(bytes_of(tmp_path / "a.ipynb"))
