"""The sentences of all codes: the one place in which a message about an answer or a file is worded."""

from collections.abc import Callable, Mapping
from typing import Any

from proctor.course.codes import Code, Note, Reason

# of a sandbox's process that simply ended
ENDED = "the process has ended"


def sentence(note: Note) -> str:
    """The sentence of a note, and a line for each addition that its parameters hold."""
    lines = [_worded(SENTENCES[note.code], note.params)]
    lines += [_worded(words, note.params) for name, words in ADDITIONS.items() if note.params.get(name)]
    return "\n".join(line for line in lines if line)


def _worded(words: str | Callable[[Mapping[str, Any]], str], params: Mapping[str, Any]) -> str:
    return words.format_map(params) if isinstance(words, str) else words(params)


def _given_names(params: Mapping[str, Any]) -> str:
    *first, last = [f"`{name}`" for name in params["names"]]
    listed = f"{', '.join(first)} and {last}" if first else last
    return f"right, given a right {listed}"


def _right_given(params: Mapping[str, Any]) -> str:
    parts = [_given_names(params)] if params["names"] else []
    if params.get("rebound"):
        parts.append(
            "right, given the earlier answers as they were graded: the notebook has bound a name of theirs anew"
        )
    if params.get("after_cell"):
        parts.append(f"right, as it is defined after code cell {params['after_cell']}")
    return "; ".join(parts)


def _missing(params: Mapping[str, Any]) -> str:
    words = f"the cell of {params['exercise']} is not in the notebook"
    return f"{words}: 'proctor reset {params['exercise']}' brings it back" if params["can_reset"] else words


def _check(params: Mapping[str, Any]) -> str:
    returned = f"returned {params['returned']}" if params["returned"] else ""
    return "\n".join(part for part in (params["called"], returned, params["text"]) if part)


def _small_call(params: Mapping[str, Any]) -> str:
    """The lines to paste, what came of them, and what was expected."""
    lines = [params["called"]]
    if "raised" in params:
        lines.append(f"raised {_error(params)}")
    elif "of" in params:
        then = "then " if params.get("unchanged") else ""
        lines.append(f"{params['of']} is {then}{params['value']}")
    elif "value" in params:
        lines.append(f"returned {params['value']}")
    if params.get("line"):
        lines.append(line_words(params["line"]))
    lines.append(_expected(params))
    if params["text"]:
        lines.append(f"({params['text']})")
    if params["given"]:
        lines.append(f"(given a right {', '.join(params['given'])})")
    return "\n".join(line for line in lines if line)


def _expected(params: Mapping[str, Any]) -> str:
    if params.get("unchanged"):
        return "expected it as it was"
    if "expected_errors" in params:
        return f"expected {' or '.join(params['expected_errors'])} to be raised"
    if "expected_of" in params:
        return f"expected {params['expected_of']} to be {params['expected']}"
    return f"expected {params['expected']}"


def _error(params: Mapping[str, Any]) -> str:
    return f"{params['raised']}: {params['said']}" if params["said"] else params["raised"]


def _raised(params: Mapping[str, Any]) -> str:
    lines = [f"{params['called'] or 'its cell'} raised {_error(params)}"]
    if params.get("line"):
        lines.append(line_words(params["line"]))
    if params.get("at") is not None:
        start = line_words({**params["line"], "text": ""})
        lines.append(" " * (len(start) - 1 + params["at"]) + "^")
    if params.get("mistake"):
        lines.append(MISTAKES[params["mistake"]])
    return "\n".join(lines)


def line_words(line: Mapping[str, Any]) -> str:
    """A line of code with its place; the exercise's own cell has no number."""
    cell = f"code cell {line['cell']}, " if line["cell"] else ""
    return f"{cell}line {line['number']}: `{line['text']}`"


def _forbidden(params: Mapping[str, Any]) -> str:
    if params.get("line"):
        return f"{line_words(params['line'])} is what this exercise asks you to write"
    return f"{params['exercise']} uses {params['name']}, which is what this exercise asks you to write"


def _did_not_run(params: Mapping[str, Any]) -> str:
    subject = params["called"] or f"the cell of {params['exercise']}"
    return f"{subject} did not run{_because(params)}"


def _too_slow(params: Mapping[str, Any]) -> str:
    return f"{params['called'] or 'the notebook'} took too long{_because(params)}"


def _lacks_package(params: Mapping[str, Any]) -> str:
    lacks = f"needs {params['package']}, which isn't installed where this is graded"
    return f"{params['called'] or 'its cell'} {lacks}, nor handed in beside the notebook"


def _ended_process(params: Mapping[str, Any]) -> str:
    cell = f": running the cell of {params['cell']}" if params["cell"] else ""
    return f"{params['called'] or 'the notebook'} ended the process{cell}{_because(params)}"


def _because(params: Mapping[str, Any]) -> str:
    return f": {params['why']}" if params["why"] else ""


def _too_large(params: Mapping[str, Any]) -> str:
    return _check({**params, "text": "to judge that takes too much memory"})


def _crashed(params: Mapping[str, Any]) -> str:
    return _check(
        {
            "called": params["called"],
            "returned": "",
            "text": f"the check could not judge this answer; tell your instructor ({params['kind']})",
        }
    )


def _first_prediction(params: Mapping[str, Any]) -> str:
    later = f"; what comes out is told {params['later']}" if "later" in params else ""
    return f"the first prediction that you handed in counts{later}"


def _all_right(params: Mapping[str, Any]) -> str:
    return "Every number is right" if params["several"] else "The number is right"


def _shape_alone(params: Mapping[str, Any]) -> str:
    return f"{_all_right(params)}, and the shape isn't: it is {params['got']}, and should be {params['want']}."


def _dtype_alone(params: Mapping[str, Any]) -> str:
    return f"{_all_right(params)}, and the dtype isn't: it is {params['got']}, and should be {params['want']}."


def _factor(params: Mapping[str, Any]) -> str:
    words = f"{params['factor']} times as large"
    if params["several"]:
        words += ", everywhere"
    if params["size"]:
        is_root = "this is its root, or 1 divided by that"
        why = is_root if params["root"] else "a sum and a mean differ by that"
        words += f"; {params['size']} is {_size_of(params['parameter'])}: {why}"
    return f"{words}."


def _size_of(parameter: str) -> str:
    return f"a size of {parameter}" if parameter else "the number of its entries"


def _bound(params: Mapping[str, Any]) -> str:
    lines = []
    for each in params["bound"]:
        anew = "anew " if each["anew"] else ""
        line = f": `{each['text']}`" if each["text"] else ""
        lines.append(f"`{each['name']}` was bound {anew}by code cell {each['cell']}{line}")
    return "\n".join(lines)


def _seen(params: Mapping[str, Any]) -> str:
    words = sentence(params["seen"])
    return f"In a larger call: {words}" if params["seen"].params.get("in_larger_call") else words


def _special(params: Mapping[str, Any]) -> str:
    found = [SPECIAL[name].format(of=of) for name, of in params["special"].items()]
    return f"(Smaller calls come out right; this one has {' and '.join(found)}.)"


def _left(params: Mapping[str, Any]) -> str:
    more = f" and {params['more']} more" if params["more"] else ""
    return f"{', '.join(params['names'])}{more} was left out"


def _left_because(why: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda params: f"{_left(params)}: {why}"


SENTENCES: dict[Code, str | Callable[[Mapping[str, Any]], str]] = {
    Code.PASSED: "",
    Code.REMARK: "{text}",
    Code.RIGHT_GIVEN: _right_given,
    Code.NOT_ATTEMPTED: "{exercise} is not attempted yet",
    Code.MISSING: _missing,
    Code.UNREADABLE: "the notebook that was handed in could not be read: {why}",
    Code.NO_CHECK: "no hidden check belongs to this cell; tell your instructor",
    Code.USED_UP: (
        "not judged: the notebook had used up its budget of time and memory. Let it run, print and return less."
    ),
    Code.GRADER_FAILED: "the grader could not run this notebook, and will try again; tell your instructor",
    Code.CRASHED: _crashed,
    Code.CHECK: _check,
    Code.SMALL_CALL: _small_call,
    Code.RAISED: _raised,
    Code.LACKS_PACKAGE: _lacks_package,
    Code.FORBIDDEN: _forbidden,
    Code.TOO_SLOW: _too_slow,
    Code.NEVER_ENDED: ("the cell of {exercise} never came to its end when it ran, before anything was asked of it"),
    Code.DID_NOT_RUN: _did_not_run,
    Code.ENDED_PROCESS: _ended_process,
    Code.ENDED_SERVER: "it ended the process that makes the sandboxes, three times",
    Code.MACHINE_FULL: "the machine's memory ran out while it ran, the last time alone",
    Code.TOO_LARGE: _too_large,
    Code.OWN_ASSERT: _error,
    Code.PART_OF_POINTS: "it gives {score:g} of {max_score:g} points",
    Code.NO_POINTS: "it ends in what is no number of points: {why}",
    Code.FIRST_PREDICTION: _first_prediction,
    Code.TRANSPOSED: "It is transposed: with dimensions {other} and {one} swapped, every number is right.",
    Code.SHAPE: "Its shape is {got}, and should be {want}.",
    Code.SHAPE_ALONE: _shape_alone,
    Code.DTYPE_ALONE: _dtype_alone,
    Code.OFFSET: "{by} too {direction}, everywhere: the same number.",
    Code.REVERSED: "Along dimension {dim} the order is reversed.",
    Code.ANOTHER_ORDER: "The right numbers stand there, in another order.",
    Code.ONE_PLACE: "All is right but at the {place} place of dimension {dim}.",
    Code.SIGN: "The sign is flipped.",
    Code.SIGN_EVERYWHERE: "The sign is flipped, everywhere.",
    Code.FACTOR: _factor,
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
    Code.KIND_LEFT_BEHIND: _left_because("only pictures, tables, text and tensors go to autograded/"),
    Code.NOT_PLAIN: _left_because(
        "not a plain file, too large or one too many, or its name is too long or can't be shown"
    ),
    Code.RESERVED_NAME: _left_because("a cell wrote it, and only nbgrader or proctor may"),
    Code.HANDED_IN_BY: "handed in by {account}, and not by the student's own account",
    Code.BAD_TIMESTAMP: "its timestamp can't be read: the time of its file counts",
}

# what a parameter adds below the first sentence, in this order
ADDITIONS: dict[str, str | Callable[[Mapping[str, Any]], str]] = {
    "keeps_stub": "The stub's last line, `raise NotImplementedError()`, still stands in it.",
    "wanted": lambda params: f"expected {' or '.join(params['wanted'])} to be raised",
    "bound": _bound,
    "keeps_something": "(As the first call of all it comes out right: the answer keeps something from call to call.)",
    "special": _special,
    "only_there": (
        "(By itself, with other numbers, the check passes: does the answer keep something from call to call?)"
    ),
    "seen": _seen,
}

# what a large call has that small ones lack
SPECIAL = {
    "entries": "{of} entries in one dimension",
    "expanded": "an expanded tensor, whose entries share memory",
    "not_contiguous": "a tensor that is not contiguous",
    "float64": "float64 numbers, which are compared to more digits",
    "largest": "numbers as large as {of}",
}

# what is wrong in a line that Python can't read
MISTAKES = {
    "bracket": "A bracket is opened here and never closed.",
    "quote": "A quote is opened here and never closed.",
    "indentation": "The indentation of this line doesn't fit the lines around it.",
    "other": "Python can't read this line. Look for a typo, or for a missing colon, comma or bracket, here or just above.",
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
