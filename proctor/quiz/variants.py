"""Other code in the place of a student's: slips that students often make, and known wrong
answers.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from proctor.course.cells import parsed
from proctor.quiz.own_code import OwnCode

# what stands in a line, and what is often written in its place
SLIPS = (
    ("=True", "=False"),
    (r"(dim=|, )(-1|-2|dim)\b(?=[],)])", r"\g<1>0"),
    (r"\.sum\(", ".mean("),
    (r"\.mean\(", ".sum("),
    ("tril", "triu"),
    ("triu", "tril"),
    ("diagonal=1", "diagonal=0"),
    (r"\.m?T\b", ""),
    (r"\.(exp|log|sqrt|abs|detach|clone|flatten|transpose|permute|unsqueeze)\([^()]*\)", ""),
    (r"\b(torch|math)\.(exp|log|sqrt|abs)\(", "("),
    (r"-(math\.|torch\.|np\.)?inf\b|-?float\('-?inf'\)", "0.0"),
    (" - ", " + "),
    (r" \+ 1\b", ""),
    (r" \+ ", " - "),
    (" / ", " * "),
    (r" \*\* ", " * "),
    (" ([<>]) ", r" \1= "),
    (" ([<>])= ", r" \1 "),
    (r"\b([\w.]+) @ ([\w.]+)(?![\w.(\[])", r"\2 @ \1"),
    (r"->(\.*\w*)(\w)(\w)'", r"->\1\3\2'"),
    (r"\[-1\]", "[0]"),
    (r"\[1:\]", "[:-1]"),
    (r"range\(([\w.]+)\)", r"range(\1 - 1)"),
)
# lines that are about Python, and not about the exercise
KEPT = ("def ", "class ", "raise", "import ", "from ", "super()", "pass", "@")


@dataclass(frozen=True)
class Variant:
    """Code in words, as "without line 3" or a wrong answer's title, and as all that is run.

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
        for words, edited in _slips(line, number):
            whole = "\n".join([*lines[: number - 1], edited, *lines[number:]])
            if isinstance(parsed(whole), ast.Module):
                yield Variant(words, code.source(whole), number, edited.endswith("pass"))


def _slips(line: str, number: int) -> Iterator[tuple[str, str]]:
    text = line.lstrip()
    indent = line[: len(line) - len(text)]
    if text.startswith(KEPT):
        return
    if not text.startswith("return"):
        yield f"without line {number}", f"{indent}pass"
    for pattern, slip in SLIPS:
        edited = re.sub(pattern, slip, text, count=1)
        if edited != text:
            yield f"with line {number} as `{edited}`", f"{indent}{edited}"
