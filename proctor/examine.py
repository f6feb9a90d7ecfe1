"""`examine(notebook, assignment) -> Report`: one notebook, run in a room and judged by the hidden checks out here."""

import contextlib
import gc
import io
import os
from functools import cache
from unittest.mock import patch

import pytest
from nbformat import NotebookNode

from proctor import plugin
from proctor.checks import fresh_seed
from proctor.course import Assignment
from proctor.diagnose import diagnose
from proctor.doctor import examine_walls
from proctor.parent import warm
from proctor.report import Report, Verdict, readable

# pytest starts anew for every notebook: what it need not start costs nothing
UNUSED = """
    terminal cacheprovider faulthandler junitxml doctest unraisableexception threadexception logging pastebin stepwise
    setuponly setupplan debugging
""".split()


@cache
def protected() -> dict[str, bool]:
    """Which promises hold for the rooms of this process, found by attempting their violation once."""
    held = examine_walls(warm())
    gc.collect()
    gc.freeze()  # what was imported stays: no collection need look through it again
    return held


def examine(
    notebook: NotebookNode,
    assignment: Assignment,
    *,
    name: str = "",
    seed: int | None = None,
    cells: set[str] | None = None,
) -> Report:
    """Runs `notebook` in a room and judges it by the hidden checks of `assignment`.

    `cells`: judge only these graded cells. The seed decides the checks' inputs; it is drawn afresh by default.
    """
    return examine_closely(notebook, assignment, name=name, seed=seed, cells=cells)[0]


def examine_closely(notebook, assignment, *, name="", seed=None, cells=None) -> tuple[Report, list[plugin.Finding]]:
    """Like `examine`, with the finding of every single check that did not pass."""
    exam = plugin.sit(notebook, assignment, warm(), draw=False)
    exam.wanted = cells
    try:
        return judge(exam, name=name, seed=fresh_seed() if seed is None else seed), exam.findings
    finally:
        exam.sitting.close()


def judge(exam: plugin.Exam, *, name: str, seed: int) -> Report:
    """Runs the exam's notebook to its end, then its checks; tells the verdicts."""
    exam.sitting.run_all()
    return verdicts(exam, Report(name or exam.assignment.notebook.name, exam.assignment.name, seed, protected()))


def verdicts(exam: plugin.Exam, report: Report) -> Report:
    """Runs the exam's checks, and fills the report."""
    passed = run_checks(exam, report.seed)
    cells = exam.sitting.cells if exam.sitting else []
    visible = {cell.id: cell.done for cell in cells if cell.done is not None}
    for graded in exam.assignment.graded.values():
        if exam.wanted is None or graded.id in exam.wanted:
            report.cells.append(_verdict(graded, exam, passed, visible.get(graded.id)))
    _spread_forbidden(report, exam.assignment)
    _diagnose(report, exam)
    return report


def _diagnose(report: Report, exam: plugin.Exam) -> None:
    """Tells the failed cells whose misconception is recognised."""
    failed = [cell for cell in report.cells if cell.status in ("failed", "error")]
    if failed and exam.assignment.source.is_file():
        found = diagnose(exam.assignment, exam.desk.asked, [cell.id for cell in failed])
        for cell in failed:
            cell.diagnosis = found.get(cell.id)


def run_checks(exam: plugin.Exam, seed: int) -> set[str]:
    """Runs the exam's hidden checks in this process; fills its findings and returns the checks that passed."""
    collector = _Collector(exam)
    arguments = [str(exam.assignment.checks), "--capture=no", f"--seed={seed}", f"--rootdir={exam.assignment.course}"]
    for unused in UNUSED:
        arguments += ["-p", f"no:{unused}"]
    arguments += ["-o", "addopts=", "--noconftest"]
    quickly = patch.dict(os.environ, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    with quickly, contextlib.redirect_stdout(io.StringIO()) as printed:
        code = pytest.main(arguments, plugins=[collector, plugin])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise RuntimeError(f"the checks in {exam.assignment.checks} did not run: {printed.getvalue() or code}")
    return collector.passed


class _Collector:
    """Gives a pytest run its exam and keeps how every check ended."""

    def __init__(self, exam: plugin.Exam):
        self.exam, self.passed = exam, set()

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config):
        config.stash[plugin.EXAM] = self.exam
        config.option.tbstyle = "value"  # the plugin words the failures, so none need be traced

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.exam.findings.append(report.finding)
        elif report.when == "call" and report.passed:
            self.passed.add(report.location[2])


def _verdict(graded, exam: plugin.Exam, passed: set[str], visible) -> Verdict:
    failed = [finding for finding in exam.findings if finding.cell == graded.id]
    verdict = Verdict(graded.id, 0.0, graded.points, "passed")
    if failed:
        verdict.status, verdict.message = failed[0].status, failed[0].message
    elif visible is not None and visible.error_name:
        verdict.status = "failed"
        verdict.message = readable(f"{visible.error_name}: {visible.error_message}".strip(": "))
    elif not any(plugin.cell_of(check) == graded.id for check in passed):
        verdict.status, verdict.message = "failed", "no hidden check belongs to this cell; tell your instructor"
    else:
        verdict.score = graded.points
    return verdict


def _spread_forbidden(report: Report, assignment: Assignment) -> None:
    """A forbidden built-in earns nothing for the whole exercise, whichever cell it was found in."""
    found = {assignment.graded[cell.id].exercise: cell.message for cell in report.cells if cell.status == "forbidden"}
    for cell in report.cells:
        exercise = assignment.graded[cell.id].exercise
        if exercise in found:
            cell.score, cell.status, cell.message = 0.0, "forbidden", found[exercise]
