"""The hidden checks bite: every wrong answer loses points where it says so, every right one gets them all."""

import runpy
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from unittest.mock import patch

import pytest

from proctor.answers import Answer, answers
from proctor.authoring.lint import drafts_in
from proctor.course import assignments
from proctor.course.report import GENERAL
from proctor.diagnosis.known_answers import Replayer
from proctor.examine import proofs
from proctor.grading.hidden import cell_of, check_functions
from proctor.sandbox.cell import Limits

COURSE = Path(__file__).parent.parent
ASSIGNMENTS = assignments(COURSE)
EXERCISES = [exercise for assignment in ASSIGNMENTS.values() for exercise in assignment.stubs]
CENTRAL = {
    "cosine_similarity",
    "matmul",
    "softmax",
    "causal_attention_weights",
    "cross_entropy",
    "train_step",
}
CENTRAL |= {"get_batch", "TinyLM", "train", "evaluate"}
# those of which `make test` proves a sample
SAMPLE = {"matmul", "softmax", "cross_entropy", "train_step", "TinyLM"}
CERTAIN = {
    GENERAL + rule.__name__
    for rule in runpy.run_path(str(COURSE / "answers" / "slips.py"))["CERTAIN"]
}
UNSURE = {
    # draws from the system's entropy, so that nothing it does can be done again
    "train.own_generator",
    # told from one with a second fault only where the ids that are drawn suffice
    "embed.one_hot_of_guessed_width",
    # rounds as `items` or as `no_graph` does, by the numbers that are drawn; both names are true
    "matmul.packed_anew",
}


@cache
def corpus(folder: str, exercise: str) -> list[Answer]:
    return answers(COURSE / "answers" / folder / f"{exercise}.py")


def worth(exercise):
    return sum(
        cell.points
        for cell in assignment_with(exercise).graded.values()
        if cell.exercise == exercise
    )


def is_value(exercise):
    return assignment_with(exercise).exercises[exercise].is_value


def assignment_with(exercise):
    return next(a for a in ASSIGNMENTS.values() if exercise in a.stubs)


def examined(
    exercise: str, found: Iterable[Answer], seed: int, limits: Limits | None = None
) -> Iterator[tuple]:
    """Each answer, its report, the checks that it failed and how, and what the exercise was asked and replied.

    Visible checks are left out: they are test_visible.py's. So are the smaller calls that show what failed: they are
    test_smallest.py's, and take as long as the checks.
    """
    judged = proofs.examined(assignment_with(exercise), exercise, found, seed, limits)
    with patch("proctor.examine.examine.show_smallest"):
        for answer, report, examination in judged:
            failed = {finding.check: finding.status for finding in examination.findings}
            yield answer, report, failed, list(examination.session.transcript[exercise])


@pytest.fixture
def told(request):
    """Fails with these problems, if there are any, and says how to see them again."""

    def told(problems: list[str]) -> None:
        again = f"pytest '{request.node.nodeid}' --seed {request.config.option.seed}"
        if problems:
            pytest.fail("\n".join([*problems, f"to see it again: {again}"]), pytrace=False)

    return told


def some_and_all() -> pytest.MarkDecorator:
    """What the course turns on with a fixed sample of its answers, and, which takes longer, every exercise with all."""
    some = [
        pytest.param(e, False, id=f"{e}-some", marks=pytest.mark.part)
        for e in EXERCISES
        if e in SAMPLE
    ]
    all_ = [pytest.param(e, True, id=f"{e}-all", marks=pytest.mark.full) for e in EXERCISES]
    return pytest.mark.parametrize("exercise, whole", some + all_)


@some_and_all()
def test_wrong_answers_fail_where_they_say_and_right_ones_nowhere(exercise, whole, told, request):
    seed = request.config.option.seed
    told([*wrong_ones(exercise, whole, seed), *right_ones(exercise, whole, seed)])


@pytest.mark.parametrize("assignment", ASSIGNMENTS.values(), ids=[*ASSIGNMENTS])
def test_each_hidden_check_says_in_one_line_which_rule_it_holds(assignment):
    functions = check_functions(assignment.checks)
    rules = {name: each.__doc__ or "" for name, each in functions.items()}
    unfit = [name for name, rule in rules.items() if "\n" in rule or not rule.endswith(".")]
    is_draft = "intro" in drafts_in(assignment.source)
    assert (rules or is_draft) and not unfit


def right_ones(exercise: str, whole: bool, seed: int) -> Iterator[str]:
    """The right answers that lose points, do all that a known wrong one does, or are noted as a built-in."""
    found = corpus("right", exercise)
    wanted = 1 if is_value(exercise) else 3 if worth(exercise) == 0 else 5
    assert len(found) >= wanted, (
        f"only {len(found)} of {wanted} right answers in answers/right/{exercise}.py"
    )
    replayer = Replayer(assignment_with(exercise))
    try:
        for answer, report, _, transcript in examined(exercise, found[:: 1 if whole else 16], seed):
            lost = [cell for cell in report.cells if cell.status != "passed"]
            yield from (f"{exercise}.{answer.id}: {cell.id}: {cell.message}" for cell in lost)
            noted = [flag["words"] for flag in report.flags if "same bits" in flag["words"]]
            yield from (f"{exercise}.{answer.id}: {words}" for words in noted)
            # of a prediction or examples, no other can be right
            cells = [] if lost or is_value(exercise) else [cell.id for cell in report.cells]
            if cells and (mistake := replayer.recognise(exercise, transcript, cells)):
                yield f"{exercise}.{answer.id} is right and taken for {mistake.id}"
    finally:
        replayer.close()


def wrong_ones(exercise: str, whole: bool, seed: int) -> Iterator[str]:
    """The wrong answers that pass where they should fail, or are taken for another; the checks that none fails alone."""
    found = corpus("wrong", exercise)
    wanted = 15 if exercise in CENTRAL else 3 if is_value(exercise) else 8
    assert len(found) >= wanted, (
        f"only {len(found)} of {wanted} wrong answers in answers/wrong/{exercise}.py"
    )
    alone = set()
    for answer, report, failed, _ in examined(exercise, found[:: 1 if whole else 24], seed):
        cells = {cell.id for cell in report.cells if cell.status != "passed"}
        if not set(answer.fails) <= cells:
            yield f"{exercise}.{answer.id}: should fail {answer.fails}, failed {sorted(cells)}"
        yield from not_recognised(answer, report)
        unjudged = [check for check, status in failed.items() if status == "unjudged"]
        yield from (f"{exercise}.{answer.id}: {check} could not judge it" for check in unjudged)
        # who catches too little for one point catches too little for the next
        if len(failed) == 1 or exercise.startswith("catch_"):
            alone |= failed.keys()
    if whole:
        for check in checks_of(exercise) - alone:
            yield f"{check}: no wrong answer fails this check alone: write one, or leave the check out"


def not_recognised(answer, report) -> list[str]:
    """What is wrong with the diagnosis of an answer of the corpus: it should be that answer, or the one it is like."""
    name = f"{answer.exercise}.{answer.id}"
    if name in UNSURE or "forbidden" in {cell.status for cell in report.cells}:
        return []
    wanted = {f"{answer.exercise}.{answer.like or answer.id}"}
    told = {
        cell.diagnosis and cell.diagnosis["id"]
        for cell in report.cells
        if cell.status in ("failed", "error")
    }
    # the source of some shows for certain where the mistake is
    if told in [{name} for name in CERTAIN]:
        return []
    return (
        []
        if told == wanted
        else [f"{name}: should be recognised as {wanted}, was taken for {told}"]
    )


def checks_of(exercise):
    assignment = assignment_with(exercise)
    return {
        name
        for name in check_functions(assignment.checks)
        if assignment.exercise_of(cell_of(name)) == exercise
    }
