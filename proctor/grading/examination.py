"""One submission under examination: the session that answers, and the failures found so far."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol

from proctor.course import Assignment, untouched
from proctor.course.codes import Code, Note
from proctor.course.report import Diagnosis, Status, Verdict, message_of
from proctor.errors import (
    Forbidden,
    Missing,
    Noted,
    NoTimeLeft,
    SandboxDied,
    SandboxTimeout,
    Unattempted,
)
from proctor.grading.hidden import in_checks, stand_ins_of
from proctor.grading.student import Student, StudentError
from proctor.grading.values import in_numbers
from proctor.sandbox.cell import Cell, CellDone, Limits
from proctor.sandbox.launcher import Server
from proctor.sandbox.protocol import Answer, Question, SandboxConfig
from proctor.sandbox.wording import describe
from proctor.session.budget import Budget, ran_out
from proctor.session.session import Session
from proctor.session.transcript import Transcript
from proctor.submission import Submission

STATUS_OF: dict[type[BaseException], Status] = {
    Unattempted: Status.NOT_ATTEMPTED,
    Missing: Status.MISSING,
    Forbidden: Status.FORBIDDEN,
}


@dataclass
class Finding:
    """The failure of one check, as data.

    - `asked`: the part of its exercise's transcript that the check made
    - `student`: the check's student, with the last question and its answer; None if there was
      nothing to call
    - `stand_ins`, `graded`: those of its examination

    `proctor.diagnosis` adds the words: `note`; `diagnosis`, if a general misconception shows in the
    failure; `crash`, for the check's author, if the check itself raised; `seen`, the pattern in the
    wrong value; `question`, the last one if the answer to it was wrong; `shown`, the small call in
    its place, and the answer to it.
    """

    check: str
    cell: str
    error: BaseException
    asked: slice = field(default_factory=lambda: slice(0))
    student: Student | None = None
    stand_ins: list[str] = field(default_factory=list)
    graded: dict[str, str] = field(default_factory=dict)
    note: Note = field(default_factory=Note)
    diagnosis: Diagnosis | None = None
    crash: str = ""
    seen: Note | None = None
    question: Question | None = None
    shown: tuple[bytes, Answer] | None = None

    @property
    def status(self) -> Status:
        """The status of a cell that this check fails."""
        error = self.error
        if type(error) in STATUS_OF:
            return STATUS_OF[type(error)]
        if isinstance(error, SandboxTimeout):
            return Status.TIMEOUT
        if isinstance(error, SandboxDied):
            return Status.DIED
        if ran_out(error):
            return Status.OUT_OF_MEMORY
        if isinstance(error, StudentError):
            return Status.ERROR
        return Status.FAILED if isinstance(error, AssertionError) else Status.UNJUDGED

    @property
    def wanted(self) -> list[str]:
        """The names of the errors that the check expected."""
        return list(getattr(self.error, "wanted", ()))

    @property
    def message(self) -> str:
        """The sentence of its note."""
        return message_of(self.note)


class Answering(Protocol):
    """A `Session`, or the kernel of a notebook."""

    budget: Budget
    transcript: dict[str, Transcript]

    def ask(self, request: Question, name: str, keep: bool = True) -> Answer: ...

    def second_run(self, cells: list[Cell], stand_ins: dict[str, str]) -> "Answering": ...

    def close(self) -> None: ...


@dataclass
class Examination:
    """One notebook under examination: `asks` answers questions about it, and `findings` are the
    failures found so far.

    - `seed`: decides the inputs of the checks
    - `session`: the same as `asks`, if the notebook runs in a sandbox
    - `excused`, by exercise: the reason why its solution cell doesn't run
    - `remarks`, by graded cell: the remark of a passed check
    - `wanted`: the graded cells to judge; None for all of them
    - `known`: the verdicts, found earlier, on graded cells that are not judged now
    - `judged`: the graded cells whose hidden checks have all run
    - `stand_ins`: the names that mean stand-ins
    - `graded`: by name, the graded cell at which the name has the meaning that is judged
    - `moved`, by exercise: the number of the cell behind which its graded cells run, to judge the
      meaning of its name there
    - `alone`: whether the inputs are drawn for this notebook alone, so that messages may hold them
    - `reveals`: whether the report may give the answers to the predictions
    - `in_class`: whether others get the same questions, and the stand-ins are secret
    """

    assignment: Assignment
    asks: Answering
    session: Session | None = None
    excused: dict[str, Noted] = field(default_factory=dict)
    seed: int = 0
    findings: list[Finding] = field(default_factory=list)
    remarks: dict[str, str] = field(default_factory=dict)
    wanted: set[str] | None = None
    known: dict[str, Verdict] = field(default_factory=dict)
    judged: set[str] = field(default_factory=set)
    stand_ins: list[str] = field(default_factory=list)
    graded: dict[str, str] = field(default_factory=dict)
    moved: dict[str, float] = field(default_factory=dict)
    alone: bool = False
    reveals: bool = False
    in_class: bool = True

    def student(self, cell_id: str, forbidden: dict[str, list[str]], seed: int) -> Student:
        """The student for a check of this graded cell, after the notebook has run.

        Raises if there is nothing to ask.
        """
        exercise = self.assignment.graded[cell_id].exercise
        self._require(exercise)
        meaning: dict[str, Any] = {
            "snapshot": cell_id,
            "stand_ins": self.stand_ins,
            "graded": self.graded,
        }
        words: Callable[[Any], str] = in_numbers if self.alone else describe
        return Student(
            self.asks.ask,
            exercise,
            meaning,
            forbidden.get(exercise, []),
            seed,
            self.assignment.parameters,
            words,
        )

    def _require(self, exercise: str) -> None:
        """Raises the reason if the notebook defines none of the exercise's names."""
        if self.session is not None:
            self.session.run_all()
            if self.defines(exercise):
                return
        if exercise in self.excused:
            raise self.excused[exercise]
        for cell in self.cells:
            if cell.id == exercise and cell.done is not None and cell.done.error_name:
                raise _broken(cell.done, bool(self.stand_ins) and self.in_class)

    @property
    def cells(self) -> list[Cell]:
        """The code cells of a notebook in a sandbox; none of one in a kernel."""
        return self.session.cells if self.session is not None else []

    @property
    def to_judge(self) -> set[str]:
        """The graded cells to judge."""
        return set(self.assignment.graded) if self.wanted is None else self.wanted

    def first_finding(self, cell_id: str) -> Finding | None:
        """The first failure of a check of this graded cell."""
        for finding in self.findings:
            if finding.cell == cell_id:
                return finding
        return None

    def first_findings(self) -> list[Finding]:
        """The first failure of each graded cell to judge, in the order of the release."""
        found = []
        for cell in self.assignment.graded:
            finding = self.first_finding(cell)
            if finding is not None and cell in self.to_judge:
                found.append(finding)
        return found

    @property
    def budget(self) -> Budget:
        """The use of the submission's budget so far."""
        return self.asks.budget

    @cached_property
    def defined(self) -> set[str]:
        """The exercises' names that the notebook defines, in whichever cell."""
        found = set[str]()
        for cell in self.cells:
            if cell.done is not None:
                found.update(name for name, is_theirs in cell.done.bound.items() if is_theirs)
        return found

    def defines(self, exercise: str) -> bool:
        """Whether the notebook, which has run in a sandbox, defines one of the exercise's names."""
        return not self.defined.isdisjoint(self.assignment.names_of(exercise))

    def number(self, exercise: str) -> int:
        """The number of the exercise's cell among the code cells, counted from 1; 0 if it is not
        known.
        """
        return next((cell.number for cell in self.cells if cell.id == exercise), 0)

    def source(self, exercise: str) -> str:
        """The source of the exercise's cell; empty if it is not known."""
        return next((cell.source for cell in self.cells if cell.id == exercise), "")

    def lines_at(self, cell: int, line: int) -> list[str]:
        """The line of this number in a code cell, both counted from 1; with the cell 0, in each of
        the student's own modules.
        """
        if self.session is None:
            return []
        sources = [each.source for each in self.cells if each.number == cell]
        if cell == 0:
            sources = []
            for name, data in self.session.link.setup.files.items():
                if name.endswith(".py"):
                    sources.append(data.decode(errors="replace"))
        found = []
        for source in sources:
            lines = source.splitlines()
            if 0 < line <= len(lines):
                found.append(lines[line - 1].strip())
        return found

    def may_quote(self, exercise: str) -> bool:
        """Whether messages on an exercise may quote the student's code: it knows neither a class's
        inputs nor its stand-ins.

        Questions about values hold no inputs.
        """
        knows_stand_ins = self.in_class and bool(self.stand_ins)
        return not knows_stand_ins and (self.alone or self.assignment.exercises[exercise].is_value)

    @property
    def builds_on(self) -> bool:
        """Whether questions use stand-ins or graded definitions."""
        return bool(self.stand_ins or self.graded)

    def places(self, exercise: str) -> tuple[int, int]:
        """The places of the first and the last graded cell of an exercise among the cells."""
        found = []
        for place, cell in enumerate(self.cells):
            if cell.exercise == exercise and cell.id != exercise:
                found.append(place)
        return found[0], found[-1]

    def bound(self, exercise: str, after: int, before: int | None = None) -> list[int]:
        """The numbers of the cells between two places that bind one of the exercise's names
        anew.
        """
        names = set(self.assignment.names_of(exercise))
        found = []
        for cell in self.cells[after + 1 : before]:
            if cell.done is not None and names.intersection(cell.done.bound):
                found.append(cell.number)
        return found

    def second_run(
        self, exercise: str, stand_ins: list[str], graded: dict[str, str], moved: dict[str, float]
    ) -> "Examination":
        """The same notebook in another sandbox, to ask about an exercise, or about all, with
        stand-ins for these names only.

        In the exercise's own cells, its names have the notebook's own meaning. The first sandbox
        ends.
        """
        known = stand_ins_of(self.assignment)
        sources = {name: known[name] for name in stand_ins}
        excused = {}
        if self.session is None:
            asks, session = self.asks.second_run([], sources), None
        else:
            cells = self._cells_again(exercise, stand_ins, graded)
            cells.sort(key=lambda cell: _order(cell, moved))
            self.session.close()
            asks = session = self.session.second_run(cells, sources)
            excused = self.excused
        return Examination(
            self.assignment,
            asks,
            session,
            excused,
            self.seed,
            stand_ins=stand_ins,
            graded=graded,
            alone=self.alone,
            in_class=self.in_class,
        )

    def _cells_again(
        self, exercise: str, stand_ins: list[str], graded: dict[str, str]
    ) -> list[Cell]:
        """Copies of the cells that questions about the exercise need, or about all, with stand-ins
        and graded definitions.
        """
        cells = list[Cell]()
        last = -1
        for place, cell in enumerate(self.cells):
            own_names = set[str]()
            if exercise and cell.exercise == exercise:
                own_names.update(self.assignment.names_of(exercise))
                last = place
            others = [name for name in stand_ins if name not in own_names]
            meanings = {name: at for name, at in graded.items() if name not in own_names}
            cells.append(replace(cell, stand_ins=others, graded=meanings, draw=False, done=None))
        for cell in cells[: last + 1]:
            # it has its stand-ins now
            cell.lethal = False
        # no question needs the course's own figures at the end
        shown = self.assignment.released_sources | {""}
        while cells and not cells[-1].exercise and cells[-1].source in shown:
            cells.pop()
        return cells


def _order(cell: Cell, moved: dict[str, float]) -> float:
    return cell.number if cell.exercise == cell.id else moved.get(cell.exercise, cell.number)


def _broken(done: CellDone, hides: bool) -> Exception:
    """The reason why an exercise's cell defines nothing; `hides`: without its own words, as in
    `proctor.grading.student`.
    """
    message = "" if hides else done.error_message
    match done.error_name:
        case "NotRun":
            return NoTimeLeft(message or "…")
        case "Timeout":
            return SandboxTimeout(message)
        case "Died":
            return SandboxDied(message)
    error = StudentError(message)
    if not hides:
        error.kind = done.error_name or error.kind
    return error


def open_examination(
    submission: Submission,
    server: Server,
    limits: Limits | None = None,
    draw: bool = True,
    draw_all: bool = False,
    alone: bool = False,
) -> Examination:
    """Puts a submission in a sandbox, ready to be examined; see `Submission.cells` for `draw` and
    `draw_all`.
    """
    assignment = submission.assignment
    cells = submission.cells(draw, draw_all)
    for exercise in assignment.stubs:
        _blank_stubs(exercise, cells, assignment)
    setup = SandboxConfig(
        submission.files,
        assignment.modules,
        forbidden=all_forbidden(assignment),
        names=tuple(assignment.owners),
    )
    session = Session(server, cells, limits, setup)
    excused = _excused(submission, cells, alone)
    return Examination(assignment, session, session, excused, alone=alone, in_class=not alone)


def _blank_stubs(exercise: str, cells: list[Cell], assignment: Assignment) -> None:
    """Empties untouched stubs: a stub would take the place of an answer in another cell."""
    stub = assignment.stubs[exercise]
    name = assignment.names_of(exercise)[0]
    for cell in cells:
        is_copy = cell.id not in assignment.locked and name in cell.source
        if assignment.exercises[exercise].is_value:
            # the same value may be meant elsewhere: `examples = []`
            is_copy = cell.source == stub
        if (cell.id == exercise or is_copy) and untouched(cell.source, stub):
            cell.source = ""


def _excused(submission: Submission, cells: list[Cell], alone: bool) -> dict[str, Noted]:
    """By exercise, the reason why there is no answer."""
    answered = {cell.id for cell in cells if cell.source}
    found = dict[str, Noted]()
    for exercise in submission.assignment.stubs:
        if exercise in submission.missing:
            code = Code.MISSING_HERE if alone else Code.MISSING
            found[exercise] = Missing(code(exercise=exercise))
        elif exercise not in answered:
            found[exercise] = Unattempted(Code.NOT_ATTEMPTED(exercise=exercise))
    return found


def all_forbidden(assignment: Assignment) -> tuple[str, ...]:
    """The operations that the exercises of an assignment rule out, each name once."""
    found = set[str]()
    for names in in_checks(assignment, "FORBIDDEN").values():
        found.update(names)
    return tuple(sorted(found))
