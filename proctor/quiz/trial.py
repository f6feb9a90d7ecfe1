"""Calls of an answer, and of edits of it, in a sandbox that holds nothing else but the course's modules."""

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
MOST_SHOWN = 8  # numbers of a value on a sheet
ERROR = "an error"
# for a value that is no number, or has too many
NOTHING = ""

# gives the value that a variable has after a line, in place of the result
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


class Trial:
    """A sandbox for one answer; `traced`: a trace reads variables there, and else the function ends at their line."""

    def __init__(self, assignment: Assignment, traced: bool):
        self.traced = traced
        setup = Setup(modules=assignment.modules)
        self._session = Session(fork_server(), [Cell("import torch")], LIMITS, setup)
        self._known: dict[tuple, Any] = {}

    def close(self) -> None:
        self._session.close()

    def value(self, source: str, call: Call, name: str = "", line: int = 0) -> str:
        """The result of a call, or the variable `name` after a line of the source, as it stands on a sheet."""
        value = self._run(source, call, name, line)
        if isinstance(value, Exception):
            return ERROR
        if isinstance(value, torch.Tensor) and value.numel() <= MOST_SHOWN:
            return as_text(value)
        return as_text(value) if isinstance(value, int | float) else NOTHING

    def shape(self, source: str, call: Call, name: str, line: int) -> str:
        """The shape of a variable after a line; nothing if it is no tensor."""
        value = self._run(source, call, name, line)
        return str(tuple(value.shape)) if isinstance(value, torch.Tensor) else NOTHING

    def _run(self, source: str, call: Call, name: str, line: int) -> Any:
        """The value in one of these calls, or an exception in its place."""
        key = source, protocol.encode(call), name, line
        if key not in self._known:
            question: protocol.Question = call
            if self.traced:
                question = protocol.probe_request(probe_traced, (call.name, call.args, call.kwargs, name, line))
            elif name:
                source = _stopping(source, call.name, name, line)
            try:
                self._session.run_all()
                replies = self._session.ask_ahead([protocol.encode(question)], "", [source])
                reply = protocol.decode_answer(replies[0]) if replies else None
                self._known[key] = reply.value if isinstance(reply, protocol.Returned) else ValueError()
            except (SandboxTimeout, SandboxDied, WireError) as error:
                self._known[key] = error
        return self._known[key]


def probe_traced(student, name, args, kwargs, variable, line):
    """a call, or a variable after a line"""
    import sys

    import torch

    found = []
    ran = set()

    def trace(frame, event, arg):
        if frame.f_code.co_filename != "<known answer>":
            return None
        if frame in ran and variable in frame.f_locals and not found:
            value = frame.f_locals[variable]
            found.append(value.detach().clone() if isinstance(value, torch.Tensor) else value)
        ran.discard(frame)
        if event == "line" and frame.f_lineno == line:
            ran.add(frame)
        return trace

    sys.settrace(trace)
    try:
        result = getattr(student, name)(*args, **kwargs)
    except Exception:
        if not found:
            raise
    finally:
        sys.settrace(None)
    return found[0] if variable else result


def _stopping(source: str, called: str, name: str, line: int) -> str:
    """The source with a function that ends after a line, and gives a variable as it is then."""
    lines = source.splitlines()
    above = lines[line - 1]
    indent = above[: len(above) - len(above.lstrip())]
    lines.insert(line, f"{indent}raise _Stop({name})")
    return "\n".join(lines) + STOP.format(name=called)


def as_text(value: Any) -> str:
    """A value or a call as it stands on a sheet: two digits behind the point, and tensors as lists."""
    if isinstance(value, Call):
        arguments = [as_text(each) for each in value.args]
        arguments += [f"{name}={as_text(each)}" for name, each in value.kwargs.items()]
        return f"{value.name}({', '.join(arguments)})"
    if isinstance(value, torch.Tensor):
        return as_text(value.tolist())
    if isinstance(value, list):
        return f"[{', '.join(map(as_text, value))}]"
    # no -0.0
    return str(round(value, 2) + 0.0) if isinstance(value, float) else str(value)
