"""Python as if on another system, for proctor's own modules: with this folder on PYTHONPATH, and ELSEWHERE set.

They find no module, function or constant that Windows, or macOS, lacks. Other packages, which were made for both, find
everything: here they would look for what only the other system has.
"""

import builtins
import os
import sys
import types

SYSTEM = os.environ.get("ELSEWHERE", "")
MODULES = {
    "win32": {"fcntl", "resource", "pwd", "grp", "termios", "pyseccomp"},
    "darwin": {"pyseccomp"},
}
NAMES = {
    "win32": {
        "os": "fork forkpty fwalk geteuid getuid setgroups setsid killpg O_NOFOLLOW O_NONBLOCK O_DIRECTORY WNOHANG "
        "sched_getaffinity mkfifo mknod",
        "socket": "AF_UNIX SO_PASSCRED SCM_CREDENTIALS send_fds recv_fds CMSG_SPACE",
        "signal": "SIGKILL SIGVTALRM setitimer SIGALRM pthread_kill",
        "select": "poll epoll POLLRDHUP",
    },
    "darwin": {
        "os": "sched_getaffinity unshare",
        "socket": "SO_PASSCRED SCM_CREDENTIALS SOCK_SEQPACKET",
        "select": "epoll POLLRDHUP",
    },
}
real_import, real_open = builtins.__import__, builtins.open


class Less(types.ModuleType):
    """A module without some of its names, and with others in their place."""

    def __init__(self, module: types.ModuleType, without: set[str], **other: object):
        super().__init__(module.__name__)
        self.__dict__.update(_module=module, _without=without, _other=other)

    def __getattr__(self, name: str) -> object:
        if name in self._other:
            return self._other[name]
        if name in self._without:
            raise AttributeError(f"module {self._module.__name__!r} has no attribute {name!r} here")
        return getattr(self._module, name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._module, name, value)


def _select(reading: list, writing: list, failing: list, timeout: float | None = None) -> object:
    import select
    import socket

    assert all(isinstance(each, socket.socket) for each in [*reading, *writing, *failing]), (
        "sockets only, on Windows"
    )
    return select.select(reading, writing, failing, timeout)


def _is_pressed() -> bool:
    import select
    import tty

    if termios_lines(sys.stdin.fileno()):
        tty.setcbreak(sys.stdin.fileno())
    return bool(select.select([0], [], [], 0)[0])


def termios_lines(terminal: int) -> bool:
    """Whether a terminal still gives whole lines, which Windows's functions for keys don't wait for."""
    import termios

    return bool(termios.tcgetattr(terminal)[3] & termios.ICANON)


def _pressed() -> str:
    return os.read(0, 1).decode()


def _others(name: str) -> dict[str, object]:
    if name == "sys":
        return {"platform": SYSTEM}
    if SYSTEM == "win32":
        import signal

        pretended = types.SimpleNamespace(
            setmode=lambda stream, mode: None, kbhit=_is_pressed, getwch=_pressed
        )
        found = {
            "os": {"O_BINARY": 0},
            "subprocess": {"CREATE_NEW_PROCESS_GROUP": 0},
            "signal": {"CTRL_BREAK_EVENT": signal.SIGUSR1, "SIGBREAK": signal.SIGUSR1},
            "select": {"select": _select},
            "msvcrt": vars(pretended),
        }
        return found.get(name, {})
    return {}


def _from_here(module: object) -> bool:
    return str(module).partition(".")[0] == "proctor"


def _import(name, globals=None, locals=None, fromlist=(), level=0):
    if level or not globals or not _from_here(globals.get("__name__", "")):
        return real_import(name, globals, locals, fromlist, level)
    if name in MODULES[SYSTEM]:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    if name == "msvcrt" and SYSTEM == "win32":
        return Less(types.ModuleType(name), set(), **_others(name))
    found = real_import(name, globals, locals, fromlist, level)
    without, others = set(NAMES[SYSTEM].get(name, "").split()), _others(name)
    return Less(found, without, **others) if without or others else found


def _open(file, *args, **kwargs):
    lacking = str(file).startswith(("/proc", "/dev/")) and str(file) != os.devnull
    if lacking and _from_here(sys._getframe(1).f_globals.get("__name__", "")):
        raise FileNotFoundError(2, "No such file or directory", str(file))
    return real_open(file, *args, **kwargs)


if SYSTEM:
    builtins.__import__, builtins.open = _import, _open
