"""What a check has asked before is asked ahead, and changes no verdict."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from proctor.answers import solved
from proctor.course import assignments
from proctor.errors import CourseError
from proctor.examine.examine import judge
from proctor.grading import hidden
from proctor.grading.checking import check_memos
from proctor.grading.examination import open_examination
from proctor.sandbox.cell import Limits
from proctor.sandbox.launcher import fork_server
from proctor.sandbox.protocol import Several, decode_request
from proctor.session import session
from proctor.submission import with_released_cells

ASSIGNMENT = assignments(Path(__file__).parent.parent.parent)["03-softmax"]
RIGHT = ASSIGNMENT.solutions["softmax"]
CELLS = {"softmax_values", "softmax_stability"}
LIMITS = Limits(call=1, exercise=4, grace=0.5)
ENDS_LATE = (
    f"asked = []\n{RIGHT}\nright = softmax\n\n\ndef softmax(x, dim):\n    asked.append(x)\n    "
)
HANGS = ENDS_LATE + "while len(asked) > 20:\n        pass\n    return right(x, dim)"
DIES = (
    ENDS_LATE
    + "if len(asked) > 20:\n        import os\n\n        os._exit(0)\n    return right(x, dim)"
)
WRONG = "def softmax(x, dim):\n    return x.exp() / x.exp().sum(dim, keepdim=True)"
RAISES = "def softmax(x, dim):\n    raise IndexError('no')"


@pytest.fixture
def examined(monkeypatch):
    """Examines a softmax: the verdicts, the checks that did not pass, and how many messages asked how many questions."""
    real = session.Session.exchange

    def examined(source: str, seed: int = 3):
        asked: list[int] = []

        def counting(self, message, seconds, exercise, kind):
            request = decode_request(message)
            if exercise == "softmax" and not hasattr(request, "draw"):
                asked.append(len(request.questions) if isinstance(request, Several) else 1)
            return real(self, message, seconds, exercise, kind)

        monkeypatch.setattr(session.Session, "exchange", counting)
        submission = with_released_cells(solved(ASSIGNMENT, {"softmax": source}), ASSIGNMENT)
        examination = open_examination(submission, fork_server(), LIMITS, draw=False, alone=True)
        examination.wanted = CELLS
        examination.seed = seed
        try:
            report, findings = judge(examination), examination.findings
        finally:
            examination.asks.close()
        told = [
            (cell.id, cell.status, untimed(cell.message), cell.diagnosis) for cell in report.cells
        ]
        return told, [(each.check, each.status, untimed(each.message)) for each in findings], asked

    return examined


def untimed(message: str) -> str:
    """A message without how long the call ran, which differs from run to run."""
    return re.sub(r"(took too long|did not run): .*", "", message)


def test_without_assertions_nothing_is_judged(monkeypatch):
    """As by PYTHONOPTIMIZE: a wrong prediction would pass."""
    monkeypatch.setattr(hidden, "sys", SimpleNamespace(flags=SimpleNamespace(optimize=1)))
    with pytest.raises(CourseError, match="unset PYTHONOPTIMIZE"):
        # not what an earlier test has collected
        hidden._module.__wrapped__(ASSIGNMENT.checks)


def test_a_second_notebook_is_asked_in_one_message_a_check(examined):
    check_memos.cache_clear()
    first, second = examined(RIGHT), examined(RIGHT)
    assert first[:2] == second[:2]
    assert set(first[2]) == {1} and sum(first[2]) == sum(second[2])
    assert len(second[2]) == 7, "one message for each of the checks"


@pytest.mark.parametrize(
    "source",
    [
        WRONG,
        RAISES,
        pytest.param(HANGS, marks=pytest.mark.full),
        DIES,
    ],
    ids=["wrong", "raises", "hangs", "dies"],
)
def test_what_is_remembered_changes_no_verdict(examined, source):
    check_memos.cache_clear()
    alone = examined(source)
    check_memos.cache_clear()
    examined(RIGHT)
    assert examined(source)[:2] == alone[:2]
    assert examined(RIGHT)[1] == [], "nor another one's"


def test_another_seed_is_asked_afresh(examined):
    examined(RIGHT)
    assert set(examined(RIGHT, seed=4)[2]) == {1}
