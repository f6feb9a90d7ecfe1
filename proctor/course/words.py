"""The sentences of all codes: the one place in which a message about an answer or a file is
worded.
"""

import contextlib
from typing import Any

from proctor.course.codes import Note

# of a sandbox's process that simply ended
ENDED = "the process has ended"


def sentence(note: Note) -> str:
    """The sentence of a note, without the lines for which it has no parameters, and those of the
    notes below it.
    """
    params = {name: _worded(value) for name, value in note.params.items()}
    lines = list[str]()
    for line in SENTENCES[note.code].split("\n"):
        with contextlib.suppress(KeyError):
            lines.append(line.format_map(params))
    return "\n".join([*lines, *map(sentence, note.params.get("also", []))])


def _worded(value: Any) -> Any:
    if isinstance(value, Note):
        return sentence(value)
    if isinstance(value, list):
        *first, last = map(_worded, value)
        return f"{', '.join(first)} and {last}" if first else last
    return value


# by code
SENTENCES = {
    "passed": "",
    "remark": "{text}",
    "right_given": "right, given a right {names}",
    "right_as_graded": (
        "right, given the earlier answers as they were graded: the notebook has bound a name of theirs anew"
    ),
    "right_after": "right, as it is defined after code cell {cell}",
    "not_attempted": "{exercise} is not attempted yet",
    "missing": "the cell of {exercise} is not in the notebook",
    "missing_here": (
        "the cell of {exercise} is not in the notebook: 'proctor reset {exercise}' brings it back"
    ),
    "unreadable": "the notebook that was handed in could not be read: {why}",
    "no_check": "no hidden check belongs to this cell; tell your instructor",
    "used_up": (
        "not judged: the notebook had used up its budget of time and memory. Let it run, print and return less."
    ),
    "grader_failed": "the grader could not run this notebook, and will try again; tell your instructor",
    "crashed": "{called}\nthe check could not judge this answer; tell your instructor ({kind})",
    "check": "{called}\nreturned {returned}\n{text}",
    "small_call": (
        "{called}\nreturned {returned}\n{of} is {value}\nraised {error}\n{line}\n"
        "expected {expected}\nexpected {wanted} to be raised\nexpected {target} to be {right}\n"
        "(given a right {given})"
    ),
    # the blanks are as wide as "line : `", which is above them
    "raised": "{called} raised {error}\n{line}\n        {caret:>{column}}",
    "check_stopped": "{called}\nthe check could not go on: {error}",
    "lacks_package": (
        "{called} needs {package}, which isn't installed where this is graded, nor handed in beside the notebook"
    ),
    "forbidden": "{exercise} uses {name}, which is what this exercise asks you to write",
    "forbidden_line": "{line} is what this exercise asks you to write",
    "too_slow": "{called} took too long: {why}",
    "never_ended": "the cell of {exercise} never came to its end when it ran, before the first question",
    "did_not_run": "{called} did not run: {why}",
    "ended_process": "{called} ended the process\n{why}",
    "ended_server": "it ended the process that makes the sandboxes, again and again",
    "machine_full": "the machine's memory ran out while it ran, the last time alone",
    "too_large": "{called}\nreturned {returned}\nto judge that takes too much memory",
    "own_assert": "{error}\n{line}",
    "part_of_points": "it gives {score:g} of {max_score:g} points",
    "no_points": "it ends in what is no number of points: {why}",
    "first_prediction": "the first prediction whose result you could see counts\nwhat comes out is told {later}",
    "cell_of": "the cell of {exercise}",
    "line": "line {number}: `{text}`",
    "cell_line": "code cell {cell}, line {number}: `{text}`",
    "open_bracket": "A bracket is opened here and never closed.",
    "open_quote": "A quote is opened here and never closed.",
    "indentation": "The indentation of this line doesn't fit the lines around it.",
    "typo": (
        "Python can't read this line. Look for a typo, or for a missing colon, comma or bracket, here or just above."
    ),
    "keeps_stub": "The stub's last line, `raise NotImplementedError()`, still stands in it.",
    "wanted": "expected {errors} to be raised",
    "bound": "`{name}` was bound by code cell {cell}: `{text}`",
    "bound_anew": "`{name}` was bound anew by code cell {cell}: `{text}`",
    "keeps_something": (
        "(As the first call of all it comes out right: the answer keeps something from call to call.)"
    ),
    "only_there": (
        "(By itself, with other numbers, the check passes: does the answer keep something from call to call?)"
    ),
    "transposed": "It is transposed: with dimensions {other} and {one} swapped, every number is right.",
    "shape": "Its shape is {got}, and should be {want}.",
    "shape_alone": "Every number is right, and the shape isn't: it is {got}, and should be {want}.",
    "dtype": "Its dtype is {got}, and should be {want}.",
    "dtype_alone": "Every number is right, and the dtype isn't: it is {got}, and should be {want}.",
    "offset": "{by} too {direction}, everywhere: the same number.",
    "reversed": "Along dimension {dim} the order is reversed.",
    "another_order": "The right numbers stand there, in another order.",
    "one_place": "All is right but at the {place} place of dimension {dim}.",
    "sign": "The sign is flipped, everywhere.",
    "factor": "{factor} times as large, everywhere.",
    "sums": "The numbers sum to 1 along dimension {got}, and should along dimension {want}.",
    "shifted": "Along dimension {dim} every number stands one place too {direction}.",
    "encoding": "it was saved as {encoding}, and read so",
    "other_name": "this is {assignment}'s notebook under another one's name",
    "shared_folder": (
        "more than one notebook of {assignment} lies in this folder, or in a folder inside it, so only the course's own "
        "files were put beside this one: put each person's files into a folder of their own, and copies of your own "
        "elsewhere"
    ),
    "matched_by_names": (
        "its cells had lost what nbgrader notes of them, as when they are copied into another notebook: "
        "they were matched with the exercises by the names that they define"
    ),
    "by_hand_unmatched": "what is graded by hand can't be matched so: look for it in the notebook",
    "not_collected": "{text}",
    "handed_in_as": "handed in as {name} rather than {expected}",
    "handed_in_too": "{files} was handed in, too: {name} counts",
    "left_out": "{files} was left out",
    "kind_left_behind": "{names} was left out: only pictures, tables, text and tensors go to autograded/",
    "not_plain": (
        "{names} was left out: not a plain file, too large or one too many, or its name is too long or can't be shown"
    ),
    "reserved_name": "{names} was left out: a cell wrote it, and only nbgrader or proctor may",
    "handed_in_by": "handed in by {account}, and not by the student's own account",
    "bad_timestamp": "its timestamp can't be read: the time of its file counts",
    "replaced": (
        "attempt {number}, put into submitted/ by hand, does not count: attempt {counts} is there again"
    ),
}

# by reason
REASONS = {
    "unjudged": "a check could not judge the answer",
    "by_hand": "a grade by hand to be given, or looked at again",
    "missing": "cells were missing",
    "unreadable": "could not be read",
    "died": "ended the process",
    "no_report": "graded by other means: there is no report",
    "by_another": "handed in by another account",
    "late": "late",
    "marked_late": "marked as late by the LMS",
    "fewer": "answers fewer exercises than before",
    "flagged": "may use a built-in unseen (points kept)",
    "lacking": "needs a package that isn't installed here",
    "out_of_memory": "out of memory",
    "timeout": "too slow",
    "forbidden": "used what the exercise rules out",
    "files": "which file counted, and what stayed behind",
}
