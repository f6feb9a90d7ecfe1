"""What a submission came to before it was handed in again: it stays in the report that replaces it, as `before`."""

import json
from pathlib import Path
from typing import Any

import msgspec

from proctor.course.files import replace
from proctor.course.report import report_in


class _Cell(msgspec.Struct):
    source: str | list[str]


class _Notebook(msgspec.Struct):
    cells: list[_Cell]


def keep_before(old: Path, made: Path) -> None:
    """Puts `before`, `{"score", "cells": {id: status}}`, into the reports in the folder `made`, which is to replace `old`.

    Where the notebook is the one that was graded then, it keeps the `before` that it had.
    """
    for path in made.glob("*.ipynb"):
        earlier, now = report_in(old / path.name), report_in(path)
        if not earlier.get("cells") or not now.get("cells"):
            continue
        before = earlier.get("before") if _sources(old / path.name) == _sources(path) else _short(earlier)
        if before:
            notebook = json.loads(path.read_bytes())
            notebook["metadata"]["proctor"]["before"] = before
            # nbgrader has made it read-only: it can't be written over
            replace(path, (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode())


def _short(report: dict[str, Any]) -> dict[str, Any]:
    return {
        "score": report.get("score", 0.0),
        "cells": {cell["id"]: cell["status"] for cell in report.get("cells", [])},
    }


def _sources(path: Path) -> list[str]:
    """What the cells of an autograded notebook say; what was handed in differs where this does."""
    try:
        cells = msgspec.json.decode(path.read_bytes(), type=_Notebook).cells
    except msgspec.MsgspecError:  # somebody edited it
        return []
    return [cell.source if isinstance(cell.source, str) else "".join(cell.source) for cell in cells]
