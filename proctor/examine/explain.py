"""The messages of failed checks to the student.

The source of the cells adds to some: the line that can't be read, the cell that bound a name anew. For wording alone: no
verdict depends on it, and where a source can't be read, nothing is added.
"""

import ast
import re
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from proctor.course.cells import bound, parsed
from proctor.course.report import NOT_INSTALLED, Diagnosis, Status, readable
from proctor.errors import Forbidden, Missing, NoTimeLeft, SandboxDied, SandboxTimeout, Unattempted
from proctor.examine.examination import Examination, Finding
from proctor.examine.general import Code, general_misconception, rules
from proctor.examine.look import Differs, look
from proctor.examine.student import Student, StudentError, WrongPrediction
from proctor.sandbox.budget import ran_out
from proctor.sandbox.cell import Cell
from proctor.sandbox.protocol import ENDED, Opaque, Probe, Returned, bare

# errors whose words are the message
AS_THEY_SAY = {Unattempted: Status.NOT_ATTEMPTED, Missing: Status.MISSING, Forbidden: Status.FORBIDDEN}
ABOUT_SIZES = re.compile(r"size of tensor a|cannot be multiplied|out of bounds|out of range|is invalid for input")
SYNTAX = ("SyntaxError", "IndentationError", "TabError")
HINTS = {
    "never closed": "A bracket is opened here and never closed.",
    "unterminated": "A quote is opened here and never closed.",
    "indent": "The indentation of this line doesn't fit the lines around it.",
    "": "Python can't read this line. Look for a typo, or for a missing colon, comma or bracket, here or just above.",
}
LACKING = re.compile(r"(?:NoModuleNamed_|raised ModuleNotFoundError: No module named ')(\w+(?:\.\w+)*)")


def cell_of(check: str) -> str:
    """The graded cell that a check belongs to: `softmax_values` of `test_softmax_values__every_dim`."""
    return check.split("[")[0].removeprefix("test_").split("__")[0]


def explain(check: str, error: BaseException, student: Student | None, examination: Examination) -> Finding:
    """The finding of a check that failed with `error`; `student` is None where there was nothing to call."""
    cell_id = cell_of(check)
    exercise, checks = examination.assignment.exercise_of(cell_id), examination.assignment.checks
    cells = examination.session.cells if examination.session else []
    source = next((cell.source for cell in cells if cell.id == exercise), "")
    called = student.last_call if student else ""
    shown = f"{called}\nreturned {student.last_value}" if student and student.last_value else called
    status = Status.FAILED
    # the failure's own words, by which a misconception is recognised; `plain` is the message, as long as nothing is added to it
    words, seen, crash, plain, line = "", "", "", "", ""
    if isinstance(error, tuple(AS_THEY_SAY)):
        status, message = AS_THEY_SAY[type(error)], str(error)
    elif isinstance(error, SandboxTimeout):
        status, message = Status.TIMEOUT, f"{called or 'the notebook'} took too long: {error}"
        if any(cell.id == exercise and cell.done and cell.done.error_name == "Timeout" for cell in cells):
            message = f"the cell of {exercise} never came to its end when it ran, before anything was asked of it"
        elif isinstance(error, NoTimeLeft):
            message = f"{called or f'the cell of {exercise}'} did not run: {error}"
    elif isinstance(error, SandboxDied):
        status, message = (
            Status.DIED,
            f"{called or 'the notebook'} ended the process: {error}".removesuffix(f": {ENDED}"),
        )
    elif isinstance(error, StudentError):
        status = Status.OUT_OF_MEMORY if ran_out(error) else Status.ERROR
        # a cell ran before anything was asked
        hidden = called and not examination.may_quote(exercise)
        kind, said = (error.builtin_kind, "…") if hidden else (error.kind, str(error))
        words = f"{kind}: {said}"
        if not called and kind in SYNTAX:
            said = syntax(source, said)
        # what the check itself does with what came back is no line of the notebook; in a kernel the lines aren't known
        outside = examination.session and not any(error.place) and ABOUT_SIZES.search(str(error))
        message = f"{called or 'its cell'} raised {kind}: {said}".rstrip(": ")
        words, plain = "" if outside else words, message
        line = line_at(examination, exercise, *error.place)
        if hidden and line:
            message = plain = f"{message}\n{line}"
        if error.kind == "NotImplementedError" and keeps_stub(source):
            message += "\nThe stub's last line, `raise NotImplementedError()`, still stands in it."
        if error.wanted:
            expected = f"\nexpected {error.wanted} to be raised"
            # this line refuses nothing that is allowed: no hint may say so
            message, plain, line = message + expected, plain + expected, ""
    elif isinstance(error, AssertionError):
        # pytest adds the source of a bare assert, which is nobody's business
        words = str(error).split("\nassert ")[0]
        if student and not examination.may_quote(exercise):
            shown, words = (without_strings(text, student, cells) for text in (shown, words))
        message = plain = f"{shown}\n{words}"
        if isinstance(error, Differs) and student and examination.alone:
            seen = look(error.got, error.want, student.sizes)
        words += ", got None" if student and student.last_value == "None" else ""
    elif ran_out(error):
        status, message = Status.OUT_OF_MEMORY, f"{shown}\nto judge that takes too much memory"
    else:
        status, why = Status.UNJUDGED, type(error).__name__
        message = f"{called}\nthe check could not judge this answer; tell your instructor ({why})"
        crash = readable(_crash(error, checks))
    diagnosis = _general_misconception(words, examination, exercise, source, line) if words else None
    if lacking := lacks(message):
        message, diagnosis = f"{called or 'its cell'} {lacking}", None
    names = examination.assignment.names_of(exercise)
    if called and (other := bound_elsewhere(cells, exercise, names, cell_id)):
        message += f"\n{other}"
    question = student.last_request if student and called and message == plain else None
    asked = examination.asked_since(exercise)
    return Finding(
        check,
        cell_id,
        status,
        readable(message.strip()),
        diagnosis,
        crash,
        asked,
        seen,
        question,
        predicted=isinstance(error, WrongPrediction),
        stand_ins=examination.stand_ins,
        graded=examination.graded,
    )


def without_strings(text: str, student: Student, cells: list[Cell]) -> str:
    """A text with "…" for each string of the student's last reply that is nowhere in the notebook: it could hold any input."""
    if not isinstance(student.last_reply, Returned):
        return text
    known = [cell.source for cell in cells]
    if isinstance(student.last_request, Probe):
        known.append(student.last_request.source)
    for string in _strings_in(student.last_reply.value):
        for written in (repr(string)[1:-1], string):
            if written in text and not any(string in source for source in known):
                text = text.replace(written, "…")
    return text


def _strings_in(value: Any) -> Iterator[str]:
    """The strings in a value, and the names of types in it."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Opaque):
        yield bare(value.type_name)
    elif isinstance(value, list | tuple | dict):
        for each in [*value, *value.values()] if isinstance(value, dict) else value:
            yield from _strings_in(each)


def _crash(error: BaseException, checks: Path) -> str:
    """The error that a check itself raised, and where in its file: for its author."""
    frames = traceback.extract_tb(error.__traceback__)
    place = next((each for each in reversed(frames) if each.filename == str(checks)), frames[-1])
    said = traceback.format_exception_only(error)[-1].strip()
    return f"{said}\n{Path(place.filename).name}, line {place.lineno}: `{place.line}`"


def _general_misconception(
    words: str, examination: Examination, exercise: str, source: str, line: str
) -> Diagnosis | None:
    """The misconception that these words of a failure show; its hint is worded by the answer's `source`."""
    assignment = examination.assignment
    others = [cell.source for cell in examination.session.cells] if examination.session else []
    code = Code(assignment.names_of(exercise), source, assignment.stubs[exercise], others, line)
    return general_misconception(words, code, rules(assignment.general_rules))


def lacks(message: str) -> str:
    """In words, the package that a failed answer needs, where the message about it names one that isn't there; else nothing."""
    found = LACKING.search(message)
    return f"needs {found[1]}, {NOT_INSTALLED}, nor handed in beside the notebook" if found else ""


def syntax(source: str, message: str) -> str:
    """Python's message about a cell that it can't read; where the cell's tree can't be made, with the line and in plain words."""
    error, lines = parsed(source), source.splitlines()
    if not isinstance(error, SyntaxError) or not 0 < (number := error.lineno or 0) <= len(lines):
        return message
    line, start = lines[number - 1], f"line {number}: `"
    described = [error.msg, f"{start}{line.strip()[:100]}`".replace("\t", " ")]
    at = (error.offset or 0) - 1 - (len(line) - len(line.lstrip()))
    if 0 <= at < 100:
        described.append(" " * (len(start) + at) + "^")
    return "\n".join([*described, next(hint for part, hint in HINTS.items() if part in error.msg)])


def line_at(examination: Examination, exercise: str, cell: int, line: int) -> str:
    """A line of a notebook's code cell, both counted from 1, as a message shows it; empty where there is none."""
    lines = examination.lines_at(cell, line) if cell else []
    if not lines:
        return ""
    where = "" if cell == examination.number(exercise) else f"code cell {cell}, "
    return f"{where}line {line}: `{lines[0][:100]}`"


def keeps_stub(source: str) -> bool:
    """Whether the stub's `raise NotImplementedError()` still stands in a cell."""
    tree = parsed(source)
    nodes = ast.walk(tree) if isinstance(tree, ast.Module) else ()
    raised = [node.exc for node in nodes if isinstance(node, ast.Raise)]
    names = [each.func if isinstance(each, ast.Call) else each for each in raised]
    return any(isinstance(name, ast.Name) and name.id == "NotImplementedError" for name in names)


def bound_elsewhere(cells: list[Cell], exercise: str, names: Iterable[str], snapshot: str) -> str:
    """Which cell bound one of the exercise's `names`, which were judged, the notebook having run to the cell `snapshot`; empty if the exercise's own."""
    ids = [cell.id for cell in cells]
    if snapshot not in ids or exercise not in ids:
        return ""
    solution, described = ids.index(exercise), []
    for name in names:
        places = [n for n, cell in enumerate(cells[: ids.index(snapshot)]) if cell.done and name in cell.done.bound]
        if places and places[-1] != solution:
            anew, source = "anew " if places[-1] > solution else "", cells[places[-1]].source
            described.append(f"`{name}` was bound {anew}by code cell {places[-1] + 1}{_line_binding(name, source)}")
    return "\n".join(described)


def _line_binding(name: str, source: str) -> str:
    """The line of a cell that binds this name, in words; empty where none is seen to."""
    lines, stars = source.splitlines(), [line for line in source.splitlines() if "import *" in line]
    line = lines[bound(source)[name] - 1] if name in bound(source) else "".join(stars[-1:])
    return line and f": `{line.strip()[:100]}`"
