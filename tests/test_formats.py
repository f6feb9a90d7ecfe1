"""What `proctor check --format` prints holds to what Gradescope, JUnit's readers and GitHub document, whatever a student wrote."""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as xml

import jsonschema
import nbformat
import pytest
from markdown_it import MarkdownIt

from proctor.answers import put
from proctor.cli.formats import Checked, as_gradescope, as_junit, as_markdown
from proctor.course import assignments
from proctor.course.report import Report, Verdict

HOSTILE = "a\x00\x1b[2J\ud800\ufffe]]></failure>&amp;<script>\n```\n# big\n</details>[x](javascript:1) ![i](http://e.example/i.png)"
NOTES = ["only the course's own files were put beside it", HOSTILE]
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
# What Ant writes and Jenkins reads: an element, its attributes, and what it may hold, in this order.
JUNIT = {
    "testsuites": (set(), ["testsuite"]),
    "testsuite": (
        {"id", "name", "package", "timestamp", "hostname", "tests", "failures", "errors", "time"},
        ["properties", "testcase", "system-out", "system-err"],
    ),
    "properties": (set(), ["property"]),
    "property": ({"name", "value"}, []),
    "testcase": ({"classname", "name", "time"}, ["error", "failure"]),
    "error": ({"message", "type"}, []),
    "failure": ({"message", "type"}, []),
    "system-out": (set(), []),
    "system-err": (set(), []),
}


def is_junit(text: str) -> xml.Element:
    """The root of a report that holds to `JUNIT`, and whose numbers are those of its cases."""
    root = xml.fromstring(text)
    for element in root.iter():
        attributes, within = JUNIT[element.tag]
        assert set(element.keys()) == attributes, element.tag
        places = [within.index(child.tag) for child in element]
        assert places == sorted(places), element.tag
    for suite in root:
        assert int(suite.get("tests", "")) == len(suite.findall("testcase"))
        assert int(suite.get("failures", "")) == len(suite.findall("testcase/failure"))
        assert int(suite.get("errors", "")) == len(suite.findall("testcase/error"))
        assert float(suite.get("time", "")) >= 0
    return root


@pytest.fixture
def checked() -> list[Checked]:
    diagnosis = {"id": "e.raw", "title": "Leaves out the sum", "hint": "What do the `weights` add up to?"}
    cells = [
        Verdict("a_values", 2, 2, "passed"),
        Verdict("a_again", 1, 1, "passed", "right, given a right `b`", given=["b"]),
        Verdict("b_values", 0, 3, "failed", HOSTILE, diagnosis),
        Verdict("c_values", 0, 3, "not_attempted", "not attempted"),
        Verdict("d_values", 0, 1, "unjudged", "the check itself failed"),
    ]
    flags = [{"cell": 1, "line": 2, "words": "uses SECRETFLAG"}]
    return [
        Checked("03/`mine`\n.ipynb", Report("mine", "03-softmax", 7, {}, cells, flags, NOTES), seconds=1.5),
        Checked("x.ipynb", why=HOSTILE),
    ]


def test_gradescope(checked):
    found = json.loads(as_gradescope(checked))
    jsonschema.validate(found, GRADESCOPE)
    assert found["score"] == 3 == sum(test["score"] for test in found["tests"])
    assert "x.ipynb can't be examined" in found["output"]
    assert [test["status"] for test in found["tests"]] == ["passed", "passed", "failed", "failed", "failed"]
    assert "Leaves out the sum" in found["tests"][2]["output"] and "\x1b" not in found["tests"][2]["output"]
    assert as_gradescope([*checked, Checked("y.ipynb", why="no sandbox", ours=True)]) == "", (
        "nobody gets 0 by our fault"
    )


def test_of_several_copies_the_best_counts_for_gradescope(checked):
    assert checked[0].report
    worse = replace(checked[0].report, cells=[Verdict("a_values", 1, 2, "failed")])
    found = json.loads(as_gradescope([Checked("copy.ipynb", worse), *checked, Checked("again.ipynb", worse)]))
    assert found["score"] == 3 and len(found["tests"]) == 5 and "copy.ipynb: 1 of 2 points" in found["output"]


def test_junit(checked):
    (suite, broken) = is_junit(as_junit(checked))
    cases = {case.get("name"): [child.tag for child in case] for case in suite.findall("testcase")}
    assert cases == {
        "a_values": [],
        "a_again": [],
        "b_values": ["failure"],
        "c_values": ["failure"],
        "d_values": ["error"],
    }
    assert "]]></failure>&amp;<script>" in suite.find("testcase[@name='b_values']/failure").text
    assert broken.get("errors") == "1"


def test_a_job_summary(checked):
    text = as_markdown(checked)
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(text)
    inline = [child for token in tokens for child in token.children or []]
    assert {token.type for token in tokens if "html" in token.type} == set()
    assert not [child for child in inline if child.type in ("link_open", "image", "html_inline")]
    headings = [tokens[place + 1].content for place, token in enumerate(tokens) if token.type == "heading_open"]
    assert headings == ["`` 03/`mine` .ipynb ``", "`b_values`", "`d_values`", "`x.ipynb`"]
    assert "3 of 10 points" in text and "right, given a right b" in text and "**Leaves out the sum**" in text


def test_notes_are_in_all(checked):
    assert all(NOTES[0] in form(checked) for form in (as_gradescope, as_junit, as_markdown))


def test_flags_are_for_instructors(checked):
    assert not any("SECRETFLAG" in form(checked) for form in (as_gradescope, as_junit, as_markdown))


@pytest.mark.full
def test_the_workflow_for_github(course, environment, tmp_path):
    """Uses the actions that our own does; its last step is run here, in a student's repository."""
    text = (course / "docs/example/check.yml").read_text()
    ours = (course / ".github/workflows/test.yml").read_text()
    assert set(re.findall(r"uses: \S+", text)) <= set(re.findall(r"uses: \S+", ours)) and "contents: read" in text
    (tmp_path / "03-softmax").mkdir()
    shutil.copy(course / "release/03-softmax/softmax.ipynb", tmp_path / "03-softmax")
    (tmp_path / "proctor").mkdir()
    (tmp_path / "proctor/bin").symlink_to(Path(sys.executable).parent)
    summary = tmp_path / "summary.md"
    more = {"RUNNER_TEMP": str(tmp_path), "GITHUB_STEP_SUMMARY": str(summary), "PROCTOR_COURSE": str(course)}
    command = ["bash", "-e", "-o", "pipefail", "-c", re.findall(r"^ +run: '(.*)'$", text, re.MULTILINE)[-1]]
    done = subprocess.run(command, cwd=tmp_path, env=environment | more, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert summary.read_text().startswith("### `03-softmax/softmax.ipynb`\n\n**0 of 30 points**\n")


def test_the_command(course, run, tmp_path):
    notebook = nbformat.read(assignments(course)["03-softmax"].source, as_version=4)
    wrong = "def softmax(x, dim):\n    raise ValueError(']]>\\x00<failure>')"
    nbformat.write(put(notebook, "softmax", wrong), tmp_path / "wrong.ipynb")
    (tmp_path / "broken.ipynb").write_text("{")
    done = run(
        course, "proctor", "check", "--format", "junit", tmp_path / "wrong.ipynb", tmp_path / "broken.ipynb", code=2
    )
    (suite, broken) = is_junit(done.stdout)
    assert 0 < int(suite.get("failures", "")) < int(suite.get("tests", "")) and broken.get("errors") == "1"


def test_another_assignments_notebook_is_refused_where_one_is_named(course, run):
    notebook = assignments(course)["03-softmax"].notebook
    done = run(course, "proctor", "check", "--assignment", "01-vectors", "--format", "gradescope", notebook, code=2)
    assert json.loads(done.stdout)["score"] == 0
    assert "it is of 03-softmax, and 01-vectors is asked for" in done.stdout
    said = run(course, "proctor", "check", "--assignment", "1-vectors", notebook, code=1).stderr
    assert "no assignment 1-vectors" in said
