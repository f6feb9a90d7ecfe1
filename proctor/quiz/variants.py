"""Other code in the place of a student's: slips that students often make, and known wrong
answers.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from proctor.course.cells import tree_of
from proctor.quiz.own_code import OwnCode

# a part of a line, and a common mistake in its place
SLIPS = (
    ("^(?!return|raise).+", "pass"),
    ("=True", "=False"),
    (r"(dim=|, )(-1|-2|dim)\b(?=[],)])", r"\g<1>0"),
    (r"\.sum\(", ".mean("),
    ("tril", "triu"),
    ("triu", "tril"),
    (r"\.m?T\b", ""),
    (r"\.(exp|log|sqrt|abs|detach|clone|flatten|transpose|permute|unsqueeze)\([^()]*\)", ""),
    (r"\b(torch|math)\.(exp|log|sqrt|abs)\(", "("),
    (r"-(math\.|torch\.|np\.)?inf\b|-?float\('-?inf'\)", "0.0"),
    (" - ", " + "),
    (r" \+ 1\b", ""),
    (r" \+ ", " - "),
    (" / ", " * "),
    (" ([<>]) ", r" \1= "),
    (r"\b([\w.]+) @ ([\w.]+)(?![\w.(\[])", r"\2 @ \1"),
    (r"->(\.*\w*)(\w)(\w)'", r"->\1\3\2'"),
    (r"\[-1\]", "[0]"),
    (r"\[1:\]", "[:-1]"),
    (r"range\(([\w.]+)\)", r"range(\1 - 1)"),
)


@dataclass(frozen=True)
class Variant:
    """Code in words, as "with line 3 as `pass`" or a wrong answer's title, and as all that is run.

    `line`: the shown line that differs; without one, `beside` is shown beside the student's code.
    """

    words: str
    source: str
    line: int = 0
    drops_line: bool = False
    beside: str = ""


def edits(code: OwnCode) -> Iterator[Variant]:
    """All edits of one line of an answer that Python can parse."""
    lines = code.lines
    for number, line in enumerate(lines, 1):
        text = line.lstrip()
        for pattern, slip in SLIPS:
            edited = re.sub(pattern, slip, text, count=1)
            whole = "\n".join([*lines[: number - 1], line.replace(text, edited), *lines[number:]])
            if edited != text and tree_of(whole).body:
                words = f"with line {number} as `{edited}`"
                source = replace(code, shown=whole).source
                yield Variant(words, source, number, drops_line=edited == "pass")
