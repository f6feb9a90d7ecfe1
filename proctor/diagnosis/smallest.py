"""Replaces the failing call in a message by a small call that fails in the same way and can be
worked out by hand.

A small call is lines of code. Both the student's answer and the reference solution run them, and
the message shows them with both results. The numbers depend on the student's own answer, so a
message gives away nothing about the inputs of a classmate.

If no small call fails, small experiments are tried: lines that the hidden checks have for a graded
cell in `EXPERIMENTS`, the shortest first, into which numbers are put.

Before a call is shown, the answer's cell runs again, as if the lines were pasted below it. So the
result doesn't depend on anything that the answer has kept from the check's questions.
"""

import inspect
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import torch

from proctor.course.codes import Code, Note
from proctor.diagnosis.as_code import call_as_code
from proctor.diagnosis.explain import line_at
from proctor.diagnosis.known_answers import replayer_of
from proctor.diagnosis.patterns import describe_pattern
from proctor.diagnosis.small_calls import (
    Drawn,
    ShrinkSpec,
    View,
    can_shrink,
    candidates,
    graph_lines,
    output_weights,
    small_call,
    tensors_of,
    views_of,
)
from proctor.errors import BudgetUsed, NoSandbox, SandboxDied, SandboxTimeout
from proctor.grading.examination import Examination, Finding
from proctor.grading.hidden import in_checks
from proctor.grading.replies import LOOSE, OWN_WORDS, same
from proctor.grading.student import Draw, seed_of, without_words
from proctor.grading.values import in_numbers
from proctor.sandbox.protocol import (
    Answer,
    Call,
    Probe,
    Question,
    Raised,
    Returned,
    encode,
    probe_request,
)

# calls and seconds for each failing exercise: of a class, many notebooks are waiting
IN_CLASS, ALONE = (40, 1.0), (200, 5.0)
# in parts of the checks' tolerance: a difference that a reader sees
VISIBLE = 100 * LOOSE
# no graded cell's name: the names as they are after the answer's cell has just run again
AFRESH = "<afresh>"
QUICK = 0.5  # seconds: a cell that took longer, such as one that trains a model, isn't run again
NAMES = re.compile(r"\[[\w., ]+\]")  # a last line such as `[x.grad, W.grad]`


@dataclass
class Effort:
    """The calls that the search has left for one exercise, and the sandbox's time at which it
    ends.
    """

    calls: int
    until: float


@dataclass(frozen=True)
class Failure:
    """Lines of code whose result, `got`, is wrong, and the right one.

    `keeps`: the result is right if these lines are the first to run.
    """

    lines: list[str]
    got: Answer
    want: Answer
    keeps: bool = False

    @property
    def values(self) -> tuple[Any, Any]:
        """The actual and the expected value; None for an error."""
        return getattr(self.got, "value", None), getattr(self.want, "value", None)

    @property
    def hides(self) -> bool:
        """Whether the expected numbers are all the same, such as those of a softmax over one
        entry.
        """
        _, want = self.values
        return isinstance(want, torch.Tensor) and want.dim() > 0 and len(want.unique()) < 2


def show_smallest(examination: Examination, findings: Sequence[Finding]) -> None:
    """Replaces the failing call in each finding by a smaller one that also fails, if half of the
    budget is left.
    """
    if not examination.assignment.source.is_file() or examination.budget.used() >= 0.5:
        return
    calls, seconds = IN_CLASS if examination.in_class else ALONE
    by_exercise = defaultdict[str, list[Finding]](list)
    for finding in findings:
        if finding.question is not None:
            by_exercise[examination.assignment.exercise_of(finding.cell)].append(finding)
    for failed in by_exercise.values():
        effort = Effort(calls, examination.budget.seconds + seconds)
        for finding in failed:
            try:
                Shrinker(examination, finding, effort).shrink()
            except (SandboxDied, SandboxTimeout):
                break
            except BudgetUsed:
                return
            except NoSandbox:
                raise
            except Exception:
                # no verdict depends on it: the check's own words stay
                continue


class Shrinker:
    """Searches the small call for one finding."""

    def __init__(self, examination: Examination, finding: Finding, effort: Effort):
        assert finding.question is not None, "there is a call to shrink"
        assignment = examination.assignment
        self.examination = examination
        self.finding = finding
        self.effort = effort
        self.asked: Question = finding.question
        self.exercise = assignment.exercise_of(finding.cell)
        self.replayer = replayer_of(assignment)
        self.wants_error = isinstance(self.expected(self.asked), Raised)
        self.places = self.defining_places()
        if sum(examination.cells[place].seconds for place in self.places) > QUICK:
            self.places = []
        source = examination.source(self.exercise)
        self.draw = Draw(seed_of(examination.seed, finding.check, source))

    def defining_places(self) -> list[int]:
        """The places of the cells above the check that bind the answer's names."""
        names = set(self.examination.assignment.names_of(self.exercise))
        found = []
        for place, cell in enumerate(self.examination.cells):
            if cell.id == self.finding.cell:
                break
            if cell.done and names.intersection(cell.done.bound):
                found.append(place)
        return found

    def shrink(self) -> None:
        """Puts the smallest call into the finding, if one fails."""
        finding = self.finding
        failure = self.smallest_call() or self.experiment()
        if failure is not None:
            finding.note = self.format_failure(failure)
            finding.seen = self.seen_pattern(failure)
            finding.shown = encode(self.typed(failure.lines)), failure.got
            return
        results = self.results(self.asked)
        if results is None or _is_right(*results):
            # only the check itself sees a difference
            return
        if self.afresh(self.asked, *results) is None:
            finding.note = finding.note.added(Code.KEEPS_SOMETHING())

    # The search.

    def smallest_call(self) -> Failure | None:
        """A small call that fails as the check's own, by its value, its gradients or its
        arguments afterwards.
        """
        call = self.asked
        if not isinstance(call, Call) or not can_shrink(call):
            return None
        for spec in candidates(call):
            small = self.small(call, spec)
            for view in views_of(call):
                failure = self.call_fails(small, view)
                # an error before there is a graph belongs to the backward pass
                if failure is None or (view is graph_lines and isinstance(failure.got, Raised)):
                    continue
                # without a graph, the backward pass of the large call raises an error
                is_alike = view is graph_lines or self.is_alike(failure)
                if is_alike and isinstance(failure.want, Raised) == self.wants_error:
                    return self.confirmed(self.smaller(call, spec, view, failure))
        return None

    def smaller(self, call: Call, spec: ShrinkSpec, view: View, failure: Failure) -> Failure:
        """The call of `spec`, with each of its sizes as small as the call still fails in the same
        way.
        """
        last = {x.shape[-1] for x in tensors_of(call) if x.dim()}
        for size in sorted(spec.sizes, reverse=True):
            fewest = 1
            if size in last:
                # one entry in a row hides too much
                fewest = 2
            for fewer in range(fewest, spec.sizes[size]):
                smaller = replace(spec, sizes=spec.sizes | {size: fewer})
                found = self.call_fails(self.small(call, smaller), view)
                if (
                    found
                    and self.kind(found) == self.kind(failure)
                    and (fewer > 1 or not found.hides)
                ):
                    spec = smaller
                    failure = found
                    break
        return failure

    def is_alike(self, failure: Failure) -> bool:
        """Whether it raised the same error as the large call, or like that raised none."""
        student = self.finding.student
        return _error_in(failure.got) == _error_in(student and student.last_reply)

    def kind(self, failure: Failure) -> tuple:
        """The facts that two failures share if the answer fails in the same way."""
        got, want = failure.values
        is_of_shape = getattr(got, "shape", None) == getattr(want, "shape", None)
        is_pattern = self.seen_pattern(failure) is None
        return type(failure.want), _error_in(failure.got), is_of_shape, is_pattern

    def seen_pattern(self, failure: Failure) -> Note | None:
        """The pattern in the wrong value, if it was seen in the large call, too."""
        seen = self.finding.seen
        if seen is None:
            return None
        pattern = describe_pattern(*failure.values)
        if pattern and pattern.is_like(seen):
            return pattern
        return None

    def experiment(self) -> Failure | None:
        """The first experiment that fails, if possible one that doesn't depend on values that the
        answer keeps.
        """
        experiments = in_checks(self.examination.assignment, "EXPERIMENTS").get(
            self.finding.cell, ()
        )
        # once more with other numbers, since some may fail by their numbers
        again = [text for text in experiments if "{" in text]
        is_plain = isinstance(self.asked, Call) and self.asked.weights is None
        kept = None
        for text in [*experiments, *again]:
            failure = self.fails(inspect.cleandoc(text).format_map(Drawn(self.draw)).splitlines())
            if failure is not None and (not is_plain or self.is_alike(failure)):
                failure = self.seeded(self.confirmed(failure))
                if not failure.keeps:
                    return failure
                kept = kept or failure
        return kept

    def seeded(self, failure: Failure) -> Failure:
        """The failure with a seed above its lines, if they give something else each time."""
        question = self.typed(failure.lines)
        other = self.answer(msgspec.structs.replace(question, seed=question.seed + 1))
        if other is None or same(failure.got, other, VISIBLE):
            return failure
        found = self.fails([f"torch.manual_seed({self.draw.randint(0, 1000)})", *failure.lines])
        return self.confirmed(found) if found else failure

    # Questions and answers.

    def small(self, call: Call, spec: ShrinkSpec) -> Call:
        """The small call of `spec`; if it is for gradients, with weights for its outputs."""
        small = small_call(call, spec, self.draw)
        if call.weights is None:
            return small
        want = self.expected(self.typed(call_as_code(small, self.named(small))))
        weights = output_weights(want.value) if isinstance(want, Returned) else None
        return msgspec.structs.replace(small, weights=weights)

    def named(self, call: Call) -> dict[str, Any]:
        """The arguments of a call, by the names of the parameters."""
        return (
            dict(zip(self.examination.assignment.parameters.get(call.name, []), call.args))
            | call.kwargs
        )

    def call_fails(self, call: Call, view: View) -> Failure | None:
        """The failure that the lines of a call show, in this view."""
        return self.fails(view(call, self.named(call)))

    def fails(self, lines: list[str]) -> Failure | None:
        """The failure that these lines show; None if they show none.

        A list of names is taken apart.
        """
        results = self.results(self.typed(lines))
        if results is None or _is_right(*results):
            return None
        got, want = results
        if NAMES.fullmatch(lines[-1]) and isinstance(want, Returned):
            names = lines[-1][1:-1].split(", ")
            for n, name in enumerate(names):
                part = got
                if isinstance(got, Returned):
                    part = msgspec.structs.replace(got, value=got.value[n])
                expected = Returned(want.value[n])
                if not _is_right(part, expected):
                    return Failure([*lines[:-1], name], part, expected)
        return Failure(lines, got, want)

    def results(self, question: Question) -> tuple[Answer, Answer] | None:
        """The student's answer and the reference solution's; None if nothing is promised there, or
        without effort left.
        """
        want = self.expected(question)
        if isinstance(want, Raised) and want.kind not in OWN_WORDS:
            return None
        value = getattr(want, "value", None)
        if isinstance(value, torch.Tensor) and value.isnan().any():
            return None
        got = self.answer(question)
        if want is None or got is None or got.used:
            return None
        return got, want

    def answer(self, question: Question) -> Answer | None:
        """The student's answer; None if the effort is used up."""
        if self.effort.calls <= 0 or self.examination.budget.seconds > self.effort.until:
            return None
        self.effort.calls -= 1
        return self.examination.asks.ask(question, self.exercise, keep=False)

    def expected(self, question: Question) -> Answer | None:
        """The reference solution's answer; None if it takes too long."""
        reference = self.replayer.reference[self.exercise]
        return self.replayer.replies_to([(encode(question), reference)])[0]

    def confirmed(self, failure: Failure) -> Failure:
        """The failure with the result that its lines have when somebody pastes them."""
        got = self.afresh(self.typed(failure.lines), failure.got, failure.want)
        if got is None:
            return replace(failure, keeps=True)
        return replace(failure, got=got)

    def afresh(self, question: Question, got: Answer, want: Answer) -> Answer | None:
        """The wrong answer to a question after the answer's cell has run again; None if it is right
        then.
        """
        session = self.examination.session
        if session is None or not self.places:
            return got
        question = msgspec.structs.replace(question, snapshot=AFRESH)
        # an answer that draws from the system's randomness may be right once by chance
        for _ in range(2):
            session.run_again(self.places, AFRESH, self.exercise)
            self.effort.calls -= 1
            first = session.ask(question, self.exercise, keep=False)
            if first.used:
                return got
            if not _is_right(first, want):
                return first
        return None

    def typed(self, lines: list[str]) -> Probe:
        """The request to type these lines in the notebook, in the place of the check's question."""
        words = set(re.findall(r"\w+", "\n".join(lines)))
        names = sorted(words.intersection(self.examination.assignment.owners))
        request = probe_request(probe_typed, (lines, names), {}, self.asked.forbidden)
        request.snapshot = self.asked.snapshot
        request.seed = self.asked.seed
        request.stand_ins = self.asked.stand_ins
        request.graded = self.asked.graded
        return request

    # The message.

    def format_failure(self, failure: Failure) -> Note:
        """The note with lines that can be pasted into a notebook, and both results."""
        lines = failure.lines
        name = ""
        if re.fullmatch(r"[\w.]+", lines[-1]):
            *lines, name = lines
        results = self.format_actual(failure, name) | self.format_expected(failure, name)
        given = [name for name in self.asked.stand_ins if name in failure.got.stand_ins]
        note = Code.SMALL_CALL(called="\n".join(lines), given=given, **results)
        if failure.keeps:
            return note.added(Code.KEEPS_SOMETHING())
        return note

    def format_actual(self, failure: Failure, name: str) -> dict[str, Any]:
        """The value that came back, as that of the `name` if there is one, or the error."""
        got = failure.got
        if isinstance(got, Returned):
            shown = in_numbers(got.value)
            if name:
                return {"of": name, "value": shown}
            return {"returned": shown}
        if self.examination.may_quote(self.exercise):
            return {"error": f"{got.kind}: {got.message[:500]}".rstrip(": ")}
        # the words of an error are left out: its line says more
        line = line_at(self.examination, self.exercise, got.cell, got.line)
        return {"error": f"{without_words(got).kind}: …", "line": line}

    def format_expected(self, failure: Failure, name: str) -> dict[str, Any]:
        """The expected value, or the error with all those that the check allows."""
        want = failure.want
        if isinstance(want, Raised):
            wanted = self.finding.wanted
            if want.kind not in wanted:
                wanted = [want.kind]
            return {"wanted": " or ".join(wanted)}
        shown = in_numbers(want.value)
        if name and isinstance(failure.got, Raised):
            return {"target": name, "right": shown}
        return {"expected": shown}


def probe_typed(student, lines, names):
    """lines of code, as they are typed in the notebook"""
    import math

    import torch
    import torch.nn as nn
    import torch.nn.functional as F

    scope = {"math": math, "torch": torch, "nn": nn, "F": F}
    scope |= {name: getattr(student, name) for name in names if hasattr(student, name)}
    exec("\n".join(lines[:-1]), scope)
    return eval(lines[-1], scope)


def _error_in(reply: Answer | None) -> str:
    """The name of the error that was raised; empty if none was."""
    return reply.kind if isinstance(reply, Raised) else ""


def _is_right(got: Answer, want: Answer) -> bool:
    """Whether both are the same, or raise the same error; any error does in the place of a
    KeyError.
    """
    if isinstance(got, Raised) and isinstance(want, Raised):
        return want.kind in ("KeyError", got.kind, *got.bases)
    return same(got, want, VISIBLE)
