"""Every error of ours is in one tree, comes whole from another process, and ends a command with its message and its code."""

import errno
import pickle
import re

import click
import pytest
from click.testing import CliRunner

from proctor import errors
from proctor.cli.group import Commands
from proctor.course import assignments
from proctor.course.files import replace


def tree(root: type[errors.ProctorError]) -> list[type[errors.ProctorError]]:
    return [root, *(found for each in root.__subclasses__() for found in tree(each))]


OURS = [kind for kind in tree(errors.ProctorError) if kind.__module__ == errors.__name__]


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.__name__)
def test_an_error_comes_whole_from_another_process(kind):
    error = kind("softmax.ipynb is empty")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.exit_code) == (
        kind,
        "softmax.ipynb is empty",
        error.exit_code,
    )


def test_what_mends_it_comes_along():
    again = pickle.loads(pickle.dumps(errors.NotExaminable("it is empty", hand_in=True)))
    assert (again.reason, str(again)) == ("it is empty", "it is empty: hand it in again")
    assert again.to_its_owner.startswith("it is empty: take an earlier copy")
    again.remedy = "save it"
    assert again.to_its_owner == "it is empty: save it, and check it again"


def test_a_file_that_can_not_be_written_is_named_and_its_trouble_too(tmp_path, monkeypatch):
    @click.command(cls=Commands)
    def group():
        pass

    @group.command()
    def fills():
        replace(tmp_path / "softmax.ipynb", b"{}")

    @group.command()
    def prints():
        raise OSError(errno.ENOSPC, "No space left on device")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    for command, said in (
        ("fills", f"{tmp_path / 'softmax.ipynb'}: No space left"),
        ("prints", "Error: No space left"),
    ):
        done = CliRunner().invoke(group, [command])
        assert done.exit_code == 1 and said in done.output


@pytest.mark.parametrize("kind", [errors.CourseError, errors.NotExaminable, errors.CannotRecord])
def test_a_command_ends_with_the_message_and_the_code(kind):
    @click.command(cls=Commands)
    def group():
        pass

    @group.command()
    def fails():
        raise kind("there is no \x1b[2J")

    done = CliRunner().invoke(group, ["fails"])
    assert done.exit_code == kind.exit_code
    assert done.output == "Error: there is no ?[2J\n"


def test_a_notebook_of_the_courses_that_can_not_be_read_is_named(make_course):
    copy = make_course("03-softmax")
    path = copy / "release" / "03-softmax" / "softmax.ipynb"
    path.write_text(f"<<<<<<< HEAD\n{path.read_text()}")
    with pytest.raises(
        errors.CourseError, match=f"{re.escape(str(path))} can't be read as a notebook"
    ):
        assignments(copy)["03-softmax"].released_sources  # noqa: B018
