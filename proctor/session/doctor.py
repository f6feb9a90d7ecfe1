"""Tests the promises of the sandbox on this machine: attempts to violate each in a real sandbox."""

import contextlib
import socket
import tempfile
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any

from proctor.course import find_course
from proctor.course.configuration import EXCHANGE, exchange_of
from proctor.errors import CourseError
from proctor.sandbox import linux
from proctor.sandbox.cell import Cell, CellDone
from proctor.sandbox.launcher import Server, fork_server
from proctor.session.session import Session

# Definitions that the attempts use, after the values that `try_the_walls` knows.
PRELUDE = """
import ast, contextlib, ctypes, fcntl, mmap, os, signal, socket, subprocess, threading, time

libc = ctypes.CDLL(None, use_errno=True)

def read(paths):
    for path in paths:
        with contextlib.suppress(OSError), open(path, "rb") as file:
            file.read(1)
            return
    raise PermissionError("none of them")

def start_threads(count):
    threading.stack_size(32768)
    end = threading.Event()
    try:
        for _ in range(count):
            threading.Thread(target=end.wait, daemon=True).start()
    except RuntimeError:
        end.set()
        raise

def hold_threads():
    with contextlib.suppress(RuntimeError):
        for _ in range(200):
            threading.Thread(target=threading.Event().wait, daemon=True).start()

def fill_disk():
    for number in range(20):
        with open(f"part{number}", "wb") as file:
            os.posix_fallocate(file.fileno(), 0, 2**25)

def make_files(count):
    os.mkdir("closed", 0o300)  # which can't be listed, to clear it away
    for number in range(count):
        open(f"closed/{number}", "x").close()

def signal_by_file(process):
    end, _ = os.pipe()
    fcntl.fcntl(end, 10, signal.SIGCONT)  # F_SETSIG
    fcntl.fcntl(end, fcntl.F_SETOWN, process)

here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)

def take_an_address():
    here.bind("\\0proctor-neighbour")
    print(here.getsockname(), end="")

def be_given_an_address():
    here.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    here.send(b"x")
    print(here.getsockname(), end="")

def leave_the_pair():
    there.close()
    with contextlib.suppress(ConnectionRefusedError):
        here.send(b"x")

def talk_to(addresses):
    leave_the_pair()
    assert addresses, "nobody listens"
    here.sendto(b"x", ast.literal_eval(addresses[0]))

def trace(process):
    assert libc.ptrace(16, process, 0, 0) == 0  # PTRACE_ATTACH

def facts(path):
    names = ("st_mode", "st_size", "st_mtime_ns")
    return [getattr(os.stat(path), name) for name in names] + os.listxattr(path)

def change(path, action):
    before = facts(path)
    action()
    assert facts(path) != before, "it did nothing"

def set_attribute(path):
    libc.setxattr(path.encode(), b"user.word", b"x", 1, 0)
    value = (ctypes.c_uint64 * 2)(ctypes.addressof(ctypes.create_string_buffer(b"x")), 1)
    libc.syscall(463, -100, path.encode(), 0, b"user.word", value, 16)  # setxattrat

def make_immutable():
    flags = ctypes.c_long()
    with open(os.__file__) as file:
        fcntl.ioctl(file, 0x80086601, flags)  # FS_IOC_GETFLAGS
        fcntl.ioctl(file, 0x40086602, flags)  # FS_IOC_SETFLAGS

def thread_with_files_of_its_own():
    stack = ctypes.create_string_buffer(65536)
    flags = 0x100 | 0x200 | 0x800 | 0x10000 | 0x40000  # CLONE_VM, FS, SIGHAND, THREAD, SYSVSEM, and no FILES
    pause = ctypes.cast(libc.pause, ctypes.c_void_p)
    assert libc.clone(pause, ctypes.c_void_p(ctypes.addressof(stack) + 65536 - 64), flags, None) > 0

def files_of_its_own():
    assert libc.unshare(0x400) == 0 or libc.syscall(436, 1000, 1001, 2) == 0  # CLONE_FILES; close_range
"""

# By promise, the cells that would break it; each raises if it is stopped.
ATTEMPTS = {
    "hidden_checks_unreadable": ["read(checks)"],
    "reference_unreadable": ["read(solutions)"],
    "submissions_unreadable": ["read(submitted)", "os.listdir(folder)"],
    "gradebook_unreadable": ["read(gradebook)"],
    "exchange_unreadable": ["read(exchange)", "os.listdir(exchange[0])"],
    "writes_stay_inside": [
        "open(f'{folder}/written', 'w').close()",
        "open(f'{place}/../written', 'w').close()",
        "change(secret, lambda: os.truncate(secret, 0))",
        "change(secret, lambda: os.close(os.open(secret, os.O_RDONLY | os.O_TRUNC)))",
        "change(secret, lambda: os.close(os.open(secret, 3 | os.O_TRUNC)))",
        "change(secret, lambda: os.chmod(secret, 0o777))",
        "change(secret, lambda: os.utime(secret, (0, 0)))",
        "change(secret, lambda: set_attribute(secret))",
        "make_immutable()",
    ],
    "no_network": [
        "socket.create_connection(('127.0.0.1', port), timeout=2).close()",
        "fcntl.ioctl(3, 0x8912, bytes(40))",  # SIOCGIFCONF
    ],
    "no_rights": ["time.clock_settime(time.CLOCK_REALTIME, time.time())"],
    "no_programs": ["subprocess.run(['/bin/true'], check=True)"],
    "no_processes": ["os.waitpid(os.fork() or os._exit(0), 0)"],
    "no_signals": [
        "os.kill(os.getppid(), 0)",
        "signal_by_file(os.getppid())",
        "os.setpriority(os.PRIO_PROCESS, os.getppid(), 1)",
    ],
    "no_neighbours": [
        "talk_to(addresses)",
        "change(f'/proc/{os.getppid()}/task', lambda: os.utime(f'/proc/{os.getppid()}/task', (0, 0)))",
    ],
    # not a byte of it is used
    "memory_limited": ["mmap.mmap(-1, 2**34).close()"],
    "files_limited": [
        "[open('/dev/null') for _ in range(2000)]",
        "files_of_its_own()",
        "thread_with_files_of_its_own()",
    ],
    "threads_limited": ["start_threads(1000); time.sleep(3)"],
    # last: a fork server that is traced answers no more
    "no_tracing": ["trace(os.getppid())"],
}
# Cells that two other sandboxes run before, and those that one can still run which isn't full
# because of them.
FULL = ["fill_disk()", "hold_threads()"]
CROWDED = [
    f"make_files({2 * linux.FILES})",
    "hold_threads()",
    "be_given_an_address()",
    "take_an_address()",
    "leave_the_pair()",
]
LEFT = ["open('room', 'w').close()", "start_threads(32)"]
# by the name that the attempts give them, the files of a course that they try to read
PLACES = {
    "checks": ["tests/hidden/*.py"],
    "solutions": ["source/*/*.ipynb", "answers/*/*.py"],
    "gradebook": ["gradebook.db", "proctor.db"],
    "submitted": ["submitted/*/*/*"],
}
SECRETS = ("hidden_checks_unreadable", "reference_unreadable", "no_tracing")


def try_the_walls(server: Server) -> dict[str, bool]:
    """For every promise, whether it held when its violation was attempted in a sandbox of `server`.

    If the course lacks a file, or there is no course, the attempt is made on a file in its place.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.create_server(("127.0.0.1", 0)) as listener,
    ):
        secret = Path(folder, "secret")
        secret.write_text("a secret")
        known: dict[str, Any] = {
            "folder": folder,
            "secret": str(secret),
            "place": server.place,
            "port": listener.getsockname()[1],
            "exchange": [EXCHANGE, str(secret)],
        }
        known |= {name: [str(secret)] for name in PLACES}
        with contextlib.suppress(CourseError):
            course = find_course()
            exchange = exchange_of(course)
            known["exchange"] = [str(exchange), *map(str, exchange.glob("*/inbound/*/*"))]
            for name, patterns in PLACES.items():
                for pattern in patterns:
                    known[name] += map(str, course.glob(pattern))
        with contextlib.ExitStack() as ended:
            done = _run(ended, server, known, FULL) | _run(ended, server, known, CROWDED)
            known["addresses"] = []
            for each in done.values():
                for output in each.outputs:
                    if "text" in output:
                        known["addresses"].append(output["text"])
            for cells in LEFT, chain(*ATTEMPTS.values()):
                done |= _run(ended, server, known, cells)
        stopped = {source for source, each in done.items() if each.error_name is not None}
        held = {promise: stopped.issuperset(attempts) for promise, attempts in ATTEMPTS.items()}
        held["disk_limited"] = stopped >= {FULL[0], CROWDED[0]} and LEFT[0] not in stopped
        return held | {"threads_apart": LEFT[1] not in stopped}


def _run(
    ended: contextlib.ExitStack, server: Server, known: dict[str, Any], sources: Iterable[str]
) -> dict[str, CellDone]:
    """The results of these cells, by source, in a sandbox of their own, which ends with `ended`."""
    prelude = "\n".join(f"{name} = {value!r}" for name, value in known.items()) + PRELUDE
    session = Session(server, [Cell(source) for source in (prelude, *sources)])
    ended.callback(session.close)
    session.run_all()
    return {cell.source: cell.done or CellDone([], "Died") for cell in session.cells}


def works() -> None:
    """Runs a cell in a sandbox. Raises `NoSandbox` if there can be none."""
    with contextlib.closing(Session(fork_server(), [Cell("1 + 1")])) as session:
        session.run_all()


def keeps_secrets(protected: dict[str, bool]) -> bool:
    """Whether the hidden checks can't be read or sent out of a sandbox."""
    return all(protected.get(name) for name in SECRETS)
