"""How far the grading of a class is: a bar with an estimate in a terminal, a plain line now and then elsewhere."""

import time
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

if TYPE_CHECKING:
    from proctor.grade import Graded

SILENCE = 10  # seconds between two plain lines


class Progress:
    """Told of each graded submission, says how many are done, how long the rest will take, and what went wrong."""

    def __init__(self, console: Console, total: int):
        self.console, self.total, self.done = console, total, 0
        self.start = self.said = time.monotonic()
        self.slowest: Graded | None = None
        self.bar = Bar(
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.description}"),
            console=console,
            disable=not console.is_terminal,
        )
        self.task = self.bar.add_task("", total=total)

    def __enter__(self):
        self.bar.start()
        return self

    def __exit__(self, *exc):
        self.bar.stop()

    def tell(self, graded: "Graded") -> None:
        """One more is done."""
        self.done += 1
        if self.slowest is None or graded.seconds > self.slowest.seconds:
            self.slowest = graded
        self.bar.update(self.task, advance=1, description=f"slowest {self._slowest()}")
        for note in [*graded.notes, *([f"not graded: {graded.error}"] if graded.error else [])]:
            self.console.print(f"{graded.submission}: {note}", highlight=False, markup=False, soft_wrap=True)
        now = time.monotonic()
        if not self.console.is_terminal and (now - self.said > SILENCE or self.done == self.total):
            self.said = now
            left = (now - self.start) / self.done * (self.total - self.done)
            self.console.print(
                f"{self.done} of {self.total} graded, about {left:.0f} s left; slowest {self._slowest()}",
                highlight=False,
            )

    def _slowest(self) -> str:
        return f"{self.slowest.submission} ({self.slowest.seconds:.1f} s)" if self.slowest else ""
