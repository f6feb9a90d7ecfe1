"""Runs calls of an answer, or of a variant of it, in a sandbox that holds only the course's
modules.
"""

from typing import Any

import torch

from proctor.course import Assignment
from proctor.errors import SandboxDied, SandboxTimeout, WireError
from proctor.sandbox.cell import Limits
from proctor.sandbox.launcher import fork_server
from proctor.sandbox.protocol import Raised, Returned, SandboxConfig, probe_request
from proctor.session.session import Session

# seconds: a source that takes longer, as one that never ends does, gets no more
LIMITS = Limits(call=2, exercise=5, notebook=60)
LONGEST = 60  # characters of a value on a sheet
MOST = 64  # numbers of a tensor that is compared
ERROR = "an error"
# for a value that a sheet can't show
NOTHING = ""


class Trial(Session):
    """A sandbox for one answer; `traced`: a trace reads variables there, and else the code ends at
    their line.

    `given`: the statements that run before each call.
    """

    def __init__(self, assignment: Assignment, given: str, traced: bool):
        super().__init__(fork_server(), [], LIMITS, SandboxConfig(modules=assignment.modules))
        self.given = given
        self.traced = traced

    def run(self, source: str, call: str, variable: str = "", line: int = 0) -> Any:
        """The result of a call, `Raised` for an error; or a variable right after a line; None if
        there is none.
        """
        request = probe_request(probe_call, (source, self.given, call, variable, line, self.traced))
        try:
            reply = self.ask(request, source, keep=False)
        except (SandboxTimeout, SandboxDied, WireError):
            return None
        if isinstance(reply, Returned):
            return reply.value
        return None if variable else reply


def probe_call(student, source, given, call, variable, line, traced):
    """the result of a call, or a variable after a line"""
    import sys

    import torch

    class Stop(BaseException):
        pass

    def trace(frame, event, arg):
        if frame.f_code.co_filename == "<answer>":
            if variable and event == "line" and frame.f_lineno == line + 1:
                raise Stop(frame.f_locals[variable])
            return trace

    if variable:
        lines = source.splitlines()
        above = lines[line - 1]
        marker = "pass" if traced else f"raise Stop({variable})"
        lines.insert(line, above.replace(above.lstrip(), marker))
        source = "\n".join(lines)
    if traced:
        # numbers that nobody has set then differ between the two runs: draws without a seed, and
        # memory
        torch.manual_seed(1)
        torch.set_deterministic_debug_mode("warn")
    names = {"__name__": "__main__", "Stop": Stop}
    exec(compile(source, "<answer>", "exec"), names)
    names |= {"torch": torch, "tensor": torch.tensor, "nn": torch.nn, "F": torch.nn.functional}
    exec(given, names)
    if traced:
        sys.settrace(trace)
    try:
        result = eval(call, names)
    except Stop as stop:
        return stop.args[0]
    finally:
        sys.settrace(None)
    # a line that did not run gives no variable
    return None if variable else result


def on_sheet(value: Any) -> str:
    """A value as it stands on a sheet, with two digits behind the point; nothing if it is too
    long.
    """
    text = as_text(value, 2)
    return text if len(text) <= LONGEST else NOTHING


def as_text(value: Any, digits: int) -> str:
    """A value with so many digits behind the point."""
    if isinstance(value, Raised):
        return ERROR
    if isinstance(value, torch.Tensor) and value.numel() <= MOST:
        value = value.tolist()
    if isinstance(value, list):
        return f"[{', '.join(as_text(each, digits) for each in value)}]"
    if isinstance(value, float):
        # no -0.0, and 1. for 1.0, as PyTorch writes it
        text = str(round(value, digits) + 0.0)
        return text[:-1] if text.endswith(".0") else text
    return repr(value) if isinstance(value, int | str) else NOTHING
