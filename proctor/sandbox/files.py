"""Which files travel: those that lie beside a notebook go into its sandbox, those that its code wrote come out of it."""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

# limits of one folder, in bytes together; of folders inside each other; of files that are looked at, most of them too large
MAX_FILES, MAX_FILES_SIZE = 1000, 32 * 2**20
MAX_FOLDERS = 32
MAX_LOOKED_AT = 10_000
# characters of a file's path within its folder, each of up to four bytes
MAX_PATH = 800

# suffixes of what a browser runs, and of what a kernel runs that is started beside it
ACTIVE = {*".htm .html .xhtml .shtml .svg .svgz .xml .xsl .js .mjs .css .swf".split()}
MODULES = {*".py .pyc .pyd .so .pth".split()}


def walk(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """The folders below `folder`, as deep as any of use, each with the names of the files in it; no link is followed."""
    for place, folders, names in os.walk(folder):
        if len(Path(place).relative_to(folder).parts) >= MAX_FOLDERS:
            folders.clear()
        yield place, names


def plain_files(folder: Path, hidden: bool = True) -> dict[str, bytes]:
    """The plain files in `folder` by their path within it, as far as they are few and small; no link is followed.

    Without `hidden`, but for those that are, or lie in a folder that is.
    """
    found, size, looked_at = {}, 0, 0
    for place, folders, names, descriptor in os.fwalk(folder, follow_symlinks=False):
        inside = Path(place).relative_to(folder)
        if len(inside.parts) >= MAX_FOLDERS:
            folders.clear()
        if not hidden:
            folders[:] = [name for name in folders if not name.startswith(".")]
            names = [name for name in names if not name.startswith(".")]
        for name in names:
            # no message, or no disk, can hold such a name
            if not name.isprintable() or len(str(inside / name)) > MAX_PATH:
                continue
            with contextlib.suppress(OSError), _open(name, descriptor) as file:
                facts = os.fstat(file.fileno())
                if stat.S_ISREG(facts.st_mode) and size + facts.st_size <= MAX_FILES_SIZE:
                    found[str(inside / name)] = file.read(facts.st_size)
                    size += facts.st_size
            looked_at += 1
            if len(found) >= MAX_FILES or looked_at >= MAX_LOOKED_AT:
                return found
    return found


def _open(name: str, folder: int) -> BinaryIO:
    return open(os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder), "rb")


def files_beside(notebook: Path, course: Path) -> dict[str, bytes]:
    """The plain files beside a notebook; none where the course's checks, solutions or submissions lie there, too."""
    folder = notebook.resolve().parent
    ours = [course.resolve() / name for name in ("tests/hidden", "source", "submitted")]
    return {} if any(place.is_relative_to(folder) for place in ours) else files_in(folder)


def files_in(folder: Path) -> dict[str, bytes]:
    """The plain files in a folder, but for notebooks and what is hidden."""
    return {name: data for name, data in plain_files(folder, hidden=False).items() if not name.endswith(".ipynb")}


def within_limits(files: dict[str, bytes], more: dict[str, bytes]) -> dict[str, bytes]:
    """`files`, and of `more` what has another name, as far as there is space."""
    found, size = dict(files), sum(map(len, files.values()))
    for name, data in more.items():
        if name not in files and len(found) < MAX_FILES and size + len(data) <= MAX_FILES_SIZE:
            found[name] = data
            size += len(data)
    return found


def names_to_leave_out(folder: Path, ours: set[str] | None) -> list[str]:
    """The names of what in `folder` is not to be copied to `autograded/`.

    Links, FIFOs, devices, pages and scripts, unprintable names, and what is too large for a sandbox, be it all holes.
    With `ours`, the course's own files, also other modules: a kernel beside them would run them. A sandbox has them all
    the same.
    """
    found = []
    for place, folders, names in os.walk(folder):
        if len(Path(place).relative_to(folder).parts) >= MAX_FOLDERS:
            found += folders
            folders.clear()
        for name in names + folders:
            facts = os.lstat(os.path.join(place, name))
            plain = stat.S_ISDIR(facts.st_mode) or (stat.S_ISREG(facts.st_mode) and facts.st_size <= MAX_FILES_SIZE)
            suffix = Path(name).suffix.lower()
            runs = suffix in ACTIVE or (ours is not None and suffix in MODULES and name not in ours)
            if not plain or runs or not name.isprintable():
                found.append(name)
    return found


def write_files(files: dict[str, bytes], folder: Path) -> None:
    """Writes the files that a sandbox made into `folder`; nothing outside of it, nothing that runs, and nothing there is replaced."""
    for name, data in files.items():
        target = _within(folder, name)
        runs = target is not None and target.suffix.lower() in {".ipynb", *ACTIVE, *MODULES}
        if target is not None and not runs and not os.path.lexists(target):
            with contextlib.suppress(OSError):
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)


def _within(folder: Path, name: str) -> Path | None:
    """Where a file of this name, which nobody vouches for, belongs in `folder`; None where that is outside of it."""
    try:
        shallow = len(Path(name).parts) <= MAX_FOLDERS
        inside = shallow and (folder / name).resolve().is_relative_to(folder.resolve())
        return folder / name if inside and name.isprintable() and not name.startswith("/") else None
    except (OSError, ValueError, RuntimeError):
        return None
