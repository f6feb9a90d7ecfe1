"""What lends a general misconception its words: the answer's source, read without running it.

Each function takes the match of a rule in `answers/general.py`, and gives the hint, or None where it doesn't fit.
"""

import ast
import builtins
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches

import torch
import torch.nn.functional as F

from proctor.course.cells import bound, parsed

CHANGES_IN_PLACE = {
    "sort": "sorted",
    "reverse": "reversed",
    "append": "",
    "extend": "",
    "insert": "",
    "update": "",
    "add": "",
    "backward": "",
}
GIVES_NEW = set(
    "masked_fill transpose reshape view squeeze unsqueeze permute softmax float double long bool to clamp exp log scatter "
    "cat stack where detach clone flatten contiguous expand repeat index_fill add sub mul div sqrt pow abs t triu tril".split()
)
MODULES = {
    "math": math,
    "torch": torch,
    "F": F,
    "nn": torch.nn,
    "torch.nn": torch.nn,
    "torch.nn.functional": F,
    "torch.linalg": torch.linalg,
}
MOST_READ = 20_000  # characters of a cell; an honest answer has 2,000
MOST_NAMES = 3000  # to be compared with one
ONES_OWN = re.compile(r"[A-Za-z_]\w{0,40}")
Definition = ast.FunctionDef | ast.ClassDef


@dataclass
class Code:
    """What a student wrote for an exercise, beside what was released: `names`, by which the exercise is called."""

    names: tuple[str, ...] = ()
    source: str = ""
    stub: str = ""
    others: Iterable[str] = field(default_factory=tuple)

    def own(self) -> list[Definition]:
        """The functions and classes of the answer that have the exercise's names."""
        return _named(self.source, self.names)

    def released(self) -> list[Definition]:
        return _named(self.stub, self.names)

    def all_names(self) -> set[str]:
        """Every name that the answer's cell binds, and that the others define."""
        tree = parsed(self.source) if len(self.source) <= MOST_READ else None
        nodes = list(ast.walk(tree)) if isinstance(tree, ast.Module) else []
        found = {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
        found |= {node.arg for node in nodes if isinstance(node, ast.arg)}
        found |= {(node.asname or node.name).split(".")[0] for node in nodes if isinstance(node, ast.alias)}
        found = found.union(*(bound(each) for each in self.others if len(each) <= MOST_READ))
        return found if len(found) <= MOST_NAMES else set()


def _named(source: str, names: Iterable[str]) -> list[Definition]:
    tree = parsed(source) if len(source) <= MOST_READ else None
    body = tree.body if isinstance(tree, ast.Module) else []
    return [node for node in body if isinstance(node, Definition) and node.name in names]


def _functions(nodes: Iterable[Definition]) -> list[ast.FunctionDef]:
    """The functions among them, and the methods of the classes."""
    found = []
    for node in nodes:
        found += (
            [node]
            if isinstance(node, ast.FunctionDef)
            else [each for each in getattr(node, "body", []) if isinstance(each, ast.FunctionDef)]
        )
    return found


def _own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function, without those of functions inside it."""
    for node in ast.iter_child_nodes(function):
        yield node
        if not isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            yield from _own_nodes(node)


def nothing_returned(found: re.Match, code: Code) -> str | None:
    """Why a call gave None, where the source tells."""
    gives = {
        each.name
        for each in _functions(code.released())
        if each.name != "__init__" and not (isinstance(each.returns, ast.Constant) and each.returns.value is None)
    }
    for function in _functions(code.own()):
        nodes = list(_own_nodes(function))
        returned = [node.value for node in nodes if isinstance(node, ast.Return)]
        values = [
            value for value in returned if value and not (isinstance(value, ast.Constant) and value.value is None)
        ]
        if function.name not in gives:
            continue
        if not values and any(isinstance(node, ast.Yield | ast.YieldFrom) for node in nodes):
            continue
        if not values and any(_calls(node) == "print" for node in nodes):
            return "`print` shows a value to whoever looks at the screen. The caller gets what stands behind `return`."
        if not values:
            return f"`{function.name}` has no `return` with a value, so each call of it gives None."
        if "None" not in found.string:
            continue
        for value in values:
            name = value.func.attr if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) else ""
            if name in CHANGES_IN_PLACE:
                if name == "backward":
                    return (
                        "`.backward()` gives None, and puts the gradients into the `.grad` of the leaves: return that."
                    )
                instead = CHANGES_IN_PLACE[name]
                more = f"; `{instead}(…)` gives a new one" if instead else ", and then return it, in a line of its own"
                return f"`.{name}()` changes a thing in place and gives None: call it first{more}."
            if isinstance(value, ast.Attribute) and value.attr == "grad":
                return (
                    "`.grad` is filled by `backward()`, and for the tensors alone that you made with `requires_grad`: "
                    "the one that you differentiate with respect to, not the result."
                )
        if not _always_returns(function.body):
            return "This call came to the end of the function without meeting a `return`."
    return None


def _calls(node: ast.AST) -> str:
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""


def in_the_first_round(found: re.Match, code: Code) -> str | None:
    """Whether a loop returns before it can begin a second round."""
    for function in _functions(code.own()):
        for node in _own_nodes(function):
            if isinstance(node, ast.For | ast.While) and any(isinstance(line, ast.Return) for line in node.body):
                return "`return` ends the whole function, and here it stands inside the loop: indent it like the `for`."
    return None


def loops_name(found: re.Match, code: Code) -> str | None:
    """A loop that gives its own name a new value, which goes nowhere."""
    for function in _functions(code.own()):
        for node in _own_nodes(function):
            if not (isinstance(node, ast.For) and isinstance(node.target, ast.Name)):
                continue
            name, inner = node.target.id, [each for line in node.body for each in ast.walk(line)]
            read = sum(isinstance(each, ast.Name) and each.id == name for each in inner)
            for line in node.body[-1:]:
                targets = line.targets if isinstance(line, ast.Assign) else []
                if read and any(isinstance(each, ast.Name) and each.id == name for each in targets):
                    return (
                        "The last line of the loop gives its own variable another value, and the next round takes that away: "
                        "what the loop goes through stays as it is."
                    )
    return None


def left_lying(found: re.Match, code: Code) -> str | None:
    """A line whose result nothing takes up."""
    for function in _functions(code.own()):
        for node in _own_nodes(function):
            value = node.value if isinstance(node, ast.Expr) else None
            name = value.func if isinstance(value, ast.Call) else value
            if not isinstance(name, ast.Attribute) or not ONES_OWN.fullmatch(name.attr):
                continue
            if not isinstance(value, ast.Call):
                return f"The line `….{name.attr}` only names a method: with `()` behind it, it is called."
            if name.attr in GIVES_NEW:
                return f"`.{name.attr}(…)` gives a new tensor and leaves the old one as it is: give the result a name."
    return None


def _always_returns(body: list[ast.stmt]) -> bool:
    last = body[-1]
    if isinstance(last, ast.If):
        return bool(last.orelse) and _always_returns(last.body) and _always_returns(last.orelse)
    if isinstance(last, ast.With):
        return _always_returns(last.body)
    return isinstance(last, ast.Return | ast.Raise)


def not_defined(found: re.Match, code: Code) -> str | None:
    """What a name that nothing has is likely to mean."""
    name = found[1]
    if name in code.names:
        mine = sorted(bound(code.source).keys() - set(code.names))
        mine = [each for each in mine if ONES_OWN.fullmatch(each)]
        near = get_close_matches(name, mine, 1, 0.5) or mine[:1]
        return f"Its cell defines `{near[0]}`; the checks call `{name}`. The names must be the same." if near else None
    if any(
        isinstance(node, ast.Attribute) and node.attr == name and _is_self(node.value)
        for each in code.own()
        for node in ast.walk(each)
    ):
        return f"Another method keeps it as `self.{name}`: that is its name here, too."
    if any(each.arg == name for method in _functions(code.own()) for each in method.args.args):
        return f"`{name}` belongs to another method: keep it there as `self.{name}`, and use that name here."
    near = get_close_matches(name, code.all_names() | set(dir(builtins)), 1, 0.75)
    if near and ONES_OWN.fullmatch(near[0]):
        return f"Nothing is called so. Do you mean `{near[0]}`?"
    where = [f"`{module}.{name}`" for module in ("math", "torch", "F") if hasattr(MODULES[module], name)]
    return f"In this notebook it is {' or '.join(where)}." if where else None


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def parameters(found: re.Match, code: Code) -> str | None:
    """How the parameters of the answer differ from those that were released."""
    wanted = {each.name: each for each in _functions(code.released())}
    for function in _functions(code.own()):
        there = wanted.get(function.name)
        if there is None:
            continue
        names, own = ([each.arg for each in f.args.args + f.args.kwonlyargs] for f in (there, function))
        defaults, owns = len(there.args.defaults), len(function.args.defaults)
        if names != own:
            ours, theirs = ", ".join(names), ", ".join(own)
            return (
                f"The exercise has `{there.name}({ours})`, and the answer `{function.name}({theirs})`: keep the names."
            )
        if owns < defaults:
            left = there.args.args[-defaults].arg
            return (
                f"`{left}` may be left out: keep the default that it has in the exercise, `{left}={_default(there)}`."
            )
    return None


def _default(function: ast.FunctionDef) -> str:
    return ast.unparse(function.args.defaults[0])


def near_attribute(found: re.Match, code: Code) -> str | None:
    """The attribute that is likely to be meant."""
    kind, name = found[1], found[2]
    if kind in code.names:
        kept = {
            node.attr
            for each in code.own()
            for node in ast.walk(each)
            if isinstance(node, ast.Attribute) and _is_self(node.value) and isinstance(node.ctx, ast.Store)
        }
        near = get_close_matches(name, kept, 1, 0.6)
        if near:
            return f"`__init__` calls it `self.{near[0]}`."
        return f"`__init__` has to make it, as `self.{name} = …`: what isn't kept there is no part of the module."
    there = MODULES.get(kind) or (torch.Tensor if kind == "Tensor" else getattr(torch.optim, kind, None))
    near = get_close_matches(name, [each for each in dir(there) if not each.startswith("_")], 1, 0.75)
    return f"Do you mean `{near[0]}`?" if near else None


def missing_forward(found: re.Match, code: Code) -> str | None:
    near = get_close_matches("forward", [each.name for each in _functions(code.own())], 1, 0.5)
    found_ = f"Its class defines `{near[0]}`. " if near and ONES_OWN.fullmatch(near[0]) else ""
    return f"{found_}A module is called by its method `forward`, spelt and indented as the exercise has it."


def cut_from_graph(found: re.Match, code: Code) -> str | None:
    cut = next(
        (each for each in (".item()", ".detach()", ".data", "torch.tensor(", "no_grad") if each in code.source), ""
    )
    if ".requires_grad" not in code.source and "requires_grad=True" not in code.source and not cut:
        return "Nothing here asks for gradients: before it is used, the tensor needs `requires_grad_()`."
    return f"`{cut}` cuts a value off from the graph: nothing flows back from there." if cut else None


def pair(found: re.Match, code: Code) -> str:
    name = found[1]
    instead = f", or use `a{name}`" if name in ("max", "min") else ""
    return f"With a dimension, `{name}` gives a pair, values and indices: take its `.values`{instead}."


def keepdim(found: re.Match, code: Code) -> str | None:
    # one number, as of `.sum()`, fits every shape
    if "keepdim" in code.source or not re.search(
        r"\.(sum|mean|norm|amax|max|logsumexp|vector_norm)\([^)]", code.source
    ):
        return None
    return (
        "Shapes are lined up from the right, and a sum over a dimension drops it. "
        "With `keepdim=True` it stays, as 1, and each result meets its own row."
    )


def numbers_only(found: re.Match, code: Code) -> str:
    here = f"`math.{found[1]}`" if hasattr(math, found[1]) else "the one of `math`"
    return f"`torch.{found[1]}` takes a tensor. For a plain number, such as a size, take {here}."
