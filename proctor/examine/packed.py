"""Grading in another process: the assignment comes packed, and the submission as a folder or as it
was read elsewhere.
"""

import atexit
import hashlib
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from proctor.course import Assignment, assignments
from proctor.course.files import RunFolder
from proctor.examine.examine import run_submission
from proctor.grading.outcome import Bundle, Conditions, Outcome
from proctor.submission import Submission
from proctor.submission.choose import load_submission


@lru_cache(16)
def unpack(bundle: Bundle) -> Assignment:
    """The assignment in a bundle, in a folder of this process's own."""
    name, files = bundle
    folder = Path(_own_folder(), hashlib.sha256(repr(bundle).encode()).hexdigest()[:16])
    for path, data in files:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return assignments(folder)[name]


@cache
def _own_folder() -> str:
    folder = RunFolder()
    atexit.register(folder.cleanup)
    return folder.name


def grade_packed(
    bundle: Bundle, handed_in: Path | dict[str, Any], conditions: Conditions
) -> Outcome:
    """`run_submission`, for another process: of a folder, or of its contents, read elsewhere."""
    assignment = unpack(bundle)
    if isinstance(handed_in, Path):
        submission = load_submission(handed_in, assignment)
    else:
        submission = Submission.of(assignment, handed_in)
    return run_submission(submission, conditions)
