"""A fault at one boundary costs one graded cell, and no other."""

import json

import nbformat
import pytest

from proctor.answers import corpus, solved
from proctor.course import assignments

# known wrong answers that are right but for the smallest or the largest value of something, or a size of 1
FAULTS = {
    "01-vectors": {
        "embed": "steps_through_the_first_axis",
        "last_token": "squeezes_too_much",
        "most_similar": "refuses_all_rows",
        "split_heads": "refuses_one_head",
    },
    "04-cross-entropy": {"uniform_loss": "refuses_one"},
    "05-gradients": {
        "gradient_descent": "at_least_one_step",
        "sgd_step": "no_check_for_none",
        "fit": "at_least_one_step",
    },
    "06-training-loop": {
        "get_batch": "refuses_the_only_window",
        "generate": "refuses_to_write_nothing",
        "generate_within": "refuses_to_write_nothing",
    },
    "07-tiny-llm": {"SelfAttention": "SqueezesOneHead", "TinyTransformer": "OneTooFew"},
}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.full if name != "01-vectors" else []) for name in FAULTS],
)
def test_a_fault_at_one_boundary_costs_one_cell(course, run, tmp_path, name):
    assignment = assignments(course)[name]
    # an author may have removed an exercise
    faults = {name: fault for name, fault in FAULTS[name].items() if name in assignment.stubs}
    known = {(each.exercise, each.id): each for each in corpus(assignment.wrong_answers)}
    answers = [known[fault] for fault in faults.items()]
    path = tmp_path / assignment.notebook.name
    nbformat.write(solved(assignment, {answer.exercise: answer.source for answer in answers}), path)
    (report,) = json.loads(run(course, "proctor", "check", "--json", path, code=1).stdout)
    lost = [cell["id"] for cell in report["cells"] if cell["score"] < cell["max_score"]]
    assert sorted(lost) == sorted(cell for answer in answers for cell in answer.fails)
    assert len(lost) == len(faults)
