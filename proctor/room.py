"""The student's side: runs the cells of one notebook in IPython, then answers calls and probes with plain data.

Nothing in this module is secret, and nothing it says is believed.
"""

import signal
import socket
import sys
from base64 import b64encode
from typing import Any

import torch
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from proctor import wire
from proctor.watch import Watch

MAX_SHOWN = 10 * 2**20  # characters that one cell may show


class Desk:
    """Answers requests about the functions in `namespace`: the notebook's, in a room or in a living kernel."""

    def __init__(self, namespace: dict[str, Any]):
        self.namespace = namespace

    def answer(self, request: wire.Call | wire.Probe) -> wire.Reply:
        """The reply to one call or probe; what the student's code raises becomes `Raised`."""
        watch = Watch(request.forbidden)
        try:
            reply = self._call(request, watch) if isinstance(request, wire.Call) else self._probe(request, watch)
        except BaseException as error:
            bases = [base.__name__ for base in type(error).__mro__ if base.__module__ == "builtins"]
            reply = wire.Raised(type(error).__name__, bases, _text(error))
        reply.used = watch.used
        return reply

    def _call(self, request: wire.Call, watch: Watch) -> wire.Returned:
        function = self.namespace.get(request.name)
        if function is None:
            raise NameError(f"{request.name} is not defined")
        everything = [*request.args, *request.kwargs.values()]
        leaves = [arg for arg in everything if isinstance(arg, torch.Tensor) and arg.is_floating_point()]
        if request.weights is not None:
            for leaf in leaves:
                leaf.requires_grad_(True)
        with watch:
            value = function(*request.args, **request.kwargs)
        gradients = None
        if request.weights is not None:
            gradients = _gradients(value, request.weights, leaves)
        return wire.Returned(value, [request.args, request.kwargs], gradients, operations=watch.operations)

    def _probe(self, request: wire.Probe, watch: Watch) -> wire.Returned:
        scope: dict[str, Any] = {}
        exec(compile(request.source, "<probe>", "exec"), scope)
        student = _Watched(self.namespace, watch)
        return wire.Returned(scope[request.name](student, *request.args, **request.kwargs))


class _Watched:
    """The student's names for a probe; the functions among them run under `watch`."""

    def __init__(self, namespace: dict[str, Any], watch: Watch):
        self._namespace, self._watch = namespace, watch

    def __getattr__(self, name: str) -> Any:
        thing = self._namespace[name]
        if isinstance(thing, type) or not callable(thing):
            return thing

        def watched(*args, **kwargs):
            with self._watch:
                return thing(*args, **kwargs)

        return watched


def _gradients(value: Any, weights: Any, leaves: list[torch.Tensor]) -> list[torch.Tensor | None] | str:
    outputs = list(value) if isinstance(value, list | tuple) else [value]
    if [getattr(output, "shape", None) for output in outputs] != [weight.shape for weight in weights]:
        return "shapes"
    total = sum((output * weight).sum() for output, weight in zip(outputs, weights, strict=True))
    if not total.requires_grad:
        return [None] * len(leaves)
    total.backward()
    return [leaf.grad for leaf in leaves]


def _text(error: BaseException) -> str:
    try:
        return str(error)[:2000]
    except Exception:
        return ""


class Shell(InteractiveShell):
    """IPython that keeps what a cell shows as notebook outputs, in the order in which it was shown."""

    def __init__(self, **kwargs):
        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "NoColor"
        super().__init__(config=config, **kwargs)
        self.outputs: list[dict[str, Any]] = []
        self.size = 0

    def init_displayhook(self):
        self.displayhook_class = _KeepResult
        super().init_displayhook()

    def init_display_pub(self):
        self.display_pub_class = _KeepDisplay
        super().init_display_pub()

    def init_io(self):
        pass

    def enable_gui(self, gui=None):
        pass

    def _showtraceback(self, etype, evalue, stb):
        error = {"output_type": "error", "ename": str(getattr(etype, "__name__", etype)), "evalue": _text(evalue)}
        self.outputs.append({**error, "traceback": [str(line) for line in stb]})

    def show(self, output: dict[str, Any]) -> None:
        """Adds an output, as long as the cell has not shown too much."""
        self.size += sum(len(value) for value in output.get("data", output).values() if isinstance(value, str))
        if self.size < MAX_SHOWN:
            self.outputs.append(output)

    def stream(self, name: str, text: str) -> None:
        """Adds printed text to the outputs, joined with what was printed just before; what is too much is dropped."""
        self.size += len(text)
        if self.size >= MAX_SHOWN:
            return
        last = self.outputs[-1] if self.outputs else {}
        if last.get("output_type") == "stream" and last["name"] == name:
            last["text"] += text
        else:
            self.outputs.append({"output_type": "stream", "name": name, "text": text})

    def run(self, source: str) -> wire.CellDone:
        """Runs one cell as Jupyter would and tells what it showed."""
        self.outputs, self.size = [], 0
        result = self.run_cell(source, store_history=True)
        error = result.error_before_exec or result.error_in_exec
        done = wire.CellDone(self.outputs)
        if error is not None:
            done.error_name, done.error_message = type(error).__name__, _text(error)
        return done


class _KeepResult(DisplayHook):
    def write_output_prompt(self):
        pass

    def write_format_data(self, format_dict, md_dict=None):
        output = {"output_type": "execute_result", "execution_count": self.prompt_count}
        self.shell.show({**output, "data": _texts(format_dict), "metadata": {}})

    def finish_displayhook(self):
        pass


class _KeepDisplay(DisplayPublisher):
    def publish(self, data, metadata=None, source=None, *, transient=None, update=False, **kwargs):
        self.shell.show({"output_type": "display_data", "data": _texts(data), "metadata": {}})

    def clear_output(self, wait=False):
        self.shell.outputs.clear()


def _texts(data: dict[str, Any]) -> dict[str, str]:
    """A MIME bundle with its bytes in base64, as notebooks keep them."""
    return {mime: b64encode(value).decode() if isinstance(value, bytes) else str(value) for mime, value in data.items()}


class _Stream:
    """Stands in for `sys.stdout` or `sys.stderr`; what is printed goes to the shell's outputs."""

    encoding, errors, closed = "utf-8", "replace", False

    def __init__(self, shell: Shell, name: str):
        self.shell, self.name = shell, name

    def write(self, text: str) -> int:
        self.shell.stream(self.name, str(text))
        return len(text)

    def writelines(self, lines) -> None:
        for line in lines:
            self.write(line)

    def flush(self):
        pass

    def isatty(self):
        return False

    def writable(self):
        return True


def serve(sock: socket.socket, shell: Shell) -> None:
    """Answers requests from `sock` until it closes. SIGINT ends what is running, not the room."""
    sys.stdout, sys.stderr = _Stream(shell, "stdout"), _Stream(shell, "stderr")
    desk = Desk(shell.user_ns)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            request = wire.decode_request(wire.receive(sock))
        except EOFError:
            return
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            reply = shell.run(request.source) if isinstance(request, wire.RunCell) else desk.answer(request)
        except KeyboardInterrupt:
            reply = wire.Raised("KeyboardInterrupt", [], "")
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        wire.send(sock, wire.encode(reply))
