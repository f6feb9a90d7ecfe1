"""Whether two replies say the same, and a short name for all the replies of an answer: its behaviour.

Two ways to write the same differ in the last digits. So for the name, all that isn't a floating-point number is hashed as
it is, and the numbers are summed up, each reply's with weights of its own. The name is the hash and the sums, which may
differ by `proctor.course.report.SLACK`.
"""

import hashlib
import math
import re
from typing import Any

import torch

from proctor.examine.tolerances import ROUNDING, RTOL
from proctor.sandbox import protocol
from proctor.sandbox.protocol import Transcript

EXACT, STRICT, LOOSE = 0.0, 0.02, 1.0  # of the checks' tolerances
OWN_WORDS = {"ValueError", "KeyError", "AssertionError"}  # raised by answers themselves, whose message is their own
SUMS = 3
SMALL = 1e-2  # what is smaller than this may be the rounding error of a 0
PART = 2**16  # numbers at a time
PRECISE = (torch.float32, torch.float64)


def same(one: protocol.Answer | None, other: protocol.Answer | None, tolerance: float) -> bool:
    """Whether two replies say the same, `tolerance` being a part of the checks' own."""
    if one is None or other is None or _tripped(one) != _tripped(other):
        return False
    if isinstance(one, protocol.Raised) and isinstance(other, protocol.Raised):
        return one.kind == other.kind and (one.kind in OWN_WORDS or words(one.message) == words(other.message))
    if isinstance(one, protocol.Returned) and isinstance(other, protocol.Returned):
        if tolerance == EXACT and one.operations != other.operations:
            return False
        return all(
            _alike(getattr(one, part), getattr(other, part), tolerance) for part in ("value", "arguments", "gradients")
        )
    return False


def _tripped(reply: protocol.Answer) -> set[str]:
    return {trip.name for trip in reply.used}


def words(message: str) -> str:
    """An error's message without what differs from run to run or between wordings: which of two stands first, -1 for a size."""
    message = re.sub(r"0x[0-9a-f]+", "", message)
    message = re.sub(r"shape '\[[-0-9, ]*\]' is invalid", "shape is invalid", message)
    sizes = re.search(r"size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\)", message)
    return message.replace(sizes[0], "sizes {} and {}".format(*sorted(sizes.groups(), key=int))) if sizes else message


def _alike(one: Any, other: Any, tolerance: float) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, torch.Tensor):
        return one.shape == other.shape and one.dtype == other.dtype and _close(one, other, tolerance)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(_alike(a, b, tolerance) for a, b in zip(one, other))
    if isinstance(one, dict) and "parameters" in one.keys() & other.keys():
        return _alike([*map(_unnamed, one.values())], [*map(_unnamed, other.values())], tolerance)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_alike(one[key], other[key], tolerance) for key in one)
    if isinstance(one, float):
        return math.isclose(one, other, rel_tol=1e-5 * tolerance, abs_tol=1e-9 * tolerance) or (
            one != one and other != other
        )
    return one == other


def _unnamed(value: Any) -> Any:
    """A module's tensors, by whatever names, in their order."""
    return list(value.values()) if isinstance(value, dict) else value


def _close(one: torch.Tensor, other: torch.Tensor, tolerance: float) -> bool:
    # most replies are equal to the last bit
    if torch.equal(one, other) or not one.is_floating_point():
        return torch.equal(one, other)
    rtol = RTOL.get(one.dtype, 1e-4) * tolerance
    largest = float(other[other.isfinite()].abs().max()) if other.isfinite().any() else 0.0
    atol = 0.0 if tolerance < LOOSE else max(rtol * largest * 0.1, ROUNDING.get(one.dtype, 0.0))
    return torch.allclose(one, other, rtol=rtol, atol=atol, equal_nan=True)


def behaviour(transcript: Transcript, failed: list[str]) -> str | None:
    """The name of what the answer with this transcript does, which failed these graded cells; None where it wasn't asked.

    Inputs differ from seed to seed, and with them the name.
    """
    if not transcript:
        return None
    walk = _Walk()
    walk.take(sorted(failed))
    for request, reply in transcript:
        question = protocol.decode_question(request)
        # which stand-ins it needed is for others' mistakes
        question.given = []
        walk.take(protocol.encode(question))
        walk.take(sorted({trip.name for trip in reply.used}))
        if isinstance(reply, protocol.Raised):
            walk.take([reply.kind, "" if reply.kind in OWN_WORDS else words(reply.message)])
        else:
            walk.take([reply.value, reply.arguments, reply.gradients])
    return walk.name()


class _Walk:
    """Goes through what was replied, and hashes it."""

    def __init__(self):
        self._exact, self._weights = hashlib.sha256(), torch.Generator().manual_seed(0)
        self._sums = torch.zeros(SUMS, dtype=torch.float64)

    def name(self) -> str:
        return " ".join([self._exact.hexdigest()[:8], *(f"{each:.3f}" for each in self._sums.tolist())])

    def take(self, value: Any) -> None:
        if isinstance(value, torch.Tensor):
            self._note("tensor", value.dtype, tuple(value.shape))
            self._numbers(value) if value.is_floating_point() else self._note(_bytes(value))
        elif isinstance(value, float):
            self._note("float")
            self._numbers(torch.tensor(value, dtype=torch.float64))
        elif isinstance(value, list | tuple):
            self._note("list", len(value))
            for each in value:
                self.take(each)
        elif isinstance(value, dict) and "parameters" in value:
            # a module's own names for them don't matter
            self.take([list(each.values()) if isinstance(each, dict) else each for each in value.values()])
        elif isinstance(value, dict):
            self._note("dict")
            for key in sorted(value, key=repr):
                self._note(key)
                self.take(value[key])
        else:
            self._note(type(value).__name__, value)

    def _note(self, *facts: object) -> None:
        self._exact.update(repr(facts).encode(errors="replace"))

    def _numbers(self, value: torch.Tensor) -> None:
        """Adds numbers to the sums: their direction, and the order of their size."""
        flat = value.detach().double().flatten()
        for kind in (flat.isnan(), flat == math.inf, flat == -math.inf):
            self._note(_bytes(kind) if kind.any() else b"")
        flat = flat.where(flat.isfinite(), 0.0)
        size = float(flat.norm())
        if size and math.isfinite(size) and value.dtype in PRECISE:
            for part in flat.split(PART):
                weights = torch.randn(SUMS, part.numel(), generator=self._weights, dtype=torch.float64)
                self._sums += weights @ (part / size) * math.asinh(size / SMALL)


def _bytes(value: torch.Tensor) -> bytes:
    return value.contiguous().numpy().tobytes()
