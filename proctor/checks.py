"""Helpers for hidden checks: fresh inputs, and comparisons with failures that a student can
read.
"""

import inspect
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from proctor.grading.replies import ROUNDING, RTOL, bytes_of
from proctor.grading.student import Differs, NotRaised, Student, StudentError, WrongPrediction
from proctor.sandbox.wording import describe

DTYPES = (torch.float32, torch.float64)


@contextmanager
def about(what: str) -> Iterator[None]:
    """Adds the subject of a comparison to its failure."""
    try:
        yield
    except AssertionError as error:
        error.args = (f"{what}: {error}",)
        raise


def drawn_again(
    parameters: dict[str, torch.Tensor], seed: int, spread: float
) -> list[torch.Tensor]:
    """A probe's random numbers from this seed for a module's parameters, of which only the shapes
    are the student's word.
    """
    generator = torch.Generator().manual_seed(seed)
    drawn = []
    for each in parameters.values():
        empty = torch.empty(each.shape, dtype=torch.float32)
        drawn.append(empty.normal_(0, spread, generator=generator))
    return drawn


def layouts(x: torch.Tensor) -> list[torch.Tensor]:
    """Tensors with the values of `x`, each non-contiguous in another way: transposed, and
    sliced.
    """
    sliced = torch.stack([x, torch.full_like(x, 7)], -1)[..., 0]
    if x.dim() < 2:
        return [sliced]
    return [x.transpose(0, -1).contiguous().transpose(0, -1), sliced]


def close(got: Any, want: Any, rtol: float | None = None, atol: float | None = None) -> None:
    """Fails unless `got` has the type, the shape, the dtype and, within the tolerance, the values
    of `want`.

    The default tolerance is the contract's: relative 1e-4 in float32 and 1e-7 in float64, and a
    hundredth of that relative to the largest entry, or a few roundings of 1, for sums that cancel.
    """
    if _compare_as_sequence(got, want, lambda g, w: close(g, w, rtol, atol)):
        return
    _same_form(got, want)
    if not isinstance(want, torch.Tensor):
        tolerance = rtol if rtol is not None else 1e-6
        both_nan = got != got and want != want
        if not math.isclose(got, want, rel_tol=tolerance, abs_tol=atol or 0.0) and not both_nan:
            raise Differs(
                f"expected {want:.8g}, got {got:.8g}", torch.tensor(got), torch.tensor(want)
            )
        return
    rtol = RTOL.get(want.dtype, 0.0) if rtol is None else rtol
    if atol is None:
        atol = ROUNDING.get(want.dtype, 0.0)
        if want.is_floating_point() and want.isfinite().any():
            largest = float(want[want.isfinite()].abs().max())
            atol = max(0.01 * rtol * largest, atol)
    wrong = ~torch.isclose(got, want, rtol=rtol, atol=atol, equal_nan=True)
    if wrong.any():
        raise Differs(_first_difference(got, want, wrong), got, want)


def equal(got: Any, want: Any) -> None:
    """Fails unless `got` has the type, the shape, the dtype and exactly the values of `want`."""
    if _compare_as_sequence(got, want, equal):
        return
    _same_form(got, want)
    if isinstance(want, torch.Tensor):
        wrong = (got != want) & ~((got != got) & (want != want))
        if wrong.any():
            raise Differs(_first_difference(got, want, wrong), got, want)
    elif got != want:
        raise AssertionError(f"expected {want!r}, got {describe(got)}")


def unchanged(student: Student, name: str, *args: Any, **kwargs: Any) -> None:
    """Fails if a call changes a tensor among its arguments, in float32 or in float64."""
    # an answer that converts to one of them may work on a copy only if it was the other
    for dtype in DTYPES:
        given = [_as(dtype, arg) for arg in args]
        named = {key: _as(dtype, arg) for key, arg in kwargs.items()}
        args_after, kwargs_after = student.call(name, given, named, look_back=True).arguments
        after = [*args_after, *kwargs_after.values()]
        for (which, old), new in zip([*enumerate(given), *named.items()], after, strict=True):
            if isinstance(old, torch.Tensor):
                alike = isinstance(new, torch.Tensor) and (new.dtype, new.shape) == (
                    old.dtype,
                    old.shape,
                )
                same = alike and bytes_of(new) == bytes_of(old)
                assert same, (
                    f"the argument {student.parameter(name, which)} must be left as it was, but it was changed"
                )


def _as(dtype: torch.dtype, arg: Any) -> Any:
    return arg.to(dtype) if isinstance(arg, torch.Tensor) and arg.is_floating_point() else arg


def gradients(
    student: Student,
    reference: Callable,
    name: str,
    *args: Any,
    wrt: tuple[int, ...] | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    **kwargs: Any,
) -> None:
    """Fails unless the gradients of the output, weighted at random, are those that autograd gives
    for `reference`.

    `wrt`: which of the floating-point tensors among the arguments, by position, count; all of them
    by default.
    """

    def fresh(value):
        floating = isinstance(value, torch.Tensor) and value.is_floating_point()
        return value.detach().clone().requires_grad_(True) if floating else value

    ours = [fresh(arg) for arg in args]
    our_kwargs = {key: fresh(value) for key, value in kwargs.items()}
    outputs = reference(*ours, **our_kwargs)
    outputs = list(outputs) if isinstance(outputs, list | tuple) else [outputs]
    generator = torch.Generator().manual_seed(sum(output.numel() for output in outputs))
    weights = []
    for output in outputs:
        weight = torch.rand(output.shape, generator=generator, dtype=torch.float64) + 0.5
        weights.append(weight.to(output.dtype))
    leaves = {}
    for which, value in [*enumerate(ours), *our_kwargs.items()]:
        if isinstance(value, torch.Tensor) and value.requires_grad:
            leaves[student.parameter(name, which)] = value
    total: Any = sum(
        (output * weight).sum() for output, weight in zip(outputs, weights, strict=True)
    )
    total.backward()

    reply = student.call(name, args, kwargs, weights)
    if len(outputs) == 1:
        # the gradients of a list with one tensor in it are right, too
        assert not isinstance(reply.value, list), f"expected a tensor, got {describe(reply.value)}"
    if reply.gradients == "shapes":
        wanted = [output.detach() for output in outputs]
        came = reply.value
        if not isinstance(came, list):
            came = [came]
        close(came, wanted)
        raise AssertionError(f"expected {describe(wanted)}")
    assert isinstance(reply.gradients, list) and len(reply.gradients) == len(leaves), (
        "no gradients came back"
    )
    for index, (got, which) in enumerate(zip(reply.gradients, leaves, strict=True)):
        if wrt is not None and index not in wrt:
            continue
        assert got is not None, (
            f"no gradient reaches the argument {which}: somewhere the result is cut off from it"
        )
        want = leaves[which].grad
        if want is None:
            want = torch.zeros_like(leaves[which])
        with about(f"the gradient of the argument {which} is off"):
            close(got, want, rtol, atol)


def in_turn(
    student: Student, name: str, reference: Callable, *calls: tuple, compare: Callable = close
) -> None:
    """Fails unless each of several calls, one after the other, returns the same as alone.

    Each of the `calls`, which is a tuple of arguments, is made twice, with each tensor alone turned
    round, and in the other dtype. The last one gives other numbers to each tensor alone of the one
    before it, whose shapes it has.
    """
    # a tensor kept from the first call has its dtype: be that float64 for once, and float32 for
    # another size
    orders = itertools.cycle([DTYPES[::-1], DTYPES])
    *before, last = (list(_variants(args, dtypes)) for args, dtypes in zip(calls, orders))
    *earlier, old = itertools.chain(*before)
    for number, new in enumerate(last[0]):
        if isinstance(new, torch.Tensor):
            changed = [*old[:number], new, *old[number + 1 :]]
            got = student.run(probe_calls, name, [*earlier, old, changed])
            for value, args in zip(got, [*earlier, changed], strict=True):
                compare(value, reference(*args))
            earlier = []


def _variants(args: tuple, dtypes: Sequence[torch.dtype]) -> Iterator[list]:
    first = [_as(dtypes[0], arg) for arg in args]
    second = [_as(dtypes[1], arg) for arg in args]
    yield from (first, first)
    for number, arg in enumerate(first):
        if isinstance(arg, torch.Tensor):
            # the same numbers in another order, so that no sum tells them apart
            yield [*first[:number], arg.flip(tuple(range(arg.dim()))), *first[number + 1 :]]
    yield second


def probe_calls(student, name, calls):
    """one call after another, the last with the tensors of the one before, with other numbers"""
    function, (*others, before, last) = getattr(student, name), calls
    results = [function(*args) for args in others]
    function(*before)
    for old, new in zip(before, last):
        if hasattr(old, "copy_"):
            # an optimizer changes numbers like this, and PyTorch's `_version` doesn't count it
            old.data.copy_(new)
    return [*results, function(*before)]


def code(*parts: str) -> str:
    """An experiment of these lines, or blocks of lines, one below the other."""
    blocks = []
    for part in parts:
        if "\n" in part:
            blocks.append(inspect.cleandoc(part))
        else:
            blocks.append(part)
    return "\n".join(blocks)


def predicts(student: Student, name: str, want: Any) -> None:
    """Fails unless the student's prediction, the value called `name`, is `want`, which no message
    gives away.

    Every spelling of the same prediction counts. A number that isn't whole counts to two digits or
    more.
    """
    got = student.run(probe_prediction, name, inspect.getsource(reading))
    student.last_call = ""
    if isinstance(want, str):
        form = "one letter, in quotes"
        fits = isinstance(got, str) and len(got) == 1
    elif isinstance(want, bool):
        form = "True or False"
        fits = isinstance(got, bool)
    elif isinstance(want, tuple):
        form = "a tuple of ints, such as (2, 3)"
        fits = isinstance(got, list) and all(type(each) is int for each in got)
        want = list(want)
    else:
        form = "a number"
        fits = type(got) in (int, float)
    shown = describe(got)
    if isinstance(got, list) and len(got) < 10:
        shown = repr(tuple(got))
    assert fits, f"{name} is {shown}, expected {form}"
    near = (
        isinstance(want, float)
        and isinstance(got, int | float)
        and math.isclose(got, want, rel_tol=1e-2)
    )
    if not near and got != want:
        raise WrongPrediction(f"the prediction {shown} is not what comes out")


def probe_prediction(student, name, reading):
    """a prediction, so written that the same is recognised in each spelling"""
    scope: dict[str, Any] = {"Any": object}
    exec(reading, scope)
    value = scope["reading"](getattr(student, name))
    return float(f"{value:.3g}") if isinstance(value, float) and abs(value) < 100 else value


def reading(value: Any) -> Any:
    """The value of a prediction, however it is spelled: a number, list, or letter; else itself."""
    # the hidden checks send this function, by itself, into the notebook's process
    import ast
    from decimal import Decimal
    from numbers import Real

    if isinstance(value, str):
        text = value.strip().upper()
        try:
            return reading(ast.literal_eval(text))
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return text
    if hasattr(value, "tolist"):  # PyTorch's tensors, NumPy's numbers and arrays
        value = value.tolist()
    if isinstance(value, list | tuple | range):
        return [reading(each) for each in value]
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        return value
    try:
        number = float(value)
    except OverflowError:
        return float("inf")
    # a whole number stays whole in float32
    near = number if number.is_integer() else float(f"{number:.6g}")
    return int(near) if near.is_integer() and abs(near) < 2**53 else number


def raises(
    student: Student,
    expected: type[Exception] | tuple[type[Exception], ...],
    name: str,
    *args: Any,
    **kwargs: Any,
) -> None:
    """Fails unless the call raises one of the `expected` exceptions."""
    kinds = expected if isinstance(expected, tuple) else (expected,)
    names = [kind.__name__ for kind in kinds]
    wanted = " or ".join(names)
    try:
        student.call(name, args, kwargs)
    except StudentError as raised:
        if isinstance(raised, kinds) and not isinstance(raised, NotImplementedError):
            return
        if raised.kind == "RuntimeError":
            # PyTorch's own words are about the computation, and there should have been none
            raise AssertionError(f"raised {raised.kind}, expected {wanted}") from None
        raised.wanted = names
        raise
    error = NotRaised(f"expected {wanted} to be raised")
    error.wanted = names
    raise error


def _compare_as_sequence(got: Any, want: Any, compare: Callable) -> bool:
    if not isinstance(want, list | tuple):
        return False
    assert isinstance(got, list | tuple), f"expected {describe(want)}, got {describe(got)}"
    assert len(got) == len(want), f"expected length {len(want)}, got {len(got)}"
    for g, w in zip(got, want, strict=True):
        compare(g, w)
    return True


def _same_form(got: Any, want: Any) -> None:
    if isinstance(want, torch.Tensor):
        assert isinstance(got, torch.Tensor), f"expected a tensor, got {describe(got)}"
        if got.shape != want.shape:
            raise Differs(f"expected shape {tuple(want.shape)}, got {tuple(got.shape)}", got, want)
        if got.dtype != want.dtype:
            raise Differs(f"expected dtype {want.dtype}, got {got.dtype}", got, want)
    else:
        assert type(got) is type(want), (
            f"expected a Python {type(want).__name__}, got {describe(got)}"
        )


def _first_difference(got: torch.Tensor, want: torch.Tensor, wrong: torch.Tensor) -> str:
    index = tuple(wrong.nonzero()[0].tolist())
    place = ""
    if index:
        place = f" at [{', '.join(map(str, index))}]"
    count = ""
    if wrong.numel() > 1:
        count = f"; {int(wrong.sum())} of {wrong.numel()} entries differ"
    expected, came = want[index].item(), got[index].item()
    # as many digits as it takes to see the difference
    digits = next((n for n in (6, 9) if _number(expected, n) != _number(came, n)), 17)
    return f"expected {_number(expected, digits)}{place}, got {_number(came, digits)}{count}"


def _number(value: float | int | bool, digits: int) -> str:
    # the sum has no negative zero
    return f"{value + 0.0:.{digits}g}" if isinstance(value, float) else str(value)
