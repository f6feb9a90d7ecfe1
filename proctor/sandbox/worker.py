"""The student's side: runs the cells of one notebook in IPython, then answers calls and probes with
plain data.

Nothing in this module is secret, and the trusted side believes nothing that it says.
"""

import builtins
import contextlib
import gc
import marshal
import os
import random
import signal
import socket
import sys
import tempfile
import time
import traceback
from contextlib import AbstractContextManager
from functools import lru_cache
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path
from types import CodeType
from typing import Any

import torch

from proctor.sandbox import guard, protocol
from proctor.sandbox.cell import CellDone
from proctor.sandbox.files import MAX_FILES, plain_files, written
from proctor.sandbox.modes import fresh_modes
from proctor.sandbox.shell import Shell, Stream, error_text
from proctor.sandbox.stand_ins import StandIns
from proctor.sandbox.wording import describe
from proctor.text import shown

SMALL = 2**17  # bytes of a reply that can't expand to too much
# bytes of replies, and seconds, after which the next question waits for another message
MAX_AHEAD, LONG = 8 * 2**20, 0.5


class RequestHandler:
    """Answers requests about the functions in `namespace`: the notebook's, in a sandbox or in a
    living kernel.
    """

    def __init__(self, namespace: dict[str, Any]):
        self.namespace = namespace
        self.stand_ins = StandIns(namespace)
        # the names' meanings after a cell, for the checks that will be made when the whole notebook
        # has run
        self.snapshots: dict[str, dict[str, Any]] = {}
        # by source, the names that each has bound
        self.known_answers: dict[str, dict[str, Any]] = {}
        self._last: dict[str, Any] = {}
        self._now = ""
        self.watched: dict[str, Any] = {}  # names, and the meaning of each after the last cell
        self.raised = False  # at the last request

    def bound(self) -> dict[str, bool]:
        """The watched names that have another meaning than at the last call; whether it isn't
        PyTorch's own.
        """
        anew = {}
        for name, before in self.watched.items():
            now = self.namespace.get(name)
            if now is not before:
                self.watched[name] = now
                built_in = (None, vars(torch).get(name), vars(torch.nn.functional).get(name))
                anew[name] = not any(now is each for each in built_in)
        return anew

    def as_asked(
        self, request: protocol.RunCell | protocol.Question
    ) -> AbstractContextManager[None]:
        """While entered, names mean the stand-ins, or the graded definitions, that the request
        says.
        """
        graded = {}
        for name, snapshot in request.graded.items():
            meant = self.snapshots.get(snapshot, {})
            if name in meant:
                graded[name] = meant[name]
        return self.stand_ins.in_place(request.stand_ins, graded)

    def known_answer(self, source: str) -> AbstractContextManager[None]:
        """While entered, the names of a known answer mean that one; with no `source`, nothing
        changes.

        It runs once, and keeps its state until a cell runs.
        """
        if not source:
            return contextlib.nullcontext()
        if source not in self.known_answers:
            before = dict(self.namespace)
            guard.stop()
            # one that raises has bound the names above that line
            with contextlib.suppress(Exception):
                exec(compile(source, "<known answer>", "exec"), self.namespace)
            bound = {}
            for name, thing in self.namespace.items():
                if before.get(name) is not thing:
                    bound[name] = thing
            self.known_answers[source] = bound
            self._replace_names(before)
        return self.stand_ins.in_place([], self.known_answers[source])

    def _replace_names(self, names: dict[str, Any]) -> None:
        self.namespace.clear()
        self.namespace.update(names)

    def _return_to(self, snapshot: str) -> None:
        """Restores the namespace to `snapshot`; a name that wasn't defined by then keeps its
        meaning at the end.
        """
        if snapshot in self.snapshots and snapshot != self._now:
            if not self._now:
                self._last = {
                    name: thing
                    for name, thing in self.namespace.items()
                    if not hasattr(builtins, name)
                }
            self._replace_names(self._last | self.snapshots[snapshot])
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
                    if isinstance(request, protocol.Call):
                        reply = self._call(request)
                    else:
                        reply = self._probe(request)
            except BaseException as error:
                bases = [
                    base.__name__ for base in type(error).__mro__ if base.__module__ == "builtins"
                ]
                cell, line = _place(error)
                reply = protocol.Raised(
                    type(error).__name__, bases, error_text(error), cell=cell, line=line
                )
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
        leaves = []
        if request.weights is not None:
            for argument in [*request.args, *request.kwargs.values()]:
                if isinstance(argument, torch.Tensor) and argument.is_floating_point():
                    leaves.append(argument.requires_grad_(True))
        reply = protocol.Returned(guard.call(function, request.args, request.kwargs))
        if request.look_back:
            reply.arguments = [request.args, request.kwargs]
        if request.weights is not None:
            reply.gradients = _gradients(reply.value, request.weights, leaves)
        return reply

    def _probe(self, request: protocol.Probe) -> protocol.Returned:
        scope: dict[str, Any] = {}
        exec(_compiled(request.source), scope)
        request.source = ""
        return protocol.Returned(
            scope[request.name](_Guarded(self.namespace), *request.args, **request.kwargs)
        )


def _within_limits(reply: protocol.Answer) -> bytes:
    """The encoded reply; if the grader would refuse it, the error that its author reads in its
    place.
    """
    try:
        data = protocol.encode(reply)
        if len(data) > SMALL:
            protocol.received(data)
        return data
    except protocol.WireError:
        shown = describe(getattr(reply, "value", None))
        message = f"it gave back {shown}, which is more than can be judged"
        return protocol.encode(
            protocol.Raised("TooLarge", [], message, reply.used, reply.stand_ins)
        )


@lru_cache(200)
def _compiled(probe: str) -> CodeType:
    code = compile(probe, "<probe>", "exec")
    guard.exempt(code)
    return code


class _Guarded:
    """The student's names for a probe, which is free to use everything; the functions among them
    are not.
    """

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


def _gradients(
    value: Any, weights: Any, leaves: list[torch.Tensor]
) -> list[torch.Tensor | None] | str:
    outputs = list(value) if isinstance(value, list | tuple) else [value]
    shapes = [getattr(output, "shape", None) for output in outputs]
    if shapes != [weight.shape for weight in weights]:
        return "shapes"
    total: Any = sum(
        (output * weight).sum() for output, weight in zip(outputs, weights, strict=True)
    )
    if not total.requires_grad:
        return [None for _ in leaves]
    total.backward()
    return [leaf.grad for leaf in leaves]


guard.exempt(_gradients.__code__)


def _place(error: BaseException) -> tuple[int, int]:
    """The code cell and the line of the notebook that led to an error, the last if several did;
    zeros if none did.
    """
    place = 0, 0
    for frame, line in traceback.walk_tb(error.__traceback__):
        cell = guard.cell_of(frame.f_code.co_filename)
        if cell:
            place = cell, line
    return place


class _Lent(MetaPathFinder, InspectLoader):
    """Imports the course's own modules from the source that was sent, whatever lies in a file of
    their name.
    """

    def __init__(self, sent: protocol.SandboxConfig):
        self.sent = sent

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        return spec_from_loader(fullname, self) if fullname in self.sent.modules else None

    def get_source(self, fullname: str) -> str:
        return self.sent.modules[fullname]

    def get_code(self, fullname: str) -> CodeType | None:
        code = self.sent.compiled[fullname]
        return marshal.loads(code) if code else super().get_code(fullname)


def _set_up(
    request: protocol.SandboxConfig, folder: Path, handler: RequestHandler, shell: Shell
) -> protocol.Files:
    if request.forbidden:
        # a fork server's children know them already
        guard.install(request.forbidden)
    handler.stand_ins.learn(request.stand_ins)
    handler.watched = dict.fromkeys(request.names)
    shell.ast_transformers = [handler.stand_ins] if request.stand_ins else []
    sys.meta_path.insert(0, _Lent(request))
    for name, data in request.files.items():
        # an archive may hold names that no folder can: too long a name, or a file and a folder of
        # one name
        with contextlib.suppress(OSError):
            written(folder / name, data)
    return protocol.Files({})


def serve(sock: socket.socket, shell: Shell, folder: str, ours: list[str]) -> None:
    """Answers requests from `sock` until it closes.

    `ours`: the names of this package's modules. A notebook that imports one gets another, and
    changes nothing here. SIGINT ends the running code, not the sandbox.
    """
    with open(os.devnull, "r+b") as nowhere:
        for stream in (0, 1, 2):
            os.dup2(nowhere.fileno(), stream)
    os.environ |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), folder)
    tempfile.tempdir = None
    protocol.send(sock, protocol.encode(protocol.Entered()))
    for name in ours:
        del sys.modules[name]
    sys.stdout, sys.stderr = Stream(shell, "stdout"), Stream(shell, "stderr")
    # as in a notebook's own kernel: modules beside it, and those that it writes there, can be
    # imported
    sys.path[0] = folder
    handler = RequestHandler(shell.user_ns)
    guard.cell_of = shell.cell_of
    shell.cells.clear()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
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
            reply = _reply_to(request, handler, shell, Path(folder))
        except KeyboardInterrupt:
            reply = protocol.encode(protocol.Raised("KeyboardInterrupt", [], ""))
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        protocol.send(sock, reply)
        gc.enable()


def _reply_to(
    request: protocol.Request, handler: RequestHandler, shell: Shell, folder: Path
) -> bytes:
    if isinstance(request, protocol.Question):
        return _answer(request, handler)
    if isinstance(request, protocol.RunCell):
        reply = _run_cell(request, handler, shell)
    elif isinstance(request, protocol.Several):
        with fresh_modes():
            reply = _answer_several(request, handler)
    elif isinstance(request, protocol.Take):
        others: list[str] = []
        files = plain_files(folder, others=others)
        reply = protocol.Files(files, list(map(shown, others[:MAX_FILES])))
    else:
        reply = _set_up(request, folder, handler, shell)
    return protocol.encode(reply)


def _run_cell(request: protocol.RunCell, handler: RequestHandler, shell: Shell) -> CellDone:
    handler.known_answers.clear()
    with handler.as_asked(request):
        done = shell.run(request.source, request.number, request.draw)
    done.bound = handler.bound()
    if request.snapshot:
        handler.snapshots[request.snapshot] = dict(handler.namespace)
    return done


def _answer(request: protocol.Question, handler: RequestHandler) -> bytes:
    # no finaliser of the student's runs while the guard is off
    gc.disable()
    reply = handler.answer(request)
    # until a cell runs again: code that is called while requests come and replies go is guarded,
    # too
    guard.start(guard.installed())
    return reply


def _answer_several(several: protocol.Several, handler: RequestHandler) -> protocol.Replies:
    """The replies to several questions, up to one that raises, or until they are many bytes or took
    long.
    """
    replies: list[bytes] = []
    began = time.monotonic()
    for number, message in enumerate(several.questions):
        source = several.answers[number] if several.answers else ""
        with handler.known_answer(source):
            replies.append(_answer(protocol.decode_question(message), handler))
        ends = handler.raised and not source
        if ends or sum(map(len, replies)) > MAX_AHEAD or time.monotonic() - began > LONG:
            break
        gc.enable()
    return protocol.Replies(replies)
