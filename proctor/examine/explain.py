"""The messages of failed checks to the student.

The source of the cells adds to some: the line that can't be read, the cell that bound a name anew. For wording alone: no
verdict depends on it, and where a source can't be read, nothing is added.
"""

import ast
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from proctor.course.cells import bound, parsed
from proctor.course.codes import Code, Note
from proctor.course.foreign import (
    ABOUT_SIZES,
    INDENTATION,
    NEVER_CLOSED,
    NO_MODULE,
    STANDS_FOR_MODULE,
    UNTERMINATED,
)
from proctor.course.report import Diagnosis, Status, readable
from proctor.errors import Forbidden, Missing, Noted, NoTimeLeft, SandboxDied, SandboxTimeout, Unattempted
from proctor.examine.examination import Examination, Finding
from proctor.examine.general import Code as Answer
from proctor.examine.general import general_misconception, rules
from proctor.examine.look import Differs, look
from proctor.examine.student import NotRaised, Student, StudentError, WrongPrediction
from proctor.sandbox.budget import ran_out
from proctor.sandbox.cell import Cell
from proctor.sandbox.protocol import Opaque, Probe, Returned, bare

STATUS_OF: dict[type[Noted], Status] = {
    Unattempted: Status.NOT_ATTEMPTED,
    Missing: Status.MISSING,
    Forbidden: Status.FORBIDDEN,
}
SYNTAX = ("SyntaxError", "IndentationError", "TabError")
# by Python's words about a line that it can't read
MISTAKES = {NEVER_CLOSED: "bracket", UNTERMINATED: "quote", INDENTATION: "indentation"}


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
    returned = student.last_value if student else ""
    status = Status.FAILED
    # the failure's own words, by which a misconception is recognised
    words, seen, crash, line = "", None, "", ""
    # whether the call alone failed, so that a smaller one may be shown in its place
    is_about_call = False
    if isinstance(error, Noted):
        status, note = STATUS_OF[type(error)], error.note
    elif isinstance(error, SandboxTimeout):
        status, why = Status.TIMEOUT, str(error)
        if any(cell.id == exercise and cell.done and cell.done.error_name == "Timeout" for cell in cells):
            note = Note.of(Code.NEVER_ENDED, exercise=exercise)
        elif isinstance(error, NoTimeLeft):
            note = Note.of(Code.DID_NOT_RUN, called=called, exercise=exercise, why=why)
        else:
            note = Note.of(Code.TOO_SLOW, called=called, why=why)
    elif isinstance(error, SandboxDied):
        status = Status.DIED
        note = Note.of(Code.ENDED_PROCESS, called=called, cell=error.cell, why=str(error))
    elif isinstance(error, StudentError):
        status = Status.OUT_OF_MEMORY if ran_out(error) else Status.ERROR
        # a cell ran before anything was asked
        hidden = called and not examination.may_quote(exercise)
        kind, said = (error.builtin_kind, "…") if hidden else (error.kind, str(error))
        note = Note.of(Code.RAISED, called=called, raised=kind, said=said.strip())
        # what the check itself does with what came back is no line of the notebook; in a kernel the lines aren't known
        outside = examination.session and not any(error.place) and ABOUT_SIZES.search(str(error))
        words = "" if outside else f"{kind}: {said}"
        place = line_at(examination, exercise, *error.place)
        line = place["text"] if place else ""
        if not called and kind in SYNTAX:
            note = note.added(**syntax(source))
        if hidden and place:
            note = note.added(line=place)
        stub_is_kept = error.kind == "NotImplementedError" and keeps_stub(source)
        if stub_is_kept:
            note = note.added(keeps_stub=True)
        if error.wanted:
            # this line refuses nothing that is allowed: no hint may say so
            note, line = note.added(wanted=list(error.wanted)), ""
        is_about_call = not stub_is_kept
    elif isinstance(error, AssertionError):
        # pytest adds the source of a bare assert, which is nobody's business
        words = str(error).split("\nassert ")[0]
        if student and not examination.may_quote(exercise):
            called, returned, words = (without_strings(text, student, cells) for text in (called, returned, words))
        note = Note.of(Code.CHECK, called=called, returned=returned, text=words)
        if isinstance(error, Differs) and student and examination.alone:
            seen = look(error.got, error.want, student.sizes)
        reply = student.last_reply if student and returned else None
        words += ", got None" if isinstance(reply, Returned) and reply.value is None else ""
        is_about_call = True
    elif ran_out(error):
        status, note = Status.OUT_OF_MEMORY, Note.of(Code.TOO_LARGE, called=called, returned=returned)
    else:
        status, note = Status.UNJUDGED, Note.of(Code.CRASHED, called=called, kind=type(error).__name__)
        crash = readable(_crash(error, checks))
    diagnosis = _general_misconception(words, examination, exercise, source, line) if words else None
    package = lacking_package(note)
    if package:
        note, diagnosis, is_about_call = Note.of(Code.LACKS_PACKAGE, called=called, package=package), None, False
    names = examination.assignment.names_of(exercise)
    other = bound_elsewhere(cells, exercise, names, cell_id) if called else []
    if other:
        note, is_about_call = note.added(bound=other), False
    return Finding(
        check,
        cell_id,
        status,
        note,
        diagnosis,
        crash,
        asked=examination.asked_since(exercise),
        seen=seen,
        wanted=list(error.wanted) if isinstance(error, StudentError | NotRaised) else [],
        question=student.last_request if student and called and is_about_call else None,
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
    answer = Answer(assignment.names_of(exercise), source, assignment.stubs[exercise], others, line)
    return general_misconception(words, answer, rules(assignment.general_rules))


def lacking_package(note: Note) -> str:
    """The package that isn't there and that a failed answer needs; empty if there is none."""
    params = note.params
    texts = [text for text in params.values() if isinstance(text, str)]
    found = [STANDS_FOR_MODULE.search(text) for text in texts]
    if params.get("raised") == "ModuleNotFoundError":
        found.append(NO_MODULE.match(params["said"]))
    return next((each[1] for each in found if each), "")


def syntax(source: str) -> dict[str, Any]:
    """Python's message about a cell that it can't read, with the line and the kind of mistake; empty if it can be read."""
    error, lines = parsed(source), source.splitlines()
    if not isinstance(error, SyntaxError) or not 0 < (number := error.lineno or 0) <= len(lines):
        return {}
    line = lines[number - 1]
    at = (error.offset or 0) - 1 - (len(line) - len(line.lstrip()))
    return {
        "said": error.msg,
        "line": {"cell": 0, "number": number, "text": line.strip()[:100].replace("\t", " ")},
        "at": at if 0 <= at < 100 else None,
        "mistake": next((mistake for part, mistake in MISTAKES.items() if part in error.msg), "other"),
    }


def line_at(examination: Examination, exercise: str, cell: int, line: int) -> dict[str, Any] | None:
    """A line of a notebook's code cell, both counted from 1, for a note; None if there is none."""
    lines = examination.lines_at(cell, line) if cell else []
    if not lines:
        return None
    is_own = cell == examination.asks.number(exercise)
    return {"cell": 0 if is_own else cell, "number": line, "text": lines[0][:100]}


def keeps_stub(source: str) -> bool:
    """Whether the stub's `raise NotImplementedError()` still stands in a cell."""
    tree = parsed(source)
    nodes = ast.walk(tree) if isinstance(tree, ast.Module) else ()
    raised = [node.exc for node in nodes if isinstance(node, ast.Raise)]
    names = [each.func if isinstance(each, ast.Call) else each for each in raised]
    return any(isinstance(name, ast.Name) and name.id == "NotImplementedError" for name in names)


def bound_elsewhere(cells: list[Cell], exercise: str, names: Iterable[str], snapshot: str) -> list[dict[str, Any]]:
    """The cells that bound the exercise's `names`, which were judged, if not its own, the notebook having run to the cell `snapshot`."""
    ids = [cell.id for cell in cells]
    if snapshot not in ids or exercise not in ids:
        return []
    solution, found = ids.index(exercise), []
    for name in names:
        places = [n for n, cell in enumerate(cells[: ids.index(snapshot)]) if cell.done and name in cell.done.bound]
        if places and places[-1] != solution:
            last = places[-1]
            text = _line_binding(name, cells[last].source)
            found.append({"name": name, "anew": last > solution, "cell": last + 1, "text": text})
    return found


def _line_binding(name: str, source: str) -> str:
    """The line of a cell that binds this name; empty if none is seen to."""
    lines, stars = source.splitlines(), [line for line in source.splitlines() if "import *" in line]
    line = lines[bound(source)[name] - 1] if name in bound(source) else "".join(stars[-1:])
    return line.strip()[:100]
