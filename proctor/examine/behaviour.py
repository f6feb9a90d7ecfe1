"""A short name for what an answer does: answers that gave the same replies to every question have names that are alike.

Two ways to write the same differ in the last digits. So all that isn't a floating-point number is hashed as it is, and
the numbers are summed up, each reply's with weights of its own. The name is the hash and the sums, which may differ by
`proctor.course.report.SLACK`.
"""

import hashlib
import math
from typing import Any

import torch

from proctor.examine.diagnose import OWN_WORDS, words
from proctor.sandbox import protocol
from proctor.sandbox.protocol import Transcript

SUMS = 3
SMALL = 1e-2  # what is smaller than this may be the rounding error of a 0
PART = 2**16  # numbers at a time
PRECISE = (torch.float32, torch.float64)


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
        elif isinstance(value, torch.Generator):
            self._note(_bytes(value.get_state()))
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
