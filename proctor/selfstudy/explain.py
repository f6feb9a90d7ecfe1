"""What a visible check that failed in a living notebook can add: the misunderstanding behind the answer."""

from proctor.course import assignments, find_course
from proctor.examine.in_kernel import examine_here


def misunderstanding(name: str) -> str:
    """The title and hint of what is recognised in the answer that defines `name`; empty where nothing is."""
    for assignment in assignments(find_course()).values():
        for exercise in assignment.stubs:
            if name in assignment.names_of(exercise):
                cells = {cell.id for cell in assignment.graded.values() if cell.exercise == exercise}
                report = examine_here(assignment, cells - assignment.plain.keys())
                found = [cell.diagnosis for cell in report.cells if cell.diagnosis]
                return f"\n\n  It looks like this: {found[0]['title']}.\n  {found[0]['hint']}" if found else ""
    return ""
