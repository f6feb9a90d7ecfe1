"""System calls: what a list of forbidden ones had let through, and younger calls than any list knows."""

from attack import Attack

BEGIN = """
import ctypes, errno, fcntl, os, threading
libc = ctypes.CDLL(None, use_errno=True)
def call(*arguments):
    result = libc.syscall(*arguments)
    return result, ctypes.get_errno()
"""

every_younger_call = Attack(
    "calls every number above those that the list was read from, as a later kernel may have them",
    BEGIN
    + """
for number in range(454, 600):
    result, error = call(number, 0, 0, 0, 0, 0, 0)
    if error != errno.ENOSYS: print("PWNED", number, result, error)
""",
)
extended_attributes = Attack(
    "gives a file that it may read an attribute, by the older calls and by the younger",
    BEGIN
    + """
path = os.__file__.encode()
value = (ctypes.c_uint64 * 2)(ctypes.addressof(ctypes.create_string_buffer(b"x")), 1)
if libc.setxattr(path, b"user.word", b"x", 1, 0) == 0: print("PWNED setxattr")
if call(463, -100, path, 0, b"user.word", value, 16)[0] == 0: print("PWNED setxattrat")
if call(469, -100, path, ctypes.create_string_buffer(64), 24, 0)[0] == 0: print("PWNED file_setattr")
""",
)
flags_of_a_file = Attack(
    "makes a file that it may read immutable",
    BEGIN
    + """
flags = ctypes.c_long()
for request in (0x80086601, 0x40086602, 0x801C581F, 0x401C5820):  # GETFLAGS, SETFLAGS, FSGETXATTR, FSSETXATTR
    with open(os.__file__) as file:
        if libc.ioctl(file.fileno(), request, ctypes.byref(flags)) == 0: print("PWNED", hex(request))
""",
)
interfaces = Attack(
    "asks its own socket for the machine's interfaces and addresses",
    BEGIN
    + """
for request in (0x8912, 0x8913, 0x8915, 0x8927, 0x8933):
    if libc.ioctl(3, request, ctypes.create_string_buffer(4096)) == 0: print("PWNED", hex(request))
""",
)
emptied = Attack(
    "empties a file without the right to write it",
    BEGIN
    + """
before = os.path.getsize(os.__file__)
for flags in (os.O_RDONLY | os.O_TRUNC, 3 | os.O_TRUNC):
    libc.open(b"SECRET", flags)
    libc.open(os.__file__.encode(), flags)
libc.truncate(b"SECRET", 0)
if libc.truncate(os.__file__.encode(), before) == 0: print("PWNED")
""",
)
threads_with_files_of_their_own = Attack(
    "has threads open as many files each as a process may",
    BEGIN
    + """
stack = ctypes.create_string_buffer(65536)
top, pause = ctypes.c_void_p(ctypes.addressof(stack) + 65000), ctypes.cast(libc.pause, ctypes.c_void_p)
if libc.clone(pause, top, 0x100 | 0x200 | 0x800 | 0x10000 | 0x40000, None) > 0: print("PWNED clone")
if libc.unshare(0x400) == 0: print("PWNED unshare")
if call(436, 1000, 1001, 2)[0] == 0: print("PWNED close_range")
""",
)
buffers = Attack(
    "fills the buffers of sockets, which no limit of memory counts",
    BEGIN
    + """
import socket
pairs = []
try:
    while True:
        pairs.append(socket.socketpair())
        pairs[-1][0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**28)
except OSError:
    pass
held = 0
for near, far in pairs:
    near.setblocking(False)
    try:
        while True: held += near.send(bytes(65536))
    except OSError:
        pass
if held > 100 * 2**20: print("PWNED", held)
""",
)
word_in_proc = Attack(
    "leaves a word at the process that makes the sandboxes, for a later submission",
    BEGIN
    + """
for process in (os.getppid(), 1, 2):
    for name in ("task", "attr", "net", "fdinfo"):
        path = f"/proc/{process}/{name}"
        try:
            os.utime(path, (0, 0x5EC12E7))
            if os.stat(path).st_mtime == 0x5EC12E7: print("PWNED", path)
        except OSError:
            pass
""",
)
clock = Attack(
    "sets the clock",
    "import time\ntry:\n    time.clock_settime(time.CLOCK_REALTIME, time.time())\n    print('PWNED')\nexcept OSError:\n    pass",
)
outlives = Attack(
    "asks not to end with its parent",
    BEGIN + "if libc.prctl(1, 0, 0, 0, 0) == 0: print('PWNED')",
)
