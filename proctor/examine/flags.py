"""Flags: what could hide a built-in from the guard, for an instructor to look at. They cost nothing."""

import re
from collections.abc import Mapping
from typing import NamedTuple
from unicodedata import normalize

MAX_FLAGS = 20
NAMES = re.compile(
    r"\b(ctypes|ctypeslib|cffi|__globals__|__closure__|__subclasses__|_getframe|_current_frames|currentframe|f_back|f_globals"
    r"|f_locals|tb_frame|gi_frame|cr_frame|walk_stack|walk_tb|inspect\.stack|inspect\.trace|getclosurevars|getargvalues"
    r"|get_objects|get_referrers|get_referents|setprofile|settrace|addaudithook|make_fx|_C|torch\.library)\b"
)


class Flag(NamedTuple):
    """A place in a notebook, by the numbers of its code cell and line, counted from 1, and what is to be said of it."""

    cell: int
    line: int
    words: str


def in_sources(sources: Mapping[int, str]) -> list[Flag]:
    """The flags of these cells' sources, by the cells' numbers."""
    found = []
    for cell, source in sources.items():
        source = _plain(source)
        found += [Flag(cell, source.count("\n", 0, name.start()) + 1, name[0]) for name in NAMES.finditer(source)]
    return found


def _plain(source: str) -> str:
    """The source as Python reads its names: a full-width letter is a letter.

    Letter by letter (NFKC): of a whole text, the time that it takes to put accents in order grows as its square.
    """
    return source.translate({ord(each): normalize("NFKC", each) for each in set(source) if not each.isascii()})
