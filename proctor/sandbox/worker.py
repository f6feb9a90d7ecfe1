"""The student's side: runs the cells of one notebook in IPython, then answers calls and probes with plain data.

Nothing in this module is secret, and the trusted side believes nothing that it says.
"""

import builtins
import contextlib
import gc
import marshal
import random
import signal
import socket
import sys
import time
import traceback
from collections.abc import Iterator
from functools import lru_cache
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path
from types import CodeType
from typing import Any

import torch

from proctor.sandbox import guard, protocol
from proctor.sandbox.files import MAX_FILES, plain_files, written
from proctor.sandbox.modes import fresh_modes
from proctor.sandbox.shell import Shell, Stream, error_text
from proctor.sandbox.stand_ins import StandIns
from proctor.text import shown

SMALL = 2**17  # bytes of a reply that can't expand to too much
# bytes of replies, and seconds, after which the next question waits until it is asked again
MAX_AHEAD, LONG = 8 * 2**20, 0.5


class RequestHandler:
    """Answers requests about the functions in `namespace`: the notebook's, in a sandbox or in a living kernel."""

    def __init__(self, namespace: dict[str, Any]):
        self.namespace = namespace
        self.stand_ins = StandIns(namespace)
        # the names' meanings after a cell, for the checks that will be made when the whole notebook has run
        self.snapshots: dict[str, dict[str, Any]] = {}
        self.known_answers: dict[str, dict[str, Any]] = {}  # by source, the names that each has bound
        self._last: dict[str, Any] = {}
        self._now = ""
        self.watched: dict[str, Any] = {}  # names, and what each meant after the last cell
        self.raised = False  # at the last request

    def bound(self) -> dict[str, bool]:
        """The watched names that mean something else than when this was last asked; whether it isn't PyTorch's own."""
        now = {name: self.namespace.get(name) for name in self.watched}
        anew = {name: now[name] for name, before in self.watched.items() if now[name] is not before}
        self.watched = now
        places = vars(torch), vars(torch.nn.functional)
        theirs = [(name, [None, *(place.get(name) for place in places)]) for name in anew]
        return {name: not any(anew[name] is each for each in built_in) for name, built_in in theirs}

    @contextlib.contextmanager
    def as_asked(self, request: protocol.RunCell | protocol.Question) -> Iterator[None]:
        """While entered, names mean the stand-ins, or the graded definitions, that the request says."""
        places = {name: self.snapshots.get(snapshot, {}) for name, snapshot in request.graded.items()}
        graded = {name: place[name] for name, place in places.items() if name in place}
        with self.stand_ins.in_place(request.stand_ins, graded):
            yield

    @contextlib.contextmanager
    def known_answer(self, source: str) -> Iterator[None]:
        """While entered, the names of a known answer mean that one. It runs once, and keeps its state until a cell runs."""
        if source not in self.known_answers:
            before = dict(self.namespace)
            guard.stop()
            # one that raises has bound what stands above
            with contextlib.suppress(Exception):
                exec(compile(source, "<known answer>", "exec"), self.namespace)
            bound = {name: thing for name, thing in self.namespace.items() if before.get(name) is not thing}
            self.known_answers[source] = bound
            self.namespace.clear()
            self.namespace.update(before)
        with self.stand_ins.in_place([], self.known_answers[source]):
            yield

    def _return_to(self, snapshot: str) -> None:
        """Has the names mean what they meant at `snapshot`; a name that wasn't defined by then, what it means at the end."""
        if snapshot in self.snapshots and snapshot != self._now:
            if not self._now:
                self._last = {name: thing for name, thing in self.namespace.items() if not hasattr(builtins, name)}
            self.namespace.clear()
            self.namespace.update(self._last)
            self.namespace.update(self.snapshots[snapshot])
            self._now = snapshot

    def answer(self, request: protocol.Question) -> bytes:
        """The encoded reply to one call or probe; an error of the student's code becomes `Raised`.

        The guard is on until the reply is encoded: nothing of the student's runs behind its back.
        """
        reply: protocol.Answer
        self.raised = False
        # a mode that one answer has changed must not change the next
        with fresh_modes():
            try:
                self._return_to(request.snapshot)
                # torch.manual_seed also formats a traceback for every kind of GPU
                torch.default_generator.manual_seed(request.seed)
                random.seed(request.seed)
                guard.start(request.forbidden)
                with self.as_asked(request):
                    reply = self._call(request) if isinstance(request, protocol.Call) else self._probe(request)
            except BaseException as error:
                bases = [base.__name__ for base in type(error).__mro__ if base.__module__ == "builtins"]
                cell, line = _place(error)
                reply = protocol.Raised(type(error).__name__, bases, error_text(error), cell=cell, line=line)
                self.raised = True
            try:
                reply.used = guard.trips or guard.changed(request.forbidden)
                if request.stand_ins:
                    reply.stand_ins = sorted(self.stand_ins.called)
                return _within_limits(reply)
            finally:
                guard.stop()

    def _call(self, request: protocol.Call) -> protocol.Returned:
        function = self.namespace.get(request.name)
        if function is None:
            raise NameError(f"{request.name} is not defined")
        everything = [*request.args, *request.kwargs.values()]
        leaves = [arg for arg in everything if isinstance(arg, torch.Tensor) and arg.is_floating_point()]
        if request.weights is not None:
            for leaf in leaves:
                leaf.requires_grad_(True)
        value = guard.call(function, request.args, request.kwargs)
        gradients = _gradients(value, request.weights, leaves) if request.weights is not None else None
        arguments = [request.args, request.kwargs] if request.look_back else None
        return protocol.Returned(value, arguments, gradients)

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


class _Guarded:
    """The student's names for a probe, which is free to use everything; the functions among them are not."""

    def __init__(self, namespace: dict[str, Any]):
        self._namespace = namespace

    def __getattr__(self, name: str) -> Any:
        if name not in self._namespace:
            raise AttributeError(name)
        thing = self._namespace[name]
        # a probe may ask for the bases of a module's class
        if not callable(thing) or (isinstance(thing, type) and issubclass(thing, torch.nn.Module)):
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


def _place(error: BaseException) -> tuple[int, int]:
    """The last line of the notebook's own, in which code cell, that led to an error; zeros where there is none."""
    lines = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    places = [(guard.cell_of(file) or 0, line) for file, line in lines]
    return next((place for place in reversed(places) if place[0]), (0, 0))


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


def _set_up(request: protocol.Setup, folder: Path, handler: RequestHandler, shell: Shell) -> protocol.Files:
    handler.stand_ins.learn(request.stand_ins)
    handler.watched = dict.fromkeys(request.names)
    shell.ast_transformers = [handler.stand_ins] if request.stand_ins else []
    sys.meta_path.insert(0, _Lent(request.modules, request.compiled))
    for name, data in request.files.items():
        # an archive may hold what no folder can: too long a name, or a file and a folder of one name
        with contextlib.suppress(OSError):
            written(folder / name, data)
    return protocol.Files({})


def serve(sock: socket.socket, shell: Shell, folder: str) -> None:
    """Answers requests from `sock` until it closes. SIGINT ends what is running, not the sandbox."""
    sys.stdout, sys.stderr = Stream(shell, "stdout"), Stream(shell, "stderr")
    # as in a notebook's own kernel: modules beside it, and those that it writes there, can be imported
    sys.path[0] = folder
    handler = RequestHandler(shell.user_ns)
    guard.cell_of = shell.cell_of
    shell.cells.clear()
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def reply_to(request: protocol.Request) -> protocol.Reply | bytes:
        if isinstance(request, protocol.Several):
            with fresh_modes():
                return _in_turn(request, handler)
        if isinstance(request, protocol.RunCell):
            handler.known_answers.clear()
            with handler.as_asked(request):
                done = shell.run(request.source, request.number, request.draw, request.trace)
            done.bound = handler.bound()
            if request.snapshot:
                handler.snapshots[request.snapshot] = dict(handler.namespace)
            return done
        if isinstance(request, protocol.Setup):
            return _set_up(request, Path(folder), handler, shell)
        if isinstance(request, protocol.Take):
            others: list[str] = []
            files = plain_files(Path(folder), others=others)
            return protocol.Files(files, list(map(shown, others[:MAX_FILES])))
        return _answer(request, handler)

    while True:
        try:
            data = protocol.receive(sock)
        except EOFError:
            return
        # a tensor that is made in a notebook's inference mode records no gradients later
        with fresh_modes():
            request = protocol.decode_request(data)
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
    # no finaliser of the student's runs while the guard is off
    gc.disable()
    reply = handler.answer(request)
    # until a cell runs again: code that is called while requests come and replies go is guarded, too
    guard.start(guard.installed())
    return reply


def _in_turn(several: protocol.Several, handler: RequestHandler) -> protocol.Replies:
    """The replies to several questions, up to one that raises, or until they are many bytes or took long."""
    replies, size, began = [], 0, time.monotonic()
    for number, message in enumerate(several.questions):
        in_place = handler.known_answer(several.answers[number]) if several.answers else contextlib.nullcontext()
        with in_place:
            replies.append(_answer(protocol.decode_question(message), handler))
        size += len(replies[-1])
        ends = handler.raised and not several.answers
        if ends or size > MAX_AHEAD or time.monotonic() - began > LONG:
            break
        gc.enable()
    return protocol.Replies(replies)
