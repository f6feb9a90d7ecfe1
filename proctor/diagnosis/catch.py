"""The wrong answers that a student's examples expose: the same calls, put to known answers, in a sandbox without student code.

An example exposes an answer where what comes back isn't what the reference gives. It is fair where the reference gives
numbers, and where every known right answer gives the same.
"""

import inspect
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch

from proctor.course import assignments
from proctor.course.answers import known
from proctor.diagnosis.known_answers import replayer_of
from proctor.grading.student import Student
from proctor.sandbox import protocol
from proctor.sandbox.wording import describe

MAX_EXAMPLES = 8
MAX_NUMBERS = 1000  # in one tensor of an example, and in what the reference makes of it


@dataclass
class Caught:
    """The result of examples: the numbers of the fair ones that expose each counted answer, by title.

    `kinds`: where each of those answers goes wrong. `refused`: why an example exposes nothing, by its number.
    """

    exposed: dict[str, list[int]]
    kinds: dict[str, str]
    refused: dict[int, str]

    @property
    def share(self) -> float:
        """The part of the counted answers that some example exposes."""
        return sum(map(bool, self.exposed.values())) / len(self.exposed)

    def words(self) -> str:
        """How many are exposed, where those go wrong that aren't, and what the hardest of the others do."""
        caught = [
            title
            for title, numbers in sorted(self.exposed.items(), key=lambda each: len(each[1]))
            if numbers
        ]
        slipped = Counter(
            self.kinds[title] for title, numbers in self.exposed.items() if not numbers
        )
        some = f"your examples expose {len(caught)} of {len(self.exposed)} wrong answers"
        lines = [f"{some}; {slipped.total()} slip through"]
        lines += [
            f"- {n} of them {'goes' if n == 1 else 'go'} wrong {kind}"
            for kind, n in slipped.items()
        ]
        lines += [
            f"- by example {', '.join(map(str, self.exposed[title]))}: {title}"
            for title in caught[:6]
        ]
        if len(caught) > 6:
            lines.append(f"- and {len(caught) - 6} more")
        return "\n".join(lines)


def caught(
    student: Student, exercise: str, reference: Callable, counted: dict[str, str], compare: Callable
) -> Caught:
    """What the student's `examples` for `exercise` expose of the `counted` wrong answers: ids, by where each goes wrong.

    `compare(got, want, example)` raises `AssertionError` where a reply differs from the reference's. Raises the same
    where `examples` is no list with something in it.
    """
    examples = student.run(probe_examples)
    student.last_call = ""
    assert isinstance(examples, list), (
        f"`examples` is {describe(examples)}, expected a list of dicts"
    )
    assert examples, "`examples` is empty: add a dict of arguments"
    names = list(inspect.signature(reference).parameters)
    refused = {
        n: why
        for n, each in enumerate(examples[:MAX_EXAMPLES], 1)
        if (why := _malformed(each, names))
    }
    tried = [[n, each] for n, each in enumerate(examples[:MAX_EXAMPLES], 1) if n not in refused]
    kinds = tuple((name, kind) for kind, ids in counted.items() for name in ids.split())
    found = _caught(exercise, reference, kinds, compare, protocol.encode(protocol.Returned(tried)))
    if len(examples) > MAX_EXAMPLES:
        refused[MAX_EXAMPLES + 1] = (
            f"is one too many: of {len(examples)} the first {MAX_EXAMPLES} count"
        )
    return replace(found, refused=dict(sorted((refused | found.refused).items())))


def probe_examples(student):
    """examples"""
    return student.examples


@lru_cache(100)
def _caught(
    exercise: str,
    reference: Callable,
    counted: tuple[tuple[str, str], ...],
    compare: Callable,
    encoded: bytes,
) -> Caught:
    """The wrong answers that these encoded examples, each with its number, expose; several checks ask that of the same ones."""
    checks = Path(inspect.getfile(reference))
    (assignment,) = (
        each for each in assignments(checks.parents[2]).values() if each.checks == checks
    )
    by_id = {answer.id: answer for answer in known(assignment.wrong_answers / f"{exercise}.py")}
    wrong, right = (
        [by_id[name] for name, _ in counted],
        known(assignment.right_answers / f"{exercise}.py"),
    )
    refused, wanted = {}, {}
    examples = protocol.decode_reply(encoded)
    assert isinstance(examples, protocol.Returned), "it was encoded so"
    tried: dict[int, dict[str, Any]] = dict(examples.value)
    for number, example in tried.items():
        try:
            want = reference(**example)
        except Exception as error:
            refused[number] = (
                f"isn't fair: even a right answer raises {type(error).__name__} for it"
            )
            continue
        if want.numel() > MAX_NUMBERS:
            refused[number] = f"is too large: its result has more than {MAX_NUMBERS} numbers"
        elif want.isnan().any():
            refused[number] = "isn't fair: even a right answer gives nan for it"
        else:
            wanted[number] = want
    fair = [tried[number] for number in wanted]
    request = protocol.encode(protocol.probe_request(probe_outcomes, (exercise, fair, MAX_NUMBERS)))
    replayer, left = replayer_of(assignment), [*right, *wrong]
    exposed = []
    while left:
        replies = replayer.replies([(request, answer) for answer in left])
        assert replies, "the examples take too long, or too much memory, to be tried"
        for reply in replies:
            assert isinstance(reply, protocol.Returned), f"the examples could not be tried: {reply}"
            results = zip(reply.value, wanted.items())
            exposed.append(
                [
                    number
                    for got, (number, want) in results
                    if _differs(got, want, tried[number], compare)
                ]
            )
        left = left[len(replies) :]
    why = "isn't fair: right answers differ for it. Are its floats of one dtype, float32 or float64, and within the rules?"
    refused |= {number: why for numbers in exposed[: len(right)] for number in numbers}
    by_title = {
        answer.title: [number for number in numbers if number not in refused]
        for answer, numbers in zip(wrong, exposed[len(right) :])
    }
    return Caught(by_title, {by_id[name].title: kind for name, kind in counted}, refused)


def _malformed(example: Any, names: list[str]) -> str:
    """The reason why an example can't be tried; empty where it is a small dict with just these keys."""
    if not isinstance(example, dict):
        return f"is {describe(example)}, expected a dict of arguments"
    if sorted(map(str, example)) != sorted(names):
        return f"has the keys {list(example)}, expected {names}"
    for value in example.values():
        small = isinstance(value, int | float) or (
            isinstance(value, torch.Tensor) and value.numel() <= MAX_NUMBERS
        )
        if not small:
            return f"holds {describe(value)}, expected a number or a tensor of at most {MAX_NUMBERS} numbers"
    return ""


def probe_outcomes(student, exercise, examples, most):
    """what an answer gives for the examples"""
    import torch

    def outcome(function, example):
        given = {
            key: value.clone() if isinstance(value, torch.Tensor) else value
            for key, value in example.items()
        }
        try:
            value = function(**given)
        except Exception as error:
            return {"raised": type(error).__name__}
        if isinstance(value, torch.Tensor):
            return value.detach() if value.numel() <= 2 * most else {"raised": "too many numbers"}
        return value if isinstance(value, int | float) else {"raised": "no tensor"}

    return [outcome(getattr(student, exercise), example) for example in examples]


def _differs(got: Any, want: torch.Tensor, example: dict[str, Any], compare: Callable) -> bool:
    try:
        compare(got, want, example)
    except AssertionError:
        return True
    return False
