"""Ways out to other machines, and to other programs on this one."""

from attack import Attack


def tries_socket(what: str, expression: str) -> Attack:
    return Attack(
        f"opens {what}",
        f"""
import socket
try:
    print("PWNED", {expression})
except OSError as error:
    print(error.strerror)
""",
    )


tcp = tries_socket("a TCP socket", "socket.socket()")
udp = tries_socket(
    "a UDP socket", "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 53))"
)
ipv6 = tries_socket("an IPv6 socket", "socket.socket(socket.AF_INET6)")
unix = tries_socket("a Unix socket", "socket.socket(socket.AF_UNIX)")
raw = tries_socket("a raw socket", "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)")
netlink = tries_socket("a netlink socket", "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)")
server = tries_socket("a server", "socket.create_server(('127.0.0.1', 0))")
names = tries_socket("a name server's answer", "socket.gethostbyname('example.org')")
own_link = Attack(
    "turns the sandbox's own socket into a server or a connection",
    """
import os, socket
link = socket.socket(fileno=3)
for use in (lambda: link.connect("\\0x"), lambda: link.bind("NEWFILE"), lambda: link.listen()):
    try:
        use()
        print("PWNED")
    except OSError:
        pass
""",
)
download = Attack(
    "fetches a page",
    """
import urllib.request
print("PWNED", urllib.request.urlopen("http://example.org", timeout=1).read(10))
""",
)
weights = Attack(
    "has PyTorch fetch weights",
    "torch.hub.load_state_dict_from_url('http://example.org/weights.pt', model_dir='.')\nprint('PWNED')",
)
rings = Attack(
    "asks the kernel through io_uring",
    """
import ctypes
if ctypes.CDLL(None).syscall(425, 8, ctypes.create_string_buffer(256)) >= 0: print("PWNED")
""",
)
memory_file = Attack(
    "makes a program in memory",
    """
import os
descriptor = os.memfd_create("x")
print("PWNED", descriptor)
""",
)
message_queue = Attack(
    "leaves shared memory and message queues for others",
    """
import ctypes
from multiprocessing import shared_memory
libc = ctypes.CDLL(None)
if libc.shmget(4242, 4096, 0o1666) >= 0: print("PWNED shmget")
if libc.msgget(4242, 0o1666) >= 0: print("PWNED msgget")
try:
    print("PWNED", shared_memory.SharedMemory("NEWFILE", create=True, size=10))
except OSError:
    pass
""",
)
neighbours = Attack(
    "has its socket found by a neighbour, and writes to one",
    """
import ctypes, socket
one, other = socket.socketpair(type=socket.SOCK_DGRAM)
# the kernel reads the lower half of an option alone
for level, option in ((1, 16), (1, 76), (1 + 2**32, 16), (1, 16 + 2**32)):
    on = ctypes.byref(ctypes.c_int(1))
    ctypes.CDLL(None).syscall(54, one.fileno(), ctypes.c_long(level), ctypes.c_long(option), on, 4)
one.send(b"x")
if one.getsockname(): print("PWNED")
try:
    other.sendto(b"x", "\\0name")
except OSError as error:
    if error.errno not in (1, 38): print("PWNED", error)
""",
)
signal_by_file = Attack(
    "asks for a signal to another process by way of a file, spelled so that the kernel reads it alone",
    """
import ctypes, os, socket
one, other = socket.socketpair()
if not ctypes.CDLL(None).syscall(72, one.fileno(), ctypes.c_long(8 + 2**32), 1): print("PWNED")
""",
)
