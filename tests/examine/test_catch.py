"""Examples that catch: what counts is frozen, what may be shown is what is known, and hostile examples harm nobody."""

import ast
import json
import re
import runpy
from types import SimpleNamespace
from typing import cast

import nbformat
import pytest
import torch

from proctor.answers import answers, put, solved
from proctor.course import assignments, find_course
from proctor.diagnosis.catch import Caught, caught
from proctor.grading.student import Student

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
    counted = counted_of(assignment)
    assert set(counted) <= {
        answer.id for answer in answers(COURSE / "answers" / "wrong" / f"{exercise}.py")
    }
    assert 30 <= len(counted) == len(set(counted))
    report = examined(solved(assignment), run, tmp_path)
    told = next(
        cell["message"] for cell in report["cells"] if cell["id"] == f"catch_{exercise}_many"
    )
    assert (
        f"your examples expose {len(counted)} of {len(counted)} wrong answers; 0 slip through"
        in told
    )


@each
def test_suspects_are_known_wrong_answers_that_count(exercise):
    assignment = CATCHES[exercise]
    known = {
        answer.id: answer for answer in answers(COURSE / "answers" / "wrong" / f"{exercise}.py")
    }
    counted = counted_of(assignment)
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


# each is inserted before ours
BROKEN = (
    '"none"',
    '{"x": torch.zeros(1001), "dim": 0}',
    '{"x": torch.zeros(2), "dim": 1}',
    '{"x": torch.ones(2, dtype=torch.int64), "dim": 0}',
)


@pytest.fixture(scope="module")
def lost(run, tmp_path_factory):
    """The graded cells that lost points with each of these examples, by one command."""
    assignment, folder = CATCHES["softmax"], tmp_path_factory.mktemp("examples")
    ours = assignment.solutions["catch_softmax"]
    answers = HOSTILE | {one: f"{ours}\nexamples.insert(0, {one})" for one in BROKEN}
    paths = [folder / f"{number}.ipynb" for number in range(len(answers))]
    for path, answer in zip(paths, answers.values(), strict=True):
        nbformat.write(put(solved(assignment), "catch_softmax", answer), path)
    reports = json.loads(
        run(COURSE, "proctor", "check", "--json", "--seed", 7, *paths, code=1).stdout
    )
    return {
        what: [cell for cell in report["cells"] if cell["score"] < cell["max_score"]]
        for what, report in zip(answers, reports, strict=True)
    }


@pytest.mark.full
@pytest.mark.parametrize("what", HOSTILE)
def test_odd_examples_cost_their_own_points_alone(what, lost):
    cells = {cell["id"] for cell in lost[what]}
    assert cells and cells <= {"catch_softmax_fair", "catch_softmax_many", "catch_softmax_most"}, (
        lost[what]
    )
    assert not {cell["status"] for cell in lost[what]} & {"unjudged", "died"}


@pytest.mark.full
@pytest.mark.parametrize("what", BROKEN)
def test_what_breaks_one_example_costs_that_one_alone(what, lost):
    (cell,) = lost[what]
    assert cell["id"] == "catch_softmax_fair" and "example 1 " in cell["message"]


T, D = torch.tensor, torch.float64
# Some of each kind that the checks tell of: they show every counted answer of it, and the ordinary ones show none.
TELLING = {
    "cosine_similarity": {
        "for ordinary vectors": [
            {"a": T([3.0, 4.0]), "b": T([4.0, 0.0])},
            {
                "a": T([[3.0, 4.0, 1.0], [1.0, -1.5, 0.2]]),
                "b": T([[4.0, 0.5, 2.0], [-3.0, 1.0, 0.0]]),
            },
            {
                "a": torch.arange(1.0, 25).reshape(2, 3, 4),
                "b": torch.arange(24.0).reshape(2, 3, 4) % 7 - 2.3,
            },
        ],
        "only in float64": [{"a": T([3.0, 4.0], dtype=D), "b": T([-1.0, 7.0], dtype=D)}],
        "only if shapes broadcast": [{"a": T([3.0, 4.0]), "b": T([[[1.0, 2.0]], [[-5.0, 1.0]]])}],
        "only for short vectors": [{"a": T([[1e-4, 2e-4]]), "b": T([[3e-4, -1e-4]])}],
        "only for vectors as short as they may be": [{"a": T([1e-4]), "b": T([1e-4])}],
        "only if the numbers of a vector add up to zero": [
            {"a": T([1.0, -1.0]), "b": T([2.0, 1.0])}
        ],
        "only if a vector is zero": [
            {"a": T([[0.0, 0.0], [3.0, 4.0]]), "b": T([[1.0, 2.0], [1.0, 1.0]])},
            {"a": T([[1.0, 2.0], [3.0, 4.0]]), "b": T([[0.0, 0.0], [1.0, 1.0]])},
            {"a": T([0.0, 0.0]), "b": T([1.0, 2.0])},
        ],
        "only if both vectors are zero": [{"a": torch.zeros(2), "b": torch.zeros(2)}],
        "only if a vector is zero in float64": [
            {"a": torch.zeros(2, dtype=D), "b": torch.ones(2, dtype=D)}
        ],
    },
    "softmax": {
        "for ordinary logits": [
            {"x": T([[2.0, 1.0, 0.1], [0.5, -3.0, 1.0]]), "dim": 0},
            {"x": T([2.0, 1.0, 0.1]), "dim": 0},
            {"x": torch.arange(1.0, 25).reshape(2, 3, 4) % 7.5 - 2.3, "dim": 1},
            {"x": torch.arange(1.0, 25).reshape(2, 3, 4) % 7.5 - 2.3, "dim": 2},
        ],
        "only for a negative dim": [{"x": T([[2.0, 1.0, 0.1], [0.5, -3.0, 1.0]]), "dim": -1}],
        "only in float64": [
            {"x": T([[101.1, 102.3, 99.7], [102.9, 101.7, 99.3]], dtype=D), "dim": 1}
        ],
        "only for logits that are too large for exp, or too far below 0": [
            {"x": T([[9000.0, 8999.0, 100.0], [8999.0, 8998.0, 20.0]]), "dim": 1},
            {"x": T([-9000.0, -9001.0]), "dim": 0},
        ],
        "only if one slice lies far above another": [
            {"x": T([[1000.0, 999.0], [-1000.0, -1001.0]]), "dim": 1}
        ],
        "only if a logit is 0": [{"x": T([0.0, 1.0, 2.0]), "dim": 0}],
        "only if a logit is -inf": [{"x": T([1.0, -torch.inf, 2.0]), "dim": 0}],
    },
    "cross_entropy": {
        "for ordinary logits": [
            {
                "logits": T([[2.0, 1.0, 0.1, 0.3], [0.5, 2.5, 0.3, 1.0], [0.7, -1.0, 3.0, 0.2]]),
                "targets": T([3, 1, 1]),
            },
            {"logits": T([[2.0, 1.0, 0.1], [0.5, 2.5, 0.3]]), "targets": T([0, 1])},
        ],
        "only in float64": [
            {"logits": T([[2.0, 1.0, 0.1], [0.5, 2.5, 0.3]], dtype=D), "targets": T([2, 0])}
        ],
        "only for one single token": [{"logits": T([2.0, 1.0, 0.1]), "targets": T(1)}],
        "only for other shapes than (N, V)": [
            {
                "logits": torch.arange(1.0, 25).reshape(2, 3, 4) % 7.5 - 2,
                "targets": T([[0, 1, 1], [3, 1, 2]]),
            }
        ],
        "only if a logit is 0": [{"logits": torch.zeros(2, 5), "targets": T([4, 0])}],
        "only for a wrong token that is far ahead of the right one": [
            {"logits": T([[0.1, 9000.0], [0.1, 200.0]]), "targets": T([0, 0])},
        ],
        "only for logits far from 0": [{"logits": T([[-300.0, -301.0]]), "targets": T([0])}],
        "only if one row lies far above another": [
            {"logits": T([[300.0, 301.0], [-300.0, -301.0]]), "targets": T([0, 0])}
        ],
    },
}


@each
def test_feedback_tells_the_kind_of_what_slips_through(exercise):
    kinds = TELLING[exercise]
    ordinary, *rare = kinds
    assert list(kinds) == list(checks_of(CATCHES[exercise])["COUNTED"])
    found = tried(exercise, kinds[ordinary])
    assert not found.refused
    assert {found.kinds[title] for title, numbers in found.exposed.items() if not numbers} == set(
        rare
    )
    assert {found.kinds[title] for title, numbers in found.exposed.items() if numbers} == {ordinary}
    for kind in kinds:
        found = tried(exercise, kinds[kind])
        assert not found.refused
        assert not [
            title
            for title, numbers in found.exposed.items()
            if not numbers and found.kinds[title] == kind
        ]
    one_missing = tried(
        exercise, [example for kind in kinds if kind != rare[0] for example in kinds[kind]][:8]
    )
    number = sum(not numbers for numbers in one_missing.exposed.values())
    assert f"; {number} slip through\n- " in one_missing.words()


FINE = {"x": T([[2.0, 1.0, 0.1], [0.5, -3.0, 1.0]]), "dim": 0}
BEYOND = {  # what is told, by the example that is told so
    "neither a tensor nor a whole number": {"x": [2.0, 1.0], "dim": 0},
    "True is neither a tensor nor a whole number": {"x": T([2.0, 1.0]), "dim": True},
    "one is float16": {"x": T([2.0, 1.0]).half(), "dim": 0},
    "between 1 and 1000 numbers, and one holds 1001": {"x": torch.ones(1001), "dim": 0},
    "between 1 and 1000 numbers, and one holds 0": {"x": torch.ones(0, 3), "dim": 0},
    "must have a dimension": {"x": T(1.0), "dim": 0},
    "between 1e-4 and 1e4 in size": {"x": T([2e4, 1.0]), "dim": 0},
    "even a right answer raises IndexError": {"x": T([2.0, 1.0]), "dim": 1},
    "even a right answer gives nan": {"x": T([-torch.inf, -torch.inf]), "dim": 0},
    "has the keys ['x'], expected ['x', 'dim']": {"x": T([2.0, 1.0])},
}


@pytest.mark.parametrize("told", BEYOND)
def test_the_visible_cell_tells_each_limit_and_tries_the_other_examples(told, capsys):
    expect = runpy.run_path(str(COURSE / "helpers" / "expect.py"))
    suspects = runpy.run_path(str(CATCHES["softmax"].source.parent / "suspects.py"))["SOFTMAX"]
    with pytest.raises(expect["Unmet"], match=re.escape(told)) as raised:
        expect["try_examples"]([BEYOND[told], FINE], torch.softmax, suspects, infinite=True)
    assert "example 1 breaks the rules" in str(raised.value) and "example 2" not in str(
        raised.value
    )
    assert "✓ caught by 2" in capsys.readouterr().out


def checks_of(assignment):
    return runpy.run_path(str(assignment.checks))


def counted_of(assignment) -> list[str]:
    return [name for names in checks_of(assignment)["COUNTED"].values() for name in names.split()]


def tried(exercise, examples) -> Caught:
    checks = checks_of(CATCHES[exercise])
    student = cast(Student, SimpleNamespace(run=lambda _: examples))
    compare = checks[f"compare_{exercise}"]
    infinite = exercise == "softmax"
    return caught(student, exercise, checks[exercise], checks["COUNTED"], compare, infinite)


def examined(notebook, run, folder) -> dict:
    path = folder / "mine.ipynb"
    nbformat.write(notebook, path)
    (report,) = json.loads(run(COURSE, "proctor", "check", "--json", path, code=None).stdout)
    return report
