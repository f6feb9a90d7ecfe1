"""Evidence from outside that an answer is a built-in which its exercise rules out: the same bits in every reply.

Two ways to compute the same differ in the last digits of some reply. No right answer was found that differs in none, but
multiplying by `1 + eps` differs in all: what is found is worth a look, and where nothing is found, nothing is shown.
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch

from proctor.sandbox.protocol import Call, Returned, Transcript, decode_question

FEWEST = 10  # replies
Wording = tuple[str, Callable[..., torch.Tensor]]


def same_bits(wordings: Iterable[Wording], transcript: Transcript) -> str:
    """Which of these wordings gave every value in the transcript, in words; nothing where none did, or a stand-in was called."""
    left, replies = list(wordings), 0
    for message, reply in transcript if left else ():
        question = decode_question(message)
        if question.given:
            return ""
        if isinstance(question, Call) and isinstance(reply, Returned):
            replies += 1
            left = [(words, function) for words, function in left if _gives(function, question, reply.value)]
            if not left:
                return ""
    return f"the same bits as {left[0][0]} in all {replies} answers" if replies >= FEWEST else ""


def _gives(function: Callable[..., torch.Tensor], question: Call, value: Any) -> bool:
    """Whether this is what the function gives here, in the process that asked, to the last bit."""
    try:
        own = function(*question.args, **question.kwargs)
    except Exception:
        # it is asked what an answer may refuse
        return False
    alike = isinstance(value, torch.Tensor) and (value.dtype, value.shape) == (own.dtype, own.shape)
    return alike and value.numpy().tobytes() == own.numpy().tobytes()
