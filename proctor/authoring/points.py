"""Points that an instructor changed and did not release: grading goes by the release, so they don't count yet."""

import json
from collections.abc import Iterator
from pathlib import Path

from proctor.course import assignments


def unreleased_points(course: Path, names: list[str]) -> Iterator[str]:
    """Which points in `source/` are others than in `release/`, a line for each assignment, with the command that releases them."""
    for assignment in assignments(course).values():
        if assignment.name in names and assignment.source.is_file():
            released, now = _points(assignment.notebook), _points(assignment.source)
            changed = [cell for cell in released if now.get(cell, released[cell]) != released[cell]]
            if changed:
                changes = ", ".join(f"{cell} {released[cell]:g} → {now[cell]:g}" for cell in changed)
                yield (
                    f"{assignment.name}: points in source/ are not released, and don't count yet: {changes}. "
                    f"'nbgrader generate_assignment {assignment.name} --create --force' releases them"
                )


def _points(notebook: Path) -> dict[str, float]:
    """The points of each cell of a notebook that earns some, by grade id."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    found = [cell["metadata"].get("nbgrader", {}) for cell in cells]
    return {facts["grade_id"]: float(facts["points"]) for facts in found if facts.get("grade") or facts.get("task")}
