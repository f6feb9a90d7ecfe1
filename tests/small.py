"""A small course for the tests of the grader: 01 and 03 as they once were, in `small_course/`.

The tests of a folder whose conftest.py imports these fixtures use it in place of the course itself. So no change of the
course's points, texts or exercises breaks one of them.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

COURSE = Path(__file__).parent / "small_course"


def copy_of(course: Path, copy: Path, *names: str) -> Path:
    """Copies a course, with only the named assignments in it, to a folder that is not there yet."""
    copy.mkdir(parents=True)
    shutil.copy(course / "nbgrader_config.py", copy)
    for folder in ("tests/hidden", "answers"):
        shutil.copytree(course / folder, copy / folder, ignore=shutil.ignore_patterns("__py*"))
    for folder in ("source", "release"):
        for name in names:
            shutil.copytree(course / folder / name, copy / folder / name)
    return copy


def known_gradebook(copy_course: Callable[..., Path], place: Path, run) -> Path:
    """A gradebook that knows 03-softmax; to put it there takes a command seconds."""
    copy = copy_course(place / "course", "03-softmax")
    run(copy, "nbgrader", "generate_assignment", "03-softmax", "--create", "--force")
    return copy / "gradebook.db"


@pytest.fixture(scope="session")
def course() -> Path:
    """The small course's folder; read only."""
    return COURSE


@pytest.fixture(scope="session")
def copy_course():
    """Copies the small course, with only the named assignments in it, to a folder that is not there yet."""
    return lambda copy, *names: copy_of(COURSE, copy, *names)


@pytest.fixture(scope="session")
def gradebook(copy_course, tmp_path_factory, run) -> Path:
    return known_gradebook(copy_course, tmp_path_factory.mktemp("known"), run)
