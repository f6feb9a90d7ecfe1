"""Other code in the place of a student's: slips that students often make, and known wrong
answers.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from proctor.course.cells import NO_TREE
from proctor.quiz.own_code import OwnCode

# what stands in a line, and what is often written in its place
SLIPS = (
    ("keepdim=True", "keepdim=False"),
    ("dim=(-1|-2|dim)", "dim=0"),
    (r", (-1|dim)\b(?=[],)])", ", 0"),
    (r"\.sum\(", ".mean("),
    (r"\.mean\(", ".sum("),
    ("tril", "triu"),
    ("triu", "tril"),
    ("diagonal=1", "diagonal=0"),
    ("is_causal=True", "is_causal=False"),
    (r"\.m?T\b", ""),
    (r"\.(transpose|permute|unsqueeze)\([^()]*\)", ""),
    (r"\.(exp|log|sqrt|abs|detach|clone|flatten)\(\)", ""),
    (r"\b(torch|math)\.(exp|log|sqrt|abs)\(", "("),
    (r"-(math\.|torch\.|np\.)?inf\b|-?float\('-?inf'\)", "0.0"),
    (" - ", " + "),
    (r" \+ 1\b", ""),
    (r" \+ ", " - "),
    (" / ", " * "),
    (r" \*\* ", " * "),
    (" < ", " <= "),
    (" <= ", " < "),
    (" > ", " >= "),
    (" >= ", " > "),
    (r"\b([\w.]+) @ ([\w.]+)(?![\w.(\[])", r"\2 @ \1"),
    (r"->(\.*\w*)(\w)(\w)'", r"->\1\3\2'"),
    (r"\[-1\]", "[0]"),
    (r"\[1:\]", "[:-1]"),
    ("descending=True", "descending=False"),
    ("reduction='sum'", "reduction='mean'"),
    (r"range\(([\w.]+)\)", r"range(\1 - 1)"),
)
KEPT = ("def ", "class ", "raise", "import ", "from ", "super()", "pass", "@")
# lines that can't be left out alone
NEEDED = re.compile(r"(return|yield|pass|def|class|super\(\)).*|.*:")


@dataclass(frozen=True)
class Variant:
    """Code in words, as "without line 3", and as all that is run.

    `line`: the shown line that differs; without one, `beside` is shown beside the student's code.
    """

    words: str
    source: str
    line: int = 0
    drops_line: bool = False
    beside: str = ""

    @property
    def phrase(self) -> str:
        """The words in a question; those of a wrong answer would give it away."""
        return "with this other answer in place of yours" if self.beside else self.words


def edits(code: OwnCode) -> Iterator[Variant]:
    """All edits of one line of an answer that Python can parse."""
    lines = code.lines
    for number, line in enumerate(lines, 1):
        for words, edited in _slips(line, number):
            whole = "\n".join([*lines[: number - 1], edited, *lines[number:]])
            try:
                ast.parse(whole)
            except (SyntaxError, *NO_TREE):
                continue
            yield Variant(words, code.source(whole), number, edited.endswith("pass"))


def _slips(line: str, number: int) -> Iterator[tuple[str, str]]:
    text = line.lstrip()
    indent = line[: len(line) - len(text)]
    if indent and not NEEDED.fullmatch(text):
        yield f"without line {number}", f"{indent}pass"
    for pattern, slip in SLIPS:
        edited = re.sub(pattern, slip, text, count=1)
        if edited != text and not text.startswith(KEPT):
            yield f"with line {number} as `{edited}`", f"{indent}{edited}"
