"""The messages of failed checks to the student."""

import re
import traceback
from pathlib import Path

from proctor.course.report import Diagnosis, Status, readable
from proctor.errors import Forbidden, Missing, NoTimeLeft, SandboxDied, SandboxTimeout, Unattempted
from proctor.examine.examination import Examination, Finding
from proctor.examine.general import Code, general_misconception, rules
from proctor.examine.look import Differs, look
from proctor.examine.memory import ran_out
from proctor.examine.student import Student, StudentError
from proctor.examine.wording import SYNTAX, bound_elsewhere, keeps_stub, lacks, line_at, syntax
from proctor.sandbox.protocol import ENDED

ABOUT_SIZES = re.compile(r"size of tensor a|cannot be multiplied|out of bounds|out of range|is invalid for input")


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
    if isinstance(error, Unattempted):
        status, message = Status.NOT_ATTEMPTED, str(error)
    elif isinstance(error, Missing):
        status, message = Status.MISSING, str(error)
    elif isinstance(error, Forbidden):
        status, message = Status.FORBIDDEN, str(error)
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
        status = (
            Status.OUT_OF_MEMORY if error.kind == "MemoryError" or "allocate memory" in str(error) else Status.ERROR
        )
        said = str(error) if called or error.kind not in SYNTAX else syntax(source, str(error))
        # what the check itself does with what came back is no line of the notebook; in a kernel the lines aren't known
        outside = examination.session and not any(error.place) and ABOUT_SIZES.search(str(error))
        words, message = f"{error.kind}: {error}", f"{called or 'its cell'} raised {error.kind}: {said}".rstrip(": ")
        words, plain = "" if outside else words, message
        line = line_at(cells, exercise, *error.place)
        if not said and line:
            message += f"\n{line}"
        if error.kind == "NotImplementedError" and keeps_stub(source):
            message += "\nThe stub's last line, `raise NotImplementedError()`, still stands in it."
    elif isinstance(error, AssertionError):
        # pytest adds the source of a bare assert, which is nobody's business
        words = str(error).split("\nassert ")[0]
        message = plain = f"{shown}\n{words}"
        if isinstance(error, Differs) and student:
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
    examination.failed(cell_id, seen)
    asked = student.last_request if student and called and message == plain else None
    return Finding(check, cell_id, status, readable(message.strip()), diagnosis, crash, asked)


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
