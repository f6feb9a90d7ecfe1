"""Questions about one answer, each with one right choice, which a sandbox found."""

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from proctor.quiz.own_code import OwnCode
from proctor.quiz.trial import ERROR, NOTHING, Trial, as_text, on_sheet
from proctor.quiz.variants import Variant, edits

CHOICES = 4
SOME = 3  # calls of which one question is made
MOST_EDITS = 16  # of one answer
SAME = "the same result as now"
NONE = "none of them"


@dataclass(frozen=True)
class Question:
    """A question with its choices, the right one, and why; `beside`: another answer that is shown
    with it.
    """

    kind: str
    # two questions that share one are too many on a sheet: variables, calls, an edit's outcomes,
    # and the calls that it changes
    topics: set
    text: str
    right: str
    why: str
    beside: str = ""
    choices: tuple[str, ...] = ()


@dataclass
class Maker:
    """Makes the questions on one answer.

    `now`: by call, its result. `outcomes`: by variant, and by call, the outcome.
    """

    code: OwnCode
    trial: Trial
    rng: random.Random
    now: dict[str, Any] = field(default_factory=dict)
    outcomes: dict[Variant, dict[str, str]] = field(default_factory=dict)
    found: list[Question] = field(default_factory=list)

    def make(self, calls: list[str], others: list[Variant]) -> list[Question]:
        """All questions, in random order; `others`: wrong answers that may be shown."""
        for call in calls:
            value = self.trial.run(self.code.source, call)
            if on_sheet(value) not in (ERROR, NOTHING):
                self.now[call] = value
        for variant in [*self._some(edits(self.code), MOST_EDITS), *others]:
            self.outcomes[variant] = {call: self._outcome(variant, call) for call in self.now}
        for number, line in enumerate(self.code.lines, 1):
            assigned = re.match(r" +(\w+) = ", line)
            if assigned:
                for call in self._some(self.now, SOME):
                    self._ask_for_variable(assigned[1], number, call)
        for variant, outcomes in self.outcomes.items():
            # a variant with one outcome for all calls is too easy, or makes no difference
            if len(set(outcomes.values())) > 1:
                self._ask_about(variant, outcomes)
        self._ask_for_line()
        self.rng.shuffle(self.found)
        return self.found

    def _some(self, things: Iterable, most: int) -> list:
        found = list(things)
        return self.rng.sample(found, min(most, len(found)))

    def _outcome(self, variant: Variant, call: str) -> str:
        """An error, other numbers, the same, or nothing that can be shown."""
        value = self.trial.run(variant.source, call)
        now = self.now[call]
        if as_text(value, 5) == as_text(now, 5):
            return SAME
        # rounded, they may look the same
        return NOTHING if on_sheet(value) == on_sheet(now) else on_sheet(value)

    def _ask_for_variable(self, name: str, line: int, call: str) -> None:
        """The value, and the shape, of a variable after a line."""
        at = self.code.before.count("\n") + 1 + line
        value = self.trial.run(self.code.source, call, name, at)
        wrong = []
        for variant in self.outcomes:
            if 0 < variant.line <= line:
                wrong.append(self.trial.run(variant.source, call, name, at))
        if isinstance(value, torch.Tensor) and value.dim():
            wrong += [value.transpose(0, -1), value[None], value[..., :1]]
        for kind, read in (("value", on_sheet), ("shape", _shape)):
            asked = f"`{call}` runs. Right after line {line} has first run, what is the {kind} of `{name}`?"
            question = Question(kind, {name, call}, asked, read(value), f"it is {read(value)}")
            # the shape of the result itself is too easy
            if kind == "value" or read(value) != read(self.now[call]):
                self._add(question, [read(each) for each in wrong])

    def _ask_about(self, variant: Variant, outcomes: dict[str, str]) -> None:
        """The outcome of a call with a variant, and the call whose result changes with it."""
        kind = "which call breaks it"
        phrase = variant.words
        if variant.beside:
            kind = "spot the difference"
            # its title would give a wrong answer away
            phrase = "with this other answer in place of yours"
        same = [call for call, outcome in outcomes.items() if outcome == SAME]
        topic = tuple(outcomes.values())
        changed = tuple(outcome != SAME for outcome in topic)
        for call, outcome in outcomes.items():
            others = [each[call] for each in self.outcomes.values()]
            why = f"{variant.words}: {outcome}; yours gives {on_sheet(self.now[call])}"
            asked = f"What would `{call}` give {phrase}?"
            question = Question("what if", {topic, call}, asked, outcome, why, variant.beside)
            self._add(question, [ERROR, SAME, *others])
            if outcome not in (SAME, NOTHING):
                asked = f"For which of these calls would the result change {phrase}?"
                question = Question(kind, {topic, changed}, asked, call, why, variant.beside)
                self._add(question, self._some(same, CHOICES - 1))

    def _ask_for_line(self) -> None:
        """The line without which some calls give the same, or none."""
        calls = self._some(self.now, SOME)
        dropped = [each for each in self.outcomes if each.drops_line]
        choices = [NONE]
        spare = []
        topics = set()
        for edit in self._some(dropped, CHOICES - 1):
            line = f"line {edit.line}"
            outcomes = self.outcomes[edit]
            choices.append(line)
            topics.add(tuple(outcomes.values()))
            if all(outcomes[call] == SAME for call in calls):
                spare.append(line)
        # if nothing runs without any of them, it is too easy
        if set().union(*topics) != {ERROR} and len(spare) < 2:
            right = (spare or [NONE])[0]
            asked = f"Which line could be left out, so that none of these changes: `{'`, `'.join(calls)}`?"
            why = f"{right} can be left out with the same results"
            question = Question("why is it there", topics, asked, right, why)
            self._add(question, choices)

    def _add(self, question: Question, wrong: list[str]) -> None:
        """Adds a question if it has enough choices; their order has no meaning."""
        right = question.right
        others = [each for each in dict.fromkeys(wrong) if each not in (right, NOTHING)]
        if right != NOTHING and len(others) >= 2:
            choices = [right, *others[: CHOICES - 1]]
            # the same order in both runs
            random.Random(str(choices)).shuffle(choices)
            self.found.append(replace(question, choices=tuple(choices)))


def _shape(value: Any) -> str:
    return str(tuple(value.shape)) if isinstance(value, torch.Tensor) and value.dim() else NOTHING
