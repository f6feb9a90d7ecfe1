"""An assignment of an instructor's own, whose one exercise defines two names: what its cell's metadata say is enough."""

import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

TEXT = """### Exercise: `least(x)` and `most(x)`

Difficulty: ●○○ · about 5 minutes

The smallest and the largest entry of `x`, which is `(n,)`. Both are 0-d.

TODO: more known answers."""
SOLUTION = (
    """def least(x):
    """
    + '"""The smallest entry of x, (n,), 0-d."""'
    + """
    ### BEGIN SOLUTION
    return x.min()
    ### END SOLUTION


def most(x):
    """
    + '"""The largest entry of x, (n,), 0-d."""'
    + """
    ### BEGIN SOLUTION
    return x.max()
    ### END SOLUTION"""
)
GRADED = """assert least(torch.tensor([2.0, 1.0])) == 1
assert most(torch.tensor([2.0, 1.0])) == 2
### BEGIN HIDDEN TESTS
from proctor import hidden_checks; hidden_checks("ends_values")
### END HIDDEN TESTS"""
CHECKS = """
import torch
from proctor.checks import close

def test_ends_values__any_size(student, draw):
    "The results are the smallest and the largest entry of x."
    x = draw.normal(7)
    close(student.least(x), x.min())
    close(student.most(x), x.max())

def smallest(x):
    return x.min()

def largest(x):
    return x.max()

STAND_INS = {"least": smallest, "most": largest}
"""
WRONG = """
from proctor.answers import wrong

@wrong("Takes the largest for both", hint="Which of the two is the smallest?", fails="ends_values")
def both_largest():
    def least(x):
        return x.max()

    def most(x):
        return x.max()

    return least, most
"""
RIGHT = """
from proctor.answers import right

@right
def sorted_first():
    def least(x):
        return x.sort().values[0]

    def most(x):
        return x.sort().values[-1]

    return least, most
"""


def cell(source: str, name: str, points: int | None = None, **more):
    facts = {
        "schema_version": 3,
        "grade_id": name,
        "grade": points is not None,
        "locked": "answer" not in more,
    }
    facts |= {"solution": "answer" in more, "task": False} | (
        {} if points is None else {"points": points}
    )
    kept = {"nbgrader": facts} | ({"proctor": more["proctor"]} if "proctor" in more else {})
    return new_code_cell(source, id=name, metadata=kept)


@pytest.fixture
def own(make_course, run):
    """A course with 03 and `08-ends`, worth 10 points, released."""
    course = make_course("03-softmax")
    cells = [
        new_markdown_cell("# 08 · Ends", id="intro"),
        cell("import torch", "setup"),
        new_markdown_cell(TEXT, id="ends-exercise"),
        cell(SOLUTION, "ends", answer=True, proctor={"defines": ["least", "most"]}),
        new_markdown_cell("They are PyTorch's own.", metadata={"tags": ["reason"]}),
        cell(GRADED, "ends_values", 10),
    ]
    (course / "source" / "08-ends").mkdir()
    nbformat.write(new_notebook(cells=cells), course / "source" / "08-ends" / "ends.ipynb")
    for path, text in {
        "tests/hidden/test_08_ends": CHECKS,
        "answers/wrong/ends": WRONG,
        "answers/right/ends": RIGHT,
    }.items():
        (course / f"{path}.py").write_text(f'"""Of 08-ends."""\n{text}')
    run(course, "nbgrader", "generate_assignment", "08-ends", "--create", "--force")
    return course


@pytest.mark.full
def test_answers_that_do_not_return_both_names(own, run):
    path = own / "answers" / "wrong" / "ends.py"
    title = '@wrong("{0}", hint="{0}?", fails="ends_values")'
    for broken in (
        "def alone(x):\n    return x.max()",
        "def one_only():\n    def least(x):\n        return x.max()\n\n    return least",
        "def forgets():\n    def least(x):\n        return x.max()",
        "class Both:\n    pass",
    ):
        name = broken.split()[1].partition("(")[0].rstrip(":")
        path.write_text(f"{path.read_text()}\n\n{title.format(name)}\n{broken}\n")
        said = run(own, "proctor", "lint", "08-ends", code=1).stdout
        assert f"answers/wrong/ends.py: {name} doesn't return least and most\n" in said
        assert (
            "a function of no arguments that defines them and ends in 'return least, most'" in said
        )


@pytest.mark.full
def test_an_exercise_that_defines_two_names(own, run, tmp_path):
    """It lints, and counts in its own cell, in the last one, and where its cells lost what nbgrader noted of them."""
    run(own, "proctor", "lint", "08-ends")
    released = nbformat.read(own / "release" / "08-ends" / "ends.ipynb", as_version=4)
    assert "NotImplementedError" in released.cells[3].source
    answer = "def least(x):\n    return x.min()\n\n\ndef most(x):\n    return x.max()"
    wrong = answer.replace("min", "max")
    made = []
    for name, source, last, forget in (
        ("cell", answer, "", False),
        ("last", released.cells[3].source, answer, False),
        ("forgotten", answer, "", True),
        ("wrong", wrong, "", False),
    ):
        notebook = nbformat.from_dict(json.loads(json.dumps(released)))
        notebook.cells[3].source = source
        if last:
            notebook.cells.append(new_code_cell(last))
        if forget:
            for each in notebook.cells:
                each.metadata = nbformat.NotebookNode()
        made.append(tmp_path / name / "ends.ipynb")
        made[-1].parent.mkdir()
        nbformat.write(notebook, made[-1])
    done = run(own, "proctor", "check", "--json", *made, code=1)
    reports = json.loads(done.stdout)
    assert [report["score"] for report in reports] == [10, 10, 10, 0]
    assert reports[3]["cells"][0]["diagnosis"]["id"] == "ends.both_largest"
    # the hidden checks alone, which the release has no need of
    assert "hidden_checks" not in released.cells[4].source
