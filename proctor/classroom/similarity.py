"""Students whose answers are alike: a hint to look, and no verdict.

Short exercises have few right answers, so honest students often write one of them alike. The evidence is how many
exercises two students wrote alike, and how few others wrote them so: each agreement counts by how rare it is in the
class, each difference counts against it, and a pair is listed where chance would hardly make it in a class of this size.

Compared is what a student wrote, letter by letter, comments and docstrings included; and, since names are quickly
replaced, an answer's order of words and signs without names, comments, texts, prints and imports. The first tells more,
and so does what is wrong. The released text counts for nobody.
"""

import glob
import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import chain, combinations
from math import log2
from pathlib import Path
from typing import Any

import msgspec
from pygments.lexers.python import PythonLexer
from pygments.token import Token

from proctor.course import Assignment, assignments, grade_id

# Measured with the known right answers, which stand for honest students who wrote independently: of a million pairs in
# classes of 3 to 200, a handful were listed; see tests/classroom/test_similarity.py.
MARGIN = 7  # bits: the chance that a class has such a pair is about 1 in 2 ** MARGIN
DIFFERENCE = 3  # bits that an exercise counts which the two wrote differently
UNSEEN, RARE = 20, 0.2  # as if 20 more students were in the class, a fifth of whom wrote any given answer
RARER = 8  # so many times fewer of them wrote it letter by letter; so many times fewer still, where it is wrong
LONG = 16  # words in lines that the release hasn't: a shorter answer looks like others anyhow
LETTERS = 300  # characters of one's own, for the same letters everywhere to be told whatever the class wrote
MOST, MOST_OF_ALL = 4000, 200_000  # characters that are read of a piece of code, and of all

LEFT_OUT = re.compile(r"^[ \t]*(?:print|assert|import|from)\b.*$", re.MULTILINE)
BLOCK = re.compile(r"^(?=[^\s)\]}#])", re.MULTILINE)  # where a line begins at the margin
DEFINES = re.compile(r"(?:async\s+)?(?:def|class)\s+(\w+)|(\w+)\s*=")
KEPT = {"torch", "np", "math", "F"}
PYTHON = PythonLexer()

Words = tuple[str, ...]


@dataclass
class WrittenAnswer:
    """A student's answer to an exercise: its own letters, its words without names, and whether it is wrong.

    Of a short answer there are no words: it can be the same letter by letter alone.
    """

    letters: str
    words: Words
    wrong: bool


def student_cells(path: Path, assignment: Assignment) -> list[tuple[str, str]]:
    """The code cells that a student wrote or changed, each with its grade id, in an autograded notebook that may be missing."""
    try:
        cells = msgspec.json.decode(path.read_bytes())["cells"]
    except (OSError, LookupError, msgspec.MsgspecError):
        return []
    # in a graded notebook the locked cells are the instructor's own
    found = [(grade_id(cell) or "", "".join(cell["source"])) for cell in cells if cell["cell_type"] == "code"]
    released = assignment.released_sources
    return [(name, text) for name, text in found if text not in released and name not in assignment.locked]


def write_answers(course: Path, folder: Path) -> None:
    """Writes what each student wrote for each assignment, as `ASSIGNMENT/STUDENT.py` in a folder, for other programs."""
    for assignment in assignments(course).values():
        for path in (course / "autograded").glob(
            f"[!.]*/{glob.escape(f'{assignment.name}/{assignment.notebook.name}')}"
        ):
            target = folder / assignment.name / f"{path.parts[-3]}.py"
            target.parent.mkdir(parents=True, exist_ok=True)
            text = "\n\n\n".join(source for _, source in student_cells(path, assignment))
            # lines that only a notebook understands
            target.write_text(re.sub(r"^([ \t]*)([%!])", r"\1# \2", text, flags=re.MULTILINE), "utf-8", "replace")


def code_of(
    sources: list[tuple[str, str]], assignment: Assignment, wrong: Collection[str] = ()
) -> dict[str, WrittenAnswer]:
    """By exercise, the answers in cells with their grade ids; their order doesn't matter."""
    released = {line.strip() for source in assignment.released_sources for line in source.splitlines()}
    blocks, found = defaultdict(list), {}
    for exercise, block in _blocks(sources, assignment):
        blocks[exercise].append(block[:MOST])
    for exercise, written in blocks.items():
        words = tuple(chain(*sorted(map(_words, written))))
        lines = [line for block in sorted(written) for line in block.splitlines() if line.strip() not in released]
        long = len(_words("\n".join(lines))) >= LONG
        # a short answer is like others by chance, its author's comments aren't
        if long or any("#" in line for line in lines):
            found[exercise] = WrittenAnswer("\n".join(lines), words if long else (), exercise in wrong)
    return found


def _blocks(sources: list[tuple[str, str]], assignment: Assignment) -> Iterator[tuple[str, str]]:
    """The pieces of code and the exercise of each: the one that it defines, or else the one of its cell."""
    owner = {name: each for name, each in assignment.owners.items() if not assignment.exercises[each].is_value}
    left = MOST_OF_ALL
    for cell, source in sources:
        read, left = source[:left], max(left - len(source), 0)
        for block in BLOCK.split(read):
            defined = DEFINES.match(block)
            exercise = owner.get((defined[1] or defined[2]) if defined else "", cell)
            if exercise in assignment.exercises and not assignment.exercises[exercise].is_value:
                yield exercise, block


def _words(source: str) -> Words:
    """The words and signs of a piece of code; a name that its author chose is `_`."""
    words: list[str] = []
    for kind, text in PYTHON.get_tokens(LEFT_OUT.sub("", source)):
        if text.strip() and kind not in Token.Comment and kind not in Token.String:
            chosen = kind in Token.Name and kind not in Token.Name.Builtin and text not in KEPT and words[-1:] != ["."]
            words.append("_" if chosen else text)
    return tuple(words)


def alike(classwork: dict[str, dict[str, WrittenAnswer]]) -> list[dict[str, Any]]:
    """The students who wrote alike, by their answers: `{"students", "exact", "exercises", "of"}`, the clearest case first.

    `exact`: all is the same, letter by letter; else the code of these exercises, `of` so many that both answered.
    """
    groups = defaultdict(list)
    for student, code in classwork.items():
        text = tuple(sorted((exercise, answer.letters) for exercise, answer in code.items()))
        groups[text if sum(len(letters) for _, letters in text) >= LETTERS else student].append(student)
    found = []
    for who in groups.values():
        if len(who) > 1:
            exercises = list(classwork[who[0]])
            found.append({"students": who, "exact": True, "exercises": exercises, "of": len(exercises)})
    return found + _otherwise([(who, classwork[who[0]]) for who in groups.values()])


def _otherwise(classwork: list[tuple[list[str], dict[str, WrittenAnswer]]]) -> list[dict[str, Any]]:
    """The pairs whose code is alike in some exercises; all who wrote the same letters everywhere are one of a pair."""
    wrote: dict[tuple[str, str | Words], int] = defaultdict(int)
    for _, code in classwork:
        for exercise, answer in code.items():
            wrote[exercise, answer.letters] += 1
            wrote[exercise, answer.words] += 1
    size, found = len(classwork), []
    needed = log2(max(size * (size - 1) / 2, 1)) + MARGIN
    for (one, code), (other, others) in combinations(classwork, 2):
        exact = {name for name in code.keys() & others.keys() if code[name].letters == others[name].letters}
        long = {name for name in code.keys() & others.keys() if code[name].words and others[name].words}
        same = [name for name in code if name in exact or (name in long and code[name].words == others[name].words)]
        tells = -DIFFERENCE * len(long.difference(same))
        for name in same:
            rare = RARE / RARER ** ((name in exact) + code[name].wrong)
            written = wrote[name, code[name].letters if name in exact else code[name].words]
            # of all but the two
            tells += log2((size - 2 + UNSEEN) / (written - 2 + UNSEEN * rare))
        if tells >= needed:
            found.append((tells, one + other, same, len(long.union(same))))
    found.sort(key=lambda each: (-each[0], each[1]))
    return [{"students": who, "exact": False, "exercises": same, "of": of} for _, who, same, of in found]


def in_words(found: dict[str, Any]) -> str:
    """A finding in words."""
    if found["exact"]:
        return "the same, letter by letter"
    return f"the same code in {len(found['exercises'])} of {found['of']} exercises, but for names and comments"
