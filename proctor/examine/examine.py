"""`examine(submission) -> Report`: one notebook, run in a sandbox and judged by the hidden checks out here."""

import contextlib
import gc
import io
import math
import os
import sys
import warnings
from collections import defaultdict
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from unittest.mock import patch

import pytest
import torch

from proctor.course import Assignment, GradedCell, defines_value, names_of
from proctor.course.report import BLANK, PROMISES, Report, Verdict, given_words, readable
from proctor.errors import Missing
from proctor.examine import memory, pytest_plugin
from proctor.examine.behaviour import behaviour
from proctor.examine.diagnose import diagnose
from proctor.examine.draw import fresh_seed
from proctor.examine.examination import Examination, Finding, open_examination
from proctor.examine.remembered import Asked, remembered
from proctor.sandbox.cell import CellDone
from proctor.sandbox.doctor import try_the_walls
from proctor.sandbox.launcher import fork_server, plain
from proctor.sandbox.protocol import Transcript, decode_question
from proctor.sandbox.session import Handle
from proctor.submission import Submission

# what pytest need not start costs nothing
UNUSED = """
    terminal cacheprovider faulthandler junitxml doctest unraisableexception threadexception logging pastebin stepwise
    setuponly setupplan debugging capture
""".split()


@cache
def protected() -> dict[str, bool]:
    """Which promises hold for the sandboxes of this process, found by attempting their violation once; none of plain ones."""
    held = dict.fromkeys(PROMISES, False) if plain() else try_the_walls(fork_server())
    gc.freeze()  # what was imported stays: no collection need look through it again
    torch.set_num_threads(1)  # what is compared is small, and the sandboxes want the other cores
    return held


def examine(
    submission: Submission,
    *,
    name: str = "",
    seed: int | None = None,
    cells: set[str] | None = None,
    handle: Handle | None = None,
) -> Report:
    """Runs the submission in a sandbox and judges it by the hidden checks of its assignment.

    `cells`: judge only these graded cells. The seed decides the checks' inputs; it is drawn afresh by default, and what is
    told shows small inputs in numbers. Another thread may stop it by the `handle`.
    """
    return examine_closely(submission, name=name, seed=seed, cells=cells, handle=handle)[0]


def examine_closely(
    submission: Submission,
    *,
    name: str = "",
    seed: int | None = None,
    cells: set[str] | None = None,
    handle: Handle | None = None,
) -> tuple[Report, list[Finding]]:
    """Like `examine`, with the finding of every single check that did not pass."""
    examination = open_examination(submission, fork_server(), draw=False, own=True)
    examination.wanted = cells
    if handle is not None and examination.session is not None:
        examination.session.handle = handle
    seed = fresh_seed() if seed is None else seed
    try:
        with memory.limited():
            return judge(examination, name=name, seed=seed), examination.findings
    except Exception as error:
        if not memory.ran_out(error):
            raise
        return out_of_memory(examination, name=name, seed=seed), examination.findings
    finally:
        examination.asks.close()


def judge(examination: Examination, *, name: str, seed: int) -> Report:
    """Runs the examination's notebook to its end, then its checks; tells the verdicts. Raises `NoSandbox`."""
    assert examination.session is not None, "a kernel runs no notebook"
    examination.session.run_all()
    return verdicts(
        examination,
        Report(name or examination.assignment.notebook.name, examination.assignment.name, seed, protected()),
    )


def out_of_memory(examination: Examination, *, name: str, seed: int) -> Report:
    """The report on a notebook that takes more memory than judging one may take; nothing of it counts."""
    assignment, wanted = examination.assignment, examination.wanted
    report = Report(name or assignment.notebook.name, assignment.name, seed, protected())
    for graded in assignment.graded.values():
        if wanted is None or graded.id in wanted:
            said = "what this notebook gives back or shows takes too much memory to be judged"
            report.cells.append(Verdict(graded.id, 0.0, graded.points, "out_of_memory", said))
    return report


def verdicts(examination: Examination, report: Report) -> Report:
    """Runs the examination's checks, fills the report, and tells the misconceptions that are recognised."""
    _diagnose(undiagnosed(examination, report), examination)
    return report


def undiagnosed(examination: Examination, report: Report) -> Report:
    """Runs the examination's checks, and fills the report."""
    passed, visible = run_checks(examination, report.seed), _shown(examination)
    for graded in examination.assignment.graded.values():
        if examination.wanted is None or graded.id in examination.wanted:
            report.cells.append(_verdict(graded, examination, passed, visible.get(graded.id)))
    _spread_forbidden(report, examination.assignment)
    for exercise in examination.assignment.stubs:
        _judge_elsewhere(exercise, report, examination)
    _follow_through(report, examination, visible)
    report.flags = [flag._asdict() for flag in examination.flags()]
    return report


def _shown(examination: Examination) -> dict[str, CellDone]:
    """How the visible checks ended, by graded cell."""
    cells = examination.session.cells if examination.session else []
    return {cell.id: cell.done for cell in cells if cell.id and cell.done is not None}


def _judge_elsewhere(exercise: str, report: Report, examination: Examination) -> None:
    """Judges an exercise that lost points by another binding of its name, between its checks or below them, where that is better."""
    best = _cells_of(exercise, report, examination.assignment)
    if examination.session is None or not _lost(best):
        return
    first, last = examination.places(exercise)
    tried = {}
    if examination.bound(exercise, first, last):
        tried[float(first)] = "right, as it is defined at the first of its checks"
    if below := examination.bound(exercise, last):
        tried[math.inf] = f"right, as code cell {max(below.values()) + 1} defines it, below its checks"
    for place, words in tried.items():
        moved = examination.moved | {exercise: place}
        second = examination.again([exercise], moved=moved)
        with contextlib.closing(second.asks):
            after = _judged_again(best, second, report.seed)
        if sum(cell.score for cell in after) > sum(cell.score for cell in best):
            for old, new in zip(best, after):
                if new.status == "passed" != old.status:
                    new.message = words
            _replace(best, after, report, examination, second)
            examination.moved, best = moved, after


def _follow_through(report: Report, examination: Examination, visible: dict[str, CellDone]) -> None:
    """Judges each exercise that lost points once more, given right ones to build on.

    These are stand-ins for the exercises before it that are wrong, and the graded definitions of those whose names the
    notebook has bound to something else since. What passes then has passed; what fails again, having called a stand-in,
    fails for reasons of its own, which its message and transcript tell. The order of the course sees to it that no two
    exercises are right only because of one another.
    """
    assignment = examination.assignment
    cells = {exercise: _cells_of(exercise, report, assignment) for exercise in assignment.stubs}
    # in a living kernel, only what somebody asked for is examined
    unknown = [exercise for exercise, own in cells.items() if not own and examination.session is None]
    doubtful = [exercise for exercise, own in cells.items() if exercise in unknown or _lost(own)]
    wrong: list[str] = []
    with contextlib.closing(_SecondRuns(examination, doubtful)) as second_runs:
        for exercise in doubtful:
            lost, given = _lost(cells[exercise]), _stand_ins(wrong, assignment)
            anew = _bound_anew(exercise, wrong, examination) if lost else {}
            if (given or anew) and lost and not {cell.status for cell in lost} & set(BLANK):
                second = second_runs.of(exercise, given, _graded(anew, examination))
                after = _judged_again(lost, second, report.seed, visible)
                called = _called(second.asks.transcript[exercise])
                for before, verdict in zip(lost, after):
                    if verdict.status == "passed":
                        verdict.given = [name for name in given if name in called[verdict.id]]
                        verdict.message = "; ".join(filter(None, [given_words(verdict.given), _as_graded(anew)]))
                    elif verdict.status == before.status and not called[verdict.id] and not anew:
                        # as without stand-ins: these words can't hold any
                        verdict.message = before.message
                if anew or any(called.values()) or len(_lost(after)) < len(lost):
                    _replace(lost, after, report, examination, second)
            if exercise in unknown or _lost(_cells_of(exercise, report, assignment)):
                wrong.append(exercise)


class _SecondRuns:
    """The sandboxes in which exercises are asked again.

    A learner's own notebook runs once more for all of them; in a class it runs for each, so that none has its own stand-in
    in reach.
    """

    def __init__(self, examination: Examination, doubtful: list[str]):
        self._first, self._doubtful = examination, doubtful
        self._second: Examination | None = None

    def of(self, exercise: str, given: list[str], graded: dict[str, str]) -> Examination:
        """The notebook once more, to ask about this exercise, given these."""
        first, assignment = self._first, self._first.assignment
        if self._second is None or not first.own:
            self.close()
            if first.own:
                anew = [_bound_anew(each, [], first) for each in self._doubtful]
                at_hand = _graded({name: place for found in anew for name, place in found.items()}, first)
                self._second = first.again(self._doubtful, _stand_ins(self._doubtful, assignment), at_hand)
            else:
                self._second = first.again([exercise], given, graded)
        self._second.given, self._second.graded = given, graded
        return self._second

    def close(self) -> None:
        if self._second is not None:
            self._second.asks.close()


def _judged_again(
    cells: list[Verdict], second: Examination, seed: int, visible: dict[str, CellDone] | None = None
) -> list[Verdict]:
    """New verdicts on these graded cells of one exercise; of those that judge themselves, `visible` counts where they passed."""
    assignment = second.assignment
    second.wanted = {
        cell.id for cell in assignment.graded.values() if cell.exercise == _exercise_of(cells[0], assignment)
    }
    passed, shown = run_checks(second, seed), _shown(second)
    shown |= {name: done for name, done in (visible or {}).items() if not done.error_name}
    return [_verdict(assignment.graded[cell.id], second, passed, shown.get(cell.id)) for cell in cells]


def _replace(
    old: list[Verdict], new: list[Verdict], report: Report, examination: Examination, second: Examination
) -> None:
    """Puts what a second run told of one exercise in the place of what the first one told."""
    exercise = _exercise_of(old[0], examination.assignment)
    examination.asks.transcript[exercise] = second.asks.transcript[exercise]
    examination.asked |= second.asked
    for before, after in zip(old, new, strict=True):
        report.cells[report.cells.index(before)] = after
    _spread_forbidden(report, examination.assignment)


def _bound_anew(exercise: str, wrong: list[str], examination: Examination) -> dict[str, int]:
    """The names of right exercises before this one that meant something else by its checks; the places of the cells that bound them."""
    if examination.session is None:
        return {}
    found, order = {}, list(dict.fromkeys(cell.exercise for cell in examination.assignment.graded.values()))
    for other in order[: order.index(exercise)]:
        if other not in wrong and not defines_value(other):
            first, last = examination.places(other)
            after, before = (first, None) if other in examination.moved else (last, examination.places(exercise)[1])
            found |= examination.bound(other, after, before)
    return found


def _graded(anew: dict[str, int], examination: Examination) -> dict[str, str]:
    """The last graded cell of the exercise that each name belongs to."""
    cells = examination.session.cells if examination.session else []
    owners = {name: exercise for exercise in examination.assignment.stubs for name in names_of(exercise)}
    return {name: cells[examination.places(owners[name])[1]].id or "" for name in anew}


def _as_graded(anew: dict[str, int]) -> str:
    if not anew:
        return ""
    cells = ", ".join(f"code cell {place + 1} made something else of `{name}`" for name, place in anew.items())
    return f"right, given {' and '.join(f'`{name}`' for name in anew)} as graded: {cells}"


def _cells_of(exercise: str, report: Report, assignment: Assignment) -> list[Verdict]:
    return [cell for cell in report.cells if _exercise_of(cell, assignment) == exercise]


def _lost(cells: Iterable[Verdict]) -> list[Verdict]:
    return [cell for cell in cells if cell.status != "passed"]


def _stand_ins(exercises: list[str], assignment: Assignment) -> list[str]:
    """The names of these exercises that a stand-in can stand in for."""
    return [name for exercise in exercises for name in names_of(exercise) if name in assignment.stand_ins]


def _exercise_of(cell: Verdict, assignment: Assignment) -> str:
    return assignment.graded[cell.id].exercise


def _called(transcript: Transcript) -> dict[str, set[str]]:
    """The stand-ins that were called in a transcript, by graded cell, as the sandbox says: for wording alone."""
    found = defaultdict(set)
    for request, _ in transcript:
        question = decode_question(request)
        found[question.snapshot].update(question.given)
    return found


def _diagnose(report: Report, examination: Examination) -> None:
    """Tells what each failed exercise does, and the failed cells whose misconception is recognised."""
    failed = [cell for cell in report.cells if cell.status in ("failed", "error")]
    for exercise in {_exercise_of(cell, examination.assignment) for cell in failed}:
        own = [cell for cell in failed if _exercise_of(cell, examination.assignment) == exercise]
        name = behaviour(examination.asks.transcript[exercise], [cell.id for cell in own])
        for cell in own:
            cell.behaviour = name
    if failed and examination.assignment.source.is_file():
        # a cell that judges itself asks nothing
        asked = {cell.id: examination.asked.get(cell.id, slice(0)) for cell in failed if not cell.diagnosis}
        found = diagnose(examination.assignment, examination.asks.transcript, [cell.id for cell in failed], asked)
        for cell in failed:
            cell.diagnosis = found.get(cell.id, cell.diagnosis)


def run_checks(examination: Examination, seed: int) -> set[str]:
    """Runs the examination's hidden checks in this process; fills its findings and returns the graded cells of which a check passed."""
    checks = examination.assignment.checks
    if examination.assignment.plain.keys() >= examination.assignment.graded.keys() and not checks.is_file():
        return set()  # an assignment of the instructor's own
    changed = checks.stat().st_mtime_ns
    collected, known = _collected(checks, changed), remembered(checks, changed, seed)
    order = list(examination.assignment.graded)
    wanted = order if examination.wanted is None else examination.wanted
    items = [item for item in collected.items if pytest_plugin.cell_of(item.name) in wanted]
    items.sort(key=lambda item: order.index(pytest_plugin.cell_of(item.name)))
    passed = set()
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for item in items:
            asked = known.setdefault(item.name, Asked())
            if _passes_again(item, asked, examination) or _passes(item, asked, examination, seed, collected):
                passed.add(pytest_plugin.cell_of(item.name))
    if examination.session is not None:
        examination.session.require_sound()
    return passed


def _passes_again(item: pytest.Item, asked: Asked, examination: Examination) -> bool:
    """Asks ahead what the check asked of other notebooks; whether it is known to pass with these replies."""
    session, cell = examination.session, pytest_plugin.cell_of(item.name)
    if session is None or not asked.questions or examination.builds_on or not examination.defines(cell):
        return False
    remark = asked.ask(session, examination.assignment.graded[cell].exercise)
    if remark:
        examination.remarks[cell] = remark
    return remark is not None


def _passes(item: pytest.Item, asked: Asked, examination: Examination, seed: int, collected: "_Collected") -> bool:
    """Runs a check, and notes what it asked; whether it passes. Where it fails, its finding is added."""
    session = examination.session
    if session is not None:
        session.heard.clear()
    if item.name in collected.plain:
        finding, remark = pytest_plugin.run_plain(item, examination, seed)
    else:
        finding, remark = collected.run(item, examination, seed)
    if session is not None and not examination.builds_on:
        asked.learn(session.heard, remark)
    if finding is not None:
        examination.findings.append(finding)
    elif remark:
        examination.remarks[pytest_plugin.cell_of(item.name)] = remark
    return remark is not None


@lru_cache(16)
def _collected(checks: Path, changed: int) -> "_Collected":
    """The checks in this file, collected by pytest once: that takes as long as running them."""
    sys.modules.pop(checks.stem, None)  # pytest would not read again what it has imported before
    collected = _Collected()
    arguments = [str(checks), f"--rootdir={checks.parent.parent.parent}", "-o", "addopts="]
    for unused in UNUSED:
        arguments += ["-p", f"no:{unused}"]
    quickly = patch.dict(os.environ, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    with quickly, contextlib.redirect_stdout(io.StringIO()) as printed:
        code = pytest.main([*arguments, "--noconftest"], plugins=[collected, pytest_plugin])
    if code != pytest.ExitCode.OK:
        raise RuntimeError(f"the checks in {checks} did not run: {printed.getvalue() or code}")
    return collected


class _Collected:
    """The checks of one file, to be run for one examination after another; `plain`: those that need nothing of pytest's."""

    def __init__(self):
        self.items: list[pytest.Item] = []
        self.plain: set[str] = set()
        self._reports: list[pytest.TestReport] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        self.config = config
        config.option.tbstyle = "value"  # the plugin words the failures, so none need be traced

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.items = session.items
        self.plain = {item.name for item in session.items if pytest_plugin.is_plain(item)}
        return True  # none are run yet

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._reports.append(report)

    def run(self, item: pytest.Item, examination: Examination, seed: int) -> tuple[Finding | None, str | None]:
        """Runs a check by pytest's own protocol: its finding where it fails, its remark where it passes."""
        config, self._reports = item.config, []
        config.stash[pytest_plugin.EXAMINATION], config.option.seed = examination, seed
        try:
            config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        except BaseException:  # an interrupt; what pytest had set up is not taken down
            _collected.cache_clear()
            raise
        failed = [report.finding for report in self._reports if report.failed]
        if failed or not any(report.when == "call" and report.passed for report in self._reports):
            return (failed[0] if failed else None), None
        student = vars(item).get("student")
        return None, readable(student.remark) if student else ""


def _verdict(graded: GradedCell, examination: Examination, passed: set[str], visible: CellDone | None) -> Verdict:
    """The verdict on a graded cell: its hidden checks', or its own, `visible` asserts' where it names no hidden check."""
    failed = [finding for finding in examination.findings if finding.cell == graded.id]
    verdict = Verdict(graded.id, 0.0, graded.points, "passed")
    if failed:
        verdict.status, verdict.message, verdict.diagnosis = failed[0].status, failed[0].message, failed[0].diagnosis
    elif graded.id in examination.plain and visible is not None:
        _by_itself(verdict, visible, examination.excused.get(graded.exercise))
    elif graded.id not in passed:
        verdict.status, verdict.message = "failed", "no hidden check belongs to this cell; tell your instructor"
    else:
        verdict.score, verdict.message = graded.points, examination.remarks.get(graded.id, "")
    return verdict


def _by_itself(verdict: Verdict, visible: CellDone, excuse: Exception | None) -> None:
    """Gives what nbgrader gives for a cell that ran to its end: all of its points, or the number that it ends in."""
    if visible.error_name:
        verdict.status = "failed"
        verdict.message = readable(f"{visible.error_name}: {visible.error_message}".strip(": "))
        if excuse is not None:
            verdict.status = "missing" if isinstance(excuse, Missing) else "not_attempted"
            verdict.message = str(excuse)
        return
    # takes long, and is seldom needed
    from nbgrader.utils import get_partial_grade

    results = [output for output in visible.outputs if output["output_type"] == "execute_result"]
    try:
        verdict.score = get_partial_grade(results[0], verdict.max_score) if results else verdict.max_score
    except (LookupError, TypeError, ValueError) as error:
        verdict.status, verdict.message = "failed", readable(f"it ends in what is no number of points: {error}")
    if verdict.score < verdict.max_score:
        verdict.status = "failed"
        verdict.message = verdict.message or f"it gives {verdict.score:g} of {verdict.max_score:g} points"


def _spread_forbidden(report: Report, assignment: Assignment) -> None:
    """A forbidden built-in earns nothing for the whole exercise, whichever cell it was found in."""
    found = {assignment.graded[cell.id].exercise: cell.message for cell in report.cells if cell.status == "forbidden"}
    if not found:
        return
    plain = assignment.plain
    for cell in report.cells:
        exercise = assignment.graded[cell.id].exercise
        if exercise in found and cell.id not in plain:
            cell.score, cell.status, cell.message = 0.0, "forbidden", found[exercise]
