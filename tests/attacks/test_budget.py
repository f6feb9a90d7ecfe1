"""One budget for a submission: a flood ends early, no teacher must look at it, and slow honest work loses nothing."""

import time

import nbformat
import pytest
from nbformat.v4 import new_code_cell
from test_attacks import COURSE, forget_peak, peak

from proctor.answers import put, solved
from proctor.course import assignments
from proctor.course.codes import Code
from proctor.course.report import report_in
from proctor.examine.examine import judge, protected
from proctor.grading.examination import open_examination
from proctor.sandbox.cell import Limits
from proctor.sandbox.files import MAX_FILES, MAX_FILES_SIZE
from proctor.sandbox.launcher import fork_server
from proctor.session import budget
from proctor.submission import with_released_cells
from proctor.submission.clean import ATTACHED, PICTURES

SOFTMAX = assignments(COURSE)["03-softmax"]
WRONG = "def softmax(x, dim):\n    return x"
# what takes the judge longest to read, for its size
FLOOD = "[0, 'a'] * 700_000"
FORGING = """
import msgspec, sys
ours = type(sys.meta_path[0]).find_spec.__globals__["protocol"]
encode = ours.encode
flood = {"type": "CellDone", "outputs": [{}] * 1_400_000, "error_name": None, "error_message": "", "bound": {}}
flood = msgspec.msgpack.encode(flood)
ours.encode = lambda reply: flood if type(reply).__name__ == "CellDone" else encode(reply)
"""


def flooded(*exercises: str) -> nbformat.NotebookNode:
    """The reference notebook, in which these exercises return a flood."""
    notebook = solved(SOFTMAX)
    for exercise in exercises:
        names = SOFTMAX.names_of(exercise)
        notebook = put(
            notebook, exercise, "\n".join(f"def {name}(*_, **__): return {FLOOD}" for name in names)
        )
    return notebook


def forged() -> nbformat.NotebookNode:
    notebook = solved(SOFTMAX)
    notebook.cells.insert(0, new_code_cell(FORGING))
    return notebook


def judged(notebook, limits=None):
    """The report on a notebook as one of a class, and what was used of its budget."""
    examination = open_examination(with_released_cells(notebook, SOFTMAX), fork_server(), limits)
    examination.seed = 3
    try:
        examination.budget.spend(examination.session.take_files)
        return judge(examination), examination.budget
    finally:
        examination.session.close()


def points(report) -> dict[str, float]:
    found = {}
    for cell in report.cells:
        exercise = SOFTMAX.exercise_of(cell.id)
        found[exercise] = found.get(exercise, 0) + cell.score
    return found


FLOODS = {
    "returned by every function": lambda: flooded(
        *(each for each in SOFTMAX.stubs if not SOFTMAX.is_prediction(each))
    ),
    "shown by every cell": forged,
}


@pytest.mark.full
def test_a_flood_ends_with_its_budget_and_is_no_work_for_a_teacher(make_known_course, run):
    """The outputs that every cell is said to show took 44 s of the judge's CPU time."""
    course = make_known_course()
    for student, notebook in {"ann": forged(), "bob": solved(SOFTMAX)}.items():
        folder = course / "submitted" / student / SOFTMAX.name
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / SOFTMAX.notebook.name)
    done = run(course, "proctor", "grade", "--workers", 1)
    ann, bob = [
        report_in(course / "autograded" / each / SOFTMAX.name / "softmax.ipynb")
        for each in ("ann", "bob")
    ]
    assert bob["score"] == 30
    assert {cell["status"] for cell in ann["cells"]} == {
        "timeout"
    } and "unjudged" not in done.stdout
    assert {cell["code"] for cell in ann["cells"]} == {Code.USED_UP}


@pytest.mark.full
@pytest.mark.parametrize("flood", FLOODS)
def test_the_judge_takes_no_more_than_the_budget(flood, monkeypatch):
    protected()
    notebook = FLOODS[flood]()
    monkeypatch.setattr(budget, "JUDGE", 4.0)
    forget_peak()
    before, began = peak(), time.process_time()
    report, used = judged(notebook)
    assert time.process_time() - began < 4 + 3 and used.used() >= 1
    assert peak() - before < 300 * 2**20
    assert report.max_score == 30 and {cell.status for cell in report.cells} <= {
        "passed",
        "failed",
        "timeout",
    }


@pytest.mark.full
def test_what_was_judged_keeps_its_verdict_and_the_rest_is_timed_out(monkeypatch):
    judged(solved(SOFTMAX))  # the checks are collected once
    monkeypatch.setattr(budget, "JUDGE", 1.2)
    report, used = judged(flooded("attend"))
    order = list(SOFTMAX.stubs)
    found, late = points(report), order[order.index("attend") :]
    assert found["softmax"] == 6 and used.used() >= 1
    for cell in report.cells:
        if SOFTMAX.exercise_of(cell.id) in late:
            assert cell.status == "timeout" and cell.score == 0
            assert cell.note.code == Code.USED_UP
        else:
            assert cell.status == "passed"


@pytest.mark.full
def test_used_up_by_the_diagnosis_it_keeps_verdicts_and_leaves_names_out(monkeypatch):
    notebook = put(
        solved(SOFTMAX),
        "softmax",
        "def softmax(x, dim):\n    return x.exp() / (x.exp().sum() + 0 * dim)",
    )
    named, _ = judged(notebook)
    assert any(cell.diagnosis for cell in named.cells)

    def forever(*_) -> None:
        while True:
            pass

    monkeypatch.setattr("proctor.examine.examine.diagnose", forever)
    monkeypatch.setattr(budget, "JUDGE", 3.0)
    report, used = judged(notebook)
    assert used.used() >= 1 and not any(cell.diagnosis for cell in report.cells)
    assert [(cell.id, cell.score, cell.status) for cell in report.cells] == [
        (cell.id, cell.score, cell.status) for cell in named.cells
    ]


@pytest.mark.full
def test_half_used_it_searches_no_small_call(monkeypatch):
    notebook = put(solved(SOFTMAX), "softmax", WRONG)
    small = "softmax(torch.tensor("
    assert any(small in cell.message for cell in judged(notebook)[0].cells)
    notebook.cells.insert(0, new_code_cell("print('x' * 6_000_000)"))
    monkeypatch.setattr(budget, "RECEIVED", 12_000_000)
    report, used = judged(notebook)
    assert 0.5 <= used.used() < 1
    assert points(report)["softmax"] < 6 and not any(small in cell.message for cell in report.cells)


def asleep(seconds: float, count: int = 1) -> nbformat.NotebookNode:
    """A notebook with a wrong softmax, behind cells that sleep."""
    notebook = put(solved(SOFTMAX), "softmax", WRONG)
    for _ in range(count):
        notebook.cells.insert(0, new_code_cell(f"import time\ntime.sleep({seconds})"))
    return notebook


@pytest.mark.full
def test_a_notebook_that_sleeps_holds_a_worker_for_one_and_a_half_times_its_limit():
    """It was twice: the second runs had as long as the first."""
    report, used = judged(asleep(0.9, 6), Limits(cell=1, call=1, exercise=2, notebook=4, grace=0.3))
    assert 4 <= used.seconds < 1.5 * 4 + 1
    assert report.max_score == 30 and "unjudged" not in {cell.status for cell in report.cells}


@pytest.mark.full
def test_an_exercise_whose_second_run_no_longer_fits_keeps_its_first_verdict():
    """Each exercise that calls a wrong softmax is asked once more, in a run of its own: some fit, the others don't."""
    known, _ = judged(asleep(0))
    report, used = judged(asleep(2), Limits(notebook=7))
    assert used.seconds <= 1.5 * 7 + 1
    assert "timeout" not in {cell.status for cell in report.cells}
    rescued = [
        {SOFTMAX.exercise_of(cell.id) for cell in each.cells if cell.given}
        for each in (known, report)
    ]
    assert 0 < len(rescued[1]) < len(rescued[0]), rescued


SLOW = """
import time
right = softmax
def softmax(x, dim):
    time.sleep(0.005)
    return right(x, dim)
"""


@pytest.mark.full
def test_an_honest_notebook_that_is_slow_loses_nothing():
    """It trains for a third of its time, sleeps, and takes a while for each answer; the second one of a class is asked ahead."""
    notebook = put(solved(SOFTMAX), "softmax", SOFTMAX.solutions["softmax"] + SLOW)
    notebook.cells.insert(0, new_code_cell("import time\ntime.sleep(1)"))
    trains = "import time\nuntil = time.thread_time() + 2\nwhile time.thread_time() < until: sum(range(1000))"
    notebook.cells.insert(1, new_code_cell(trains))
    for _ in range(2):
        report, used = judged(notebook, Limits(notebook=30, cell=10))
        assert report.score == 30 and used.first_run is None
        assert used.seconds < 20, "the notebook ran once"


def test_files_beside_a_notebook_and_those_that_it_writes_share_one_bound():
    notebook = solved(SOFTMAX)
    notebook.cells.append(new_code_cell("for n in range(20): open(f'{n}.txt', 'w').close()"))
    submission = with_released_cells(notebook, SOFTMAX)
    submission.files = {f"beside-{n}.txt": b"" for n in range(MAX_FILES - 5)}
    examination = open_examination(submission, fork_server())
    try:
        assert len(examination.session.take_files()[0]) == 5
    finally:
        examination.session.close()


def test_the_page_states_the_budget():
    page = (COURSE / "docs" / "reference" / "limits.md").read_text()
    table = page[page.index("## Of a submission") :].split("\n## ")[0]
    limits = Limits()
    for stated in (
        f"{limits.notebook:g} s",
        f"{budget.SECOND_RUNS:g} s",
        f"{budget.ALL_RUNS * limits.notebook:g} s",
        f"{budget.JUDGE:g} s",
        f"{budget.MEMORY // 2**20} MiB",
        f"{budget.RECEIVED // 2**20} MiB",
        f"{budget.SHOWN // 2**20} MiB",
        f"{MAX_FILES:,}",
        f"{MAX_FILES_SIZE // 2**20} MiB",
        f"{PICTURES}",
        f"{ATTACHED // 10**6} MB",
    ):
        assert stated in table, stated
