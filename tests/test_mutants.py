"""Every mutant of a reference solution is killed by the hidden checks, or is listed with the reason why it is equivalent.

Cosmic Ray makes the mutants, one operator at one place each. The list is `equivalent_mutants.toml`: by exercise, the
line that the mutant changed, as it reads afterwards, and why nobody could tell.
"""

import ast
import difflib
import tomllib
from pathlib import Path

import nbformat
import pytest
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names
from test_corpus import EXERCISES, assignment_with, examined

from proctor.answers import Answer
from proctor.course import grade_id
from proctor.sandbox.cell import Limits

pytestmark = pytest.mark.full

EQUIVALENT = tomllib.loads(
    (Path(__file__).parent / "equivalent_mutants.toml").read_text(encoding="utf-8")
)
SHORT = Limits(cell=5, call=3, exercise=5)
LEFT_OUT = {"core/VariableReplacer", "core/VariableInserter"}  # they need to be told which names


def solution(exercise: str) -> str:
    return next(
        c.source
        for c in nbformat.read(assignment_with(exercise).source, as_version=4).cells
        if grade_id(c) == exercise
    )


def mutants(source: str) -> dict[str, str]:
    """Mutants of the code between the solution markers, by the changed line."""
    found = {}
    first, last = (
        next(n for n, line in enumerate(source.splitlines()) if m in line)
        for m in ("BEGIN SOL", "END SOL")
    )
    for name in set(operator_names()) - LEFT_OUT:
        occurrence = 0
        while (mutant := mutate_code(source, get_operator(name)(), occurrence)) is not None:
            occurrence += 1
            changed = [
                n
                for n, (a, b) in enumerate(
                    zip(source.splitlines(), mutant.splitlines(), strict=True)
                )
                if a != b
            ]
            if changed and first < changed[0] < last and _is_python(mutant):
                found[f"{mutant.splitlines()[changed[0]].strip()}  # line {changed[0] - first}"] = (
                    mutant
                )
    return found


def _is_python(source: str) -> bool:
    try:
        return bool(ast.parse(source))
    except SyntaxError:
        return False


# a changed number in an example catches as much
@pytest.mark.parametrize("exercise", [each for each in EXERCISES if not each.startswith("catch_")])
def test_mutants_are_killed(exercise, monkeypatch, request):
    # of no interest here, and slow for what is unknown
    monkeypatch.setattr("proctor.examine.examine.diagnose", lambda *_: {})
    found = [Answer(exercise, line, mutant) for line, mutant in mutants(solution(exercise)).items()]
    seed = request.config.option.seed
    survivors = {
        mutant.id
        for mutant, report, *_ in examined(exercise, found, seed, SHORT)
        if all(cell.status == "passed" for cell in report.cells)
    }
    listed = set(EQUIVALENT.get(exercise, {}))
    new = "\n".join(
        difflib.unified_diff(
            sorted(listed), sorted(survivors), "listed", "survived", lineterm="", n=0
        )
    )
    again = f"pytest '{request.node.nodeid}' --seed {seed}"
    assert survivors == listed, f"mutants of {exercise}:\n{new}\nto see it again: {again}"
