"""The smallest call that fails: where a check fails on a large input, small ones are tried, which can be reckoned by hand.

The numbers depend on the student's own answer, so that they give nothing away of what a classmate is asked. What is
expected is what the reference solution gives for the same call.

Where a check asks by an experiment of its own, or no small call fails, those small experiments are tried that the file of
hidden checks has for its cell in `EXPERIMENTS`: lines of code, the smallest first, into which numbers are put.

What fails is asked again with the answer's cell just run, as it is where somebody pastes it: what the code keeps from the
check's own questions has no part in it.
"""

import hashlib
import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import torch

from proctor.course.codes import Code, Note
from proctor.errors import BudgetUsed, NoSandbox, SandboxDied, SandboxTimeout
from proctor.examine.as_code import MOST_SHOWN, as_typed, call_as_code, in_numbers
from proctor.examine.diagnose import replayer_of
from proctor.examine.examination import Examination, Finding
from proctor.examine.explain import line_at
from proctor.examine.hidden import in_checks
from proctor.examine.look import look_again
from proctor.examine.replies import LOOSE, OWN_WORDS, same
from proctor.examine.student import Draw, seed_of, without_words
from proctor.sandbox.protocol import Answer, Call, Probe, Question, Raised, Returned, encode, probe_request

SECONDS = 2.0  # of the sandbox's own, after which no other failure is looked at
LARGE = 100  # in size: such numbers are what the check is about
# in parts of the checks' tolerance: a difference that can be seen
PLAIN = 100 * LOOSE
MANY = 16  # entries in a dimension: more than somebody writes down
AFRESH = "<afresh>"  # no graded cell's name: what the names mean where the answer's cell has just run again
QUICK = 0.5  # seconds: a cell that took longer, as one that trains a model, isn't run again


@dataclass(frozen=True)
class ShrinkSpec:
    """How a large call becomes a small one.

    `sizes`: for each size of the large call's tensors, a smaller one. `plain`: the numbers are halves, else near the large
    call's. `most`: the largest whole number, if whole numbers become smaller, too.
    """

    sizes: dict[int, int]
    plain: bool = True
    most: int | None = None


def show_smallest(examination: Examination, findings: Sequence[Finding], seed: int) -> None:
    """Tells a small call that fails instead of the larger one that each of these findings is about."""
    budget = examination.budget
    until = budget.seconds + SECONDS
    experiments = in_checks(examination.assignment, "EXPERIMENTS")
    for finding in findings:
        asked = finding.question
        if asked is None or budget.seconds > until:
            continue
        try:
            search = _Search(examination, finding, seed)
            found = search.smallest(asked) or search.experiment(asked, experiments.get(finding.cell, ()))
            if found := found or search.itself(asked):
                finding.seen = look_again(finding.seen, *search.compared)
                finding.note = found
            elif search.forgets(asked):
                finding.note = finding.note.added(Code.KEEPS_SOMETHING())
            elif special := _special(asked):
                finding.note = finding.note.added(Code.LARGE_CALL_ALONE(properties=special))
        except (SandboxDied, SandboxTimeout, BudgetUsed):
            return
        except NoSandbox:
            raise
        except Exception:
            # no verdict depends on it: the check's own words stay
            continue


class _Search:
    """Tries small calls, for one failure."""

    def __init__(self, examination: Examination, finding: Finding, seed: int):
        self.examination = examination
        self.asks, assignment = examination.asks, examination.assignment
        self.exercise, self.parameters = assignment.graded[finding.cell].exercise, assignment.parameters
        self.may_quote = examination.may_quote(self.exercise)
        self.names, self.wanted = assignment.owners, finding.wanted
        # the check's own words
        self.text = finding.note.params.get("text", "")
        self.replayer = replayer_of(assignment)
        self.session = examination.session
        cells, defined = self.session.cells if self.session else [], set(assignment.names_of(self.exercise))
        ours = next((place for place, cell in enumerate(cells) if cell.id == finding.cell), 0)
        # those that define the answer, of the cells above its check
        self.places = [n for n, cell in enumerate(cells[:ours]) if cell.done and defined.intersection(cell.done.bound)]
        self.slow = sum(cells[place].seconds for place in self.places) > QUICK
        self.keeps = False  # whether what was wrong last comes out right as the first call of all
        source = "".join(cell.source for cell in cells if cell.id == self.exercise)
        digest = hashlib.sha256(source.encode(errors="replace")).hexdigest()
        self.draw = Draw(seed_of(seed, finding.check, digest))
        asked = finding.question
        wanted = self._expected(asked) if isinstance(asked, Call) else None
        self.about_errors = isinstance(wanted, Raised)
        # of the call that is shown: what came back, and what was expected
        self.compared: tuple[Any, Any] = None, None

    def smallest(self, asked: Question) -> Note | None:
        """The note on a small call like the one `asked` that fails; None if none does."""
        if not isinstance(asked, Call):
            return None
        values = [*asked.args, *asked.kwargs.values()]
        if any(isinstance(each, torch.Generator) or _is_long(each) for each in values):
            # the reference solution may draw other numbers from a generator; a list isn't shortened
            return None
        for spec in candidates(values):
            found = self._fails(asked, spec)
            if found:
                return self._smaller(asked, spec) or found
        return None

    def _smaller(self, asked: Call, spec: ShrinkSpec) -> Note | None:
        """The note on the call of `spec` with each of its sizes as small as still fails; None if none is smaller."""
        found = None
        for size in sorted(spec.sizes, reverse=True):
            for fewer in range(1, spec.sizes[size]):
                less = replace(spec, sizes=spec.sizes | {size: fewer})
                shorter = self._fails(asked, less)
                if shorter:
                    spec = less
                    found = shorter
                    break
        return found

    def itself(self, asked: Question) -> Note | None:
        """The note on the call `asked`, if its numbers are few."""
        values = [*asked.args, *asked.kwargs.values()] if isinstance(asked, Call) else []
        few = all(each.numel() <= MOST_SHOWN for each in values if isinstance(each, torch.Tensor))
        if not values or not few or any(isinstance(each, torch.Generator) or _is_long(each) for each in values):
            return None
        assert isinstance(asked, Call), "a probe has no values here"
        args, weights = [as_typed(each) for each in asked.args], asked.weights and [*map(as_typed, asked.weights)]
        kwargs = {name: as_typed(each) for name, each in asked.kwargs.items()}
        return self._compared(msgspec.structs.replace(asked, args=args, kwargs=kwargs, weights=weights))

    def forgets(self, asked: Question) -> bool:
        """Whether the call `asked` comes out right where it is the first of all."""
        if not isinstance(asked, Call) or (want := self._expected(asked)) is None:
            return False
        return self._wrong_answer(asked, want) is not None and self.keeps

    def experiment(self, asked: Question, experiments: Sequence[str]) -> Note | None:
        """The note on the first of these experiments whose end isn't as expected."""
        kept = None
        # once more after all, since what fails may do so by its numbers
        for text in [*experiments, *(each for each in experiments if re.search(r"{(number|positive|bit)}", each))]:
            lines = inspect.cleandoc(text).format_map(Drawn(self.draw)).splitlines()
            names = sorted(set(re.findall(r"\w+", text)).intersection(self.names))
            small = self._alike(probe_typed, (lines, names), asked)
            want = self._expected(small)
            if want is None or (isinstance(want, Raised) and want.kind not in OWN_WORDS):
                continue
            if (got := self._wrong_answer(small, want)) is None:
                continue
            note = self._note_on_lines(small, got, want)
            if not self.keeps:
                return note
            kept = kept or note.added(Code.KEEPS_SOMETHING())
        return kept

    def _note_on_lines(self, small: Probe, got: Answer, want: Answer) -> Note:
        """The note on lines that were typed; with a seed if they give something else each time.

        It has the check's own words if the lines give True or False, which say little.
        """
        lines, names = small.args
        other = self.asks.answer(encode(msgspec.structs.replace(small, seed=small.seed + 1)), self.exercise)
        if not same(got, other, PLAIN):
            lines = [f"torch.manual_seed({self.draw.integers(0, 1000)})", *lines]
            got = self._wrong_answer(msgspec.structs.replace(small, args=[lines, names]), want) or got
        facts = self._wanted(want)
        if isinstance(got, Returned):
            facts["text"] = self.text if isinstance(got.value, bool) else ""
            if re.fullmatch(r"[\w.]+", lines[-1]):
                *lines, facts["of"] = lines
                facts["value"] = in_numbers(got.value)
        return self._note(lines, small, got, **facts)

    def _note(self, lines: list[str], asked: Question, got: Answer, **facts: Any) -> Note:
        """The note on a small call, of which these `lines` can be pasted: the value or error that came, and other `facts`."""
        if isinstance(got, Raised):
            facts["error"] = f"{got.kind}: {got.message[:500]}".rstrip(": ")
            # the words of an error may be left out: then the line says more
            facts["line"] = None if self.may_quote else line_at(self.examination, self.exercise, got.cell, got.line)
        elif "value" not in facts and "returned" not in facts:
            facts["returned"] = in_numbers(got.value)
        return Code.SMALL_CALL(called="\n".join(lines), given=_given(asked, got), **facts)

    def _wanted(self, want: Answer) -> dict[str, Any]:
        """What was expected; if an error was, all those that the check allows beside it."""
        if not isinstance(want, Raised):
            return {"expected": in_numbers(want.value)}
        return {"wanted": " or ".join(self.wanted if want.kind in self.wanted else [want.kind])}

    def _fails(self, asked: Call, spec: ShrinkSpec) -> Note | None:
        """The note on one small call; None if the student's answer is right there."""
        small = self._with_weights(self._small(asked, spec))
        return self._compared(small) if small else None

    def _compared(self, small: Call) -> Note | None:
        """The note on a call; None if the student's answer is right there."""
        want = self._expected(small)
        # a small call may be out of bounds: that counts if the large one is, too
        if want is None or isinstance(want, Raised) != self.about_errors:
            return None
        if isinstance(want, Returned) and isinstance(want.value, torch.Tensor) and want.value.isnan().any():
            # nothing is promised there
            return None
        got = self._wrong_answer(small, want)
        if got is None:
            return None
        if isinstance(want, Raised):
            return self._note(call_as_code(small, {}), small, got, **self._wanted(want))
        note = self._difference(small, got, want)
        return note.added(Code.KEEPS_SOMETHING()) if note and self.keeps else note

    def _wrong_answer(self, small: Question, want: Answer) -> Answer | None:
        """What the student's code gives where that isn't what is wanted; without words that could hold a stand-in.

        It is that of the answer whose cell has just run, unless that one is right: then it `keeps` something.
        """
        got = self.asks.answer(encode(small), self.exercise)
        if got.used or _raises(got, want) or same(got, want, PLAIN):
            return None
        self.keeps = False
        if self.session and self.places and not self.slow:
            # an answer that draws from the system's randomness may be right once by chance
            for _ in range(2):
                self.session.run_again(self.places, AFRESH, self.exercise)
                first = self.asks.answer(encode(msgspec.structs.replace(small, snapshot=AFRESH)), self.exercise)
                self.keeps = not first.used and (_raises(first, want) or same(first, want, PLAIN))
                if not self.keeps:
                    got = got if first.used else first
                    break
        return without_words(got) if isinstance(got, Raised) and not self.may_quote else got

    def _alike(self, probe: Callable, arguments: tuple, asked: Question) -> Probe:
        """The request that sends `probe`, to be answered in the same place as what was `asked`."""
        alike = {"snapshot": asked.snapshot, "seed": asked.seed, "stand_ins": asked.stand_ins, "graded": asked.graded}
        return msgspec.structs.replace(probe_request(probe, arguments, {}, asked.forbidden), **alike)

    def _expected(self, small: Question) -> Answer | None:
        replies = self.replayer.replies([(encode(small), self.replayer.reference[self.exercise])])
        return replies[0] if replies else None

    def _small(self, call: Call, spec: ShrinkSpec) -> Call:
        args = [self._value(each, spec) for each in call.args]
        kwargs = {name: self._value(each, spec) for name, each in call.kwargs.items()}
        return msgspec.structs.replace(call, args=args, kwargs=kwargs)

    def _with_weights(self, call: Call) -> Call | None:
        """The call with the weights 1, 2, 3, … for the gradients of its output, where such are asked for."""
        if call.weights is None:
            return call
        want = self._expected(msgspec.structs.replace(call, weights=None))
        value = want.value if isinstance(want, Returned) else None
        values = [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, torch.Tensor)]
        if not values:
            return None
        weights = [torch.arange(1, each.numel() + 1, dtype=each.dtype).view(each.shape) for each in values]
        return msgspec.structs.replace(call, weights=weights)

    def _value(self, value: Any, spec: ShrinkSpec) -> Any:
        """A value like this one, smaller and of other numbers; a value that is neither a tensor nor a whole number stays."""
        if not isinstance(value, torch.Tensor):
            return self._whole_number(value, spec) if type(value) is int else value
        shape = [spec.sizes.get(size, size) for size in value.shape]
        if value.is_floating_point():
            return self._floats(value, shape, spec.plain).to(value.dtype)
        most = int(value.max()) if value.numel() else 0
        # an id stays below each size that it was below
        below = min([then for size, then in spec.sizes.items() if size > most], default=most + 1)
        if spec.plain:
            return self.draw.integers(0, max(1, below), *shape).to(value.dtype)
        # the rows that the ids point to matter, if the numbers are near those of the large call
        return _corner(value, shape).clamp(max=below - 1)

    def _whole_number(self, value: int, spec: ShrinkSpec) -> int:
        """A number of at most `spec.most`, which stays below each size that it was below."""
        below = [then for size, then in spec.sizes.items() if size > value]
        if spec.most is None:
            return value
        return min(value, spec.most, max(1, max(below) - 1)) if below else value

    def _floats(self, value: torch.Tensor, shape: list[int], plain: bool) -> torch.Tensor:
        """Halves, or numbers near those in a corner of `value`; they are shares or hold rows of zeros if those of `value` do."""
        is_shares = value.dim() and bool((value >= 0).all()) and bool(((value.sum(-1) - 1).abs() < 1e-4).all())
        if not plain:
            near = _near(self.draw, shape, value)
            sums = near.sum(-1, keepdim=True) if is_shares else near
            return as_typed(near / sums) if is_shares and bool(sums.all()) else near
        if is_shares:
            return _shares(self.draw, shape)
        halves = self.draw.integers(1, 5, *shape) / 2 * (self.draw.integers(0, 2, *shape) * 2 - 1)
        if value.dim() and bool((value == 0).all(-1).any()):
            halves[self.draw.integers(0, 2, *shape[:-1]) == 0] = 0
        return halves

    def _difference(self, call: Call, got: Answer, want: Returned) -> Note | None:
        """The note on lines that can be pasted into a notebook, of which the value or a gradient is wrong, or an argument changed; None if that isn't plain."""
        named = dict(zip(self.parameters.get(call.name, []), call.args)) | call.kwargs
        leaves = [name for name, x in named.items() if isinstance(x, torch.Tensor) and x.is_floating_point()]
        if isinstance(got, Raised) and call.weights is not None and leaves:
            lines = call_as_code(call, named, call.weights)
            return self._note(lines, call, got, leaf=leaves[0], gradient=in_numbers(want.gradients[0]))
        if isinstance(got, Raised) or not same(Returned(got.value), Returned(want.value), PLAIN):
            self.compared = getattr(got, "value", None), want.value
            return self._note(call_as_code(call, named), call, got, **self._wanted(want))
        if call.weights is not None and isinstance(got.gradients, list):
            lines = call_as_code(call, named, call.weights)
            if not any(isinstance(each, torch.Tensor) for each in got.gradients):
                return self._without_gradients(call, named, dict(zip(leaves, want.gradients)), got)
            for name, ours, theirs in zip(leaves, want.gradients, got.gradients):
                if not same(Returned(theirs), Returned(ours), PLAIN):
                    self.compared = theirs, ours
                    facts = {"of": f"{name}.grad", "value": in_numbers(theirs), "expected": in_numbers(ours)}
                    return self._note(lines, call, got, **facts)
        if call.look_back and got.arguments:
            after = dict(zip(named, [*got.arguments[0], *got.arguments[1].values()]))
            for name, before in named.items():
                if not same(Returned(after[name]), Returned(before), PLAIN):
                    lines = call_as_code(call, named, apart=True)
                    facts = {"of": name, "value": in_numbers(after[name]), "given": _given(call, got)}
                    return Code.CHANGED_ARGUMENT(called="\n".join(lines), **facts)
        return None

    def _without_gradients(self, call: Call, named: dict[str, Any], wanted: dict[str, Any], got: Answer) -> Note | None:
        """The note on lines that show that no gradient arrives; None if they come to something else when they are typed."""
        called = call_as_code(call, named, [torch.tensor(1.0)])
        lines = [*called[:-1], called[-1].replace(".backward()", ".requires_grad")]
        if same(self._typed(lines, call), Returned(False), PLAIN):
            return self._note(lines, call, got, returned="False", expected="True")
        lines = call_as_code(call, named, call.weights)
        for name, gradient in wanted.items():
            if isinstance(gradient, torch.Tensor) and same(
                self._typed([*lines, f"{name}.grad"], call), Returned(None), PLAIN
            ):
                return self._note(lines, call, got, of=f"{name}.grad", value="None", expected=in_numbers(gradient))
        return None

    def _typed(self, lines: list[str], asked: Question) -> Answer:
        """What the last of these lines comes to, typed in the notebook."""
        names = sorted(set(re.findall(r"\w+", "\n".join(lines))).intersection(self.names))
        return self.asks.answer(encode(self._alike(probe_typed, (lines, names), asked)), self.exercise)


def _special(asked: Question) -> list[Note]:
    """The properties of a large call that small ones lack."""
    values = [*asked.args, *asked.kwargs.values()] if isinstance(asked, Call) else []
    tensors = [each for each in values if isinstance(each, torch.Tensor)]
    most = max((size for each in tensors for size in each.shape), default=0)
    found = [Code.ENTRIES(entries=most)] if most > MANY else []
    if any(0 in each.stride() and each.numel() > 1 for each in tensors):
        found.append(Code.EXPANDED())
    elif any(not each.is_contiguous() for each in tensors):
        found.append(Code.NOT_CONTIGUOUS())
    if any(each.dtype == torch.float64 for each in tensors):
        found.append(Code.FLOAT64())
    if _are_large(tensors):
        largest = max(float(each.abs().max()) for each in tensors if each.numel())
        found.append(Code.LARGE_NUMBERS(largest=f"{largest:.6g}"))
    return found


def probe_typed(student, lines, names):
    """lines of code, as they are typed in the notebook"""
    import math

    import torch
    import torch.nn as nn
    import torch.nn.functional as F

    scope = {"math": math, "torch": torch, "nn": nn, "F": F}
    scope |= {name: getattr(student, name) for name in names if hasattr(student, name)}
    exec("\n".join(lines[:-1]), scope)
    return eval(lines[-1], scope)


class Drawn(dict):
    """What an experiment's text has in braces: a number, a positive one, a bit, a seed, each drawn anew."""

    def __init__(self, draw: Draw):
        super().__init__()
        self.draw = draw

    def __missing__(self, kind: str) -> float | int:
        most = {"number": 5, "positive": 5, "bit": 2, "seed": 1000}[kind]
        found = self.draw.randint(0 if kind == "bit" else 1, most)
        if kind in ("bit", "seed"):
            return found
        return found / 2 * (self.draw.randint(0, 2) * 2 - 1 if kind == "number" else 1)


def candidates(values: list[Any]) -> Iterator[ShrinkSpec]:
    """The small calls to try, the plainest first, each twice, since one may fail only with some numbers."""
    tensors = [each for each in values if isinstance(each, torch.Tensor)]
    sizes = sorted({size for each in tensors for size in each.shape if size > 1})
    small = {size: n for n, size in enumerate(sizes, 2)}
    larger = {size: min(size, n) for n, size in enumerate(sizes, 4)}
    starts = list[tuple[dict[int, int], int | None]]()
    if tensors:
        starts.append((small, None))
    if any(type(each) is int and each > 1 for each in values):
        starts.append((small, 2))
    if tensors:
        starts.append((larger, 4))
    for start, most in starts:
        # the size of large numbers is the subject of the check
        for plain in (False,) if _are_large(tensors) else (True, False):
            yield from [ShrinkSpec(start, plain, most)] * 2


def _are_large(tensors: list[torch.Tensor]) -> bool:
    return any(not bool((each.abs() < LARGE).all()) for each in tensors if each.is_floating_point())


def _is_long(value: Any) -> bool:
    """Whether a list or a string has more entries than can be reckoned by hand."""
    return isinstance(value, list | str) and len(value) > MOST_SHOWN


def _shares(draw: Draw, shape: list[int]) -> torch.Tensor:
    """Rows of probabilities: 1/2, 1/4, … in some order, which add up to 1."""
    row = torch.tensor([0.5**n for n in range(1, shape[-1])] + [0.5 ** (shape[-1] - 1)])
    return row[draw.uniform(1, 2, *shape).argsort(-1)]


def _corner(value: torch.Tensor, shape: list[int]) -> torch.Tensor:
    return value.detach()[tuple(map(slice, shape))].clone()


def _near(draw: Draw, shape: list[int], value: torch.Tensor) -> torch.Tensor:
    """Numbers near those in a corner of `value`; none that anybody is asked."""
    near = _corner(value, shape).double() * draw.uniform(0.8, 1.25, *shape)
    return torch.tensor([float(f"{each:.2g}") for each in near.flatten().tolist()]).view(shape)


def _given(asked: Question, got: Answer) -> list[str]:
    """The stand-ins that a call had, and called."""
    return [name for name in asked.stand_ins if name in got.stand_ins]


def _raises(got: Answer, want: Answer) -> bool:
    """Whether both raise such an error as is asked for; in the place of a KeyError any may be."""
    if not isinstance(got, Raised) or not isinstance(want, Raised):
        return False
    return want.kind in ("KeyError", got.kind, *got.bases)
