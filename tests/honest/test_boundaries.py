"""A mistake at one boundary costs one cell: whole notebooks by the command, in which all else is right."""

import json
from pathlib import Path

import pytest
from cases import HERE, read

COURSE = Path(__file__).resolve().parent.parent.parent
COSTS = {"07_boundaries": {"self_attention_errors", "tiny_transformer_errors"}}


@pytest.mark.full
@pytest.mark.parametrize("name", COSTS)
def test_a_boundary_costs_one_cell(name, tmp_path, run):
    notebook = read(HERE / "half" / f"{name}.py").write(tmp_path)
    done = run(COURSE, "proctor", "check", "--json", notebook, code=1)
    [report] = json.loads(done.stdout)
    assert {cell["id"] for cell in report["cells"] if cell["score"] < cell["max_score"]} == COSTS[name]
