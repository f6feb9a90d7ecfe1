"""One story for each failing exercise: the misconception that explains all of its failing cells, or
what to mend first.

Every question that the hidden checks put to it, and every reply, was kept. In this order, these may
explain them:

1. the answer's own source: without one slip of it, the answer is right, or a known wrong answer
2. a known wrong answer that gives every reply
3. known wrong answers, each of which gives every reply of some failing cells
4. a misconception that looks alike in every exercise, in the words of the first failure
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch

from proctor.course.answers import Answer
from proctor.course.report import GENERAL, Diagnosis, Verdict
from proctor.diagnosis.general import AnswerCode
from proctor.diagnosis.known_answers import replayer_of
from proctor.diagnosis.mend import Copies, Slip, slips_in
from proctor.grading.examination import Examination
from proctor.grading.replies import LOOSE, same
from proctor.sandbox import protocol
from proctor.session.transcript import Transcript

Replies = Sequence[protocol.Answer]
MOST_SLIPS = 3
# of the sandbox of the known answers, for names that explain only a part
SECONDS = 4.0
# numbers in wrong replies: fewer can agree by chance
ENOUGH = 3
# so many that even those of one reply can't agree by chance
MANY = 3 * ENOUGH


@dataclass(frozen=True)
class Part:
    """A misconception in an answer. `sure`: it can be no other one.

    `left`: the numbers of the replies that it leaves wrong. `answer`: the known answer that shows
    it. `shows`: 2 if the call that the student sees fails by it alone, 1 if by others, too, and
    else 0.
    """

    diagnosis: Diagnosis
    left: frozenset[int] = frozenset()
    sure: bool = True
    answer: Answer | None = None
    shows: int = 0


def diagnose(examination: Examination, failed: Mapping[str, list[Verdict]]) -> None:
    """Gives the failed cells of each exercise its story, or else the pattern in what came back.

    Exercises were asked with stand-ins for what each builds on where that has failed too.
    """
    for exercise, cells in failed.items():
        examination.budget.require()
        search = _Search(examination, exercise, cells)
        found = sorted(search.parts(), key=_place)
        # only the first one is hedged
        parts = [part for part in found if part.sure or part is found[0]]
        story = None
        if parts:
            story = told(parts, search.first_cell(parts))
        diagnosis = story
        for cell in cells:
            diagnosis = diagnosis or cell.diagnosis
        for cell in cells:
            cell.diagnosis = diagnosis
            first = examination.first_finding(cell.id)
            if story is None and first is not None and first.seen:
                cell.note = cell.note.added(first.seen)


def _place(part: Part) -> tuple[int, bool, bool]:
    """The name stands below a call: first the mistake that it shows, in a known
    answer's words.
    """
    return -part.shows, not part.sure, part.diagnosis["id"].startswith(GENERAL)


def told(parts: Sequence[Part], cell: str) -> Diagnosis:
    """The story of an answer: its first misconception, and the next one, or the `cell` that fails
    without it.
    """
    first, *others = parts
    diagnosis = first.diagnosis
    if not first.sure:
        return {**diagnosis, "title": f"Probably: {_in_a_sentence(diagnosis['title'])}"}
    if not others and not cell:
        return diagnosis
    # a copy without a slip was asked; one without a known answer's mistake can't be
    is_measured = first.answer is None
    title = diagnosis["title"]
    following = f"`{cell}` again."
    if others:
        following = f"another mistake: {_in_a_sentence(others[0].diagnosis['title'])}."
    if others or is_measured:
        title = f"First: {_in_a_sentence(title)}"
    then = "When that is mended," if is_measured else "If it still fails then,"
    return {**diagnosis, "title": title, "hint": f"{diagnosis['hint']} {then} look at {following}"}


def _in_a_sentence(title: str) -> str:
    return title[:1].lower() + title[1:]


class _Search:
    """The search for the misconceptions in the answer to one exercise."""

    def __init__(self, examination: Examination, exercise: str, cells: Sequence[Verdict]):
        self.examination, self.exercise = examination, exercise
        self.assignment, self.replayer = examination.assignment, replayer_of(examination.assignment)
        self.failed = [cell.id for cell in cells]
        self.began = 0.0
        self.requests = list[bytes]()
        self.replies = list[protocol.Answer]()
        self.numbers: dict[str, list[int]] = {cell: [] for cell in self.failed}
        for number, (request, reply) in enumerate(examination.asks.transcript[exercise]):
            self.requests.append(request)
            self.replies.append(reply)
            self.numbers.setdefault(protocol.decode_question(request).snapshot, []).append(number)
        self.asked = [*self.requests]
        places = range(len(self.asked))
        checks = list[range]()
        for finding in examination.findings:
            if finding.cell in self.failed:
                checks.append(places[finding.asked])
        # the questions of the checks that passed
        self.passed = set(places).difference(*checks)
        self.units = [*(self.numbers[cell] for cell in self.failed), *checks]
        finding = examination.first_finding(self.failed[0])
        if finding and finding.shown:
            # the call that the student sees comes last
            request, reply = finding.shown
            self.requests.append(request)
            self.replies.append(reply)

    @cached_property
    def expected(self) -> list[protocol.Answer | None]:
        """The reference solution's replies."""
        return self._replies_of(self.replayer.reference[self.exercise])

    def parts(self) -> list[Part]:
        """The misconceptions in the answer, the one to mend first at the beginning; none if none is
        found.
        """
        if not self.asked:
            return []
        known = self._recognised(self.replies)
        found = list[Part]()
        if known:
            found.append(self._part(known))
        self.began = self.replayer.seconds
        slips = self._slips(self.examination.source(self.exercise))
        replies = self.replies
        if known:
            slips = [slip for slip in slips if slip.certain]
        if slips:
            mended, replies = self._mended(slips)
            found = mended or found
        if not known and not self._is_over() and all(part.left for part in found):
            found += self._explained(self.units, replies)
        if len(found) > 1:
            found = [*map(self._with_shows, found)]
        return found

    def _with_shows(self, part: Part) -> Part:
        """The part, if it is a known answer, with what that gives for the call that is shown."""
        if part.answer is None:
            return part
        (last,) = self.replayer.replies_to([(self.requests[-1], part.answer)])
        return replace(part, shows=_nearness(last, self.expected[-1], self.replies[-1]))

    def first_cell(self, parts: Sequence[Part]) -> str:
        """The first failed cell of which these parts leave a reply wrong."""
        left = frozenset.intersection(*(part.left for part in parts))
        return next((cell for cell in self.failed if left.intersection(self.numbers[cell])), "")

    def _slips(self, source: str) -> list[Slip]:
        others = [cell.source for cell in self.examination.cells]
        names, stub = self.assignment.names_of(self.exercise), self.assignment.stubs[self.exercise]
        return slips_in(AnswerCode(names, source, stub, others), self.assignment.slips)

    def _wrong(self, replies: Replies) -> frozenset[int]:
        """The numbers of the replies that aren't the reference solution's."""
        wrong = set[int]()
        for number, (_, want, reply) in enumerate(zip(self.asked, self.expected, replies)):
            both_raised = isinstance(want, protocol.Raised) and isinstance(reply, protocol.Raised)
            # a check may allow several errors
            is_allowed = both_raised and number in self.passed
            if not is_allowed and not same(want, reply, LOOSE):
                wrong.add(number)
        return frozenset(wrong)

    def _replies_of(self, answer: Answer) -> list[protocol.Answer | None]:
        return self.replayer.replies_to([(request, answer) for request in self.requests])

    def _part(self, answer: Answer, left: frozenset[int] = frozenset(), sure: bool = True) -> Part:
        """The misconception of a known answer."""
        name = f"{answer.exercise}.{answer.id}"
        diagnosis = Diagnosis(id=name, title=answer.title, hint=answer.hint)
        return Part(diagnosis, left, sure, answer)

    def _recognised(self, replies: Replies) -> Answer | None:
        """The known answer that gives all of these replies."""
        transcript = Transcript(zip(self.asked, replies))
        return self.replayer.recognise(self.exercise, transcript, self.failed)

    def _is_over(self) -> bool:
        """Whether the known answers take too long to look for names that explain only a part."""
        return self.replayer.seconds > self.began + SECONDS

    def _mended(self, slips: list[Slip]) -> tuple[list[Part], Replies]:
        """The slips without which the answer is nearer to a right one, and a known answer that is
        left; and the replies then.
        """
        copies = Copies(self.examination, self.exercise, self.requests)
        found, replies = list[Part](), self.replies
        try:
            for _ in range(MOST_SLIPS):
                best = self._best(slips, replies, copies)
                if best is None:
                    break
                slip, other, after = best
                part = self._named(slip, replies, after)
                replies = after
                found.append(part)
                if other:
                    found.append(self._part(other))
                if other or not part.left:
                    break
                slips = self._slips(slip.source)
        finally:
            copies.close()
        return found, replies

    def _named(self, slip: Slip, before: Replies, after: Replies) -> Part:
        """The slip, by the name of a known answer if one explains every reply that is right without
        the slip.
        """
        left = self._wrong(after)
        shows = _nearness(after[-1], before[-1], self.expected[-1])
        if not slip.certain:
            mended = sorted(self._wrong(before) - left)
            for part in self._explained([mended], before):
                if part.sure:
                    return Part(part.diagnosis, left, shows=shows)
        return Part(slip.diagnosis, left, shows=shows)

    def _best(
        self, slips: list[Slip], replies: Replies, copies: Copies
    ) -> tuple[Slip, Answer | None, Replies] | None:
        """The slip without which the answer is right, or nearest to that; the known answer that is
        left; the replies then.
        """
        wrong = self._wrong(replies)
        probes = list[int]()
        for cell in self.failed:
            numbers = wrong.intersection(self.numbers[cell])
            if numbers:
                probes.append(min(numbers))
        copies.ask((slip.source, number) for slip in slips for number in probes)
        best, highest = None, 0
        for slip in slips:
            probed = [(number, copies.replies(slip.source, [number])) for number in probes]
            is_nearer = any(
                self._is_nearer(number, replies[number], new[0]) for number, new in probed if new
            )
            is_known = any(
                self._is_known(number, replies[number], new[0]) for number, new in probed[:1] if new
            )
            if not (is_nearer or is_known or slip.certain):
                continue
            after = copies.replies(slip.source, range(len(self.requests)))
            if after is None:
                continue
            left = self._wrong(after)
            if not left <= wrong:
                continue
            if slip.certain and _nearness(after[-1], replies[-1], self.expected[-1]) == 2:
                is_nearer = True
            if not left:
                return slip, None, after
            other = self._recognised(after)
            says_enough = sum(_weight(after[number]) for number in left) >= ENOUGH
            rank = 0
            if is_nearer and (other or slip.certain):
                rank = 2
            elif other and says_enough:
                rank = 1
            if rank > highest:
                best, highest = (slip, other, after), rank
        return best

    def _is_known(self, number: int, before: protocol.Answer, after: protocol.Answer) -> bool:
        """Whether a reply has become a known answer's."""
        if self._is_over() or isinstance(after, protocol.Raised) or same(before, after, LOOSE):
            return False
        known = self.replayer.known(self.exercise)
        replies = self.replayer.replies_to([(self.requests[number], answer) for answer in known])
        return any(same(reply, after, LOOSE) for reply in replies)

    def _is_nearer(self, number: int, before: protocol.Answer, after: protocol.Answer) -> bool:
        """Whether a reply is right now, or no error any more."""
        raised = isinstance(before, protocol.Raised) and not isinstance(after, protocol.Raised)
        return raised or same(self.expected[number], after, LOOSE)

    def _agreement(self, answer: Answer, replies: Replies) -> int:
        """How many of the replies a known answer gives."""
        known = self._replies_of(answer)
        return sum(same(one, other, LOOSE) for one, other in zip(known, replies))

    def _explained(self, units: Sequence[Sequence[int]], replies: Replies) -> list[Part]:
        """The known answers that give all replies of some units, the one that explains most
        first.
        """
        wrong = self._wrong(replies)
        found = list[Part]()
        known = self.replayer.known(self.exercise)
        explained = dict[Answer, set[int]]()
        for numbers in units:
            if not wrong.intersection(numbers):
                continue
            transcript = Transcript((self.requests[number], replies[number]) for number in numbers)
            for answer in self.replayer.explaining(known, transcript):
                # any other would fail a cell that has passed
                if set(answer.fails) <= set(self.failed):
                    explained.setdefault(answer, set()).update(wrong.intersection(numbers))
        all_heavy = True
        while explained:
            most = max(map(len, explained.values()))
            rivals = [answer for answer in explained if len(explained[answer]) == most]
            ranks = [0]
            if len(rivals) > 1:
                ranks = [self._agreement(answer, replies) for answer in rivals]
            answer = rivals[ranks.index(max(ranks))]
            numbers = explained[answer]
            is_alone = ranks.count(max(ranks)) == 1
            # a few whole numbers can agree by chance
            weight = sum(_weight(replies[number]) for number in numbers)
            all_heavy = all_heavy and weight >= ENOUGH
            says_enough = weight >= MANY
            if len(numbers) > 1:
                says_enough = weight >= ENOUGH
            # one of several constants fits many a width
            is_sure = is_alone and says_enough and not answer.constants
            found.append(self._part(answer, wrong - numbers, is_sure))
            remaining = dict[Answer, set[int]]()
            for each, theirs in explained.items():
                if not theirs <= numbers:
                    remaining[each] = theirs - numbers
            explained = remaining
        explains_all = all_heavy and not wrong.intersection(*(part.left for part in found))
        return [replace(part, sure=part.sure or explains_all) for part in found]


def _nearness(reply: protocol.Answer | None, one: Any, other: Any) -> int:
    """0 if a reply is as one, 2 if it is as the other, else 1."""
    if same(reply, one, LOOSE):
        return 0
    return 2 if same(reply, other, LOOSE) else 1


def _weight(reply: protocol.Answer) -> int:
    """How much a reply says: how many numbers it holds; an error says as much as is enough."""
    return _numbers(reply.value) if isinstance(reply, protocol.Returned) else ENOUGH


def _numbers(value: Any) -> int:
    if isinstance(value, torch.Tensor):
        # a copy of an answer that gives nan everywhere is like many a known answer
        return int(value.isfinite().sum()) * (ENOUGH if value.is_floating_point() else 1)
    if isinstance(value, list | tuple):
        return sum(map(_numbers, value))
    if isinstance(value, dict):
        return _numbers([*value.values()])
    return ENOUGH if isinstance(value, float) else 1
