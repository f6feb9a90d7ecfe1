"""An attempt on its way into the records."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from proctor.course import Assignment
from proctor.course.codes import Note
from proctor.errors import GradingError
from proctor.records.attempts import Attempt
from proctor.records.folders import received
from proctor.records.roster import RENAME
from proctor.records.stale import points_digest
from proctor.records.store import Key
from proctor.text import shown


def check_id(student: str) -> None:
    """Raises `GradingError` if a student can't be called so."""
    broken = "\n" in student or any("\ud800" <= letter <= "\udfff" for letter in student)
    if broken or student != student.strip():
        raise GradingError(
            f"submitted/{shown(student)}: a student's id has no line break, no broken character, and no space at either "
            f"end. {RENAME}, then grade again"
        )


@dataclass(eq=False)
class Job:
    """An attempt on its way into the records of a student, who is of the attempt's group; its files
    are in `folder`.

    `inputs`: the digests of all that its verdicts depend on. `fixed`: the predictions that earlier
    attempts fix, by graded cell, and whether they are right. `worth`: the points of each graded
    cell. `fewer`: how many exercises an earlier attempt answered, of how many, and how many this
    one. `notes` for the instructor on its files: which counted, which stayed behind. `scores`:
    those recorded, by graded cell. `error`: why it could not be graded.
    """

    key: Key
    attempt: Attempt
    assignment: Assignment
    folder: Path
    inputs: dict[str, str] = field(default_factory=dict)
    fixed: dict[str, bool] = field(default_factory=dict)
    fewer: list[int] = field(default_factory=list)
    worth: dict[str, float] = field(default_factory=dict)
    seed: int = 0
    notes: list[Note] = field(default_factory=list)
    scores: dict[str, float | None] = field(default_factory=dict)
    error: str = ""

    @property
    def student(self) -> str:
        return self.key[0]

    @property
    def made_of(self) -> dict[str, str]:
        """The digests of all that the grade depends on."""
        fixed = {
            cell: right for cell, right in self.fixed.items() if cell in self.assignment.graded
        }
        return self.attempt.made_of | {
            "attempt": str(self.attempt.id),
            "points": points_digest(self.worth),
            "received": str(received(self.attempt.arrived)),
            "predictions": json.dumps(fixed, sort_keys=True),
        }

    def __str__(self) -> str:
        return "/".join(map(shown, self.key))
