"""The wrong answers that a student's examples expose: the same calls, put to known answers, in a
sandbox without student code.

An example exposes an answer that gives another result than the reference. It is fair if the
reference gives numbers, and every known right answer gives the same.
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
MAX_NUMBERS = 1000  # in one tensor of an example, and in the result of the reference
# in size, of a number in an example; float32 may have rounded it
SMALLEST, LARGEST = 0.99e-4, 1.01e4


@dataclass
class Caught:
    """The result of examples: the numbers of the fair ones that expose each counted answer, by
    title.

    `kinds`: the kind of inputs for which each of those answers is wrong. `refused`: why an example
    exposes nothing, by its number.
    """

    exposed: dict[str, list[int]]
    kinds: dict[str, str]
    refused: dict[int, str]

    @property
    def share(self) -> float:
        """The part of the counted answers that some example exposes."""
        return sum(map(bool, self.exposed.values())) / len(self.exposed)

    def words(self) -> str:
        """How many answers are exposed, for which inputs the others are wrong, and which examples
        expose the hardest.
        """
        caught = []
        slipped = Counter[str]()
        for title, numbers in self.exposed.items():
            if numbers:
                caught.append(title)
            else:
                slipped[self.kinds[title]] += 1
        # the hardest first
        caught.sort(key=lambda title: len(self.exposed[title]))
        some = f"your examples expose {len(caught)} of {len(self.exposed)} wrong answers"
        lines = [f"{some}; {slipped.total()} slip through"]
        for kind, count in slipped.items():
            verb = "goes" if count == 1 else "go"
            lines.append(f"- {count} of them {verb} wrong {kind}")
        for title in caught[:6]:
            examples = ", ".join(map(str, self.exposed[title]))
            lines.append(f"- by example {examples}: {title}")
        if len(caught) > 6:
            lines.append(f"- and {len(caught) - 6} more")
        return "\n".join(lines)


def caught(
    student: Student,
    exercise: str,
    reference: Callable,
    counted: dict[str, str],
    compare: Callable,
    infinite: bool = False,
) -> Caught:
    """The `counted` wrong answers that the student's `examples` for `exercise` expose: ids, by the
    kind of inputs.

    `compare(got, want, example)` raises `AssertionError` if a reply differs from the reference's.
    `infinite`: the rules of the exercise allow numbers that aren't finite.
    Raises the same if `examples` is no list, or an empty one.
    """
    examples = student.run(probe_examples)
    student.last_call = ""
    assert isinstance(examples, list), (
        f"`examples` is {describe(examples)}, expected a list of dicts"
    )
    assert examples, "`examples` is empty: add a dict of arguments"
    names = list(inspect.signature(reference).parameters)
    refused = dict[int, str]()
    tried = []
    for number, example in enumerate(examples[:MAX_EXAMPLES], 1):
        reason = _against_the_rules(example, names, infinite)
        if reason:
            refused[number] = reason
        else:
            tried.append([number, example])
    kinds = []
    for kind, ids in counted.items():
        for name in ids.split():
            kinds.append((name, kind))
    encoded = protocol.encode(protocol.Returned(tried))
    found = _caught(exercise, reference, tuple(kinds), compare, encoded)
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
    """The wrong answers that these encoded examples, each with its number, expose; several
    checks have the same ones.
    """
    checks = Path(inspect.getfile(reference))
    found = assignments(checks.parents[2]).values()
    (assignment,) = (each for each in found if each.checks == checks)
    by_id = {answer.id: answer for answer in known(assignment.wrong_answers / f"{exercise}.py")}
    wrong = []
    kinds = {}
    for name, kind in counted:
        wrong.append(by_id[name])
        kinds[by_id[name].title] = kind
    right = known(assignment.right_answers / f"{exercise}.py")
    refused = dict[int, str]()
    wanted = dict[int, torch.Tensor]()
    examples = protocol.decode_answer(encoded)
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
    replayer = replayer_of(assignment)
    left = [*right, *wrong]
    exposed = list[list[int]]()
    while left:
        replies = replayer.replies([(request, answer) for answer in left])
        assert replies, "the examples take too long, or too much memory, to be tried"
        for reply in replies:
            assert isinstance(reply, protocol.Returned), f"the examples could not be tried: {reply}"
            numbers = list[int]()
            for got, (number, want) in zip(reply.value, wanted.items()):
                if _differs(got, want, tried[number], compare):
                    numbers.append(number)
            exposed.append(numbers)
        left = left[len(replies) :]
    why = "isn't fair: right answers differ for it. Are its floats of one dtype, float32 or float64, and within the rules?"
    for numbers in exposed[: len(right)]:
        refused |= dict.fromkeys(numbers, why)
    by_title = {}
    for answer, numbers in zip(wrong, exposed[len(right) :]):
        by_title[answer.title] = [number for number in numbers if number not in refused]
    return Caught(by_title, kinds, refused)


def _against_the_rules(example: Any, names: list[str], infinite: bool) -> str:
    """The rule that an example breaks; empty if it is a small dict with just these keys, and its
    numbers are neither too large nor too small.
    """
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
        if isinstance(value, torch.Tensor) and value.is_floating_point():
            sizes = value[value.isfinite()].abs()
            if not infinite and sizes.numel() < value.numel():
                return "holds a number that is not finite"
            if (sizes > LARGEST).any() or ((sizes > 0) & (sizes < SMALLEST)).any():
                return "holds a number that is neither zero nor between 1e-4 and 1e4 in size"
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
