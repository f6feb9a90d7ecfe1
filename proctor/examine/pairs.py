"""Two known wrong answers in one: what both change in the reference solution, where those changes don't touch."""

import ast
import difflib
import io
import itertools
import tokenize
from collections.abc import Sequence
from functools import cache
from typing import Any

Tokens = list[tuple[int, str]]
# which tokens, from where to where, and what takes their place
Edit = tuple[int, int, tuple[tuple[int, str], ...]]
NEAR = 4  # right answers: to compare each with each wrong one takes a second


def merged(names: tuple[str, ...], right: Sequence[str], one: str, other: str) -> str | None:
    """The right answer nearest to both wrong ones, with the changes of both; None where they change the same place of each.

    All define `names`. Of the right ones, those nearest to `one` are tried.
    """
    found = []
    for base in sorted(right, key=lambda base: len(_edits(names, base, one)))[:NEAR]:
        edits = sorted({edit for source in (one, other) for edit in _edits(names, base, source)})
        if not any(first[1] > second[0] or first[0] == second[0] for first, second in itertools.pairwise(edits)):
            found.append((len(edits), base, edits))
    if not found:
        return None
    _, base, edits = min(found)
    tokens = list(_tokens(names, base))
    for start, end, new in reversed(edits):
        tokens[start:end] = new
    try:
        source = tokenize.untokenize(tokens)
        ast.parse(source)
    except (SyntaxError, IndexError, tokenize.TokenError):
        return None
    return source


@cache
def _edits(names: tuple[str, ...], base: str, source: str) -> list[Edit]:
    """What of the one source is something else in the other."""
    old, new = _tokens(names, base), _tokens(names, source)
    codes = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [(start, end, tuple(new[a:b])) for kind, start, end, a, b in codes if kind != "equal"]


@cache
def _tokens(names: tuple[str, ...], source: str) -> Tokens:
    """The tokens of an answer without what makes no difference: docstrings, annotations, the name it is written under."""
    tree = _Bare().visit(ast.parse(source))
    match tree.body[-1]:
        case ast.Assign(value=ast.Name(written)) if len(names) == 1:
            tree.body.pop()
            for node in ast.walk(tree):
                for field in ("id", "name"):
                    if getattr(node, field, None) == written:
                        setattr(node, field, names[0])
    lines = io.StringIO(ast.unparse(tree)).readline
    return [(token.type, token.string) for token in tokenize.generate_tokens(lines)]


class _Bare(ast.NodeTransformer):
    """Takes out docstrings and annotations."""

    def visit(self, node: Any) -> Any:
        self.generic_visit(node)
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        if isinstance(node, ast.arg):
            node.annotation = None
        return node
