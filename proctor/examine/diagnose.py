"""Names the misconception behind a wrong answer: that of the known answer which does the same with everything asked.

Every question that the hidden checks put to a failing exercise, and every reply to it, was kept. The same questions are
put to the known wrong answers, in a sandbox of their own; one is named only where it gives every single reply: the same
values, the same errors, the same gradients, the same arguments afterwards.
"""

import hashlib
import itertools
import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch

from proctor.course import Assignment, grade_id
from proctor.course.answers import Answer, known
from proctor.course.report import Diagnosis, Verdict
from proctor.errors import SandboxDied, SandboxTimeout, WireError
from proctor.examine.examination import Examination, Finding, all_forbidden
from proctor.examine.hidden import stand_ins_of
from proctor.examine.pairs import merged
from proctor.examine.replies import EXACT, LOOSE, STRICT, same
from proctor.sandbox import protocol
from proctor.sandbox.cell import Cell, Limits
from proctor.sandbox.launcher import fork_server
from proctor.sandbox.protocol import Setup, Transcript
from proctor.sandbox.session import Session

LIMITS = Limits(cell=15, call=20, exercise=20, notebook=300)  # the known answers all come to an end
MANY = 1000  # entries
RANKED = 8  # wrong replies, by which the likeliest wrong answers are found
LIKELIEST = 2  # wrong answers are tried with each other one
REMEMBERED = 40_000  # replies, of a kilobyte or two: those to what a class of wrong answers may take
_Entry = tuple[bytes, protocol.Answer]
# of replies, by name
_Parts = dict[str, protocol.Answer]
# a class is asked the same, so its second wrong answer costs nothing
_replies: dict[bytes, protocol.Answer | None] = {}


def diagnose(examination: Examination, failed: Mapping[str, list[Verdict]]) -> None:
    """Says of each failed cell, by exercise, which misconception is recognised, or else what is seen in what came back.

    Exercises were asked with stand-ins for what each builds on where that has failed too. Where several misconceptions fit,
    the simplest is named.
    """
    replayer = replayer_of(examination.assignment)
    for exercise, cells in failed.items():
        examination.budget.require()
        transcript = examination.asks.transcript[exercise]
        entries = list(transcript)
        checks = {cell.id: entries[_first_failed(cell, examination).asked] for cell in cells}
        cause = replayer.recognise(exercise, transcript, [cell.id for cell in cells])
        if cause is None:
            cause = replayer.pair(exercise, transcript, [check[-1] for check in checks.values() if check])
        if cause is None:
            _name_the_probable_one(exercise, cells, entries, checks, replayer)
        for cell in cells:
            if cause:
                cell.diagnosis = _described(cause)
            elif cell.diagnosis is None:
                cell.message = f"{cell.message}\n{_first_failed(cell, examination).seen}".strip()


def _name_the_probable_one(
    exercise: str,
    cells: list[Verdict],
    entries: list[_Entry],
    failed_checks: Mapping[str, list[_Entry]],
    replayer: "Replayer",
) -> None:
    """Describes the known answer that explains most of the failed cells, in these cells, as the probable cause.

    It explains a cell if it gives every reply to this cell's checks, or to the first check that failed.
    """
    explained = defaultdict[Answer, list[Verdict]](list)
    for cell in cells:
        of_cell = [each for each in entries if protocol.decode_question(each[0]).snapshot == cell.id]
        answer = replayer.recognise(exercise, Transcript(of_cell), [cell.id])
        if answer is None and cell.diagnosis is None:
            answer = replayer.recognise(exercise, Transcript(failed_checks[cell.id]), [cell.id])
        if answer is not None:
            explained[answer].append(cell)
    if explained:
        probable = max(explained, key=lambda answer: len(explained[answer]))
        title = f"Probably: {_in_a_sentence(probable.title)}"
        for cell in explained[probable]:
            cell.diagnosis = {**_described(probable), "title": title}


def _first_failed(cell: Verdict, examination: Examination) -> Finding:
    """How its first check failed; nothing where its own asserts judge it."""
    return examination.first_finding(cell.id) or Finding("", cell.id, cell.status)


_current: "Replayer | None" = None


def replayer_of(assignment: Assignment) -> "Replayer":
    """The replayer of an assignment, kept from call to call: its sandbox has run the reference solutions already."""
    global _current
    replayer = Replayer(assignment)
    if _current is None or (_current.assignment, _current.setting) != (assignment, replayer.setting):
        if _current is not None:
            _current.close()
        _current = replayer
    _current.begin()
    return _current


def _described(cause: Answer) -> Diagnosis:
    return {"id": f"{cause.exercise}.{cause.id}", "title": cause.title, "hint": cause.hint}


def _in_a_sentence(title: str) -> str:
    return title[:1].lower() + title[1:]


def _variants(answer: Answer) -> list[Answer]:
    """The answer, and the same with each other constant that may stand in place of its first."""
    sources = [answer.source.replace(answer.constants[0], constant) for constant in answer.constants[1:]]
    return [answer, *(replace(answer, source=source) for source in sources)]


class Replayer:
    """A sandbox with the reference solutions, where a wrong answer takes the place of one of them."""

    def __init__(self, assignment: Assignment):
        self.assignment = assignment
        solved = {name: cell.source for name, cell in assignment.locked.items()} | assignment.solutions
        order = [grade_id(cell) for cell in assignment.released.cells]
        self._sources = [solved[name] for name in order if name in solved and name not in assignment.graded]
        self.reference = {name: Answer(name, "", source) for name, source in assignment.solutions.items()}
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
        # the last cell will run again: with it, known answers forget what they keep of one student's questions
        self._session.position = min(self._session.position, len(self._sources) - 1)

    def known(self, exercise: str) -> list[Answer]:
        """The known wrong answers to an exercise, the simplest first, each with its variants."""
        found = [answer for answer in known(self.assignment.wrong_answers / f"{exercise}.py") if not answer.like]
        found.sort(key=lambda answer: len(answer.source) - 2 * len(answer.id))
        return [variant for answer in found for variant in _variants(answer)]

    def recognise(self, exercise: str, transcript: Transcript, failed: list[str]) -> Answer | None:
        """The simplest wrong answer that gives every reply in `transcript`, to rounding or else to the checks' tolerance.

        Where the reference gives them too, only one that fails one of the `failed` cells, and equals the replies to the
        last bit, is meant.
        """
        if not transcript:
            return None
        found = self.known(exercise)
        as_right = self.behaves(self.reference[exercise], transcript)
        meant = [answer for answer in found if not as_right or set(failed) & set(answer.fails)]
        # most answers give another reply to the first question
        first, _ = next(iter(transcript))
        self._ask([(first, answer) for answer in meant])
        for tolerance in (EXACT,) if as_right else (STRICT, LOOSE):
            for answer in meant:
                if self.behaves(answer, transcript, tolerance):
                    return answer
        return None

    def pair(self, exercise: str, transcript: Transcript, failed: list[_Entry]) -> Answer | None:
        """Two known wrong answers that in one give every reply in `transcript`: one of the likeliest, and any other.

        Likeliest is what gives most parts of the wrong replies to calls, and of those by which checks have `failed`: to put
        every probe to every known answer would take seconds.
        """
        reference = self.reference[exercise]
        # they are asked out of order here: what one keeps from call to call is not to be taken for what it gives in order
        found = [replace(answer, source=f"{answer.source}\n") for answer in self.known(exercise)]
        calls = [each for each in transcript if isinstance(protocol.decode_question(each[0]), protocol.Call)]
        # what was asked in few words says as much as what has thousands of numbers in it
        asked = sorted(dict([*failed, *calls]).items(), key=lambda each: len(each[0]))
        wrong = [(request, _parts(reply, self.reply_of(request, reference))) for request, reply in asked]
        wrong = [each for each in wrong if each[1]][:RANKED]
        self._ask([(request, answer) for answer in found for request, _ in wrong])
        explained = {answer: self._explained(answer, wrong) for answer in found}
        likely = sorted(filter(explained.get, found), key=lambda answer: -explained[answer])[:LIKELIEST]
        path, names = self.assignment.right_answers / f"{exercise}.py", tuple(self.assignment.names_of(exercise))
        right = [reference.source, *(answer.source for answer in known(path))]
        # those that are wrong first: most pairs end there
        asked = Transcript([*failed, *transcript])
        for one, other in itertools.product(likely, found):
            source = merged(names, right, one.source, other.source) if one != other else None
            both = Answer(exercise, f"{one.id}+{other.id}", source or "")
            if source and self.behaves(both, asked) and self._needs(one, other, transcript):
                title = f"{one.title}, and {_in_a_sentence(other.title)}"
                return replace(both, title=title, hint=f"{one.hint} {other.hint}")
        return None

    def _needs(self, one: Answer, other: Answer, transcript: Transcript) -> bool:
        """Whether each of two answers, by itself, gives another reply than one in `transcript` that few come to."""
        telling = Transcript(entry for entry in transcript if _is_telling(entry[1]))
        return not self.behaves(one, telling) and not self.behaves(other, telling)

    def _explained(self, answer: Answer, wrong: list[tuple[bytes, _Parts]]) -> int:
        """How many of these wrong parts of replies `answer` gives."""
        number = 0
        for request, theirs in wrong:
            ours = _parts(self.reply_of(request, answer))
            number += sum(same(ours.get(name), part, LOOSE) for name, part in theirs.items())
        return number

    def behaves(self, answer: Answer, transcript: Transcript, tolerance: float = LOOSE) -> bool:
        """Whether `answer`, beside the reference solutions of all else, gives every reply in `transcript`."""
        requests = [request for request, _ in transcript]
        for number, (request, reply) in enumerate(transcript):
            # most answers differ at once; the others are asked twice as much each time
            if number.bit_count() == 1:
                self._ask([(each, answer) for each in requests[number : 2 * number]])
            if not same(self.reply_of(request, answer), reply, tolerance):
                return False
        return True

    def reply_of(self, request: bytes, answer: Answer) -> protocol.Answer | None:
        """The reply to a question that a class is asked, which is asked once."""
        self._ask([(request, answer)])
        return _replies[self._name(request, answer)]

    def _ask(self, questions: list[tuple[bytes, Answer]]) -> None:
        """Asks in one message what isn't remembered: by itself, a question takes four times as long."""
        while left := [each for each in questions if self._name(*each) not in _replies]:
            replies: list[protocol.Answer | None] = [*self.replies(left)]
            if not replies and len(left) > 1:
                # one of them takes long, or much memory
                for each in left:
                    self._ask([each])
                return
            if len(_replies) >= REMEMBERED:
                _replies.clear()
            for each, reply in zip(left, replies or [None]):
                _replies[self._name(*each)] = reply

    def _name(self, request: bytes, answer: Answer) -> bytes:
        return hashlib.sha256(self.setting + answer.source.encode() + request).digest()

    def replies(self, questions: list[tuple[bytes, Answer]]) -> list[protocol.Answer]:
        """The replies in the sandbox to the first of these questions, each put to a known answer; none if there is none in time."""
        try:
            if self._session is None:
                cells, stand_ins = [Cell(source) for source in self._sources], stand_ins_of(self.assignment)
                self._session = Session(
                    fork_server(), cells, LIMITS, Setup(stand_ins=stand_ins, forbidden=self._forbidden)
                )
            self._session.run_all()
            requests = [request for request, _ in questions]
            came = self._session.ask_ahead(requests, "", [answer.source for _, answer in questions])
            replies = [protocol.decode_answer(reply) for reply in came or ()]
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


def _is_telling(reply: protocol.Answer) -> bool:
    """Whether a reply holds a fraction, three different whole numbers, or a word: what two answers don't both give by chance."""
    if isinstance(value := getattr(reply, "value", None), str):
        return len(value) > 2
    found = {each for each in _numbers_in(value) if math.isfinite(each)}
    return len(found) > 2 or any(each % 1 for each in found)


def _numbers_in(value: Any) -> list[float]:
    """The numbers in a reply, of each tensor the first thousand."""
    if isinstance(value, torch.Tensor):
        return [] if value.is_complex() else value.flatten()[:MANY].tolist()
    if isinstance(value, dict):
        value = [*value.values()]
    if isinstance(value, list | tuple):
        return [number for each in value for number in _numbers_in(each)]
    return [value] if isinstance(value, int | float) else []


def _parts(reply: protocol.Answer | None, right: protocol.Answer | None = None) -> _Parts:
    """What a reply holds and a right one doesn't: what came back, the gradients, the arguments; each entry of a probe's dictionary."""
    parts = {"": reply} if reply else {}
    if isinstance(reply, protocol.Returned):
        held = {"arguments": reply.arguments, "gradients": reply.gradients}
        held |= reply.value if isinstance(reply.value, dict) else {"": reply.value}
        parts = {name: protocol.Returned(part) for name, part in held.items() if part is not None}
    known_right = _parts(right) if right else {}
    return {name: part for name, part in parts.items() if not same(known_right.get(name), part, LOOSE)}
