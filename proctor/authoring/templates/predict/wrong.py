"""Wrong predictions of `EXERCISE`."""

from proctor.answers import wrong


@wrong(
    "Expects the shape to stay",
    hint="Only the numbers of an equal shape could stay where they are. What does `transpose` exchange?",
    fails="FIRST_CELL",
)
def unchanged():
    return "A"
