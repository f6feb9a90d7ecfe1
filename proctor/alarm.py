"""Rings where a notebook's code reaches for what could hide a built-in from the watch: frames, threads, PyTorch's switches.

A bell is one end of a socket whose other end is outside. To ring is to shut it down, which nothing in the room can undo.
Python's audit hooks can't be taken off either. What only libraries do, and always did, rings for nobody.
"""

import errno
import os
import socket
import sys
from collections.abc import Callable

import torch
from IPython.core.interactiveshell import InteractiveShell
from torch.library import Library

from proctor.watch import LIBRARIES

WATCHED = set(  # audit events, and attributes
    """
    sys._getframe sys._current_frames sys._current_exceptions sys.setprofile sys.settrace sys.addaudithook
    gc.get_objects gc.get_referrers gc.get_referents compile exec code.__new__ function.__new__ marshal.loads
    pickle.find_class object.__setattr__ object.__delattr__ _thread.start_new_thread
    tb_frame f_code gi_code cr_code ag_code __code__
    """.split()
)
IN_THEIR_NAME = {InteractiveShell.ex.__code__, InteractiveShell.ev.__code__}  # which execute strings for a cell
OFF = ("DisableTorchFunction", "_DisableTorchDispatch")  # no library of ours ever uses these
SWITCHES = {
    "torch._C": """
        _pop_torch_function_stack _push_on_torch_function_stack _get_function_stack_at _get_dispatch_stack_at
        _pop_torch_dispatch_stack _push_on_torch_dispatch_stack _get_dispatch_mode _set_dispatch_mode
        _unset_dispatch_mode _dispatch_tls_set_dispatch_key_excluded _dispatch_tls_set_dispatch_key_included
        _ExcludeDispatchKeyGuard _ForceDispatchKeyGuard _IncludeDispatchKeyGuard _PreserveDispatchKeyGuard
        _SetExcludeDispatchKeyGuard _AutoDispatchBelowAutograd _AutoDispatchBelowADInplaceOrView _InferenceMode
        ExcludeDispatchKeyGuard DisableTorchFunctionSubclass _dispatch_library
        _dispatch_get_computed_kernel_for_dispatch_key
    """,
    "torch.library": "custom_op define get_kernel impl register_kernel",
    "torch.autograd.graph": "saved_tensors_hooks disable_saved_tensors_hooks",
    "torch.jit": "script trace trace_module",
    "torch": "compile CompilationUnit parse_ir import_ir_module import_ir_module_from_buffer",
    "torch.overrides": """
        _pop_mode _push_mode _pop_mode_temporarily _get_current_function_mode _get_current_function_mode_stack
    """,
    "torch.utils._python_dispatch": """
        _pop_mode _push_mode _pop_mode_temporarily _disable_current_modes _get_current_dispatch_mode
        _get_current_dispatch_mode_stack
    """,
}


def put_up() -> Callable[[socket.socket], None]:
    """Puts the alarm up in this process and those that it forks, for good; what it returns arms it with a bell."""
    bells: list[socket.socket] = []
    frame_of, looking = sys._getframe, [False]

    def ring(what: str) -> None:
        for bell in bells:
            try:
                bell.send(what.encode())
                bell.shutdown(socket.SHUT_RDWR)
            except OSError as error:
                if error.errno not in (errno.EPIPE, errno.ENOTCONN):  # else it has rung
                    os._exit(1)

    def by_a_cell(depth: int) -> bool:
        looking[0] = True
        try:
            code = frame_of(depth + 1).f_code
            return not code.co_filename.startswith(LIBRARIES) or code in IN_THEIR_NAME
        finally:
            looking[0] = False

    def hear(event: str, args: tuple) -> None:
        if looking[0] or not bells:
            return
        what = args[1] if event == "object.__getattr__" else args[0] if event == "import" else event
        if (what in WATCHED or what.startswith(("ctypes", "torch._"))) and by_a_cell(1):
            ring(what)

    def watched(name: str, real: Callable) -> Callable:
        def switch(*args, **kwargs):
            if bells and (name in OFF or by_a_cell(1)):
                ring(name)
            return real(*args, **kwargs)

        return switch

    for module, names in SWITCHES.items():
        for name in names.split() + list(OFF if module == "torch._C" else ()):
            real = getattr(sys.modules[module], name, None)
            for place in (sys.modules[module], torch):  # which has what is public of `torch._C` under the same name
                if real is not None and getattr(place, name, None) is real:
                    setattr(place, name, watched(name, real))
    Library.__init__ = watched("torch.library", Library.__init__)
    sys.addaudithook(hear)
    return bells.append
