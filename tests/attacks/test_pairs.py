"""Two sandboxes at the same time, one that leaves a word by every means there is, and one that looks for it."""

import contextlib
import multiprocessing
from dataclasses import dataclass

import pytest

from proctor.sandbox import isolation
from proctor.sandbox.cell import Cell
from proctor.sandbox.launcher import fork_server
from proctor.session.session import Session


@dataclass(frozen=True)
class Channel:
    """A word between neighbours: one runs `say`, then the other `hear`, which prints HEARD where the word came.

    `hole`: why it still comes.
    """

    say: str
    hear: str
    hole: str = ""


BOTH = """
import ctypes, errno, fcntl, mmap, os, resource, select, signal, socket, struct, threading, time
libc = ctypes.CDLL(None, use_errno=True)
shared, beside = os.__file__, os.path.dirname(os.__file__)

def address_of_a_shared_page():
    global page, found
    page = mmap.mmap(os.open(shared, os.O_RDONLY), 4096, mmap.MAP_SHARED, mmap.PROT_READ)
    found = memoryview(page).cast("I")
    at = ctypes.py_object(found)
    import numpy
    return numpy.frombuffer(page, numpy.uint32).ctypes.data

def when_it_fails(action):
    try:
        action()
    except OSError:
        print("HEARD")
"""
RECORD = "struct.pack('hhqqi', {kind}, 0, 0, 0, 0)"
CHANNELS = {
    "an abstract address that is bound": Channel(
        "here = socket.socketpair(type=socket.SOCK_DGRAM)[0]\nhere.bind('\\0word')",
        "there = socket.socketpair(type=socket.SOCK_DGRAM)[0]\nthere.connect('\\0word')\nprint('HEARD')",
    ),
    "an abstract address that the kernel gives to who asks for credentials": Channel(
        "here, other = socket.socketpair(type=socket.SOCK_DGRAM)\nhere.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)\nhere.send(b'')",
        """
here, other = socket.socketpair(type=socket.SOCK_DGRAM)
for number in range(2**12):
    with contextlib.suppress(ConnectionError, PermissionError):
        here.sendto(b"x", b"\\0%05x" % number)
        print("HEARD")
""",
    ),
    "the request's own socket, by an address": Channel(
        "os.set_blocking(3, True)\nsocket.socket(fileno=os.dup(3)).setsockopt(1, 16, 1)",
        "socket.socket(fileno=os.dup(3)).sendto(b'x', '\\0word')\nprint('HEARD')",
    ),
    "a descriptor sent over a pair of sockets": Channel(
        "here, there = socket.socketpair()\nsocket.send_fds(here, [b'x'], [0])\nprint('HEARD')", ""
    ),
    "a System V queue, memory and semaphores": Channel(
        "print([libc.msgget(77, 0o1666), libc.shmget(77, 4096, 0o1666), libc.semget(77, 1, 0o1666)])",
        "if max(libc.msgget(77, 0), libc.shmget(77, 0, 0), libc.semget(77, 0, 0)) >= 0: print('HEARD')",
    ),
    "a POSIX queue": Channel(
        "libc.syscall(240, b'word', 0o102, 0o666, None)",
        "if libc.syscall(240, b'word', 0, 0, None) >= 0: print('HEARD')",
    ),
    "a POSIX semaphore and memory": Channel(
        "import multiprocessing\nkept = multiprocessing.Semaphore()",
        "if os.listdir('/dev/shm'): print('HEARD')",
    ),
    "a file in /dev/shm, /tmp or beside its own folder": Channel(
        "for place in ('/dev/shm', '/tmp', '..', '/var/tmp', '/dev'):\n"
        "    with contextlib.suppress(OSError): open(f'{place}/word', 'x')",
        "for place in ('/dev/shm', '/tmp', '..', '/var/tmp', '/dev'):\n    if os.path.exists(f'{place}/word'): print('HEARD')",
    ),
    "the times of the machine's own devices": Channel(
        "with contextlib.suppress(OSError): os.utime('/dev/full')",
        "if time.time() - os.stat('/dev/full').st_mtime < 60: print('HEARD')",
    ),
    "the count of all that is read and written asynchronously": Channel(
        "if libc.syscall(206, 100, ctypes.byref(ctypes.c_ulong())) == 0: print('HEARD')", ""
    ),
    "a signal to every process there is": Channel(
        "got = []\nfor number in (10, 12, 40): signal.signal(number, lambda *_: got.append(1))",
        """
for process in range(1, 300):
    if process != os.getpid():
        for call in ((62, process, 10), (200, process, 10), (234, process, process, 10), (424, process, 10, 0, 0)):
            if libc.syscall(*call) == 0: print("HEARD")
""",
    ),
    "a priority, an affinity or a limit of another process": Channel(
        "",
        """
for process in range(1, 300):
    if process != os.getpid():
        if not libc.setpriority(0, process, 5): print("HEARD")
        with contextlib.suppress(OSError):
            os.sched_setaffinity(process, {0})
            print("HEARD")
        with contextlib.suppress(OSError, ValueError):
            resource.prlimit(process, resource.RLIMIT_NOFILE, (10, 10))
            print("HEARD")
""",
    ),
    "a lock on a file that all may read": Channel(
        "kept = open(shared)\nfcntl.flock(kept, fcntl.LOCK_EX)",
        "when_it_fails(lambda: fcntl.flock(open(shared), fcntl.LOCK_EX | fcntl.LOCK_NB))",
    ),
    "a lock on a folder": Channel(
        "kept = os.open(beside, os.O_RDONLY)\nfcntl.flock(kept, fcntl.LOCK_SH)",
        "when_it_fails(lambda: fcntl.flock(os.open(beside, os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB))",
    ),
    "a lock on a part of a file, asked for and not taken": Channel(
        "kept = open(shared)\nfcntl.lockf(kept, fcntl.LOCK_SH, 1, 77)",
        f"got = fcntl.fcntl(open(shared), fcntl.F_GETLK, {RECORD.format(kind=1)})\n"
        "if struct.unpack_from('h', got)[0] != 2: print('HEARD')",
    ),
    "an open file's lock, which outlives the descriptor": Channel(
        f"kept = open(shared)\nfcntl.fcntl(kept, 37, {RECORD.format(kind=0)})",
        f"got = fcntl.fcntl(open(shared), 36, {RECORD.format(kind=1)})\n"
        "if struct.unpack_from('h', got)[0] != 2: print('HEARD')",
    ),
    "a lease": Channel(
        "kept = open(shared)\nfcntl.fcntl(kept, fcntl.F_SETLEASE, fcntl.F_RDLCK)\nprint('HEARD')",
        "",
    ),
    "the news of what a neighbour opens": Channel(
        "news = libc.inotify_init1(0o4000)\nlibc.inotify_add_watch(news, beside.encode(), 0xfff)\nos.listdir(beside)\n"
        "if select.select([news], [], [], 1)[0]: print('HEARD')",
        "open(shared).read(1)",
    ),
    "how many of the news there may be": Channel(
        "kept = [libc.inotify_init1(0) for _ in range(200)]",
        "if libc.inotify_init1(0) < 0 and ctypes.get_errno() == errno.EMFILE: print('HEARD')",
    ),
    "how large all pipes together may be": Channel(
        "pipes = [os.pipe()[0] for _ in range(100)]\n"
        "for pipe in pipes:\n"
        "    for size in (2**20, 2**18, 2**17):\n"
        "        with contextlib.suppress(OSError): fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, size); break",
        "if fcntl.fcntl(os.pipe()[0], fcntl.F_GETPIPE_SZ) < 2**16: print('HEARD')",
    ),
    "how many timers all together may set": Channel(
        "at = ctypes.create_string_buffer(8)\n"
        "kept = sum(libc.timer_create(0, None, at) == 0 for _ in range(resource.getrlimit(resource.RLIMIT_SIGPENDING)[0]))",
        "if libc.timer_create(0, None, ctypes.create_string_buffer(8)) and ctypes.get_errno() == errno.EAGAIN: print('HEARD')",
    ),
    "a signal for what a neighbour reads": Channel(
        "fcntl.fcntl(os.open(beside, os.O_RDONLY), fcntl.F_NOTIFY, fcntl.DN_ACCESS | fcntl.DN_MULTISHOT)\nprint('HEARD')",
        "open(shared).read(1)",
    ),
    "a place on which threads wait, in a file that all may read": Channel(
        "at = address_of_a_shared_page()\n"
        "threading.Thread(target=lambda: libc.syscall(202, ctypes.c_void_p(at), 0, ctypes.c_uint32.from_address(at).value, None), daemon=True).start()\n"
        "time.sleep(0.2)",
        "if libc.syscall(202, ctypes.c_void_p(address_of_a_shared_page()), 1, 100): print('HEARD')",
        hole="Python joins a thread, and OpenMP wakes its own, by the same call",
    ),
}


@pytest.mark.parametrize(
    "channel",
    [
        pytest.param(
            channel,
            id=name,
            marks=[pytest.mark.xfail(strict=True, reason=channel.hole)] if channel.hole else [],
        )
        for name, channel in CHANNELS.items()
    ],
)
def test_no_word_comes_to_a_neighbour(channel):
    if isolation.missing():
        pytest.skip("a wall is missing here")
    with contextlib.ExitStack() as ended:
        outputs = []
        for cell in (channel.say, channel.hear):
            session = Session(fork_server(), [Cell(f"import contextlib{BOTH}"), Cell(cell)])
            ended.callback(session.close)
            session.run_all()
            prepared, done = (cell.done for cell in session.cells)
            assert prepared and done, "a cell ended its process"
            assert prepared.error_name is None
            outputs += done.outputs
        assert not [output for output in outputs if "HEARD" in output.get("text", "")], outputs


def numbers() -> str:
    """The numbers of a sandbox's process and of its parent's, as the sandbox has them."""
    session = Session(fork_server(), [Cell("import os\nprint(os.getpid(), os.getppid())")])
    with contextlib.closing(session):
        session.run_all()
        assert session.cells[0].done
        return session.cells[0].done.outputs[0]["text"].strip()


def test_each_worker_numbers_its_processes_apart():
    if isolation.missing():
        pytest.skip("a wall is missing here")
    numbers()  # the fork server is there before it is shared
    for _ in range(2):
        with multiprocessing.get_context("fork").Pool(1) as worker:
            assert worker.apply(numbers) == "2 1"
