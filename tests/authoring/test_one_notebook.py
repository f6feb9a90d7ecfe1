"""An assignment is one notebook: with two in its folder, one right of two would have full marks."""

import shutil

import pytest
from nbgrader.api import Gradebook, MissingEntry

NAME = "03-softmax"
SAID = (
    f"source/{NAME} holds softmax-Copy1.ipynb and softmax.ipynb, and an assignment is one notebook: move the others out of "
    f"source/{NAME}, then run 'nbgrader generate_assignment {NAME} --create --force'"
)


@pytest.fixture
def two(make_known_course):
    """A course in which 03 has a second notebook, with ada's submission."""
    copy = make_known_course()
    source = copy / "source" / NAME
    shutil.copy(source / "softmax.ipynb", source / "softmax-Copy1.ipynb")
    shutil.copytree(source, copy / "submitted" / "ada" / NAME)
    return copy


def graded(copy) -> bool:
    with Gradebook(f"sqlite:///{copy / 'gradebook.db'}") as gradebook:
        try:
            return bool(gradebook.find_submission(NAME, "ada"))
        except MissingEntry:
            return False


def test_lint_and_the_release_refuse_it(two, run):
    assert SAID in run(two, "proctor", "lint", code=1).stderr
    before = (two / "release" / NAME / "softmax.ipynb").read_bytes()
    done = run(two, "nbgrader", "generate_assignment", NAME, "--create", "--force", code=1)
    assert done.stderr.splitlines() == [f"[GenerateAssignmentApp | ERROR] {SAID}"]
    assert (two / "release" / NAME / "softmax.ipynb").read_bytes() == before


def test_grade_and_autograde_refuse_it(two, run):
    done = run(two, "proctor", "grade", "--workers", "1", code=1)
    assert (
        f"{NAME}: not graded: {SAID}" in done.stdout
        and "could not be graded: ada/03-softmax" in done.stderr
    )
    done = run(two, "nbgrader", "autograde", NAME, code=1)
    assert f"ada/{NAME}: {SAID}" in done.stderr and "Traceback" not in done.stderr
    assert not graded(two)


@pytest.mark.full
def test_serve_refuses_it_until_it_is_mended(two, run):
    with (two / "nbgrader_config.py").open("a") as file:
        file.write("\nc.ExchangeCollect.check_owner = False\n")
    stamp = "2026-02-01 09:00:00.000000 UTC"
    folder = two / "exchange" / "tiny-llm-math" / "inbound" / f"ada+{NAME}+{stamp}+x"
    shutil.copytree(two / "submitted" / "ada" / NAME, folder)
    (folder / "timestamp.txt").write_text(stamp)
    (folder / "submission_secret.txt").write_text("ada")
    folder.chmod(0o777)
    done = run(two, "proctor", "serve", "--once", "--workers", "1")
    assert f"ada/{NAME} waits: {SAID}" in done.stderr and not graded(two)


@pytest.mark.full
def test_what_a_folder_holds_besides_is_no_second_notebook(make_known_course, run):
    """Checkpoints, hidden files, copies under other names. A release may hold two as well."""
    copy = make_known_course()
    source = copy / "source" / NAME
    for name in (
        ".ipynb_checkpoints/softmax-checkpoint.ipynb",
        ".~softmax.ipynb",
        "softmax.ipynb.bak",
        "softmax.ipynb~",
    ):
        (source / name).parent.mkdir(exist_ok=True)
        shutil.copy(source / "softmax.ipynb", source / name)
    shutil.copytree(copy / "source" / NAME, copy / "submitted" / "ada" / NAME)
    shutil.copy(copy / "release" / NAME / "softmax.ipynb", copy / "release" / NAME / "older.ipynb")
    done = run(copy, "proctor", "grade", "--workers", "1", code=1)
    assert f"release/{NAME} holds older.ipynb and softmax.ipynb" in done.stdout and not graded(copy)
    run(copy, "nbgrader", "generate_assignment", NAME, "--create", "--force")
    run(copy, "proctor", "grade", "--workers", "1")
    assert graded(copy)
