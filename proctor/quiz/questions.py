"""Questions about one answer, each with one right choice, which a sandbox found."""

import ast
import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch

from proctor.quiz.own_code import OwnCode
from proctor.quiz.trial import ERROR, NOTHING, Trial, is_same, on_sheet
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
    # two questions of one topic are too many on a sheet
    topic: str
    text: str
    choices: tuple[str, ...]
    right: str
    why: str
    beside: str = ""


class Maker:
    """Makes the questions on one answer; `others`: wrong answers that may be shown beside it."""

    def __init__(
        self,
        code: OwnCode,
        calls: Iterable[str],
        others: list[Variant],
        trial: Trial,
        rng: random.Random,
    ):
        self.code = code
        self.trial = trial
        self.rng = rng
        self.found: list[Question] = []
        # by call: its result now
        self.now: dict[str, Any] = {}
        for call in calls:
            value = trial.run(code.source(), call)
            if on_sheet(value) not in (ERROR, NOTHING):
                self.now[call] = value
        # by variant, and by call: the outcome
        self.outcomes: dict[Variant, dict[str, str]] = {}
        for variant in [*self._some(edits(code), MOST_EDITS), *others]:
            self.outcomes[variant] = self._outcomes_of(variant)

    def make(self) -> list[Question]:
        """All questions, in random order."""
        for name, line in _assignments(self.code.shown):
            for call in self._some(self.now, SOME):
                self._ask_for_variable(name, line, call)
        for variant, outcomes in self.outcomes.items():
            if not _is_too_easy(variant, outcomes):
                self._ask_for_outcome(variant, outcomes)
                self._ask_for_call(variant, outcomes)
        self._ask_for_line()
        self.rng.shuffle(self.found)
        return self.found

    def _some(self, things: Iterable, most: int) -> list:
        found = list(things)
        return self.rng.sample(found, min(most, len(found)))

    def _outcomes_of(self, variant: Variant) -> dict[str, str]:
        """By call, its result: an error, other numbers, the same, or nothing that can be shown."""
        found = {}
        for call, now in self.now.items():
            value = self.trial.run(variant.source, call)
            found[call] = on_sheet(value)
            if is_same(value, now):
                found[call] = SAME
            elif found[call] == on_sheet(now):
                # rounded, they look the same
                found[call] = NOTHING
        return found

    def _ask_for_variable(self, name: str, line: int, call: str) -> None:
        """The value, and the shape, of a variable after a line."""
        at = self.code.line(line)
        value = self.trial.run(self.code.source(), call, name, at)
        wrong = []
        for variant in self.outcomes:
            if 0 < variant.line <= line:
                wrong.append(self.trial.run(variant.source, call, name, at))
        if isinstance(value, torch.Tensor) and value.dim():
            wrong += [value.transpose(0, -1), value[None], value[..., :1], value.flatten()]
        for kind, read in (("value", on_sheet), ("shape", _shape)):
            asked = f"`{call}` runs. Right after line {line} has first run, what is the {kind} of `{name}`?"
            choices = [read(each) for each in wrong if read(each) != ERROR]
            if read(value) != ERROR:
                self._add(kind, name, asked, read(value), choices, f"it is {read(value)}")

    def _ask_for_outcome(self, variant: Variant, outcomes: dict[str, str]) -> None:
        """The outcome of a call with a variant that makes a difference to some call."""
        if set(outcomes.values()) == {SAME}:
            return
        for call, outcome in outcomes.items():
            others = [each[call] for each in self.outcomes.values()]
            asked = f"What would `{call}` give {variant.phrase}?"
            why = f"{variant.words}; yours gives {on_sheet(self.now[call])}"
            wrong = [ERROR, SAME, *others]
            self._add("what if", variant.words, asked, outcome, wrong, why, variant.beside)

    def _ask_for_call(self, variant: Variant, outcomes: dict[str, str]) -> None:
        """The call whose result changes with a variant."""
        kind = "spot the difference" if variant.beside else "which call breaks it"
        asked = f"For which of these calls would the result change {variant.phrase}?"
        same = [call for call, outcome in outcomes.items() if outcome == SAME]
        for call, outcome in outcomes.items():
            if outcome not in (SAME, NOTHING):
                why = f"{variant.words}; {on_sheet(self.now[call])} becomes {outcome}"
                wrong = self._some(same, CHOICES - 1)
                self._add(kind, variant.words, asked, call, wrong, why, variant.beside)

    def _ask_for_line(self) -> None:
        """The line without which some calls give the same, or none."""
        calls = self._some(self.now, SOME)
        choices = [NONE]
        spare = []
        easy = True
        for edit, outcomes in self.outcomes.items():
            if edit.drops_line:
                choices.append(f"line {edit.line}")
                easy = easy and _is_too_easy(edit, outcomes)
                if all(outcomes[call] == SAME for call in calls):
                    spare.append(f"line {edit.line}")
        if not easy and len(spare) < 2:
            right = (spare or [NONE])[0]
            asked = f"Which line could be left out, so that none of these changes: `{'`, `'.join(calls)}`?"
            why = f"{right} can be left out with the same results"
            self._add("why is it there", f"without {right}", asked, right, choices, why)

    def _add(
        self,
        kind: str,
        topic: str,
        text: str,
        right: str,
        wrong: list[str],
        why: str,
        beside: str = "",
    ) -> None:
        """Adds a question if it has enough choices; they are in order, so that none stands out."""
        others = [each for each in dict.fromkeys(wrong) if each not in (right, NOTHING)]
        if right != NOTHING and len(others) >= 2:
            choices = tuple(sorted([right, *others[: CHOICES - 1]]))
            self.found.append(Question(kind, topic, text, choices, right, why, beside))


def _is_too_easy(variant: Variant, outcomes: dict[str, str]) -> bool:
    """Whether a line is left out without which nothing runs: its variable is then missing."""
    return variant.drops_line and set(outcomes.values()) == {ERROR}


def _assignments(source: str) -> list[tuple[str, int]]:
    """The variables that functions assign, each with its line."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and node.col_offset
        ):
            found.append((node.targets[0].id, node.lineno))
    return found


def _shape(value: Any) -> str:
    return str(tuple(value.shape)) if isinstance(value, torch.Tensor) and value.dim() else NOTHING
