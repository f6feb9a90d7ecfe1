"""Runs the hidden checks of one file against one examination after another, in this process.

A check's inputs come from the seed, so it asks every notebook of a class the same. Its questions to one notebook are sent
to the next in one message, before it runs. A check sees nothing of a notebook but the replies: where they equal, byte for
byte, those with which it passed before, it passes without running.
"""

import contextlib
import inspect
import io
import warnings
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from proctor.course import Assignment
from proctor.course.files import made_once
from proctor.course.report import readable
from proctor.diagnosis.explain import cell_of, explain
from proctor.diagnosis.smallest import show_smallest
from proctor.errors import BudgetUsed, CourseError, NoSandbox
from proctor.grading.examination import Examination, Finding
from proctor.grading.hidden import check_functions, in_checks
from proctor.grading.student import Draw, seed_of
from proctor.session.session import Heard, Session

FIXTURES = {"student", "draw"}
MOST = 16 * 2**20  # bytes of questions that are asked ahead
MAX_PASSED = 500  # ways to pass one check


@dataclass(frozen=True)
class Check:
    """A hidden check: a function that takes `student` and `draw`."""

    name: str
    function: Callable[..., None]

    @property
    def cell(self) -> str:
        """The graded cell that it belongs to."""
        return cell_of(self.name)

    def run(self, examination: Examination, seed: int) -> Finding | str:
        """Runs it: its finding where it fails, its remark where it passes."""
        student = None
        try:
            forbidden = in_checks(examination.assignment, "FORBIDDEN")
            student = examination.student(self.cell, forbidden, seed_of(seed, self.name, "student"))
            arguments = {"student": student, "draw": Draw(seed_of(seed, self.name))}
            self.function(
                **{name: arguments[name] for name in inspect.signature(self.function).parameters}
            )
        except (KeyboardInterrupt, NoSandbox, BudgetUsed):
            raise
        except BaseException as error:
            return explain(self.name, error, student, examination)
        return readable(student.remark)


@dataclass
class Asked:
    """The questions that one check asks every notebook, as far as they don't depend on the replies.

    `passed` holds, by a digest of replies, what the check remarked when it passed with these; `went_on` holds the digests
    with which it asked more, and passed at last.
    """

    questions: list[bytes] = field(default_factory=list)
    # later questions depend on the replies
    differs: bool = False
    passed: dict[bytes, str] = field(default_factory=dict)
    went_on: set[bytes] = field(default_factory=set)

    def learn(self, heard: Sequence[Heard], remark: str | None) -> None:
        """Notes what was asked in a run of the check, and its remark where it passed."""
        asked = [each.question for each in heard]
        common = next(
            (n for n, (old, new) in enumerate(zip(self.questions, asked)) if old != new), None
        )
        if common is not None:
            self.questions, self.differs = self.questions[:common], True
        elif not self.differs and len(asked) > len(self.questions) and sum(map(len, asked)) <= MOST:
            self.questions = asked
        if remark is None or len(self.passed) >= MAX_PASSED:
            return
        digest = b""
        for each in heard:
            self.went_on.add(digest)
            digest = _after(digest, each.reply)
        self.passed[digest] = remark

    def ask(self, session: Session, exercise: str) -> str | None:
        """Asks it all ahead; gives the remark where the check is known to pass, and None where only a run of it can tell."""
        session.ahead.clear()
        replies, digest = list[bytes](), b""
        while len(replies) < len(self.questions) and (not replies or digest in self.went_on):
            came = session.ask_ahead(self.questions[len(replies) :], exercise)
            if came is None:
                return None
            if not came:
                break
            replies += came
            for reply in came:
                digest = _after(digest, sha256(reply).digest())
        if digest not in self.passed:
            session.ahead.extend(zip(self.questions, replies))
            return None
        for question, reply in zip(self.questions, replies):
            session.keep(exercise, question, reply)
        return self.passed[digest]


def _after(before: bytes, reply: bytes) -> bytes:
    return sha256(before + reply).digest()


@lru_cache(8)
def remembered(checks: Path, changed: int, seed: int) -> dict[str, Asked]:
    """What each check asked, by its name: one dict for a file, its time of change and a seed, which is filled as checks run."""
    return {}


def run_checks(examination: Examination, seed: int) -> None:
    """Runs the examination's hidden checks in this process; fills its findings and the graded cells that are judged."""
    assignment, path = examination.assignment, examination.assignment.checks
    if assignment.self_checked.keys() >= assignment.graded.keys() and not path.is_file():
        return  # an assignment of the instructor's own
    known, checks = (
        remembered(path, path.stat().st_mtime_ns, seed),
        defaultdict[str, list[Check]](list),
    )
    for check in checks_in(path):
        checks[check.cell].append(check)
    wanted = assignment.graded.keys() if examination.wanted is None else examination.wanted
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(action="ignore"):
        for cell in _in_turn(assignment):
            if cell not in wanted or cell not in checks:
                continue
            for check in checks[cell]:
                asked = known.setdefault(check.name, Asked())
                remark = _known_to_pass(check, asked, examination)
                if remark is None:
                    remark = _run(check, asked, examination, seed)
                if remark:
                    examination.remarks[cell] = remark
            examination.judged.add(cell)
    failed = [finding for cell in wanted if (finding := examination.first_finding(cell))]
    # in a class, small calls are tried where each failure is explained
    if not examination.in_class:
        _show_smallest(examination, failed, seed)
    if examination.session is not None:
        examination.session.link.require_sound()


def _in_turn(assignment: Assignment) -> list[str]:
    """The graded cells in the order of their checks: those of values first, which could note the inputs of other checks."""

    def is_no_value(cell: str) -> bool:
        return not assignment.exercises[assignment.graded[cell].exercise].is_value

    return sorted(assignment.graded, key=is_no_value)


def explain_again(
    examination: Examination, findings: Sequence[Finding], seed: int
) -> dict[str, Finding | None]:
    """Runs the checks of these findings once more, with inputs from this seed: the new findings, by check; None for one that passes."""
    checks = {check.name: check for check in checks_in(examination.assignment.checks)}
    found = dict[str, Finding | None]()
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(action="ignore"):
        for finding in findings:
            outcome = checks[finding.check].run(examination, seed)
            found[finding.check] = outcome if isinstance(outcome, Finding) else None
    _show_smallest(examination, [each for each in found.values() if each is not None], seed)
    return found


def _show_smallest(examination: Examination, findings: Sequence[Finding], seed: int) -> None:
    may_search = examination.assignment.source.is_file() and examination.budget.used() < 0.5
    if may_search and any(finding.question for finding in findings):
        show_smallest(examination, findings, seed)


def _known_to_pass(check: Check, asked: Asked, examination: Examination) -> str | None:
    """Asks ahead what the check asked of other notebooks; its remark where it is known to pass with these replies."""
    session, exercise = examination.session, examination.assignment.graded[check.cell].exercise
    if (
        session is None
        or not asked.questions
        or examination.builds_on
        or not examination.defines(exercise)
    ):
        return None
    return asked.ask(session, exercise)


def _run(check: Check, asked: Asked, examination: Examination, seed: int) -> str | None:
    """Runs a check, and notes what it asked; its remark where it passes. Where it fails, its finding is added."""
    session = examination.session
    if session is not None:
        session.heard.clear()
    outcome = check.run(examination, seed)
    remark = outcome if isinstance(outcome, str) else None
    if session is not None and not examination.builds_on:
        asked.learn(session.heard, remark)
    if isinstance(outcome, Finding):
        examination.findings.append(outcome)
    return remark


@made_once
def checks_in(path: Path) -> list[Check]:
    """The checks in a file. Raises `CourseError` if one takes more than `student` and `draw`."""
    checks = list[Check]()
    for name, function in check_functions(path).items():
        more = inspect.signature(function).parameters.keys() - FIXTURES
        if more or hasattr(function, "pytestmark"):
            raise CourseError(
                f"{path}: {name} needs {', '.join(sorted(more)) or 'a mark'}: a check takes `student` and `draw` alone"
            )
        checks.append(Check(name, function))
    return checks
