"""Slips that an answer's source shows, each with the change that mends it alone.

A rule reads the answer's tree without running it, and yields `(changes, title, hint)`: `changes` are parts of the source
and the texts that take their places. The grader runs a copy that is changed so: a slip is named only if its copy comes
nearer to the right answer.

`CERTAIN`: the code is at fault there, whatever the exercise. `CHANGES`: the edits by which known wrong answers differ from
right ones; each is one to try.
"""

import ast
import copy
import itertools
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from proctor.course.cells import body_of, bound, globals_read, tree_of
from proctor.course.report import GENERAL, Diagnosis, readable
from proctor.diagnosis.general import MAX_HINT, AnswerCode
from proctor.diagnosis.mend import Slip

# parts of the source, and the texts that take their places
Changes = Sequence[tuple[ast.stmt | ast.expr | ast.arg, str]]
Found = Iterator[tuple[Changes, str, str]]
IN_PLACE = set(
    "append extend insert update add sort reverse zero_grad backward step train eval pop remove clear write "
    "manual_seed set_state".split()
)
MUTABLE = (ast.Dict, ast.List, ast.Set, ast.Call)
REDUCES = set("sum mean norm amax amin prod logsumexp vector_norm".split())
OTHER_OPERATOR = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
OTHER_COMPARISON = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}


def blocks(code: AnswerCode) -> Iterator[list[ast.stmt]]:
    """The blocks of statements in the answer's functions."""
    for function in code.functions():
        for node in ast.walk(function):
            for name in ("body", "orelse"):
                block = getattr(node, name, None)
                if isinstance(block, list):
                    yield block


def statements(code: AnswerCode) -> Iterator[ast.stmt]:
    """The statements in the answer's functions."""
    for block in blocks(code):
        yield from block


def expressions(code: AnswerCode) -> Iterator[ast.expr]:
    """The expressions in the answer's functions."""
    for function in code.functions():
        for statement in function.body:
            yield from (node for node in ast.walk(statement) if isinstance(node, ast.expr))


def method(node: ast.AST) -> str:
    """The name of the method, or of a module's function, that a call calls; empty if it is no such call."""
    return (
        node.func.attr
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        else ""
    )


def methods(code: AnswerCode) -> Iterator[tuple[ast.Call, ast.Attribute]]:
    """The calls of methods and of modules' functions, each with the attribute that it calls."""
    for node in expressions(code):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node, node.func


def names_in(nodes: Sequence[ast.AST]) -> list[str]:
    found = [each.id for node in nodes for each in ast.walk(node) if isinstance(each, ast.Name)]
    return [name for name in found if name not in ("torch", "F", "nn", "math", "self")]


def short(node: ast.AST) -> str:
    """The node's source, as far as a hint can show it."""
    text = ast.unparse(node).splitlines()[0]
    return text if len(text) <= 60 else f"{text[:57]}…"


def line_of(node: ast.AST) -> str:
    """The line that a node begins in, for a hint."""
    return f"line {getattr(node, 'lineno', 0)}"


def edited(node: ast.expr, **fields: object) -> str:
    """The source of an expression in which these fields are others."""
    other = copy.copy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    return f"({ast.unparse(other)})"


def empty(line: int, column: int) -> ast.stmt:
    return ast.Pass(lineno=line, col_offset=column, end_lineno=line, end_col_offset=column)


def after(node: ast.stmt) -> ast.stmt:
    """The empty place after a statement."""
    return empty(node.end_lineno or 0, node.end_col_offset or 0)


def before(node: ast.stmt) -> ast.stmt:
    """The empty place before a statement."""
    return empty(node.lineno, node.col_offset)


# In the place of a function: every call is the first one.
AFRESH = """

def {name}(*args, **named):
    scope = dict(globals())
    exec({source!r}, scope)
    return scope[{name!r}](*args, **named)
"""


# Faults of the code, whatever the exercise.


def result_lost(code: AnswerCode) -> Found:
    """A line that computes something new and gives it no name."""
    for line in statements(code):
        value = line.value if isinstance(line, ast.Expr) else None
        name = method(value) if value else ""
        if not isinstance(value, ast.Call | ast.BinOp) or name in IN_PLACE or name.endswith("_"):
            continue
        parts = [value] if isinstance(value, ast.BinOp) else [value.func, *value.args]
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
            parts = value.args
        # the value that it was made of
        if names := names_in(parts):
            hint = f"`{short(line)}`, alone on a line, gives a new value and leaves the old one as it is: give the result a name."
            yield [(line, f"{names[0]} = {ast.unparse(line)}")], "Throws a result away", hint


def call_left_out(code: AnswerCode) -> Found:
    """A line that names a method and doesn't call it."""
    for line in statements(code):
        if isinstance(line, ast.Expr) and isinstance(line.value, ast.Attribute):
            hint = (
                f"The line `{short(line)}` only names a method: with `()` behind it, it is called."
            )
            yield [(line, f"{ast.unparse(line)}()")], "Leaves out the parentheses of a call", hint


def stub_left(code: AnswerCode) -> Found:
    """The stub's last line."""
    for line in statements(code):
        if (
            isinstance(line, ast.Raise)
            and line.exc
            and ast.unparse(line.exc).startswith("NotImplementedError")
        ):
            hint = "The stub's last line, `raise NotImplementedError()`, still stands in it: delete it."
            yield [(line, "pass")], "Keeps the stub's last line", hint


def trailing_comma(code: AnswerCode) -> Found:
    """A comma that makes a tuple of one value."""
    for line in statements(code):
        value = line.value if isinstance(line, ast.Return | ast.Assign) else None
        if isinstance(value, ast.Tuple) and len(value.elts) == 1:
            hint = f"The comma behind `{short(value.elts[0])}` makes a tuple with one entry of it: leave the comma out."
            yield [(value, ast.unparse(value.elts[0]))], "Ends a line in a comma", hint


def hidden_in_a_list(code: AnswerCode) -> Found:
    """Layers in a list of Python's, where PyTorch finds no parameters."""
    for line in statements(code):
        if not (isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Attribute)):
            continue
        made = line.value
        target = ast.unparse(line.targets[0])
        added = [
            node.args[0]
            for node, called in methods(code)
            if called.attr == "append" and ast.unparse(called.value) == target and node.args
        ]
        first = made.elt if isinstance(made, ast.ListComp) else None
        if isinstance(made, ast.List) and not made.elts and added:
            first = added[0]
        if isinstance(made, ast.List) and made.elts:
            first = made.elts[0]
        # a class of modules begins with a capital
        if isinstance(first, ast.Call) and ast.unparse(first.func).rpartition(".")[2][:1].isupper():
            hint = f"PyTorch doesn't look into a Python list, so the parameters of the layers in `{short(line.targets[0])}` are no parameters of the model: put the list into `nn.ModuleList`."
            yield [(made, f"nn.ModuleList({ast.unparse(made)})")], "Hides layers in a list", hint


def nothing(code: AnswerCode) -> Found:
    """A function that computes its result in its last line and doesn't return it."""
    released = {each.name for each in code.released_functions() if each.name != "__init__"}
    for function in code.functions():
        nodes = [*ast.walk(function)]
        if function.name not in released or any(
            isinstance(node, ast.Return | ast.Yield) for node in nodes
        ):
            continue
        last, text = function.body[-1], ""
        if isinstance(last, ast.Expr):
            value = last.value
            if isinstance(value, ast.Call) and ast.unparse(value.func) == "print" and value.args:
                value = value.args[0]
            text = f"return {ast.unparse(value)}"
        elif isinstance(last, ast.Assign | ast.AugAssign):
            target = last.targets[0] if isinstance(last, ast.Assign) else last.target
            text = f"{ast.unparse(last)}; return {ast.unparse(target)}"
        if text:
            hint = f"`{function.name}` has no `return`, so each call of it gives None, whatever it computes"
            prints = any(isinstance(node, ast.Name) and node.id == "print" for node in nodes)
            hint += ": `print` only shows a value." if prints else "."
            yield [(last, text)], "Gives nothing back", hint


# a notebook's cells are the same for each of its answers, and most of them for a class
@lru_cache(500)
def imported_or_defined(source: str) -> frozenset[str]:
    """The names of modules, functions and classes in a cell, which any other cell may use."""
    found = set[str]()
    for node in tree_of(source).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            found.update((each.asname or each.name).split(".")[0] for each in node.names)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
    return frozenset(found)


def left_by_a_cell(code: AnswerCode) -> Found:
    """A name that only another cell of the notebook gives a value, where a size or `self` has it."""
    own = frozenset(bound(code.source)).union(*map(imported_or_defined, code.others))
    for name in globals_read(code.source) - own:
        cells = [number for number, each in enumerate(code.others, 1) if name in bound(each)]
        uses = [
            node for node in expressions(code) if isinstance(node, ast.Name) and node.id == name
        ]
        if not cells or not uses or len(name) > 40:
            continue
        hint = f"The answer gives `{name}` no value: it takes the one that code cell {cells[-1]} has left. "
        tensors = [
            arg.arg
            for function in code.functions()
            for arg in function.args.args
            if arg.arg != "self"
        ]
        for value in [
            f"{tensor}.shape[{place}]"
            for tensor in dict.fromkeys(tensors)
            for place in (-1, 0, 1, -2)
        ]:
            yield (
                [(use, value) for use in uses],
                f"Uses `{name}`, which another cell has left",
                f"{hint}Compute it from the arguments.",
            )
        for function in code.functions():
            if any(arg.arg == name for arg in function.args.args):
                kept = (
                    before(function.body[-1]),
                    f"self.{name} = {name}\n{' ' * function.body[-1].col_offset}",
                )
                more = f"Keep it in `{function.name}`, as `self.{name}`."
                yield (
                    [kept, *((use, f"self.{name}") for use in uses)],
                    f"Uses `{name}`, which another cell has left",
                    f"{hint}{more}",
                )


def parameters_swapped(code: AnswerCode) -> Found:
    """Parameters that have the stub's names in another order."""
    released = {each.name: each.args for each in code.released_functions()}
    for function in code.functions():
        wanted = released.get(function.name)
        ours = [arg.arg for arg in function.args.args]
        theirs = [arg.arg for arg in wanted.args] if wanted else ours
        if ours != theirs and sorted(ours) == sorted(theirs):
            changes = [(arg, other) for arg, other in zip(function.args.args, theirs)]
            answer = f"`{function.name}({', '.join(ours)})`"
            hint = f"The exercise has `{function.name}({', '.join(theirs)})`, and the answer {answer}: keep the order."
            yield changes, "Has its parameters in another order than the exercise", hint


def argument_ignored(code: AnswerCode) -> Found:
    """A fixed value where an argument of that name belongs, which nothing reads."""
    for function in code.functions():
        read = names_in(function.body)
        for arg in function.args.args:
            places = [
                keyword.value
                for node in expressions(code)
                if isinstance(node, ast.Call)
                for keyword in node.keywords
                if keyword.arg == arg.arg
            ]
            if places and arg.arg not in read:
                hint = f"`{function.name}` never reads its argument `{arg.arg}`: {line_of(places[0])} has `{arg.arg}={short(places[0])}`, whatever the caller asks for."
                changes = [(place, arg.arg) for place in places]
                yield changes, f"Leaves out the argument `{arg.arg}`", hint


def argument_rebound(code: AnswerCode) -> Found:
    """A new tensor under the name of an argument, in a function that changes its arguments in place."""
    released = {
        each.name
        for each in code.released_functions()
        if isinstance(each.returns, ast.Constant) and each.returns.value is None
    }
    for function in code.functions():
        given = [arg.arg for arg in function.args.args] if function.name in released else []
        changes = []
        for line in statements(code):
            if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) in given:
                name = ast.unparse(line.targets[0])
                changes.append((line, f"{name}.copy_({ast.unparse(line.value)})"))
        if changes:
            line = changes[0][0]
            hint = f"`{short(line)}` in {line_of(line)} makes a new tensor and only names it so: the caller's tensor stays as it was. Change that one in place, as `+=` and methods with an underscore do."
            yield changes, "Gives the name of an argument to a new tensor", hint


# Changes to try.


def kept(code: AnswerCode) -> Found:
    """A default value, a decorator, or a name of the cell, that outlives a call."""
    hint = ""
    functions = [each for each in tree_of(code.source).body if isinstance(each, ast.FunctionDef)]
    own = imported_or_defined(code.source)
    for name in sorted(globals_read(code.source) & bound(code.source).keys() - own):
        hint = f"`{name}` stands outside the function, so the next call finds what this one left there: compute it anew in each call."
    for function in functions:
        for decorator in function.decorator_list:
            hint = f"`@{short(decorator)}` gives an earlier result again. A tensor with other numbers in it is still the same tensor: compute anew in each call."
        with_defaults = function.args.args[-len(function.args.defaults) :]
        for parameter, value in zip(with_defaults, function.args.defaults):
            if isinstance(value, MUTABLE):
                shared = f"{parameter.arg}={short(value)}"
                hint = f"`{shared}` among the parameters is made once, and every call goes on with the same one: make it inside the function."
    for function in functions:
        if hint and function.name in code.names:
            text = AFRESH.format(name=function.name, source=code.source)
            yield [(after(function.body[-1]), text)], "Keeps something from call to call", hint


def keepdim(code: AnswerCode) -> Found:
    hint = (
        "Shapes are lined up from the right, and a sum over a dimension drops it. "
        "With `keepdim=True` it stays, as 1, and each result meets its own row."
    )
    sums = [
        node for node in expressions(code) if method(node) in REDUCES and isinstance(node, ast.Call)
    ]
    lacking = [
        node for node in sums if (node.args or node.keywords) and "keepdim" not in ast.unparse(node)
    ]
    changes = [(node, f"{ast.unparse(node)[:-1]}, keepdim=True)") for node in lacking]
    for some in [changes, *([each] for each in changes)] if len(changes) > 1 else [changes]:
        if some:
            yield some, "Sums a dimension away that is still needed", hint


def keepdim_left(code: AnswerCode) -> Found:
    for node in expressions(code):
        if isinstance(node, ast.Call) and any(each.arg == "keepdim" for each in node.keywords):
            kept = [each for each in node.keywords if each.arg != "keepdim"]
            hint = f"In {line_of(node)}, `keepdim=True` leaves a dimension of size 1 that the result should not have."
            yield [(node, edited(node, keywords=kept))], "Keeps a dimension of size 1", hint


def matrices(code: AnswerCode) -> Found:
    """Each factor of a product transposed, or not, and the two swapped."""
    for node in expressions(code):
        if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.MatMult):
            continue
        hint = f"Look at the product in {line_of(node)}: which factor goes first, and which two dimensions of which one are swapped?"
        left, right = node.left, node.right
        pairs = [(left, each) for each in turned(right)] + [(each, right) for each in turned(left)]
        pairs += [
            (right, left),
            *((each, left) for each in turned(right)),
            *((right, each) for each in turned(left)),
        ]
        for one, other in pairs:
            yield (
                [(node, edited(node, left=one, right=other))],
                "Multiplies two matrices the wrong way round",
                hint,
            )


def turned(node: ast.expr) -> list[ast.expr]:
    """The factor with its last two dimensions swapped, or no more swapped."""
    text = ast.unparse(node)
    inner = node
    if isinstance(node, ast.Attribute) and node.attr in ("T", "mT"):
        inner = node.value
    elif isinstance(node, ast.Call) and method(node) in ("t", "transpose", "swapaxes", "permute"):
        inner = node.func.value if isinstance(node.func, ast.Attribute) else node
    swapped = ast.parse(f"({ast.unparse(inner)}).transpose(-2, -1)", mode="eval").body
    return [each for each in (swapped, inner) if ast.unparse(each) != text]


def in_place(code: AnswerCode) -> Found:
    title = "Changes in place a tensor that was given to it, or that autograd watches"
    hint = "`+=` and the like, an assignment to `x[…]` and methods with an underscore write into the tensor itself: compute a new one."
    changes = []
    for line in statements(code):
        if isinstance(line, ast.AugAssign) and isinstance(line.target, ast.Name):
            new = ast.BinOp(ast.Name(line.target.id, ast.Load()), line.op, line.value)
            changes.append((line, f"{line.target.id} = {ast.unparse(new)}"))
    if changes:
        yield changes, title, hint
    for node, called in methods(code):
        if called.attr.endswith("_") and not called.attr.startswith("_"):
            func = ast.Attribute(called.value, called.attr.rstrip("_"), ast.Load())
            yield [(node, edited(node, func=func))], title, hint
    for function in code.functions():
        given = [arg.arg for arg in function.args.args if arg.arg != "self"]
        for name in given:
            first = body_of(function)[0]
            yield (
                [(before(first), f"{name} = {name}.clone()\n{' ' * first.col_offset}")],
                title,
                hint,
            )


def step_too_many(code: AnswerCode) -> Found:
    """A call within an expression that should not be there."""
    lines = [line.value for line in statements(code) if isinstance(line, ast.Expr)]
    for node in expressions(code):
        if not isinstance(node, ast.Call) or node in lines:
            continue
        title, hint = (
            "Has a step too many",
            f"Look at `{short(node)}` in {line_of(node)}: does the exercise ask for that step?",
        )
        if method(node) in ("detach", "item"):
            title = "Cuts the result off from the graph"
            hint = f"`.{method(node)}()` in {line_of(node)} cuts a value off from the graph, and no gradient flows back from there."
        if method(node) in ("float", "double", "half", "to", "type"):
            title = "Converts the numbers on the way"
            hint = f"`{short(node)}` in {line_of(node)} gives another dtype: digits are lost there, or the result comes back in it. Does the exercise ask for that?"
        inner = node.func.value if isinstance(node.func, ast.Attribute) else None
        if inner is None or ast.unparse(inner) in ("torch", "F", "self", "math"):
            inner = node.args[0] if node.args else None
        if inner is not None:
            yield [(node, ast.unparse(inner))], title, hint


def line_too_many(code: AnswerCode) -> Found:
    """A call for its effect, on what was given to the answer."""
    for line in statements(code):
        if not isinstance(line, ast.Expr) or not isinstance(line.value, ast.Call):
            continue
        if method(line.value) not in ("backward", "step", "eval", "__init__"):
            hint = f"Look at {line_of(line)}, `{short(line)}`: it changes something beyond the result. Does the exercise ask for that?"
            yield [(line, "pass")], "Has a line too many", hint


def other_reduction(code: AnswerCode) -> Found:
    """A mean where a sum is needed, or the other way round."""
    other = {"mean": "sum", "sum": "mean"}
    for node, called in methods(code):
        if called.attr in other:
            func = ast.Attribute(called.value, other[called.attr], ast.Load())
            hint = f"In {line_of(node)}, `{called.attr}`: must these numbers be added up there, or averaged?"
            title = "Adds up where it should average, or averages where it should add up"
            yield [(node, edited(node, func=func))], title, hint


def tensors_collected(code: AnswerCode) -> Found:
    """A list of tensors where one of plain numbers is needed."""
    for node, called in methods(code):
        if called.attr == "append" and len(node.args) == 1 and isinstance(node.args[0], ast.Name):
            hint = f"`{short(node)}` in {line_of(node)} keeps a tensor, and with it its graph: `.item()` takes the plain number out."
            title = "Keeps tensors where plain numbers are asked for"
            yield [(node.args[0], f"{node.args[0].id}.item()")], title, hint


def mode_left(code: AnswerCode) -> Found:
    """A model that is trained in the mode in which it comes."""
    for function in code.functions():
        if any(arg.arg == "model" for arg in function.args.args) and "train()" not in code.source:
            hint = "The model may come in evaluation mode, where dropout is off: whoever trains it switches to training mode first."
            first = body_of(function)[0]
            changes = [(before(first), f"model.train()\n{' ' * first.col_offset}")]
            yield changes, "Trains in whichever mode the model comes", hint


def shape_lost(code: AnswerCode) -> Found:
    """A result that should have the shape of an argument."""
    for function in code.functions():
        last = function.body[-1]
        for arg in function.args.args:
            if isinstance(last, ast.Return) and last.value and arg.arg != "self":
                text = f"({ast.unparse(last.value)}).reshape({arg.arg}.shape)"
                hint = f"The result should have the shape of `{arg.arg}`: bring it into that shape at the end."
                yield [(last.value, text)], "Gives the result another shape", hint


def graph_recorded(code: AnswerCode) -> Found:
    for function in code.functions():
        hint = "Autograd records every forward pass, and nobody goes backward here: `with torch.no_grad():` switches that off."
        indent = " " * function.col_offset
        yield (
            [(before(function), f"@torch.no_grad()\n{indent}")],
            "Records a graph that nobody needs",
            hint,
        )


def other_call(code: AnswerCode) -> Found:
    """One method where another is needed."""
    for node in expressions(code):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        name = method(node)
        if name == "squeeze" and not node.args:
            hint = "`squeeze()` drops every dimension of size 1, also the batch's: name the one to drop."
            yield (
                [(node, edited(node, args=[ast.Constant(-1)]))],
                "Squeezes every dimension of size 1",
                hint,
            )
            yield (
                [(node, edited(node, args=[ast.Constant(1)]))],
                "Squeezes every dimension of size 1",
                hint,
            )
        if name == "view":
            hint = "After a `transpose` or a slice the numbers don't lie in order: `reshape` copies where it must, `view` never does."
            func = ast.Attribute(node.func.value, "reshape", ast.Load())
            yield (
                [(node, edited(node, func=func))],
                "Takes a view where only a copy can have that shape",
                hint,
            )
        if name in ("triu", "tril"):
            for diagonal in (-1, 0, 1):
                args = [
                    *(each for each in node.args[:1] if ast.unparse(node.func.value) == "torch"),
                    ast.Constant(diagonal),
                ]
                hint = f"Look at the diagonal in {line_of(node)}, and write down the mask for three positions: which may each see?"
                yield (
                    [(node, edited(node, args=args, keywords=[]))],
                    "Masks along another diagonal",
                    hint,
                )
        if name == "masked_fill" and len(node.args) == 2:
            hint = f"In {line_of(node)}: which score has a share of exactly 0, however small the others are?"
            infinite = ast.parse("-float('inf')", mode="eval").body
            yield (
                [(node, edited(node, args=[node.args[0], infinite]))],
                "Masks with another number than minus infinity",
                hint,
            )


def other_sign(code: AnswerCode) -> Found:
    for node in expressions(code):
        if isinstance(node, ast.BinOp) and (other := OTHER_OPERATOR.get(type(node.op))):
            hint = f"Look at {line_of(node)}, `{short(node)}`: is that the operation, and are its two sides the right way round?"
            title = "Adds where it should subtract, or multiplies where it should divide, or the other way round"
            yield [(node, edited(node, op=other()))], title, hint
            if isinstance(node.op, ast.Sub | ast.Div):
                yield [(node, edited(node, left=node.right, right=node.left))], title, hint
        if (
            isinstance(node, ast.UnaryOp)
            and isinstance(node.op, ast.USub)
            and not isinstance(node.operand, ast.Constant)
        ):
            yield (
                [(node, f"({ast.unparse(node.operand)})")],
                "Has the other sign",
                f"Look at the minus sign in {line_of(node)}.",
            )
    for line in statements(code):
        if isinstance(line, ast.Return) and line.value and not isinstance(line.value, ast.Tuple):
            yield (
                [(line.value, f"-({ast.unparse(line.value)})")],
                "Has the other sign",
                "The sign of the result is the other one: does a minus sign belong in front?",
            )


def other_test(code: AnswerCode) -> Found:
    for node in expressions(code):
        if (
            isinstance(node, ast.Compare)
            and len(node.ops) == 1
            and (other := OTHER_COMPARISON.get(type(node.ops[0])))
        ):
            hint = f"Look at `{short(node)}` in {line_of(node)}: on which side does the case belong in which both are equal?"
            yield (
                [(node, edited(node, ops=[other()]))],
                "Compares with one too many or too few",
                hint,
            )
    for node in expressions(code):
        if isinstance(node, ast.BoolOp):
            hint = f"Look at `{short(node)}` in {line_of(node)}: must all of that hold, or is one enough?"
            yield (
                [(node, edited(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And()))],
                "Takes `and` for `or`, or `or` for `and`",
                hint,
            )
    for line in statements(code):
        if isinstance(line, ast.If | ast.While) and isinstance(line.test, ast.Name):
            hint = f"`{short(line.test)}` asks a value whether it is true, and 0 isn't: compare with `is not None`."
            yield (
                [(line.test, f"{line.test.id} is not None")],
                "Asks whether a value is true instead of whether there is one",
                hint,
            )


def case_apart(code: AnswerCode) -> Found:
    """A branch that should never be taken, or always."""
    for function in code.functions():
        for node in ast.walk(function):
            if not isinstance(node, ast.If | ast.IfExp):
                continue
            hint = f"Look at `{short(node.test)}` in {line_of(node)}: one of the two cases should be treated like the other."
            for test in ("False", "True"):
                yield [(node.test, test)], "Makes an exception where there is none", hint


def term_too_many(code: AnswerCode) -> Found:
    """A sum, a difference, a product or a quotient in place of its first part."""
    for node in expressions(code):
        if isinstance(node, ast.BinOp) and type(node.op) in OTHER_OPERATOR:
            hint = f"Look at `{short(node)}` in {line_of(node)}: does `{short(node.right)}` belong there?"
            yield [(node, f"({ast.unparse(node.left)})")], "Has a term or a factor too many", hint


def other_number(code: AnswerCode) -> Found:
    """A whole number that is one off, or another dimension."""
    for node in expressions(code):
        if not re.fullmatch(r"-?[0-4]", ast.unparse(node)):
            continue
        value = int(ast.unparse(node))
        hint = f"Look at the number {value} in {line_of(node)}, a place, a size or a dimension: should it be another one?"
        for other in {value - 1, value + 1, 0, -1, -2} - {value}:
            yield [(node, f"({other})")], f"Has another number in {line_of(node)}", hint


def other_end(code: AnswerCode) -> Found:
    """A `range` or a slice that is one too long or too short."""
    for node in expressions(code):
        ends = (
            node.args[-1:]
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "range"
            else []
        )
        if isinstance(node, ast.Slice) and node.upper:
            ends = [node.upper]
        for end in ends:
            hint = f"Look at the end in {line_of(node)}, `{short(node)}`: what is the last one, and is it counted?"
            for step in ("+ 1", "- 1"):
                yield [(end, f"{ast.unparse(end)} {step}")], "Ends one too early or too late", hint


def gradients_cleared(code: AnswerCode) -> Found:
    title = "Clears the gradients in the wrong place, or not at all"
    hint = "In each step: clear the old gradients, then `backward()`, then `step()`, and nothing that clears between these two."
    for block in blocks(code):
        backward = [
            line
            for line in block
            if isinstance(line, ast.Expr) and method(line.value) == "backward"
        ]
        if not backward:
            continue
        clears = [
            line
            for line in statements(code)
            if isinstance(line, ast.Expr) and method(line.value) == "zero_grad"
        ]
        steps = [
            node.value
            for node in expressions(code)
            if isinstance(node, ast.Attribute) and node.attr == "step"
        ]
        text = ast.unparse(clears[0]) if clears else ""
        if not clears and steps:
            text = f"{ast.unparse(steps[0])}.zero_grad()"
        if text:
            moved = (before(backward[0]), f"{text}\n{' ' * backward[0].col_offset}")
            yield [moved, *((line, "pass") for line in clears)], title, hint


def out_of_the_loop(code: AnswerCode) -> Found:
    """What each round makes anew."""
    for loop in statements(code):
        for line in loop.body if isinstance(loop, ast.For | ast.While) else ():
            if isinstance(line, ast.Assign) and isinstance(line.value, ast.Call):
                hint = f"`{short(line)}` stands inside the loop, so each round makes it anew: make it once, before the loop."
                moved = (before(loop), f"{ast.unparse(line)}\n{' ' * loop.col_offset}")
                yield (
                    [moved, (line, "pass")],
                    "Makes anew in each round what should be made once",
                    hint,
                )


def two_lines(code: AnswerCode) -> Found:
    """Two lines in the other order."""
    simple = ast.Assign | ast.AugAssign | ast.Expr | ast.Return
    for block in blocks(code):
        for one, other in itertools.pairwise(block):
            if (
                isinstance(one, simple)
                and isinstance(other, simple)
                and not isinstance(one, ast.Return)
                and not isinstance(other, ast.Return)
            ):
                both = bound(ast.unparse(one)).keys() & bound(ast.unparse(other)).keys()
                # the other way round, the second of them would only undo the first
                if both and not both & set(names_in([one.value])):
                    continue
                hint = f"Look at {line_of(one)} and the line after it: which has to come first?"
                changes = [(one, ast.unparse(other)), (other, ast.unparse(one))]
                yield changes, "Has two lines in the wrong order", hint


def return_in_loop(code: AnswerCode) -> Found:
    for block in blocks(code):
        for loop in block:
            last = loop.body[-1] if isinstance(loop, ast.For | ast.While) else None
            if isinstance(last, ast.Return):
                hint = "`return` ends the whole function, and here it stands inside the loop: indent it like the `for`."
                after = f"\n{' ' * loop.col_offset}{ast.unparse(last)}"
                changes = [(last, f"pass{after}" if loop is block[-1] else "pass")]
                yield changes, "Returns in the first round of a loop", hint


def other_error(code: AnswerCode) -> Found:
    for line in statements(code):
        text = ""
        if isinstance(line, ast.Assert):
            text = f"if not ({ast.unparse(line.test)}): raise ValueError"
        elif (
            isinstance(line, ast.Raise)
            and line.exc
            and not ast.unparse(line.exc).startswith("ValueError")
        ):
            text = "raise ValueError"
        elif (
            isinstance(line, ast.Return)
            and line.value
            and ast.unparse(line.value).startswith("ValueError")
        ):
            text = f"raise {ast.unparse(line.value)}"
        if text:
            hint = (
                f"The exercise asks for `ValueError`, raised: `{short(line)}` gives something else."
            )
            yield [(line, text)], "Raises another error than the exercise asks for", hint


def other_dtype(code: AnswerCode) -> Found:
    makers = ("zeros", "ones", "empty", "full")
    for node in expressions(code):
        if (
            isinstance(node, ast.Call)
            and method(node) in makers
            and "dtype" not in ast.unparse(node)
        ):
            for name in [
                arg.arg
                for function in code.functions()
                for arg in function.args.args
                if arg.arg != "self"
            ]:
                text = f"{ast.unparse(node)[:-1]}, dtype={name}.dtype)"
                hint = f"`torch.{method(node)}` makes float32 unless `dtype=` says otherwise: make it like the argument, by `dtype={name}.dtype`."
                yield [(node, text)], "Gives float32 whatever came in", hint


CERTAIN = [
    result_lost,
    call_left_out,
    stub_left,
    trailing_comma,
    hidden_in_a_list,
    nothing,
    left_by_a_cell,
    parameters_swapped,
    argument_ignored,
    argument_rebound,
]
# what takes something away comes last: without a step, one mistake can look like another
CHANGES = [
    kept,
    keepdim,
    gradients_cleared,
    out_of_the_loop,
    return_in_loop,
    matrices,
    in_place,
    graph_recorded,
    line_too_many,
    other_reduction,
    tensors_collected,
    mode_left,
    shape_lost,
    other_call,
    other_error,
    other_dtype,
    case_apart,
    other_test,
    two_lines,
    other_end,
    other_sign,
    keepdim_left,
    term_too_many,
    other_number,
    step_too_many,
]


def slips(code: AnswerCode) -> Iterator[Slip]:
    """The slips in an answer, those that are certain first, each with the source without it."""
    sources = {code.source}
    for rule in [*CERTAIN, *CHANGES]:
        for changes, title, hint in rule(code):
            source = changed(code.source, changes)
            if source not in sources:
                sources.add(source)
                diagnosis = Diagnosis(
                    id=GENERAL + rule.__name__, title=title, hint=readable(hint[:MAX_HINT])
                )
                yield Slip(diagnosis, source, rule in CERTAIN)


def changed(source: str, changes: Changes) -> str:
    """The source with other texts in these places."""
    lines = [line.encode() for line in source.splitlines(keepends=True)]
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    data = b"".join(lines)
    # the last first, so that the places of the others stay
    for node, text in sorted(
        changes, key=lambda change: (change[0].lineno, change[0].col_offset), reverse=True
    ):
        first = starts[node.lineno - 1] + node.col_offset
        last = starts[(node.end_lineno or node.lineno) - 1] + (
            node.end_col_offset or node.col_offset
        )
        data = data[:first] + text.encode() + data[last:]
    return data.decode()
