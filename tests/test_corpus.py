"""The hidden checks bite: every wrong answer loses points where it says so, every right one gets them all."""

from functools import cache
from pathlib import Path

import nbformat
import pytest

from proctor.answers import answers, put
from proctor.checks import fresh_seed
from proctor.course import assignments, grade_id
from proctor.examine.examine import examine_closely
from proctor.examine.pytest_plugin import cell_of

COURSE = Path(__file__).parent.parent
SEED = fresh_seed()  # one for all answers of a run: what the known answers reply to the same question is remembered
ASSIGNMENTS = assignments(COURSE)
EXERCISES = [exercise for assignment in ASSIGNMENTS.values() for exercise in assignment.stubs]
CENTRAL = {"cosine_similarity", "matmul", "softmax", "causal_attention_weights", "cross_entropy", "train_step"}
CENTRAL |= {"get_batch", "TinyLM", "train", "evaluate"}
UNSURE = {
    "train.own_generator",  # draws from the system's entropy, so that nothing it does can be done again
    # what these reply depends on what they were asked before
    "encode_decode.remembers_the_vocabulary",
    "encode_decode.remembers_in_decode",
}


@cache
def corpus(folder: str) -> dict[str, list]:
    return {exercise: answers(COURSE / "answers" / folder / f"{exercise}.py") for exercise in EXERCISES}


def assignment_with(exercise):
    return next(a for a in ASSIGNMENTS.values() if exercise in a.stubs)


def findings(answer):
    """Examines the reference notebook, cut down to what the exercise needs, with `answer` in its place."""
    assignment = assignment_with(answer.exercise)
    notebook = nbformat.read(assignment.source, as_version=4)
    cells = {cell.id for cell in assignment.graded.values() if cell.exercise == answer.exercise}
    needed = assignment.locked.keys() - assignment.graded.keys() | assignment.stubs.keys() | cells
    notebook.cells = [cell for cell in notebook.cells if grade_id(cell) in needed]
    return examine_closely(put(notebook, answer.exercise, answer.source), assignment, cells=cells, seed=SEED)


@pytest.mark.parametrize("exercise", EXERCISES)
def test_right_answers_get_full_marks(exercise):
    found = corpus("right")[exercise]
    assert len(found) >= 5, f"only {len(found)} right answers in answers/right/{exercise}.py"
    lost = []
    for answer in found:
        report, _ = findings(answer)
        lost += [f"{answer.id}: {cell.id}: {cell.message}" for cell in report.cells if cell.status != "passed"]
    assert not lost, "\n\n".join(lost)


@pytest.mark.parametrize("exercise", EXERCISES)
def test_wrong_answers_fail_where_they_say(exercise):
    found = corpus("wrong")[exercise]
    wanted = 15 if exercise in CENTRAL else 8
    assert len(found) >= wanted, f"only {len(found)} of {wanted} wrong answers in answers/wrong/{exercise}.py"
    problems, alone = [], set()
    for answer in found:
        report, failed = findings(answer)
        cells = {cell.id for cell in report.cells if cell.status != "passed"}
        if not set(answer.fails) <= cells:
            problems.append(f"{answer.id}: should fail {answer.fails}, failed {sorted(cells)}")
        problems += not_recognised(answer, report)
        checks = {finding.check for finding in failed}
        if len(checks) == 1:
            alone |= checks
    for check in checks_of(exercise) - alone:
        problems.append(f"{check}: no wrong answer fails this check alone")
    assert not problems, "\n".join(problems)


def not_recognised(answer, report) -> list[str]:
    """What is wrong with the diagnosis of an answer of the corpus: it should be that answer, or the one it is like."""
    if f"{answer.exercise}.{answer.id}" in UNSURE or "forbidden" in {cell.status for cell in report.cells}:
        return []
    wanted = {f"{answer.exercise}.{answer.like or answer.id}"}
    told = {cell.diagnosis and cell.diagnosis["id"] for cell in report.cells if cell.status in ("failed", "error")}
    return [] if told == wanted else [f"{answer.id}: should be recognised as {wanted}, was taken for {told}"]


def checks_of(exercise):
    assignment = assignment_with(exercise)
    return {name for name in assignment.check_names if assignment.exercise_of(cell_of(name)) == exercise}
