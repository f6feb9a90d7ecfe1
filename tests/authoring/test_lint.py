"""`proctor lint` finds each planted defect, and says what mends it."""

import json
import re
import shutil
import subprocess

import nbformat
import pytest

from proctor.authoring.lint import lint

NAME = "03-softmax"
NOTEBOOK = f"source/{NAME}/softmax.ipynb"


@pytest.fixture
def planted(make_course, run, monkeypatch):
    """Plants a defect in a copy of the course and returns what lint says.

    `release`: whether release/ is made anew before. Only where the defect is `in_release` is it compared with the
    source, which takes long.
    """

    def plant(defect, release: bool = False, in_release: bool = False) -> str:
        copy = make_course(NAME)
        defect(copy)
        if release:
            run(copy, "nbgrader", "generate_assignment", NAME, "--create", "--force")
        if not in_release:
            monkeypatch.setattr("proctor.authoring.lint.stale_release", lambda *_: [])
        return "\n".join(map(str, lint(copy, [NAME])))

    return plant


def edit_json(change):
    def defect(copy):
        path = copy / NOTEBOOK
        notebook = json.loads(path.read_text())
        change(notebook)
        path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")

    return defect


def cell(notebook, name):
    return next(c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == name)


def replace(name, pattern, new):
    def change(notebook):
        source = "".join(cell(notebook, name)["source"])
        changed = re.sub(pattern, new, source, count=1, flags=re.DOTALL)
        assert changed != source
        cell(notebook, name)["source"] = changed

    return edit_json(change)


def test_stale_release(planted):
    said = planted(replace("softmax", "def softmax", "# new\ndef softmax"), in_release=True)
    assert f"release/{NAME}/softmax.ipynb: is stale" in said and "make release" in said


def test_edited_release(planted):
    def defect(copy):
        path = copy / f"release/{NAME}/softmax.ipynb"
        path.write_text(path.read_text().replace("raise NotImplementedError()", "return x", 1))

    assert "is stale" in planted(defect, in_release=True)


def test_missing_release(planted):
    said = planted(lambda copy: (copy / f"release/{NAME}/softmax.ipynb").unlink(), in_release=True)
    assert "is missing" in said and "make release" in said


def test_a_source_that_is_no_notebook(planted):
    said = planted(lambda copy: (copy / NOTEBOOK).write_text("<<<<<<< HEAD\n{}"))
    assert "is not a notebook" in said and f"git checkout {NOTEBOOK}" in said


def test_outputs(planted):
    def change(notebook):
        code = next(c for c in notebook["cells"] if c["cell_type"] == "code")
        code["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["hi\n"]}]

    said = planted(edit_json(change))
    assert "has outputs" in said and "--clear-output" in said


def test_execution_count(planted):
    def change(notebook):
        next(c for c in notebook["cells"] if c["cell_type"] == "code")["execution_count"] = 3

    assert "has outputs" in planted(edit_json(change))


def test_cell_without_id(planted):
    assert "no id" in planted(edit_json(lambda notebook: notebook["cells"][3].pop("id")))


def test_repeated_id(planted):
    def change(notebook):
        notebook["cells"][3]["id"] = notebook["cells"][4]["id"]

    assert "stands twice" in planted(edit_json(change))


def test_picture_that_is_drawn_for_every_submission(planted):
    def change(notebook):
        figures = [cell for cell in notebook["cells"] if "figure" in cell["metadata"].get("tags", [])]
        drawing = next(cell for cell in figures if "figures." in "".join(cell["source"]))
        del drawing["metadata"]["tags"]

    said = planted(edit_json(change))
    assert "is drawn again for every submission" in said and "tag it 'figure'" in said


def test_figure_that_is_not_tagged(planted):
    def change(notebook):
        cell = next(cell for cell in notebook["cells"] if "".join(cell["source"]).startswith("import figures"))
        del cell["metadata"]["tags"]

    assert "tag it 'figure'" in planted(edit_json(change))


def test_figures_that_are_not_released(planted):
    said = planted(lambda copy: (copy / f"release/{NAME}/figures.py").write_text("print('older')"), in_release=True)
    assert f"release/{NAME}/figures.py: is stale" in said and "make release" in said


def test_graded_cell_that_names_no_check(planted):
    said = planted(replace("softmax_values", r"### BEGIN HIDDEN TESTS.*### END HIDDEN TESTS", ""))
    assert "softmax_values names no hidden check" in said and 'hidden_checks("softmax_values")' in said


def test_graded_cell_with_an_autotest(planted):
    def change(notebook):
        cell = next(cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("grade"))
        cell["source"].insert(0, "### AUTOTEST softmax(x, -1)\n")

    said = planted(edit_json(change))
    assert "has an autotest, which is not run" in said and "hidden check" in said


def test_graded_cell_that_names_another_cells_check(planted):
    said = planted(replace("softmax_values", r'hidden_checks\("softmax_values"\)', 'hidden_checks("softmax_valeus")'))
    assert "softmax_values names ['softmax_valeus']" in said


def test_graded_cell_without_a_check(planted):
    def defect(copy):
        path = copy / "tests/hidden/test_03_softmax.py"
        path.write_text(path.read_text().replace("def test_softmax_values__", "def check_softmax_values__"))

    assert "the graded cell softmax_values has no hidden check" in planted(defect)


@pytest.mark.parametrize(
    "line, instead, found",
    [
        (
            '    "softmax": softmax_stand_in,\n',
            "",
            ["softmax has no stand-in", 'STAND_INS["softmax"] = softmax_stand_in'],
        ),
        ('    "softmax": SOFTMAX,\n', "", ["softmax rules out built-ins in one place and not in the other"]),
        (
            '    "softmax": SOFTMAX,\n',
            '    "sofmax": SOFTMAX,\n',
            ["sofmax rules out built-ins in one place and not in the other", "of an exercise of this name"],
        ),
    ],
)
def test_exercise_that_the_checks_know_nothing_of(planted, line, instead, found):
    def defect(copy):
        path = copy / f"tests/hidden/test_{NAME.replace('-', '_')}.py"
        path.write_text(path.read_text().replace(line, instead))

    said = planted(defect)
    assert all(words in said for words in found)


def test_check_without_a_graded_cell(planted):
    def defect(copy):
        with open(copy / "tests/hidden/test_03_softmax.py", "a") as file:
            file.write("\n\ndef test_softmax_beauty__shines(student):\n    pass\n")

    assert "test_softmax_beauty__shines belongs to no graded cell" in planted(defect)


def test_solved_stub(planted):
    said = planted(
        replace("next_token_probs", r"    ### BEGIN SOLUTION", "    return 1\n    ### BEGIN SOLUTION"), release=True
    )
    assert "the stub of next_token_probs is already solved" in said and "BEGIN SOLUTION" in said


def test_stub_that_is_not_python(planted):
    said = planted(replace("next_token_probs", r"    ### BEGIN SOLUTION", "        ### BEGIN SOLUTION"), release=True)
    assert "the stub of next_token_probs is not Python" in said


def test_stub_without_signature(planted):
    def defect(copy):
        replace("next_token_probs", r"(def next_token_probs.*)    ### BEGIN", r"### BEGIN SOLUTION\n\1    #")(copy)

    assert "the stub of next_token_probs lacks the signature" in planted(defect, release=True)


@pytest.mark.parametrize("link", ["[here](../../no-such-file.md)", '<img src="gone.png">'])
def test_dead_link(planted, link):
    def defect(copy):
        notebook = nbformat.read(copy / NOTEBOOK, as_version=4)
        notebook.cells[0].source += f"\n\n{link}"
        nbformat.write(notebook, copy / NOTEBOOK)

    assert "does not exist" in planted(defect, release=True)


def test_solution_without_a_reason(planted):
    def change(notebook):
        notebook["cells"] = [each for each in notebook["cells"] if each["id"] != "softmax-reason"]

    said = planted(edit_json(change))
    assert f"{NOTEBOOK}: the solution of softmax has no reason" in said and "tagged 'reason'" in said


def test_solution_marker_left_open(planted):
    said = planted(replace("softmax", "### END SOLUTION", ""), in_release=True)
    assert "nbgrader can't generate the release" in said and "no end solution" in said


def test_answers_that_are_missing_or_fail_no_cell(planted, course):
    def defect(copy):
        shutil.copytree(course / "answers", copy / "answers", dirs_exist_ok=True)
        (copy / "answers/wrong/next_token_probs.py").unlink()
        path = copy / "answers/wrong/softmax.py"
        path.write_text(path.read_text().replace('fails="softmax_values"', 'fails="softmax_valeus"', 1))

    said = planted(defect)
    assert "answers/wrong/next_token_probs.py: is missing" in said and "each marked @wrong" in said
    assert "over_the_last_dimension is to fail softmax_valeus, which is no graded cell of softmax" in said
    assert "name one of softmax_values, softmax_stability, softmax_gradients" in said


@pytest.mark.parametrize(
    ("file", "source", "said"),
    [
        (
            "answers/wrong/softmax.py",
            "def half(\n    x = (1\n",
            "answers/wrong/softmax.py: is not Python: '(' was never closed",
        ),
        (
            "tests/hidden/test_03_softmax.py",
            "x = \n",
            "tests/hidden/test_03_softmax.py: is not Python: invalid syntax (test_03_softmax.py, line 1)",
        ),
        (
            "answers/right/softmax.py",
            "a = 1\nb = a + nothing\n",
            "answers/right/softmax.py: line 2 can't be run: NameError",
        ),
    ],
    ids=["answer", "checks", "answer that raises"],
)
def test_a_file_that_python_cannot_read(planted, file, source, said):
    assert (
        said in (found := planted(lambda copy: (copy / file).write_text(source))) and f"{file}' says nothing" in found
    )


def test_make_check_tells_all_problems_at_once(course, tmp_path):
    for name, code in {"proctor": 1, "ruff": 2, "lint-imports": 0, "basedpyright": 0, "python": 0}.items():
        (tmp_path / name).write_text(f'#!/bin/sh\necho "{name} $1 was here"\nexit {code}\n')
        (tmp_path / name).chmod(0o755)
    command = [
        "make",
        "-s",
        "-C",
        course,
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
    assert done.returncode and all(f"{look}" in done.stdout for look in looks) and done.stdout.count("was here") == 6
    assert "not in order: 'proctor lint', 'ruff check .', 'ruff format --check .'\n" in done.stderr


def test_a_folder_without_a_notebook_is_said(make_course, monkeypatch):
    copy = make_course(NAME)
    (copy / "source" / "08-tokens").mkdir()
    (problem,) = lint(copy)
    assert str(problem).startswith("source/08-tokens/: holds no notebook") and lint(copy, ["08-tokens"]) == [problem]
    monkeypatch.setattr("proctor.authoring.lint.stale_release", lambda *_: [])
    assert problem not in lint(copy, [NAME])
