"""The warm parent: imports what the notebooks import once, then forks a room for each submission.

Run as `python -m proctor.warm FD`, with FD one end of a Unix socket. Each command is one message on it:
`fork FOLDER` with the room's own socket attached, `interrupt PID` and `kill PID`. Nothing that it holds is a secret.
"""

import contextlib
import os
import signal
import socket
import sys
import warnings

import msgspec


def warm_up():
    """Imports, and takes the slow first steps of PyTorch, before any room is forked."""
    import torch

    torch.set_num_threads(1)  # a parent that ran an op with two threads has children that hang
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import matplotlib.pyplot
        import numpy  # noqa: F401
        import tqdm.auto  # noqa: F401

    layer = torch.nn.Linear(2, 2)
    torch.nn.functional.cross_entropy(layer(torch.ones(2, 2)), torch.zeros(2, dtype=torch.int64)).backward()
    torch.optim.AdamW(layer.parameters()).step()

    from proctor.room import Shell
    from proctor.walls import readable

    with contextlib.suppress(ImportError, OSError, RuntimeError):
        import landlock.plumbing  # noqa: F401
        import pyseccomp  # noqa: F401
    readable()
    shell = Shell.instance()
    shell.enable_matplotlib("inline")
    matplotlib.pyplot.close("all")
    return shell


def main() -> None:
    control = socket.socket(fileno=int(sys.argv[1]))
    shell = warm_up()
    rooms: set[int] = set()
    control.send(b"ready")
    while True:
        data, fds, _, _ = socket.recv_fds(control, 4096, 1)
        if not data:
            break
        command, *details = msgspec.msgpack.decode(data)
        _reap(rooms)
        if command == "fork":
            (fd,) = fds
            pid = os.fork()
            if pid == 0:
                control.close()
                _enter_room(fd, details[0], shell)
            os.close(fd)
            rooms.add(pid)
            control.send(msgspec.msgpack.encode(pid))
        elif details[0] in rooms:
            with contextlib.suppress(ProcessLookupError):
                os.kill(details[0], signal.SIGINT) if command == "interrupt" else os.killpg(details[0], signal.SIGKILL)
    for pid in rooms:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def _reap(rooms: set[int]) -> None:
    for pid in list(rooms):
        if os.waitpid(pid, os.WNOHANG)[0]:
            rooms.discard(pid)


def _enter_room(fd: int, folder: str, shell) -> None:
    """The forked child: walled in, working in `folder`, it answers requests until the other end closes."""
    status = 1
    try:
        os.setsid()
        os.chdir(folder)
        os.dup2(fd, 3)
        with open(os.devnull, "r+b") as null:
            for stream in (0, 1, 2):
                os.dup2(null.fileno(), stream)
        os.closerange(4, 4096)
        sock = socket.socket(fileno=3)
        from proctor import wire
        from proctor.room import serve
        from proctor.walls import enter_room

        try:
            entered = wire.Entered(enter_room(folder))
        except Exception as error:
            wire.send(sock, wire.encode(wire.Entered([], f"{type(error).__name__}: {error}")))
            raise
        wire.send(sock, wire.encode(entered))
        serve(sock, shell)
        status = 0
    finally:
        os._exit(status)


if __name__ == "__main__":
    main()
