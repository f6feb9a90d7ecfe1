"""Small edits of a student's code, each a slip that students often make: for choices that look right, and for "what if"."""

import ast
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

SWAPPED = {"sum": "mean", "mean": "sum", "tril": "triu", "triu": "tril", "max": "min", "argmax": "argmin"}
APPLIED = ("exp", "log", "abs", "sqrt", "softmax", "log_softmax")
TURNED = ("T", "mT")
TURNS = ("transpose", "t", "swapaxes")
SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
COMPARED = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq}
SIMPLE = (ast.Assign, ast.AugAssign, ast.Expr)


@dataclass(frozen=True)
class Edit:
    """An edit in words, as "without line 3", the line that it changes, and the source that it gives."""

    words: str
    line: int
    source: str
    drops_line: bool = False


def edits(source: str) -> list[Edit]:
    """All edits of a source, in the order of its lines."""
    tree = ast.parse(source)
    found = []
    for node in ast.walk(tree):
        for words, new in _edits_of(node):
            line = getattr(node, "lineno", 1)
            edited = ast.unparse(_Replace(node, new).visit(deepcopy(tree)))
            drops_line = isinstance(new, ast.Pass)
            found.append(Edit(words.format(line=line), line, edited, drops_line))
    return sorted(found, key=lambda edit: edit.line)


class _Replace(ast.NodeTransformer):
    """Replaces the copy of one node, which is found by its place and its kind."""

    def __init__(self, node: ast.AST, new: ast.AST):
        self.wanted, self.new = _place(node), new

    def generic_visit(self, node: ast.AST) -> ast.AST:
        if _place(node) == self.wanted:
            return self.new
        return super().generic_visit(node)


def _place(node: ast.AST) -> tuple:
    ends = (getattr(node, name, None) for name in ("lineno", "col_offset", "end_lineno", "end_col_offset"))
    return (type(node), *ends)


def _edits_of(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """The edits of one node: their words, and the node that takes its place."""
    if isinstance(node, SIMPLE):
        yield "without line {line}", ast.Pass()
    for new in _in_place_of(node):
        yield f"with {_code(new)} in place of {_code(node)} in line {{line}}", new
    for cut, new in _cuts(node):
        yield f"without {_quoted(cut)} in line {{line}}", new


def _in_place_of(node: ast.AST) -> Iterator[ast.AST]:
    """What students write in the place of an expression."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        yield ast.BinOp(node.right, node.op, node.left)
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARED:
        yield ast.Compare(node.left, [COMPARED[type(node.ops[0])]()], node.comparators)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield ast.Constant(0) if isinstance(node.operand, ast.Constant) else node.operand
    elif isinstance(node, ast.keyword) and node.arg in ("dim", "axis") and ast.unparse(node.value) != "0":
        yield ast.keyword(node.arg, ast.Constant(0))
    elif isinstance(node, ast.Attribute) and node.attr in SWAPPED:
        yield ast.Attribute(node.value, SWAPPED[node.attr])
    elif isinstance(node, ast.Call) and node.args and _name_of(node.func) in APPLIED:
        yield node.args[0]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
        # a function of the student's own
        yield node.args[0]
    elif isinstance(node, ast.Call) and not node.args and _name_of(node.func) in APPLIED:
        assert isinstance(node.func, ast.Attribute), "a function needs an argument"
        yield node.func.value


def _cuts(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Parts that students forget, and what is left without them."""
    if isinstance(node, ast.BinOp) and type(node.op) in SIGNS:
        yield f"{SIGNS[type(node.op)]} {ast.unparse(node.right)}", node.left
    elif isinstance(node, ast.Attribute) and node.attr in TURNED:
        yield f".{node.attr}", node.value
    elif isinstance(node, ast.Call):
        for keyword in node.keywords:
            if ast.unparse(keyword.value) == "True":
                others = [each for each in node.keywords if each is not keyword]
                yield ast.unparse(keyword), ast.Call(node.func, node.args, others)
        if isinstance(node.func, ast.Attribute) and node.func.attr in TURNS and not _is_torch(node.func.value):
            yield ast.unparse(node).removeprefix(ast.unparse(node.func.value)), node.func.value


def _name_of(function: ast.AST) -> str:
    return getattr(function, "attr", getattr(function, "id", ""))


def _is_torch(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in ("torch", "F", "nn")


def _code(node: ast.AST) -> str:
    return _quoted(ast.unparse(node))


def _quoted(code: str) -> str:
    """Code between backticks, safe in a template of `str.format`."""
    return "`" + code.replace("{", "{{").replace("}", "}}") + "`"
