"""What lies beside a notebook, a `helper.py` or a table, and comes along into its sandbox."""

from pathlib import Path

from proctor.sandbox.protocol import MAX_FILES, MAX_FILES_SIZE
from proctor.sandbox.worker import plain_files


def files_beside(notebook: Path, course: Path) -> dict[str, bytes]:
    """The plain files beside a notebook; none where the course's checks, solutions or submissions lie there, too."""
    folder = notebook.resolve().parent
    ours = [course.resolve() / name for name in ("tests/hidden", "source", "submitted")]
    return {} if any(place.is_relative_to(folder) for place in ours) else files_in(folder)


def files_in(folder: Path) -> dict[str, bytes]:
    """The plain files in a folder, but for notebooks and what is hidden."""
    return {name: data for name, data in plain_files(folder, hidden=False).items() if not name.endswith(".ipynb")}


def within_limits(files: dict[str, bytes], more: dict[str, bytes]) -> dict[str, bytes]:
    """`files`, and of `more` what has another name, as far as fits."""
    found, size = dict(files), sum(map(len, files.values()))
    for name, data in more.items():
        if name not in files and len(found) < MAX_FILES and size + len(data) <= MAX_FILES_SIZE:
            found[name] = data
            size += len(data)
    return found
