"""`proctor check` from outside: exit codes, the JSON contract, and every way in which a notebook can go wrong."""

import json
import os
import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest

from proctor.answers import put
from proctor.course import assignments, grade_id

STATUSES = {
    "passed",
    "failed",
    "not_attempted",
    "forbidden",
    "error",
    "timeout",
    "out_of_memory",
    "died",
    "missing",
}


@pytest.fixture(scope="module")
def softmax(course):
    return assignments(course)["03-softmax"]


@pytest.fixture
def reference(softmax):
    return nbformat.read(softmax.source, as_version=4)


@pytest.fixture(scope="module")
def verdicts(course, run, tmp_path_factory):
    """Checks notebooks in one call; returns what it printed."""

    def check(notebooks: list, *options: str) -> str:
        folder = tmp_path_factory.mktemp("checked")
        paths = [folder / f"{count}.ipynb" for count in range(len(notebooks))]
        for path, notebook in zip(paths, notebooks, strict=True):
            nbformat.write(notebook, path)
        return run(
            course, "proctor", "check", "--json", "--seed", 7, *options, *paths, code=1
        ).stdout

    return check


@pytest.fixture(scope="module")
def notebooks(softmax):
    """Four that lose points, by what is wrong in them."""
    reference = nbformat.read(softmax.source, as_version=4)
    wrong = put(reference, "softmax", "def softmax(x, dim):\n    return x")
    ends = "def next_token_probs(logits):\n    import os\n    os.abort()"
    changed, lacking = deepcopy(wrong), deepcopy(reference)
    for cell in changed.cells:
        if grade_id(cell) == "softmax_values":
            cell.source = "pass"
            cell.metadata.nbgrader.points = 1000
    lacking.cells = [
        cell
        for cell in lacking.cells
        if grade_id(cell) not in ("softmax_values", "next_token_probs")
    ]
    return {
        "wrong": wrong,
        "ends": put(reference, "next_token_probs", ends),
        "changed": changed,
        "lacking": lacking,
    }


@pytest.fixture(scope="module")
def reports(notebooks, verdicts):
    """What `proctor check` finds in each of `notebooks`."""
    return dict(zip(notebooks, json.loads(verdicts([*notebooks.values()])), strict=True))


@pytest.mark.full
def test_reference_solutions_get_full_marks(course, run):
    done = run(
        course, "proctor", "check", "--json", *sorted(course.glob("source/0[1-6]-*/*.ipynb"))
    )
    reports = json.loads(done.stdout)
    worth = [assignments(course)[report["assignment"]].max_score for report in reports]
    assert [(report["score"], report["max_score"]) for report in reports] == [
        (each, each) for each in worth
    ]


def test_untouched_notebooks_are_not_attempted(course, run):
    # a draft may have no graded cell
    notebooks = [each.notebook for each in assignments(course).values() if each.graded]
    done = run(course, "proctor", "check", "--json", *notebooks, code=1)
    for report in json.loads(done.stdout):
        assert report["score"] == 0
        assert {cell["status"] for cell in report["cells"]} == {"not_attempted"}


def test_json_is_as_promised(reports, most):
    report = reports["wrong"]
    assert report.keys() == {
        "notebook",
        "assignment",
        "score",
        "max_score",
        "seed",
        "protected",
        "flags",
        "cells",
    }
    assert report["assignment"] == "03-softmax"
    assert (
        report["score"]
        == sum(cell["score"] for cell in report["cells"])
        < report["max_score"]
        == most
    )
    for cell in report["cells"]:
        reveal = {"reveal"} if cell["id"].startswith("predict_") else set()
        assert (
            cell.keys()
            == {
                "id",
                "score",
                "max_score",
                "status",
                "message",
                "code",
                "params",
                "given",
                "check",
                "diagnosis",
            }
            | reveal
        )
        assert cell["status"] in STATUSES
        assert cell["message"] or cell["status"] == "passed"


WAYS_TO_GO_WRONG = [
    ("def softmax(x, dim):\n    return x.exp()", "failed", "expected"),
    ("def softmax(x, dim):\n    return x.softmax(dim)", "forbidden", "softmax"),
    ("def softmax(x, dim):\n    return x.nonsense()", "error", "AttributeError"),
    ("def softmax(x, dim:\n    return x", "error", "SyntaxError"),
    ("import os\nos._exit(0)", "died", "ended"),
    ("def softmax(x, dim):\n    import os\n    os._exit(0)", "died", "ended"),
    ("def softmax(x, dim):\n    raise SystemExit", "error", "SystemExit"),
    ("# later", "not_attempted", "not attempted"),
    ("softmax = 3", "error", "TypeError"),
]


def test_each_way_to_go_wrong_reads_differently(verdicts, reference):
    notebooks = [put(reference, "softmax", source) for source, _, _ in WAYS_TO_GO_WRONG]
    reports = json.loads(verdicts(notebooks, "--exercise", "softmax"))
    for report, (source, status, said) in zip(reports, WAYS_TO_GO_WRONG, strict=True):
        cells = report["cells"]
        assert [cell["id"] for cell in cells] == [
            "softmax_values",
            "softmax_stability",
            "softmax_gradients",
        ]
        assert {cell["status"] for cell in cells} == {status}, source
        assert all(cell["score"] == 0 and said in cell["message"] for cell in cells), source


def test_a_broken_exercise_does_not_touch_the_others(reports, softmax):
    for cell in reports["ends"]["cells"]:
        broken = softmax.graded[cell["id"]].exercise == "next_token_probs"
        assert cell["status"] == ("died" if broken else "passed"), cell


def test_a_missing_solution_is_missing_and_a_missing_graded_cell_comes_back(reports):
    statuses = {cell["id"]: cell["status"] for cell in reports["lacking"]["cells"]}
    assert statuses["softmax_values"] == "passed"
    assert {status for cell, status in statuses.items() if cell.startswith("next_token_probs")} == {
        "missing"
    }


def test_a_changed_graded_cell_is_put_back(reports):
    (values,) = [cell for cell in reports["changed"]["cells"] if cell["id"] == "softmax_values"]
    assert values["score"] == 0 and values["max_score"] < 20


def test_what_is_no_notebook_of_ours_exits_with_2(course, run, tmp_path):
    (tmp_path / "broken.ipynb").write_text("{")
    (tmp_path / "empty.ipynb").write_text("")
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "foreign.ipynb")
    (tmp_path / "folder.ipynb").mkdir()
    said = {"empty": "it is empty", "absent": "there is no such file", "folder": "it is a folder"}
    for name in ("broken", "empty", "foreign", "absent", "folder"):
        done = run(course, "proctor", "check", tmp_path / f"{name}.ipynb", code=2)
        assert said.get(name, "") in " ".join(done.stderr.split())
        assert f"{name}.ipynb can't be examined" in " ".join(done.stderr.split())
        assert "Traceback" not in done.stderr


@pytest.mark.full
def test_the_same_seed_gives_the_same_report(notebooks, reports, verdicts):
    """Alone, too."""
    (second,) = json.loads(verdicts([notebooks["wrong"]]))
    assert json.dumps(second | {"notebook": reports["wrong"]["notebook"]}) == json.dumps(
        reports["wrong"]
    )
    assert second["seed"] == 7


@pytest.mark.full
def test_forty_notebooks_start_a_few_interpreters_not_forty(course, tmp_path, reference, most):
    """Counts the programs that one call starts, by an audit hook in its process."""
    (tmp_path / "site").mkdir()
    hook = "import sys, os\nlog = open(os.environ['STARTED'], 'a', buffering=1)\n"
    hook += "sys.addaudithook(lambda event, args: event == 'subprocess.Popen' and print(args[1], file=log))\n"
    (tmp_path / "site" / "sitecustomize.py").write_text(hook)
    reference.cells = [cell for cell in reference.cells if grade_id(cell)]
    nbformat.write(reference, tmp_path / "one.ipynb")
    environment = {
        **os.environ,
        "PYTHONPATH": str(tmp_path / "site"),
        "STARTED": str(tmp_path / "started"),
    }
    command = [
        Path(sys.executable).parent / "proctor",
        "check",
        "--json",
        *[tmp_path / "one.ipynb"] * 40,
    ]
    done = subprocess.run(command, cwd=course, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert [report["score"] for report in json.loads(done.stdout)] == [most] * 40
    started = [line for line in (tmp_path / "started").read_text().splitlines() if "python" in line]
    assert sum("proctor.sandbox.forkserver" in line for line in started) == 1
    assert len(started) <= 3, started


def test_people_can_read_it(course, run, tmp_path, reference):
    nbformat.write(
        put(reference, "softmax", "def softmax(x, dim):\n    return x.exp()"),
        tmp_path / "wrong.ipynb",
    )
    done = run(course, "proctor", "check", tmp_path / "wrong.ipynb", code=1)
    text = " ".join(done.stdout.split())
    assert "not yet" in text and "passed" in text and "returned float32" in text


@pytest.mark.parametrize(
    "name, code",
    [
        pytest.param("\x1b[2Jmine\x07\u202e.ipynb", 1, marks=pytest.mark.full),
        ("\x1b]0;x\x07.ipynb", 2),
    ],
)
def test_a_files_name_does_not_speak_to_the_terminal(softmax, run, tmp_path, name, code):
    if code == 1:
        nbformat.write(softmax.released, tmp_path / name)
    done = run(tmp_path, "proctor", "check", name, code=code, PROCTOR_COURSE=str(softmax.course))
    said = done.stdout + done.stderr
    assert (
        not [letter for letter in said if not letter.isprintable() and letter != "\n"]
        and ".ipynb" in said
    )
