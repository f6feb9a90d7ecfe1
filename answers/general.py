"""Misconceptions that look alike in every exercise: nothing returned, a name misspelt, the pair of `max` taken for a tensor.

Each is recognised by what was raised, or by how what came back differs from what was expected. Where a wrong answer of
the exercise explains the failure, that one is named instead.

A hint that depends on the answer is a function of the pattern's match and of the answer's source, which is read without
running it. It gives None where the rule doesn't fit.
"""

import ast
import builtins
import math
import re
from collections.abc import Callable, Iterator
from difflib import get_close_matches

import torch
import torch.nn.functional as F

from proctor.course.cells import bound
from proctor.diagnosis.general import AnswerCode, Rule

SHAPE = r"\.shape|\.size\("
PAIR = r"\.(max|min|median|mode|sort|topk)\("
SLICE = r"\[[^\[\]]*:[^\[\]]*\]"
CHANGES_IN_PLACE = {
    "sort": "sorted",
    "reverse": "reversed",
    "append": "",
    "extend": "",
    "insert": "",
    "update": "",
    "add": "",
}
MODULES = {
    "math": math,
    "torch": torch,
    "F": F,
    "nn": torch.nn,
    "torch.nn": torch.nn,
    "torch.nn.functional": F,
    "torch.linalg": torch.linalg,
}


def _nodes_of(function: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function, without those of functions inside it."""
    for node in ast.iter_child_nodes(function):
        yield node
        if not isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            yield from _nodes_of(node)


def _is_self(node: ast.expr) -> bool:
    """Whether this is the name `self`."""
    return isinstance(node, ast.Name) and node.id == "self"


def _is_readable(name: str) -> bool:
    """Whether a name that a student chose can be shown in a hint."""
    return re.fullmatch(r"[A-Za-z_]\w{0,40}", name) is not None


def nothing_returned(found: re.Match, code: AnswerCode) -> str | None:
    """Why a call gave None."""
    no_value = {each.name for each in code.released_functions() if _is_none(each.returns)} | {
        "__init__"
    }
    released = {each.name for each in code.released_functions()} - no_value
    for function in code.functions():
        if function.name not in released:
            continue
        nodes = list(_nodes_of(function))
        values = [
            node.value
            for node in nodes
            if isinstance(node, ast.Return) and node.value and not _is_none(node.value)
        ]
        if values and "None" in found.string:
            hints = [hint for value in values if (hint := _gives_none(value))]
            if hints or not _always_returns(function.body):
                return (
                    *hints,
                    "This call came to the end of the function without meeting a `return`.",
                )[0]
        elif not values and not any(isinstance(node, ast.Yield | ast.YieldFrom) for node in nodes):
            if any(isinstance(node, ast.Call) and _name(node.func) == "print" for node in nodes):
                return "`print` shows a value to whoever looks at the screen. The caller gets what stands behind `return`."
            return f"`{function.name}` has no `return` with a value, so each call of it gives None."
    return None


def _gives_none(value: ast.expr) -> str | None:
    """Why this value, which is returned, is None."""
    name = (
        value.func.attr
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute)
        else ""
    )
    if name == "backward":
        return "`.backward()` gives None, and puts the gradients into the `.grad` of the leaves: return that."
    if name in CHANGES_IN_PLACE:
        instead = CHANGES_IN_PLACE[name]
        more = (
            f"; `{instead}(…)` gives a new one"
            if instead
            else ", and then return it, in a line of its own"
        )
        return f"`.{name}()` changes a thing in place and gives None: call it first{more}."
    if isinstance(value, ast.Attribute) and value.attr == "grad":
        return (
            "`.grad` is filled by `backward()`, and for the tensors alone that you made with `requires_grad`: "
            "the one that you differentiate with respect to, not the result."
        )
    return None


def _is_none(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _always_returns(body: list[ast.stmt]) -> bool:
    last = body[-1]
    if isinstance(last, ast.If):
        return bool(last.orelse) and _always_returns(last.body) and _always_returns(last.orelse)
    if isinstance(last, ast.With):
        return _always_returns(last.body)
    return isinstance(last, ast.Return | ast.Raise)


def in_the_first_round(found: re.Match, code: AnswerCode) -> str | None:
    """A loop that returns before it can begin a second round."""
    loops = [
        node
        for each in code.functions()
        for node in _nodes_of(each)
        if isinstance(node, ast.For | ast.While)
    ]
    if any(isinstance(line, ast.Return) for loop in loops for line in loop.body):
        return "`return` ends the whole function, and here it stands inside the loop: indent it like the `for`."
    return None


def loops_name(found: re.Match, code: AnswerCode) -> str | None:
    """A loop whose last line gives its own name a new value, which goes nowhere."""
    for loop in (
        node for each in code.functions() for node in _nodes_of(each) if isinstance(node, ast.For)
    ):
        name, last = _name(loop.target), loop.body[-1]
        if name and isinstance(last, ast.Assign) and name in map(_name, last.targets):
            return (
                "The last line of the loop gives its own variable another value, and the next round takes that away: "
                "what the loop goes through stays as it is."
            )
    return None


def not_defined(found: re.Match, code: AnswerCode) -> str | None:
    """What a name that nothing has is likely to mean."""
    name = found[1]
    if name in code.names:
        theirs = [
            each
            for each in sorted(bound(code.source).keys() - set(code.names))
            if _is_readable(each)
        ]
        near = get_close_matches(name, theirs, 1, 0.5) or theirs[:1]
        return (
            f"Its cell defines `{near[0]}`; the checks call `{name}`. The names must be the same."
            if near
            else None
        )
    attributes = [
        node
        for each in code.definitions()
        for node in ast.walk(each)
        if isinstance(node, ast.Attribute)
    ]
    if any(node.attr == name and _is_self(node.value) for node in attributes):
        return f"Another method keeps it as `self.{name}`: that is its name here, too."
    if any(each.arg == name for method in code.functions() for each in method.args.args):
        return f"`{name}` belongs to another method: keep it there as `self.{name}`, and use that name here."
    near = get_close_matches(name, code.all_names() | set(dir(builtins)), 1, 0.75)
    if near and _is_readable(near[0]):
        return f"Nothing is called so. Do you mean `{near[0]}`?"
    where = [
        f"`{module}.{name}`" for module in ("math", "torch", "F") if hasattr(MODULES[module], name)
    ]
    return f"In this notebook it is {' or '.join(where)}." if where else None


def parameters(found: re.Match, code: AnswerCode) -> str | None:
    """How the parameters of the answer differ from those that were released."""
    released = {each.name: each for each in code.released_functions()}
    for function in code.functions():
        if (wanted := released.get(function.name)) is None:
            continue
        ours, theirs = (
            [each.arg for each in f.args.args + f.args.kwonlyargs] for f in (wanted, function)
        )
        if ours != theirs:
            answer = f"`{function.name}({', '.join(theirs)})`"
            return f"The exercise has `{wanted.name}({', '.join(ours)})`, and the answer {answer}: keep the names."
        defaults = wanted.args.defaults
        if len(function.args.defaults) < len(defaults):
            name = wanted.args.args[-len(defaults)].arg
            default = f"`{name}={ast.unparse(defaults[0])}`"
            return f"`{name}` may be left out: keep the default that it has in the exercise, {default}."
    return None


def near_attribute(found: re.Match, code: AnswerCode) -> str | None:
    """The attribute that is likely to be meant."""
    kind, name = found[1], found[2]
    if kind in code.names:
        nodes = [
            node
            for each in code.definitions()
            for node in ast.walk(each)
            if isinstance(node, ast.Attribute)
        ]
        stored = {
            node.attr for node in nodes if _is_self(node.value) and isinstance(node.ctx, ast.Store)
        }
        if near := get_close_matches(name, stored, 1, 0.6):
            return f"`__init__` calls it `self.{near[0]}`."
        return f"`__init__` has to make it, as `self.{name} = …`: what isn't kept there is no part of the module."
    there = MODULES.get(kind) or (
        torch.Tensor if kind == "Tensor" else getattr(torch.optim, kind, None)
    )
    near = get_close_matches(
        name, [each for each in dir(there) if not each.startswith("_")], 1, 0.75
    )
    return f"Do you mean `{near[0]}`?" if near else None


def missing_forward(found: re.Match, code: AnswerCode) -> str | None:
    near = get_close_matches("forward", [each.name for each in code.functions()], 1, 0.5)
    named = f"Its class defines `{near[0]}`. " if near and _is_readable(near[0]) else ""
    return f"{named}A module is called by its method `forward`, spelt and indented as the exercise has it."


def cut_from_graph(found: re.Match, code: AnswerCode) -> str | None:
    cuts = [
        each
        for each in (".item()", ".detach()", ".data", "torch.tensor(", "no_grad")
        if each in code.source
    ]
    if cuts:
        return f"`{cuts[0]}` cuts a value off from the graph, and nothing flows back from there: it may be what does it here."
    if ".requires_grad" not in code.source and "requires_grad=True" not in code.source:
        return "Nothing here asks for gradients: before it is used, the tensor needs `requires_grad_()`."
    return None


def pair(found: re.Match, code: AnswerCode) -> str:
    name = found[1]
    instead = f", or use `a{name}`" if name in ("max", "min") else ""
    return (
        f"With a dimension, `{name}` gives a pair, values and indices: take its `.values`{instead}."
    )


def sizes_differ(found: re.Match, code: AnswerCode) -> str:
    """Two shapes that don't fit; those of a module's parameters may be the ones."""
    rule = (
        "Shapes are lined up from the right, and sizes that meet must be equal, or one of them 1."
    )
    if any(isinstance(each, ast.ClassDef) for each in code.definitions()):
        return f"{rule} Where no line of yours is to blame, a layer has another size than the exercise asks for: print the shapes of the module's parameters."
    return f"{rule} Print both shapes just before that line."


def unpacked(found: re.Match, code: AnswerCode) -> str:
    """How many names there are for the parts of a value, or of a shape."""
    hint = f"There must be as many names on the left of `=` as the value has parts, and there are {found[1]}."
    if not re.search(SHAPE, code.source):
        return hint
    return f"{hint} A shape has a part for each dimension, and not every input has as many: `x.shape[-1]` counts from behind."


def several_values(found: re.Match, code: AnswerCode) -> str:
    """How a list becomes a tensor, or which of a pair is asked for."""
    returns = [
        node.value
        for each in code.functions()
        for node in _nodes_of(each)
        if isinstance(node, ast.Return)
    ]
    hint = "`torch.stack` makes one tensor of a list of tensors, `torch.tensor` of numbers."
    if any(isinstance(value, ast.Tuple) for value in returns) or re.search(PAIR, code.source):
        return f"{hint} Of a pair, take the part that is asked for."
    return hint


def other_order(found: re.Match, code: AnswerCode) -> str | None:
    """Parameters that have the released names in another order."""
    released = {
        each.name: [arg.arg for arg in each.args.args] for each in code.released_functions()
    }
    for function in code.functions():
        ours, theirs = released.get(function.name, []), [each.arg for each in function.args.args]
        if ours != theirs and sorted(ours) == sorted(theirs):
            answer = f"`{function.name}({', '.join(theirs)})`"
            return f"The exercise has `{function.name}({', '.join(ours)})`, and the answer {answer}: keep the order."
    return None


def where_it_has(pattern: str, hint: str) -> Callable[[re.Match, AnswerCode], str | None]:
    """A hint about code that fits the `pattern`: without any in the answer, what failed is what it calls."""
    return lambda found, code: hint if re.search(pattern, code.source) else None


def unused_argument(found: re.Match, code: AnswerCode) -> str | None:
    """A parameter of the answer that nothing in it reads."""
    for function in code.functions():
        read = {
            node.id
            for node in ast.walk(function)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        }
        if "locals" in read:
            continue
        for argument in function.args.args:
            if argument.arg not in read | {"self"} and _is_readable(argument.arg):
                return (
                    f"`{function.name}` never reads `{argument.arg}`, so its result can't depend on it. "
                    "Does another name, or a fixed number, stand in its place?"
                )
    return None


def refused(found: re.Match, code: AnswerCode) -> str | None:
    """An error that the answer itself raises, where a result is expected."""
    if not (own := re.match(r"(raise \w+|assert)\b", code.line)):
        return None
    return f"This is your own `{own[1]}`: for which inputs does the exercise ask for it? This one should have a result."


def numbers_only(found: re.Match, code: AnswerCode) -> str:
    here = f"`math.{found[1]}`" if hasattr(math, found[1]) else "the one of `math`"
    return f"`torch.{found[1]}` takes a tensor. For a plain number, such as a size, take {here}."


SIZES = "The inner sizes must be the same: the last of the left tensor and the last but one of the right. To swap a tensor's last two dimensions: `.transpose(-2, -1)`."
PLAIN = r"^(?!\w+(Error|Exception): )"  # where nothing was raised
# the first that fits is told
RULES = [
    Rule(
        "init",
        r"before Module\.__init__\(\) call|'super' object",
        "Leaves out what `nn.Module` does at its start",
        "The first line of `__init__` is `super().__init__()`; only then does a module take in layers.",
    ),
    Rule(
        "forward", r"missing the required \"forward\"", "Has no method `forward`", missing_forward
    ),
    Rule(
        "nothing", r"^(?!\w+(Error|Exception): )|NoneType", "Gives nothing back", nothing_returned
    ),
    Rule(
        "none",
        r"NoneType",
        "Goes on with None",
        "None is what a function without `return` gives, `.grad` before any backward pass, and an argument that is left out.",
    ),
    Rule(
        "parameters",
        r"TypeError: .*(unexpected keyword|required positional|positional arguments? but)",
        "Has other parameters than the exercise",
        parameters,
    ),
    Rule(
        "name",
        r"NameError: (?:name ')?(\w+)'? is not defined",
        "Uses a name that nothing has",
        not_defined,
    ),
    Rule(
        "attribute",
        r"AttributeError: (?:module )?'([\w.]+)'(?: object)? has no attribute '(\w+)'",
        "Uses an attribute that isn't there",
        near_attribute,
    ),
    Rule(
        "order",
        r"^(AttributeError|TypeError|IndexError): ",
        "Has its parameters in another order than the exercise",
        other_order,
    ),
    Rule(
        "number",
        r"'(float|int)' object has no attribute '(backward|grad|requires_grad\w*|mean|sum|exp|log|sqrt|item)'",
        "Goes on with a plain number where a tensor is needed",
        "`.item()` and `float()` give a plain number, without the graph that `backward()` follows: take it at the very end.",
    ),
    Rule("pair", r"torch\.return_types\.(\w+)", "Takes a pair for a tensor", pair),
    Rule(
        "truth",
        r"Boolean value of Tensor with more than one value",
        "Asks a whole tensor whether it is true",
        "`if`, `and`, `or` and `not` want one True or False, and a batch has many. `torch.where(condition, a, b)` "
        "decides entry by entry; to find out whether there is a tensor at all, compare with `is not None`.",
    ),
    Rule(
        "float_size",
        r"got float\b|'float' object cannot be interpreted|slice indices must|list indices must be .*float|must be.*ints?,? (but|not).*float",
        "Gives a float where a whole number is needed",
        "`/` and square roots always give a float: for a size or an index, divide with `//`.",
    ),
    Rule(
        "no_tensor",
        r"TypeError: (\w+)\(\): argument 'input'.*must be Tensor, not (?:int|float)",
        "Gives a plain number to a function for tensors",
        numbers_only,
    ),
    Rule(
        "arrays",
        r"numpy\.?\w*ndarray|Can't call numpy\(\)",
        "Computes with NumPy",
        "NumPy's functions give arrays, and no gradient flows through them: PyTorch has the same functions for tensors.",
    ),
    Rule(
        "cut",
        r"does not require grad and does not have a grad_fn",
        "Asks for a gradient where no graph is",
        cut_from_graph,
    ),
    Rule(
        "leaf",
        r"leaf Variable that requires grad.*in-place",
        "Changes in place what autograd watches",
        "`+=` and the like, an assignment to `x[…]` and methods with an underscore write into the tensor itself. "
        "Compute a new one instead; only an update of parameters is done in place, inside `with torch.no_grad():`.",
    ),
    Rule(
        "derivative",
        r"derivative for aten::\w+ is not implemented",
        "Uses an operation that has no gradient",
        "What makes steps, such as `//`, has none: leave it out where a gradient must flow, and divide by `/`.",
    ),
    Rule(
        "twice",
        r"backward through the graph a second time",
        "Goes back through one graph twice",
        "A graph is gone after `backward()`: compute the result again before each.",
    ),
    Rule(
        "mask",
        r"only supports? boolean masks",
        "Masks with numbers",
        "The mask must hold True and False: `mask.bool()`, `mask == 0`, or `dtype=torch.bool` where it is made.",
    ),
    Rule(
        "gather",
        r"Index tensor must have the same number of dimensions",
        "Gathers with ids of too few dimensions",
        where_it_has(
            "gather",
            "`gather` wants as many dimensions in the ids as in the tensor: `ids.unsqueeze(-1)` before, `.squeeze(-1)` behind.",
        ),
    ),
    Rule(
        "whole",
        r"not implemented for '(Long|Int)'|Can only calculate the mean of.*|only Tensors of floating point.*|same dtype.*\b(long|int)\b",
        "Computes with whole numbers where floats are needed",
        "A tensor of whole numbers stands where floats are needed: are two arguments swapped, or is a `.to(x.dtype)` missing?",
    ),
    Rule(
        "dtype",
        r"expected m1 and m2 to have the same dtype|expected scalar type|must have the same dtype|destination dtypes match",
        "Mixes dtypes",
        "What `torch.zeros` and the like make is float32, unless `dtype=` says otherwise: make it like the argument, by `dtype=x.dtype` or `torch.zeros_like(x)`.",
    ),
    Rule(
        "inner",
        r"mat1 and mat2 shapes cannot be multiplied|Expected size for first two dimensions of batch2|inconsistent tensor size, expected tensor|size mismatch, got",
        "Multiplies matrices whose sizes don't fit",
        SIZES,
    ),
    Rule(
        "count",
        r"size of tensor a \(\d+\) must match",
        "Meets two tensors whose sizes don't fit",
        sizes_differ,
    ),
    Rule(
        "area",
        r"shape '.*' is invalid for input of size|shape is invalid for input",
        "Reshapes to another number of entries",
        "The sizes of the new shape, multiplied, must give the number of entries: check each against the tensor's `.shape`.",
    ),
    Rule(
        "dims",
        r"Dimension out of range",
        "Names a dimension that the tensor doesn't have",
        "Not every input has as many dimensions as yours: count from behind, with `dim=-1`.",
    ),
    Rule(
        "unpack",
        r"(?:too many|not enough) values to unpack \(expected (?:at least )?(\d+)(?:, got (\d+))?\)",
        "Takes a value apart into the wrong number of names",
        unpacked,
    ),
    Rule(
        "unbound",
        r"UnboundLocalError: .*variable '(\w+)'",
        "Uses a variable before it has a value",
        lambda found, code: (
            f"`{found[1]}` gets its value in a loop or an `if` that need not run: give it one before that."
        ),
    ),
    Rule(
        "itself",
        r"RecursionError",
        "Calls itself without end",
        "Somewhere below, the function calls itself, or a name like it: look for a built-in that your function's name hides.",
    ),
    Rule(
        "call",
        r"'(Tensor|torch\.Size|Size|list|tuple|float|int)' object is not callable",
        "Calls what is no function",
        "Parentheses call, brackets look up: `x[i]`, `x.shape[-1]`. Or a variable has the name of the function.",
    ),
    Rule(
        "lookup",
        r"'(builtin_function_or_method|method|function)' object is not subscriptable",
        "Looks something up in a function",
        "Brackets look up, parentheses call: `x.size(-1)` or `x.shape[-1]`.",
    ),
    Rule(
        "call_left_out",
        r"\b(builtin_function_or_method|method)\b",
        "Leaves out the parentheses of a call",
        "Without parentheses a method's name only names it: `x.mean()` calls it.",
    ),
    Rule(
        "ends",
        r"stack expects each tensor to be equal size",
        "Reaches past the end",
        where_it_has(
            SLICE,
            "A slice that begins too late is shorter than the others: up to where may the last one begin?",
        ),
    ),
    Rule(
        "list",
        r"expected a tensor, got (a list of|\[)",
        "Gives several values instead of one tensor",
        several_values,
    ),
    Rule(
        "python_number",
        r"expected a tensor, got (-?\d[\d.e+-]*|inf|nan|True|False)$",
        "Gives a Python number instead of a tensor",
        "`.item()`, `.tolist()`, `float()` and `math` leave tensors behind: compute with torch's functions to the end.",
    ),
    Rule(
        "tensor",
        r"expected a Python (float|int|str|list), got \w+ \(",
        "Gives a tensor instead of a plain value",
        lambda found, code: (
            f"The exercise wants a Python {found[1]}: `.item()` takes the number out of a tensor, `.tolist()` the list."
        ),
    ),
    Rule("first_round", PLAIN, "Returns in the first round of a loop", in_the_first_round),
    Rule(
        "by_string",
        r"list indices must be integers or slices, not str",
        "Looks up a list by a string",
        "A list is looked up by place: `names.index(name)` finds the place of a name, and a dict looks up by name.",
    ),
    Rule(
        "join",
        r"sequence item \d+: expected str instance",
        "Joins what are no strings",
        "`join` joins strings: look each number up first, and join what stands there.",
    ),
    Rule(
        "made_not_called",
        r"must be Tensor, not ([A-Z]\w*)",
        "Makes a module where it should call one",
        lambda found, code: (
            f"`nn.{found[1][:40]}(x)` makes a module, `nn.{found[1][:40]}()(x)` calls one; or take the function of `F`."
        ),
    ),
    Rule("loops_name", PLAIN, "Gives a new value to a loop's name alone", loops_name),
    Rule(
        "view",
        r"view size is not compatible",
        "Takes a view where only a copy can have that shape",
        where_it_has(
            r"\.view",
            "After a `transpose` or a slice the numbers don't lie in order: `reshape` copies where it must, `view` never does.",
        ),
    ),
    Rule(
        "joins",
        r"Tensors must have same number of dimensions",
        "Joins tensors of different numbers of dimensions",
        where_it_has(
            r"cat\(",
            "`torch.cat` wants as many dimensions in each: `x[None]` adds one in front, `x[0]` or `.flatten()` takes one away.",
        ),
    ),
    Rule(
        "loss_shape",
        r"Expected target size|Expected input batch_size|expected input.*to match target",
        "Gives the loss function shapes that it doesn't take",
        where_it_has(
            "cross_entropy|nll_loss|CrossEntropyLoss|NLLLoss",
            "It wants logits `(N, V)` and targets `(N,)`: put all positions in one row first, of both in the same way.",
        ),
    ),
    Rule(
        "bounds",
        r"out of bounds for dimension|index out of range in self",
        "Looks something up behind the end",
        "An index is as large as the dimension that it looks in, or larger: counted from 0, the last one is the size less 1. "
        "Does it count too far, does it look in another dimension than it should, was the tensor made too small, or do you look up other numbers than you meant, ids for positions, say?",
    ),
    Rule(
        "single",
        r"0-d tensor|0-dim tensor",
        "Takes a single number for a row",
        "A 0-d tensor holds one number: it has no length and nothing to go through. Not every input has a dimension in front.",
    ),
    Rule(
        "indices",
        r"shape mismatch: indexing tensors",
        "Looks up by ids of different shapes",
        "Several indices at once must have shapes that fit each other: they are taken in pairs. `gather` picks along one dimension.",
    ),
    Rule(
        "scalar",
        r"only one element tensors|cannot be converted to Scalar|only scalar outputs|must be real number",
        "Takes many numbers for one",
        "`.item()`, `float()`, `math` and `backward()` want one number. For all entries at once take torch's functions; for one number, `.mean()` or `.sum()` first.",
    ),
    Rule(
        "float_ids",
        r"tensors used as indices must be|scalar types: Long|scalar type Long",
        "Looks up by numbers that are no ids",
        "Ids must be whole numbers: `.long()`, or `dtype=torch.int64` where they are made.",
    ),
    Rule(
        "cast",
        r"can't be cast to the desired output type",
        "Writes floats into a tensor of whole numbers",
        "What is made of ints is int64: make it with `dtype=x.dtype`, or by `torch.zeros_like(x)`.",
    ),
    Rule(
        "elements",
        r"expected Tensor as element \d+ in argument",
        "Joins what are no tensors",
        where_it_has(
            r"stack|cat\(",
            "`torch.stack` and `torch.cat` join tensors: for a list of plain numbers there is `torch.tensor`.",
        ),
    ),
    Rule(
        "lists",
        r"unsupported operand type\(s\).*'list'|only concatenate list|multiply sequence",
        "Computes with a list",
        "A list knows no arithmetic: `torch.tensor(…)` or `torch.stack(…)` makes a tensor of it.",
    ),
    Rule(
        "einsum",
        r"einsum\(\): the number of (subscripts|dimensions)",
        "Spells out how many dimensions there are",
        where_it_has(
            "einsum",
            "Not every input has as many. In an einsum `...` stands for all those in front: `'...ij,...jk->...ik'`.",
        ),
    ),
    Rule(
        "permute",
        r"permute.*number of dimensions in the tensor input does not match",
        "Permutes a fixed number of dimensions",
        where_it_has(
            "permute",
            "`permute` names every dimension. `transpose(-2, -1)` swaps the last two, however many stand in front.",
        ),
    ),
    Rule(
        "shape_index",
        r"IndexError: tuple index out of range",
        "Asks a shape for a dimension that isn't there",
        where_it_has(
            SHAPE,
            "`x.shape[1]` needs two dimensions, and not every input has as many: count from behind, `x.shape[-1]`.",
        ),
    ),
    Rule(
        "kind",
        r"^expected .*, got an? ([\w.]+\.)?([A-Z]\w*)$",
        "Gives back a thing of another kind",
        lambda found, code: (
            f"It gives a `{found[2][:40]}`; the exercise asks for what the line `expected` shows."
        ),
    ),
    Rule(
        "refused",
        r"^(ValueError|AssertionError|KeyError|TypeError): ",
        "Refuses an input that is allowed",
        refused,
    ),
    Rule(
        "pytorchs_own",
        r"^raised \w+, expected (\w+)",
        "Leaves it to PyTorch to object",
        lambda found, code: (
            f"PyTorch's own error is another one, and comes later. The exercise asks for `{found[1]}`: test the sizes first."
        ),
    ),
    Rule(
        "still_needed",
        r"modified by an inplace operation",
        "Changes in place what the backward pass still needs",
        "What autograd has kept must stay: make a new tensor where something is set, multiplied or filled in place.",
    ),
    Rule(
        "matrices",
        r"must be a matrix, got|expected a matrix|must be 3D tensors?|batch[12] must be a 3D",
        "Takes a function for tensors of one number of dimensions",
        "Not every input has as many: `@` and `torch.matmul` take any number of them in front.",
    ),
    Rule(
        "no_gradient",
        r"no gradient reaches (?:the \w+ )?'?([\w.]+)",
        "Has a tensor that no gradient reaches",
        lambda found, code: (
            f"Is `{found[1][:60]}` used where the result is computed, and nothing cut off on the way, as by `.detach()`, `.data` or `.item()`?"
        ),
    ),
    Rule("unused_argument", "", "Leaves out an argument", unused_argument),
]
