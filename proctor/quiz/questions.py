"""Questions about one answer, each with one right choice, which a sandbox found."""

import ast
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

from proctor.quiz.edits import Edit, edits
from proctor.quiz.own_code import OwnCode
from proctor.quiz.trial import ERROR, NOTHING, Trial, as_text
from proctor.sandbox.protocol import Call

CHOICES = 4
SOME = 3  # calls of which one question is made
SAME = "the same result as now"
NONE = "none of them"


@dataclass(frozen=True)
class Question:
    """A question with its choices, the right one, and why; `beside`: another answer that is shown with it."""

    exercise: str
    kind: str
    # two questions of one topic are too many on a sheet
    topic: str
    text: str
    choices: tuple[str, ...]
    right: str
    why: str
    beside: str = ""


class Maker:
    """Makes the questions on one answer; `others`: wrong answers that may be shown, with what each does."""

    def __init__(
        self, code: OwnCode, calls: list[Call], others: list[tuple[str, str]], trial: Trial, rng: random.Random
    ):
        self.code, self.others, self.trial, self.rng = code, others, trial, rng
        results = {as_text(call): trial.value(code.source, call) for call in calls}
        # by call: its result now
        self.now = {text: each for text, each in results.items() if each not in (ERROR, NOTHING) and "nan" not in each}
        self.calls = {as_text(call): call for call in calls if as_text(call) in self.now}
        self.edits = []
        for edit in edits(code.shown):
            # a line whose variable is then missing is too easy
            if not (edit.drops_line and set(self._results(edit).values()) == {ERROR}):
                self.edits.append(edit)

    def all(self) -> list[Question]:
        """All questions, in random order."""
        makers = (self._variables, self._what_ifs, self._breaking_calls, self._differences, self._spare_lines)
        found = [question for make in makers for question in make()]
        self.rng.shuffle(found)
        return found

    def _results(self, edit: Edit) -> dict[str, str]:
        source = f"{self.code.before}\n{edit.source}\n"
        return {text: self.trial.value(source, call) for text, call in self.calls.items()}

    def _some_calls(self) -> list[str]:
        # the most telling ones come first
        first = [*self.calls][: 2 * SOME]
        return self.rng.sample(first, min(SOME, len(first)))

    def _variables(self) -> Iterator[Question]:
        """The value, or the shape, of a variable after a line."""
        above = self.code.before.count("\n") + 1
        for name, line in _assignments(self.code.shown):
            for text in self._some_calls():
                call = self.calls[text]
                for kind, read in (("value", self.trial.value), ("shape", self.trial.shape)):
                    right = read(self.code.source, call, name, above + line)
                    wrong = [*self._slips(name, line, call, read), *(_other_shapes(right) if kind == "shape" else [])]
                    asked = f"`{text}` is called. After line {line}, what is the {kind} of `{name}`?"
                    yield from self._question(kind, name, asked, right, wrong, f"the {kind} is {right}")

    def _slips(self, name: str, line: int, call: Call, read: Callable[..., str]) -> list[str]:
        """What a variable would be with each edit at or above its line."""
        found = []
        above = self.code.before.count("\n") + 1
        for edit in self.edits:
            places = [at for bound, at in _assignments(edit.source) if bound == name]
            if edit.line <= line and places and not edit.drops_line:
                found.append(read(f"{self.code.before}\n{edit.source}\n", call, name, above + places[0]))
        return [each for each in found if each != ERROR]

    def _what_ifs(self) -> Iterator[Question]:
        """What a call gives with an edit."""
        results = [self._results(edit) for edit in self.edits]
        for edit, edited in zip(self.edits, results):
            for text in self._some_calls():
                now = self.now[text]
                right = SAME if edited[text] == now else edited[text]
                wrong = [ERROR, SAME, *(other[text] for other in results if other[text] != now)]
                why = f"now it gives {now}, and {edit.words} {edited[text]}"
                asked = f"What would `{text}` give {edit.words}?"
                yield from self._question("what if", edit.words, asked, right, wrong, why)

    def _breaking_calls(self) -> Iterator[Question]:
        """The call that gives nan, or an error, with an edit."""
        for edit in self.edits:
            results = self._results(edit)
            broken = [text for text, result in results.items() if result == ERROR or "nan" in result]
            sound = [text for text in results if text not in broken]
            asked = f"Which of these calls would give `nan` or an error {edit.words}?"
            for text in broken[:1]:
                why = f"{edit.words}, {text} gives {results[text]}"
                yield from self._question("which call breaks it", edit.words, asked, text, sound, why)

    def _differences(self) -> Iterator[Question]:
        """The call for which another answer gives something else."""
        for title, source in self.others:
            results = {text: self.trial.value(source, call) for text, call in self.calls.items()}
            other = [text for text, result in results.items() if result != self.now[text]]
            same = [text for text in results if text not in other]
            asked = "For which of these calls does this other answer give something else than yours?"
            for text in other[:1]:
                why = f"{title}: {text} gives {self.now[text]} and {results[text]}"
                yield from self._question("spot the difference", title, asked, text, same, why, source)

    def _spare_lines(self) -> Iterator[Question]:
        """The line without which some calls give the same, or none."""
        drops = {f"line {edit.line}": self._results(edit) for edit in self.edits if edit.drops_line}
        for some in list(combinations(self.calls, SOME))[:SOME]:
            spare = [line for line, results in drops.items() if all(results[one] == self.now[one] for one in some)]
            if len(spare) < 2:
                right = (spare or [NONE])[0]
                asked = f"Which line could be left out, with the same results of `{'`, `'.join(some)}`?"
                why = f"without {right}, the results stay the same"
                yield from self._question("why is it there", "lines", asked, right, [*drops, NONE], why)

    def _question(
        self, kind: str, topic: str, text: str, right: str, wrong: list[str], why: str, beside: str = ""
    ) -> Iterator[Question]:
        """The question, if there are enough wrong choices; the choices are in order, so that none stands out."""
        others = [each for each in dict.fromkeys(wrong) if each not in (right, NOTHING)]
        if len(others) < 2 or right == NOTHING or (right == ERROR and kind in ("value", "shape")):
            return
        choices = tuple(sorted([right, *others[: CHOICES - 1]]))
        yield Question(self.code.exercise, kind, topic, text, choices, right, why, beside)


def _assignments(source: str) -> list[tuple[str, int]]:
    """The variables that functions assign outside loops and conditions, each with its line."""
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    found = []
    for node in [line for function in functions for line in function.body if isinstance(line, ast.Assign)]:
        if isinstance(node.targets[0], ast.Name) and node.end_lineno:
            found.append((node.targets[0].id, node.end_lineno))
    return found


def _other_shapes(shape: str) -> list[str]:
    """The shapes that a missing `keepdim`, or a transpose, would give."""
    sizes = ast.literal_eval(shape or "()")
    fewer = [sizes[:left] + sizes[left + 1 :] for left in range(len(sizes))]
    return list(map(str, [sizes[::-1], *fewer, (*sizes, 1), (1, *sizes)]))
