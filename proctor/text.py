"""Words that others chose, a student's text or the name of a file, made safe to show in a terminal,
a page or a table.
"""

import logging
import unicodedata
from collections.abc import Iterable

# characters of a message
MESSAGE = 2000
# characters of a name in a message, and of these those at its end
MAX_SHOWN, END = 200, 100
# Python calls these unprintable, but they stand in people's names: they join letters, part them, or
# give a direction
IN_NAMES = "\u200c\u200d\u200e\u200f"


def _is_harmless(letter: str) -> bool:
    # a space of any width is one of Unicode's separators
    return letter.isprintable() or letter in IN_NAMES or unicodedata.category(letter) == "Zs"


def printable(text: str) -> str:
    """A text of one or more lines, with `?` for characters that would move a terminal's cursor or
    reverse the order of letters.
    """
    # most lines need no look at each letter
    lines = [line if line.isprintable() else _without_harm(line) for line in text.split("\n")]
    return "\n".join(lines)


def _without_harm(line: str) -> str:
    return "".join(letter if _is_harmless(letter) else "?" for letter in line)


def readable(message: str) -> str:
    """A message, perhaps with a student's words, cut and without characters that would move a
    terminal's cursor.
    """
    return printable(
        message
        if len(message) <= MESSAGE
        else f"{message[:MESSAGE]} … {len(message) - MESSAGE} more characters"
    )


def shown(name: str) -> str:
    """The name of a student, a file or a folder on one line, without the characters that
    `printable` takes out.
    """
    short = name if len(name) <= MAX_SHOWN else f"{name[: MAX_SHOWN - END]}…{name[-END:]}"
    return short if all(map(_is_harmless, short)) else ascii(short)


def all_shown(names: Iterable[str]) -> str:
    """Names in a message, with commas between them."""
    return ", ".join(map(shown, names))


def printable_record(record: logging.LogRecord) -> bool:
    """A filter for a log: lets every record pass, made `printable`."""
    record.msg, record.args = printable(record.getMessage()), ()
    return True
