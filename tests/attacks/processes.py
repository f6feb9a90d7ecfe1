"""Processes, threads and signals: what ends, outlives or holds up an examination."""

from attack import Attack

fork = Attack(
    "starts a process that outlives the sandbox", "import os\nif os.fork() >= 0: print('PWNED')"
)
raw_fork = Attack(
    "forks by system call",
    """
import ctypes
libc = ctypes.CDLL(None)
for number in (56, 57, 58, 435):  # clone, fork, vfork, clone3
    pid = libc.syscall(number, 17, 0, 0, 0, 0)
    if pid >= 0:
        print("PWNED", number)
    if pid == 0:
        libc._exit(0)
""",
)
fork_bomb = Attack(
    "forks without end",
    """
import os
for _ in range(10_000):
    try:
        os.fork()
        print("PWNED")
    except OSError:
        pass
""",
)
multiprocessing = Attack(
    "starts a pool of processes",
    "import multiprocessing\nprint('PWNED', multiprocessing.get_context('fork').Pool(2).map(abs, [1]))",
    slow=True,
)
spawn = Attack(
    "starts a program by posix_spawn",
    "import os\nos.posix_spawn('/bin/true', ['true'], {})\nprint('PWNED')",
)
program = Attack(
    "starts a shell",
    "import os, subprocess\nprint('PWNED' if os.system('true') == 0 else '')\nprint('PWNED', subprocess.run(['/bin/true']))",
)
replaced = Attack("becomes another program", "import os\nos.execv('/bin/cat', ['cat', 'SECRET'])")
exit_cell = Attack("ends its cell by sys.exit", "import sys\nsys.exit(0)")
exit_call = Attack("ends every call by sys.exit", "def softmax(x, dim): raise SystemExit(0)")
exit_process = Attack("ends the process with status 0", "import os\nos._exit(0)")
exit_process_in_call = Attack(
    "ends the process when called", "import os\ndef softmax(x, dim): os._exit(0)"
)
abort = Attack("aborts", "import os\ndef softmax(x, dim): os.abort()")
segfault = Attack("reads address 0", "import ctypes\ndef softmax(x, dim): ctypes.string_at(0)")
interrupt = Attack(
    "raises KeyboardInterrupt when called", "def softmax(x, dim): raise KeyboardInterrupt"
)
generator_exit = Attack(
    "raises GeneratorExit when called", "def softmax(x, dim): raise GeneratorExit"
)
stop_itself = Attack(
    "stops itself by SIGSTOP",
    "import signal\ndef softmax(x, dim): signal.raise_signal(signal.SIGSTOP)",
    slow=True,
)
kill_parent = Attack(
    "signals its parent, its group, and everyone",
    """
import os, signal
for pid in (os.getppid(), 1, -1, -os.getppid()):
    try:
        os.kill(pid, signal.SIGTERM)
        print("PWNED", pid)
    except OSError:
        pass
""",
)
kill_through_pidfd = Attack(
    "signals its parent through a pidfd and a thread id",
    """
import ctypes, os
libc = ctypes.CDLL(None)
parent = os.getppid()
if os.getpid() != parent and libc.syscall(234, parent, parent, 0) == 0: print("PWNED tgkill")
if libc.syscall(200, parent, 0) == 0: print("PWNED tkill")
if libc.syscall(434, parent, 0) >= 0: print("PWNED pidfd")
""",
)
traced = Attack(
    "attaches to its parent",
    """
import ctypes, os
libc = ctypes.CDLL(None)
if libc.ptrace(16, os.getppid(), 0, 0) == 0: print("PWNED")
buffer = ctypes.create_string_buffer(8)
for number in (310, 311):  # process_vm_readv, process_vm_writev
    if libc.syscall(number, os.getppid(), buffer, 0, buffer, 0, 0) >= 0: print("PWNED", number)
""",
)
endless_call = Attack("never returns", "def softmax(x, dim):\n    while True: pass", slow=True)
endless_cell = Attack("never lets its cell end", "while True: pass", slow=True)
stubborn = Attack(
    "swallows every interrupt",
    """
def softmax(x, dim):
    while True:
        try:
            while True: pass
        except BaseException: pass
""",
    slow=True,
)
deaf = Attack(
    "blocks every signal and sleeps",
    """
import signal, time
def softmax(x, dim):
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    time.sleep(1000)
""",
    slow=True,
)
slow_every_time = Attack(
    "takes just under the time of a call, at every call",
    "import time\ndef softmax(x, dim):\n    time.sleep(0.9)\n    return x.exp() / x.exp().sum(dim, keepdim=True)",
    slow=True,
)
dies_in_replay = Attack(
    "dies at every other call, so that sandboxes are made again and again",
    """
import os, random
if random.random() < 0.9:
    os._exit(1)
""",
)
surviving_thread = Attack(
    "leaves threads that go on when the call is over",
    """
import threading
def forever():
    while True: torch.ones(10).sum()
for _ in range(3): threading.Thread(target=forever, daemon=True).start()
""",
)
lingering_thread = Attack(
    "leaves a thread that Python would wait for at its end",
    "import threading, time\nthreading.Thread(target=time.sleep, args=(1000,)).start()",
)
at_exit = Attack(
    "leaves something to do at Python's end",
    "import atexit, time\natexit.register(time.sleep, 1000)",
)
limits = Attack(
    "raises its own limits",
    """
import resource
for what in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC):
    soft, hard = resource.getrlimit(what)
    if what != resource.RLIMIT_NPROC and hard == resource.RLIM_INFINITY: print("PWNED", what)
    try:
        resource.setrlimit(what, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        print("PWNED", what)
    except (OSError, ValueError):
        pass
""",
)
new_namespace = Attack(
    "makes namespaces and mounts of its own",
    """
import ctypes
libc = ctypes.CDLL(None)
if libc.unshare(0x10000000) == 0: print("PWNED unshare")
if libc.mount(b"none", b".", b"tmpfs", 0, None) == 0: print("PWNED mount")
if libc.chroot(b".") == 0: print("PWNED chroot")
""",
)
thread_bomb = Attack(
    "starts a thousand threads",
    """
import threading, time
threading.stack_size(32768)
started = 0
try:
    for _ in range(1000):
        threading.Thread(target=time.sleep, args=(5,), daemon=True).start()
        started += 1
except RuntimeError:
    pass
if started > 500: print("PWNED", started)
""",
)
BY_FILE = """
import fcntl, os, signal
end, start = os.pipe()
fcntl.fcntl(end, 10, int(signal.SIGNAL))  # F_SETSIG
fcntl.fcntl(end, fcntl.F_SETOWN, os.getppid())
fcntl.fcntl(end, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
os.write(start, b"x")
print("PWNED")
"""
stop_by_file = Attack(
    "stops the fork server by a signal that a file sends", BY_FILE.replace("SIGNAL", "SIGSTOP")
)
kill_by_file = Attack(
    "kills the fork server by a signal that a file sends", BY_FILE.replace("SIGNAL", "SIGKILL")
)
slow_down = Attack(
    "has the fork server, and so every later sandbox, run last and on one core",
    """
import os
for slow in (
    lambda: os.setpriority(os.PRIO_PROCESS, os.getppid(), 19),
    lambda: os.sched_setaffinity(os.getppid(), {0}),
    lambda: os.sched_setscheduler(os.getppid(), os.SCHED_IDLE, os.sched_param(0)),
):
    try:
        slow()
        print("PWNED")
    except OSError:
        pass
""",
)
own_threads = Attack(
    "has its own threads keep the main one from a core, which would not count as its time",
    """
import threading, time
def softmax(x, dim):
    end = time.monotonic() + 50
    def spin():
        while time.monotonic() < end: x.exp().sum()
    for _ in range(200): threading.Thread(target=spin, daemon=True).start()
    spin()
""",
    slow=True,
)
