"""Notebooks that leave on a mode of PyTorch's, NumPy's or Python's: their right answers keep every point."""

import json
from types import SimpleNamespace

import nbformat
import pytest
import torch
from nbformat.v4 import new_code_cell
from test_ways import with_line

from proctor.answers import solved
from proctor.course import assignments, find_course
from proctor.examine import in_kernel
from proctor.sandbox.modes import MODES, fresh_modes

ASSIGNMENTS = assignments(find_course())
SCALED = """
def scaled(function, args, kwargs):
    result = function(*args, **(kwargs or {}))
    is_float = type(result) is torch.Tensor and result.is_floating_point()
    return result * 1.01 if is_float else result
"""

# A cell for each; the objects are kept, since PyTorch leaves inference mode when its object is gone.
CELLS = {
    "inference mode": "inference = torch.inference_mode()\ninference.__enter__()",
    "autocast": "autocast = torch.autocast('cpu', dtype=torch.bfloat16)\nautocast.__enter__()",
    "anomaly detection": "torch.autograd.set_detect_anomaly(True)",
    "deterministic algorithms": "torch.use_deterministic_algorithms(True)",
    "a default device": "torch.set_default_device('meta')",
    "a function mode": SCALED
    + """
class ScaledFunctions(torch.overrides.TorchFunctionMode):
    def __torch_function__(self, function, types, args=(), kwargs=None):
        return scaled(function, args, kwargs)

functions = ScaledFunctions()
functions.__enter__()
""",
    "a dispatch mode": SCALED
    + """
class ScaledOperators(torch.utils._python_dispatch.TorchDispatchMode):
    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        return scaled(function, args, kwargs)

operators = ScaledOperators()
operators.__enter__()
""",
    "hooks for saved tensors": """
hooks = torch.autograd.graph.saved_tensors_hooks(lambda x: x.detach() * 1.01, lambda x: x)
hooks.__enter__()
""",
    "matmul precision": "torch.set_float32_matmul_precision('medium')",
    "matmul precision by its newer name": "torch.backends.mkldnn.matmul.fp32_precision = 'bf16'",
    "attention by one kernel": """
from torch.nn.attention import SDPBackend, sdpa_kernel
attention = sdpa_kernel(SDPBackend.EFFICIENT_ATTENTION)
attention.__enter__()
""",
    "denormal numbers flushed": "torch.set_flush_denormal(True)",
    "a default dtype": "torch.set_default_dtype(torch.float64)",
    "gradients off": "torch.set_grad_enabled(False)",
    "NumPy's errors": "import numpy as np\nnp.seterr(all='raise')",
    "warnings as errors": "import warnings\nwarnings.simplefilter('error')",
}
TOGETHER = "\n".join(CELLS.values())


def with_cell(folder, cell, place, names=tuple(ASSIGNMENTS)):
    """These notebooks, solved, with this cell as the first or the last one."""
    paths = []
    for name in names:
        assignment = ASSIGNMENTS[name]
        notebook = solved(assignment)
        if place == "first":
            # on "meta", the examples that the notebook gives as answers would hold no numbers
            source = cell.replace("'meta'", "'cpu'")
            notebook.cells.insert(0, new_code_cell(f"import torch\n{source}"))
        else:
            notebook.cells.append(new_code_cell(f"import torch\n{cell}"))
        path = folder / place / name / assignment.notebook.name
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)
        paths.append(path)
    return paths


def losses(run, course, paths):
    """The cells of these notebooks that lose points, with the reason."""
    done = run(course, "proctor", "check", "--json", *paths, code=None)
    return [
        f"{report['notebook']}: {cell['id']}: {cell['message']}"
        for report in json.loads(done.stdout)
        for cell in report["cells"]
        if cell["score"] < cell["max_score"]
    ]


@pytest.mark.full
@pytest.mark.parametrize("place", ["first", "last"])
def test_all_at_once(course, tmp_path, run, place):
    lost = losses(run, course, with_cell(tmp_path, TOGETHER, place))
    assert not lost, "\n".join(lost)


@pytest.mark.full
@pytest.mark.parametrize("name", CELLS)
def test_one_at_a_time(course, tmp_path, run, name):
    # every notebook and both places, with all modes together: test_all_at_once
    number = list(CELLS).index(name)
    place = ("first", "last")[number % 2]
    some = list(ASSIGNMENTS)[number % 3 :: 3]
    lost = losses(run, course, with_cell(tmp_path, CELLS[name], place, some))
    assert not lost, "\n".join(lost)


@pytest.mark.full
def test_probes_give_no_warning(course, tmp_path, run):
    """Each answer turns warnings into errors, and leaves them so for the rest of the probe that has called it."""
    paths = []
    for name, assignment in ASSIGNMENTS.items():
        strict = {
            exercise: with_line(source, "import warnings\nwarnings.simplefilter('error')")
            for exercise, source in assignment.solutions.items()
        }
        path = tmp_path / name / assignment.notebook.name
        path.parent.mkdir()
        nbformat.write(solved(assignment, strict), path)
        paths.append(path)
    lost = losses(run, course, paths)
    assert not lost, "\n".join(lost)


def test_in_the_notebooks_own_kernel(monkeypatch):
    """`%check` and plain nbgrader judge in fresh modes, and put the notebook's own back."""
    assignment, names = ASSIGNMENTS["03-softmax"], {}
    monkeypatch.setattr(in_kernel, "get_ipython", lambda: SimpleNamespace(user_ns=names))
    # this test must leave no mode on for the others
    with fresh_modes():
        exec("import math, torch, torch.nn as nn, torch.nn.functional as F", names)
        exec(assignment.solutions["attend"], names)
        exec(assignment.solutions["causal_attention_weights"], names)
        exec(assignment.solutions["softmax"], names)
        exec(TOGETHER, names)
        left = [mode.read() for mode in MODES]
        try:
            report = in_kernel.examine_here(assignment, {"attend_values", "attend_gradients"})
            assert [mode.read() for mode in MODES] == left
            assert torch.is_inference_mode_enabled()
        finally:
            names["inference"].__exit__(None, None, None)
    assert [cell.status for cell in report.cells] == ["passed", "passed"], [
        c.text for c in report.cells
    ]
