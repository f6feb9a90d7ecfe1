"""Small edits of a student's code, each a slip that students often make: for choices that look right, and for "what if"."""

import ast
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

SWAPPED = {"sum": "mean", "mean": "sum", "tril": "triu", "triu": "tril", "max": "min", "argmax": "argmin"}
TURNED = ("T", "mT")
TURNS = ("transpose", "t", "swapaxes")
SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
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
        yield "without line {line}", ast.copy_location(ast.Pass(), node)
    if isinstance(node, ast.Call):
        yield from _edits_of_call(node)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        swapped = ast.BinOp(node.right, node.op, node.left)
        yield f"with {_code(swapped)} in place of {_code(node)} in line {{line}}", swapped
    elif isinstance(node, ast.BinOp) and type(node.op) in SIGNS:
        cut = f"{SIGNS[type(node.op)]} {ast.unparse(node.right)}"
        yield f"without {_quoted(cut)} in line {{line}}", node.left
    if isinstance(node, ast.Attribute) and node.attr in TURNED:
        yield f"without {_quoted('.' + node.attr)} in line {{line}}", node.value


def _edits_of_call(call: ast.Call) -> Iterator[tuple[str, ast.AST]]:
    for keyword in call.keywords:
        others = [each for each in call.keywords if each is not keyword]
        if keyword.arg == "keepdim":
            less = ast.Call(call.func, call.args, others)
            yield f"without {_quoted(ast.unparse(keyword))} in line {{line}}", less
        elif keyword.arg in ("dim", "axis") and ast.unparse(keyword.value) != "0":
            zero = ast.keyword(keyword.arg, ast.Constant(0))
            other = ast.Call(call.func, call.args, [*others, zero])
            words = f"with {_code(zero)} in place of {_code(keyword)} in line {{line}}"
            yield words, other
    if not isinstance(call.func, ast.Attribute):
        return
    name = call.func.attr
    if name in SWAPPED:
        other = ast.Call(ast.Attribute(call.func.value, SWAPPED[name]), call.args, call.keywords)
        yield f"with `{SWAPPED[name]}` in place of `{name}` in line {{line}}", other
    if name in TURNS and not _is_torch(call.func.value):
        cut = ast.unparse(call).removeprefix(ast.unparse(call.func.value))
        yield f"without {_quoted(cut)} in line {{line}}", call.func.value
    if name in ("exp", "log", "abs", "sqrt"):
        operand = call.args[0] if call.args else call.func.value
        yield f"with {_code(operand)} in place of {_code(call)} in line {{line}}", operand


def _is_torch(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in ("torch", "F", "nn")


def _code(node: ast.AST) -> str:
    return _quoted(ast.unparse(node))


def _quoted(code: str) -> str:
    """Code between backticks, safe in a template of `str.format`."""
    return "`" + code.replace("{", "{{").replace("}", "}}") + "`"
