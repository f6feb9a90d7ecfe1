"""The fixtures of a hidden check: the student's functions, called here and run elsewhere, and
random inputs.
"""

import builtins
import hashlib
import inspect
import random
from collections.abc import Callable, Sequence
from typing import Any

import torch

from proctor.errors import Forbidden
from proctor.sandbox import protocol
from proctor.sandbox.wording import bare, describe

Ask = Callable[[protocol.Question, str], protocol.Answer]


class StudentError(Exception):
    """The student's code raised; also an instance of the same built-in class, so that
    `pytest.raises` knows it.
    """

    kind = "Exception"
    # the name of its first built-in class: a student may have named its own
    builtin_kind = "Exception"
    # the code cell and the line that raised, if they are known
    place: tuple[int, int] = 0, 0
    # the names of the errors that a check expected, if another one was raised
    wanted: Sequence[str] = ()

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class NotRaised(AssertionError):
    """A call raised none of the expected errors, whose names are `wanted`."""

    wanted: Sequence[str] = ()


class Differs(AssertionError):
    """The reply `got` isn't the expected one, `want`."""

    def __init__(self, message: str, got: torch.Tensor, want: torch.Tensor):
        super().__init__(message)
        self.got, self.want = got, want


class WrongPrediction(AssertionError):
    """A prediction has the form that the question needs, and another value than the answer."""


class Student:
    """Stands for one student's notebook while a check examines one exercise.

    `student.softmax(x, dim=0)` calls the student's function with plain data and returns plain data.
    Raises a `StudentError` if it raised, and `Forbidden` if it used an operation that the exercise
    rules out. A check may leave a `remark` for the student, which is shown if it passes.

    - `ask`: sends a question about the exercise, and gives its answer
    - `meaning`: the fields of a question that give the meaning of the notebook's names: its
      snapshot, and the stand-ins
    - `parameters`: the names of each function's parameters
    - `describe`: the words for a value in a message
    """

    def __init__(
        self,
        ask: Ask,
        exercise: str,
        meaning: dict[str, Any],
        forbidden: list[str],
        seed: int,
        parameters: dict[str, list[str]],
        describe: Callable[[Any], str] = describe,
    ):
        self._ask = ask
        self._exercise = exercise
        self._meaning = meaning
        self._forbidden = forbidden
        self._seeds = random.Random(seed)
        self._parameters = parameters
        self._describe = describe
        self.last_call = ""
        self.last_value = ""
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
        """One call: its value, the gradients of the output weighted by `weights`, and, to
        `look_back`, its arguments afterwards.
        """
        shown = [*map(self._describe, args)]
        shown += [f"{key}={self._describe(value)}" for key, value in kwargs.items()]
        request = protocol.Call(name, list(args), kwargs, weights, look_back)
        return self._answer(request, f"{name}({', '.join(shown)})")

    def run(self, probe: Callable, *args: Any, **kwargs: Any) -> Any:
        """Runs `probe(student, *args, **kwargs)` beside the student's code and returns its plain
        data.

        The first line of the probe's docstring describes the experiment, for the student to read.
        """
        words = inspect.getdoc(probe) or f"{self._exercise}, in a small experiment"
        request = protocol.probe_request(probe, args, kwargs)
        value = self._answer(request, words.splitlines()[0]).value
        self.last_value = ""
        return value

    def parameter(self, name: str, which: int | str) -> str:
        """The exercise's name for an argument of the function `name`, by position or keyword:
        `'x'`.
        """
        known = self._parameters.get(name, [])
        if isinstance(which, int) and which < len(known):
            which = known[which]
        return repr(which)

    def _answer(self, request: protocol.Question, description: str) -> protocol.Returned:
        request.forbidden = self._forbidden
        request.seed = self._seeds.getrandbits(32)
        for name, value in self._meaning.items():
            setattr(request, name, value)
        self.last_call = description
        self.last_value = ""
        self.last_request = request
        self.last_reply = None
        reply = self.last_reply = self._ask(request, self._exercise)
        if reply.used:
            raise Forbidden(reply.used[0])
        if isinstance(reply, protocol.Raised):
            raise _as_exception(reply)
        self.last_value = self._describe(reply.value)
        return reply


def without_words(raised: protocol.Raised) -> protocol.Raised:
    """The error without the student's words, a type's name included: they could hold other inputs,
    or a stand-in.
    """
    return protocol.Raised(
        _builtin_kind(raised), raised.bases, "…", cell=raised.cell, line=raised.line
    )


def _builtin_kind(raised: protocol.Raised) -> str:
    for base in raised.bases:
        if isinstance(getattr(builtins, base, None), type):
            return base
    return "Exception"


def _as_exception(raised: protocol.Raised) -> StudentError:
    """The error of the student's code, in its own words."""
    error = _of_builtin_class(raised.bases, raised.message[:500])
    error.kind = bare(raised.kind)
    error.builtin_kind = _builtin_kind(raised)
    error.place = raised.cell, raised.line
    return error


def _of_builtin_class(names: Sequence[str], message: str) -> StudentError:
    """An error that is an instance of the first built-in class among these names, if that can
    be.
    """
    for name in names:
        known = getattr(builtins, name, None)
        # a generator in a check would make a `RuntimeError` of these
        if name in ("StopIteration", "StopAsyncIteration") or not isinstance(known, type):
            continue
        if issubclass(known, Exception) and known.__init__ is not UnicodeError.__init__:
            try:
                return type("StudentError", (StudentError, known), {})(message)
            except TypeError:
                continue
    return StudentError(message)


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
