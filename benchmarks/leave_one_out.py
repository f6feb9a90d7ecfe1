"""What is said of each known wrong answer where it isn't known: `python benchmarks/leave_one_out.py EXERCISE...`

One line a known answer: its title, and what is named instead. Whether that is true of it, a reader judges.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from proctor.course import Assignment, assignments
from proctor.course.answers import Answer, solved
from proctor.diagnosis import known_answers as diagnose
from proctor.examine.examine import examine
from proctor.submission import with_released_cells


def named_instead(assignment: Assignment, exercise: str) -> Iterator[tuple[Answer, list[str]]]:
    """Each known wrong answer, and the titles, or else the messages, that its failed cells get without it."""
    known, everything = diagnose.known, diagnose.known(assignment.wrong_answers / f"{exercise}.py")
    cells = {cell.id for cell in assignment.graded.values() if cell.exercise == exercise}
    for left_out in everything:
        if left_out.like:
            continue
        without = tuple(each for each in everything if left_out.id not in (each.id, each.like))
        diagnose.known = lambda path, without=without: without
        report = examine(
            with_released_cells(solved(assignment, {exercise: left_out.source}), assignment, {}),
            seed=5,
            cells=cells,
        )
        diagnose.known = known
        lost = [cell for cell in report.cells if cell.status != "passed"]
        yield (
            left_out,
            [cell.diagnosis["title"] if cell.diagnosis else f"({cell.message})" for cell in lost],
        )


if __name__ == "__main__":
    course = assignments(Path(__file__).resolve().parent.parent)
    for name in sys.argv[1:]:
        for answer, said in named_instead(
            next(each for each in course.values() if name in each.stubs), name
        ):
            print(
                f"{name}.{answer.id}: {answer.title}",
                *dict.fromkeys(said),
                sep="\n    > ",
                flush=True,
            )
