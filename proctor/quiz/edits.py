"""Small edits of a student's code, each a slip that students often make."""

import ast
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

SWAPPED = {"sum": "mean", "mean": "sum", "tril": "triu", "triu": "tril", "max": "min", "argmax": "argmin"}
COMPARED = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq}
# what is left of a call without it: its first argument, or what the method belongs to
APPLIED = ("exp", "log", "abs", "sqrt", "softmax", "log_softmax", "transpose", "t")


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
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Assign | ast.AugAssign | ast.Expr):
            found.append(Edit(f"without line {line}", line, _replaced(tree, node, ast.Pass()), True))
        for new in _slips(node):
            words = f"with `{ast.unparse(new)}` in place of `{ast.unparse(node)}` in line {line}"
            found.append(Edit(words, line, _replaced(tree, node, new)))
    return sorted(found, key=lambda edit: edit.line)


def _replaced(tree: ast.Module, old: ast.AST, new: ast.AST) -> str:
    """The source of a tree with another node in the place of one."""
    number = list(ast.walk(tree)).index(old)
    copy = deepcopy(tree)
    found = list(ast.walk(copy))[number]

    class Replace(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            return new if node is found else self.generic_visit(node)

    return ast.unparse(Replace().visit(copy))


def _slips(node: ast.AST) -> Iterator[ast.AST]:
    """What students write in the place of an expression."""
    if isinstance(node, ast.BinOp):
        is_product = isinstance(node.op, ast.MatMult)
        yield ast.BinOp(node.right, node.op, node.left) if is_product else node.left
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARED:
        yield ast.Compare(node.left, [COMPARED[type(node.ops[0])]()], node.comparators)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield ast.Constant(0) if isinstance(node.operand, ast.Constant) else node.operand
    elif isinstance(node, ast.keyword) and node.arg == "dim" and ast.unparse(node.value) != "0":
        yield ast.keyword("dim", ast.Constant(0))
    elif isinstance(node, ast.keyword) and ast.unparse(node.value) == "True":
        yield ast.keyword(node.arg, ast.Constant(False))
    elif isinstance(node, ast.Attribute) and node.attr in SWAPPED:
        yield ast.Attribute(node.value, SWAPPED[node.attr])
    elif isinstance(node, ast.Attribute) and node.attr in ("T", "mT"):
        yield node.value
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in APPLIED:
        is_method = ast.unparse(node.func.value) not in ("torch", "F")
        yield node.func.value if is_method else node.args[0]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
        # a function of the student's own
        yield node.args[0]
