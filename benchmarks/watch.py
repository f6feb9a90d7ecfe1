"""How long a learner waits for `proctor watch` after a save, and how much work that is.

For each assignment, `proctor watch` runs in a terminal of 80 × 24 beside a notebook in which all is solved. One exercise
after another is made wrong and right again, by a known wrong answer and the reference solution, and saved. Measured is from
the save to the verdict on the screen, and the CPU time of the command and all that it started meanwhile.

    .venv/bin/python benchmarks/watch.py [--saves N] [--pause SECONDS] [--plain] [ASSIGNMENT...]
"""

import codecs
import contextlib
import fcntl
import os
import pty
import re
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import click
import nbformat
import psutil

from proctor.answers import answers, put, solved
from proctor.course import Assignment, assignments

COURSE = Path(__file__).resolve().parent.parent
PATIENCE = 120  # seconds for one screen


class Watch:
    """`proctor watch` in a terminal, beside one notebook."""

    def __init__(self, notebook: Path, state: Path, plain: bool):
        self.notebook, self._said = notebook, ""
        self._decode = codecs.getincrementaldecoder("utf-8")().decode
        self._terminal, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        more = {"TERM": "xterm", "XDG_STATE_HOME": str(state), "PROCTOR_COURSE": str(COURSE)}
        more |= {"PROCTOR_SANDBOX": "plain"} if plain else {}
        self.process = psutil.Popen(
            [sys.executable, "-c", "from proctor.cli import main; main()", "watch", str(notebook.parent)],
            env=os.environ | more, stdin=theirs, stdout=theirs, stderr=subprocess.STDOUT,
            preexec_fn=lambda: (os.setsid(), fcntl.ioctl(0, termios.TIOCSCTTY, 0)),
        )  # fmt: skip
        os.close(theirs)

    def wait_for(self, *words: str) -> None:
        """Waits until the screen, cleared before it, holds one of these."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            screen = re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", self._said.rpartition("\x1b[2J")[2])
            if any(each in screen for each in words) and "q quit" in screen:
                return
            if select.select([self._terminal], [], [], 0.1)[0]:
                self._said += self._decode(os.read(self._terminal, 2**16))
        raise click.ClickException(
            f"none of {words} was said within {PATIENCE} s:\n{self._said[-2000:]}"
        )

    def save(
        self, notebook: nbformat.NotebookNode, exercise: str, pause: float
    ) -> tuple[float, float]:
        """The wall seconds from a save to the verdict on an exercise, and the CPU seconds until after a pause."""
        beside = self.notebook.with_suffix(".new")
        nbformat.write(notebook, beside)
        cpu, self._said = self._cpu(), ""
        start = time.perf_counter()
        # as JupyterLab saves
        beside.replace(self.notebook)
        self.wait_for(f"{exercise}: all its checks pass", f"Next: {exercise}")
        wall = time.perf_counter() - start
        time.sleep(pause)
        return wall, self._cpu() - cpu

    def _cpu(self) -> float:
        """The CPU seconds of the command and all that it has started; what has ended counts with who waited for it."""
        seconds = 0.0
        for each in (self.process, *self.process.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                seconds += sum(each.cpu_times()[:4])
        return seconds

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(20)
        os.close(self._terminal)


def edits(assignment: Assignment, saves: int) -> Iterator[tuple[nbformat.NotebookNode, str]]:
    """The notebooks that are saved one after the other, and the exercise that is new in each: wrong, right, the next one wrong."""
    exercises = [each.name for each in assignment.exercises.values() if not each.is_value]
    for number in range(saves):
        turn, again = divmod(number // 2, len(exercises))
        exercise = exercises[again]
        wrong = [
            each for each in answers(assignment.wrong_answers / f"{exercise}.py") if not each.like
        ]
        notebook = solved(assignment)
        if number % 2 == 0:
            notebook = put(notebook, exercise, wrong[turn % len(wrong)].source)
        yield notebook, exercise


def measure(
    assignment: Assignment, saves: int, pause: float, plain: bool
) -> list[tuple[float, float]]:
    """The wall and CPU seconds of each save."""
    with tempfile.TemporaryDirectory() as folder:
        notebook = Path(folder, "mine", assignment.notebook.name)
        notebook.parent.mkdir()
        for module in assignment.notebook.parent.glob("*.py"):
            (notebook.parent / module.name).write_bytes(module.read_bytes())
        nbformat.write(solved(assignment), notebook)
        watch = Watch(notebook, Path(folder, "state"), plain)
        try:
            watch.wait_for("You are at")
            return [watch.save(*edit, pause) for edit in edits(assignment, saves)]
        finally:
            watch.close()


@click.command()
@click.argument("names", nargs=-1, metavar="[ASSIGNMENT]...")
@click.option("--saves", default=10, show_default=True, help="Saves of each notebook.")
@click.option(
    "--pause",
    default=0.0,
    help="Seconds between saves; the plain sandbox makes its next process meanwhile.",
)
@click.option("--plain", is_flag=True, help="In the plain sandbox, as on macOS and Windows.")
def main(names: tuple[str, ...], saves: int, pause: float, plain: bool) -> None:
    """Measures how long `proctor watch` takes from a save to the verdict."""
    known = assignments(COURSE)
    if unknown := set(names) - known.keys():
        raise click.UsageError(
            f"no assignment {', '.join(sorted(unknown))}: there are {', '.join(known)}"
        )
    click.echo(
        f"{'':18}{'median':>8}{'longest':>9}{'CPU':>8}   seconds a save; load {os.getloadavg()[0]:.1f}"
    )
    for name in names or known:
        found = measure(known[name], saves, pause, plain)
        walls, cpus = sorted(wall for wall, _ in found), [cpu for _, cpu in found]
        click.echo(
            f"{name:18}{statistics.median(walls):8.2f}{walls[-1]:9.2f}{statistics.median(cpus):8.2f}"
        )


if __name__ == "__main__":
    main()
