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
    UNTERMINATED,
)
from proctor.course.report import Diagnosis, Status, readable
from proctor.diagnosis.general import Code as Answer
from proctor.diagnosis.general import general_misconception, rules
from proctor.diagnosis.patterns import Differs, describe_pattern
from proctor.errors import (
    Forbidden,
    Missing,
    Noted,
    NoTimeLeft,
    SandboxDied,
    SandboxTimeout,
    Unattempted,
)
from proctor.grading.examination import Examination, Finding
from proctor.grading.student import Student, StudentError, WrongPrediction
from proctor.sandbox.cell import Cell
from proctor.sandbox.protocol import Opaque, Probe, Returned
from proctor.sandbox.wording import bare
from proctor.session.budget import ran_out

STATUS_OF: dict[type[Noted], Status] = {
    Unattempted: Status.NOT_ATTEMPTED,
    Missing: Status.MISSING,
    Forbidden: Status.FORBIDDEN,
}
SYNTAX = ("SyntaxError", "IndentationError", "TabError")
# by Python's words about a line that it can't read
MISTAKES = {
    NEVER_CLOSED: Code.OPEN_BRACKET,
    UNTERMINATED: Code.OPEN_QUOTE,
    INDENTATION: Code.INDENTATION,
}


def cell_of(check: str) -> str:
    """The graded cell that a check belongs to: `softmax_values` of `test_softmax_values__every_dim`."""
    return check.split("[")[0].removeprefix("test_").split("__")[0]


def explain(
    check: str, error: BaseException, student: Student | None, examination: Examination
) -> Finding:
    """The finding of a check that failed with `error`; `student` is None where there was nothing to call."""
    cell_id = cell_of(check)
    exercise, checks = examination.assignment.exercise_of(cell_id), examination.assignment.checks
    cells = examination.session.cells if examination.session else []
    source = next((cell.source for cell in cells if cell.id == exercise), "")
    called = student.last_call if student else ""
    returned = student.last_value if student else ""
    subject = called or Code.CELL_OF(exercise=exercise)
    status = Status.FAILED
    # the failure's own words, by which a misconception is recognised
    words, seen, crash, line = "", None, "", ""
    # whether the call alone failed, so that a smaller one may be shown in its place
    is_about_call = False
    if isinstance(error, Noted):
        status, note = STATUS_OF[type(error)], error.note
    elif isinstance(error, SandboxTimeout):
        status, why = Status.TIMEOUT, str(error)
        if any(
            cell.id == exercise and cell.done and cell.done.error_name == "Timeout"
            for cell in cells
        ):
            note = Code.NEVER_ENDED(exercise=exercise)
        elif isinstance(error, NoTimeLeft):
            note = Code.DID_NOT_RUN(called=subject, why=why)
        else:
            note = Code.TOO_SLOW(called=subject, why=why)
    elif isinstance(error, SandboxDied):
        status, note = Status.DIED, Code.ENDED_PROCESS(called=subject, why=str(error))
    elif isinstance(error, StudentError):
        status = Status.OUT_OF_MEMORY if ran_out(error) else Status.ERROR
        # a cell ran before anything was asked
        hidden = called and not examination.may_quote(exercise)
        kind, said = (error.builtin_kind, "…") if hidden else (error.kind, str(error))
        # what the check itself does with what came back is no line of the notebook; in a kernel the lines aren't known
        outside = examination.session and not any(error.place) and ABOUT_SIZES.search(str(error))
        words = "" if outside else f"{kind}: {said}"
        text = f"{kind}: {said}".rstrip(": ")
        place = line_at(examination, exercise, *error.place)
        line = place.params["text"] if place else ""
        # an error between two calls of a probe is in no line of the notebook; in a kernel the lines aren't known
        is_outside = examination.session and not any(error.place)
        # the parameters are the answer's own: `fit() got an unexpected keyword argument`
        is_of_answer = str(error).startswith(tuple(examination.assignment.names_of(exercise)))
        is_own = (
            is_outside and not is_of_answer and student and isinstance(student.last_request, Probe)
        )
        code = Code.CHECK_STOPPED if is_own else Code.RAISED
        note = code(called=subject, error=text, line=place if hidden else None)
        if not called and kind in SYNTAX:
            note = syntax(source, kind, note)
        stub_is_kept = error.kind == "NotImplementedError" and keeps_stub(source)
        if stub_is_kept:
            note = note.added(Code.KEEPS_STUB())
        if error.wanted:
            # this line refuses nothing that is allowed: no hint may say so
            note, line = note.added(Code.WANTED(errors=" or ".join(error.wanted))), ""
        is_about_call = not stub_is_kept
    elif isinstance(error, AssertionError):
        # pytest adds the source of a bare assert, which is nobody's business
        words = str(error).split("\nassert ")[0]
        if student and not examination.may_quote(exercise):
            called, returned, words = (
                without_strings(text, student, cells) for text in (called, returned, words)
            )
        note = Code.CHECK(called=called, returned=returned, text=words)
        if isinstance(error, Differs) and student and examination.alone:
            seen = describe_pattern(error.got, error.want, student.sizes)
        reply = student.last_reply if student and returned else None
        words += ", got None" if isinstance(reply, Returned) and reply.value is None else ""
        is_about_call = True
    elif ran_out(error):
        status, note = Status.OUT_OF_MEMORY, Code.TOO_LARGE(called=called, returned=returned)
    else:
        status, note = Status.UNJUDGED, Code.CRASHED(called=called, kind=type(error).__name__)
        crash = readable(_crash(error, checks))
    diagnosis = (
        _general_misconception(words, examination, exercise, source, line) if words else None
    )
    package = lacking_package(note)
    if package:
        note, diagnosis, is_about_call = (
            Code.LACKS_PACKAGE(called=subject, package=package),
            None,
            False,
        )
    names = examination.assignment.names_of(exercise)
    other = bound_elsewhere(cells, exercise, names, cell_id) if called else []
    if other:
        note, is_about_call = note.added(*other), False
    return Finding(
        check,
        cell_id,
        status,
        note,
        diagnosis,
        crash,
        asked=examination.asked_since(exercise),
        seen=seen,
        wanted=list(getattr(error, "wanted", ())),
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
    texts = [text for text in note.params.values() if isinstance(text, str)]
    return next((found[1] for text in texts if (found := NO_MODULE.search(text))), "")


def syntax(source: str, kind: str, note: Note) -> Note:
    """The note on a cell that Python can't read, with the line and what may be wrong there, if the cell's tree can't be made."""
    error, lines = parsed(source), source.splitlines()
    if not isinstance(error, SyntaxError) or not 0 < (number := error.lineno or 0) <= len(lines):
        return note
    line = lines[number - 1]
    place = Code.LINE(number=number, text=line.strip()[:100].replace("\t", " "))
    at = (error.offset or 0) - 1 - (len(line) - len(line.lstrip()))
    # below the letter that Python points at
    caret = {"caret": "^", "column": len(str(number)) + at + 1} if 0 <= at < 100 else {}
    mistake = next((code for part, code in MISTAKES.items() if part in error.msg), Code.TYPO)
    return Code.RAISED(
        called=note.params["called"], error=f"{kind}: {error.msg}", line=place, **caret
    ).added(mistake())


def line_at(examination: Examination, exercise: str, cell: int, line: int) -> Note | None:
    """A line of a notebook's code cell, both counted from 1; None if there is none."""
    lines = examination.lines_at(cell, line) if cell else []
    if not lines:
        return None
    code = Code.LINE if cell == examination.number(exercise) else Code.CELL_LINE
    return code(cell=cell, number=line, text=lines[0][:100])


def keeps_stub(source: str) -> bool:
    """Whether the stub's `raise NotImplementedError()` still stands in a cell."""
    tree = parsed(source)
    nodes = ast.walk(tree) if isinstance(tree, ast.Module) else ()
    raised = [node.exc for node in nodes if isinstance(node, ast.Raise)]
    names = [each.func if isinstance(each, ast.Call) else each for each in raised]
    return any(isinstance(name, ast.Name) and name.id == "NotImplementedError" for name in names)


def bound_elsewhere(
    cells: list[Cell], exercise: str, names: Iterable[str], snapshot: str
) -> list[Note]:
    """The cells that bound the exercise's `names`, which were judged, if not its own, the notebook having run to the cell `snapshot`."""
    ids = [cell.id for cell in cells]
    if snapshot not in ids or exercise not in ids:
        return []
    solution, found = ids.index(exercise), []
    for name in names:
        places = [
            n
            for n, cell in enumerate(cells[: ids.index(snapshot)])
            if cell.done and name in cell.done.bound
        ]
        if places and places[-1] != solution:
            last = places[-1]
            code = Code.BOUND_ANEW if last > solution else Code.BOUND
            found.append(
                code(name=name, cell=last + 1, text=_line_binding(name, cells[last].source))
            )
    return found


def _line_binding(name: str, source: str) -> str:
    """The line of a cell that binds this name; "…" if none is seen to."""
    lines, stars = source.splitlines(), [line for line in source.splitlines() if "import *" in line]
    line = lines[bound(source)[name] - 1] if name in bound(source) else "".join(stars[-1:])
    return line.strip()[:100] or "…"
