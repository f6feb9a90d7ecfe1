"""The output of `proctor check --format` follows the manuals of Gradescope and Classroom 50, whatever a student wrote."""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from proctor.cli.formats import Checked, as_classroom50, as_gradescope
from proctor.course import assignments
from proctor.course.codes import Code
from proctor.course.report import Report, Verdict, message_of

HOSTILE = "a\x00\x1b[2J\ud800\ufffe]]></failure>&amp;<script>\n```\n# big\n</details>[x](javascript:1) ![i](http://e.example/i.png)"
NOTES = [Code.SHARED_FOLDER(assignment="03-softmax"), Code.NOT_COLLECTED(text=HOSTILE)]
TEXT = {"enum": ["text", "html", "simple_format", "md", "ansi"]}
SEEN = {"enum": ["hidden", "after_due_date", "after_published", "visible"]}
# What https://gradescope-autograders.readthedocs.io/en/latest/specs/ says of results.json: each key is optional but that
# there is a score, either of the whole or of each test. `additionalProperties`: a key that it doesn't name is a mistake.
GRADESCOPE = {
    "type": "object",
    "anyOf": [
        {"required": ["score"]},
        {"required": ["tests"], "properties": {"tests": {"items": {"required": ["score"]}}}},
    ],
    "additionalProperties": False,
    "properties": {
        "score": {"type": "number"},
        "execution_time": {"type": "number", "minimum": 0},
        "output": {"type": "string"},
        "output_format": TEXT,
        "test_output_format": TEXT,
        "test_name_format": TEXT,
        "visibility": SEEN,
        "stdout_visibility": SEEN,
        "extra_data": {"type": "object"},
        "leaderboard": {"type": "array"},
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "score": {"type": "number"},
                    "max_score": {"type": "number"},
                    "status": {"enum": ["passed", "failed"]},
                    "name": {"type": "string"},
                    "name_format": TEXT,
                    "number": {"type": "string"},
                    "output": {"type": "string"},
                    "output_format": TEXT,
                    "tags": {"type": "array", "items": {"type": "string"}},
                    "visibility": SEEN,
                    "extra_data": {"type": "object"},
                },
            },
        },
    },
}

# The contract in https://github.com/foundation50/classroom50/wiki/Advanced-Autograding; the runner adds the owner.
TEXTS = ["classroom", "assignment", "submission", "commit", "release", "review", "datetime"]
CLASSROOM50 = {
    "type": "object",
    "required": ["schema", *TEXTS, "score", "max-score", "tests"],
    "properties": {
        "schema": {"const": "classroom50/result/v1"},
        **{name: {"type": "string"} for name in TEXTS},
        "score": {"type": "integer"},
        "max-score": {"type": "integer"},
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["test-name", "passed", "score", "max-score"],
                "properties": {
                    "test-name": {"type": "string"},
                    "passed": {"type": "boolean"},
                    "score": {"type": "integer"},
                    "max-score": {"type": "integer"},
                },
            },
        },
    },
}
# set by the runner
RUNNER = {
    "CLASSROOM": "llm-math",
    "ASSIGNMENT": "softmax",
    "SUBMISSION_TAG": "submit/2030-03-20T14-03-07Z-a1b2c3d",
    "COMMIT_URL": "https://git.example/commit/a1b2c3d",
    "RELEASE_URL": "https://git.example/releases/1",
    "REVIEW_URL": "https://git.example/compare/a...b",
}


@pytest.fixture
def checked() -> list[Checked]:
    diagnosis = {
        "id": "e.raw",
        "title": "Leaves out the sum",
        "hint": "What do the `weights` add up to?",
    }
    cells = [
        Verdict("a_values", 2, 2, "passed"),
        Verdict("a_again", 1, 1, "passed", Code.RIGHT_GIVEN(names=["b"]), given=["b"]),
        Verdict("b_values", 0, 3, "failed", Code.REMARK(text=HOSTILE), diagnosis),
        Verdict("c_values", 0, 3, "not_attempted", Code.NOT_ATTEMPTED(exercise="c")),
        Verdict("d_values", 0, 1, "unjudged", Code.GRADER_FAILED()),
    ]
    flags = [{"cell": 1, "line": 2, "words": "uses SECRETFLAG"}]
    return [
        Checked(
            "03/`mine`\n.ipynb",
            Report("mine", "03-softmax", 7, {}, cells, flags, NOTES),
            seconds=1.5,
        ),
        Checked("x.ipynb", why=HOSTILE),
    ]


def test_gradescope(checked):
    found = json.loads(as_gradescope(checked))
    jsonschema.validate(found, GRADESCOPE)
    assert found["score"] == 3 == sum(test["score"] for test in found["tests"])
    assert (
        "x.ipynb can't be examined" in found["output"] and message_of(NOTES[0]) in found["output"]
    )
    assert "SECRETFLAG" not in str(found), "flags are for instructors"
    assert [test["status"] for test in found["tests"]] == [
        "passed",
        "passed",
        "failed",
        "failed",
        "failed",
    ]
    assert (
        "Leaves out the sum" in found["tests"][2]["output"]
        and "\x1b" not in found["tests"][2]["output"]
    )
    assert as_gradescope([*checked, Checked("y.ipynb", why="no sandbox", ours=True)]) == "", (
        "nobody gets 0 by our fault"
    )


def test_of_several_copies_the_best_counts_for_gradescope(checked):
    assert checked[0].report
    worse = replace(checked[0].report, cells=[Verdict("a_values", 1, 2, "failed")])
    found = json.loads(
        as_gradescope([Checked("copy.ipynb", worse), *checked, Checked("again.ipynb", worse)])
    )
    assert (
        found["score"] == 3
        and len(found["tests"]) == 5
        and "copy.ipynb: 1 of 2 points" in found["output"]
    )


def test_classroom50(checked, monkeypatch):
    for name, value in RUNNER.items():
        monkeypatch.setenv(name, value)
    found = json.loads(as_classroom50(checked))
    jsonschema.validate(found, CLASSROOM50)
    assert (found["classroom"], found["assignment"]) == ("llm-math", "softmax")
    assert (found["submission"], found["review"]) == (
        RUNNER["SUBMISSION_TAG"],
        RUNNER["REVIEW_URL"],
    )
    assert found["score"] == 3 == sum(test["score"] for test in found["tests"])
    assert found["max-score"] == 10 == sum(test["max-score"] for test in found["tests"])
    passed = [test["test-name"] for test in found["tests"] if test["passed"]]
    assert passed == ["03-softmax: a_values", "03-softmax: a_again"]
    assert "Leaves out the sum" in found["tests"][2]["output"]
    assert "SECRETFLAG" not in str(found), "flags are for instructors"
    # the file that is no notebook
    assert not found["tests"][-1]["passed"] and "can't be examined" in found["tests"][-1]["output"]
    assert as_classroom50([*checked, Checked("y.ipynb", why="no sandbox", ours=True)]) == ""


@pytest.mark.full
def test_the_autograder_for_classroom50(course, environment, tmp_path, most):
    """The page's autograder, in a student's repository; pip, which is there already, stands for the course."""
    text = (course / "docs/example/autograder.py").read_text()
    text = text.replace("proctor @ git+https://github.com/YOU/YOUR-COURSE@v1", "pip")
    (tmp_path / "autograder.py").write_text(text)
    shutil.copy(course / "source/03-softmax/softmax.ipynb", tmp_path)
    more = RUNNER | {"PROCTOR_COURSE": str(course)}
    command = [sys.executable, "autograder.py"]
    subprocess.run(command, cwd=tmp_path, env=environment | more, check=True)
    found = json.loads((tmp_path / "result.json").read_text())
    jsonschema.validate(found, CLASSROOM50)
    assert found["score"] == found["max-score"] == most


@pytest.mark.full
def test_the_workflow_for_github(course, environment, tmp_path, most):
    """Uses the actions that our own does; its last step is run here, in a student's repository."""
    text = (course / "docs/example/check.yml").read_text()
    ours = (course / ".github/workflows/test.yml").read_text()
    assert (
        set(re.findall(r"uses: \S+", text)) <= set(re.findall(r"uses: \S+", ours))
        and "contents: read" in text
    )
    (tmp_path / "03-softmax").mkdir()
    shutil.copy(course / "release/03-softmax/softmax.ipynb", tmp_path / "03-softmax")
    (tmp_path / "proctor").mkdir()
    (tmp_path / "proctor/bin").symlink_to(Path(sys.executable).parent)
    more = {"RUNNER_TEMP": str(tmp_path), "PROCTOR_COURSE": str(course)}
    command = [
        "bash",
        "-e",
        "-o",
        "pipefail",
        "-c",
        re.findall(r"^ +run: '(.*)'$", text, re.MULTILINE)[-1],
    ]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment | more, capture_output=True, text=True
    )
    assert done.returncode == 1, done.stderr
    assert f"03-softmax/softmax.ipynb  0 of {most:g} points" in done.stdout


def test_another_assignments_notebook_is_refused_where_one_is_named(course, run):
    notebook = assignments(course)["03-softmax"].notebook
    done = run(
        course,
        "proctor",
        "check",
        "--assignment",
        "01-vectors",
        "--format",
        "gradescope",
        notebook,
        code=2,
    )
    assert json.loads(done.stdout)["score"] == 0
    assert "it is of 03-softmax, and 01-vectors is asked for" in done.stdout
    said = run(course, "proctor", "check", "--assignment", "1-vectors", notebook, code=1).stderr
    assert "no assignment 1-vectors" in said
