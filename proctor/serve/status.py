from collections.abc import Callable
from pathlib import Path


def show_status(course: Path, port: int | None, say: Callable[[str], None]) -> None:
    pass
