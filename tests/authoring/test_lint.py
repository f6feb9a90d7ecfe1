"""`proctor lint` finds each planted defect, and says what mends it."""

import json
import re
import subprocess

import pytest

from proctor.authoring.lint import lint
from proctor.errors import CourseError, NotFound

NAME = "03-softmax"
NOTEBOOK = f"source/{NAME}/softmax.ipynb"
RELEASE = f"release/{NAME}"
CHECKS = "tests/hidden/test_03_softmax.py"
RIGHT = "from proctor.answers import right\n\n\n@right\ndef one(q, k, v):\n    return v\n"


@pytest.fixture
def planted(make_course, run, monkeypatch):
    """Plants defects in a copy of the course and returns what lint says.

    `release`: whether release/ is made anew before. Only where a defect is `in_release` is it compared with the
    source, which takes long.
    """

    def plant(*defects, release: bool = False, in_release: bool = False) -> str:
        copy = make_course(NAME)
        for defect in defects:
            defect(copy)
        if release:
            run(copy, "nbgrader", "generate_assignment", NAME, "--create", "--force")
        if not in_release:
            monkeypatch.setattr("proctor.authoring.lint.stale_release", lambda *_: [])
        return str(lint(copy, [NAME]))

    return plant


def unsaid(said: str, *expected: str) -> list[str]:
    """What of the expected words isn't said."""
    return [words for words in expected if words not in said]


def edit_json(change):
    def defect(copy):
        path = copy / NOTEBOOK
        notebook = json.loads(path.read_text())
        change(notebook)
        path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")

    return defect


def edit(file, old, new):
    def defect(copy):
        text = (copy / file).read_text()
        assert old in text
        (copy / file).write_text(text.replace(old, new))

    return defect


def write(file, text):
    return lambda copy: (copy / file).write_text(text)


def delete(file):
    return lambda copy: (copy / file).unlink()


def cell(notebook, name):
    return next(
        c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == name
    )


def replace(name, pattern, new):
    def change(notebook):
        source = "".join(cell(notebook, name)["source"])
        changed = re.sub(pattern, new, source, count=1, flags=re.DOTALL)
        assert changed != source
        cell(notebook, name)["source"] = changed

    return edit_json(change)


@pytest.mark.full
def test_stale_and_missing_release(planted):
    changed = replace("softmax", "def softmax", "# new\ndef softmax")
    said = planted(changed, delete(f"{RELEASE}/play.py"), in_release=True)
    assert not unsaid(
        said, f"{RELEASE}/softmax.ipynb: is not as", f"{RELEASE}/play.py: is not as", "make release"
    )


@pytest.mark.full
def test_edited_release(planted):
    edited = edit(f"{RELEASE}/softmax.ipynb", "raise NotImplementedError()", "return x")
    said = planted(edited, write(f"{RELEASE}/figures.py", "print('older')"), in_release=True)
    assert not unsaid(
        said,
        f"{RELEASE}/softmax.ipynb: is not as",
        f"{RELEASE}/figures.py: is not as",
        "make release",
    )


@pytest.mark.full
def test_solution_marker_left_open(planted):
    with pytest.raises(CourseError, match=r"can't generate the release(.|\n)*no end solution"):
        planted(replace("softmax", "### END SOLUTION", ""), in_release=True)


@pytest.mark.full
@pytest.mark.parametrize("key, value", [("knd", "predict"), ("kind", "predikt"), ("handuot", "x")])
def test_metadata_that_are_not_known(planted, key, value):
    def change(notebook):
        cell(notebook, "predict_row_sum")["metadata"]["proctor"] = {key: value}

    with pytest.raises(CourseError) as found:
        planted(edit_json(change), in_release=True)
    assert f"the cell predict_row_sum: its metadata under 'proctor' have {key}" in str(found.value)
    assert "Traceback" not in str(found.value)


def test_defects_of_notebooks(planted):
    doubled = []

    def change(notebook):
        cells = notebook["cells"]
        doubled.append(cells[6]["id"])
        code = [each for each in cells if each["cell_type"] == "code"]
        code[0]["execution_count"] = 3
        del cells[3]["id"]
        cells[5]["id"] = cells[6]["id"]
        cell(notebook, "softmax_gradients")["source"].insert(
            0, "### AUTOTEST softmax(x, -1)\nshift, bias = 1, 2\n"
        )

    said = planted(
        edit_json(change),
        replace("softmax_values", r"### BEGIN HIDDEN TESTS.*### END HIDDEN TESTS", ""),
        replace(
            "softmax_stability",
            r'hidden_checks\("softmax_stability"\)',
            'hidden_checks("softmax_stabilty")',
        ),
        replace("attend_values", "### BEGIN HIDDEN TESTS\n", ""),
    )
    assert not unsaid(
        said,
        f"{NOTEBOOK}: has outputs",
        "--clear-output",
        "cells with the id None: 1",
        f"cells with the id {doubled[0]}: 2",
        "softmax_stability names softmax_stabilty",
        "the graded cell attend_values names attend_values, or shows that line to students",
        "softmax_gradients has an autotest, which is not run",
        "hidden check, and take",
        "the check softmax_gradients leaves bias, shift behind",
    )


def test_a_file_that_is_no_notebook(planted):
    with pytest.raises(CourseError, match=f"{NOTEBOOK} can't be read as a notebook"):
        planted(write(NOTEBOOK, "<<<<<<< HEAD\n{}"))


def test_outputs_without_a_count(planted):
    def change(notebook):
        code = next(each for each in notebook["cells"] if each["cell_type"] == "code")
        code["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["hi\n"]}]

    assert f"{NOTEBOOK}: has outputs" in planted(edit_json(change))


def test_defects_of_checks_and_answers(planted):
    def without_reason(notebook):
        notebook["cells"] = [each for each in notebook["cells"] if each["id"] != "softmax-reason"]

    said = planted(
        edit_json(without_reason),
        edit(CHECKS, "def test_softmax_values__", "def test_softmax_beauty__"),
        edit(CHECKS, '    """A logit of -inf gets the probability 0."""\n', ""),
        edit(CHECKS, '    "softmax": softmax_stand_in,\n', ""),
        edit(CHECKS, '    "softmax": SOFTMAX,\n', '    "sofmax": SOFTMAX,\n'),
        edit(
            CHECKS,
            "STAND_INS = {\n",
            'def softmax_stand_in():\n    pass\n\n\nSTAND_INS = {\n    "nobody": softmax,\n',
        ),
        write("answers/right/attend.py", RIGHT),
        delete("answers/wrong/next_token_probs.py"),
        edit("answers/wrong/softmax.py", 'fails="softmax_values"', 'fails="softmax_valeus"'),
        edit("answers/wrong/attend.py", "def divides_by_d(", "def not_scaled("),
        write("answers/right/softmax.py", "a = 1\nb = a + nothing\n"),
    )
    assert not unsaid(
        said,
        f"{NOTEBOOK}: the solution of softmax has no reason",
        "tagged 'reason'",
        "the graded cell softmax_values has no hidden check",
        "test_softmax_stability__minus_infinity has no docstring",
        "the rule that it holds in a docstring of one line",
        "softmax has no stand-in",
        'STAND_INS["softmax"] = softmax_stand_in',
        "softmax rules out built-ins in one place and not in the other",
        "FORBIDDEN['sofmax'] matches nothing in the notebook",
        "rename it, or delete it",
        "STAND_INS['nobody'] matches nothing in the notebook",
        "softmax_stand_in is defined twice, in lines",
        "has 1 of 5 right answers",
        "test_softmax_beauty__every_dim matches nothing in the notebook",
        "answers/wrong/next_token_probs.py: has 0 of 8 wrong answers",
        "each marked @wrong",
        "over_the_last_dimension is to fail softmax_valeus, which is no graded cell of softmax",
        "name one of softmax_gradients, softmax_stability, softmax_values",
        "answers/wrong/attend.py: not_scaled is defined twice, in lines",
        "answers/right/softmax.py: can't be run: NameError",
        "answers/right/softmax.py' says nothing",
    )


def test_defects_of_stubs(planted):
    begin = "    ### BEGIN SOLUTION"
    said = planted(
        replace("next_token_probs", begin, f"    return 1\n{begin}"),
        replace("attend", begin, f"    {begin}"),
        replace("top_k_probs", r"(def top_k_probs.*)    ### BEGIN", r"### BEGIN SOLUTION\n\1    #"),
        release=True,
    )
    assert not unsaid(
        said,
        "the stub of next_token_probs is already solved",
        "BEGIN SOLUTION",
        "the stub of attend doesn't define attend",
        "indent these like the lines between them",
        "the stub of top_k_probs doesn't define top_k_probs",
    )


def test_answers_that_python_cannot_read(planted):
    answer = "answers/wrong/softmax.py"
    said = planted(write(answer, "def half(\n    x = (1\n"))
    assert not unsaid(
        said,
        f"{answer}: can't be run: SyntaxError: '(' was never closed (softmax.py, line 2)",
        f"{answer}' says nothing",
    )


def test_checks_that_python_cannot_read(planted):
    said = rf"{CHECKS} can't be imported: SyntaxError: invalid syntax \(test_03_softmax.py, line 1"
    with pytest.raises(CourseError, match=said):
        planted(write(CHECKS, "x = \n"))


def test_make_check_tells_all_problems_at_once(tmp_path, pytestconfig):
    for name, code in {
        "proctor": 1,
        "ruff": 2,
        "lint-imports": 0,
        "basedpyright": 0,
        "python": 0,
    }.items():
        (tmp_path / name).write_text(f'#!/bin/sh\necho "{name} $1 was here"\nexit {code}\n')
        (tmp_path / name).chmod(0o755)
    command = [
        "make",
        "-s",
        "-C",
        pytestconfig.rootpath,
        "-o",
        ".venv/.ready",
        "-o",
        ".venv/.ready-to-test",
        "check",
        f"BIN={tmp_path}",
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    looks = [
        "proctor lint",
        "ruff check",
        "ruff format",
        "lint-imports",
        "basedpyright",
        "python tests/browser/pictures.py",
    ]
    assert (
        done.returncode
        and all(f"{look}" in done.stdout for look in looks)
        and done.stdout.count("was here") == 6
    )
    _, _, failed = done.stderr.partition("not in order:\n")
    assert sorted(failed.splitlines()[:3]) == [
        "proctor lint",
        "ruff check .",
        "ruff format --check .",
    ]


@pytest.mark.full
def test_a_folder_without_a_notebook_is_said(make_course, monkeypatch):
    copy = make_course(NAME)
    (copy / "source" / "09-tokens").mkdir()
    assert "source/09-tokens: belongs to no exercise or assignment of this name" in str(lint(copy))
    with pytest.raises(NotFound, match="no assignment or exercise 09-tokens in release/"):
        lint(copy, ["09-tokens"])
    # the others are looked at alone
    for long in ("stale_release", "failed_references", "failed_right_answers"):
        monkeypatch.setattr(f"proctor.authoring.lint.{long}", lambda *_: [])
    assert not lint(copy, [NAME]).problems


def test_a_stand_in_without_a_name(planted):
    with pytest.raises(CourseError, match="stand-in of softmax must be a function or a class"):
        planted(edit(CHECKS, '"softmax": softmax_stand_in', '"softmax": lambda x, dim: x'))


@pytest.mark.full
def test_a_visible_check_that_the_reference_fails(planted):
    wrong = replace("softmax_gradients", r"0\.2247", "0.5247")
    said = planted(wrong, release=True)
    assert "the reference solution fails softmax_gradients, its visible check: Unmet" in said


@pytest.mark.full
def test_what_was_in_order_is_not_run_again(make_course, monkeypatch):
    copy = make_course(NAME)
    monkeypatch.setattr("proctor.authoring.lint.stale_release", lambda *_: [])
    monkeypatch.setattr("proctor.authoring.lint.failed_right_answers", lambda *_: [])
    assert not lint(copy, [NAME]).problems
    monkeypatch.setattr("proctor.authoring.lint.failed_references", lambda *_: pytest.fail())
    assert not lint(copy, [NAME]).problems


@pytest.mark.full
def test_the_small_course_is_in_order(copy_course, tmp_path, run):
    copy = copy_course(tmp_path / "course", "01-vectors", "03-softmax")
    assert run(copy, "proctor", "lint").stdout == "the course is in order\n"
