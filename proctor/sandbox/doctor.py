"""Which promises of the sandbox hold on this machine: each is found by attempting its violation in a real sandbox."""

import contextlib
import socket
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from proctor.course import find_course
from proctor.errors import CourseError, SandboxDied, SandboxTimeout
from proctor.sandbox import own_disk, protocol
from proctor.sandbox.cell import Cell
from proctor.sandbox.launcher import Server, fork_server
from proctor.sandbox.session import Session

# Each attempt runs in a sandbox, as source text, where names of this module mean nothing; it returns what it got hold of,
# or raises where it was stopped.


def read_any(student: object, paths: list[str]) -> int:
    for path in paths:
        try:
            with open(path, "rb") as file:
                return len(file.read(1)) or True
        except OSError:
            continue
    return False


def write_file(student: object, path: str) -> int:
    with open(path, "w") as file:
        return file.write("x")


def list_folder(student: object, path: str) -> int:
    import os

    return len(os.listdir(path)) or True


def connect(student: object, port: int) -> bool:
    import socket

    socket.create_connection(("127.0.0.1", port), timeout=2).close()
    return True


def run_program(student: object) -> bool:
    import subprocess

    return subprocess.run(["/bin/true"]).returncode == 0


def start_process(student: object) -> bool:
    import os

    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return True


def signal_parent(student: object) -> bool:
    import os

    os.kill(os.getppid(), 0)
    return True


def signal_parent_by_file(student: object) -> bool:
    import fcntl
    import os
    import signal

    end, _ = os.pipe()
    fcntl.fcntl(end, 10, signal.SIGCONT)  # F_SETSIG
    fcntl.fcntl(end, fcntl.F_SETOWN, os.getppid())
    return True


def slow_parent(student: object) -> bool:
    import os

    os.setpriority(os.PRIO_PROCESS, os.getppid(), 1)
    return True


def trace_parent(student: object) -> bool:
    import ctypes
    import os

    return ctypes.CDLL(None, use_errno=True).ptrace(16, os.getppid(), 0, 0) == 0  # PTRACE_ATTACH


def map_memory(student: object, size: int) -> bool:
    import mmap

    # not a byte of it is used
    mmap.mmap(-1, size).close()
    return True


def start_threads(student: object) -> bool:
    import threading

    threading.stack_size(32768)
    end = threading.Event()
    try:
        for _ in range(1000):
            threading.Thread(target=end.wait, daemon=True).start()
    finally:
        end.set()
    return True


def fill_disk(student: object) -> bool:
    import os

    for number in range(20):
        with open(f"part{number}", "wb") as file:
            os.posix_fallocate(file.fileno(), 0, 2**25)
    return True


def make_many_files(student: object, count: int) -> bool:
    import os

    os.mkdir("closed", 0o300)  # to who would clear it away
    for number in range(count):
        open(f"closed/{number}", "x").close()
    return True


def open_files(student: object) -> int:
    return len([open("/dev/null") for _ in range(2000)])


def try_the_walls(server: Server) -> dict[str, bool]:
    """For every promise, whether it held when its violation was attempted in a sandbox of `server`.

    What the course lacks, or where there is no course, something in its place is attempted.
    """
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as listener:
        secret = Path(folder, "secret")
        secret.write_text("a secret")
        checks, solutions, gradebook, submitted = ([str(secret)] for _ in range(4))
        with contextlib.suppress(CourseError):
            course = find_course()
            checks += map(str, course.glob("tests/hidden/*.py"))
            solutions += map(str, (*course.glob("source/*/*.ipynb"), *course.glob("answers/*/*.py")))
            gradebook += [str(course / "gradebook.db"), str(course / "proctor.db")]
            submitted += map(str, course.glob("submitted/*/*/*"))
        session, full, crowded = Session(server, []), Session(server, []), Session(server, [])
        try:
            # each in a sandbox of its own, and before the last one has ended: one that is full leaves room for the next
            limited = _stopped(full, fill_disk) and _stopped(crowded, make_many_files, 2 * own_disk.FILES)
            stopped = partial(_stopped, session)
            return {
                "hidden_checks_unreadable": stopped(read_any, checks),
                "reference_unreadable": stopped(read_any, solutions),
                "submissions_unreadable": stopped(read_any, submitted) and stopped(list_folder, folder),
                "gradebook_unreadable": stopped(read_any, gradebook),
                "writes_stay_inside": stopped(write_file, str(Path(folder, "written")))
                and stopped(write_file, str(Path(server.place).parent / "written")),
                "no_network": stopped(connect, listener.getsockname()[1]),
                "no_programs": stopped(run_program),
                "no_processes": stopped(start_process),
                "no_signals": stopped(signal_parent) and stopped(signal_parent_by_file) and stopped(slow_parent),
                "no_tracing": stopped(trace_parent),
                "memory_limited": stopped(map_memory, 16 * 2**30),
                "files_limited": stopped(open_files),
                "threads_limited": stopped(start_threads),
                "disk_limited": limited and not stopped(write_file, "written"),
            }
        finally:
            for each in (session, full, crowded):
                each.close()


def works() -> None:
    """Has a cell run in a sandbox. Raises `NoSandbox` where there can be none."""
    session = Session(fork_server(), [Cell("1 + 1")])
    try:
        session.run_all()
    finally:
        session.close()


def _stopped(session: Session, probe: Callable, *args: Any) -> bool:
    try:
        reply = session.ask(protocol.probe_request(probe, args), "")
    except (SandboxDied, SandboxTimeout):
        return True
    return isinstance(reply, protocol.Raised) or not reply.value


def keeps_secrets(protected: dict[str, bool]) -> bool:
    """Whether the hidden checks can't be read or sent out of a sandbox."""
    return all(protected.get(name) for name in ("hidden_checks_unreadable", "reference_unreadable", "no_tracing"))
