"""Students whose answers are alike: a hint to look, and no verdict.

Short exercises have few right answers, so honest students often write one of them alike. The
evidence is how many exercises two students wrote alike, and how few others wrote them so: each
agreement counts by how rare it is in the class, each difference counts against it, and a pair is
listed where chance would hardly make it in a class of this size.

Compared is what a student wrote, letter by letter, comments and docstrings included; and, since
names are quickly replaced, an answer's order of words and signs without names, comments, texts,
prints and imports. The first tells more, and so does what is wrong. The released text counts for
nobody.

To read the code of a class takes a while, so it is done when an attempt is judged, and digests of
it are kept with the attempt.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from math import log2
from operator import itemgetter
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from pygments.lexers.python import PythonLexer
from pygments.token import Token

from proctor.course import Assignment, assignments, grade_id
from proctor.records.remarks import graded_notebooks

# Measured with the known right answers, which stand for honest students who wrote independently: of
# a million pairs in classes of 3 to 200, a handful were listed; see
# tests/classroom/test_similarity.py.
MARGIN = 7  # bits: the chance that a class has such a pair is about 1 in 2 ** MARGIN
DIFFERENCE = 3  # bits that an exercise counts which the two wrote differently
# as if 20 more students were in the class, a fifth of whom wrote any given answer
UNSEEN, RARE = 20, 0.2
# so many times fewer of them wrote it letter by letter; so many times fewer still, where it is
# wrong
RARER = 8
LONG = 16  # words in lines that the release hasn't: a shorter answer looks like others anyhow
# characters of one's own, for the same letters everywhere to be told whatever the class wrote
LETTERS = 300
MOST, MOST_OF_ALL = 4000, 200_000  # characters that are read of a piece of code, and of all

LEFT_OUT = re.compile(r"^[ \t]*(?:print|assert|import|from)\b.*$", re.MULTILINE)
BLOCK = re.compile(r"^(?=[^\s)\]}#])", re.MULTILINE)  # where a line begins at the margin
DEFINES = re.compile(r"(?:async\s+)?(?:def|class)\s+(\w+)|(\w+)\s*=")
KEPT = {"torch", "np", "math", "F"}
PYTHON = PythonLexer()


@dataclass
class WrittenAnswer:
    """A student's answer to an exercise: digests of its own letters and of its words without names,
    and whether it is wrong.

    Of a short answer there are no words: it can be the same letter by letter alone.
    """

    letters: str
    length: int
    words: str
    wrong: bool = False


Answers = dict[str, WrittenAnswer]  # by exercise


def read_answers(cells: list[Any], assignment: Assignment) -> str:
    """The answers in a graded notebook's cells, as they are kept with the attempt."""
    return msgspec.json.encode(code_of(_own_cells(cells, assignment), assignment)).decode()


def written_answers(kept: str, notebook: Path, assignment: Assignment) -> Answers:
    """The answers of an attempt: as they were kept, or else those in its autograded notebook."""
    if kept:
        return msgspec.json.decode(kept, type=Answers)
    return code_of(student_cells(notebook, assignment), assignment)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def student_cells(path: Path, assignment: Assignment) -> list[tuple[str, str]]:
    """The code cells that a student wrote or changed, each with its grade id, in an autograded
    notebook that may be missing.
    """
    try:
        return _own_cells(msgspec.json.decode(path.read_bytes())["cells"], assignment)
    except (OSError, LookupError, msgspec.MsgspecError):
        return []


def _own_cells(cells: list[Any], assignment: Assignment) -> list[tuple[str, str]]:
    # in a graded notebook the locked cells are the instructor's own
    found = []
    for cell in cells:
        name = grade_id(cell) or ""
        text = "".join(cell["source"])
        is_own = name not in assignment.locked and text not in assignment.released_sources
        if is_own and cell["cell_type"] == "code":
            found.append((name, text))
    return found


def write_answers(course: Path, folder: Path) -> None:
    """Writes each student's answers for each assignment, as `ASSIGNMENT/STUDENT.py` in a folder,
    for other programs.
    """
    for assignment in assignments(course).values():
        for path in graded_notebooks(course, assignment):
            target = folder / assignment.name / f"{path.parts[-3]}.py"
            target.parent.mkdir(parents=True, exist_ok=True)
            text = "\n\n\n".join(source for _, source in student_cells(path, assignment))
            # lines that only a notebook understands
            target.write_text(
                re.sub(r"^([ \t]*)([%!])", r"\1# \2", text, flags=re.MULTILINE), "utf-8", "replace"
            )


def code_of(
    sources: list[tuple[str, str]], assignment: Assignment, wrong: Collection[str] = ()
) -> dict[str, WrittenAnswer]:
    """By exercise, the answers in cells with their grade ids; their order doesn't matter."""
    released = set()
    for source in assignment.released_sources:
        released.update(map(str.strip, source.splitlines()))
    blocks, found = defaultdict(list), {}
    for exercise, block in _blocks(sources, assignment):
        blocks[exercise].append(block[:MOST])
    for exercise, written in blocks.items():
        written.sort()
        lines = [line for line in "\n".join(written).splitlines() if line.strip() not in released]
        own = "\n".join(lines)
        words = ""
        if len(list(islice(_words(own), LONG))) == LONG:
            in_order = sorted(map(tuple, map(_words, written)))
            words = _digest(repr([*chain(*in_order)]))
        # a short answer is like others by chance, its author's comments aren't
        if words or "#" in own:
            found[exercise] = WrittenAnswer(_digest(own), len(own), words, exercise in wrong)
    return found


def _blocks(sources: list[tuple[str, str]], assignment: Assignment) -> Iterator[tuple[str, str]]:
    """The pieces of code and the exercise of each: the one that it defines, or else the one of its
    cell.
    """
    owner = {}
    for name, each in assignment.owners.items():
        if not assignment.exercises[each].is_value:
            owner[name] = each
    left = MOST_OF_ALL
    for cell, source in sources:
        read, left = source[:left], max(left - len(source), 0)
        for block in BLOCK.split(read):
            defined = DEFINES.match(block)
            exercise = cell
            if defined:
                exercise = owner.get(defined[1] or defined[2], cell)
            if exercise in assignment.exercises and not assignment.exercises[exercise].is_value:
                yield exercise, block


def _words(source: str) -> Iterator[str]:
    """The words and signs of a piece of code; a name that its author chose is `_`."""
    before = ""
    for kind, text in PYTHON.get_tokens(LEFT_OUT.sub("", source)):
        if text.strip() and kind not in Token.Comment and kind not in Token.String:
            chosen = (
                kind in Token.Name
                and kind not in Token.Name.Builtin
                and text not in KEPT
                and before != "."
            )
            before = "_" if chosen else text
            yield before


def alike(classwork: dict[str, Answers]) -> list[dict[str, Any]]:
    """The students who wrote alike, by their answers: `{"students", "exact", "exercises", "of"}`,
    the clearest case first.

    `exact`: all is the same, letter by letter; else the code of these exercises, `of` so many that
    both answered.
    """
    groups = defaultdict(list)
    for student, code in classwork.items():
        text = student
        if sum(answer.length for answer in code.values()) >= LETTERS:
            text = tuple(sorted((exercise, answer.letters) for exercise, answer in code.items()))
        groups[text].append(student)
    found = []
    distinct = []
    for who in groups.values():
        code = classwork[who[0]]
        distinct.append((who, code))
        if len(who) > 1:
            found.append({"students": who, "exact": True, "exercises": list(code), "of": len(code)})
    return found + _otherwise(distinct)


def _otherwise(classwork: list[tuple[list[str], Answers]]) -> list[dict[str, Any]]:
    """The pairs whose code is alike in some exercises; all who wrote the same letters everywhere
    are one of a pair.
    """
    size, found = len(classwork), []
    names = set[str]()
    for _, code in classwork:
        names.update(code)
    if not names:
        return []
    exercises = sorted(names)
    none = WrittenAnswer("", 0, "")
    # a row for each exercise, a column for each student
    rows_of_letters = []
    rows_of_words = []
    rows_of_wrong = []
    for name in exercises:
        answers = [code.get(name, none) for _, code in classwork]
        rows_of_letters.append([answer.letters for answer in answers])
        rows_of_words.append([answer.words for answer in answers])
        rows_of_wrong.append([answer.wrong for answer in answers])
    wrong = np.array(rows_of_wrong)
    letters, bits_of_letters = _numbered(rows_of_letters, 1 + wrong)
    words, bits_of_words = _numbered(rows_of_words, wrong)
    needed = log2(max(size * (size - 1) / 2, 1)) + MARGIN
    for one in range(size):
        mine, others = slice(one, one + 1), slice(one + 1, size)
        exact = (letters[:, mine] == letters[:, others]) & (letters[:, mine] > 0)
        long = (words[:, mine] > 0) & (words[:, others] > 0)
        in_words = long & (words[:, mine] == words[:, others]) & ~exact
        same = exact | in_words
        bits = (
            exact * bits_of_letters[:, mine]
            + in_words * bits_of_words[:, mine]
            - DIFFERENCE * (long & ~same)
        )
        tells = bits.sum(axis=0)
        for place in np.flatnonzero(tells >= needed):
            who = classwork[one][0] + classwork[one + 1 + place][0]
            shared = [name for name in classwork[one][1] if same[exercises.index(name), place]]
            of = int((long | same)[:, place].sum())
            facts = {"students": who, "exact": False, "exercises": shared, "of": of}
            found.append((-tells[place], who, facts))
    found.sort(key=itemgetter(0, 1))
    return [facts for _, _, facts in found]


def _numbered(rows: list[list[str]], rarer: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each answer a number, the same for the same, 0 for none; and the bits that an agreement
    on it counts.
    """
    numbers = np.zeros(rarer.shape, int)
    bits = np.zeros(rarer.shape)
    for place, row in enumerate(rows):
        known = {"": 0}
        numbers[place] = [known.setdefault(digest, len(known)) for digest in row]
        # of all but the two who agree
        others = np.maximum(np.bincount(numbers[place])[numbers[place]] - 2, 0)
        bits[place] = np.log2(
            (len(row) - 2 + UNSEEN) / (others + UNSEEN * RARE / RARER ** rarer[place])
        )
    return numbers, bits


def in_words(found: dict[str, Any]) -> str:
    """A finding in words."""
    if found["exact"]:
        return "the same, letter by letter"
    return f"the same code in {len(found['exercises'])} of {found['of']} exercises, but for names and comments"
