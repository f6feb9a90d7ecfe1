"""Questions about one answer, each with one right choice, which a sandbox found."""

import ast
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from proctor.quiz.calls import is_single
from proctor.quiz.edits import Edit, edits
from proctor.quiz.own_code import OwnCode
from proctor.quiz.trial import ERROR, NOTHING, Trial, Variable, as_text
from proctor.sandbox.protocol import Call

CHOICES = 4
SOME = 3  # calls of which one question is made
SAME = "the same result as now"
NONE = "none of them"


@dataclass(frozen=True)
class Question:
    """One question: its kind, what is asked, the choices, and which of them is right, and why.

    `beside`: another answer that is shown with it.
    """

    exercise: str
    kind: str
    text: str
    choices: tuple[str, ...]
    right: str
    why: str
    beside: str = ""
    # two questions of one topic are too many
    topic: str = ""


@dataclass
class Maker:
    """Makes the questions on one answer: all that have one right choice, in random order.

    `others`: known wrong answers that the visible checks fail, with what each does.
    """

    code: OwnCode
    calls: list[Call]
    others: list[tuple[str, str]]
    trial: Trial
    rng: random.Random

    def all(self) -> list[Question]:
        """The questions, of which no two are the same."""
        now = {as_text(call): self.trial.outcome(self.code.source, call) for call in self.calls}
        self.calls = [call for call in self.calls if now[as_text(call)] not in (ERROR, NOTHING)]
        self.calls = [call for call in self.calls if "nan" not in now[as_text(call)]]
        self.now = now
        self.edits = self._useful_edits()
        makers = (self.values, self.what_ifs, self.breaking_calls, self.differences, self.spare_lines)
        found = [question for make in makers for question in make()]
        self.rng.shuffle(found)
        return found

    def _useful_edits(self) -> list[Edit]:
        """The edits that leave something to think about: not an error everywhere for want of a name."""
        found = []
        for edit in edits(self.code.shown):
            edited = [self._edited(edit, call) for call in self.calls]
            if edit.drops_line and set(edited) == {ERROR}:
                continue
            found.append(edit)
        return found

    def _edited(self, edit: Edit, call: Call) -> str:
        return self.trial.outcome(f"{self.code.before}\n{edit.source}\n", call)

    def _some_calls(self) -> list[Call]:
        telling = [call for call in self.calls if not is_single(call)] or self.calls
        return self.rng.sample(telling, min(SOME, len(telling)))

    def values(self) -> Iterator[Question]:
        """The value, or the shape, of a variable after a line."""
        above = self.code.before.count("\n") + 1
        for name, line in _assignments(self.code.shown):
            variable = Variable(name, above + line)
            for call in self._some_calls():
                given = f"`{as_text(call)}` is called. After line {line}, "
                for what, kind, read in (
                    (f"what is `{name}`?", "value", self.trial.outcome),
                    (f"what is the shape of `{name}`?", "shape", self.trial.shape),
                ):
                    right = read(self.code.source, call, variable)
                    if not right or right in (ERROR, NOTHING):
                        continue
                    wrong = self._slips(name, line, call, right, read)
                    if kind == "shape":
                        wrong += _other_shapes(right)
                    why = f"`{name}` is {right}" if kind == "value" else f"the shape of `{name}` is {right}"
                    yield from self._asked(kind, given + what, right, wrong, why, name)

    def _slips(self, name: str, line: int, call: Call, right: str, read) -> list[str]:
        """What the variable would be with each slip at or above its line."""
        found = []
        for edit in self.edits:
            if edit.line > line or edit.drops_line:
                continue
            source = f"{self.code.before}\n{edit.source}\n"
            places = [at for bound, at in _assignments(edit.source) if bound == name]
            for at in places[:1]:
                variable = Variable(name, self.code.before.count("\n") + 1 + at)
                found.append(read(source, call, variable))
        return [each for each in found if each and each not in (right, ERROR, NOTHING)]

    def what_ifs(self) -> Iterator[Question]:
        """What a call gives with a small edit."""
        for edit in self.edits:
            for call in self._some_calls():
                now = self.now[as_text(call)]
                edited = self._edited(edit, call)
                if edited == NOTHING:
                    continue
                right = SAME if edited == now else edited
                others = [self._edited(each, call) for each in self.edits if each is not edit]
                numbers = [each for each in others if each not in (now, ERROR, NOTHING, right)]
                wrong = [each for each in (ERROR, SAME) if each != right] + numbers
                text = f"What would `{as_text(call)}` give {edit.words}?"
                why = f"now it gives {now}; {edit.words}, {edited}"
                yield from self._asked("what if", text, right, wrong, why, edit.words)

    def breaking_calls(self) -> Iterator[Question]:
        """The one call that gives nan, or an error, with a small edit."""
        for edit in self.edits:
            results = {as_text(call): self._edited(edit, call) for call in self.calls}
            broken = [text for text, result in results.items() if result == ERROR or "nan" in result]
            sound = [text for text, result in results.items() if text not in broken and result != NOTHING]
            for one in broken[:1]:
                text = f"Which of these calls would give `nan` or an error {edit.words}?"
                why = f"{edit.words}, {one} gives {results[one]}"
                yield from self._asked("which call breaks it", text, one, sound, why, edit.words)

    def differences(self) -> Iterator[Question]:
        """The one call for which another answer gives something else."""
        for title, source in self.others:
            results = {as_text(call): self.trial.outcome(f"{self.code.before}\n{source}", call) for call in self.calls}
            known = [text for text, result in results.items() if NOTHING not in (result, self.now[text])]
            other = [text for text in known if results[text] != self.now[text]]
            same = [text for text in known if results[text] == self.now[text]]
            for one in other[:1]:
                text = "For which of these calls does this other answer give something else than yours?"
                why = f"{title}: {one} gives {self.now[one]}, and {results[one]} there"
                yield from self._asked("spot the difference", text, one, same, why, title, source)

    def spare_lines(self) -> Iterator[Question]:
        """The line without which three calls give the same, or none."""
        drops = {edit.line: edit for edit in self.edits if edit.drops_line}
        if len(drops) < 2:
            return
        for some in list(combinations(self.calls[:5], 3))[:4]:
            before = [self.now[as_text(call)] for call in some]
            spare = [line for line, edit in drops.items() if [self._edited(edit, call) for call in some] == before]
            if len(spare) > 1:
                continue
            calls = ", ".join(f"`{as_text(call)}`" for call in some)
            text = f"Which line could be left out, with the same results of {calls}?"
            right = f"line {spare[0]}" if spare else NONE
            wrong = [f"line {line}" for line in drops if line not in spare]
            why = f"without {right} the results stay" if spare else "each of them changes a result"
            yield from self._asked("why is it there", text, right, [*wrong, *([NONE] if spare else [])], why, "lines")

    def _asked(
        self, kind: str, text: str, right: str, wrong: list[str], why: str, topic: str, beside: str = ""
    ) -> Iterator[Question]:
        """The question, if there are enough wrong choices; the choices are sorted, so that none stands out."""
        others = [each for each in dict.fromkeys(wrong) if each != right]
        if len(others) < 2:
            return
        choices = sorted([right, *others[: CHOICES - 1]])
        yield Question(self.code.exercise, kind, text, tuple(choices), right, why, beside, topic)


def _assignments(source: str) -> list[tuple[str, int]]:
    """The variables that functions assign outside loops and conditions, each with its line."""
    found = []
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef):
            continue
        for node in function.body:
            targets = node.targets if isinstance(node, ast.Assign) else []
            for target in targets:
                if isinstance(target, ast.Name) and node.end_lineno:
                    found.append((target.id, node.end_lineno))
    return found


def _other_shapes(shape: str) -> list[str]:
    """Shapes that a missing `keepdim`, or a transpose, would give."""
    sizes = ast.literal_eval(shape)
    turned = str(sizes[::-1])
    fewer = [str(tuple(size for place, size in enumerate(sizes) if place != left)) for left in range(len(sizes))]
    more = [str((*sizes, 1)), str((1, *sizes))]
    return [turned, *fewer, *more]
