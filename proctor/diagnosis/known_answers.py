"""Names the misconception behind a wrong answer: that of the known answer which does the same with
everything asked.

Every question that the hidden checks put to a failing exercise, and every reply to it, was kept.
The same questions are put to the known wrong answers, in a sandbox of their own; one is named only
if it gives every single reply: the same values, the same errors, the same gradients, the same
arguments afterwards.
"""

import hashlib
import re
from dataclasses import replace
from functools import lru_cache

from proctor.course import Assignment, grade_id
from proctor.course.answers import Answer, known
from proctor.errors import SandboxDied, SandboxTimeout, WireError
from proctor.grading.examination import all_forbidden
from proctor.grading.hidden import stand_ins_of
from proctor.grading.replies import EXACT, LOOSE, STRICT, same
from proctor.sandbox import protocol
from proctor.sandbox.cell import Cell, Limits
from proctor.sandbox.launcher import fork_server
from proctor.sandbox.protocol import SandboxConfig
from proctor.session.session import Session
from proctor.session.transcript import Transcript

LIMITS = Limits(cell=15, call=20, exercise=20, notebook=300)  # the known answers all come to an end
# replies, of a kilobyte or two: enough for a class of wrong answers
REMEMBERED = 40_000
# a parameter whose default, which all calls share, can change
KEEPS = re.compile(r"^\s*def .*=\s*(\{|\[|set\(|dict\(|list\()", re.MULTILINE)
# a question and its reply
Entry = tuple[bytes, protocol.Answer]
# a question, and the known answer that it is put to
Question = tuple[bytes, Answer]
# a known answer and its replies
Given = tuple[Answer, list[protocol.Answer | None]]
# a class gets the same questions, so its second wrong answer costs nothing
_replies: dict[bytes, protocol.Answer | None] = {}


_current: "Replayer | None" = None


def replayer_of(assignment: Assignment) -> "Replayer":
    """The replayer of an assignment, kept from call to call: its sandbox has run the reference
    solutions already.
    """
    global _current
    replayer = Replayer(assignment)
    old = _current
    if old and (old.assignment, old.setting) == (assignment, replayer.setting):
        old.begin()
        return old
    if old:
        old.close()
    _current = replayer
    return replayer


@lru_cache(2000)
def _digest(request: bytes) -> bytes:
    return hashlib.sha256(request).digest()


# equal replies are one object
_decoded = lru_cache(REMEMBERED)(protocol.decode_answer)


class Replayer:
    """A sandbox with the reference solutions; a wrong answer takes the place of one of them."""

    def __init__(self, assignment: Assignment):
        self.assignment = assignment
        solved = {name: cell.source for name, cell in assignment.locked.items()}
        solved |= assignment.solutions
        self._sources = list[str]()
        for cell in assignment.released.cells:
            name = grade_id(cell)
            if name in solved and name not in assignment.graded:
                self._sources.append(solved[name])
        self.reference = {
            name: Answer(name, "", source) for name, source in assignment.solutions.items()
        }
        self._forbidden = all_forbidden(assignment)
        setting = self._sources, stand_ins_of(assignment), self._forbidden
        self.setting = hashlib.sha256(repr(setting).encode()).digest()
        self._session: Session | None = None

    def begin(self) -> None:
        """Begins anew: with all of the time, and no sandbox around which the grader has failed."""
        if self._session is None:
            return
        if self._session.link.faults or self._session.link.server is not fork_server():
            self.close()
            return
        self._session.renew()
        # the last cell will run again: with it, known answers forget all that they keep of one
        # student's questions
        self._session.position = min(self._session.position, len(self._sources) - 1)

    def known(self, exercise: str) -> list[Answer]:
        """The known wrong answers to an exercise, the simplest first, each also with its other
        constants.
        """
        path = self.assignment.wrong_answers / f"{exercise}.py"
        simplest = [answer for answer in known(path) if not answer.like]
        simplest.sort(key=lambda answer: len(answer.source) - 2 * len(answer.id))
        found = list[Answer]()
        for answer in simplest:
            found.append(answer)
            for constant in answer.constants[1:]:
                source = answer.source.replace(answer.constants[0], constant)
                found.append(replace(answer, source=source))
        return found

    def recognise(self, exercise: str, transcript: Transcript, failed: list[str]) -> Answer | None:
        """The simplest wrong answer that gives every reply in `transcript`, to rounding or else to
        the checks' tolerance.

        If the reference gives them too, only one that fails one of the `failed` cells, and equals
        the replies to the last bit, is meant.
        """
        if not transcript:
            return None
        found = self.known(exercise)
        tolerance = LOOSE
        if self.explaining([self.reference[exercise]], transcript):
            found = [answer for answer in found if set(failed) & set(answer.fails)]
            tolerance = EXACT
        found = self.explaining(found, transcript, tolerance)
        return next(iter(self.explaining(found, transcript, STRICT) or found), None)

    @property
    def seconds(self) -> float:
        """The seconds that its sandbox has taken for this submission."""
        return self._session.budget.seconds if self._session else 0.0

    def explaining(
        self, answers: list[Answer], transcript: Transcript, tolerance: float = LOOSE
    ) -> list[Answer]:
        """Those of these answers that give every reply in `transcript`, each beside the reference
        solutions of all else.
        """
        entries = list(transcript)
        keeping = [answer for answer in answers if KEEPS.search(answer.source)]
        others = [answer for answer in answers if answer not in keeping]
        found = self._giving(keeping, entries, tolerance)
        if others:
            found += self._giving(others, self._wrong_first(others[0], entries), tolerance)
        return [answer for answer in answers if answer in found]

    def _wrong_first(self, answer: Answer, entries: list[Entry]) -> list[Entry]:
        """The questions with their replies: the first, which a whole class gets, and then those
        whose reply isn't the reference solution's, since few known answers give it, too.
        """
        reference = self.reference[answer.exercise]
        right = self.replies_to([(request, reference) for request, _ in entries])
        is_right = [same(want, reply, LOOSE) for want, (_, reply) in zip(right, entries)]
        is_right[0] = False
        wrong = [entry for entry, right in zip(entries, is_right) if not right]
        return wrong + [entry for entry, right in zip(entries, is_right) if right]

    def _giving(
        self, answers: list[Answer], entries: list[Entry], tolerance: float
    ) -> list[Answer]:
        """Those of these answers that give every reply."""
        left = [*answers]
        begin = 0
        while left and begin < len(entries):
            # most answers differ at once; the others get twice as many questions each time
            end = 2 * begin + 1
            requests = [request for request, _ in entries[:end]]
            asked = [self._in_order(answer, requests) for answer in left]
            new = requests[begin:]
            replies = self.replies_to([(request, each) for each in asked for request in new])
            given = []
            for number, answer in enumerate(left):
                first = number * len(new)
                given.append((answer, replies[first : first + len(new)]))
            for place, (_, reply) in enumerate(entries[begin:end]):
                given = _which_gave(reply, place, given, tolerance)
            left = [answer for answer, _ in given]
            begin = end
        return left

    def _in_order(self, answer: Answer, requests: list[bytes]) -> Answer:
        """The answer; if its replies depend on the questions before, one that has got these alone,
        in their order.
        """
        if not KEEPS.search(answer.source):
            return answer
        series = hashlib.sha256(b"".join(map(_digest, requests))).hexdigest()
        answer = replace(answer, source=f"{answer.source}\n# {series}")
        self.replies_to([(request, answer) for request in requests])
        return answer

    def replies_to(self, questions: list[Question]) -> list[protocol.Answer | None]:
        """The replies to questions that a class is asked, each put to a known answer once; None if
        there is none in time.
        """
        names = [self._name(*each) for each in questions]
        self._ask(dict(zip(names, questions)))
        return [_replies.get(name) for name in names]

    def _ask(self, questions: dict[bytes, Question]) -> None:
        """Asks all unknown questions in one message: by itself, a question takes four times as
        long.
        """
        while left := {name: each for name, each in questions.items() if name not in _replies}:
            replies: list[protocol.Answer | None] = [*self.replies([*left.values()])]
            if not replies and len(left) > 1:
                # one of them takes long, or much memory
                for name, each in left.items():
                    self._ask({name: each})
                return
            if len(_replies) >= REMEMBERED:
                _replies.clear()
            _replies.update(zip(left, replies or [None]))

    def _name(self, request: bytes, answer: Answer) -> bytes:
        return hashlib.sha256(self.setting + answer.source.encode() + _digest(request)).digest()

    def replies(self, questions: list[Question]) -> list[protocol.Answer]:
        """The replies in the sandbox to the first of these questions, each put to a known answer;
        none if there is none in time.
        """
        try:
            if self._session is None:
                cells = [Cell(source) for source in self._sources]
                stand_ins = stand_ins_of(self.assignment)
                setup = SandboxConfig(stand_ins=stand_ins, forbidden=self._forbidden)
                self._session = Session(fork_server(), cells, LIMITS, setup)
            self._session.run_all()
            requests = [request for request, _ in questions]
            came = self._session.ask_batch(requests, "", [answer.source for _, answer in questions])
            replies = [_decoded(reply) for reply in came or ()]
        except (SandboxDied, SandboxTimeout, WireError):
            replies = []
        except BaseException:
            # after an interrupt, the sandbox may still be running
            self.close()
            raise
        if not replies:
            self.close()
        return replies

    def close(self) -> None:
        """Ends the sandbox."""
        if self._session is not None:
            self._session.close()
            self._session = None


def _which_gave(
    reply: protocol.Answer, place: int, given: list[Given], tolerance: float
) -> list[Given]:
    """Those answers whose reply at this place is the same."""
    # many answers give one reply: it is compared once
    compared = dict[int, bool]()
    found = []
    for answer, replies in given:
        ours = replies[place]
        if id(ours) not in compared:
            compared[id(ours)] = same(ours, reply, tolerance)
        if compared[id(ours)]:
            found.append((answer, replies))
    return found
