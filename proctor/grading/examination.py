"""One submission under examination: where its code answers, and what was found so far."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from proctor.course import Assignment, untouched
from proctor.course.codes import Code, Note
from proctor.course.report import Diagnosis, Status, Verdict, message_of
from proctor.errors import Missing, Noted, NoTimeLeft, SandboxDied, SandboxTimeout, Unattempted
from proctor.grading.flags import Flag, same_bits
from proctor.grading.hidden import in_checks, stand_ins_of
from proctor.grading.student import Student, StudentError
from proctor.sandbox.cell import Cell, CellDone, Limits
from proctor.sandbox.launcher import Server
from proctor.sandbox.protocol import Question, SandboxConfig
from proctor.session.budget import Budget
from proctor.session.session import Session
from proctor.submission import Submission

if TYPE_CHECKING:
    from proctor.examine.in_kernel import Here


@dataclass
class Finding:
    """How one check failed; `diagnosis` where a general misconception shows in it; `crash` where the check itself raised.

    `asked`: the part of its exercise's transcript that the check asked. `seen`: the pattern in the wrong value, if there is
    one. `wanted`: the errors that it expected. `question`: the last one, where the answer to it was wrong. `predicted`: it is a prediction of the form that the question asks for.
    `stand_ins` and `graded`: those of its examination.
    """

    check: str
    cell: str
    status: Status
    note: Note = field(default_factory=Note)
    diagnosis: Diagnosis | None = None
    crash: str = ""
    asked: slice = field(default_factory=lambda: slice(0))
    seen: Note | None = None
    wanted: list[str] = field(default_factory=list)
    question: Question | None = None
    predicted: bool = False
    stand_ins: list[str] = field(default_factory=list)
    graded: dict[str, str] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """The sentence of its note."""
        return message_of(self.note)


@dataclass
class Examination:
    """One notebook under examination: where its code answers, and what was found so far.

    - `excused`, by exercise: why its solution cell isn't run
    - `remarks`, by graded cell: what a passed check says
    - `wanted`: the graded cells to judge, all of them where None
    - `known`: the verdicts, found earlier, on graded cells that are not judged now
    - `judged`: the graded cells whose hidden checks have all run
    - `stand_ins`: the names that mean stand-ins
    - `graded`, by name: the graded cell whose snapshot gives its meaning
    - `moved`, by exercise: the number of the cell behind which its graded cells run, to judge it by what its name means there
    - `alone`: whether the inputs are drawn for this notebook alone, so that messages may hold them
    - `reveals`: whether the report may give the answers to the predictions
    - `in_class`: whether others are asked the same, and the stand-ins are secret
    """

    assignment: Assignment
    asks: "Session | Here"
    session: Session | None = None
    excused: dict[str, Noted] = field(default_factory=dict)
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
    _began: int = 0

    def student(self, cell_id: str, forbidden: dict[str, list[str]], seed: int) -> Student:
        """The student for a check of this graded cell, the notebook having run."""
        exercise = self.assignment.graded[cell_id].exercise
        if self.session is not None:
            self._require(self.session, exercise)
        elif exercise in self.excused:
            raise self.excused[exercise]
        self._began = len(self.asks.transcript[exercise])
        return Student(self, cell_id, forbidden.get(exercise, []), seed)

    def asked_since(self, exercise: str) -> slice:
        """The part of the exercise's transcript that the last check of it has asked."""
        return slice(self._began, len(self.asks.transcript[exercise]))

    def first_finding(self, cell_id: str) -> Finding | None:
        """How the first check of a graded cell failed, if one did."""
        return next((finding for finding in self.findings if finding.cell == cell_id), None)

    def _require(self, session: Session, exercise: str) -> None:
        """Raises why there is nothing to ask, where the notebook, having run, defines none of the exercise's names."""
        session.run_all()
        if self.defines(exercise):
            return
        if exercise in self.excused:
            raise self.excused[exercise]
        for cell in session.cells:
            if cell.id == exercise and cell.done is not None and cell.done.error_name:
                raise _broken(cell.done, bool(self.stand_ins) and self.in_class)

    @property
    def budget(self) -> Budget:
        """What all that is done for the submission has used so far."""
        return self.asks.budget

    @cached_property
    def defined(self) -> set[str]:
        """The exercises' names that the notebook defines, in whichever cell."""
        assert self.session is not None, "a kernel runs no notebook"
        found = [cell.done.bound for cell in self.session.cells if cell.done is not None]
        return {name for bound in found for name, is_theirs in bound.items() if is_theirs}

    def number(self, exercise: str) -> int:
        """The number of the exercise's cell among the code cells, counted from 1; 0 where none is known."""
        cells = self.session.cells if self.session else []
        return next((cell.number for cell in cells if cell.id == exercise), 0)

    def lines_at(self, cell: int, line: int) -> list[str]:
        """The line of this number in a code cell, both counted from 1; with the cell 0, in each of the student's own modules."""
        if self.session is None:
            return []
        sources = [each.source for each in self.session.cells if each.number == cell]
        if cell == 0:
            files = self.session.link.setup.files
            sources = [
                files[name].decode(errors="replace") for name in files if name.endswith(".py")
            ]
        lines = [source.splitlines() for source in sources]
        return [each[line - 1].strip() for each in lines if 0 < line <= len(each)]

    def may_quote(self, exercise: str) -> bool:
        """Whether messages on an exercise may quote the student's code: it knows neither a class's inputs nor its stand-ins.

        Values are asked for before any inputs are sent.
        """
        knows_stand_ins = self.in_class and bool(self.stand_ins)
        return not knows_stand_ins and (self.alone or self.assignment.exercises[exercise].is_value)

    @property
    def builds_on(self) -> bool:
        """Whether questions use stand-ins or graded definitions."""
        return bool(self.stand_ins or self.graded)

    def places(self, exercise: str) -> tuple[int, int]:
        """The places of the first and the last graded cell of an exercise among the cells."""
        assert self.session is not None, "a kernel runs no notebook"
        found = [
            place
            for place, cell in enumerate(self.session.cells)
            if cell.exercise == exercise != cell.id
        ]
        return found[0], found[-1]

    def bound(self, exercise: str, after: int, before: int | None = None) -> list[int]:
        """The numbers of the cells between two places that bind one of the exercise's names anew."""
        assert self.session is not None, "a kernel runs no notebook"
        names = self.assignment.names_of(exercise)
        between = self.session.cells[after + 1 : before]
        return [
            cell.number
            for cell in between
            if cell.done is not None and not cell.done.bound.keys().isdisjoint(names)
        ]

    def defines(self, exercise: str) -> bool:
        """Whether the notebook, which has run in a sandbox, defines one of the exercise's names."""
        return bool(self.defined.intersection(self.assignment.names_of(exercise)))

    def second_run(
        self, exercise: str, stand_ins: list[str], graded: dict[str, str], moved: dict[str, float]
    ) -> "Examination":
        """The same notebook once more, to ask about an exercise, or about all, with stand-ins for these names and for no others.

        In the exercise's own cells, its names mean what the notebook defines.
        """
        assignment = self.assignment
        known = stand_ins_of(assignment)
        sources = {name: known[name] for name in stand_ins}
        if self.session is None:
            here = self.asks.second_run([], sources)
            return Examination(
                assignment, here, stand_ins=stand_ins, alone=self.alone, in_class=self.in_class
            )
        cells: list[Cell] = []
        for cell in self.session.cells:
            its_own = bool(exercise) and cell.exercise == exercise
            defined_here = assignment.names_of(exercise) if its_own else ()
            others = [name for name in stand_ins if name not in defined_here]
            meant = {name: at for name, at in graded.items() if name not in defined_here}
            cells.append(
                replace(cell, stand_ins=others, graded=meant, draw=False, trace=False, done=None)
            )
        last = max(
            (number for number, cell in enumerate(cells) if exercise and cell.exercise == exercise),
            default=-1,
        )
        for cell in cells[: last + 1]:
            # it has its stand-ins now
            cell.lethal = False
        # nothing that is asked needs what the course itself shows at the end
        while (
            cells
            and not cells[-1].exercise
            and cells[-1].source in assignment.released_sources | {""}
        ):
            cells.pop()
        cells.sort(
            key=lambda each: (
                each.number if each.exercise == each.id else moved.get(each.exercise, each.number)
            )
        )
        self.session.close()
        session = self.session.second_run(cells, sources)
        second = Examination(
            assignment, session, session, self.excused, alone=self.alone, in_class=self.in_class
        )
        second.stand_ins, second.graded = stand_ins, graded
        return second

    def flags(self) -> list[Flag]:
        """The first answer that gives a built-in's very bits."""
        if self.session is None:
            return []
        built_ins = in_checks(self.assignment, "BUILT_INS")
        for exercise in self.assignment.stubs:
            # only the first one is flagged: those that call it give the same bits, too
            if words := same_bits(built_ins.get(exercise, []), self.asks.transcript[exercise]):
                return [Flag(self.number(exercise), 1, words)]
        return []


def _broken(done: CellDone, hides: bool) -> Exception:
    """Why an exercise's cell defines nothing; `hides`: without its own words, as in `proctor.grading.student`."""
    message = "" if hides else done.error_message
    if done.error_name == "NotRun":
        return NoTimeLeft(message or "…")
    if done.error_name in ("Timeout", "Died"):
        kind = SandboxTimeout if done.error_name == "Timeout" else SandboxDied
        return kind(message)
    error = StudentError(message)
    error.kind = error.kind if hides else done.error_name or error.kind
    return error


def open_examination(
    submission: Submission,
    server: Server,
    limits: Limits | None = None,
    draw: bool = True,
    draw_all: bool = False,
    alone: bool = False,
) -> Examination:
    """Puts a submission in a sandbox, ready to be examined; see `Submission.cells` for `draw` and `draw_all`."""
    assignment, excused = submission.assignment, dict[str, Noted]()
    cells = submission.cells(draw, draw_all)
    for exercise, stub in assignment.stubs.items():
        name = assignment.names_of(exercise)[0]
        for cell in cells:
            is_copy = cell.id not in assignment.locked and name in cell.source
            if assignment.exercises[exercise].is_value:
                # the same value may be meant elsewhere: `examples = []`
                is_copy = cell.source == stub
            # a stub would take the place of an answer in another cell
            if (cell.id == exercise or is_copy) and untouched(cell.source, stub):
                cell.source = ""
        if exercise in submission.missing:
            excused[exercise] = Missing(
                (Code.MISSING_HERE if alone else Code.MISSING)(exercise=exercise)
            )
        elif not any(cell.source for cell in cells if cell.id == exercise):
            excused[exercise] = Unattempted(Code.NOT_ATTEMPTED(exercise=exercise))
    forbidden = all_forbidden(assignment)
    setup = SandboxConfig(
        submission.files, assignment.modules, forbidden=forbidden, names=tuple(assignment.owners)
    )
    session = Session(server, cells, limits, setup)
    return Examination(assignment, session, session, excused, alone=alone, in_class=not alone)


def all_forbidden(assignment: Assignment) -> tuple[str, ...]:
    """The operations that the exercises of an assignment rule out, each name once."""
    return tuple(
        sorted({name for names in in_checks(assignment, "FORBIDDEN").values() for name in names})
    )
