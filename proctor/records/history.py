"""What a submission came to before it was handed in again: it stays in the report that replaces it, as `before`."""

import json
from pathlib import Path

from proctor.course.files import replace
from proctor.course.report import report_in


def keep_before(old: Path, made: Path) -> None:
    """Puts `before`, `{"score", "cells": {id: status}}`, into the reports in the folder `made`, which is to replace `old`.

    Where the same submission was graded again, its report keeps the `before` that it had.
    """
    for path in made.glob("*.ipynb"):
        earlier, now = report_in(old / path.name), report_in(path)
        if not earlier.get("cells") or not now.get("cells"):
            continue
        before = {
            "score": earlier.get("score", 0.0),
            "cells": {cell["id"]: cell["status"] for cell in earlier["cells"]},
        }
        if (same := earlier.get("made_of", {}).get("submission")) and same == now["made_of"].get("submission"):
            before = earlier.get("before")
        if before:
            notebook = json.loads(path.read_bytes())
            notebook["metadata"]["proctor"]["before"] = before
            # nbgrader has made it read-only: it can't be written over
            replace(path, (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode())
