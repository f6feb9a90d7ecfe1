"""Which files travel: every plain one beside a notebook goes into its sandbox; data files come out,
to `autograded/`.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import Any

# limits of one folder, in bytes together; of folders inside each other; of files and folders that
# are looked at
MAX_FILES, MAX_FILES_SIZE = 1000, 32 * 2**20
MAX_FOLDERS = 32
MAX_LOOKED_AT = 10_000
# characters of a file's path within its folder, each of up to four bytes
MAX_PATH = 800

# Suffixes of the files that may go to `autograded/`: pictures, tables, text and tensors, and
# nothing that a browser, a shell or Python runs without being asked. The tensors may be pickles,
# whose code runs only when somebody loads one.
KEPT = {
    *".png .jpg .jpeg .gif .webp .bmp .tif .tiff .csv .tsv .xlsx .parquet .txt .md .log .json .jsonl".split(),
    *".npy .npz .pt .safetensors".split(),
}


# nbgrader writes these two beside a notebook
TIMESTAMP, SECRET = "timestamp.txt", "submission_secret.txt"
# proctor writes whose account a submission belonged to, if not the student's, and which files were
# not collected
HANDED_IN_BY, NOT_COLLECTED = "handed-in-by.txt", "not-collected.txt"
# a cell writes none of them
RESERVED = (TIMESTAMP, SECRET, HANDED_IN_BY, NOT_COLLECTED)
# bytes of such a file that are read
NOTE = 4000
# errors of a file's name alone: others of the disk concern every file
BAD_NAME = (
    errno.EEXIST,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.ENAMETOOLONG,
    errno.EINVAL,
    errno.EILSEQ,
)

# Outside Unix the only files that are read are the learner's own, so links need no care there.
READ = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
)


class Linked(OSError):
    """A link stands in place of a student's own folder or file."""


def open_below(path: Path, depth: int) -> int:
    """A descriptor of `path`, reached from `depth` folders above it one by one, so that no link on
    the way is followed.

    Folders above that may be links: the instructor decides about the place of a class's
    submissions. Raises `Linked` for a link, another `OSError` if something can't be opened.
    """
    path = path.absolute()
    place = os.open(path.parents[depth - 1], os.O_RDONLY | os.O_DIRECTORY)
    for name in path.parts[-depth:]:
        try:
            if stat.S_ISLNK(os.stat(name, dir_fd=place, follow_symlinks=False).st_mode):
                raise Linked(errno.ELOOP, "it is a link to another file", str(path))
            below = os.open(name, READ, dir_fd=place)
        finally:
            os.close(place)
        place = below
    return place


# how deep a student's folder for an assignment, and a file in it, lie in `submitted/`
FOLDER, FILE = 2, 3


@contextlib.contextmanager
def opened(folder: Path, depth: int) -> Iterator[int]:
    """A descriptor of a folder; see `open_below`. With a depth of 0, it may be a link."""
    place = open_below(folder, depth) if depth else os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield place
    finally:
        os.close(place)


def walk(folder: Path, depth: int = 0) -> Iterator[tuple[Path, list[str], list[str], Any]]:
    """The folders below this one, as deep as any of use: path within it, folders, files, and a
    descriptor. No link is followed. For `depth`, see `open_below`.

    The caller may remove entries from `folders`, as with `os.walk`. Without system calls that walk
    by descriptors, the learner's own files are walked by path: no others are read there.
    """
    with contextlib.ExitStack() as stack:
        if hasattr(os, "fwalk"):
            top = stack.enter_context(opened(folder, depth))
            walked = os.fwalk(".", dir_fd=top, follow_symlinks=False)
        else:
            walked = (
                (os.path.relpath(place, folder), folders, names, Path(place))
                for place, folders, names in os.walk(folder)
            )
        for place, folders, names, below in walked:
            inside = Path(place)
            with os.scandir(below) as entries:
                for entry in entries:
                    if entry.is_symlink() and entry.name in folders:
                        folders.remove(entry.name)
                        names.append(entry.name)
            if len(inside.parts) >= MAX_FOLDERS:
                folders.clear()
            yield inside, folders, names, below


def plain_files(
    folder: Path, hidden: bool = True, depth: int = 0, others: list[str] | None = None
) -> dict[str, bytes]:
    """The plain files in `folder` by their path within it, as far as they are few and small; no
    link is followed.

    Without `hidden`, hidden files, and those in hidden folders, are left out. For `depth`, see
    `open_below`. Adds the paths of the files that are left out to `others`.
    """
    if others is None:
        others = []
    found: dict[str, bytes] = {}
    space = MAX_FILES_SIZE
    for path, file, size in each_plain_file(folder, hidden, depth, others):
        with contextlib.suppress(OSError):
            if size <= space and len(found) < MAX_FILES:
                found[path] = file.read(size)
                space -= size
        if path not in found:
            others.append(path)
    return found


def each_plain_file(
    folder: Path, hidden: bool = False, depth: int = 0, others: list[str] | None = None
) -> Iterator[tuple[str, BufferedReader, int]]:
    """The first plain files in `folder`, by path, each open until the next one is requested, and
    their sizes.

    For `hidden` and `depth`, see `plain_files`. Adds the other paths to `others`: links, files that
    can't be opened, names that no message or no disk can hold.
    """
    left = MAX_LOOKED_AT
    if others is None:
        others = []
    for inside, folders, names, place in walk(folder, depth):
        if not hidden:
            folders[:] = [name for name in folders if not name.startswith(".")]
            names = [name for name in names if not name.startswith(".")]
        for name in names[:left]:
            # by which a file is known on every system
            path = (inside / name).as_posix()
            others.append(path)
            if path.isprintable() and len(path) <= MAX_PATH:
                with contextlib.suppress(OSError), open_in(place, name) as file:
                    facts = os.fstat(file.fileno())
                    if stat.S_ISREG(facts.st_mode):
                        others.pop()
                        yield path, file, facts.st_size
        left -= 1 + len(names)
        if left <= 0:
            return


def open_in(folder: int | Path, name: str) -> BufferedReader:
    """A file in a folder, which is open already or given by its path; raises `OSError` for a
    link.
    """
    if isinstance(folder, Path):
        return open(folder / name, "rb", opener=lambda path, _: os.open(path, READ))
    # so it is closed, too, if it is a folder
    return open(name, "rb", opener=lambda path, _: os.open(path, READ, dir_fd=folder))


def note_in(folder: Path, name: str) -> str:
    """The beginning of a text in a student's folder, on one line; empty if there is no such
    file.
    """
    with (
        contextlib.suppress(OSError),
        opened(folder, FOLDER) as place,
        open_in(place, name) as file,
    ):
        return " ".join(file.read(NOTE).decode(errors="replace").split())
    return ""


def files_in(folder: Path, depth: int = 0) -> dict[str, bytes]:
    """The plain files in a folder, but for notebooks and hidden ones.

    For `depth`, see `open_below`.
    """
    found = plain_files(folder, hidden=False, depth=depth)
    return {name: data for name, data in found.items() if not name.endswith(".ipynb")}


def within_limits(files: dict[str, bytes], more: dict[str, bytes]) -> dict[str, bytes]:
    """`files`, and those of `more` that have another name, as far as there is space for them and
    their folders.
    """
    found = dict(files)
    space = MAX_FILES_SIZE - sum(map(len, files.values()))
    folders: set[Path] = set()
    for name, data in more.items():
        fits = len(found) < MAX_FILES and len(data) <= space and len(folders) < MAX_LOOKED_AT
        if fits and name not in files and len(name) <= MAX_PATH:
            found[name] = data
            space -= len(data)
            folders.update(Path(name).parents)
    return found


def is_kept(name: str) -> bool:
    """Whether a file of this name may go to `autograded/`: it holds data, and nothing on its path
    is odd.
    """
    return Path(name).suffix.lower() in KEPT and not is_odd(name)


def is_odd(name: str) -> bool:
    """Whether a part of a file's path begins with a dot, or a folder on it is called as a notebook
    or a text is.
    """
    path = Path(name)
    is_hidden = any(part.startswith(".") for part in path.parts)
    return is_hidden or any(folder.suffix.lower() in (".ipynb", ".txt") for folder in path.parents)


def write_files(files: dict[str, bytes], folder: Path) -> list[str]:
    """Writes those files of a sandbox into `folder` that may be kept, and returns the names of the
    others.

    Nothing outside of it is written, and nothing there is replaced.
    """
    others = []
    for name, data in files.items():
        target = folder / name
        may_be_kept = is_kept(name) and _is_within(folder, name)
        if not may_be_kept or not (os.path.lexists(target) or written(target, data)):
            others.append(name)
    return others


def written(path: Path, data: bytes) -> bool:
    """Writes a file, and returns whether one can be called so here.

    Raises `OSError` if nothing can be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        if error.errno not in BAD_NAME:
            raise
        return False
    return True


def _is_within(folder: Path, name: str) -> bool:
    """Whether a file with this name, which is not trusted, would be inside of `folder`."""
    if not name.isprintable() or name.startswith("/") or len(Path(name).parts) > MAX_FOLDERS:
        return False
    try:
        return (folder / name).resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError):
        return False
