"""Whose answers are alike: a hint to look, and no verdict.

Short exercises have few right answers, so honest students often write one of them alike. What tells is how many
exercises two students wrote alike, and how few others wrote them so: each agreement counts by how rare it is in the
class, each difference counts against it, and a pair is listed where chance would hardly make it in a class of this size.

Compared is an answer's order of words and signs, without its names, comments, texts, prints and imports: names are
quickly replaced, and say nothing about who wrote what. The released text counts for nobody.
"""

import builtins
import hashlib
import keyword
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, combinations
from math import log2
from pathlib import Path
from typing import Any

import msgspec

from proctor.course import Assignment, defines_value, names_of

# Measured with the known right answers, which stand for honest students who wrote independently: of a million pairs in
# classes of 3 to 200, a handful were listed; see tests/classroom/test_similarity.py.
MARGIN = 7  # bits: the chance that a class has such a pair is about 1 in 2 ** MARGIN
DIFFERENCE = 3  # bits that an exercise counts which the two wrote differently
UNSEEN, RARE = 20, 0.1  # as if 20 more students were in the class, a tenth of whom wrote any given answer
LONG = 12  # runs of `RUN` words that the release hasn't: a shorter answer looks like others anyhow
RUN = 5
LETTERS = 300  # characters of one's own, for "letter by letter" to mean something
MOST, MOST_OF_ALL = 4000, 200_000  # characters that are read of a piece of code, and of all

TOKEN = re.compile(
    r"""(?P<skipped>\s+|\#.*|[rbfuRBFU]{0,2}(?:'''(?:[^\\]|\\.)*?'''|\"""(?:[^\\]|\\.)*?\"""))
    |(?P<text>[rbfuRBFU]{0,2}(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"))
    |(?P<name>[^\W\d]\w*)|\d[\w.]*|[-+*/%@&|^<>=!:]=|\*\*|//|->|(?s:.)""",
    re.VERBOSE,
)
LEFT_OUT = re.compile(r"^[ \t]*(?:print|assert|import|from)\b.*$", re.MULTILINE)
BLOCK = re.compile(r"^(?=[^\s)\]}#])", re.MULTILINE)  # where a line begins at the margin
DEFINES = re.compile(r"(?:async\s+)?(?:def|class)\s+(\w+)|(\w+)\s*=")
KEPT = frozenset([*keyword.kwlist, *dir(builtins), "torch", "np", "math", "F"])

Words = tuple[str, ...]


@dataclass
class Code:
    """What a student wrote for an assignment: a digest of all of it, and by exercise what its answer has for words."""

    all: str = ""
    answers: dict[str, Words] = field(default_factory=dict)


class _Cell(msgspec.Struct):
    cell_type: str
    source: str | list[str]
    metadata: dict[str, Any] = {}


class _Notebook(msgspec.Struct):
    cells: list[_Cell]


def code_in(path: Path, assignment: Assignment) -> Code:
    """The student's own code in an autograded notebook; none where there is no such notebook."""
    try:
        cells = msgspec.json.decode(path.read_bytes(), type=_Notebook).cells
    except (OSError, msgspec.MsgspecError):
        return Code()
    sources = []
    for cell in cells:
        source = cell.source if isinstance(cell.source, str) else "".join(cell.source)
        if cell.cell_type == "code" and source not in assignment.released_sources:
            facts = cell.metadata.get("nbgrader")
            name = facts.get("grade_id", "") if isinstance(facts, dict) else ""
            # in a graded notebook the locked cells are the instructor's own
            if name not in assignment.locked:
                sources.append((name, source))
    return code_of(sources, assignment)


def code_of(sources: list[tuple[str, str]], assignment: Assignment) -> Code:
    """The code of cells that a student wrote or changed, each with its grade id; in which order they stand is all one."""
    released = {line.strip() for source in assignment.released_sources for line in source.splitlines()}
    own = [[line for line in source.splitlines() if line.strip() not in released] for _, source in sources]
    text = "\n".join(sorted("\n".join(lines) for lines in own))
    blocks = defaultdict(list)
    for exercise, block in _blocks(sources, assignment):
        blocks[exercise].append(_words(block[:MOST]))
    known = _runs_released(assignment)
    answers = {exercise: tuple(chain(*sorted(found))) for exercise, found in blocks.items()}
    answers = {exercise: words for exercise, words in answers.items() if len(_runs(words) - known) >= LONG}
    return Code(hashlib.sha256(text.encode(errors="replace")).hexdigest() if len(text) >= LETTERS else "", answers)


def _blocks(sources: list[tuple[str, str]], assignment: Assignment) -> Iterator[tuple[str, str]]:
    """The pieces of code and the exercise of each: the one that it defines, or else the one of its cell."""
    exercises = [exercise for exercise in assignment.stubs if not defines_value(exercise)]
    owner = {name: exercise for exercise in exercises for name in names_of(exercise)}
    left = MOST_OF_ALL
    for cell, source in sources:
        read, left = source[:left], max(left - len(source), 0)
        for block in BLOCK.split(read):
            defined = DEFINES.match(block)
            exercise = owner.get((defined[1] or defined[2]) if defined else "", cell)
            if exercise in exercises:
                yield exercise, block


def _words(source: str) -> Words:
    """The words and signs of a piece of code; a name that its author chose is `_`."""
    words, before = [], ""
    for token in TOKEN.finditer(LEFT_OUT.sub("", source)):
        if token.lastgroup in ("skipped", "text"):
            continue
        word = token[0]
        if token.lastgroup == "name" and before != "." and word not in KEPT:
            word = "_"
        words.append(word)
        before = word
    return tuple(words)


def _runs(words: Words) -> set[Words]:
    return {words[start : start + RUN] for start in range(len(words) - RUN + 1)}


def _runs_released(assignment: Assignment) -> set[Words]:
    return _runs_of(frozenset(assignment.stubs.values()))


@lru_cache(16)
def _runs_of(sources: frozenset[str]) -> set[Words]:
    return set().union(*(_runs(_words(source)) for source in sources))


def alike(classwork: dict[str, Code]) -> list[dict[str, Any]]:
    """Who wrote alike, by what students wrote: `{"students", "exact", "exercises", "of"}`, what tells most first.

    `exact`: all is the same, letter by letter; else the code of these exercises, `of` so many that both answered.
    """
    groups = defaultdict(list)
    for student, code in classwork.items():
        groups[code.all or student].append(student)
    found = [_exact(group, classwork[group[0]]) for group in groups.values() if len(group) > 1]
    return found + _otherwise({group[0]: classwork[group[0]] for group in groups.values()}, list(groups.values()))


def _exact(group: list[str], code: Code) -> dict[str, Any]:
    return {"students": group, "exact": True, "exercises": list(code.answers), "of": len(code.answers)}


def _otherwise(classwork: dict[str, Code], groups: list[list[str]]) -> list[dict[str, Any]]:
    """Those whose code is alike but for names, comments, and the like; one student stands for each of the groups."""
    wrote: dict[tuple[str, Words], list[int]] = defaultdict(list)
    codes = [code.answers for code in classwork.values()]
    for number, answers in enumerate(codes):
        for answer in answers.items():
            wrote[answer].append(number)
    size = len(codes)
    bits = {each: log2((size + UNSEEN) / (len(who) + UNSEEN * RARE)) for each, who in wrote.items()}
    needed = log2(max(size * (size - 1) / 2, 1)) + MARGIN
    # a pair that tells enough agrees on an answer that tells as much as its answers do on average
    least = needed / max(map(len, codes), default=1) if any(codes) else 0
    pairs = {pair for each, who in wrote.items() if bits[each] >= least for pair in combinations(who, 2)}
    found = []
    for one, other in pairs:
        both = codes[one].keys() & codes[other].keys()
        same = [exercise for exercise in codes[one] if codes[one][exercise] == codes[other].get(exercise)]
        tells = sum(bits[name, codes[one][name]] for name in same) - DIFFERENCE * (len(both) - len(same))
        if tells >= needed:
            found.append((tells, groups[one] + groups[other], same, len(both)))
    found.sort(key=lambda each: (-each[0], each[1]))
    return [{"students": who, "exact": False, "exercises": same, "of": of} for _, who, same, of in found]


def in_words(found: dict[str, Any]) -> str:
    """What a finding says."""
    if found["exact"]:
        return "the same, letter by letter"
    return f"the same code in {len(found['exercises'])} of {found['of']} exercises, but for names and comments"
