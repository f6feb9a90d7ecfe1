"""Reads a submission's source for what no answer needs, but hiding a forbidden built-in from the room's watch does.

The watch is in the room, where hostile code can get at it; this look is out here, where it can't. It proves nothing:
it makes the known ways round the watch, and what such ways are made of, cost the points that they were meant to win.
"""

import ast
import re
from functools import lru_cache

from IPython.core.inputtransformer2 import TransformerManager

from proctor.course import MAX_READ

MODULES = set(
    """
    __future__ abc array bisect cmath collections contextlib copy csv dataclasses datetime decimal enum fractions
    functools gc glob hashlib heapq io itertools json logging math numbers operator os pathlib pprint pytest random re
    secrets shutil statistics string struct sys tempfile textwrap time timeit traceback types typing uuid warnings
    IPython PIL ipywidgets matplotlib matplotlib_inline numpy pandas scipy torch tqdm typing_extensions
    """.split()
)
ONLY = {  # of these modules, only this
    "sys": set(
        """
        argv byteorder exc_info executable flags float_info getrecursionlimit getsizeof int_info maxsize path platform
        setrecursionlimit stderr stdin stdout version version_info
        """.split()
    ),
    "gc": {"collect", "enable", "disable"},
    "IPython": {"display"},
}
NOT_OF_TORCH = set("ops library jit fx utils overrides compile compiler export package multiprocessing".split())
OF_TORCH = {"utils.data"}
NAMES = set(
    """
    FunctionType CodeType MethodType CellType FrameType ModuleType attrgetter methodcaller MonkeyPatch mock ctypes
    f_back f_globals f_locals f_builtins f_code tb_frame gi_frame cr_frame ag_frame walk_stack walk_tb StackSummary
    __globals__ __builtins__ __closure__ __code__ __subclasses__ __mro__ __base__ __bases__ __loader__ __spec__
    __import__ __getattribute__ __reduce__ __reduce_ex__ __wrapped__ __self__ __func__ __defaults__ __kwdefaults__
    __torch_function__ __torch_dispatch__ redispatch
    """.split()
)
CALLS = {"exec", "eval", "compile", "__import__", "vars", "globals", "locals", "delattr", "breakpoint"}
MODULES_OF_MODULES = {"sys", "builtins", "importlib", "inspect", "gc", "threading", "pickle", "types", "os"}
PRIVATE = {"_", "_version", "_parameters", "_modules", "_buffers", "_asdict", "_replace", "_fields", "_make", "_grad"}


@lru_cache(1000)
def suspicious(source: str) -> str | None:
    """What `source`, one cell, reaches for that no answer needs, in a few words; None where there is nothing."""
    if len(source) > MAX_READ:
        return f"a cell of {len(source)} characters"
    if re.search(r"\bget_ipython\b", source):
        return "get_ipython"
    try:
        return _Reader(ast.parse(TransformerManager().transform_cell(source))).found
    except (SyntaxError, ValueError):
        return None  # it doesn't run either
    except (RecursionError, MemoryError):
        return "code nested too deeply to be read"


class _Reader(ast.NodeVisitor):
    """Visits a cell's syntax tree; `found` is the first thing that doesn't belong in an answer."""

    def __init__(self, tree: ast.Module):
        self.found: str | None = None
        nodes = list(ast.walk(tree))
        self.own = {node.attr for node in nodes if isinstance(node, ast.Attribute) and _is_set_on_self(node)}
        self.own |= {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        self.libraries = {"torch": "torch", "F": "torch.nn.functional", "nn": "torch.nn", "np": "numpy"}
        self.called: set[ast.expr] = set()
        for node in nodes:
            self.visit(node)

    def generic_visit(self, node):
        """Nothing: `__init__` visits every node once."""

    def _note(self, what: str) -> None:
        self.found = self.found or what

    def _path(self, node: ast.expr) -> str:
        """A chain of attributes in full, `torch.nn.functional.relu` for `F.relu`; empty where it starts in no library."""
        parts = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        root = self.libraries.get(node.id) if isinstance(node, ast.Name) else None
        return ".".join([root, *reversed(parts)]) if root else ""

    def _look_up(self, path: str) -> None:
        """Notes a path that leads into a library's machinery."""
        first, *rest = path.split(".")
        if first not in MODULES:
            self._note(f"import {path}")
        if MODULES_OF_MODULES & set(rest):
            self._note(path)
        if first == "os":  # whatever it does, the walls are for that
            return
        if any(part.startswith("_") and not part.startswith(("__", "_foreach_")) for part in rest):
            self._note(path)
        if first == "torch" and NOT_OF_TORCH & set(rest[:1]) and ".".join(rest[:2]) not in OF_TORCH:
            self._note(path)
        if rest and rest[0] not in ONLY.get(first, {rest[0]}):
            self._note(path)

    def _name(self, name: str) -> None:
        if name in NAMES:
            self._note(name)

    def visit_Import(self, node: ast.Import):
        for alias in node.names:
            self._look_up(alias.name)
            self.libraries[alias.asname or alias.name.split(".")[0]] = (
                alias.name if alias.asname else alias.name.split(".")[0]
            )

    def visit_ImportFrom(self, node: ast.ImportFrom):
        for alias in node.names:
            path = f"{node.module or '.'}.{alias.name}"
            self._look_up(path)
            self._name(alias.name)
            self.libraries[alias.asname or alias.name] = path

    def visit_Assign(self, node: ast.Assign):
        if path := self._path(node.value):
            self.libraries |= {target.id: path for target in node.targets if isinstance(target, ast.Name)}

    def visit_FunctionDef(self, node: ast.FunctionDef):
        self._name(node.name)

    def visit_Name(self, node: ast.Name):
        self._name(node.id)
        if node.id in CALLS:
            self._note(node.id)
        if node.id in ("getattr", "setattr") and node not in self.called:
            self._note(f"{node.id} handed on")

    def visit_Attribute(self, node: ast.Attribute):
        path = self._path(node)
        self._name(node.attr)
        if path:
            self._look_up(path)
        elif node.attr.startswith("_") and not node.attr.startswith("__") and node.attr not in self.own | PRIVATE:
            self._note(node.attr)
        if node.attr == "__dict__" and not (isinstance(node.value, ast.Name) and node.value.id == "self"):
            self._note("__dict__")
        if isinstance(node.ctx, ast.Store | ast.Del) and self._patches(node, path):
            self._note(f"another meaning for {path or node.attr}")

    def _patches(self, node: ast.Attribute, path: str) -> bool:
        if isinstance(node.value, ast.Call):
            return isinstance(node.value.func, ast.Name) and node.value.func.id == "type"
        return bool(path) and not path.startswith("torch.backends.")

    def visit_Call(self, node: ast.Call):
        self.called.add(node.func)
        if isinstance(node.func, ast.Name) and node.func.id in ("getattr", "setattr", "hasattr") and len(node.args) > 1:
            self._by_name(node.func.id, node.args[0], node.args[1])
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("run_line_magic", "run_cell_magic"):
            for text in node.args[1:]:  # %time runs what stands behind it
                if isinstance(text, ast.Constant) and isinstance(text.value, str) and (found := suspicious(text.value)):
                    self._note(found)

    def _by_name(self, call: str, thing: ast.expr, name: ast.expr) -> None:
        path, text = self._path(thing), _beginning(name)
        if text is None:
            if path or not isinstance(thing, ast.Name | ast.Attribute):
                self._note(f"{call} by a name put together")
        elif call == "setattr" and path:
            self._note(f"another meaning for {path}.{text}")
        elif path:
            self._look_up(f"{path}.{text}")
        elif text.startswith("_") and text not in self.own | PRIVATE:
            self._note(text)
        self._name(text or "")


def _is_set_on_self(node: ast.Attribute) -> bool:
    return isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")


def _beginning(name: ast.expr) -> str | None:
    """The string that `name` is, or begins with; None where that can't be told."""
    if isinstance(name, ast.JoinedStr) and name.values:
        name = name.values[0]
    return name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else None
