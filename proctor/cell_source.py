"""What a cell's source says, read without running it. No verdict depends on it, and what can't be read says nothing."""

import ast
import re
import warnings
from collections.abc import Iterable
from functools import lru_cache

MAX_READ = 100_000  # characters of a cell; to parse a million lines takes minutes
MAX_KEPT = 5000  # of one whose tree is kept: a submission's are asked for three times and more
NO_PYTHON = re.compile(r"%%(?!time\b|timeit\b|capture\b|prun\b)")
MAGIC = re.compile(r"^([ \t]*)(?:[%!?].*|[\w.]+\?\??[ \t]*)$", re.MULTILINE)
ASSIGNED = re.compile(r"=[ \t]*[%!].*$", re.MULTILINE)
BLANKS = re.compile(r"[ \t\f]{1000}")  # Python's tokenizer takes the square of them


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
def defined(source: str) -> frozenset[str]:
    """The names that a cell binds by a `def`, a `class` or an assignment at its top level."""
    tree = parsed(source)
    names = set()
    for node in tree.body if isinstance(tree, ast.Module) else ():
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {part.id for target in node.targets for part in ast.walk(target) if isinstance(part, ast.Name)}
    return frozenset(names)
