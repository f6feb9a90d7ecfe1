"""The source of a notebook's cells: their syntax trees, and what their names stand for."""

import ast
import re
import sys
from collections import defaultdict
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager

from proctor.course import MAX_READ

RELEASED = {("torch", "torch"), ("F", "torch.nn.functional"), ("nn", "torch.nn"), ("np", "numpy")}
TUPLES = {"namedtuple", "NamedTuple", "TypedDict"}
EVERY_RESULT = re.compile(  # shown, and not only the last one's: a common first cell
    r"^from IPython\.core\.interactiveshell import InteractiveShell\n"
    r"InteractiveShell\.ast_node_interactivity *= *['\"]all['\"] *$",
    re.MULTILINE,
)
BLANKS = re.compile(r"[ \t\f]{1000}")
SIGNS = re.compile(r"^[ \t]*[%!?,;/]|\?[ \t]*$|=[ \t]*[%!]", re.MULTILINE)
MAX_MAGICS = 100  # in a cell
MAX_ALIASES = 1000  # of a cell
MAX_PATH = 100  # characters of what an alias may stand for


def uses(library: str, source: str, sources: list[str]) -> bool:
    """Whether a cell, or what it calls of other cells, names a library or what a notebook has imported from it."""
    bound = {*RELEASED, *(pair for each in sources for pair in imported(each))}
    names = {library} | {name for name, path in bound if path.split(".")[0] == library}
    helpers = defaultdict(list)
    for tree in map(parsed, sources):
        for node in tree.body if isinstance(tree, ast.Module) else ():
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                helpers[node.name].append(node)
    tree = parsed(source)
    todo, seen = [tree] if isinstance(tree, ast.Module) else [], set()
    while todo:
        used = {node.id for node in ast.walk(todo.pop()) if isinstance(node, ast.Name)}
        if used & names:
            return True
        todo += [helper for name in used - seen for helper in helpers[name]]
        seen |= used
    return False


@lru_cache(200)  # every question about a notebook's cells asks for their trees anew
def parsed(source: str, magics: bool = True) -> ast.Module | str | None:
    """The syntax tree of a cell as IPython runs it; a word of alarm, or None where it runs as nothing."""
    if len(source) > MAX_READ:
        return f"a cell of {len(source)} characters"
    if BLANKS.search(source):  # Python's tokenizer takes the square of them
        return "a thousand blanks in a row"
    source = EVERY_RESULT.sub("", source)
    if len(SIGNS.findall(source)) > MAX_MAGICS:  # for each, IPython looks at the whole cell
        return f"more than {MAX_MAGICS} magics in a cell"
    try:
        try:
            return ast.parse(TransformerManager().transform_cell(source))
        except SyntaxError:
            if not magics:
                raise
            return ast.parse(TransformerManager().transform_cell(f"%{source.strip()}"))  # a magic without its sign
    except (SyntaxError, ValueError):
        return None
    except Exception as error:
        return f"code that can't be read ({type(error).__name__})"


@lru_cache(1000)
def names_used(source: str) -> frozenset[str]:
    """The names that a cell reads."""
    tree = parsed(source)
    nodes = ast.walk(tree) if isinstance(tree, ast.Module) else ()
    return frozenset(node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))


@lru_cache(1000)
def imported(source: str) -> frozenset[tuple[str, str]]:
    """The names that a cell's imports bind, and their aliases, each with what it stands for: `("F", "torch.nn.functional")`."""
    tree, found = parsed(source), set()
    nodes = list(ast.walk(tree)) if isinstance(tree, ast.Module) else []
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {(a.asname, a.name) if a.asname else (a.name.split(".")[0],) * 2 for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {(a.asname or a.name, f"{node.module or '.'}.{a.name}") for a in node.names}
    stand_for = defaultdict(set)
    for name, path in found | RELEASED:
        stand_for[name].add(path)
    for node in nodes:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute) and len(found) < MAX_ALIASES:
            root, _, rest = ast.unparse(node.value).partition(".")
            paths = {f"{path}.{rest}" for path in stand_for[root] if len(path) < MAX_PATH}
            for target in node.targets:
                if isinstance(target, ast.Name):
                    stand_for[target.id] |= paths
                    found |= {(target.id, path) for path in paths}
    return frozenset(found)


@lru_cache(1000)
def classes(source: str) -> frozenset[str]:
    """The names of the classes that a cell defines, those of named tuples included."""
    tree, found = parsed(source), set()
    for node in ast.walk(tree) if isinstance(tree, ast.Module) else ():
        if isinstance(node, ast.ClassDef):
            found.add(node.name)
        call = node.value if isinstance(node, ast.Assign) else None
        if isinstance(call, ast.Call) and ast.unparse(call.func).split(".")[-1] in TUPLES:
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return frozenset(found)


@lru_cache(100)
def offered(module: str, source: str) -> frozenset[str]:
    """What a module of the course offers, itself included: `figures`, `figures.arrows`; not what it imports."""
    names = {"*"}
    for node in ast.parse(source).body:
        names |= {node.name} if isinstance(node, ast.FunctionDef | ast.ClassDef) else set()
        stored = (n for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
        names |= {n.id for n in stored} if isinstance(node, ast.Assign) else set()
    return frozenset({module} | {f"{module}.{name}" for name in names if not name.startswith("_")})


@cache
def is_there(path: str) -> bool:
    """Whether there is anything to import by this path: where not, it fails in the room, too."""
    root = path.split(".")[0]
    try:
        return not root.isidentifier() or find_spec(root) is not None
    except (AttributeError, ValueError, ImportError):
        return True


@cache
def is_module(path: str) -> bool:
    """Whether a path leads to a module; nothing is imported to find out."""
    if path in sys.modules:
        return True
    root, *rest = path.split(".")
    try:
        places = find_spec(root).submodule_search_locations or []
    except (AttributeError, ValueError, ImportError):
        return False
    return not rest or any(
        Path(place, *rest).is_dir() or Path(place, *rest).with_suffix(".py").exists() for place in places
    )
