"""From the bytes that a student handed in to a notebook that can be examined, or a reason why it
can't.
"""

from proctor.submission.beside import files_beside, read
from proctor.submission.read import MAX_SIZE, MAX_SOURCES, bytes_of, notebook_in, parse
from proctor.submission.restore import (
    Submission,
    answered,
    code_cells,
    find_assignment,
    is_python,
    unreadable,
    with_released_cells,
)

__all__ = [
    "MAX_SIZE",
    "MAX_SOURCES",
    "Submission",
    "answered",
    "bytes_of",
    "code_cells",
    "files_beside",
    "find_assignment",
    "is_python",
    "notebook_in",
    "parse",
    "read",
    "unreadable",
    "with_released_cells",
]
