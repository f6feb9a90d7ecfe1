"""Whom a remark reaches, told from what was recorded."""

from nbformat.v4 import new_code_cell, new_notebook

from proctor.records.remarks import texts
from proctor.records.store import Remark, read_remarks, write_remarks

ANSWER = "def softmax(x, dim):\n    return x"


def graded(source: str, behaviour: str | None):
    """A notebook of which one answer was graded."""
    facts = {"schema_version": 3, "locked": False, "task": False}
    solution = {"nbgrader": facts | {"grade_id": "softmax", "solution": True, "grade": False}}
    check = {
        "nbgrader": facts
        | {"grade_id": "softmax_values", "solution": False, "grade": True, "points": 2}
    }
    notebook = new_notebook(
        cells=[new_code_cell(source, metadata=solution), new_code_cell(metadata=check)]
    )
    notebook.metadata["proctor"] = {"cells": [{"id": "softmax_values", "behaviour": behaviour}]}
    return notebook


def test_a_remark_follows_what_an_answer_does_and_the_answer_that_had_it(tmp_path):
    write_remarks(tmp_path, [Remark("03-softmax", "softmax", "A remark", ["b1"])])

    def said(student, source, behaviour, assignment="03-softmax"):
        return texts(tmp_path, assignment, student, graded(source, behaviour)).get("softmax")

    assert said("ada", ANSWER, "b1") == said("ben", "softmax = elsewhere", "b1") == "A remark"
    assert (
        said("cy", ANSWER, "b2")
        is said("ada", ANSWER, "b1", "01-vectors")
        is said("ada", ANSWER, None)
        is None
    )
    # the checks changed: who handed in the same keeps it, and who does the same now has it, too
    assert said("ada", ANSWER, "b2") == said("cy", ANSWER, "b2") == "A remark"
    # an answer in another cell isn't told from its own
    assert said("ben", "pass", "b1") == "A remark" and said("ben", "pass", "b3") is None
    assert read_remarks(tmp_path)[0].behaviours == ["b1", "b2"]
