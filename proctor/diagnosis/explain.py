"""The messages of failed checks to the student.

The source of the cells adds to some: the line that can't be read, the cell that bound a name anew.
For wording alone: no verdict depends on it, and a source that can't be read adds nothing.
"""

import ast
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from proctor.course.cells import bound, parsed, tree_of
from proctor.course.codes import Code, Note
from proctor.course.foreign import ABOUT_SIZES, INDENTATION, NEVER_CLOSED, NO_MODULE, UNTERMINATED
from proctor.course.report import Diagnosis, readable
from proctor.diagnosis.general import AnswerCode, general_misconception, rules
from proctor.diagnosis.patterns import describe_pattern
from proctor.errors import Forbidden, Noted, NoTimeLeft, SandboxDied, SandboxTimeout
from proctor.grading.examination import Examination, Finding
from proctor.grading.hidden import in_checks
from proctor.grading.student import Differs, Student, StudentError
from proctor.sandbox.cell import Cell
from proctor.sandbox.protocol import Opaque, Probe, Returned, Trip
from proctor.sandbox.wording import bare
from proctor.session.budget import ran_out

SYNTAX = ("SyntaxError", "IndentationError", "TabError")
# by Python's words about a line that it can't read
MISTAKES = {
    NEVER_CLOSED: Code.OPEN_BRACKET,
    UNTERMINATED: Code.OPEN_QUOTE,
    INDENTATION: Code.INDENTATION,
}


def explain(finding: Finding, examination: Examination) -> None:
    """Puts the words about a failure into its finding."""
    exercise = examination.assignment.exercise_of(finding.cell)
    words = _Words(finding, examination, exercise)
    failure, line = words.on_error()
    if failure:
        finding.diagnosis = _general_misconception(failure, examination, exercise, line)
    package = lacking_package(finding.note)
    if package:
        finding.note = Code.LACKS_PACKAGE(called=words.subject, package=package)
        finding.diagnosis = None
        finding.question = None
    if words.called:
        names = examination.assignment.names_of(exercise)
        other = bound_elsewhere(examination.cells, exercise, names, finding.cell)
        if other:
            finding.note = finding.note.added(*other)
            finding.question = None


class _Words:
    """The words about one failure, by the kind of its error."""

    def __init__(self, finding: Finding, examination: Examination, exercise: str):
        self.finding = finding
        self.examination = examination
        self.exercise = exercise
        self.source = examination.source(exercise)
        self.called = ""
        self.returned = ""
        if finding.student:
            self.called = finding.student.last_call
            self.returned = finding.student.last_value
        self.subject = self.called or Code.CELL_OF(exercise=exercise)

    def on_error(self) -> tuple[str, str]:
        """Sets the finding's note; gives the failure's own words, which show a misconception, and
        the line that raised it.
        """
        finding = self.finding
        error = finding.error
        if isinstance(error, Noted):
            finding.note = error.note
        elif isinstance(error, Forbidden):
            finding.note = self.on_forbidden(error.args[0])
        elif isinstance(error, SandboxTimeout):
            finding.note = self.on_timeout(error)
        elif isinstance(error, SandboxDied):
            finding.note = Code.ENDED_PROCESS(called=self.subject, why=str(error))
        elif isinstance(error, StudentError):
            return self.on_students_error(error)
        elif isinstance(error, AssertionError):
            return self.on_difference(error), ""
        elif ran_out(error):
            finding.note = Code.TOO_LARGE(called=self.called, returned=self.returned)
        else:
            finding.note = Code.CRASHED(called=self.called, kind=type(error).__name__)
            finding.crash = readable(_crash(error, self.examination.assignment.checks))
        return "", ""

    def on_forbidden(self, trip: Trip) -> Note:
        """The note on a forbidden operation: its name, and the line that uses it."""
        examination = self.examination
        if not examination.may_quote(self.exercise):
            # a trip is the sandbox's word: only a line that was handed in is shown
            lines = [line[:200] for line in examination.lines_at(trip.cell, trip.line)]
            if trip.cell == 0:
                lines = [line for line in lines if line == trip.text]
            ruled_out = in_checks(examination.assignment, "FORBIDDEN").get(self.exercise, [])
            name = "a built-in"
            if trip.name in ruled_out:
                name = trip.name
            trip = Trip(name, trip.cell, trip.line, "".join(lines[:1]))
        if not trip.text:
            return Code.FORBIDDEN(exercise=self.exercise, name=trip.name)
        is_elsewhere = trip.cell not in (0, examination.number(self.exercise))
        code = Code.CELL_LINE if is_elsewhere else Code.LINE
        line = code(cell=trip.cell, number=trip.line, text=trip.text)
        return Code.FORBIDDEN_LINE(name=trip.name, line=line)

    def on_timeout(self, error: SandboxTimeout) -> Note:
        """The note on a cell that never ended, a call that took too long, or one that did not
        run.
        """
        for cell in self.examination.cells:
            if cell.id == self.exercise and cell.done and cell.done.error_name == "Timeout":
                return Code.NEVER_ENDED(exercise=self.exercise)
        code = Code.DID_NOT_RUN if isinstance(error, NoTimeLeft) else Code.TOO_SLOW
        return code(called=self.subject, why=str(error))

    def on_students_error(self, error: StudentError) -> tuple[str, str]:
        """Sets the note on an error that the student's code raised; see `on_error`."""
        finding, examination, student = self.finding, self.examination, self.finding.student
        kind, said = error.kind, str(error)
        # a cell ran before any question
        is_hidden = bool(self.called) and not examination.may_quote(self.exercise)
        if is_hidden:
            kind, said = error.builtin_kind, "…"
        place = line_at(examination, self.exercise, *error.place)
        line = place.params["text"] if place else ""
        # an error between two calls of a probe is in no line of the notebook; in a kernel the lines
        # aren't known
        is_outside = examination.session is not None and not any(error.place)
        # the parameters are the answer's own: `fit() got an unexpected keyword argument`
        names = tuple(examination.assignment.names_of(self.exercise))
        is_probe = student is not None and isinstance(student.last_request, Probe)
        code = Code.RAISED
        if is_outside and is_probe and not str(error).startswith(names):
            code = Code.CHECK_STOPPED
        note = code(
            called=self.subject,
            error=f"{kind}: {said}".rstrip(": "),
            line=is_hidden and place,
        )
        if not self.called and kind in SYNTAX:
            note = syntax(self.source, kind, note)
        stub_is_kept = error.kind == "NotImplementedError" and keeps_stub(self.source)
        if stub_is_kept:
            note = note.added(Code.KEEPS_STUB())
        if error.wanted:
            # this line refuses nothing that is allowed: no hint may say so
            note = note.added(Code.WANTED(errors=" or ".join(error.wanted)))
            line = ""
        if not stub_is_kept:
            self.blame_question()
        finding.note = note
        # the check itself may do this with the answer: it is no line of the notebook
        if is_outside and ABOUT_SIZES.search(str(error)):
            return "", line
        return f"{kind}: {said}", line

    def on_difference(self, error: AssertionError) -> str:
        """Sets the note on an answer that differs from the expected one; gives the failure's own
        words.
        """
        finding, examination, student = self.finding, self.examination, self.finding.student
        # pytest adds the source of a bare assert, which is nobody's business
        words = str(error).split("\nassert ")[0]
        if student and not examination.may_quote(self.exercise):
            cells = examination.cells
            self.called = without_strings(self.called, student, cells)
            self.returned = without_strings(self.returned, student, cells)
            words = without_strings(words, student, cells)
        finding.note = Code.CHECK(called=self.called, returned=self.returned, text=words)
        if isinstance(error, Differs) and student and examination.alone:
            finding.seen = describe_pattern(error.got, error.want)
        self.blame_question()
        if student and self.returned:
            reply = student.last_reply
            if isinstance(reply, Returned) and reply.value is None:
                words += ", got None"
        return words

    def blame_question(self) -> None:
        """Notes that the last call alone failed, so that a smaller one may be shown in its
        place.
        """
        if self.finding.student and self.called:
            self.finding.question = self.finding.student.last_request


def without_strings(text: str, student: Student, cells: list[Cell]) -> str:
    """A text with "…" for each string of the student's last reply that is nowhere in the notebook:
    it could hold any input.
    """
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
    elif isinstance(value, dict):
        yield from _strings_in([*value, *value.values()])
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _strings_in(each)


def _crash(error: BaseException, checks: Path) -> str:
    """The error that a check itself raised, with the line of its file: for its author."""
    frames = traceback.extract_tb(error.__traceback__)
    place = frames[-1]
    for frame in frames:
        if frame.filename == str(checks):
            place = frame
    said = traceback.format_exception_only(error)[-1].strip()
    return f"{said}\n{Path(place.filename).name}, line {place.lineno}: `{place.line}`"


def _general_misconception(
    words: str, examination: Examination, exercise: str, line: str
) -> Diagnosis | None:
    """The misconception that these words of a failure show; its hint is worded by the answer's
    source.
    """
    assignment = examination.assignment
    others = [cell.source for cell in examination.cells]
    source = examination.source(exercise)
    answer = AnswerCode(
        assignment.names_of(exercise), source, assignment.stubs[exercise], others, line
    )
    return general_misconception(words, answer, rules(assignment.general_rules))


def lacking_package(note: Note) -> str:
    """The package that isn't there and that a failed answer needs; empty if there is none."""
    for text in note.params.values():
        if isinstance(text, str):
            found = NO_MODULE.search(text)
            if found:
                return found[1]
    return ""


def syntax(source: str, kind: str, note: Note) -> Note:
    """The note on a cell that Python can't read, with the line and its likely mistake, if the
    cell's tree can't be made.
    """
    error, lines = parsed(source), source.splitlines()
    if not isinstance(error, SyntaxError) or not 0 < (number := error.lineno or 0) <= len(lines):
        return note
    line = lines[number - 1]
    place = Code.LINE(number=number, text=line.strip()[:100].replace("\t", " "))
    at = (error.offset or 0) - 1 - (len(line) - len(line.lstrip()))
    caret = {}
    if 0 <= at < 100:
        # below the letter that Python points at
        caret = {"caret": "^", "column": len(str(number)) + at + 1}
    mistake = next((code for part, code in MISTAKES.items() if part in error.msg), Code.TYPO)
    return Code.RAISED(
        called=note.params["called"], error=f"{kind}: {error.msg}", line=place, **caret
    ).added(mistake())


def line_at(examination: Examination, exercise: str, cell: int, line: int) -> Note | None:
    """A line of a notebook's code cell, both counted from 1; None if there is none."""
    if not cell:
        return None
    lines = examination.lines_at(cell, line)
    if not lines:
        return None
    code = Code.LINE if cell == examination.number(exercise) else Code.CELL_LINE
    return code(cell=cell, number=line, text=lines[0][:100])


def keeps_stub(source: str) -> bool:
    """Whether the stub's `raise NotImplementedError()` still stands in a cell."""
    for node in ast.walk(tree_of(source)):
        match node:
            case ast.Raise(ast.Name("NotImplementedError")):
                return True
            case ast.Raise(ast.Call(ast.Name("NotImplementedError"))):
                return True
    return False


def bound_elsewhere(
    cells: list[Cell], exercise: str, names: Iterable[str], snapshot: str
) -> list[Note]:
    """The cells other than the exercise's own whose definitions of its `names` were judged; the
    checks saw the names as they were at the cell `snapshot`.
    """
    ids = [cell.id for cell in cells]
    if snapshot not in ids or exercise not in ids:
        return []
    solution = ids.index(exercise)
    found = []
    for name in names:
        last = solution
        for place, cell in enumerate(cells[: ids.index(snapshot)]):
            if cell.done and name in cell.done.bound:
                last = place
        if last != solution:
            code = Code.BOUND_ANEW if last > solution else Code.BOUND
            line = _line_binding(name, cells[last].source)
            found.append(code(name=name, cell=last + 1, text=line))
    return found


def _line_binding(name: str, source: str) -> str:
    """The line of a cell that binds this name; "…" if none is seen to."""
    lines = source.splitlines()
    found = ""
    if name in bound(source):
        found = lines[bound(source)[name] - 1]
    else:
        for line in lines:
            if "import *" in line:
                found = line
    return found.strip()[:100] or "…"
