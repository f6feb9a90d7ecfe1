"""Flags: what could hide a built-in from the guard, or is one to the last bit, for an instructor to look at. They cost nothing.

Two ways to compute the same differ in the last digits of some reply. No right answer was found that differs in none, but
multiplying by `1 + eps` differs in all: what is found is worth a look, and where nothing is found, nothing is shown.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple
from unicodedata import normalize

import torch

from proctor.examine.replies import bytes_of
from proctor.sandbox.protocol import Call, Returned, Transcript, decode_question

MAX_FLAGS = 20
FEWEST = 10  # replies
Wording = tuple[str, Callable[..., torch.Tensor]]
NAMES = re.compile(
    r"\b(ctypes|ctypeslib|cffi|__globals__|__closure__|__subclasses__|_getframe|_current_frames|currentframe|f_back|f_globals"
    r"|f_locals|tb_frame|gi_frame|cr_frame|walk_stack|walk_tb|inspect\.stack|inspect\.trace|getclosurevars|getargvalues"
    r"|get_objects|get_referrers|get_referents|setprofile|settrace|addaudithook|make_fx|_C|torch\.library|co_filename)\b"
)


class Flag(NamedTuple):
    """A place in a notebook, by the numbers of its code cell and line, counted from 1, and a few words about it."""

    cell: int
    line: int
    words: str


def in_sources(sources: Mapping[int, str]) -> list[Flag]:
    """The first flags of these cells' sources, by the cells' numbers."""
    found: list[Flag] = []
    for cell, source in sorted(sources.items()):
        for line, text in enumerate(_plain(source).split("\n"), 1):
            found += sorted({Flag(cell, line, name[0]) for name in NAMES.finditer(text)})
            # a source may hold a million of them
            if len(found) >= MAX_FLAGS:
                return found[:MAX_FLAGS]
    return found


def _plain(source: str) -> str:
    """The source as Python reads its names: a full-width letter is a letter.

    Letter by letter (NFKC): of a whole text, the time that it takes to put accents in order grows as its square.
    """
    return source.translate({ord(each): normalize("NFKC", each) for each in set(source) if not each.isascii()})


def same_bits(wordings: Iterable[Wording], transcript: Transcript) -> str:
    """Which of these wordings gave every value in the transcript, in words; nothing where none did, or a stand-in was called."""
    left, replies = list(wordings), 0
    for message, reply in transcript if left else ():
        question = decode_question(message)
        if question.stand_ins:
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
        expected = function(*question.args, **question.kwargs)
    except Exception:
        # it is asked what an answer may refuse
        return False
    alike = isinstance(value, torch.Tensor) and (value.dtype, value.shape) == (expected.dtype, expected.shape)
    return alike and bytes_of(value) == bytes_of(expected)
