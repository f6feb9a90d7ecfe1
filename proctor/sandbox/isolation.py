"""The walls around student code: bubblewrap, once around the fork server, and the sandbox, around
each fork of it.

Inside bubblewrap nothing but Python's own files is there; it has no network, process ids of its
own, and dies with the grader. The sandbox is entered by the forked child itself, before the first
line of student code: rlimits, Landlock (reads Python's files, writes in its own folder), seccomp
(no sockets, no new processes, no programs, no signals to others). A wall that the machine lacks is
left out and named; a wall that fails half-way raises `IsolationError`.
"""

import contextlib
import errno
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import IO, NamedTuple

from proctor.errors import IsolationError
from proctor.sandbox import calls, linux

PACKAGE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
# An installed package carries the course, solutions and checks: the one part of it that student
# code may not read.
COURSE = os.path.join(PACKAGE, "_course")
SANDBOX = "/tmp/sandbox"  # inside bubblewrap, where each sandbox has a disk of its own
MEMORY = 2 * 2**30  # bytes that student code may map beyond those of the fork server
FILE = 64 * 2**20  # bytes of one file
FILES = 256  # open at once
THREADS = 36  # of one sandbox: the 32 of the largest usual pool, and some more
# after which the grader ends the sandbox, if the system can't count them by sandbox
THREADS_COUNTED = 40
THREADS_OF_ALL = 256  # of all the sandboxes of an account, there
# that wait, and timers: the system counts those of all sandboxes together, and allows many more
SIGNALS = 256
CPU = 600  # seconds
# seconds that bubblewrap may take to start Python, from a cold disk and on a crowded machine, too
PATIENCE = 120
TOO_SLOW = (
    f"bubblewrap did not start Python within {PATIENCE} s: try again once this machine has less to do. Where it never "
    "does, remove bubblewrap; 'proctor doctor' says what holds without it"
)
# matplotlib writes its list of fonts anew unless it may write beside that list; the disk of a
# sandbox covers this folder
FONTS = f"{SANDBOX}/matplotlib"
UNSHARE = "--unshare-ipc --unshare-pid --unshare-net --unshare-uts --unshare-cgroup-try"
AS_NOBODY = f"{UNSHARE} --cap-drop ALL --cap-add CAP_SETUID --cap-add CAP_SETGID"
AS_ONESELF = "--unshare-all --cap-drop ALL"
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

REQUEST_SOCKET = 3  # the descriptor of a sandbox's socket


@cache
def readable_files() -> list[str]:
    """The files that Python itself needs, the only ones that student code may read.

    Of an installation only its programs and libraries: beside these a course may lie, or the
    exchange of nbgrader.
    """
    places = (
        "/lib /lib64 /bin /sbin /etc/ld.so.cache /etc/fonts /etc/localtime /etc/mime.types".split()
    )
    places += [f"/usr/share/{name}" for name in ("fontconfig", "fonts", "locale", "zoneinfo")]
    for prefix in ("/usr", "/usr/local", sys.prefix, os.path.realpath(sys.prefix), sys.base_prefix):
        places += [f"{prefix}/{name}" for name in ("bin", "sbin", "lib", "lib64", "pyvenv.cfg")]
    places += [PACKAGE, "/dev/null", "/dev/zero", "/dev/urandom"]
    return [place for place in dict.fromkeys(places) if os.path.exists(place)]


@cache
def readable_parts() -> dict[str, bool]:
    """The parts of `readable_files` without the course, for Landlock, which can allow a folder, and
    can't forbid anything in it.

    True: all in this place may be read. False: only names may be listed, in the folders that lead
    to the course.
    """
    parts: dict[str, bool] = {}
    for place in readable_files():
        _add_parts(os.path.realpath(place), parts)
    return parts


def _add_parts(place: str, parts: dict[str, bool]) -> None:
    # bubblewrap has put an empty folder over the course
    hidden = not os.path.isdir(COURSE) or not os.listdir(COURSE)
    parts[place] = hidden or not Path(COURSE).is_relative_to(place)
    if not parts[place]:
        for entry in os.scandir(place):
            # a link leads into another part, or to a file that may not be read
            if entry.path != COURSE and not entry.is_symlink():
                _add_parts(entry.path, parts)


def fonts() -> list[Path]:
    """matplotlib's list of fonts, made if this machine has none yet, so that no fork server need
    make it again.
    """
    folder = Path(os.environ.get("MPLCONFIGDIR") or Path.home() / ".cache" / "matplotlib")
    if not list(folder.glob("fontlist*.json")):
        subprocess.run(
            [sys.executable, "-c", "import matplotlib.font_manager"],
            capture_output=True,
            check=False,
        )
    return list(folder.glob("fontlist*.json"))


class Bubblewrap(NamedTuple):
    """The command that runs a program inside bubblewrap; if there is none, an empty one, and the
    reason.
    """

    command: list[str]
    why_not: str = ""


@cache
def bubblewrap() -> Bubblewrap:
    """How to run a program inside bubblewrap, so that it can write in `SANDBOX` alone, and mount a
    disk there.

    For root, preferably one in which it can become nobody: root's own processes can't be limited in
    number. Raises `IsolationError` if bubblewrap takes too long to start.
    """
    bwrap = shutil.which("bwrap")
    if not bwrap:
        return Bubblewrap(
            [], "the program bwrap isn't there: install bubblewrap (apt install bubblewrap)"
        )
    try_it = f"import os; from proctor.sandbox import linux; linux.drop_root(); assert os.geteuid(); linux.private_tmpfs({SANDBOX!r})"
    identities = [AS_ONESELF]
    if os.geteuid() == 0:
        identities = [AS_NOBODY, AS_ONESELF]
    why_not = ""
    for identity in identities:
        options = f"{identity} --cap-add CAP_SYS_ADMIN --die-with-parent --new-session".split()
        command = [bwrap, *options, *_inside()]
        try:
            tried = subprocess.run(
                [*command, *python(try_it)],
                capture_output=True,
                text=True,
                env=environment(),
                cwd="/",
                timeout=PATIENCE,
            )
        except subprocess.TimeoutExpired:
            # a wall that this machine may have is not left out
            raise IsolationError(TOO_SLOW) from None
        if tried.returncode == 0:
            return Bubblewrap(command)
        why_not = tried.stderr.strip().rpartition("\n")[2]
    return Bubblewrap([], why_not)


def python(program: str) -> list[str]:
    """The command that runs a program with this very package, even if Python would find another one
    of its name.
    """
    place = os.path.dirname(PACKAGE)
    return [
        sys.executable,
        "-c",
        f"import sys; sys.path[0] = {place!r}; import proctor; sys.path[0] = '/'; {program}",
    ]


def own_modules() -> list[str]:
    """The names of this package's modules that are imported."""
    return [name for name in sys.modules if name.partition(".")[0] == "proctor"]


def _inside() -> list[str]:
    """The options for the files inside bubblewrap."""
    command = ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
    command += ["--perms", "0777", "--tmpfs", SANDBOX, "--perms", "0777", "--dir", FONTS]
    for place in readable_files():
        if os.path.islink(place):
            command += ["--symlink", os.readlink(place), place]
        elif not place.startswith("/dev/"):
            # bwrap's own would be closed to nobody
            for parent in reversed(Path(place).parents[:-1]):
                command += ["--perms", "0755", "--dir", str(parent)]
            command += ["--ro-bind", place, place]
    if os.path.isdir(COURSE):
        command += ["--perms", "0755", "--tmpfs", COURSE, "--remount-ro", COURSE]
    for file in fonts():
        command += ["--ro-bind", str(file), f"{FONTS}/{file.name}"]
    for place in ("/tmp", "/dev", "/"):
        command += ["--remount-ro", place]
    return [*command, "--chdir", "/"]


def remove(folder: str, wait: bool = False) -> None:
    """Removes the folder of a sandbox without a disk of its own, in the background or, with `wait`,
    at once.

    Millions of files take minutes. A disk of a sandbox's own is gone by itself.
    """
    if folder == SANDBOX:
        return
    # by programs, since folders nest deeper than Python's own removal can go; one may be closed to
    # its owner
    script = 'chmod -R u+rwx -- "$1"; rm -rf -- "$1"'
    removal = subprocess.Popen(
        ["sh", "-c", script, "sh", folder], stderr=subprocess.DEVNULL, env=environment()
    )
    if wait:
        removal.wait()


def last_words(errors: IO[bytes]) -> str:
    """The last line that a process has written to its standard error, which is this file."""
    with contextlib.suppress(OSError, ValueError):
        errors.seek(0)
        return errors.read().decode(errors="replace").strip().rpartition("\n")[2][:300]
    return ""


def environment() -> dict[str, str]:
    """The environment of the fork server: nothing of the grader's own."""
    fixed = {
        "PATH": "/usr/bin:/bin:/usr/sbin",
        "HOME": "/tmp",
        "MPLCONFIGDIR": FONTS,
        "USER": "student",
        # it would need a compiler: a function that is to be compiled is left as it is
        "TORCHDYNAMO_DISABLE": "1",
        # as in nbgrader's kernels, for an instructor's cells to read
        "NBGRADER_EXECUTION": "autograde",
    }
    kept = {"LANG", "LC_ALL", "TZ", "VIRTUAL_ENV", "LD_LIBRARY_PATH"} & os.environ.keys()
    return {name: os.environ[name] for name in kept} | fixed | ONE_THREAD


def prepare(own_disk: bool) -> None:
    """Makes all that the sandboxes have in common, before any is forked."""
    readable_parts()
    linux.kernel_version()
    if not _why_no_seccomp():
        calls.most_rules(own_disk)


def enter_sandbox(folder: str) -> None:
    """Walls in this process, for good: it may write in `folder` alone.

    `missing` names the walls that this machine lacks.
    """
    own_disk = folder == SANDBOX
    limit_memory(MEMORY)
    counted_apart = False
    if own_disk:
        try:
            counted_apart = linux.private_tmpfs(folder)
        except OSError as error:
            raise IsolationError(f"no disk of its own: {error}") from error
        os.chdir(folder)
    linux.keep_capabilities(0)
    linux.die_with_parent()
    _limit_resources(THREADS if counted_apart else THREADS_OF_ALL)
    if not _why_no_landlock():
        _landlock(folder)
    if not _why_no_seccomp():
        calls.restrict(own_disk)


def _limit_resources(threads: int) -> None:
    import resource  # not on Windows, on which hidden checks of references run all the same

    _limit(resource.RLIMIT_CPU, CPU)
    _limit(resource.RLIMIT_FSIZE, FILE)
    _limit(resource.RLIMIT_NOFILE, FILES)
    _limit(resource.RLIMIT_NPROC, threads)
    _limit(resource.RLIMIT_SIGPENDING, SIGNALS)
    _limit(resource.RLIMIT_CORE, 0)


def limit_memory(more: int) -> None:
    """Lets this process map so many more bytes than it has mapped.

    Raises `OSError` or `ImportError` if the system can't.
    """
    import resource

    _limit(resource.RLIMIT_AS, linux.taken("VmSize") + more)


def _limit(kind: int, most: int) -> None:
    """Limits this process to `most` of a resource, or to less if less is allowed already."""
    import resource

    hard = resource.getrlimit(kind)[1]
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(kind, (most, most))


def _landlock(folder: str) -> None:
    may = linux.Access
    read = may.READ_FILE | may.READ_DIR
    allowed = {}
    for place, whole in readable_parts().items():
        allowed[place] = read if whole else may.READ_DIR
    allowed["/dev/null"] = may.READ_FILE | may.WRITE_FILE
    allowed[folder] = ~(may.EXECUTE | may.MAKE_SOCK | may.MAKE_FIFO)
    try:
        linux.restrict(allowed)
    except OSError as error:
        raise IsolationError(f"Landlock failed half-way: {error}") from error


def _why_no_landlock() -> str:
    reasons = {
        errno.ENOSYS: "this kernel has none: Linux 5.13 or newer has",
        errno.EOPNOTSUPP: "this kernel has it, but not switched on: add 'lsm=landlock,…' to the command line it boots with",
        errno.EPERM: "this container forbids it",
    }
    try:
        linux.landlock_version()
    except (OSError, AttributeError) as error:
        return reasons.get(getattr(error, "errno", 0), str(error))
    return ""


def _why_no_seccomp() -> str:
    try:
        import pyseccomp  # noqa: F401
    except (ImportError, OSError, RuntimeError) as error:
        return f"libseccomp can't be used: {error} (apt install libseccomp2)"
    return ""


def missing() -> dict[str, str]:
    """Why a wall can't be put up on this machine, by its name; nothing of those that can."""
    found = {
        "bubblewrap": bubblewrap().why_not,
        "Landlock": _why_no_landlock(),
        "seccomp": _why_no_seccomp(),
    }
    return {wall: why for wall, why in found.items() if why}
