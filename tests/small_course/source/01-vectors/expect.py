"""Functions for the visible checks of the notebooks: each shows the call, its result and the expected result.

The same file lies beside each notebook. It needs only PyTorch and IPython. If proctor is installed, it explains a
known misunderstanding below the failed check.
"""

import dis
import inspect
import linecache
import math
import os
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from fnmatch import fnmatch
from html import escape
from itertools import pairwise
from typing import Any

import torch
from IPython import get_ipython
from IPython.display import display
from torch.overrides import TorchFunctionMode

LONGEST = 300  # characters of one value that is no tensor
TOLERANCE = {torch.float32: 1e-4, torch.float64: 1e-7}
MOST = 1000  # numbers in one tensor of an example


class Unmet(AssertionError):
    """A check that failed; shown in a few lines, without the way through this file."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


class expect:
    """A call of one of your functions: `expect(softmax, x, dim=0).gives([0.5, 0.5])`."""

    def __init__(self, function: Callable, /, *args: Any, **kwargs: Any):
        self.function, self.args, self.kwargs = function, args, kwargs
        given = [show(arg) for arg in args] + [
            f"{name}={show(value)}" for name, value in kwargs.items()
        ]
        self.words = f"{_name(function)}({', '.join(given)})"

    def _call(self, want: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """The function's result. If it raises an error, the call and the expected result stand above that."""
        __tracebackhide__ = True
        try:
            return self.function(*args, **kwargs)
        except Exception as error:
            # a stub's has no words
            if not isinstance(error, NotImplementedError) or error.args:
                said = _told(self.words, f"no value, but raised {type(error).__name__}", want)
                _show_above(error, said)
                _look_for_misunderstanding(self.function)
            raise

    def _copied(self) -> tuple[list[Any], dict[str, Any]]:
        """Copies of the arguments: a check must not change those of the next check."""
        return [_copy(arg) for arg in self.args], _copies(self.kwargs)

    def gives(self, want: Any, within: float = 1e-4, relative: bool = False) -> None:
        """Fails unless the call returns `want`: its type, its shape, and its values `within` this much of it.

        `relative`: each entry, however small, is compared by its own size.
        """
        __tracebackhide__ = True
        got = self._call(show(want), *self._copied())
        # a list of words stays one: all others stand for tensors
        want = (
            torch.tensor(want)
            if isinstance(want, list) and want and not isinstance(want[0], str)
            else want
        )
        self._require(not (said := _difference(got, want, within, relative)), got, show(want), said)
        _passed(f"{self.words} gives {show(want)}")

    def gives_shape(self, *shape: int, dtype: torch.dtype | None = None) -> None:
        """Fails unless the call returns a tensor of this shape and, if given, this dtype."""
        __tracebackhide__ = True
        want = f"a tensor of shape {shape}" + (f" and dtype {dtype}" if dtype else "")
        got = self._call(want, *self._copied())
        fits = isinstance(got, torch.Tensor) and got.shape == shape and dtype in (None, got.dtype)
        self._require(fits, None if got is None else _form(got), want)
        _passed(f"{self.words} gives {want}")

    def raises(self, *errors: type[Exception]) -> None:
        """Fails unless the call raises one of these errors."""
        __tracebackhide__ = True
        want = " or ".join(error.__name__ for error in errors)
        try:
            args, kwargs = self._copied()
            got = self.function(*args, **kwargs)
        except NotImplementedError:
            raise
        except errors:
            _passed(f"{self.words} raises {want}")
        except Exception as error:
            self._require(
                False, f"no value, but raised {_first_line(error)}", f"{want} to be raised"
            )
        else:
            self._require(False, got, f"{want} to be raised")

    def gradient(
        self, want: Any, at: int | tuple[int, ...] = (), of: int | str = 0, within: float = 1e-3
    ) -> None:
        """Fails unless the entry `at` of the result has this gradient with respect to the argument `of`."""
        __tracebackhide__ = True
        args, kwargs = self._copied()
        where: Any = kwargs if isinstance(of, str) else args
        leaf = where[of] = where[of].detach().requires_grad_()
        index = at if isinstance(at, tuple) else (at,)
        what = f"the gradient of {self.words}{list(index) or ''}"
        result = self._call(f"a tensor, with the gradient {show(want)}", args, kwargs)
        shape = result.shape if isinstance(result, torch.Tensor) else None
        fits = (
            shape is not None
            and len(shape) == len(index)
            and all(-n <= i < n for i, n in zip(index, shape))
        )
        want_form = f"a tensor with an entry {list(index)}" if index else "a tensor of shape ()"
        self._require(fits, None if result is None else _form(result), want_form)
        if not result.requires_grad:
            raise Unmet(_told(what, "none: the result is cut off from its arguments", show(want)))
        try:
            result[at].backward()
        except RuntimeError as error:
            if not _of_pytorch_alone(error):
                raise
            _look_for_misunderstanding(self.function)
            raise Unmet(
                _told(what, f"none: PyTorch raised {_first_line(error)}", show(want))
            ) from None
        want = torch.tensor(want) if isinstance(want, list) else want
        said = "" if leaf.grad is not None else "no gradient arrived"
        if said := said or _difference(leaf.grad, want, within):
            _look_for_misunderstanding(self.function)
            raise Unmet(_told(what, show(leaf.grad), show(want), said))
        _passed(f"{what} is {show(want)}")

    def _require(self, holds: bool, got: Any, want: str, said: str = "") -> None:
        if not holds:
            got = none_of(self.function) if got is None else got
            shown = got if isinstance(got, str) else show(got)
            _look_for_misunderstanding(self.function)
            raise Unmet(_told(self.words, shown, want, said))


def that(holds: Any, claim: str, got: Any = ..., function: Callable | None = None) -> None:
    """Fails unless `holds`. `claim` is the expectation, `got` the finding, `function` the tested function."""
    if not holds:
        if function:
            _look_for_misunderstanding(function)
        raise Unmet(f"✗ expected: {claim}" + ("" if got is ... else f"\n  but found {show(got)}"))
    _passed(claim)


def contract(
    function: Callable,
    /,
    without: str = "",
    gradients: bool = True,
    strides: bool = True,
    **arguments: Any,
) -> None:
    """Fails unless the call keeps to the rules for every answer; the arguments are passed by their names.

    `without`: patterns of the names of PyTorch's functions that must not run, with blanks between. `gradients`, `strides`:
    whether gradients must flow to every argument, and whether non-contiguous ones are tried.
    """
    __tracebackhide__ = True
    name = _name(function)
    with leaving_out(without, function):
        plain = _unchanged(function, arguments)
    floating = [key for key, value in arguments.items() if _floats(value)]
    for dtype in (torch.float32, torch.float64) if floating else ():
        try:
            got = _unchanged(function, {key: _to(dtype, value) for key, value in arguments.items()})
        except RuntimeError as error:
            _show_above(
                error, f"✗ {name} must take {dtype} arguments, too, and raised this for them"
            )
            raise
        for part in _parts(got):
            if not isinstance(part, torch.Tensor) or (
                part.is_floating_point() and part.dtype != dtype
            ):
                raise _broken(
                    function,
                    f"{name} must keep the dtype: of {dtype} arguments it made {_form(part)}",
                )
        if said := _difference(_to(torch.float64, got), _to(torch.float64, plain), 1e-3):
            raise _broken(
                function,
                f"{name} gave other values for {dtype} than for the same numbers before: {said}",
            )
    for layout in (_sliced, _transposed) if strides else ():
        try:
            got = _unchanged(function, {key: layout(value) for key, value in arguments.items()})
            said = _difference(got, plain, 1e-3)
        except (RuntimeError, IndexError, ValueError) as error:
            said = f"it raised {_first_line(error)}"
        if said:
            kind = layout.__name__.strip("_")
            raise _broken(
                function,
                f"{name} must take non-contiguous arguments, here {kind} ones, too: {said}",
            )
    if floating:
        _require_no_memory(function, arguments)
    for layout in (
        (_as_it_is, _sliced, _transposed)[: 3 if strides else 1] if gradients and floating else ()
    ):
        _require_gradients(function, arguments, floating, layout)
    looked_at = [
        "dtype",
        "arguments",
        *["strides"] * strides,
        *["gradients"] * gradients,
        *["not with"] * bool(without),
    ]
    _passed(f"{name} keeps to the rules: {', '.join(looked_at)}")


def _unchanged(function: Callable, arguments: dict[str, Any]) -> Any:
    """The call's result. Fails if the call changes a tensor among its arguments."""
    __tracebackhide__ = True
    kept = _copies(arguments)
    result = function(**arguments)
    for key, value in arguments.items():
        if isinstance(value, torch.Tensor) and not torch.equal(value, kept[key]):
            raise _broken(
                function,
                f"{_name(function)} must leave its argument {key} as it was, but changed it",
            )
    return result


def _require_no_memory(function: Callable, arguments: dict[str, Any]) -> None:
    """Fails if a call gives an outdated result after the numbers in its tensor have changed."""
    __tracebackhide__ = True
    for key in [key for key, value in arguments.items() if _floats(value) and value.dim()]:
        given = _copies(arguments)
        function(**given)
        given[key].data.copy_(given[key].flip(-1))
        if said := _difference(function(**given), function(**_copies(given)), 1e-3):
            raise _broken(
                function, f"{_name(function)} must look at the numbers anew in every call: {said}"
            )


def _require_gradients(
    function: Callable, arguments: dict[str, Any], floating: list[str], layout: Callable
) -> None:
    """Fails unless the gradients fit the slopes of small steps to either side."""
    __tracebackhide__ = True
    name = _name(function)
    leaves = {key: arguments[key].detach().double().clone().requires_grad_() for key in floating}
    others = {key: _to(torch.float64, value) for key, value in arguments.items()}
    weights = [_like(part) / part.numel() for part in _parts(function(**others))]

    def total(values: dict[str, torch.Tensor]) -> torch.Tensor:
        __tracebackhide__ = True
        parts = _parts(
            function(**{**others, **{key: layout(value) for key, value in values.items()}})
        )
        return torch.stack([(part * weight).sum() for part, weight in zip(parts, weights)]).sum()

    value = total(leaves)
    try:
        found = (
            torch.autograd.grad(value, list(leaves.values()), allow_unused=True)
            if value.requires_grad
            else None
        )
    except RuntimeError as error:
        if not _of_pytorch_alone(error):
            raise
        raise _broken(
            function, f"gradients must flow through {name}, but PyTorch raised {_first_line(error)}"
        ) from None
    for number, (key, leaf) in enumerate(leaves.items()):
        grad = found[number] if found else None
        if grad is None:
            raise _broken(
                function,
                f"gradients must flow from the result of {name} to {key}, but none arrives",
            )
        step = 1e-6 * _like(leaf)
        with torch.no_grad():
            slope = (
                total({**leaves, key: leaf + step}) - total({**leaves, key: leaf - step})
            ) / 2e-6
        along = (grad * _like(leaf)).sum()
        if not math.isclose(slope.item(), along.item(), rel_tol=1e-4, abs_tol=1e-7):
            raise _broken(function, f"the gradient of {name} with respect to {key} is off")


@contextmanager
def leaving_out(names: str, function: Callable) -> Iterator[None]:
    """Fails if the code inside calls a PyTorch function with a name that fits one of these patterns."""
    watch = _Watch(names.split(), function)
    try:
        with watch:
            yield
    finally:
        if watch.seen:
            raise Unmet(f"✗ {watch.seen}") from None


class _Watch(TorchFunctionMode):
    """Notes the first call of a function that is ruled out, and stops it."""

    def __init__(self, names: list[str], function: Callable):
        super().__init__()
        self.names, self.function, self.seen = names, function, ""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        called = getattr(func, "__name__", "")
        plain = called.strip("_")
        if any(fnmatch(plain, name) for name in self.names):
            self.seen = (
                self.seen
                or f"{_where(self.function, plain)} is what this exercise asks you to write"
            )
            raise Unmet(f"✗ {self.seen}")
        return func(*args, **(kwargs or {}))


def _where(function: Callable, called: str) -> str:
    """The notebook's line that calls, with its number and, if in another function, that one's name."""
    code = getattr(function, "__code__", None)
    # the cells of a notebook are files of one folder
    folder, outer = (
        (os.path.dirname(code.co_filename), code.co_qualname.partition(".")[0])
        if code
        else (None, "")
    )
    frame = inspect.currentframe()
    while frame is not None:
        file, name = frame.f_code.co_filename, frame.f_code.co_qualname.partition(".")[0]
        if os.path.dirname(file) == folder and (
            line := linecache.getline(file, frame.f_lineno).strip()
        ):
            return f"line {frame.f_lineno}, `{line}`," + ("" if name == outer else f" in {name},")
        frame = frame.f_back
    return f"{called}, which {_name(function)} calls,"


def prediction(value: Any, like: Any) -> None:
    """Fails unless a prediction has the form of `like`: `()` for any shape, `0` for a number, `"ABC"` for one of these letters.

    A right one prints the same as a wrong one.
    """
    forms = {
        tuple: "a tuple of ints, such as (2, 3)",
        bool: "True or False",
        int: "a number",
        float: "a number",
    }
    want = (
        f"one of the letters {', '.join(like)}, in quotes"
        if isinstance(like, str)
        else forms[type(like)]
    )
    if value is ...:
        raise Unmet(f"✗ no prediction yet: put {want} in place of the dots above")
    said = reading(value)
    if isinstance(like, str):
        fits = isinstance(said, str) and said in tuple(like)
    elif isinstance(like, tuple):
        fits = isinstance(said, list) and all(type(each) is int for each in said)
    else:
        fits = type(said) is bool if isinstance(like, bool) else type(said) in (int, float)
    if not fits:
        raise Unmet(f"✗ the prediction is {show(value)}, expected {want}")
    shown = show(tuple(said) if isinstance(said, list) else said)
    print(f"noted: {shown}")


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


def try_examples(
    found: Any, right: Callable, suspects: Sequence[Callable], infinite: bool = False
) -> None:
    """Calls a few broken functions with your examples, and shows which functions each example exposes.

    Skips an example that breaks the rules (`infinite`: -inf is allowed). Fails if there is one, or if no suspect is
    exposed. Grading adds hidden suspects.
    """
    __tracebackhide__ = True
    if not isinstance(found, list | tuple) or not all(type(example) is dict for example in found):
        raise Unmet("✗ examples must be a list of dicts, one dict of arguments an example")
    if not 1 <= len(found) <= 8:
        raise Unmet(
            f"✗ there are {len(found)} examples: write between one and eight, each a dict of arguments"
        )
    names = list(inspect.signature(suspects[0]).parameters)
    tried, broken = [], []
    for number, example in enumerate(found, 1):
        want = "nothing"
        if set(example) != set(names):
            said = f"it has the keys {list(example)}, expected {names}"
        elif not (said := _against_the_rules(list(example.values()), infinite)):
            want = _outcome(right, example)
            said = f"there even a right answer {want}" if isinstance(want, str) else _too_much(want)
        if said:
            broken.append(f"✗ example {number} breaks the rules: {said}")
        else:
            tried.append((number, example, want))
    caught = 0
    for suspect in suspects:
        told = [
            number for number, example, want in tried if _exposes(_outcome(suspect, example), want)
        ]
        caught += bool(told)
        title = (inspect.getdoc(suspect) or _name(suspect)).splitlines()[0]
        print(
            f"{'✓ caught by ' + ', '.join(map(str, told)) if told else '  slips through':<18}  {title}"
        )
    if broken:
        raise Unmet("\n".join(broken))
    if not caught:
        raise Unmet("✗ none of the suspects is caught yet")
    print(f"{caught} of {len(suspects)} suspects caught.")


def _against_the_rules(values: list[Any], infinite: bool) -> str:
    """The rule that the arguments of an example break; empty if there is none."""
    for value in values:
        if not isinstance(value, torch.Tensor):
            if type(value) is not int:
                return f"{show(value)} is neither a tensor nor a whole number"
        elif value.dtype not in (*TOLERANCE, torch.int64):
            return f"a tensor must be float32, float64 or, of ids, int64, and one is {str(value.dtype).split('.')[-1]}"
        elif not 1 <= value.numel() <= MOST:
            return f"a tensor must hold between 1 and {MOST} numbers, and one holds {value.numel()}"
    tensors = [value for value in values if isinstance(value, torch.Tensor)]
    floating = [value for value in tensors if value.is_floating_point()]
    if len({value.dtype for value in floating}) > 1:
        return "its floats must be float32 throughout, or float64 throughout"
    if any((value < 0).any() for value in tensors if not value.is_floating_point()):
        return "whole numbers stand for ids, and there is none below 0: write floats as 3.0"
    for value in floating:
        sizes = value[value.isfinite()].abs()
        if not value.dim():
            return "a tensor of floats must have a dimension"
        if not infinite and not value.isfinite().all():
            return "every number must be finite"
        if ((sizes > 0) & (sizes < 0.99e-4)).any() or (sizes > 1.01e4).any():
            return "numbers must be zero, or between 1e-4 and 1e4 in size"
    return ""


def _too_much(want: torch.Tensor) -> str:
    """Why an example with this right result can't be tried; empty if it can."""
    if want.numel() > MOST:
        return f"its result must hold at most {MOST} numbers, and holds {want.numel()}"
    return "there even a right answer gives nan" if want.isnan().any() else ""


def _exposes(got: Any, want: Any) -> bool:
    """Whether a suspect's outcome is another than the right one, at the tolerance of the hidden checks."""
    if isinstance(got, str) or getattr(got, "dtype", None) != want.dtype or got.shape != want.shape:
        return True
    within = TOLERANCE.get(want.dtype, 1e-4) * (20 if (want.abs() > 100).any() else 1)
    largest = want[want.isfinite()].abs().max().item() if want.isfinite().any() else 0.0
    return not torch.allclose(
        got, want, rtol=within, atol=0.01 * within * largest + 5e-3 * within, equal_nan=True
    )


def _outcome(function: Callable, example: dict[str, Any]) -> Any:
    """A function's result for one example: its value, or its error in words."""
    try:
        return function(**_copies(example))
    except Exception as error:
        return f"raises {_first_line(error)}"


def show(value: Any) -> str:
    """A value in few words."""
    if isinstance(value, torch.Tensor):
        if value.numel() > 12:
            return _form(value)
        return str(_rounded(value.tolist()))
    if isinstance(value, torch.Generator):
        return "generator"
    if isinstance(value, float):
        return str(_rounded(value))
    if isinstance(value, type) or (callable(value) and not isinstance(value, torch.nn.Module)):
        return _name(value)
    if isinstance(value, torch.nn.Module):
        return type(value).__name__
    words = repr(value)
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"


def _rounded(value: Any) -> Any:
    if isinstance(value, list):
        return [_rounded(each) for each in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


def _form(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        return f"a {str(value.dtype).removeprefix('torch.')} tensor of shape {tuple(value.shape)}"
    return "None" if value is None else f"a {type(value).__name__}"


def none_of(function: Any) -> str:
    """The words for a None from a function or module, with a hint if no `return` has a value."""
    function = inspect.unwrap(
        type(function).forward if isinstance(function, torch.nn.Module) else function
    )
    if not inspect.isfunction(function):
        return "None"
    for before, step in pairwise(dis.get_instructions(function)):
        # a function without a `return`, or with an empty one, gives the constant None
        last = before if step.opname == "RETURN_VALUE" else step
        if step.opname in ("RETURN_VALUE", "RETURN_CONST") and (
            "CONST" not in last.opname or last.argval is not None
        ):
            return "None"
    return "None: is the `return` missing?"


def _difference(got: Any, want: Any, within: float, relative: bool = False) -> str:
    """How `got` differs from `want`; empty if it does not."""
    if isinstance(want, torch.Tensor):
        if not isinstance(got, torch.Tensor) or got.shape != want.shape:
            return f"that is {_form(got)}, not {_form(want)}"
        if got.is_floating_point() != want.is_floating_point():
            return f"its dtype is {got.dtype}, not {want.dtype}"
        same = torch.isclose(
            got.cpu().double(),
            want.cpu().double(),
            rtol=within,
            atol=0.0 if relative else within,
            equal_nan=True,
        )
        if same.all():
            return ""
        index = (~same).nonzero()[0].tolist()
        here = f" at {index}" if index else ""
        one, other = _told_apart(got[tuple(index)].item(), want[tuple(index)].item())
        return f"{one}{here} should be {other}"
    if isinstance(want, list | tuple):
        if not isinstance(got, list | tuple) or len(got) != len(want):
            return f"that is {_form(got)}, not {len(want)} values"
        return next(
            filter(None, (_difference(one, other, within) for one, other in zip(got, want))), ""
        )
    if isinstance(want, float) and not isinstance(want, bool):
        if not isinstance(got, float):
            return f"that is {_form(got)}, not a Python float"
        if math.isclose(got, want, rel_tol=within, abs_tol=within):
            return ""
        return " is not ".join(_told_apart(got, want))
    return "" if type(got) is type(want) and got == want else f"{show(got)} is not {show(want)}"


def _told_apart(one: Any, other: Any) -> list[str]:
    """Two different numbers, with as many digits as it takes to see that."""
    if not (isinstance(one, float) and isinstance(other, float)):
        return [show(one), show(other)]
    digits = next(
        (digits for digits in range(4, 17) if f"{one:.{digits}g}" != f"{other:.{digits}g}"), 17
    )
    return [str(float(f"{each:.{digits}g}")) for each in (one, other)]


def _of_pytorch_alone(error: Exception) -> bool:
    """Whether PyTorch alone raised the error. An error in the notebook's own `backward` is shown as it is."""
    ours = (_of_pytorch_alone.__code__.co_filename, os.path.dirname(torch.__file__))
    return all(
        frame.f_code.co_filename.startswith(ours)
        for frame, _ in traceback.walk_tb(error.__traceback__)
    )


def _first_line(error: Exception) -> str:
    """An error's kind, and the first line of its message."""
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"


def _told(call: str, got: str, want: str, said: str = "") -> str:
    return f"✗ {call}\n  gave      {got}\n  expected  {want}" + (f"\n  {said}" if said else "")


def _show_above(error: Exception, words: str) -> None:
    """Has a notebook show these words above the traceback of an error."""

    def render() -> list[str]:
        shell = get_ipython()
        return [
            f"{words}\n",
            *shell.InteractiveTB.structured_traceback(
                type(error), error, error.__traceback__, tb_offset=1
            ),
        ]

    # IPython calls this; a few custom errors allow no new attribute
    with suppress(AttributeError):
        error._render_traceback_ = render  # type: ignore[attr-defined]


def _broken(function: Callable, rule: str) -> Unmet:
    _look_for_misunderstanding(function)
    return Unmet(f"✗ {rule}")


class _Passed:
    """The checks of a running cell that passed, in one line that unfolds."""

    def __init__(self):
        self.lines = list[str]()
        self.shown = display(self._data(), raw=True, display_id=True)
        get_ipython().events.register("post_run_cell", self.end)

    def add(self, words: str) -> None:
        self.lines.append(f"✓ {words}")
        self.shown.update(self._data(), raw=True)

    def end(self, result: Any) -> None:
        """Says, after a cell without an error, that these were all checks."""
        global _passed_now
        get_ipython().events.unregister("post_run_cell", self.end)
        _passed_now = None
        if result.success:
            self.shown.update(self._data("all "), raw=True)

    def _data(self, all_of_them: str = "") -> dict[str, str]:
        text = "\n".join(self.lines)
        if len(self.lines) < 2:
            return {"text/plain": text}
        summary = f"✓ {all_of_them}{len(self.lines)} checks"
        page = f"<details><summary>{summary}</summary><pre>{escape(text)}</pre></details>"
        return {"text/plain": f"{summary}\n{text}", "text/html": page}


_passed_now: _Passed | None = None


def _passed(words: str) -> None:
    global _passed_now
    if not _is_live():
        print(f"✓ {words}")
        return
    if _passed_now is None:
        _passed_now = _Passed()
    _passed_now.add(words)


def _name(function: Any) -> str:
    return getattr(function, "__name__", type(function).__name__)


def _parts(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _floats(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.is_floating_point()


def _to(dtype: torch.dtype, value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_to(dtype, each) for each in value]
    return value.detach().to(dtype, copy=True) if _floats(value) else value


def _copy(value: Any) -> Any:
    return value.clone() if isinstance(value, torch.Tensor) else value


def _copies(arguments: dict[str, Any]) -> dict[str, Any]:
    return {key: _copy(value) for key, value in arguments.items()}


def _as_it_is(x: Any) -> Any:
    return x


def _sliced(x: Any) -> Any:
    return torch.stack([x, torch.full_like(x, 7)], -1)[..., 0] if isinstance(x, torch.Tensor) else x


def _transposed(x: Any) -> Any:
    turns = isinstance(x, torch.Tensor) and x.dim() > 1
    return x.transpose(0, -1).contiguous().transpose(0, -1) if turns else x


def _like(x: torch.Tensor) -> torch.Tensor:
    """Weights of the shape of `x`, no two alike."""
    return torch.arange(1, x.numel() + 1, dtype=torch.float64).sin().reshape(x.shape)


def _is_live() -> bool:
    """Whether this runs in a notebook that somebody may be looking at."""
    return hasattr(get_ipython(), "kernel") and not os.environ.get("NBGRADER_EXECUTION")


def _look_for_misunderstanding(function: Callable) -> None:
    """Has proctor, if it is installed, show below this failure the misconception in the answer."""
    if not _is_live():
        return
    events = get_ipython().events

    def explain(_: Any) -> None:
        events.unregister("post_run_cell", explain)
        # the failure itself is shown already: the help must not hide it
        with suppress(Exception):
            from proctor.selfstudy.explain import explain_failure

            explain_failure(_name(function))

    # the failure stands above the help
    events.register("post_run_cell", explain)
