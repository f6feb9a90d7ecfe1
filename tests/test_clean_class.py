"""`make clean-class` takes away what a class leaves, once somebody says yes, and nothing else."""

import shutil
import subprocess

import pytest

LEFT = ["gradebook.db", "proctor.db", "report.html", "grades.csv"]
FOLDERS = [
    "submitted/ada b/03-softmax",
    "autograded/ada b",
    "feedback/ada b",
    "attempts",
    "exchange",
]
KEPT = ["Makefile", "students.csv", "groups.csv", "submitted/README.md"]


@pytest.fixture
def folder(course, tmp_path):
    for name in FOLDERS:
        (tmp_path / name).mkdir(parents=True)
    for name in [*LEFT, *KEPT, "submitted/ada b/README.md"]:
        (tmp_path / name).touch()
    shutil.copy(course / "Makefile", tmp_path)
    return tmp_path


def clean(folder, answer):
    command = ["make", "clean-class"]
    return subprocess.run(command, cwd=folder, input=answer, capture_output=True, text=True)


def test_a_class_goes_after_a_yes_and_not_before(folder):
    before = {path for path in folder.rglob("*") if path.is_file()}
    refused = clean(folder, "y\n")
    assert refused.returncode and "Nothing was removed" in refused.stdout
    assert {path for path in folder.rglob("*") if path.is_file()} == before
    done = clean(folder, "yes\n")
    assert done.returncode == 0, done.stderr
    assert "gradebook.db" in done.stdout
    left = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert left == set(KEPT)
    assert not (folder / "attempts").exists() and not (folder / "submitted" / "ada b").exists()
