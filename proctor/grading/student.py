"""What a hidden check is given: the student's functions, called here and run elsewhere, and random inputs."""

import builtins
import hashlib
import inspect
import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch

from proctor.course.codes import Code, Note
from proctor.diagnosis.as_code import in_numbers
from proctor.errors import Forbidden
from proctor.sandbox import protocol
from proctor.sandbox.wording import bare, describe

if TYPE_CHECKING:
    from proctor.grading.examination import Examination


class StudentError(Exception):
    """The student's code raised; also an instance of the same built-in class, so that `pytest.raises` knows it."""

    kind = "Exception"
    # the name of its first built-in class: a student may have named its own
    builtin_kind = "Exception"
    place: tuple[int, int] = 0, 0  # the code cell and the line that raised, where they are known
    # the names of the errors that a check expected, where another one was raised
    wanted: Sequence[str] = ()

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class NotRaised(AssertionError):
    """A call raised none of the expected errors, whose names are `wanted`."""

    wanted: Sequence[str] = ()


class WrongPrediction(AssertionError):
    """A prediction has the form that the question asks for, and another value than the answer."""


class Student:
    """Stands for one student's notebook while one exercise is examined, as it was after the graded cell `cell_id`.

    `student.softmax(x, dim=0)` calls the student's function with plain data and returns plain data. Raises a
    `StudentError` where it raised, and `Forbidden` where it used what the exercise rules out. A check may leave a
    `remark` for the student, which is shown where it passes.
    """

    def __init__(self, examination: "Examination", cell_id: str, forbidden: list[str], seed: int):
        self._examination, self._snapshot, self._forbidden = examination, cell_id, forbidden
        self._exercise = examination.assignment.graded[cell_id].exercise
        self._seeds = random.Random(seed)
        # where the inputs are drawn for this notebook alone
        self._describe = in_numbers if examination.alone else describe
        self.last_call = ""
        self.last_value = ""
        self.sizes: dict[int, Note] = {}  # of the last call's arguments, and what each is a size of
        self.last_request: protocol.Question | None = None
        self.last_reply: protocol.Answer | None = None
        self.remark = ""

    def __getattr__(self, name: str) -> Callable:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **kwargs: self.call(name, args, kwargs).value

    def call(
        self,
        name: str,
        args: Sequence,
        kwargs: dict,
        weights: list[torch.Tensor] | None = None,
        look_back: bool = False,
    ) -> protocol.Returned:
        """One call: its value, the gradients of the output weighted by `weights`, and, to `look_back`, its arguments afterwards."""
        request = protocol.Call(
            name, list(args), kwargs, weights, look_back, forbidden=self._forbidden
        )
        tensors = [
            (self.parameter(name, n), x)
            for n, x in [*enumerate(args), *kwargs.items()]
            if isinstance(x, torch.Tensor)
        ]
        self.sizes = {
            size: Code.SIZE_OF(parameter=which)
            for which, x in reversed(tensors)
            for size in x.shape
        }
        return self._ask(request, f"{name}({self._arguments(args, kwargs)})")

    def run(self, probe: Callable, *args: Any, **kwargs: Any) -> Any:
        """Runs `probe(student, *args, **kwargs)` beside the student's code and returns its plain data.

        The first line of the probe's docstring says what is being tried, for the student to read.
        """
        request = protocol.probe_request(probe, args, kwargs, self._forbidden)
        self.sizes = {}
        what = (inspect.getdoc(probe) or f"{self._exercise}, in a small experiment").splitlines()[0]
        value = self._ask(request, what).value
        self.last_value = ""
        return value

    def parameter(self, name: str, which: int | str) -> str:
        """The exercise's name for an argument of the function `name`, by position or keyword: `'x'`."""
        known = self._examination.assignment.parameters.get(name, [])
        return repr(known[which]) if isinstance(which, int) and which < len(known) else repr(which)

    def _ask(self, request: protocol.Question, description: str) -> protocol.Returned:
        self.last_call, self.last_value, self.last_request, self.last_reply = (
            description,
            "",
            request,
            None,
        )
        request.snapshot, request.seed = self._snapshot, self._seeds.getrandbits(32)
        request.stand_ins, request.graded = self._examination.stand_ins, self._examination.graded
        reply = self.last_reply = self._examination.asks.ask(request, self._exercise)
        if reply.used:
            raise Forbidden(self._note_on(reply.used[0]))
        if isinstance(reply, protocol.Raised):
            raise _as_exception(reply)
        self.last_value = self._describe(reply.value)
        return reply

    def _arguments(self, args: Sequence, kwargs: dict) -> str:
        named = [f"{name}={self._describe(value)}" for name, value in kwargs.items()]
        return ", ".join([*map(self._describe, args), *named])

    def _note_on(self, trip: protocol.Trip) -> Note:
        """The note on a forbidden operation: its name, and the line that uses it."""
        if not self._examination.may_quote(self._exercise):
            # a trip is the sandbox's word: only a line that was handed in is shown
            lines = [line[:200] for line in self._examination.lines_at(trip.cell, trip.line)]
            if trip.cell == 0:
                lines = [line for line in lines if line == trip.text]
            name = trip.name if trip.name in self._forbidden else "a built-in"
            trip = protocol.Trip(name, trip.cell, trip.line, lines[0] if lines else "")
        if not trip.text:
            return Code.FORBIDDEN(exercise=self._exercise, name=trip.name)
        elsewhere = trip.cell not in (0, self._examination.number(self._exercise))
        line = Code.CELL_LINE if elsewhere else Code.LINE
        return Code.FORBIDDEN_LINE(
            name=trip.name, line=line(cell=trip.cell, number=trip.line, text=trip.text)
        )


def without_words(raised: protocol.Raised) -> protocol.Raised:
    """The error without the student's words, a type's name included: they could hold other inputs, or a stand-in."""
    return protocol.Raised(
        _builtin_kind(raised), raised.bases, "…", cell=raised.cell, line=raised.line
    )


def _builtin_kind(raised: protocol.Raised) -> str:
    known = [base for base in raised.bases if isinstance(getattr(builtins, base, None), type)]
    return (*known, "Exception")[0]


def _as_exception(raised: protocol.Raised) -> StudentError:
    """The error of the student's code, in its own words."""
    kind, message = bare(raised.kind), raised.message[:500]
    # a generator in a check would make a `RuntimeError` of these
    for base in dict.fromkeys(
        each for each in raised.bases if each not in ("StopIteration", "StopAsyncIteration")
    ):
        known = getattr(builtins, base, None)
        if (
            isinstance(known, type)
            and issubclass(known, Exception)
            and known.__init__ is not UnicodeError.__init__
        ):
            try:
                error = type("StudentError", (StudentError, known), {})(message)
            except TypeError:
                continue
            break
    else:
        error = StudentError(message)
    error.kind, error.builtin_kind, error.place = (
        kind,
        _builtin_kind(raised),
        (raised.cell, raised.line),
    )
    return error


def fresh_seed() -> int:
    """A seed for the checks' inputs that nobody can foresee."""
    return random.SystemRandom().randrange(2**31)


def seed_of(seed: int, check: str, purpose: str = "") -> int:
    """The seed of one check, for one purpose."""
    digest = hashlib.sha256(f"{seed} {check}{purpose}".encode()).digest()
    return int.from_bytes(digest[:8], "big")


class Draw:
    """Random inputs for one check, from a seed; entries are never smaller than 1e-4 in size."""

    def __init__(self, seed: int):
        self._generator = torch.Generator().manual_seed(seed % 2**63)

    def normal(
        self, *shape: int, dtype: torch.dtype = torch.float32, scale: float = 1.0
    ) -> torch.Tensor:
        """Normal with standard deviation `scale`."""
        x = torch.randn(shape, generator=self._generator, dtype=torch.float64) * scale
        return torch.where(x < 0, x.clamp(max=-1e-4), x.clamp(min=1e-4)).to(dtype)

    def uniform(
        self, low: float, high: float, *shape: int, dtype: torch.dtype = torch.float32
    ) -> torch.Tensor:
        """Uniform between `low` and `high`."""
        x = torch.rand(shape, generator=self._generator, dtype=torch.float64) * (high - low) + low
        return torch.where(x.abs() < 1e-4, 1e-4, x).to(dtype)

    def integers(self, low: int, high: int, *shape: int) -> torch.Tensor:
        """int64, `low` included, `high` not."""
        return torch.randint(low, high, shape, generator=self._generator)

    def randint(self, low: int, high: int) -> int:
        """A Python int, `low` included, `high` not."""
        return int(self.integers(low, high))

    def probs(self, *shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
        """Rows that sum to 1, every entry at least 1e-3."""
        x = torch.rand(shape, generator=self._generator, dtype=torch.float64) + 1e-2
        x = x / x.sum(-1, keepdim=True)
        x = x.clamp(min=1e-3 * 1.1)
        return (x / x.sum(-1, keepdim=True)).to(dtype)

    def generator(self) -> torch.Generator:
        """A generator with a fresh seed."""
        return torch.Generator().manual_seed(self.randint(0, 2**31))
