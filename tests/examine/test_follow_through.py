"""One mistake costs one exercise: what builds on it is examined with a stand-in, whatever became of it."""

import json
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace

import msgspec
import nbformat
import pytest
import torch
from nbformat.v4 import new_code_cell

from proctor.answers import answers, put, solved
from proctor.course import assignments, grade_id
from proctor.course.report import GENERAL
from proctor.examine import in_kernel
from proctor.examine.examine import examine, judge
from proctor.grading.examination import Examination, open_examination
from proctor.grading.hidden import stand_ins_of
from proctor.sandbox.launcher import fork_server
from proctor.submission import with_released_cells

COURSE = Path(__file__).resolve().parent.parent.parent
ASSIGNMENTS = assignments(COURSE)
CENTRAL = ("cosine_similarity", "matmul", "softmax", "cross_entropy", "gradient_of", "get_batch")
STATUS = {"blank": {"not_attempted"}, "dies": {"died"}, "forbidden": {"forbidden"}}
SOFTMAX = ASSIGNMENTS["03-softmax"]
SHIFTLESS = (
    "def softmax(x, dim):\n    shares = x.exp()\n    return shares / shares.sum(dim, keepdim=True)"
)


def without(kind: str, exercise: str, assignment) -> str:
    """A solution cell in which an exercise is blank, or broken in some other way."""
    body = {
        "raises": "raise ValueError('oops')",
        "hangs": "while True: pass",
        "dies": "import os; os._exit(1)",
    }
    if kind == "blank":
        return assignment.stubs[exercise]
    if kind == "forbidden":
        return stand_ins_of(assignment)[exercise]
    if kind == "wrong":
        return answers(assignment.wrong_answers / f"{exercise}.py")[0].source
    return "\n".join(
        f"def {name}(*args, **kwargs):\n    {body[kind]}" for name in assignment.names_of(exercise)
    )


def cases(assignment):
    """What is tried with each exercise."""
    forbidden = {"01-vectors": ["embed", "cosine_similarity"], "02-matmul": ["matmul", "linear"]}
    forbidden |= {
        "03-softmax": [*assignment.stubs],
        "04-cross-entropy": ["cross_entropy", "perplexity"],
    }
    forbidden |= {"05-gradients": ["numerical_gradient", "sgd_step"]}
    built_in = {
        "numerical_gradient": "def numerical_gradient(f, x, eps=1e-6):\n    torch.ones(1, requires_grad=True).sum().backward()",
        "sgd_step": "def sgd_step(parameters, lr):\n    torch.optim.SGD([*parameters], lr=lr).step()",
    }
    for number, exercise in enumerate(
        each.name for each in assignment.exercises.values() if not each.is_value
    ):
        kinds = ("blank", "raises", "wrong")
        # those that nothing builds on take turns
        for kind in kinds if exercise in CENTRAL else kinds[number % 3 :][:1]:
            yield exercise, kind, without(kind, exercise, assignment)
        if exercise in CENTRAL:
            yield exercise, "dies", without("dies", exercise, assignment)
        if exercise in forbidden.get(assignment.name, ()):
            yield (
                exercise,
                "forbidden",
                built_in.get(exercise) or without("forbidden", exercise, assignment),
            )


@pytest.fixture
def undiagnosed(monkeypatch):
    """To name what was misunderstood takes longer than all else, and is test_corpus.py's."""
    monkeypatch.setattr("proctor.examine.examine.diagnose", lambda *_: None)


@pytest.fixture
def check(tmp_path, run):
    """The reports on notebooks, by one call of the command."""

    def check(*notebooks, limits="", course=COURSE):
        paths = [tmp_path / f"{number}.ipynb" for number in range(len(notebooks))]
        for path, notebook in zip(paths, notebooks, strict=True):
            nbformat.write(notebook, path)
        command = ["proctor", "check", "--json", "--seed", 5, *paths]
        done = run(COURSE, *command, code=None, PROCTOR_LIMITS=limits, PROCTOR_COURSE=str(course))
        assert done.returncode in (0, 1), done.stderr
        return json.loads(done.stdout)

    return check


def in_a_class(notebook):
    """The report on a notebook of 03 as one of a class has it."""
    examination = open_examination(
        with_released_cells(notebook, SOFTMAX), fork_server(), draw=False
    )
    examination.seed = 1
    try:
        return judge(examination)
    finally:
        examination.asks.close()


def lost(report):
    graded = ASSIGNMENTS[report["assignment"]].graded
    return {graded[cell["id"]].exercise for cell in report["cells"] if cell["status"] != "passed"}


def problems(tried, reports):
    """What went wrong where one exercise was broken in some way."""
    for (exercise, kind, _), report in zip(tried, reports, strict=True):
        told = {
            cell["id"]: (cell["status"], cell["message"])
            for cell in report["cells"]
            if cell["status"] != "passed"
        }
        if lost(report) != {exercise} or (
            kind in STATUS and {status for status, _ in told.values()} != STATUS[kind]
        ):
            yield f"{exercise} {kind}: {told}"
        for cell in report["cells"]:
            if cell["given"] and (cell["status"], cell["given"]) != ("passed", [exercise]):
                yield f"{exercise} {kind}: {cell['id']} was given {cell['given']}"


@pytest.mark.full
@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_a_broken_exercise_costs_its_own_points_and_no_others(check, name, make_course):
    tried, course = [*cases(ASSIGNMENTS[name])], make_course(name)
    # to name what was misunderstood takes longer than all else, and is test_corpus.py's
    (course / ASSIGNMENTS[name].source.relative_to(COURSE)).unlink()
    notebooks = [solved(ASSIGNMENTS[name], {exercise: source}) for exercise, _, source in tried]
    found = [*problems(tried, check(*notebooks, course=course))]
    assert not found, "\n".join(found)


@pytest.mark.full
def test_what_was_never_reached_is_not_lost(check):
    """The visible checks that hang use up the notebook's time before the later exercises are defined."""
    notebook = solved(SOFTMAX, {"softmax": without("hangs", "softmax", SOFTMAX)})
    (report,) = check(notebook, limits="cell=3,call=3,exercise=6,notebook=12")
    assert lost(report) == {"softmax"}


PAIRS = [
    ("01-vectors", "last_token", "cosine_similarity"),
    ("01-vectors", "cosine_similarity", "most_similar"),
    ("02-matmul", "matmul", "attention_scores"),
    ("03-softmax", "softmax", "next_token_probs"),
    ("03-softmax", "softmax_with_temperature", "sample_next_token"),
    ("04-cross-entropy", "cross_entropy", "perplexity"),
    ("05-gradients", "gradient_of", "gradient_descent"),
    ("06-training-loop", "get_batch", "train"),
]


@pytest.mark.full
def test_of_two_wrong_answers_each_gets_its_own_diagnosis(check):
    notebooks = []
    for name, *pair in PAIRS:
        assignment = ASSIGNMENTS[name]
        notebooks.append(
            solved(assignment, {each: without("wrong", each, assignment) for each in pair})
        )
    known = 0
    for (_, *pair), report in zip(PAIRS, check(*notebooks), strict=True):
        assert lost(report) == set(pair)
        for cell in report["cells"]:
            exercise = ASSIGNMENTS[report["assignment"]].graded[cell["id"]].exercise
            named = (cell["diagnosis"] or {}).get("id", "")
            assert named.startswith((f"{exercise}.", GENERAL)) or not named, cell
            known += named.startswith(f"{exercise}.")
    assert known > len(PAIRS)


def test_what_passes_given_a_stand_in_says_so(check):
    (report,) = check(solved(SOFTMAX, {"softmax": SHIFTLESS}))
    cells = {cell["id"]: cell for cell in report["cells"]}
    assert cells["next_token_probs_values"]["message"] == "right, given a right `softmax`"
    assert cells["next_token_probs_values"]["diagnosis"] is None
    # it calls softmax_with_temperature, which is right, given a right softmax
    assert cells["sample_next_token_distribution"]["given"] == ["softmax"]
    assert cells["softmax_values"]["given"] == [] and cells["softmax_values"]["message"] == ""
    assert cells["softmax_stability"]["diagnosis"]["id"] == "softmax.without_shift"


DETOURS = {  # by which an answer calls `softmax`: its cell's function, and another cell's
    "helper": ("return shares(logits[:, -1])", "def shares(x):\n    return softmax(x, dim=-1)"),
    "list": ("return KNOWN[0](logits[:, -1], -1)", "KNOWN = []\nKNOWN.append(softmax)"),
    "table": ("return KNOWN['it'](logits[:, -1], -1)", "KNOWN = {}\nKNOWN['it'] = softmax"),
    "attribute": ("return torch.shares(logits[:, -1], -1)", "torch.shares = softmax"),
    "name": ("return globals()['soft' + 'max'](logits[:, -1], -1)", ""),
    "decorator": ("return KNOWN['softmax'](logits[:, -1], -1)", ""),
    "__main__": ("import __main__\n    return __main__.softmax(logits[:, -1], -1)", ""),
    "magic": ("return shares(logits[:, -1], -1)", "%matplotlib inline\nshares = softmax"),
}


@pytest.mark.full
@pytest.mark.usefixtures("undiagnosed")
@pytest.mark.parametrize("way", DETOURS)
def test_whatever_way_an_answer_takes_to_a_wrong_one_it_is_asked_again(way):
    body, more = DETOURS[way]
    registered = (
        "KNOWN = {}\ndef register(f):\n    KNOWN[f.__name__] = f\n    return f\n@register\n"
        * (way == "decorator")
    )
    answer = f"def next_token_probs(logits):\n    {body}"
    notebook = solved(SOFTMAX, {"softmax": registered + SHIFTLESS, "next_token_probs": answer})
    at = next(
        number for number, cell in enumerate(notebook.cells) if grade_id(cell) == "next_token_probs"
    )
    notebook.cells.insert(at, new_code_cell(more))
    report = examine(with_released_cells(notebook, SOFTMAX), seed=1)
    assert lost(report.as_dict()) == {"softmax"}, way


def in_both_ways(answers):
    """The reports on a notebook with these answers, as its owner's and as one of a class."""
    notebook = solved(SOFTMAX, answers)
    return examine(with_released_cells(notebook, SOFTMAX), seed=1), in_a_class(notebook)


KEPT = {  # what keeps a wrong `softmax` in the cell where it stands, and how it is called
    "alias": ("sm = softmax", "return sm(logits[:, -1], -1)"),
    "method": ("torch.Tensor.shares = softmax", "return logits[:, -1].shares(-1)"),
    "default": ("def over(x, by=softmax):\n    return by(x, -1)", "return over(logits[:, -1])"),
}


@pytest.mark.full
@pytest.mark.usefixtures("undiagnosed")
@pytest.mark.parametrize("way", KEPT)
def test_what_keeps_a_wrong_answer_means_its_stand_in_too(way):
    keeps, body = KEPT[way]
    answer = f"def next_token_probs(logits):\n    {body}"
    for report in in_both_ways({"softmax": f"{SHIFTLESS}\n{keeps}", "next_token_probs": answer}):
        assert lost(report.as_dict()) == {"softmax"}


@pytest.mark.full
@pytest.mark.usefixtures("undiagnosed")
def test_what_an_answer_leaves_switched_costs_no_other_one():
    leaves = "def softmax(x, dim):\n    torch.set_default_dtype(torch.float64)\n    torch.set_grad_enabled(False)\n"
    leaves += "    return torch.stack([r.exp() / r.exp().sum() for r in x.unbind(dim)], dim)\nsoftmax(torch.zeros(2, 2), 0)"
    for report in in_both_ways({"softmax": leaves}):
        assert lost(report.as_dict()) == {"softmax"}


@pytest.mark.full
@pytest.mark.usefixtures("undiagnosed")
def test_a_stand_in_is_called_with_its_own_parameters_alone():
    """Who calls a wrong answer with a parameter of its author's own gets what that one gives, and no words of the course's own."""
    wide = "def softmax(x, dim=-1, scale=1.0):\n    e = (x * scale).exp()\n    return e / e.sum()"
    answer = "def next_token_probs(logits):\n    return softmax(logits[:, -1], scale=1.0)"
    for report in in_both_ways({"softmax": wide, "next_token_probs": answer}):
        assert lost(report.as_dict()) == {"softmax", "next_token_probs"}
        assert "TypeError" not in str(report.as_dict())


def test_an_answer_counts_wherever_it_stands(check):
    places, notebooks = (
        ["above", "below", "at the end", "above, the stub removed", "below, in comments"],
        [],
    )
    for where in places:
        notebook = solved(SOFTMAX, {"softmax": SOFTMAX.stubs["softmax"]})
        at = next(
            number for number, cell in enumerate(notebook.cells) if grade_id(cell) == "softmax"
        )
        if where.endswith("comments"):
            notebook.cells[at].source = "# see below\n"
        if where.endswith("removed"):
            del notebook.cells[at]
        place = {"above": at, "below": at + 1, "at the end": len(notebook.cells)}[
            where.partition(",")[0]
        ]
        notebook.cells.insert(place, new_code_cell(SOFTMAX.solutions["softmax"]))
        notebooks.append(notebook)
    for where, report in zip(places, check(*notebooks), strict=True):
        assert report["score"] == report["max_score"], (where, lost(report))


def test_of_several_definitions_the_best_counts(check):
    notebook = solved(SOFTMAX, {"softmax": SHIFTLESS})
    notebook.cells += [new_code_cell(SOFTMAX.solutions["softmax"]), new_code_cell(SHIFTLESS)]
    number = sum(cell.cell_type == "code" for cell in notebook.cells) - 1
    (report,) = check(notebook)
    told = {cell["id"]: cell["message"] for cell in report["cells"]}
    assert report["score"] == report["max_score"]
    assert told["softmax_stability"] == f"right, as it is defined after code cell {number}"


def test_a_prediction_has_one_guess(check):
    """The cells below its check, and those above its answer, give no second one."""
    vectors, notebooks = ASSIGNMENTS["01-vectors"], []
    for letter in "ABCD":
        notebook = put(vectors.released, "predict_integer_mean", "predict_integer_mean = 'X'")
        at = next(
            number
            for number, cell in enumerate(notebook.cells)
            if grade_id(cell) == "predict_integer_mean"
        )
        guess = new_code_cell(f"predict_integer_mean = {letter!r}")
        notebooks += [
            nbformat.v4.new_notebook(cells=[*notebook.cells, guess]),
            nbformat.v4.new_notebook(cells=[*notebook.cells[:at], guess, *notebook.cells[at:]]),
        ]
    for report in check(*notebooks):
        assert "predict_integer_mean" in lost(report)
    # it sees whether it is asked for the first time
    twice = "predict_row_sum = 'wrong' if softmax is not mine else None\nif softmax is mine:\n    predict_row_sum = 2.0"
    notebook = solved(SOFTMAX, {"predict_row_sum": twice})
    at = next(
        number for number, cell in enumerate(notebook.cells) if grade_id(cell) == "predict_row_sum"
    )
    notebook.cells.insert(
        at, new_code_cell("mine = softmax\nsoftmax = lambda x, dim: mine(x, dim)")
    )
    (report,) = check(notebook)
    assert lost(report) == {"predict_row_sum"}


@pytest.mark.full
def test_a_cell_that_runs_what_is_broken_defines_its_own_answer_all_the_same(check):
    run_at_once = "SHARES = softmax(torch.zeros(4), 0)\n" + SOFTMAX.solutions["next_token_probs"]
    broken = [without(kind, "softmax", SOFTMAX) for kind in ("blank", "raises", "dies")]
    notebooks = [
        solved(SOFTMAX, {"softmax": each, "next_token_probs": run_at_once}) for each in broken
    ]
    for report in check(*notebooks):
        assert lost(report) == {"softmax"}


@pytest.mark.full
def test_of_two_answers_that_call_one_another_the_first_earns_nothing(check):
    one = "def softmax(x, dim):\n    return softmax_with_temperature(x.movedim(dim, -1), 1.0).movedim(-1, dim)"
    other = "def softmax_with_temperature(logits, temperature):\n    if temperature <= 0:\n        raise ValueError\n"
    other += "    return softmax(logits / temperature, -1)"
    (report,) = check(solved(SOFTMAX, {"softmax": one, "softmax_with_temperature": other}))
    assert lost(report) == {"softmax"}


@pytest.mark.full
def test_what_a_notebook_keeps_of_a_stand_in_answers_nothing(check):
    notebook = solved(
        SOFTMAX,
        {"softmax": "def softmax(x, dim):\n    return kept(x, dim)", "next_token_probs": ""},
    )
    keep = "try:\n    kept = softmax\nexcept NameError:\n    kept = None"
    at = next(number for number, cell in enumerate(notebook.cells) if grade_id(cell) == "softmax")
    notebook.cells.insert(at, new_code_cell(keep))
    (report,) = check(notebook)
    assert lost(report) == {"softmax", "next_token_probs"}


@pytest.mark.full
def test_words_that_could_hold_what_a_stand_in_gave_are_told_to_whom_the_check_is_alone(check):
    tells = "def next_token_probs(logits):\n    told = str(softmax(logits[:, -1], -1).sum())\n"
    tells += "    raise type('Told2', (ValueError,), {})(told)"
    # it tells nothing but what a stand-in gives: a list has no sum
    notebook = solved(
        SOFTMAX, {"softmax": "def softmax(x, dim):\n    return [x]", "next_token_probs": tells}
    )
    (own,) = check(notebook)
    graded = in_a_class(notebook).as_dict()
    line = "line 3: `raise type('Told2', (ValueError,), {})(told)`"
    for report, end in (
        (own, "raised Told2: tensor(1.)"),
        (graded, f"raised ValueError: …\n{line}"),
    ):
        (cell,) = [cell for cell in report["cells"] if cell["id"] == "next_token_probs_values"]
        assert cell["status"] == "error" and end in cell["message"], cell


READS = """
def read():
    wrapper = globals()["softmax"]
    inner = [getattr(each.cell_contents, "__code__", None) for each in wrapper.__closure__ or ()]
    return [code.co_names for code in (wrapper.__code__, *inner) if code]
"""


@pytest.mark.full
@pytest.mark.parametrize(
    "answer",
    [
        "def next_token_probs(logits):\n    raise ValueError(read())",
        "def next_token_probs(logits):\n    if 'isfunc' 'tion' in str(read()):\n        raise type(*read()[0][:1], (ValueError,), {})(read())\n    return logits",
        "if 'isfunc' 'tion' in str(read()):\n    raise ValueError(read())\ndef next_token_probs(logits):\n    return logits",
        "def next_token_probs(logits):\n    if 'isfunc' 'tion' in str(read()):\n        torch.softmax(logits, -1) if 1 else read()\n    return logits",
    ],
)
def test_what_reads_a_stand_in_without_calling_it_is_told_nothing_of_it(answer):
    report = in_a_class(solved(SOFTMAX, {"softmax": SHIFTLESS, "next_token_probs": READS + answer}))
    told = json.dumps(msgspec.to_builtins(report))
    assert lost(msgspec.to_builtins(report)) >= {"next_token_probs"}
    for word in ("NameError", "isfunction", "_fits", "torch.softmax(logits"):
        assert word not in told


def test_in_the_notebooks_own_kernel(monkeypatch):
    """As plain nbgrader and `%check` run them; afterwards the names mean what they meant."""
    names = {}
    exec("import math, torch, torch.nn as nn, torch.nn.functional as F", names)
    for exercise, source in SOFTMAX.solutions.items():
        exec(source if exercise != "softmax" else SHIFTLESS, names)
    monkeypatch.setattr(in_kernel, "get_ipython", lambda: SimpleNamespace(user_ns=names))
    before, drawn = dict(names), torch.get_rng_state()
    torch.set_default_dtype(torch.float64)
    try:
        in_kernel.run_here("next_token_probs_values")
        assert torch.get_default_dtype() == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)
    with pytest.raises(AssertionError):
        in_kernel.run_here("softmax_stability")
    wanted = {
        cell.id
        for cell in SOFTMAX.graded.values()
        if cell.exercise in ("softmax", "next_token_probs")
    }
    report = in_kernel.examine_here(SOFTMAX, wanted)
    assert lost(report.as_dict()) == {"softmax"}
    assert names == before
    assert torch.equal(torch.get_rng_state(), drawn), (
        "the notebook's own draws go on as if nothing had been asked"
    )


@pytest.mark.full
@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_the_stand_ins_are_right(monkeypatch, name):
    """They pass the hidden checks, but for what these rule out."""
    assignment, asked = ASSIGNMENTS[name], Examination.student
    monkeypatch.setattr(
        Examination,
        "student",
        lambda examination, cell, forbidden, seed: asked(examination, cell, {}, seed),
    )
    notebook = deepcopy(assignment.released)
    for exercise in assignment.stubs:
        source = assignment.solutions[exercise]
        if not assignment.exercises[exercise].is_value:
            source = "\n".join(
                stand_ins_of(assignment)[each] for each in assignment.names_of(exercise)
            )
        notebook = put(
            notebook,
            exercise,
            f"import math\nimport torch.nn as nn\nimport torch.nn.functional as F\n{source}",
        )
    notebook.cells = [cell for cell in notebook.cells if grade_id(cell)]
    report = examine(with_released_cells(notebook, assignment))
    assert not [(cell.id, cell.message) for cell in report.cells if cell.status != "passed"]


@pytest.mark.full
def test_a_later_definition_that_is_forbidden_takes_no_points(check):
    """Of the two, the one at the checks has more points: for the other there are none."""
    later = "def softmax(x, dim):\n    return torch.softmax(x, dim) if x.abs().max() > 1e29 else SHIFTED(x, dim)"
    shifted = SOFTMAX.solutions["softmax"].replace("def softmax", "def SHIFTED")
    notebook = solved(SOFTMAX, {"softmax": SHIFTLESS})
    notebook.cells.append(new_code_cell(f"{shifted}\n\n\n{later}"))
    (report,) = check(notebook)
    assert {cell["id"]: cell["status"] for cell in report["cells"]}["softmax_values"] == "passed"


def test_a_built_in_that_is_imported_by_name_is_no_attempt(check):
    notebook = solved(SOFTMAX, {"softmax": SOFTMAX.stubs["softmax"]})
    notebook.cells.append(new_code_cell("from torch.nn.functional import *"))
    (report,) = check(notebook)
    assert {cell["status"] for cell in report["cells"] if cell["id"].startswith("softmax_")} >= {
        "not_attempted"
    }
    assert lost(report) == {"softmax"} and "forbidden" not in {
        cell["status"] for cell in report["cells"]
    }
