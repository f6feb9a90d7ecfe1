"""The student's side: runs the cells of one notebook in IPython, then answers calls and probes with plain data.

Nothing in this module is secret, and nothing it says is believed.
"""

import builtins
import contextlib
import gc
import inspect
import marshal
import random
import re
import signal
import socket
import sys
import traceback
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import torch
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.formatters import DisplayFormatter
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.text import SList
from torch.overrides import TorchFunctionMode
from traitlets.config import Config

from proctor.sandbox import guard, protocol
from proctor.sandbox.files import plain_files
from proctor.sandbox.stand_ins import StandIns

MAX_SHOWN = 10 * 2**20  # bytes that one cell may show
OUTPUT = 500  # bytes that an output counts as, besides its text
SMALL = 2**17  # bytes of a reply that can't expand to too much
MAX_AHEAD = 8 * 2**20  # bytes of replies after which the next question waits until it is asked again
MAX_MISSING = 10  # packages that one cell imports and that are not there
MAX_FRAMES = 20  # of a traceback
# magics, shell commands, help and prompts; also a beginning that is indented or empty
OWN_SPELLINGS = re.compile(r"\A\s|^\s*(?:[%!?,;/]|>>>|\.\.\.|In \[)|=\s*[%!]|\?\s*$", re.MULTILINE)


class RequestHandler:
    """Answers requests about the functions in `namespace`: the notebook's, in a sandbox or in a living kernel."""

    def __init__(self, namespace: dict[str, Any]):
        self.namespace = namespace
        self.stand_ins = StandIns(namespace)
        self._snapshots: dict[str, dict[str, Any]] = {}
        self._last: dict[str, Any] = {}
        self._now = ""
        self.watched: dict[str, Any] = {}  # names, and what each meant after the last cell
        self.raised = False  # at the last request

    def remember(self, snapshot: str) -> None:
        """Keeps what the names mean now, for the checks that will be made when the whole notebook has run."""
        self._snapshots[snapshot] = dict(self.namespace)

    def bound(self) -> dict[str, bool]:
        """The watched names that mean something else than when this was last asked; whether it isn't PyTorch's own."""
        now = {name: self.namespace.get(name) for name in self.watched}
        anew = {name: now[name] for name, before in self.watched.items() if now[name] is not before}
        self.watched = now
        return {name: thing is not None and thing is not vars(torch).get(name) for name, thing in anew.items()}

    @contextlib.contextmanager
    def given(self, request: protocol.RunCell | protocol.Question) -> Iterator[None]:
        """While entered, names mean the stand-ins, or the graded definitions, that the request says."""
        places = {name: self._snapshots.get(snapshot, {}) for name, snapshot in request.graded.items()}
        graded = {name: place[name] for name, place in places.items() if name in place}
        with self.stand_ins.in_place(request.given, graded):
            yield

    def _return_to(self, snapshot: str) -> None:
        """Has the names mean what they meant at `snapshot`; a name that wasn't defined by then, what it means at the end."""
        if snapshot in self._snapshots and snapshot != self._now:
            if not self._now:
                self._last = {name: thing for name, thing in self.namespace.items() if not hasattr(builtins, name)}
            self.namespace.clear()
            self.namespace.update(self._last)
            self.namespace.update(self._snapshots[snapshot])
            self._now = snapshot

    def answer(self, request: protocol.Question) -> bytes:
        """The encoded reply to one call or probe; what the student's code raises becomes `Raised`.

        The guard is on until the reply is encoded: nothing of the student's runs behind its back.
        """
        reply: protocol.Answer
        self.raised = False
        dtype, grad = torch.get_default_dtype(), torch.is_grad_enabled()
        try:
            self._return_to(request.snapshot)
            # what one answer has left switched costs no other one
            torch.set_default_dtype(torch.float32)
            torch.set_grad_enabled(True)
            # torch.manual_seed also formats a traceback for every kind of GPU
            torch.default_generator.manual_seed(request.seed)
            random.seed(request.seed)
            guard.start(request.forbidden)
            with self.given(request):
                reply = self._call(request) if isinstance(request, protocol.Call) else self._probe(request)
        except BaseException as error:
            bases = [base.__name__ for base in type(error).__mro__ if base.__module__ == "builtins"]
            reply = protocol.Raised(type(error).__name__, bases, _text(error))
            if request.given:
                reply.cell, reply.line = _place(error)
            self.raised = True
        try:
            reply.used = guard.trips or guard.changed(request.forbidden)
            if request.given:
                reply.given = sorted(self.stand_ins.called)
            return _within_limits(reply)
        finally:
            guard.stop()
            torch.set_default_dtype(dtype)
            torch.set_grad_enabled(grad)

    def _call(self, request: protocol.Call) -> protocol.Returned:
        function = self.namespace.get(request.name)
        if function is None:
            raise NameError(f"{request.name} is not defined")
        everything = [*request.args, *request.kwargs.values()]
        leaves = [arg for arg in everything if isinstance(arg, torch.Tensor) and arg.is_floating_point()]
        if request.weights is not None:
            for leaf in leaves:
                leaf.requires_grad_(True)
        count = _Count()
        with count if request.count else contextlib.nullcontext():
            value = guard.call(function, request.args, request.kwargs)
        gradients = _gradients(value, request.weights, leaves) if request.weights is not None else None
        arguments = [request.args, request.kwargs] if request.look_back else None
        return protocol.Returned(value, arguments, gradients, operations=count.operations)

    def _probe(self, request: protocol.Probe) -> protocol.Returned:
        scope: dict[str, Any] = {}
        exec(_compiled(request.source), scope)
        request.source = ""
        return protocol.Returned(scope[request.name](_Guarded(self.namespace), *request.args, **request.kwargs))


def _within_limits(reply: protocol.Answer) -> bytes:
    """The encoded reply; in the place of one that would be refused, the error that its author reads."""
    data = protocol.encode(reply)
    if len(data) <= SMALL:
        return data
    try:
        if len(data) <= protocol.MAX_FRAME:
            protocol.weigh(data)
            return data
    except protocol.WireError:
        pass
    return protocol.encode(protocol.too_large(reply) if isinstance(reply, protocol.Returned) else reply)


@lru_cache(200)
def _compiled(probe: str) -> CodeType:
    code = compile(probe, "<probe>", "exec")
    guard.exempt(code)
    return code


class _Count(TorchFunctionMode):
    """Counts the PyTorch operations that are called while it is entered."""

    operations = 0

    def __torch_function__(self, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        self.operations += 1
        return func(*args, **(kwargs or {}))


class _Guarded:
    """The student's names for a probe, which is free to use everything; the functions among them are not."""

    def __init__(self, namespace: dict[str, Any]):
        self._namespace = namespace

    def __getattr__(self, name: str) -> Any:
        thing = self._namespace[name]
        if not callable(thing) or isinstance(thing, type):
            return thing
        return lambda *args, **kwargs: guard.call(thing, args, kwargs)


def _gradients(value: Any, weights: Any, leaves: list[torch.Tensor]) -> list[torch.Tensor | None] | str:
    outputs = list(value) if isinstance(value, list | tuple) else [value]
    if [getattr(output, "shape", None) for output in outputs] != [weight.shape for weight in weights]:
        return "shapes"
    total: Any = sum((output * weight).sum() for output, weight in zip(outputs, weights, strict=True))
    if not total.requires_grad:
        return [None for _ in leaves]
    total.backward()
    return [leaf.grad for leaf in leaves]


guard.exempt(_gradients.__code__)


def _whole(text: str) -> str:
    """`text` with `?` for half a character, which no message can hold."""
    return text.encode(errors="replace").decode()


def _text(error: BaseException) -> str:
    try:
        return _whole(str(error)[:2000])
    except Exception:
        return ""


def _place(error: BaseException) -> tuple[int, int]:
    """The last line of the notebook's own, in which code cell, that led to an error; zeros where there is none."""
    lines = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    places = [(guard.cell_of(file) or 0, line) for file, line in lines]
    return next((place for place in reversed(places) if place[0]), (0, 0))


class Shell(InteractiveShell):
    """IPython that keeps what a cell shows as notebook outputs, in the order in which it was shown."""

    display_formatter: DisplayFormatter

    def __init__(self, **kwargs: Any):
        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "NoColor"
        super().__init__(config=config, **kwargs)
        self.outputs: list[dict[str, Any]] = []
        self.size = 0
        self.trace = True
        self.cells: list[int] = []

    def init_displayhook(self) -> None:
        self.displayhook_class = _KeepResult
        super().init_displayhook()

    def init_display_pub(self) -> None:
        self.display_pub_class = _KeepDisplay
        super().init_display_pub()

    def init_io(self) -> None:
        pass

    def enable_gui(self, gui: str | None = None) -> None:
        pass

    def init_magics(self) -> None:
        super().init_magics()
        for name in ["script", *self.magics_manager.registry["ScriptMagics"].script_magics]:
            self.magics_manager.register_function(lambda line, cell: self.system(cell), "cell", name)

    def system(self, cmd: str) -> None:
        """Says that a shell command is left out, rather than fail a cell that was fine in JupyterLab."""
        print(f"(not run while graded: {cmd[:200]})")

    def transform_cell(self, raw_cell: str) -> str:
        """The cell as Python. What holds none of IPython's own spellings is left as it is, rather than split into tokens."""
        if "\n" not in raw_cell.strip() or OWN_SPELLINGS.search(raw_cell):
            return super().transform_cell(raw_cell)
        return raw_cell if raw_cell.endswith("\n") else raw_cell + "\n"

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> SList | str:
        self.system(cmd)
        return SList([]) if split else ""

    def showtraceback(self, exc_tuple: tuple | None = None, **options: Any) -> None:
        """Shows the end of a traceback; a thousand frames of a recursion would take a second to format."""
        info: tuple[Any, Any, Any] = self._get_exc_info(exc_tuple)
        kind, error, trace = info
        if not self.trace:
            self._showtraceback(kind, error, [])
            return
        for _ in range(sum(1 for _ in traceback.walk_tb(trace)) - MAX_FRAMES):
            trace, options["tb_offset"] = trace.tb_next, 0
        with _modules_by_name():
            super().showtraceback((kind, error, trace), **options)

    def _format_exception_for_storage(self, exception: BaseException, *args: Any, **options: Any) -> dict[str, Any]:
        return {"ename": type(exception).__name__, "evalue": "", "traceback": []}  # the history isn't kept

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        error = {"output_type": "error", "ename": str(getattr(etype, "__name__", etype)), "evalue": _text(evalue)}
        self.outputs.append({**error, "traceback": [_whole(str(line)) for line in stb]})

    def show(self, output: dict[str, Any]) -> None:
        """Adds an output, as long as the cell has not shown too much."""
        texts = [value for value in output.get("data", output).values() if isinstance(value, str)]
        self.size += OUTPUT + sum(len(text.encode()) for text in texts)
        if self.size < MAX_SHOWN:
            self.outputs.append(output)

    def stream(self, name: str, text: str) -> None:
        """Adds printed text to the outputs, joined with what was printed just before; what is too much is dropped."""
        self.size += len(text.encode())
        if self.size >= MAX_SHOWN:
            return
        last = self.outputs[-1] if self.outputs else {}
        if last.get("output_type") == "stream" and last["name"] == name:
            last["text"].append(text)
        else:
            self.size += OUTPUT
            self.outputs.append({"output_type": "stream", "name": name, "text": [text]})

    def cell_of(self, file: str) -> int:
        """The number of a cell, counted from 1, by the file name that IPython gives to its code; 0 for other files."""
        found = re.match(r"<ipython-input-(\d+)-", file)
        return self.cells.index(int(found[1])) + 1 if found and int(found[1]) in self.cells else 0

    def run(self, source: str, draw: bool = True, trace: bool = True) -> protocol.CellDone:
        """Runs one cell as Jupyter would and tells what it showed; of figures, without `draw`, that they were there."""
        self.trace = trace
        self.cells.append(self.execution_count if source.strip() else 0)
        if not source.strip():
            return protocol.CellDone([])
        shown = self.display_formatter.format_types if draw else ["text/plain"]
        if self.display_formatter.active_types != shown:
            self.display_formatter.active_types = shown
        for _ in range(MAX_MISSING):
            self.outputs, self.size = [], 0
            result = self.run_cell(source, store_history=True)
            error = result.error_before_exec or result.error_in_exec
            if not _replace_missing_package(error):
                break
        # what is printed later, while questions are asked, belongs to no cell
        shown, self.outputs, self.size = self.outputs, [], 0
        for output in shown:
            if output["output_type"] == "stream":
                output["text"] = "".join(output["text"])
        done = protocol.CellDone(shown)
        if error is not None:
            done.error_name, done.error_message = type(error).__name__, _text(error)
        return done


def _replace_missing_package(error: BaseException | None) -> bool:
    """Puts a mock in place of a package that a cell imports, and that only the student's machine has.

    What a grade is worth must not depend on what is installed here. Who guards an import sees that it fails.
    """
    if not isinstance(error, ModuleNotFoundError) or not error.name or error.__traceback__ is None:
        return False
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    frames = [frame for frame in frames if not frame.f_code.co_filename.startswith("<frozen importlib")]
    if not frames[-1].f_code.co_filename.startswith("<ipython-input-"):
        return False
    from unittest.mock import MagicMock

    # by this name, `wording.lacks` knows what an answer makes of it
    kind = type(f"NoModuleNamed_{error.name}", (MagicMock,), {})
    sys.modules[error.name] = kind(name=error.name, __path__=[], __spec__=None)
    return True


@contextlib.contextmanager
def _modules_by_name() -> Iterator[None]:
    """For this time, the module of a frame is the one that its names say: else `inspect` looks at each module for every frame.

    In a fork, to look at a module copies its memory.
    """
    found, inspect.getmodule = inspect.getmodule, _module_of
    try:
        yield
    finally:
        inspect.getmodule = found


def _module_of(frame: Any, _: str | None = None) -> ModuleType | None:
    name = getattr(frame, "f_globals", {}).get("__name__")
    return sys.modules.get(name) if isinstance(name, str) else None


class _KeepResult(DisplayHook):
    shell: Shell

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: dict[str, Any], md_dict: Any = None) -> None:
        output = {"output_type": "execute_result", "execution_count": self.prompt_count}
        self.shell.show({**output, "data": _texts(format_dict), "metadata": {}})

    def finish_displayhook(self) -> None:
        pass


class _KeepDisplay(DisplayPublisher):
    shell: Shell

    def publish(self, data: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        self.shell.show({"output_type": "display_data", "data": _texts(data), "metadata": {}})

    def clear_output(self, wait: bool = False) -> None:
        self.shell.outputs.clear()


def _texts(data: dict[str, Any]) -> dict[str, str]:
    """A MIME bundle with its bytes in base64, as notebooks keep them."""
    return {
        mime: b64encode(value).decode() if isinstance(value, bytes) else _whole(str(value))
        for mime, value in data.items()
    }


class _Stream:
    """Stands in for `sys.stdout` or `sys.stderr`; what is printed goes to the shell's outputs."""

    encoding, errors, closed = "utf-8", "replace", False

    def __init__(self, shell: Shell, name: str):
        self._shell, self._name = shell, name

    def write(self, text: str) -> int:
        self._shell.stream(self._name, _whole(str(text)))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True


class _Lent(MetaPathFinder, InspectLoader):
    """Imports the course's own modules from the source that was sent, whatever lies in a file of their name."""

    def __init__(self, sources: dict[str, str], compiled: dict[str, bytes]):
        self.sources, self.compiled = sources, compiled

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        return spec_from_loader(fullname, self, is_package=False) if fullname in self.sources else None

    def get_source(self, fullname: str) -> str:
        return self.sources[fullname]

    def get_code(self, fullname: str) -> CodeType:
        if fullname in self.compiled:
            return marshal.loads(self.compiled[fullname])
        return self.source_to_code(self.sources[fullname])


def _put(request: protocol.Put, folder: Path, handler: RequestHandler, shell: Shell) -> protocol.Files:
    handler.stand_ins.learn(request.stand_ins)
    handler.watched = dict.fromkeys(request.names)
    shell.ast_transformers = [handler.stand_ins] if request.stand_ins else []
    sys.meta_path.insert(0, _Lent(request.modules, request.compiled))
    for name, data in request.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return protocol.Files({})


def serve(sock: socket.socket, shell: Shell, folder: str) -> None:
    """Answers requests from `sock` until it closes. SIGINT ends what is running, not the sandbox."""
    sys.stdout, sys.stderr = _Stream(shell, "stdout"), _Stream(shell, "stderr")
    # as in a notebook's own kernel: what lies beside it, or what it writes there, can be imported
    sys.path[0] = folder
    handler = RequestHandler(shell.user_ns)
    guard.cell_of = shell.cell_of
    shell.cells.clear()
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def reply_to(request: protocol.Request) -> protocol.Reply | bytes:
        if isinstance(request, protocol.Several):
            return _in_turn(request, handler)
        if isinstance(request, protocol.RunCell):
            guard.stop()
            for snapshot in request.blank:
                shell.run("")
                if snapshot:
                    handler.remember(snapshot)
            with handler.given(request):
                done = shell.run(request.source, request.draw, request.trace)
            done.bound = handler.bound()
            if request.snapshot:
                handler.remember(request.snapshot)
            return done
        if isinstance(request, protocol.Put):
            return _put(request, Path(folder), handler, shell)
        if isinstance(request, protocol.Take):
            return protocol.Files(plain_files(Path(folder)))
        return _answer(request, handler)

    while True:
        try:
            request = protocol.decode_request(protocol.receive(sock))
        except EOFError:
            return
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            reply = reply_to(request)
        except KeyboardInterrupt:
            reply = protocol.Raised("KeyboardInterrupt", [], "")
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        protocol.send(sock, reply if isinstance(reply, bytes) else protocol.encode(reply))
        gc.enable()


def _answer(request: protocol.Question, handler: RequestHandler) -> bytes:
    # no garbage of the student's runs any code where nobody looks
    gc.disable()
    reply = handler.answer(request)
    # until a cell runs again: also what is called while requests come and replies go
    guard.start(guard.installed())
    return reply


def _in_turn(several: protocol.Several, handler: RequestHandler) -> protocol.Replies:
    """The replies to several questions, up to one that raises, or until they are many bytes."""
    replies, size = [], 0
    for message in several.questions:
        replies.append(_answer(protocol.decode_question(message), handler))
        size += len(replies[-1])
        if handler.raised or size > MAX_AHEAD:
            break
        gc.enable()
    return protocol.Replies(replies)
