"""Facts of a cell's source, read without running it. A source that can't be parsed gives none.

No verdict depends on them. Used only to skip irrelevant cells; in doubt, a cell is not skipped.
"""

import ast
import contextlib
import re
import symtable
import warnings
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType

MAX_READ = 100_000  # characters of a cell; to parse a million lines takes minutes
NO_PYTHON = re.compile(r"%%(?!time\b|timeit\b|capture\b|prun\b)")
MAGIC = re.compile(r"^([ \t]*)(?:[%!?].*|[\w.]+\?\??[ \t]*)$", re.MULTILINE)
ASSIGNED = re.compile(r"=[ \t]*[%!].*$", re.MULTILINE)
# Python's tokenizer takes the square of their number: of blanks, and of accents, which it puts in
# order
SLOW = re.compile(r"[ \t\f]{1000}|[^\x00-\x7f]{1000}")
# Python's errors, besides SyntaxError, for a source that it can't parse
NO_TREE = (ValueError, RecursionError, MemoryError)
# names bound in these scopes are bound nowhere else
SCOPES = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def body_of(node: ast.FunctionDef | ast.ClassDef) -> list[ast.stmt]:
    """The statements of a function or class, without its docstring if there are others."""
    if ast.get_docstring(node) and len(node.body) > 1:
        return node.body[1:]
    return node.body


def is_quick(source: str) -> bool:
    """Whether Python parses a cell within about a second."""
    return len(source) <= MAX_READ and not SLOW.search(source)


# a few: the tree of a long cell takes much memory
@lru_cache(8)
def parsed(source: str) -> ast.Module | SyntaxError | None:
    """The syntax tree of a cell, each statement in its own line, or Python's error; None if there
    is neither.

    Callers don't change the tree.
    """
    if not is_quick(source) or NO_PYTHON.match(source):
        return None
    plain = ASSIGNED.sub("= None", MAGIC.sub(r"\1pass", source))
    found = None
    for each in (source, plain):  # a line that looks like a magic may stand in a string
        try:
            with warnings.catch_warnings(action="ignore"):
                return ast.parse(each)
        except SyntaxError as error:
            found = error
        except NO_TREE:
            return None
    return found


def tree_of(source: str) -> ast.Module:
    """The syntax tree of a cell; an empty one if Python can't parse it."""
    tree = parsed(source)
    return tree if isinstance(tree, ast.Module) else ast.Module([], [])


@lru_cache(200)
def globals_read(source: str) -> frozenset[str]:
    """The names that a cell reads at its top level, or in functions that don't bind them; every
    word if it isn't Python.
    """
    with warnings.catch_warnings(action="ignore"), contextlib.suppress(SyntaxError, *NO_TREE):
        if is_quick(source):
            return frozenset(
                _globals_in(symtable.symtable(source, "<cell>", "exec"), is_module=True)
            )
    return frozenset(re.findall(r"\w+", source))


def _globals_in(table: symtable.SymbolTable, is_module: bool = False) -> Iterator[str]:
    for symbol in table.get_symbols():
        # `softmax = softmax` in a class reads the global name
        if symbol.is_referenced() and (
            is_module or symbol.is_global() or table.get_type() == "class"
        ):
            yield symbol.get_name()
    for inner in table.get_children():
        yield from _globals_in(inner)


@lru_cache(200)
def bound(source: str) -> Mapping[str, int]:
    """The names that a cell binds at its top level, in whatever way, and the line of the last
    statement that does.

    Leaves out `from module import *`.
    """
    found = dict[str, int]()
    todo: list[ast.AST] = [tree_of(source)]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found[node.name] = node.lineno
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found[node.id] = node.lineno
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                if alias.name != "*":
                    found[alias.asname or alias.name.split(".")[0]] = node.lineno
        elif not isinstance(node, SCOPES):
            todo += reversed([*ast.iter_child_nodes(node)])
    return MappingProxyType(found)
