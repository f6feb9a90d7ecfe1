"""Runs an answer, and edits of it, in a sandbox that knows nothing but the course's modules."""

import math
from dataclasses import dataclass
from typing import Any

import torch

from proctor.course import Assignment
from proctor.errors import SandboxDied, SandboxTimeout, WireError
from proctor.sandbox import protocol
from proctor.sandbox.cell import Cell, Limits
from proctor.sandbox.launcher import fork_server
from proctor.sandbox.protocol import Call, Setup
from proctor.sandbox.session import Session

LIMITS = Limits(cell=5, call=5, exercise=30, notebook=60)
MOST_SHOWN = 8  # numbers of a value that stands on a sheet
ERROR = "an error"
NOTHING = "nothing that can be shown"

# runs the function, and gives the value that a variable has after a line, in place of the result
STOP = """
class _Stop(BaseException):
    pass

def _stopped(function):
    def call(*args, **kwargs):
        try:
            function(*args, **kwargs)
        except _Stop as stop:
            return stop.args[0]
        raise LookupError("the line did not run")
    return call

{name} = _stopped({name})
"""


@dataclass(frozen=True)
class Variable:
    """A variable after a line, counted from 1 in the source that is run."""

    name: str
    line: int


class Trial:
    """A sandbox in which sources are called; `traced`: variables are read by a trace, and not by ending the function."""

    def __init__(self, assignment: Assignment, traced: bool):
        self.traced = traced
        setup = Setup(modules=assignment.modules)
        self._session = Session(fork_server(), [Cell("import torch")], LIMITS, setup)
        self._known: dict[tuple, protocol.Answer | None] = {}

    def close(self) -> None:
        self._session.close()

    def outcome(self, source: str, call: Call, variable: Variable | None = None) -> str:
        """What a call gives, or a variable in it, as it stands on a sheet: a value, a shape, or that there is an error."""
        reply = self._reply(source, call, variable)
        if isinstance(reply, protocol.Returned):
            return shown(reply.value)
        return ERROR if reply is not None else NOTHING

    def shape(self, source: str, call: Call, variable: Variable) -> str:
        """The shape of a variable in a call; empty if it is no tensor."""
        reply = self._reply(source, call, variable)
        if isinstance(reply, protocol.Returned) and isinstance(reply.value, torch.Tensor):
            return str(tuple(reply.value.shape))
        return ""

    def _reply(self, source: str, call: Call, variable: Variable | None) -> protocol.Answer | None:
        key = source, protocol.encode(call), variable
        if key not in self._known:
            self._known[key] = self._asked(source, call, variable)
        return self._known[key]

    def _asked(self, source: str, call: Call, variable: Variable | None) -> protocol.Answer | None:
        question: protocol.Question = call
        if variable is not None and self.traced:
            args = call.name, call.args, call.kwargs, variable.name, variable.line
            question = protocol.probe_request(probe_variable, args)
        elif variable is not None:
            source = _stopping(source, call.name, variable)
        elif self.traced:
            question = protocol.probe_request(probe_traced, (call.name, call.args, call.kwargs))
        try:
            self._session.run_all()
            replies = self._session.ask_ahead([protocol.encode(question)], "", [source])
            return protocol.decode_answer(replies[0]) if replies else None
        except (SandboxTimeout, SandboxDied, WireError):
            return None


def probe_traced(student, name, args, kwargs):
    """a call under a trace"""
    import sys

    sys.settrace(lambda frame, event, arg: None)
    try:
        return getattr(student, name)(*args, **kwargs)
    finally:
        sys.settrace(None)


def probe_variable(student, name, args, kwargs, variable, line):
    """a variable after a line"""
    import sys

    import torch

    found = []

    def of_frame(frame, event, arg):
        if frame.f_code.co_filename != "<known answer>":
            return None
        # by frame: the line that runs next, and whether the wanted one has just run
        state = {"ran": False}

        def of_line(frame, event, arg):
            if state["ran"] and event in ("line", "return") and variable in frame.f_locals and not found:
                value = frame.f_locals[variable]
                found.append(value.detach().clone() if isinstance(value, torch.Tensor) else value)
            state["ran"] = event == "line" and frame.f_lineno == line
            return of_line

        return of_line

    sys.settrace(of_frame)
    try:
        getattr(student, name)(*args, **kwargs)
    except Exception:
        if not found:
            raise
    finally:
        sys.settrace(None)
    return found[0]


def _stopping(source: str, name: str, variable: Variable) -> str:
    """The source with a call of `name` that ends once the variable's line has run, and gives the variable."""
    lines = source.splitlines()
    line = lines[variable.line - 1]
    indent = line[: len(line) - len(line.lstrip())]
    lines.insert(variable.line, f"{indent}raise _Stop({variable.name})")
    return "\n".join(lines) + STOP.format(name=name)


def shown(value: Any) -> str:
    """A value as it stands on a sheet: two digits behind the point."""
    if isinstance(value, torch.Tensor):
        if value.numel() > MOST_SHOWN:
            return NOTHING
        return _nested(value.tolist())
    if isinstance(value, bool) or not isinstance(value, int | float):
        return NOTHING
    return _nested(value)


def _nested(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_nested, value))}]"
    if isinstance(value, float):
        rounded = f"{value:.2f}".rstrip("0")
        return "nan" if math.isnan(value) else rounded.replace("-0.", "0.") if float(rounded) == 0 else rounded
    return str(value)


def as_text(call: Call) -> str:
    """A call as it stands on a sheet: `softmax([[1.0, 2.0]], dim=-1)`, its tensors as lists."""
    arguments = [_argument(each) for each in call.args]
    arguments += [f"{name}={_argument(each)}" for name, each in call.kwargs.items()]
    return f"{call.name}({', '.join(arguments)})"


def _argument(value: Any) -> str:
    return _nested(value.tolist()) if isinstance(value, torch.Tensor) else repr(value)
