"""What a cell's source says, read without running it. No verdict depends on it, and what can't be read says nothing."""

import ast
import re
import symtable
import warnings
from collections.abc import Hashable, Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple, TypeVar

MAX_READ = 100_000  # characters of a cell; to parse a million lines takes minutes
MAX_KEPT = 5000  # of one whose tree is kept: a submission's are asked for three times and more
NO_PYTHON = re.compile(r"%%(?!time\b|timeit\b|capture\b|prun\b)")
MAGIC = re.compile(r"^([ \t]*)(?:[%!?].*|[\w.]+\?\??[ \t]*)$", re.MULTILINE)
ASSIGNED = re.compile(r"=[ \t]*[%!].*$", re.MULTILINE)
BLANKS = re.compile(r"[ \t\f]{1000}")  # Python's tokenizer takes the square of them
# what is bound in there is bound nowhere else
SCOPES = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
QUIET = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Pass)
Key = TypeVar("Key", bound=Hashable)


def parsed(source: str) -> ast.Module | SyntaxError | None:
    """The syntax tree of a cell, each statement in its own line; None where there is none to be had. It stays as it is."""
    return _parsed_once(source) if len(source) <= MAX_KEPT else _parsed(source)


@lru_cache(64)
def _parsed_once(source: str) -> ast.Module | SyntaxError | None:
    return _parsed(source)


def _parsed(source: str) -> ast.Module | SyntaxError | None:
    if len(source) > MAX_READ or BLANKS.search(source) or NO_PYTHON.match(source):
        return None
    plain = ASSIGNED.sub("= None", MAGIC.sub(r"\1pass", source))
    found = None
    for each in dict.fromkeys([source, plain]):  # a line that looks like a magic may stand in a string
        try:
            with warnings.catch_warnings(action="ignore"):
                return ast.parse(each)
        except SyntaxError as error:
            found = error
        except (ValueError, RecursionError, MemoryError):
            return None
    return found


def unbound(sources: Iterable[str]) -> set[str]:
    """The names that these cells read and none of them binds."""
    trees = [tree for source in sources if isinstance(tree := parsed(source), ast.Module)]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = [node for node in nodes if isinstance(node, ast.Name)]
    bound = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
    bound |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    return {node.id for node in names} - bound


@lru_cache(200)
def bound(source: str) -> Mapping[str, int]:
    """The names that a cell binds at its top level, in whatever way, and the line of the last statement that does.

    Of `from module import *` it says nothing.
    """
    tree, found = parsed(source), dict[str, int]()
    todo: list[ast.AST] = [*reversed(tree.body)] if isinstance(tree, ast.Module) else []
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found[node.name] = node.lineno
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found[node.id] = node.lineno
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {
                alias.asname or alias.name.split(".")[0]: node.lineno for alias in node.names if alias.name != "*"
            }
        elif not isinstance(node, SCOPES):
            todo += reversed([*ast.iter_child_nodes(node)])
    return MappingProxyType(found)


class Reach(NamedTuple):
    """The names that a cell binds at its top level or as globals, and those that it reads from there."""

    binds: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()


@lru_cache(200)
def reach(*sources: str) -> Reach:
    """What all of these cells bind and read. Raises `SyntaxError` where it can't be told."""
    binds, reads = set[str](), set[str]()
    for source in sources:
        tree = parsed(source)
        if not isinstance(tree, ast.Module):
            raise SyntaxError
        try:
            scopes = [top := symtable.symtable(ast.unparse(tree), "cell", "exec")]
        except (ValueError, RecursionError) as error:
            raise SyntaxError from error
        while scopes:
            scope = scopes.pop()
            scopes += scope.get_children()
            for symbol in scope.get_symbols():
                if scope is top or symbol.is_global():
                    reads |= {symbol.get_name()} if symbol.is_referenced() else set()
                    binds |= {symbol.get_name()} if symbol.is_assigned() or symbol.is_imported() else set()
    return Reach(frozenset(binds), frozenset(reads))


def readers(start: Iterable[Key], cells: Mapping[Key, Reach]) -> set[Key]:
    """`start`, and the cells that read, at however many removes, what it binds."""
    return _closure(start, {key: Reach(each.reads, each.binds) for key, each in cells.items()})


def needed(start: Iterable[Key], cells: Mapping[Key, Reach]) -> set[Key]:
    """`start`, and the cells that bind, at however many removes, what it reads."""
    return _closure(start, cells)


def _closure(start: Iterable[Key], cells: Mapping[Key, Reach]) -> set[Key]:
    found, size = set(start) & cells.keys(), -1
    while size != len(found):
        size = len(found)
        names = frozenset[str]().union(*(cells[key].reads for key in found))
        found |= {key for key, each in cells.items() if names & each.binds}
    return found


def is_quiet(source: str) -> bool:
    """Whether a cell does nothing but give names to things, and calls nothing meanwhile."""
    tree = parsed(source)
    return isinstance(tree, ast.Module) and all(
        (isinstance(line, QUIET) and not getattr(line, "decorator_list", None))
        or (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))
        or (isinstance(line, ast.Assign) and not _reaches_out(line))
        for line in tree.body
    )


def _reaches_out(line: ast.Assign) -> bool:
    targets = [node for target in line.targets for node in ast.walk(target)]
    calls = any(isinstance(node, ast.Call) for node in ast.walk(line.value))
    return calls or any(isinstance(node, ast.Attribute | ast.Subscript) for node in targets)
