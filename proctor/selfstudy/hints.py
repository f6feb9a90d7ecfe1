"""What helps a learner on: the next exercise, its hints one at a time, its solution."""

import json
import re
from pathlib import Path

from platformdirs import user_state_path

from proctor.course import Assignment, grade_id
from proctor.report import Report

HINT = re.compile(r"<details>\s*<summary>(Hint[^<]*)</summary>(.*?)</details>", re.DOTALL)


def hints(assignment: Assignment, exercise: str) -> list[str]:
    """The hints that the notebook gives for an exercise, in their order, as Markdown."""
    found, here = [], False
    for cell in assignment.released.cells:
        if cell.cell_type == "code":
            here = grade_id(cell) == exercise
        elif here:
            found += [f"**{title}.** {text.strip()}" for title, text in HINT.findall(cell.source)]
    return found


def next_hint(notebook: Path, assignment: Assignment, exercise: str) -> str:
    """The hint that follows the last one that was given for this notebook and exercise."""
    ladder = hints(assignment, exercise)
    path = user_state_path("proctor") / "hints.json"
    given = _given(path)
    key = f"{notebook.resolve()} {exercise}"
    count = given.get(key, 0)
    if count >= len(ladder):
        return "\n\n".join([*ladder, f"There are no more hints. `--solution {exercise}` shows one way to do it."])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(given | {key: count + 1}))
    return ladder[count]


def _given(path: Path) -> dict[str, int]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def solution(assignment: Assignment, exercise: str) -> str:
    """The source of the reference solution."""
    lines = assignment.solutions[exercise].splitlines()
    return "\n".join(line for line in lines if "### BEGIN SOLUTION" not in line and "### END SOLUTION" not in line)


def next_exercise(report: Report, assignment: Assignment) -> str | None:
    """The first exercise that was tried and isn't solved yet; otherwise the first that wasn't tried."""
    open_cells = [cell for cell in report.cells if cell.status != "passed"]
    tried = [cell for cell in open_cells if cell.status not in ("not_attempted", "missing")]
    return next((assignment.graded[cell.id].exercise for cell in tried + open_cells), None)
