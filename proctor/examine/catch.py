"""What a student's examples expose: the same calls, put to known answers, in the sandbox that holds no student's code.

An example exposes an answer where what comes back isn't what the reference gives. It is fair where the reference gives
numbers, and where every known right answer gives the same.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch

from proctor.course import assignments
from proctor.course.answers import known
from proctor.examine.diagnose import replayer_of
from proctor.examine.student import Student
from proctor.sandbox import protocol
from proctor.sandbox.protocol import describe

MAX_EXAMPLES = 8
MAX_NUMBERS = 1000  # in one tensor of an example, and in what the reference makes of it


@dataclass
class Caught:
    """What fair examples came to: the numbers of those that expose each counted answer, by title."""

    exposed: dict[str, list[int]]

    @property
    def share(self) -> float:
        """The part of the counted answers that some example exposes."""
        return sum(map(bool, self.exposed.values())) / len(self.exposed)

    def words(self) -> str:
        """How many are exposed, and what the hardest of them do."""
        caught = [title for title, numbers in sorted(self.exposed.items(), key=lambda each: len(each[1])) if numbers]
        slipped = len(self.exposed) - len(caught)
        told = [f"your examples expose {len(caught)} of {len(self.exposed)} wrong answers; {slipped} slip through"]
        told += [f"- by example {', '.join(map(str, self.exposed[title]))}: {title}" for title in caught[:6]]
        if len(caught) > 6:
            told.append(f"- and {len(caught) - 6} more")
        return "\n".join(told)


def caught(student: Student, exercise: str, reference: Callable, counted: list[str], compare: Callable) -> Caught:
    """What the student's `examples` for `exercise` expose of the `counted` wrong answers, by id.

    `compare(got, want, example)` raises `AssertionError` where a reply differs from the reference's. Raises the same
    where `examples` is no list of dicts of arguments, or one of them isn't fair.
    """
    examples = student.value("examples")
    _require_form(examples, list(inspect.signature(reference).parameters))
    return _caught(exercise, reference, tuple(counted), compare, protocol.encode(protocol.Returned(examples)))


@lru_cache(100)
def _caught(exercise: str, reference: Callable, counted: tuple[str, ...], compare: Callable, encoded: bytes) -> Caught:
    """What these encoded examples expose; several checks ask that of the same ones. Raises `AssertionError` as `caught` does."""
    examples = _decoded(encoded)
    checks = Path(inspect.getfile(reference))
    (assignment,) = (each for each in assignments(checks.parents[2]).values() if each.checks == checks)
    by_id = {answer.id: answer for answer in known(assignment.wrong_answers / f"{exercise}.py")}
    wrong, right = tuple(by_id[name] for name in counted), known(assignment.right_answers / f"{exercise}.py")
    wanted = []
    for number, example in enumerate(examples, 1):
        try:
            want = reference(**example)
        except Exception as error:
            kind = type(error).__name__
            raise AssertionError(f"example {number} isn't fair: even a right answer raises {kind} for it") from None
        large = f"example {number} is too large: its result has more than {MAX_NUMBERS} numbers"
        assert want.numel() <= MAX_NUMBERS, large
        assert not want.isnan().any(), f"example {number} isn't fair: even a right answer gives nan for it"
        wanted.append(want)
    sources = [answer.source for answer in right + wrong]
    request = protocol.probe_request(probe_answers, (exercise, sources, examples, MAX_NUMBERS))
    reply = replayer_of(assignment).ask(protocol.encode(request))
    assert reply is not None, "the examples take too long, or too much memory, to be tried"
    assert isinstance(reply, protocol.Returned), f"the examples could not be tried: {reply}"
    exposed = [
        [
            n
            for n, (example, want) in enumerate(zip(examples, wanted), 1)
            if _differs(answers[n - 1], want, example, compare)
        ]
        for answers in reply.value
    ]
    for numbers in exposed[: len(right)]:
        said = "right answers differ for it. Are its floats of one dtype, float32 or float64, and within the rules?"
        assert not numbers, f"example {numbers[0]} isn't fair: {said}"
    return Caught({answer.title: numbers for answer, numbers in zip(wrong, exposed[len(right) :])})


def _decoded(encoded: bytes) -> list[dict[str, Any]]:
    reply = protocol.decode_reply(encoded)
    assert isinstance(reply, protocol.Returned), "it was encoded so"
    return reply.value


def _require_form(examples: Any, names: list[str]) -> None:
    """Raises `AssertionError` unless these are a few small dicts with just these keys."""
    assert isinstance(examples, list), f"`examples` is {describe(examples)}, expected a list of dicts"
    assert examples, "`examples` is empty: add a dict of arguments"
    assert len(examples) <= MAX_EXAMPLES, f"there are {len(examples)} examples, {MAX_EXAMPLES} are allowed"
    for number, example in enumerate(examples, 1):
        assert isinstance(example, dict), f"example {number} is {describe(example)}, expected a dict of arguments"
        assert sorted(example) == sorted(names), f"example {number} has the keys {list(example)}, expected {names}"
        for value in example.values():
            small = isinstance(value, int | float) or (isinstance(value, torch.Tensor) and value.numel() <= MAX_NUMBERS)
            assert small, f"example {number} holds {describe(value)}, expected a number or a tensor of few numbers"


def probe_answers(student, exercise, sources, examples, most):
    """what known answers give for the examples"""
    import math

    import torch

    def outcome(function, example):
        given = {key: value.clone() if isinstance(value, torch.Tensor) else value for key, value in example.items()}
        try:
            value = function(**given)
        except Exception as error:
            return {"raised": type(error).__name__}
        if isinstance(value, torch.Tensor):
            return value.detach() if value.numel() <= 2 * most else {"raised": "too many numbers"}
        return value if isinstance(value, int | float) else {"raised": "no tensor"}

    found = []
    for source in sources:
        names = {"math": math, "torch": torch, "nn": torch.nn, "F": torch.nn.functional}
        exec(source, names)
        found.append([outcome(names[exercise], example) for example in examples])
    return found


def _differs(got: Any, want: torch.Tensor, example: dict[str, Any], compare: Callable) -> bool:
    try:
        compare(got, want, example)
    except AssertionError:
        return True
    return False
