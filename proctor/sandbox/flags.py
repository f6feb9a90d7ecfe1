"""Flags: where a cell uses what could hide a built-in from the guard. They cost nothing; an instructor may want to look.

Two looks, since each misses what the other sees: one at the source, out here, for names that are spelled out; and one in
the sandbox, at what is used under whatever spelling. What is seen there is sent at once, and nothing can call it back.
"""

import re
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

import msgspec
import torch

from proctor.sandbox.guard import LIBRARIES

MAX_FLAGS = 20
NAMES = re.compile(
    r"\b(ctypes|ctypeslib|cffi|__globals__|__closure__|__subclasses__|_getframe|_current_frames|currentframe|f_back|f_globals"
    r"|f_locals|tb_frame|gi_frame|cr_frame|walk_stack|walk_tb|inspect\.stack|inspect\.trace|getclosurevars|getargvalues"
    r"|get_objects|get_referrers|get_referents|setprofile|settrace|addaudithook|make_fx|_C|torch\.library)\b"
)
# what Python tells of, whoever asks for it under whatever name
EVENTS = set(
    """
    sys._getframe sys._current_frames sys.setprofile sys.settrace sys.addaudithook
    gc.get_objects gc.get_referrers gc.get_referents code.__new__ function.__new__
    tb_frame gi_frame cr_frame ag_frame ctypes _ctypes
    """.split()
)


class Flag(msgspec.Struct, frozen=True):
    """A place in a notebook, by the numbers of its code cell and line, counted from 1, and what was used there."""

    cell: int
    line: int
    words: str


CLOSED = Flag(0, 0, "the sandbox's line for flags was closed")


def in_sources(sources: dict[int, str]) -> list[Flag]:
    """The flags of these cells' sources, by the cells' numbers."""
    return [
        Flag(cell, source.count("\n", 0, found.start()) + 1, found[0])
        for cell, source in sources.items()
        for found in NAMES.finditer(source)
    ]


def received(line: socket.socket) -> list[Flag]:
    """The flags that have come from a sandbox. Whatever else has come is left out: nobody vouches for it."""
    found: list[Flag] = []
    while len(found) < MAX_FLAGS:
        try:
            data = line.recv(500, socket.MSG_DONTWAIT)
        except OSError:
            break
        if not data:
            found.append(CLOSED)
            break
        with suppress(msgspec.DecodeError, UnicodeError):
            found.append(msgspec.msgpack.decode(data, type=Flag))
    return found


def put_up(cell_of: Callable[[str], int]) -> Callable[[socket.socket], None]:
    """Has flags noted in this process and in those that it forks; what it returns says over which socket to send them.

    `cell_of` knows the number of a cell by the file name that its code has.
    """
    lines: list[socket.socket] = []
    sent: set[Flag] = set()
    frame_of, open_file, looking = sys._getframe, open, [False]

    def note(words: str, frame: FrameType) -> None:
        flag = Flag(cell_of(frame.f_code.co_filename), frame.f_lineno, words)
        if flag not in sent and len(sent) < MAX_FLAGS:
            sent.add(flag)
            with suppress(OSError):
                lines[0].send(msgspec.msgpack.encode(flag), socket.MSG_DONTWAIT)

    def by_a_cell() -> FrameType | None:
        looking[0] = True
        try:
            frame = frame_of(2)
            return None if frame.f_code.co_filename.startswith(LIBRARIES) else frame
        finally:
            looking[0] = False

    def is_in_file(source: object, path: str) -> bool:
        looking[0] = True
        try:
            with open_file(path, "rb") as file:
                return type(source) is bytes and file.read() == source
        except OSError:
            return False
        finally:
            looking[0] = False

    def hear(event: str, args: tuple) -> None:
        if not lines or looking[0]:
            return
        what = args[1] if event == "object.__getattr__" else args[0] if event == "import" else event
        if event == "socket.__new__" and args[1] == -1:
            # of a descriptor that is there already: the sandbox's own line
            what, frame = "socket(fileno=…)", frame_of(1)
            while frame is not None and frame.f_code.co_filename.startswith(LIBRARIES):
                frame = frame.f_back
            if frame is not None:
                note(what, frame)
        elif event == "compile" and str(args[1]).startswith(LIBRARIES) and (frame := by_a_cell()):
            # an import compiles a library's file that nobody has compiled before, as after an install by uv
            if not is_in_file(args[0], args[1]):
                note("compile, as a library's file", frame)
        elif what in EVENTS and (frame := by_a_cell()):
            note(what, frame)

    def noting(real: Callable) -> Callable:
        def noted(*args, **kwargs):
            if lines and (frame := by_a_cell()):
                note("torch.library", frame)
            return real(*args, **kwargs)

        return noted

    for place, name in ((torch._C, "_dispatch_library"), (torch.library.Library, "__init__")):
        setattr(place, name, noting(getattr(place, name)))
    sys.addaudithook(hear)
    return lines.append
