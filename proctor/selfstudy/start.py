"""A learner's own copy of the notebooks."""

from collections.abc import Iterator
from pathlib import Path

from proctor.course import assignments
from proctor.course.files import replace


def start(course: Path, folder: Path, names: list[str]) -> Iterator[tuple[Path, bool]]:
    """Copies released notebooks, and what lies beside them, to `folder`; what is there already is left as it is.

    Yields each notebook's copy, and whether it was made. Raises `OSError` where one can't be written; none is half written.
    """
    for assignment in assignments(course).values():
        if names and assignment.name not in names:
            continue
        copy = folder / assignment.name / assignment.notebook.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        made = not copy.exists()
        for path in assignment.notebook.parent.iterdir():
            if path.is_file() and not (copy.parent / path.name).exists():
                replace(copy.parent / path.name, path.read_bytes())
        yield copy, made
