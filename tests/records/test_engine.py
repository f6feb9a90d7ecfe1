"""Whichever command grades, one engine records: an instructor's own preprocessors run in it, and it leaves nothing half done."""

import contextlib
import os
import stat
import tempfile
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config.loader import PyFileConfigLoader

from proctor.answers import solved
from proctor.course import assignments, grade_id
from proctor.course.report import report_in
from proctor.errors import CannotRecord, GradingError
from proctor.records import lock
from proctor.records.engine import Recorder
from proctor.records.gradebook import nbgraders_log, trouble
from proctor.records.plugins import Examine
from proctor.records.stage import stage, write_new_files
from proctor.records.stale import points
from proctor.sandbox.cell import Limits

NAME = "03-softmax"
MINE = """
from pathlib import Path

from nbgrader.preprocessors import NbGraderPreprocessor


class Mine(NbGraderPreprocessor):
    def preprocess(self, nb, resources):
        if (Path(__file__).parent / "broken").exists():
            raise ValueError("mine is broken")
        nb.metadata["mine"] = resources["nbgrader"]["student"]
        return nb, resources
"""


@pytest.mark.full
@pytest.mark.parametrize(
    "command", [("nbgrader", "autograde", NAME), ("proctor", "grade", "--workers", "1")]
)
def test_a_preprocessor_of_the_instructors_runs_and_where_it_fails_the_last_result_stays(
    make_known_course, course, run, command
):
    copy = make_known_course()
    (copy / "mine.py").write_text(MINE)
    with (copy / "nbgrader_config.py").open("a") as file:
        file.write("\nc.Autograde.autograde_preprocessors.append('mine.Mine')\n")
    folder = copy / "submitted" / "ada" / NAME
    folder.mkdir(parents=True)
    nbformat.write(solved(assignments(course)[NAME]), folder / "softmax.ipynb")
    run(copy, *command)
    graded = copy / "autograded" / "ada" / NAME / "softmax.ipynb"
    assert nbformat.read(graded, as_version=4).metadata.mine == "ada"
    before = graded.read_bytes()

    (copy / "broken").touch()
    done = run(copy, *command, "--force", code=1)
    said = done.stdout + done.stderr
    assert "ValueError: mine is broken" in said and "Traceback" not in said
    assert graded.read_bytes() == before
    with Gradebook(f"sqlite:///{copy / 'gradebook.db'}") as gradebook:
        assert gradebook.find_submission(NAME, "ada").score == 30


def process() -> tuple:
    """What of this process a grading changes while it runs."""
    umask = os.umask(0o022)
    os.umask(umask)
    return umask, tempfile.tempdir, Path.cwd(), os.environ.get("NBGRADER_EXECUTION")


@pytest.mark.full
def test_the_formgraders_button_leaves_its_process_as_it_was(
    make_known_course, course, run, monkeypatch
):
    """It grades in the process of Jupyter's server, which goes on afterwards."""
    copy = make_known_course()
    folder = copy / "submitted" / "ada" / NAME
    folder.mkdir(parents=True)
    nbformat.write(solved(assignments(course)[NAME]), folder / "softmax.ipynb")
    config = PyFileConfigLoader("nbgrader_config.py", path=str(copy)).load_config()
    press, before = NbGraderAPI(CourseDirectory(config=config), config=config).autograde, process()
    said = press(NAME, "ada")
    assert said["success"], said
    with Gradebook(f"sqlite:///{copy / 'gradebook.db'}") as gradebook:
        assert gradebook.find_submission(NAME, "ada").score == 30
    assert process() == before

    notebook = nbformat.read(
        graded := copy / "autograded" / "ada" / NAME / "softmax.ipynb", as_version=4
    )
    notebook.metadata.proctor.made_of = {}
    nbformat.write(notebook, graded)
    assert press(NAME, "ada", force=False)["success"] and report_in(graded)["made_of"], (
        "what was unjudged is graded again"
    )
    monkeypatch.setattr(lock, "PATIENCE", 0.1)
    with lock.writing(lock.workplace(copy)):
        said = press(NAME, "ada")
    assert not said["success"] and "another program has been writing for" in said["log"]
    assert process() == before
    (copy / "submitted" / "ada" / NAME / "softmax.ipynb").write_text("{")
    assert press(NAME, "ada")["success"] and process() == before


@pytest.mark.parametrize("level, kind", [("warning", GradingError), ("error", CannotRecord)])
def test_only_what_nbgrader_calls_an_error_tells_of_the_gradebook(tmp_path, level, kind):
    """A warning of nbgrader's may quote what a student's cell has printed."""
    with (
        pytest.raises(GradingError, match=r"mine is broken|another program holds") as raised,
        nbgraders_log(tmp_path) as log,
    ):
        getattr(log, level)("x\nsqlite3.OperationalError: database is locked")
        raise ValueError("mine is broken")
    assert raised.type is kind


def test_an_error_of_the_disk_need_not_be_that_it_is_full(tmp_path):
    assert "is full or broken: free some space" in str(
        trouble(tmp_path, "OperationalError: disk I/O error")
    )
    assert "is full: free some space" in str(
        trouble(tmp_path, "OSError: [Errno 28] No space left on device")
    )


@pytest.mark.full
def test_a_new_gradebook_holds_what_is_released(make_course):
    """Points that were changed in `source/`, and a cell that is new there, count for nobody yet."""
    copy = make_course(NAME)
    path = copy / "source" / NAME / "softmax.ipynb"
    notebook = nbformat.read(path, as_version=4)
    (cell,) = (each for each in notebook.cells if grade_id(each) == "softmax_values")
    cell.metadata.nbgrader.points += 2
    new = deepcopy(cell)
    new.id = new.metadata.nbgrader.grade_id = "softmax_anew"
    notebook.cells.append(new)
    nbformat.write(notebook, path)
    assignment = assignments(copy)[NAME]
    with contextlib.closing(Recorder(copy)) as recorder:
        recorder.prepare(assignment)
    with Gradebook(f"sqlite:///{copy / 'gradebook.db'}") as gradebook:
        known = gradebook.find_notebook("softmax", NAME)
        assert {each.name: each.max_score for each in known.grade_cells} == points(assignment)
        names = {each.name for each in known.source_cells}
    assert names == set(filter(None, map(grade_id, assignment.released.cells)))


@pytest.mark.full
def test_a_gradebook_that_nbgrader_made_is_closed_to_others(tmp_path):
    for mode, config, wanted in (
        (0o755, "", 0o600),
        (0o755, "c.CourseDirectory.groupshared = True", 0o664),
        (0o2770, "", 0o664),
    ):
        course = tmp_path / f"{mode:o} {config}"
        course.mkdir()
        course.chmod(mode)
        (course / "nbgrader_config.py").write_text(f"c = get_config()\n{config}\n")
        gradebook = course / "gradebook.db"
        gradebook.touch()
        gradebook.chmod(0o664)
        Recorder(course).close()
        assert stat.S_IMODE(gradebook.stat().st_mode) == wanted, course.name


def test_a_reserved_name_is_known_however_it_is_spelled(tmp_path):
    """A sandbox may send any name. What no disk can hold is named, too, and stops no other file."""
    bad = [
        "timestamp.txt",
        "./timestamp.txt",
        "a/../timestamp.txt",
        "timestamp.txt/",
        "TIMESTAMP.txt",
        "timestamp.txt/x.txt",
    ]
    bad += [
        "/timestamp.txt",
        "../timestamp.txt",
        f"{'x' * 300}.txt",
        "a.csv/b.csv",
        "new\nline.txt",
        "\u202etxt.csv",
        "\0.txt",
    ]
    files = {"a.csv": b"1"} | dict.fromkeys(bad, b"1999-01-01 00:00:00 UTC")
    notes = write_new_files(files | {"timestamps/data.txt": b"1"}, tmp_path)
    kept = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert kept == {"a.csv", "timestamps/data.txt"} and len(notes) == 2
    assert notes[1].params["names"] == [
        "./timestamp.txt",
        "TIMESTAMP.txt",
        "timestamp.txt",
        "timestamp.txt/",
    ]
    assert notes[0].params["names"][-1] == "4 more", notes


def test_a_timestamp_keeps_its_text_and_its_time_zone(tmp_path):
    """As nbgrader keeps it; a text that is no time is replaced by the time of its file."""
    local = "2030-02-02 15:58:23.948203 America/Los_Angeles"
    stamps = {
        local: local,
        "": "",
        f"{local}{' ' * 4000}x": local,
        "soon": "1970-01-01 00:00:00 UTC",
    }
    for number, (text, wanted) in enumerate(stamps.items()):
        folder = tmp_path / "submitted" / str(number)
        folder.mkdir(parents=True)
        (folder / "timestamp.txt").write_text(text)
        os.utime(folder / "timestamp.txt", (0, 0))
        notes = stage(folder, tmp_path / "source", tmp_path / "staged" / str(number), ours=False)
        assert (tmp_path / "staged" / str(number) / "timestamp.txt").read_text() == wanted
        assert [note.code for note in notes] == ["bad_timestamp"] * (text == "soon")


def test_without_a_limit_a_cell_has_the_notebooks():
    for timeout, seconds in {
        50: 50,
        0: Limits.notebook,
        -1: Limits.notebook,
        None: Limits.notebook,
    }.items():
        assert Examine(timeout=timeout).limits.cell == seconds
