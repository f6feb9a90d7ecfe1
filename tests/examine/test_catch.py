"""Examples that catch: what counts is frozen, what may be shown is what is known, and hostile examples harm nobody."""

import ast
import json
import runpy

import nbformat
import pytest

from proctor.answers import answers, put, solved
from proctor.course import assignments, find_course

COURSE = find_course()
CATCHES = {
    exercise.removeprefix("catch_"): assignment
    for assignment in assignments(COURSE).values()
    for exercise in assignment.stubs
    if exercise.startswith("catch_")
}
each = pytest.mark.parametrize("exercise", CATCHES)


def test_there_are_three():
    assert list(CATCHES) == ["cosine_similarity", "softmax", "cross_entropy"]


@each
def test_every_counted_answer_is_known_and_exposed_by_the_examples_of_ours(exercise, run, tmp_path):
    assignment = CATCHES[exercise]
    counted = runpy.run_path(str(assignment.checks))["COUNTED"]
    assert set(counted) <= {answer.id for answer in answers(COURSE / "answers" / "wrong" / f"{exercise}.py")}
    assert 30 <= len(counted) == len(set(counted))
    report = examined(solved(assignment), run, tmp_path)
    told = next(cell["message"] for cell in report["cells"] if cell["id"] == f"catch_{exercise}_many")
    assert f"your examples expose {len(counted)} of {len(counted)} wrong answers; 0 slip through" in told


@each
def test_suspects_are_known_wrong_answers_that_count(exercise):
    assignment = CATCHES[exercise]
    known = {answer.id: answer for answer in answers(COURSE / "answers" / "wrong" / f"{exercise}.py")}
    counted = runpy.run_path(str(assignment.checks))["COUNTED"]
    tree = ast.parse((assignment.source.parent / "suspects.py").read_text())
    suspects = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert len(suspects) == 6 and {node.name for node in suspects} <= set(counted)
    for node in suspects:
        title, *lines = node.body
        assert ast.literal_eval(title.value) == known[node.name].title + "."
        original = ast.parse(known[node.name].source).body[0].body
        assert list(map(ast.dump, lines)) == list(map(ast.dump, original))[-len(lines) :]


HOSTILE = {
    "the whole namespace": "examples = [globals()]",
    "a class": "class Liar(dict): pass\nexamples = [Liar(x=torch.ones(2), dim=0)] * 3 + [lambda: 1]",
    "a billion numbers": 'examples = [{"x": torch.ones(1).expand(10**9), "dim": 0}]',
    "a result of a billion": 'examples = [{"x": torch.ones(1000, 1), "dim": 0}] * 8',
    "itself": "examples = []\nexamples.append(examples)",
    "text": 'examples = [{"x": "torch.ones(2)", "dim": 0}]',
    "a dim beyond all bounds": 'examples = [{"x": torch.ones(2), "dim": 10**30}]',
    "true for a number": 'examples = [{"x": torch.ones(2, dtype=torch.bool), "dim": True}]',
}


@pytest.mark.parametrize("what", HOSTILE)
def test_odd_examples_cost_their_own_points_alone(what, run, tmp_path):
    assignment = CATCHES["softmax"]
    report = examined(put(solved(assignment), "catch_softmax", HOSTILE[what]), run, tmp_path)
    lost = {cell["id"] for cell in report["cells"] if cell["score"] < cell["max_score"]}
    assert lost and lost <= {"catch_softmax_fair", "catch_softmax_many", "catch_softmax_most"}, report
    assert not {cell["status"] for cell in report["cells"]} & {"unjudged", "died"}


def examined(notebook, run, folder) -> dict:
    path = folder / "mine.ipynb"
    nbformat.write(notebook, path)
    (report,) = json.loads(run(COURSE, "proctor", "check", "--json", path, code=None).stdout)
    return report
