"""Whatever a course's configuration says, no command runs a submission without walls, unless students are trusted."""

import json
import shutil
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.api import Gradebook

from proctor.answers import solved
from proctor.course import assignments
from proctor.course.report import report_in

NAME = "03-softmax"
GRADE = ("proctor", "grade", "--workers", "1")
SECRET = "the instructor's own"
# tries each on its own; whatever works leaves a trace outside or in the notebook
ATTACK = """
import subprocess
from pathlib import Path

outside = Path({outside!r})
tries = {{
    "write": lambda: (outside / "written").write_text("x"),
    "read": lambda: print((outside / "secret").read_text()),
    "shell": lambda: subprocess.run(["touch", str(outside / "by-a-shell")], check=True),
}}
for name, attempt in tries.items():
    try:
        attempt()
    except Exception:
        pass
"""
EXECUTE = '["nbgrader.preprocessors.Execute", "nbgrader.preprocessors.SaveAutoGrades"]'
RUNS = '"nbconvert.preprocessors.ExecutePreprocessor"'
CONFIGURATIONS = {
    "empty": "",
    "nbgrader's own": "c = get_config()\nc.CourseDirectory.course_id = 'mine'\n",
    "all that runs a notebook": f"""
c = get_config()
c.ExecutePreprocessor.enabled = True
c.Autograde.sanitize_preprocessors = ["nbgrader.preprocessors.ClearOutput", "nbgrader.preprocessors.Execute"]
c.Autograde.autograde_preprocessors = ["mine.Mine", "nbgrader.preprocessors.Execute", {RUNS}, "mine.MyExecute"]
c.Exporter.preprocessors = [{RUNS}]
c.HTMLExporter.default_preprocessors = [{RUNS}]
c.GenerateFeedback.preprocessors = [
    {RUNS},
    "mine.MyExecute",
    "nbgrader.preprocessors.GetGrades",
    "proctor.records.feedback_page.Summary",
]
""",
}
MINE = """
from nbgrader.preprocessors import Execute, NbGraderPreprocessor


class Mine(NbGraderPreprocessor):
    def preprocess(self, nb, resources):
        nb.metadata["mine"] = resources["nbgrader"]["student"]
        return nb, resources


class MyExecute(Execute):
    pass
"""


@pytest.fixture
def outside(tmp_path):
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret").write_text(SECRET)
    return folder


@pytest.fixture
def hostile(course, outside):
    """The reference solutions, and a cell that attacks."""
    notebook = solved(assignments(course)[NAME])
    notebook.cells.append(new_code_cell(ATTACK.format(outside=str(outside))))
    return notebook


def hand_in(copy: Path, notebook, name: str = NAME, file: str = "softmax.ipynb") -> None:
    folder = copy / "submitted" / "eve" / name
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / file)


def got(copy: Path, outside: Path) -> list[str]:
    """The traces of attacks that worked, outside and in what was made of the submission."""
    traces = [path.name for path in outside.iterdir() if path.name != "secret"]
    made = [*copy.glob("autograded/eve/*/*.ipynb"), *copy.glob("feedback/eve/*/*.html")]
    return traces + [path.name for path in made if SECRET in path.read_text()]


def score(copy: Path, name: str = NAME) -> float:
    with Gradebook(f"sqlite:///{copy / 'gradebook.db'}") as gradebook:
        return gradebook.find_submission(name, "eve").score


@pytest.mark.full
def test_the_attack_works_in_an_ordinary_kernel(outside, run):
    """So it tells walls from none."""
    cell = new_code_cell(ATTACK.format(outside=str(outside)))
    nbformat.write(new_notebook(cells=[cell]), outside.parent / "attack.ipynb")
    run(outside.parent, "jupyter", "nbconvert", "--to", "notebook", "--execute", "attack.ipynb")
    assert {path.name for path in outside.iterdir()} == {"secret", "written", "by-a-shell"}
    assert SECRET in (outside.parent / "attack.nbconvert.ipynb").read_text()


@pytest.mark.full
@pytest.mark.parametrize(
    "configuration",
    [
        pytest.param("empty", marks=pytest.mark.full),
        pytest.param("nbgrader's own", marks=pytest.mark.full),
        "all that runs a notebook",
    ],
)
def test_grade_and_feedback_bring_the_walls(
    make_known_course, hostile, outside, run, configuration, most
):
    copy = make_known_course()
    (copy / "nbgrader_config.py").write_text(CONFIGURATIONS[configuration])
    (copy / "mine.py").write_text(MINE)
    hand_in(copy, hostile)
    run(copy, *GRADE, "--what-if")
    run(copy, *GRADE)
    graded = copy / "autograded" / "eve" / NAME / "softmax.ipynb"
    assert report_in(graded)["score"] == score(copy) == most
    assert not got(copy, outside)
    if configuration.startswith("all"):
        assert nbformat.read(graded, as_version=4).metadata.mine == "eve", (
            "the instructor's own preprocessor runs"
        )
    run(copy, "proctor", "feedback")
    (page,) = copy.glob("feedback/eve/*/softmax.html")
    assert f"{most:g}" in page.read_text() and not got(copy, outside)


@pytest.mark.full
def test_serve_brings_the_walls(make_known_course, hostile, outside, run, most):
    copy = make_known_course()
    own = f"""
c.CourseDirectory.course_id = "tiny-llm-math"
c.Exchange.root = {str(copy / "exchange")!r}
c.ExchangeCollect.check_owner = False
"""
    (copy / "nbgrader_config.py").write_text(CONFIGURATIONS["all that runs a notebook"] + own)
    (copy / "mine.py").write_text(MINE)
    stamp = "2026-02-01 09:00:00.000000 UTC"
    folder = copy / "exchange" / "tiny-llm-math" / "inbound" / f"eve+{NAME}+{stamp}+x"
    folder.mkdir(parents=True)
    nbformat.write(hostile, folder / "softmax.ipynb")
    (folder / "timestamp.txt").write_text(stamp)
    (folder / "submission_secret.txt").write_text("eve")
    folder.chmod(0o777)
    run(copy, "proctor", "serve", "--once", "--workers", "1")
    (page,) = copy.glob("exchange/tiny-llm-math/feedback/*.html")
    assert score(copy) == most and f"{most:g} of {most:g} points" in page.read_text()
    assert SECRET not in page.read_text() and not got(copy, outside)


AUTOGRADE = {
    # where nbgrader finds more configuration, and in which words
    "in the course": (
        "course/nbgrader_config.py",
        f"\nc.Autograde.autograde_preprocessors = {EXECUTE}\n",
    ),
    "as JSON": (
        "course/nbgrader_config.json",
        json.dumps({"Autograde": {"autograde_preprocessors": json.loads(EXECUTE)}}),
    ),
    "in Jupyter's folder": (
        "jupyter/nbgrader_config.py",
        f"c = get_config()\nc.Autograde.autograde_preprocessors = {EXECUTE}\nc.ExecutePreprocessor.enabled = True\n",
    ),
}


@pytest.mark.full
@pytest.mark.parametrize("where", AUTOGRADE)
def test_nbgrader_autograde_with_proctors_plugin_brings_the_walls(
    make_known_course, hostile, outside, run, where, most
):
    """Its configuration names the plugin alone; an assignment of the instructor's own has no hidden checks."""
    copy = make_known_course()
    (copy / "nbgrader_config.py").write_text(
        "c = get_config()\nc.Autograde.exporter_class = 'proctor.records.plugins.Intake'\n"
    )
    path, text = AUTOGRADE[where]
    (copy.parent / path).parent.mkdir(exist_ok=True)
    with (copy.parent / path).open("a") as file:
        file.write(text)
    facts = {
        "schema_version": 3,
        "grade_id": "one",
        "grade": True,
        "solution": False,
        "locked": True,
        "task": False,
    }
    cell = new_code_cell("assert True", metadata={"nbgrader": facts | {"points": 1}})
    (copy / "source" / "own").mkdir()
    nbformat.write(new_notebook(cells=[cell]), copy / "source" / "own" / "own.ipynb")
    elsewhere = {"JUPYTER_CONFIG_DIR": str(copy.parent / "jupyter")}
    run(copy, "nbgrader", "generate_assignment", "own", "--create", **elsewhere)
    own = nbformat.read(copy / "release" / "own" / "own.ipynb", as_version=4)
    own.cells.append(hostile.cells[-1])
    hand_in(copy, hostile)
    hand_in(copy, own, "own", "own.ipynb")
    for name, points in {NAME: most, "own": 1}.items():
        run(copy, "nbgrader", "autograde", name, **elsewhere)
        assert score(copy, name) == points and not got(copy, outside)


@pytest.mark.full
def test_another_kernel_runs_only_what_is_trusted(make_course, outside, run):
    """The sandbox is Python's alone; a kernel of any other language has no walls."""
    copy = make_course(NAME)
    with (copy / "nbgrader_config.py").open("a") as file:
        file.write("\nc.ClearSolutions.code_stub['another'] = 'pass'\n")
    cell = new_code_cell("assert 1 == 1")
    facts = {
        "schema_version": 3,
        "grade_id": "one",
        "grade": True,
        "solution": False,
        "locked": True,
        "task": False,
    }
    cell.metadata.nbgrader = facts | {"points": 1}
    kernel = {"kernelspec": {"name": "python3", "display_name": "Another", "language": "another"}}
    (copy / "source" / "own").mkdir()
    nbformat.write(
        new_notebook(cells=[cell], metadata=kernel), copy / "source" / "own" / "own.ipynb"
    )
    run(copy, "nbgrader", "generate_assignment", "own", "--create")
    own = nbformat.read(copy / "release" / "own" / "own.ipynb", as_version=4)
    own.cells.append(new_code_cell(ATTACK.format(outside=str(outside))))
    hand_in(copy, own, "own", "own.ipynb")
    done = run(copy, *GRADE, "own", code=1)
    why = "its notebook is for another kernel than Python's"
    assert f"own: not graded: {why}" in done.stdout and "add --trust-students" in done.stdout
    done = run(copy, "nbgrader", "autograde", "own", code=1)
    assert (
        f"eve/own: {why}" in done.stderr
        and "Traceback" not in done.stderr
        and not got(copy, outside)
    )
    run(copy, *GRADE, "own", "--trust-students")
    assert score(copy, "own") == 1 and "written" in got(copy, outside)
    (outside / "written").unlink()
    (copy / "source" / "own" / "own.ipynb").unlink()
    run(copy, "nbgrader", "autograde", "own", "--force", code=1)
    assert not (outside / "written").exists(), "the gradebook says which kernel it is"


@pytest.mark.full
def test_a_module_beside_a_submission_is_not_taken_for_pythons(
    make_course, hostile, outside, run, most
):
    """Processes that a command starts in a student's folder would import what is called as a part of Python."""
    copy = make_course(NAME)
    hand_in(copy, hostile)
    folder = copy / "submitted" / "eve" / NAME
    for name in ("multiprocessing", "random", "struct", "torch"):
        (folder / f"{name}.py").write_text(f"open({str(outside / name)!r}, 'w')\n")
    notebook = folder / "softmax.ipynb"
    for command in (["check", notebook], ["grade", "--workers", "1"], ["doctor"]):
        run(folder, "proctor", *command, alone=True, code=None)
        assert not got(copy, outside), command
    assert score(copy) == most


@pytest.mark.full
@pytest.mark.parametrize("command", ["check", "grade"])
def test_a_submission_that_looks_like_a_course_is_none(
    make_course, hostile, outside, run, command, most
):
    """Its files would be run as the course's own, by a teacher who goes there to look at it."""
    copy = make_course(NAME)
    hand_in(copy, hostile)
    folder = copy / "submitted" / "eve" / NAME
    shutil.copytree(copy / "release", folder / "release")
    shutil.copytree(copy / "source", folder / "source")
    (folder / "tests" / "hidden").mkdir(parents=True)
    writes = f"open({str(outside / 'written')!r}, 'w')\n"
    (folder / "tests" / "hidden" / "test_03_softmax.py").write_text(writes)
    (folder / "nbgrader_config.py").write_text(writes)
    if command == "check":
        (report,) = json.loads(run(folder, "proctor", "check", "softmax.ipynb", "--json").stdout)
        assert report["score"] == most
    else:
        done = run(folder, *GRADE)
        assert f"course: {copy}" in done.stderr and score(copy) == most
    assert not got(copy, outside)
