"""Flags for an instructor: an answer that gives a built-in's very bits. They cost nothing.

Two ways to compute the same differ in the last digits of some reply. No right answer was found that
differs in none, but multiplying by `1 + eps` differs in all: a flag is a reason to look, and no
flag proves nothing.
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch

from proctor.grading.examination import Examination
from proctor.grading.hidden import in_checks
from proctor.grading.replies import bytes_of
from proctor.sandbox.protocol import Call, Returned, decode_question
from proctor.session.transcript import Transcript

FEWEST = 10  # replies
Wording = tuple[str, Callable[..., torch.Tensor]]


def flags_on(examination: Examination) -> list[dict[str, Any]]:
    """The first answer that gives a built-in's very bits: the numbers of its code cell and line,
    counted from 1, and words.
    """
    if examination.session is None:
        return []
    built_ins = in_checks(examination.assignment, "BUILT_INS")
    for exercise in examination.assignment.stubs:
        words = same_bits(built_ins.get(exercise, []), examination.asks.transcript[exercise])
        if words:
            # those that call it give the same bits, too
            return [{"cell": examination.number(exercise), "line": 1, "words": words}]
    return []


def same_bits(wordings: Iterable[Wording], transcript: Transcript) -> str:
    """Which of these wordings gave every value in the transcript, in words; nothing if none did, or
    a stand-in was called.
    """
    left = list(wordings)
    if not left:
        return ""
    replies = 0
    for message, reply in transcript:
        question = decode_question(message)
        if question.stand_ins:
            return ""
        if isinstance(question, Call) and isinstance(reply, Returned):
            replies += 1
            left = [each for each in left if _gives(each[1], question, reply.value)]
            if not left:
                return ""
    if replies < FEWEST:
        return ""
    return f"the same bits as {left[0][0]} in all {replies} answers"


def _gives(function: Callable[..., torch.Tensor], question: Call, value: Any) -> bool:
    """Whether this is the function's own value, to the last bit, on this machine."""
    try:
        expected = function(*question.args, **question.kwargs)
    except Exception:
        # some questions have inputs that an answer may refuse
        return False
    alike = isinstance(value, torch.Tensor) and (value.dtype, value.shape) == (
        expected.dtype,
        expected.shape,
    )
    return alike and bytes_of(value) == bytes_of(expected)
