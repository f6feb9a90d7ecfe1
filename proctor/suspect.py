"""Reads a submission's source for what no answer needs, but hiding a forbidden built-in from the room's watch does.

The watch is in the room, where hostile code can get at it; this look is out here, where it can't. It proves nothing:
it makes the known ways round the watch, and what such ways are made of, cost the points that they were meant to win.
"""

import ast
import builtins
import contextlib
import re
import string
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from functools import cache, lru_cache
from importlib import import_module
from pkgutil import iter_modules
from typing import NamedTuple

import torch
from IPython.core import magics

from proctor import source
from proctor.course import MAX_READ_ALL
from proctor.source import RELEASED, TUPLES, is_module, is_there, parsed

MODULES = set(
    """
    __future__ abc array bisect cmath collections contextlib copy csv dataclasses datetime decimal enum fractions
    functools gc glob hashlib heapq inspect io itertools json logging math numbers operator os pathlib platform pprint
    random re secrets shutil statistics string struct sys tempfile textwrap time timeit traceback types typing unittest uuid
    warnings IPython PIL ipywidgets matplotlib matplotlib_inline numpy pandas scipy torch tqdm typing_extensions
    """.split()
)
ONLY = {  # of these modules, only this
    "sys": set(
        """
        argv byteorder exc_info executable exit flags float_info getrecursionlimit getsizeof int_info maxsize platform
        setrecursionlimit stderr stdin stdout version version_info
        """.split()
    ),
    "gc": {"collect", "enable", "disable"},
    "IPython": {"display"},
    "inspect": {"signature", "getdoc", "getsource", "isfunction", "isclass", "Parameter", "Signature"},
    "logging": set(
        "basicConfig getLogger debug info warning error DEBUG INFO WARNING ERROR StreamHandler Formatter".split()
    ),
    "string": set("ascii_letters ascii_lowercase ascii_uppercase digits punctuation printable whitespace".split()),
    "timeit": {"default_timer", "timeit", "repeat"},
    "matplotlib_inline": {"backend_inline"},
    "unittest": set("TestCase TestLoader TestSuite TextTestRunner defaultTestLoader main".split()),
}
RUN_STRINGS = {  # what evaluates a string or a pickle that no reader sees, or keeps threads and libraries of its own
    "PIL.ImageMath", "ipywidgets.link", "ipywidgets.dlink", "matplotlib.sphinxext", "matplotlib.testing",
    "pandas.eval", "pandas.read_pickle", "tqdm.cli", "functools.singledispatch", "functools.singledispatchmethod", "numpy.ctypeslib", "numpy.f2py",
    "numpy.load", "numpy.testing.runstring", "numpy.testing.measure", "numpy.testing.rundocs", "torch.load",
    "numpy.lib.format", "numpy.lib.npyio", "numpy.lib.stride_tricks.as_strided", "torch.serialization", "torch.distributed", "torch.onnx",
    "torch.nn.parallel", "torch.autograd.graph", "tqdm.contrib.concurrent", "typing_extensions.evaluate_forward_ref",
}  # fmt: skip
LOOK_INTO = {  # of these packages, the only modules that one may look into
    "PIL": {"Image", "ImageDraw", "ImageFont"},
    "ipywidgets": {"widgets"},
    "ipywidgets.widgets": set(),
    "torch": set(
        """
        accelerator amp autograd backends cpu cuda distributions fft func functional linalg masked mps nested nn optim
        random return_types signal sparse special testing torch_version types utils version
        """.split()
    ),
    "torch.autograd": {"function", "functional", "grad_mode", "gradcheck", "variable"},
    "torch.nn": {"functional", "init", "modules", "parameter", "utils"},
    "torch.nn.utils": {"clip_grad", "convert_parameters", "parametrizations", "rnn"},
    "torch.utils.data": {"dataloader", "dataset", "sampler"},
    "tqdm": {"auto", "notebook", "std"},
}
NOT_OF_OS = set("read write pread pwrite readv writev open fdopen dup dup2 pipe pipe2 sendfile fork".split())
NOT_OF_TORCH = set("ops library jit fx utils overrides compile compiler export package multiprocessing hub".split())
NOWHERE_IN_TORCH = {"ops", "library", "jit", "fx", "overrides", "hub"}
OF_TORCH = {"utils.data"}
NAMES = set(
    """
    FunctionType CodeType MethodType CellType FrameType ModuleType attrgetter methodcaller MonkeyPatch mock ctypes
    f_back f_globals f_locals f_builtins f_code tb_frame gi_frame cr_frame ag_frame walk_stack walk_tb StackSummary
    __globals__ __builtins__ __closure__ __code__ __subclasses__ __mro__ __base__ __bases__ __loader__ __spec__
    __import__ __getattribute__ __reduce__ __reduce_ex__ __wrapped__ __self__ __func__ __defaults__ __kwdefaults__
    __torch_function__ __torch_dispatch__ redispatch get_field get_type_hints importorskip monitor_interval
    __annotations__ allow_pickle eval_str user_ns run_cell InteractiveShell InlineBackend __match_args__
    backend_registry load_backend_module loadTestsFromName loadTestsFromNames TMonitor discover
    switch_backend LambdaType new_class prepare_class make_dataclass dispatch_table
    __prepare__ __mro_entries__ __instancecheck__ __subclasscheck__ mro
    __array_interface__ __array_struct__ __dlpack__ ForwardRef UninitializedParameter cls_to_become
    DisableTorchFunction DisableTorchFunctionSubclass ExcludeDispatchKeyGuard CompilationUnit parse_ir import_ir_module
    import_ir_module_from_buffer SoftmaxTransform transform_to biject_to
    """.split()
)
OF_OBJECTS = {name for name in NAMES if re.match(r"(f|tb|gi|cr|ag)_|__", name)}
CALLS = {"exec", "eval", "compile", "__import__", "vars", "globals", "locals", "breakpoint"}
LOOKS = {"print", "len", "sorted", "list", "repr", "str", "type"}  # what may be done with `locals()`: to look at it
MODULES_OF_MODULES = set(
    "sys builtins importlib inspect gc threading pickle types os torch socket subprocess concurrent asyncio".split()
)
HANDED_ON = MODULES_OF_MODULES | NOWHERE_IN_TORCH  # what is looked for in whatever holds it
OF_OTHERS = set(
    "bltns signal weakref queue atexit posix mp multiprocessing python_multiprocessing".split()
)  # they import
DOORS = {"_shell", "_ip"}  # by which the shell is held
FAR_REACHING = NAMES | HANDED_ON | NOT_OF_TORCH | OF_OTHERS | DOORS
FINDS = {"functools.wraps": 1, "functools.update_wrapper": 2, "inspect.signature": 1}  # arguments that have it look
PRIVATE = {
    "_",
    "_version",
    "_parameters",
    "_modules",
    "_buffers",
    "_asdict",
    "_replace",
    "_fields",
    "_make",
    "_grad",
    "_base",
}
MAGICS = set(
    """
    autoreload bash cd conda env hist history html javascript js latex load_ext ls lsmagic markdown matplotlib mkdir pdef
    pdoc pfile pinfo pinfo2 pip precision psource pwd quickref reset reset_selective sh svg system sx who who_ls whos writefile xmode
    """.split()
)
RUNS = {
    "time",
    "timeit",
    "capture",
    "prun",
    "memit",
    "mprun",
    "lprun",
}  # magics that run the Python that stands behind them
OWN = {"self", "cls", "ctx"}  # whose attributes are their author's own
KINDS = set(vars(builtins)) - {"type", "object", "property", "super"} | {"object"}
BASES = re.compile(  # the libraries' classes that one may inherit from
    r"torch\.(Tensor$|nn\.|autograd\.Function$|utils\.data\.|optim\.|distributions\.)|unittest\.TestCase$"
    r"|(abc|collections|enum|typing|typing_extensions|json|string|logging|types\.SimpleNamespace)\b"
    r"|contextlib\.(Abstract\w*|ContextDecorator)$"
)
PLAIN_PATTERNS = {"bool", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple"}
MAX_MEANINGS = 100  # of one name, and parts of a path
MAX_LINE = 10_000  # characters of a magic's line
MAX_SECONDS = 2.0  # of this process's time, to read one cell
PATCH = "another meaning for"  # how a finding begins that changes what PyTorch's own names mean


def suspicious(sources: list[str], modules: dict[str, str] | None = None) -> str | None:
    """What these cells of one notebook reach for that no answer needs, in a few words; None where there is nothing.

    `modules`: the course's own, name and source, which may be imported and used for what they define.
    """
    if (length := sum(map(len, sources))) > MAX_READ_ALL:
        return f"{length} characters of code"
    known = Known(
        _of_all(source.names_used, sources),
        _of_all(source.imported, sources),
        frozenset().union(*(source.offered(name, text) for name, text in (modules or {}).items())),
        _of_all(source.classes, sources),
    )
    return next(filter(None, (_look_at(cell, known) for cell in sources)), None)


class Known(NamedTuple):
    """Of all the cells of a notebook: the names they read, what their imports bind, and their classes; of the course, what its modules offer."""

    used: frozenset[str]
    imported: frozenset[tuple[str, str]]
    course: frozenset[str]
    classes: frozenset[str]


def _of_all(question: Callable[[str], frozenset], sources: list[str]) -> frozenset:
    return frozenset().union(*map(question, sources))


@lru_cache(1000)
def _look_at(cell: str, known: Known) -> str | None:
    tree = parsed(cell)
    try:
        return _Reader(tree, known).found if isinstance(tree, ast.Module) else tree
    except RecursionError:
        return "code nested too deeply to be read"


@cache
def _known_magics() -> set[str]:
    """The magics that IPython has: any other fails, and does nothing."""
    modules = [import_module(f"{magics.__name__}.{found.name}") for found in iter_modules(magics.__path__)]
    kinds = [thing for module in modules for thing in vars(module).values() if isinstance(thing, type)]
    return {name for kind in kinds for names in getattr(kind, "magics", {}).values() for name in names}


class _Reader(ast.NodeVisitor):
    """Visits a cell's syntax tree; `found` is the first thing that doesn't belong in an answer."""

    def __init__(self, tree: ast.Module, known: Known):
        self.found: str | None = None
        self.known = known
        nodes = list(ast.walk(tree))
        self.parents = {child: node for node in nodes for child in ast.iter_child_nodes(node)}
        stored = {node.attr for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)}
        self.own = {name for name in stored if not _is_torchs(name)}
        defined = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        self.defined = defined | {name for node in nodes for name in _kept(node)}
        self.own |= {name for name in self.defined if not _is_torchs(name)}
        self.libraries = defaultdict(set)  # all that a name stands for anywhere in the notebook
        for name, path in {*known.imported, *RELEASED}:
            self.libraries[name].add(path)
        stores = Counter(node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load))
        stores.update(node.arg for node in nodes if isinstance(node, ast.arg))
        lists = {}  # by the one name that has ever been given them
        for node in nodes:
            if (
                isinstance(node, ast.Assign)
                and isinstance(node.targets[0], ast.Name)
                and stores[node.targets[0].id] == 1
            ):
                lists[node.targets[0].id] = node.value
        loops = [node for node in nodes if isinstance(node, ast.For | ast.comprehension)]
        self.words = {}  # what a loop over a few strings gives its variable, where nothing else does
        for loop in loops:
            if isinstance(loop.target, ast.Name) and stores[loop.target.id] == 1:
                self.words[loop.target.id] = _strings(lists.get(getattr(loop.iter, "id", ""), loop.iter))
        self.objects = set()  # names of what the notebook's own classes make, whose attributes are its own
        for node in nodes:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and self._makes(node.value.func):
                self.objects |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        until = time.process_time() + MAX_SECONDS
        for node in nodes:
            self.visit(node)
            if time.process_time() > until:
                self._note(f"more than can be read in {MAX_SECONDS:.0f} seconds")
                break

    def generic_visit(self, node):
        """Nothing: `__init__` visits every node once."""

    def _note(self, what: str) -> None:
        self.found = self.found or what

    def visit_ClassDef(self, node: ast.ClassDef):
        for base in node.bases:
            self._inherits(base)
        for word in node.keywords:
            if word.arg in (None, "metaclass") and self._paths(word.value) != ["abc.ABCMeta"]:
                self._note("a metaclass")

    def _inherits(self, base: ast.expr) -> None:
        """Notes a base class by whose machinery more is had than an answer needs."""
        if isinstance(base, ast.Subscript):
            base = base.value
        made = base.func if isinstance(base, ast.Call) else None
        paths = self._paths(made or base)
        ours = isinstance(base, ast.Name) and base.id in self.known.classes | KINDS
        if made is not None:
            known = {path.split(".")[-1] for path in paths} & TUPLES
        else:
            known = all(BASES.match(path) or path in self.known.course for path in paths) if paths else ours
        if not known:
            self._note(f"a class of {ast.unparse(base)[:40]}")

    def _paths(self, node: ast.expr) -> list[str]:
        """A chain of attributes in full, `torch.nn.functional.relu` for `F.relu`; none where it starts in no library."""
        parts = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        roots = self.libraries.get(node.id, ()) if isinstance(node, ast.Name) else ()
        if len(roots) > MAX_MEANINGS or len(parts) > MAX_MEANINGS or any(len(root) > 1000 for root in roots):
            self._note("a name of too many meanings")
            return []
        return [".".join([root, *reversed(parts)]) for root in sorted(roots)]

    def _makes(self, function: ast.expr) -> bool:
        own = isinstance(function, ast.Name) and function.id in self.known.classes
        return own or "types.SimpleNamespace" in self._paths(function)

    def _look_up(self, path: str) -> None:
        """Notes a path that leads into a library's machinery."""
        first, *rest = path.split(".")
        if first == "os":  # whatever else it does, the walls are for that
            if (NOT_OF_OS | MODULES_OF_MODULES) & set(rest):
                self._note(path)
            return
        if re.fullmatch(r"torch\.types(\.[A-Z]\w*)?|torch\.nn\.init\._calculate\w*", path):
            return
        if first in MODULES and MODULES_OF_MODULES & set(rest):
            self._note(path)
        if first in MODULES and OF_OTHERS & set(rest) and not path.startswith("torch.signal"):
            self._note(path)
        if any(path == each or path.startswith(f"{each}.") for each in RUN_STRINGS):
            self._note(path)
        if any(part.startswith("_") and not part.startswith(("__", "_foreach_")) for part in rest):
            self._note(path)
        machinery = NOT_OF_TORCH & set(rest[:1]) or NOWHERE_IN_TORCH & set(rest)
        if first == "torch" and machinery and ".".join(rest[:2]) not in OF_TORCH:
            self._note(path)
        parts = path.split(".")
        for i in range(1, len(parts)):
            known = LOOK_INTO.get(".".join(parts[:i]))
            if known is not None and parts[i] not in known and is_module(".".join(parts[: i + 1])):
                self._note(path)
        if rest and rest[0] not in ONLY.get(first, {rest[0]}):
            self._note(path)
        if rest and first not in MODULES and f"{first}.{rest[0]}" not in self.known.course and self._can_import(first):
            self._note(path)

    def _can_import(self, path: str) -> bool:
        return path.split(".")[0] in self.known.course or is_there(path)

    def _name(self, name: str) -> None:
        if name in NAMES:
            self._note(name)

    def visit_Import(self, node: ast.Import):
        for alias in node.names:
            bound = alias.asname or alias.name.split(".")[0]
            if alias.name.split(".")[0] in MODULES:
                self._look_up(alias.name)
            elif bound in self.known.used and alias.name not in self.known.course and self._can_import(alias.name):
                self._note(f"import {alias.name}")

    def visit_ImportFrom(self, node: ast.ImportFrom):
        for alias in node.names:
            path, bound = f"{node.module or '.'}.{alias.name}", alias.asname or alias.name
            if path == "IPython.get_ipython" and not alias.asname:  # which every cell has
                continue
            if path.split(".")[0] in MODULES or (
                (bound in self.known.used or alias.name == "*") and self._can_import(path)
            ):
                self._look_up(path)
            self._name(alias.name)
            if alias.name == "get_ipython":
                self._note(path)

    def visit_Assign(self, node: ast.Assign):
        for path in self._paths(node.value):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    self.libraries[target.id].add(path)

    def visit_arg(self, node: ast.arg):
        self._annotation(node.annotation)

    def visit_AnnAssign(self, node: ast.AnnAssign):
        self._annotation(node.annotation)

    def _annotation(self, node: ast.expr | None) -> None:
        """Looks at an annotation in quotes, which much can evaluate, as at the code that it is."""
        for part in ast.walk(node) if node else ():
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                self._evaluated(part.value)

    def _evaluated(self, text: str) -> None:
        """Looks at what may be evaluated, if it is an expression at all."""
        with contextlib.suppress(SyntaxError, ValueError):
            ast.parse(text.strip(), mode="eval")
            self._read(text)

    def _read(self, text: str) -> None:
        """Looks at code in a string."""
        tree = parsed(text, magics=False)
        found = _Reader(tree, self.known).found if isinstance(tree, ast.Module) else tree or text[:40]
        if found:
            self._note(found)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef):
        self._name(node.name)
        self._annotation(node.returns)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_keyword(self, node: ast.keyword):
        if node.arg in ("allow_pickle", "eval_str") and not (
            isinstance(node.value, ast.Constant) and not node.value.value
        ):
            self._note(node.arg)

    def visit_Name(self, node: ast.Name):
        self._name(node.id)
        self._finds(node)
        parent = self.parents.get(node)
        called = isinstance(parent, ast.Call) and parent.func is node
        if node.id in CALLS and not (node.id in ("locals", "globals", "vars") and called and self._only_looks(parent)):
            self._note(node.id)
        if node.id in ("getattr", "setattr", "delattr", "exit", "quit") and not called:
            self._note(f"{node.id} handed on")
        if node.id == "type" and isinstance(parent, ast.Assign | ast.Starred | ast.List | ast.Tuple | ast.Dict):
            self._note("type handed on")
        if node.id == "get_ipython" and not (called and self._is_magic(parent)):
            self._note("get_ipython")
        unbound = node.id in MODULES_OF_MODULES and node.id not in self.libraries and node.id not in self.own
        if unbound and isinstance(parent, ast.Attribute):
            self._note(node.id)
        stands_for = self.libraries.get(node.id, set())
        a_module = any(map(is_module, stands_for)) or any(
            path in self.known.course and "." not in path for path in stands_for
        )
        if a_module and isinstance(node.ctx, ast.Load):
            looked_at = isinstance(parent, ast.Call) and getattr(parent.func, "id", "") in {
                *LOOKS,
                "help",
                "dir",
                "getattr",
                "hasattr",
            }
            aliased = isinstance(parent, ast.Assign) and all(isinstance(target, ast.Name) for target in parent.targets)
            if not (isinstance(parent, ast.Attribute) or looked_at or aliased):
                self._note(f"{node.id} handed on")

    def _only_looks(self, call: ast.Call) -> bool:
        """Whether the value of this call is only shown, counted, or asked whether something is in it."""
        parent = self.parents.get(call)
        shown = isinstance(parent, ast.Call) and getattr(parent.func, "id", "") in LOOKS
        return isinstance(parent, ast.FormattedValue) or shown or self._is_asked(call)

    def _is_asked(self, node: ast.expr) -> bool:
        """Whether it is only asked what is in it."""
        parent = self.parents.get(node)
        return isinstance(parent, ast.Compare) and all(isinstance(op, ast.In | ast.NotIn) for op in parent.ops)

    def _is_magic(self, call: ast.Call) -> bool:
        """Whether this `get_ipython()` is how IPython spells a magic or a system command; looks at what that runs."""
        method = self.parents.get(call)
        whole = self.parents.get(method)
        if not (isinstance(method, ast.Attribute) and isinstance(whole, ast.Call) and whole.func is method):
            return False
        words = [arg.value for arg in whole.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        if len(words) != len(whole.args) or whole.keywords:
            return False
        for line in words[1:2] if method.attr == "run_cell_magic" else words[-1:]:
            self._expanded(line)
        if method.attr in ("system", "getoutput"):
            return True
        if method.attr not in ("run_line_magic", "run_cell_magic") or not words:
            return False
        name, *texts = words
        if name in RUNS:
            line = re.sub(r"^\s*(-(s\s+\w+|[TD]\s+\S+|\w+(\s+\d+)?)\s+)*", "", texts[0][:MAX_LINE])
            for text in filter(str.strip, [*([] if name == "capture" else [line]), *texts[1:]]):
                self._read(text)
        if name == "config":
            line = texts[0].strip()
            return len(line) < 200 and re.fullmatch(r"[\w.]*\s*(=[\s\w.,'\"{}\[\]-]*)?", line) is not None
        return name in RUNS | MAGICS or name not in {*_known_magics(), "aimport"}

    def _expanded(self, text: str) -> None:
        """Looks at what IPython evaluates in the braces of a magic's line or of a system command."""
        try:
            parts = list(string.Formatter().parse(text))
        except ValueError:
            parts = []  # IPython leaves such a line alone, too
        for _, code, more, _ in parts:
            if code:
                self._evaluated(code)
            if more:
                self._expanded(more)

    def visit_Attribute(self, node: ast.Attribute):
        paths = self._paths(node)
        self._name(node.attr)
        self._finds(node)
        if node.attr == "get_ipython" or (not paths and node.attr in HANDED_ON and node.attr not in self.own):
            self._note(node.attr)
        if paths == ["sys.modules"] and self._is_asked(node):
            pass
        elif paths:
            for path in (
                paths if not isinstance(self.parents.get(node), ast.Attribute) else ()
            ):  # the whole chain is read
                self._look_up(path)
        elif node.attr.startswith("_") and not node.attr.startswith("__") and node.attr not in self.own | PRIVATE:
            on_self = isinstance(node.value, ast.Name) and node.value.id in OWN
            if not (on_self and node.attr in self.defined - DOORS):
                self._note(node.attr)
        if node.attr in ("__setattr__", "__delattr__", "__getattr__") and not self._is_of_self(node):
            self._note(node.attr)
        if node.attr == "__dict__" and not (isinstance(node.value, ast.Name) and node.value.id == "self"):
            self._note("__dict__")
        if isinstance(node.ctx, ast.Store | ast.Del) and self._patches(node, paths):
            self._note(f"{PATCH} {paths[0] if paths else node.attr}")

    def _is_of_self(self, node: ast.Attribute) -> bool:
        """Whether this is `super().__setattr__`, or sets what a frozen dataclass has: `object.__setattr__(self, "a", 1)`."""
        call, base = self.parents.get(node), node.value
        if isinstance(base, ast.Call):
            return getattr(base.func, "id", "") == "super" and not base.args
        given = call.args if isinstance(call, ast.Call) and call.func is node else []
        whole = len(given) > 1 and isinstance(given[0], ast.Name) and isinstance(given[1], ast.Constant)
        return getattr(base, "id", "") == "object" and whole and given[0].id == "self"

    def visit_MatchClass(self, node: ast.MatchClass):
        if node.patterns and not (
            isinstance(node.cls, ast.Name) and node.cls.id in PLAIN_PATTERNS | self.known.classes
        ):
            self._note(f"a pattern of {ast.unparse(node.cls)[:40]}")
        for name in node.kwd_attrs:
            self._name(name)
            private = name.startswith("_") and name not in self.own | PRIVATE
            if private or name == "get_ipython" or (name in HANDED_ON and name not in self.own):
                self._note(name)

    def _finds(self, node: ast.Name | ast.Attribute) -> None:
        """Notes a function that looks at an object by names which it is given, where it is given some."""
        call = self.parents.get(node)
        for path in self._paths(node):
            if path not in FINDS or not isinstance(node.ctx, ast.Load):
                continue
            plainly = isinstance(call, ast.Call) and call.func is node and len(call.args) <= FINDS[path]
            if not plainly or any(word.arg in (None, "assigned", "updated") for word in call.keywords):
                self._note(f"{path} of more than a function")

    def _patches(self, node: ast.Attribute, paths: list[str]) -> bool:
        if isinstance(node.value, ast.Name) and (node.value.id in OWN or self._is_a_self(node)):
            return False
        if paths:
            return not all(path.startswith("torch.backends.") for path in paths)
        if isinstance(node.value, ast.Name) and node.value.id in self.objects:
            return False
        return callable(getattr(torch.Tensor, node.attr, None)) and not self._is_given_a_constant(node)

    def _is_a_self(self, node: ast.Attribute) -> bool:
        """Whether a method of a class that inherits nothing sets what is its own, under whatever name it has for itself."""
        method = self.parents.get(node)
        while method is not None and not isinstance(method, ast.FunctionDef):
            method = self.parents.get(method)
        whole = self.parents.get(method)
        first = method.args.args[:1] if isinstance(whole, ast.ClassDef) and not whole.bases else []
        return [arg.arg for arg in first] == [node.value.id]

    def _is_given_a_constant(self, node: ast.Attribute) -> bool:
        parent = self.parents.get(node)
        with contextlib.suppress(ValueError):
            return isinstance(parent, ast.Assign) and ast.literal_eval(parent.value) is not NotImplemented
        return False

    def visit_Call(self, node: ast.Call):
        name = getattr(node.func, "id", "")
        if name in ("getattr", "setattr", "hasattr", "delattr") and len(node.args) > 1:
            self._by_name(name, node.args[0], node.args[1])
        if (
            name == "open"
            and node.args
            and isinstance(node.args[0], ast.Constant)
            and isinstance(node.args[0].value, int)
        ):
            self._note("open of a number")
        if {"timeit.timeit", "timeit.repeat"} & set(self._paths(node.func)):
            functions = all(isinstance(arg, ast.Lambda) for arg in node.args[:1]) and node.args
            if not functions or {"stmt", "setup", "globals"} & {word.arg for word in node.keywords}:
                self._note("code in a string")
        if "unittest.main" in self._paths(node.func):
            self._tests(node)
        kind = node.func if isinstance(node.func, ast.Call) else None
        if getattr(getattr(kind, "func", None), "id", "") == "type" and (len(node.args) > 2 or node.keywords):
            self._note("a class made by a type's type")
        if name == "type" and len(node.args) == 1 and self._is_a_class(node.args[0]):
            self._note("the type of a class")
        if name == "type" and (node.keywords or any(isinstance(arg, ast.Starred) for arg in node.args)):
            self._note("type of names put together")
        if name == "type" and len(node.args) == 3:
            bases = node.args[1].elts if isinstance(node.args[1], ast.Tuple) else node.args[1:2]
            for base in bases:
                self._inherits(base)
            keys = node.args[2].keys if isinstance(node.args[2], ast.Dict) else [None]
            for key in keys:
                if not isinstance(key, ast.Constant):
                    self._note("type of names put together")
                self._name(str(getattr(key, "value", "")))

    def _is_a_class(self, node: ast.expr) -> bool:
        own = isinstance(node, ast.Name) and node.id in self.known.classes | KINDS | {"type"}
        return own or (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "type")

    def _tests(self, call: ast.Call) -> None:
        """Looks at the names by which `unittest.main` is to find its tests, and calls what it finds."""
        for word in call.keywords:
            if word.arg in ("argv", "defaultTest"):
                for part in word.value.elts if isinstance(word.value, ast.List) else [word.value]:
                    part = part.value if isinstance(part, ast.Subscript) else part
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        self._evaluated(part.value)
                    elif self._paths(part) != ["sys.argv"]:
                        self._note("unittest.main by a name put together")
        if len(call.args) > 1 or any(word.arg in (None, "testLoader") for word in call.keywords):
            self._note("unittest.main by other names")

    def _in_a_class(self, node: ast.AST | None) -> bool:
        while node is not None and not isinstance(node, ast.ClassDef):
            node = self.parents.get(node)
        return node is not None

    def _by_name(self, call: str, thing: ast.expr, name: ast.expr) -> None:
        paths = self._paths(thing)
        beginning, whole = _beginning(name)
        texts = [beginning] if beginning else None
        if isinstance(name, ast.Name):
            texts, whole = self.words.get(name.id), True
        own = isinstance(thing, ast.Name) and thing.id in OWN
        on_self = own and (call != "getattr" or self._in_a_class(thing))
        if not texts:
            if not on_self:
                self._note(f"{call} by a name put together")
            return
        if not whole and any(bad.startswith(texts[0]) for bad in (OF_OBJECTS if own else FAR_REACHING)):
            self._note(f"{call} by a name put together")
        for text in texts:
            if (
                call in ("setattr", "delattr")
                and not on_self
                and (paths or callable(getattr(torch.Tensor, text, None)))
            ):
                self._note(f"{PATCH} {paths[0] if paths else 'an object'}.{text}")
            elif paths:
                for path in paths:
                    self._look_up(f"{path}.{text}")
            elif text.startswith("_") and text not in self.own | PRIVATE | {"__name__", "__doc__"}:
                self._note(text)
            self._name(text)


def _is_torchs(name: str) -> bool:
    """Whether PyTorch itself means something by an attribute's name."""
    things = (torch, torch.Tensor, torch.nn, torch.nn.functional, torch.nn.Module, sys)
    return name in DOORS or any(hasattr(thing, name) for thing in things)


def _kept(node: ast.AST) -> set[str]:
    """The names of what a class keeps as its own: `_count = 0` in its body, `self.register_buffer("_mask", ...)`."""
    if isinstance(node, ast.ClassDef):
        targets = [target for each in node.body if isinstance(each, ast.Assign) for target in each.targets]
        targets += [each.target for each in node.body if isinstance(each, ast.AnnAssign)]
        return {target.id for target in targets if isinstance(target, ast.Name)}
    if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("register_buffer", "register_parameter"):
        return {arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant) and isinstance(arg.value, str)}
    return set()


def _strings(values: ast.expr) -> list[str] | None:
    """The strings in a literal list or tuple; None where there is anything else."""
    elements = values.elts if isinstance(values, ast.List | ast.Tuple | ast.Set) else []
    found = [each.value for each in elements if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return found if found and len(found) == len(elements) else None


def _beginning(name: ast.expr) -> tuple[str, bool]:
    """The string that `name` is, or begins with, empty where that can't be told; and whether it is all of it."""
    whole = not isinstance(name, ast.JoinedStr) or len(name.values) == 1
    if isinstance(name, ast.JoinedStr) and name.values:
        name = name.values[0]
    return (name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else ""), whole
