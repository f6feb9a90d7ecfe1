"""The system calls that a sandbox may make.

The kernel refuses every other one, those of its later versions included.

The lists were read by hand, from traces of the honest notebooks, PyTorch, NumPy, matplotlib,
IPython, sqlite, asyncio and `DataLoader` on glibc, and from the sources of older versions of it and
of musl. A call that no list names fails with `ENOSYS`, for which every libc has another way.
"""

import errno
import os
import socket
from collections.abc import Iterable
from functools import cache
from typing import Any

from proctor.errors import IsolationError
from proctor.sandbox import linux

# 64-bit ARM lacks the older names of a call; libseccomp skips the names that a machine has not.
ALLOWED = {
    "its own memory": "brk mmap munmap mremap mprotect madvise msync",
    "files that it has open": """
        read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek close dup dup2 dup3
        fsync fdatasync ftruncate fallocate fadvise64 sendfile copy_file_range""",
    "files by name, which Landlock and bubblewrap restrict": """
        creat stat lstat fstat newfstatat statx access faccessat faccessat2 readlink readlinkat getdents getdents64
        getcwd chdir fchdir mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 symlink symlinkat
        statfs fstatfs umask getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr""",
    "pipes, and pairs of sockets that have no address": """
        pipe pipe2 eventfd eventfd2 recvfrom recvmsg shutdown getsockname getpeername getsockopt
        poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2""",
    "clocks and waiting": """
        clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times
        alarm setitimer getitimer pause restart_syscall wait4 waitid""",
    "handlers of signals": """
        rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigsuspend rt_sigtimedwait sigaltstack""",
    "threads, and the processor's matrix unit": """
        futex set_robust_list set_tid_address rseq gettid sched_yield exit exit_group arch_prctl""",
    "facts about itself and the machine": """
        getpid getppid getpgrp getpgid getsid getuid geteuid getgid getegid getgroups getresuid getresgid
        uname sysinfo getrusage getrlimit getcpu getrandom getpriority sched_getaffinity
        sched_getparam sched_getscheduler sched_get_priority_max sched_get_priority_min""",
}
# Only with a disk of its own: Landlock lets these change files that the sandbox may only read.
ALLOWED_ON_ITS_OWN_DISK = "chmod fchmod fchmodat utime utimes utimensat futimesat".split()
# Functions of Python report these as a missing permission.
REFUSED = """
    execve execveat fork vfork kill tkill ptrace
    socket connect bind listen accept accept4 sendmsg sendmmsg
    mount chroot link linkat mknod mknodat chown fchown lchown fchownat
    setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr
    setuid setgid setpgid setsid setpriority sched_setaffinity
""".split()
# These succeed and do nothing. Another sandbox could feel a lock on a file that all read, and a
# socket's buffers take memory that no limit counts.
IGNORED = ["flock", "setsockopt"]
LOCKS = "F_SETLK F_SETLKW F_OFD_SETLK F_OFD_SETLKW".split()

# No F_SETOWN and F_SETSIG, which send signals; no F_SETPIPE_SZ, which takes from the pipes of other
# sandboxes.
FCNTL = """
    F_DUPFD F_GETFD F_SETFD F_GETFL F_SETFL F_GETLK F_OFD_GETLK F_DUPFD_CLOEXEC F_GETPIPE_SZ
""".split()
# No FS_IOC_SETFLAGS, which makes a file immutable; nothing about network interfaces.
IOCTL = "TCGETS TIOCGWINSZ FIONREAD FIONBIO FIONCLEX FIOCLEX".split()
FICLONE = 0x40049409
# PR_GET_DUMPABLE, PR_SET_NAME, PR_GET_NAME, PR_GET_NO_NEW_PRIVS. No PR_SET_PDEATHSIG: the sandbox
# ends with the fork server.
PRCTL = [3, 15, 16, 39]

# Flags of clone, for threads alone. A thread with open files of its own could hold as many as its
# whole process.
CLONE_THREAD = 0x10000
# VM, FS, FILES, SIGHAND, THREAD, SYSVSEM
SHARED = 0x100 | 0x200 | 0x400 | 0x800 | CLONE_THREAD | 0x40000
# SETTLS, ..._SETTID, CHILD_CLEARTID, DETACHED
BOOKKEEPING = 0x80000 | 0x100000 | 0x200000 | 0x400000 | 0x1000000

O_ACCMODE = 3
# The bits of an argument that the kernel reads.
INT, POINTER = 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF
UNKNOWN = -1  # the number of a call that an older libseccomp has no name for


def _is(argument: int, value: int, bits: int = INT) -> Any:
    """The condition that an argument of a call, counted from 0, has this value in these bits."""
    import pyseccomp

    return pyseccomp.Arg(argument, pyseccomp.MASKED_EQ, bits, value)


def allowed_if(writes_are_walled: bool) -> list[tuple[str, list[Any]]]:
    """The calls that are allowed with some arguments only, each with the conditions on these.

    `writes_are_walled`: whether another wall keeps the process from emptying a file that it may
    only read.
    """
    import fcntl
    import termios

    rules = [("fcntl", [_is(1, getattr(fcntl, name))]) for name in FCNTL]
    rules += [("ioctl", [_is(1, getattr(termios, name))]) for name in IOCTL]
    rules += [("prctl", [_is(0, option)]) for option in PRCTL]
    rules += [
        ("ioctl", [_is(1, FICLONE)]),
        ("clone", [_is(0, SHARED, INT & ~BOOKKEEPING)]),
        # to read the limits of this process
        ("prlimit64", [_is(0, 0), _is(2, 0, POINTER)]),
        ("socketpair", [_is(0, socket.AF_UNIX)]),
        # without an address
        ("sendto", [_is(4, 0, POINTER)]),
    ]
    if writes_are_walled:
        return [*rules, ("truncate", []), ("open", []), ("openat", [])]
    for call, flags in ("open", 1), ("openat", 2):
        rules.append((call, [_is(flags, 0, os.O_TRUNC)]))
        for mode in os.O_WRONLY, os.O_RDWR:
            rules.append((call, [_is(flags, mode | os.O_TRUNC, O_ACCMODE | os.O_TRUNC)]))
    return rules


@cache
def most_rules(own_disk: bool) -> Any:
    """The filter with every rule that is the same in all sandboxes: the fork server makes it
    once.
    """
    import fcntl

    import pyseccomp

    built = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.ENOSYS))

    def add(action: int, calls: Iterable[str], *conditions: Any) -> None:
        for call in calls:
            number = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, call)
            if number != UNKNOWN:
                built.add_rule(action, number, *conditions)

    allow, refuse, ignore = pyseccomp.ALLOW, pyseccomp.ERRNO(errno.EPERM), pyseccomp.ERRNO(0)
    for calls in ALLOWED.values():
        add(allow, calls.split())
    add(refuse, REFUSED)
    add(ignore, IGNORED)
    add(allow if own_disk else ignore, ALLOWED_ON_ITS_OWN_DISK)
    for call, conditions in allowed_if(own_disk or linux.landlock_truncates()):
        add(allow, [call], *conditions)
    for name in LOCKS:
        add(ignore, ["fcntl"], _is(1, getattr(fcntl, name)))
    add(refuse, ["clone"], _is(0, 0, CLONE_THREAD))
    return built


def restrict(own_disk: bool) -> None:
    """Makes the kernel refuse, for good, every call of this process that no list above allows.

    Raises `IsolationError`.
    """
    import pyseccomp

    try:
        built = most_rules(own_disk)
        built.add_rule(pyseccomp.ALLOW, "tgkill", _is(0, os.getpid()))
        built.load()
    except (OSError, RuntimeError, ValueError) as error:
        raise IsolationError(f"seccomp failed half-way: {error}") from error
