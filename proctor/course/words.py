"""The sentences of all codes: the one place in which a message about an answer or a file is worded."""

import contextlib
from typing import Any

from proctor.course.codes import Code, Note, Reason

# of a sandbox's process that simply ended
ENDED = "the process has ended"


def sentence(note: Note) -> str:
    """The sentence of a note, without the lines for which it has no parameters, and those of the notes below it."""
    params = {name: _worded(value) for name, value in note.params.items()}
    lines = list[str]()
    for line in SENTENCES[note.code].split("\n"):
        with contextlib.suppress(KeyError):
            lines.append(line.format_map(params))
    return "\n".join([*lines, *map(sentence, note.also)])


def _worded(value: Any) -> Any:
    if isinstance(value, Note):
        return sentence(value)
    if isinstance(value, list):
        *first, last = map(_worded, value)
        return f"{', '.join(first)} and {last}" if first else last
    return value


SENTENCES = {
    Code.PASSED: "",
    Code.REMARK: "{text}",
    Code.RIGHT_GIVEN: "right, given a right {names}",
    Code.RIGHT_AS_GRADED: (
        "right, given the earlier answers as they were graded: the notebook has bound a name of theirs anew"
    ),
    Code.RIGHT_AFTER: "right, as it is defined after code cell {cell}",
    Code.NOT_ATTEMPTED: "{exercise} is not attempted yet",
    Code.MISSING: "the cell of {exercise} is not in the notebook",
    Code.MISSING_HERE: ("the cell of {exercise} is not in the notebook: 'proctor reset {exercise}' brings it back"),
    Code.UNREADABLE: "the notebook that was handed in could not be read: {why}",
    Code.NO_CHECK: "no hidden check belongs to this cell; tell your instructor",
    Code.USED_UP: (
        "not judged: the notebook had used up its budget of time and memory. Let it run, print and return less."
    ),
    Code.GRADER_FAILED: "the grader could not run this notebook, and will try again; tell your instructor",
    Code.CRASHED: "{called}\nthe check could not judge this answer; tell your instructor ({kind})",
    Code.CHECK: "{called}\nreturned {returned}\n{text}",
    Code.SMALL_CALL: (
        "{called}\nreturned {returned}\n{of} is {value}\nraised {error}\n{line}\n"
        "expected {expected}\nexpected {wanted} to be raised\nexpected {leaf}.grad to be {gradient}\n"
        "({text})\n(given a right {given})"
    ),
    Code.CHANGED_ARGUMENT: "{called}\n{of} is then {value}\nexpected it as it was\n(given a right {given})",
    Code.RAISED: "{called} raised {error}\n{line}",
    # the blanks are as wide as "line : `", which is above them
    Code.CELL_RAISED: "its cell raised {error}\n{line}\n        {caret:>{column}}",
    Code.LACKS_PACKAGE: (
        "{called} needs {package}, which isn't installed where this is graded, nor handed in beside the notebook"
    ),
    Code.CELL_LACKS_PACKAGE: (
        "its cell needs {package}, which isn't installed where this is graded, nor handed in beside the notebook"
    ),
    Code.FORBIDDEN: "{exercise} uses {name}, which is what this exercise asks you to write",
    Code.FORBIDDEN_LINE: "{line} is what this exercise asks you to write",
    Code.TOO_SLOW: "{called} took too long: {why}",
    Code.NEVER_ENDED: "the cell of {exercise} never came to its end when it ran, before anything was asked of it",
    Code.DID_NOT_RUN: "{called} did not run: {why}",
    Code.CELL_DID_NOT_RUN: "the cell of {exercise} did not run: {why}",
    Code.ENDED_PROCESS: "{called} ended the process\n{why}",
    Code.CELL_ENDED_PROCESS: "the cell of {exercise} ended the process\n{why}",
    Code.ENDED_SERVER: "it ended the process that makes the sandboxes, three times",
    Code.MACHINE_FULL: "the machine's memory ran out while it ran, the last time alone",
    Code.TOO_LARGE: "{called}\nreturned {returned}\nto judge that takes too much memory",
    Code.OWN_ASSERT: "{error}",
    Code.PART_OF_POINTS: "it gives {score:g} of {max_score:g} points",
    Code.NO_POINTS: "it ends in what is no number of points: {why}",
    Code.FIRST_PREDICTION: "the first prediction that you handed in counts\nwhat comes out is told {later}",
    Code.LINE: "line {number}: `{text}`",
    Code.CELL_LINE: "code cell {cell}, line {number}: `{text}`",
    Code.OPEN_BRACKET: "A bracket is opened here and never closed.",
    Code.OPEN_QUOTE: "A quote is opened here and never closed.",
    Code.INDENTATION: "The indentation of this line doesn't fit the lines around it.",
    Code.TYPO: (
        "Python can't read this line. Look for a typo, or for a missing colon, comma or bracket, here or just above."
    ),
    Code.KEEPS_STUB: "The stub's last line, `raise NotImplementedError()`, still stands in it.",
    Code.WANTED: "expected {errors} to be raised",
    Code.BOUND: "`{name}` was bound by code cell {cell}: `{text}`",
    Code.BOUND_ANEW: "`{name}` was bound anew by code cell {cell}: `{text}`",
    Code.KEEPS_SOMETHING: (
        "(As the first call of all it comes out right: the answer keeps something from call to call.)"
    ),
    Code.ONLY_THERE: (
        "(By itself, with other numbers, the check passes: does the answer keep something from call to call?)"
    ),
    Code.LARGE_CALL_ALONE: "(Smaller calls come out right; this one has {properties}.)",
    Code.ENTRIES: "{entries} entries in one dimension",
    Code.EXPANDED: "an expanded tensor, whose entries share memory",
    Code.NOT_CONTIGUOUS: "a tensor that is not contiguous",
    Code.FLOAT64: "float64 numbers, which are compared to more digits",
    Code.LARGE_NUMBERS: "numbers as large as {largest}",
    Code.IN_LARGER_CALL: "In a larger call: {seen}",
    Code.TRANSPOSED: "It is transposed: with dimensions {other} and {one} swapped, every number is right.",
    Code.SHAPE: "Its shape is {got}, and should be {want}.",
    Code.SHAPE_ALONE: "Every number is right, and the shape isn't: it is {got}, and should be {want}.",
    Code.SHAPE_OF_ONE: "The number is right, and the shape isn't: it is {got}, and should be {want}.",
    Code.DTYPE_ALONE: "Every number is right, and the dtype isn't: it is {got}, and should be {want}.",
    Code.DTYPE_OF_ONE: "The number is right, and the dtype isn't: it is {got}, and should be {want}.",
    Code.OFFSET: "{by} too {direction}, everywhere: the same number.",
    Code.REVERSED: "Along dimension {dim} the order is reversed.",
    Code.ANOTHER_ORDER: "The right numbers stand there, in another order.",
    Code.ONE_PLACE: "All is right but at the {place} place of dimension {dim}.",
    Code.SIGN: "The sign is flipped, everywhere.",
    Code.SIGN_OF_ONE: "The sign is flipped.",
    Code.FACTOR: "{factor} times as large, everywhere.",
    Code.FACTOR_BY_SIZE: "{factor} times as large, everywhere; {why}.",
    Code.FACTOR_OF_ONE: "{factor} times as large; {why}.",
    Code.SIZE: "{size} is a size of {parameter}: a sum and a mean differ by that",
    Code.ROOT: "{size} is a size of {parameter}: this is its root, or 1 divided by that",
    Code.NUMBER_OF_ENTRIES: "{size} is the number of its entries: a sum and a mean differ by that",
    Code.ROOT_OF_ENTRIES: "{size} is the number of its entries: this is its root, or 1 divided by that",
    Code.SUMS: "The numbers sum to 1 along dimension {got}, and should along dimension {want}.",
    Code.SHIFTED: "Along dimension {dim} every number stands one place too {direction}.",
    Code.ENCODING: "it was saved as {encoding}, and read so",
    Code.OTHER_NAME: "this is {assignment}'s notebook under another one's name",
    Code.SHARED_FOLDER: (
        "more than one notebook of {assignment} lies in this folder, or in a folder inside it, so only the course's own "
        "files were put beside this one: put each person's files into a folder of their own, and copies of your own "
        "elsewhere"
    ),
    Code.MATCHED_BY_NAMES: (
        "its cells had lost what nbgrader notes of them, as when they are copied into another notebook: "
        "they were matched with the exercises by the names that they define"
    ),
    Code.BY_HAND_UNMATCHED: "what is graded by hand can't be matched so: look for it in the notebook",
    Code.NOT_COLLECTED: "{text}",
    Code.HANDED_IN_AS: "handed in as {name} rather than {expected}",
    Code.HANDED_IN_TOO: "{files} was handed in, too: {name} counts",
    Code.LEFT_OUT: "{files} was left out",
    Code.KIND_LEFT_BEHIND: "{names} was left out: only pictures, tables, text and tensors go to autograded/",
    Code.NOT_PLAIN: (
        "{names} was left out: not a plain file, too large or one too many, or its name is too long or can't be shown"
    ),
    Code.RESERVED_NAME: "{names} was left out: a cell wrote it, and only nbgrader or proctor may",
    Code.HANDED_IN_BY: "handed in by {account}, and not by the student's own account",
    Code.BAD_TIMESTAMP: "its timestamp can't be read: the time of its file counts",
}

REASONS = {
    Reason.UNJUDGED: "a check could not judge the answer",
    Reason.BY_HAND: "a grade by hand to be given, or looked at again",
    Reason.MISSING: "cells were missing",
    Reason.UNREADABLE: "could not be read",
    Reason.DIED: "ended the process",
    Reason.NO_REPORT: "graded by other means: there is no report",
    Reason.BY_ANOTHER: "handed in by another account",
    Reason.LATE: "late",
    Reason.FLAGGED: "may use a built-in unseen (points kept)",
    Reason.LACKING: "needs a package that isn't installed here",
    Reason.OUT_OF_MEMORY: "out of memory",
    Reason.TIMEOUT: "too slow",
    Reason.FORBIDDEN: "used what the exercise rules out",
    Reason.FILES: "which file counted, and what stayed behind",
}
