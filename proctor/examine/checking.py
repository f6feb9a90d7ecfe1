"""Runs the hidden checks of one file against one examination after another, in this process."""

import contextlib
import io
import os
import sys
import warnings
from functools import lru_cache
from pathlib import Path
from unittest.mock import patch

import pytest

from proctor.course.report import readable
from proctor.examine import pytest_plugin
from proctor.examine.examination import Examination, Finding
from proctor.examine.remembered import Asked, remembered

# what pytest need not start costs nothing
UNUSED = """
    terminal cacheprovider faulthandler junitxml doctest unraisableexception threadexception logging pastebin stepwise
    setuponly setupplan debugging capture
""".split()


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
        examination.session.link.require_sound()
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
