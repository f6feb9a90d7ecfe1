"""Runs the hidden checks of one file against one examination after another, in this process.

A check's inputs come from the seed, so that its questions are the same for every notebook of a
class. Those of one notebook go to the next in one batch, before the check runs. A check sees only
the replies of a notebook: if they equal, byte for byte, those with which it passed before, it
passes without running.
"""

import contextlib
import inspect
import io
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from proctor.course import Assignment
from proctor.course.files import made_once
from proctor.course.report import readable
from proctor.errors import BudgetUsed, CourseError, NoSandbox
from proctor.grading.examination import Examination, Finding
from proctor.grading.hidden import cell_of, check_functions, in_checks
from proctor.grading.student import Draw, seed_of
from proctor.session.session import Logged, Session

FIXTURES = {"student", "draw"}
MAX_BATCH = 16 * 2**20  # bytes of questions in one batch
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

    def run(self, examination: Examination) -> Finding | str:
        """Runs it: the finding if it fails, its remark if it passes."""
        exercise = examination.assignment.exercise_of(self.cell)
        transcript = examination.asks.transcript[exercise]
        began = len(transcript)
        student = None
        try:
            forbidden = in_checks(examination.assignment, "FORBIDDEN")
            own_seed = seed_of(examination.seed, self.name, "student")
            student = examination.student(self.cell, forbidden, own_seed)
            draw = Draw(seed_of(examination.seed, self.name))
            fixtures = {"student": student, "draw": draw}
            taken = inspect.signature(self.function).parameters
            self.function(**{name: fixtures[name] for name in taken})
        except (KeyboardInterrupt, NoSandbox, BudgetUsed):
            raise
        except BaseException as error:
            return Finding(
                self.name,
                self.cell,
                error,
                slice(began, len(transcript)),
                student,
                examination.stand_ins,
                examination.graded,
            )
        return readable(student.remark)


@dataclass
class CheckMemo:
    """The questions with which one check begins, whatever the replies to them are.

    `passed` maps the digest of a check's replies to its passing remark. `continuing_prefixes` are
    the digests of the replies after which a check that passed had more questions.
    """

    questions: list[bytes] = field(default_factory=list)
    # later questions depend on the replies
    differs: bool = False
    passed: dict[bytes, str] = field(default_factory=dict)
    continuing_prefixes: set[bytes] = field(default_factory=set)

    def record(self, log: Sequence[Logged], remark: str | None) -> None:
        """Keeps the questions of a run of the check, and its remark if it passed."""
        asked = [each.question for each in log]
        in_common = 0
        for old, new in zip(self.questions, asked):
            if old != new:
                break
            in_common += 1
        if in_common < min(len(self.questions), len(asked)):
            self.questions = self.questions[:in_common]
            self.differs = True
        elif not self.differs and len(asked) > in_common and sum(map(len, asked)) <= MAX_BATCH:
            self.questions = asked
        if remark is None or len(self.passed) >= MAX_PASSED:
            return
        digest = b""
        for each in log:
            self.continuing_prefixes.add(digest)
            digest = _after(digest, each.reply)
        self.passed[digest] = remark

    def replay(self, session: Session, exercise: str) -> str | None:
        """Asks the questions in a batch: the remark of a check that is known to pass; None if only
        a run of it decides.
        """
        session.prefetched.clear()
        replies = list[bytes]()
        digest = b""
        while len(replies) < len(self.questions):
            if replies and digest not in self.continuing_prefixes:
                break
            came = session.ask_batch(self.questions[len(replies) :], exercise)
            if came is None:
                return None
            if not came:
                break
            replies += came
            for reply in came:
                digest = _after(digest, sha256(reply).digest())
        pairs = list(zip(self.questions, replies))
        if digest not in self.passed:
            session.prefetched.extend(pairs)
            return None
        for question, reply in pairs:
            session.keep(exercise, question, reply)
        return self.passed[digest]


def _after(before: bytes, reply: bytes) -> bytes:
    return sha256(before + reply).digest()


@lru_cache(8)
def check_memos(checks: Path, changed: int, seed: int) -> dict[str, CheckMemo]:
    """The memo of each check, by its name, of a file at a time of change and a seed; filled as
    checks run.
    """
    return {}


@contextlib.contextmanager
def silenced() -> Iterator[None]:
    """While entered, nothing that a check prints is shown."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(action="ignore"):
        yield


def run_checks(examination: Examination) -> Iterator[Finding]:
    """Runs the hidden checks of the graded cells that are to be judged; gives each failure."""
    assignment = examination.assignment
    path = assignment.checks
    if assignment.self_checked.keys() >= assignment.graded.keys() and not path.is_file():
        return  # an assignment of the instructor's own
    memos = check_memos(path, path.stat().st_mtime_ns, examination.seed)
    checks = defaultdict[str, list[Check]](list)
    for check in checks_in(path):
        checks[check.cell].append(check)
    for cell in _in_order(assignment):
        if cell not in examination.to_judge or cell not in checks:
            continue
        for check in checks[cell]:
            memo = memos.setdefault(check.name, CheckMemo())
            outcome = _outcome(check, memo, examination)
            if isinstance(outcome, Finding):
                examination.findings.append(outcome)
                yield outcome
            elif outcome:
                examination.remarks[cell] = outcome
        examination.judged.add(cell)


def _in_order(assignment: Assignment) -> list[str]:
    """The graded cells in the order of their checks: those of values first, which could note the
    inputs of other checks.
    """

    def is_no_value(cell: str) -> bool:
        return not assignment.exercises[assignment.graded[cell].exercise].is_value

    return sorted(assignment.graded, key=is_no_value)


def _outcome(check: Check, memo: CheckMemo, examination: Examination) -> Finding | str:
    """The outcome of a check, by its memo or by running it."""
    session = examination.session
    if session is not None:
        session.log.clear()
    if session is None or examination.builds_on:
        return check.run(examination)
    exercise = examination.assignment.graded[check.cell].exercise
    if memo.questions and examination.defines(exercise):
        remark = memo.replay(session, exercise)
        if remark is not None:
            return remark
    outcome = check.run(examination)
    remark = None
    if isinstance(outcome, str):
        remark = outcome
    memo.record(session.log, remark)
    return outcome


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
