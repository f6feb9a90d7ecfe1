"""Whether two replies are the same but for rounding, and a short name for all the replies of an
answer: its behaviour.

Two ways to write the same differ in the last digits. So a reply is taken apart into facts, which
are compared as they are, and numbers, which are compared within a tolerance. A behaviour is a hash
of all facts, and sums of all numbers, each weighted at random, which may differ by
`proctor.course.report.SLACK`.
"""

import hashlib
import math
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import torch

from proctor.course.foreign import ADDRESS, INVALID_SHAPE, TWO_SIZES
from proctor.sandbox import protocol
from proctor.sandbox.protocol import GeneratorState
from proctor.session.transcript import Transcript

# how near a value must come to the right one, by dtype: the contract's tolerances
RTOL = {torch.float32: 1e-4, torch.float64: 1e-7}
# a sum of a few numbers near 1 may lose so much if they cancel
ROUNDING = {torch.float32: 5e-7, torch.float64: 5e-13}
EXACT, STRICT, LOOSE = 0.0, 0.02, 1.0  # parts of these tolerances
# answers raise these themselves, in words of their own
OWN_WORDS = {"ValueError", "KeyError", "AssertionError"}
SUMS = 3
# a smaller number may be the rounding error of a 0
SMALL = 1e-2


class Numbers(NamedTuple):
    """The floating-point numbers of a tensor, or one Python float, without nan and infinity; how
    near others may come.
    """

    values: torch.Tensor | float
    rtol: float
    rounding: float


class Apart(NamedTuple):
    """A reply, taken apart."""

    facts: Any
    numbers: list[Numbers]


# a reply is compared with many others
_taken = WeakKeyDictionary[protocol.Answer, Apart]()


def same(one: protocol.Answer | None, other: protocol.Answer, tolerance: float) -> bool:
    """Whether two replies are the same but for rounding, `tolerance` being a part of the checks'
    own.
    """
    if one is None or type(one) is not type(other):
        return False
    if (
        isinstance(one, protocol.Returned)
        and isinstance(other, protocol.Returned)
        and not _alike(one.value, other.value)
    ):
        return False
    ours, theirs = _apart(one), _apart(other)
    if ours.facts != theirs.facts:
        return False
    pairs = zip(ours.numbers, theirs.numbers)
    return all(_close(number, expected, tolerance) for number, expected in pairs)


def _apart(reply: protocol.Answer) -> Apart:
    if reply not in _taken:
        numbers = list[Numbers]()
        _taken[reply] = Apart(_taken_apart(_parts(reply), numbers), numbers)
    return _taken[reply]


def _alike(one: Any, other: Any) -> bool:
    """Whether two values may be the same, by their kinds and lengths: it costs little, however long
    a list is.
    """
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_alike, one, other))
    kinds = (list, tuple), torch.Tensor, float
    return all(isinstance(one, kind) == isinstance(other, kind) for kind in kinds)


def _close(one: Numbers, other: Numbers, tolerance: float) -> bool:
    rtol = other.rtol * tolerance
    if not isinstance(other.values, torch.Tensor):
        # the facts are equal, so both are Python floats
        atol = _atol(rtol, abs(other.values), other.rounding, tolerance)
        return abs(float(one.values) - other.values) <= atol + rtol * abs(other.values)
    values = torch.as_tensor(one.values)
    # most replies are equal to the last bit
    if torch.equal(values, other.values):
        return True
    largest = float(other.values.abs().max())
    atol = _atol(rtol, largest, other.rounding, tolerance)
    return torch.allclose(values, other.values, rtol=rtol, atol=atol)


def _atol(rtol: float, largest: float, rounding: float, tolerance: float) -> float:
    """The absolute tolerance beside numbers of which the largest is `largest`."""
    if tolerance < LOOSE:
        return 0.0
    return max(rtol * largest * 0.1, rounding)


def _parts(reply: protocol.Answer) -> list:
    """The parts of a reply that count."""
    tripped = sorted({trip.name for trip in reply.used})
    if isinstance(reply, protocol.Raised):
        return [tripped, reply.kind, "" if reply.kind in OWN_WORDS else _words(reply.message)]
    return [tripped, reply.value, reply.arguments, reply.gradients]


def _words(message: str) -> str:
    """An error's message without all that differs from run to run or between wordings: which of two
    stands first, -1 for a size.
    """
    message = ADDRESS.sub("", message)
    message = INVALID_SHAPE.sub("shape is invalid", message)
    sizes = TWO_SIZES.search(message)
    return (
        message.replace(sizes[0], "sizes {} and {}".format(*sorted(sizes.groups())))
        if sizes
        else message
    )


def _taken_apart(value: Any, numbers: list[Numbers]) -> Any:
    if isinstance(value, torch.Tensor) and value.is_floating_point():
        return [
            "tensor",
            value.dtype,
            tuple(value.shape),
            _without_numbers(value, RTOL.get(value.dtype, 1e-4), numbers),
        ]
    if isinstance(value, torch.Tensor):
        return ["tensor", value.dtype, tuple(value.shape), bytes_of(value)]
    if isinstance(value, GeneratorState):
        return ["generator", value.state]
    if isinstance(value, float) and math.isfinite(value):
        numbers.append(Numbers(float(value), 1e-5, ROUNDING[torch.float64]))
        return ["float", b""]
    if isinstance(value, float):
        return ["float", _without_numbers(torch.tensor(value, dtype=torch.float64), 1e-5, numbers)]
    if isinstance(value, list | tuple):
        return [_taken_apart(each, numbers) for each in value]
    if isinstance(value, dict) and "parameters" in value:
        # a module's own names for its tensors don't matter
        return [
            _taken_apart([*v.values()] if isinstance(v, dict) else v, numbers)
            for v in value.values()
        ]
    if isinstance(value, dict):
        return [(key, _taken_apart(value[key], numbers)) for key in sorted(value, key=repr)]
    return [type(value).__name__, value]


def _without_numbers(values: torch.Tensor, rtol: float, numbers: list[Numbers]) -> bytes:
    """The places of nan and infinity in a tensor, if there are any; all else is added to
    `numbers`.
    """
    finite = values.isfinite()
    places = b""
    if not finite.all():
        places = bytes_of(torch.stack([values.isnan(), values == math.inf, values == -math.inf]))
        values = values.where(finite, 0.0)
    numbers.append(Numbers(values.detach(), rtol, ROUNDING.get(values.dtype, 0.0)))
    return places


def bytes_of(values: torch.Tensor) -> bytes:
    """The entries in their order, of which no two different ones are equal: 0 and -0, infinity,
    each nan.
    """
    return values.contiguous().numpy().tobytes()


def behaviour(transcript: Transcript, failed: list[str]) -> str | None:
    """A name for the behaviour of the answer with this transcript, which failed these graded cells;
    None without questions.

    Inputs differ from seed to seed, and with them the name.
    """
    if not transcript:
        return None
    facts, numbers = [sorted(failed)], list[Numbers]()
    for request, reply in transcript:
        question = protocol.decode_question(request)
        # which stand-ins were called depends on other exercises
        question.stand_ins = []
        apart = _apart(reply)
        facts += [protocol.encode(question), apart.facts]
        numbers += apart.numbers
    sums, random = torch.zeros(SUMS, dtype=torch.float64), torch.Generator().manual_seed(0)
    for each in numbers:
        values = torch.as_tensor(each.values, dtype=torch.float64).flatten()
        size = float(values.norm())
        # half precision rounds too much to decide
        if size and math.isfinite(size) and each.rounding:
            weights = torch.randn(SUMS, len(values), generator=random, dtype=torch.float64)
            # their direction, and the order of their size
            sums += weights @ (values / size) * math.asinh(size / SMALL)
    digest = hashlib.sha256(repr(facts).encode(errors="replace")).hexdigest()
    return " ".join([digest[:8], *(f"{each:.3f}" for each in sums.tolist())])
