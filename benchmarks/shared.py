"""What the benchmarks share: a course with a class in which no two submissions are the same, and a look at processes."""

import contextlib
import importlib
import os
import platform
import random
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path

import psutil
from nbformat import NotebookNode

from proctor.answers import known, solved
from proctor.course import Assignment, grade_id

COURSE = Path(__file__).resolve().parent.parent
TESTS = COURSE / "tests"
sys.path += [str(TESTS / part) for part in ("attacks", "honest", "classroom")]
ATTACK = importlib.import_module("attack").Attack
CASES = importlib.import_module("cases")
honest_cases = cache(CASES.cases)
# honest notebooks with a loop that never ends, or that wait for ever where an answer that they call raises
ENDLESS = {
    "01_most_similar_never_ends",
    "02_matmul_hangs",
    "03_asyncio_and_futures",
    "03_causal_loop_never_ends",
    "04_never_ends",
    "05_walks_for_ever",
    "06_training_never_stops",
}
# attacks that wait for ever shall not make a run a long one
SHORT_LIMITS = "cell=2,call=2,exercise=4,notebook=20,grace=0.3"


def make_course(folder: Path, names: Iterable[str], more: str = "") -> Path:
    """A copy of the course with these assignments, nobody having handed in; `more` is added to its configuration."""
    for place in ("source", "release"):
        for name in names:
            shutil.copytree(COURSE / place / name, folder / place / name)
    shutil.copytree(
        TESTS / "hidden", folder / "tests" / "hidden", ignore=shutil.ignore_patterns("__py*")
    )
    shutil.copytree(COURSE / "answers", folder / "answers", ignore=shutil.ignore_patterns("__py*"))
    (folder / "nbgrader_config.py").write_text((COURSE / "nbgrader_config.py").read_text() + more)
    return folder


def forget_half(course: Path) -> None:
    """Has a copy of the course know only every second one of the answers in each file of `answers/`."""
    for path in sorted(course.glob("answers/*/*.py")):
        if names := [answer.id for answer in known(path)][1::2]:
            with path.open("a") as file:
                file.write(f"\n\ndel {', '.join(names)}\n")


def submissions(
    assignment: Assignment,
    seed: float,
    right: bool = False,
    hostile: int = 10,
    slow: bool = False,
    unknown_to: Path | None = None,
) -> Iterator:
    """Submissions without end, no two the same, as cases of `tests/honest/`.

    Every other one begins with an honest notebook of `tests/honest/`, the others with the course's own. For each exercise
    that it leaves as the course has it one is drawn of: the reference, a known right answer, a known wrong one, none; of
    the first two where all are to be `right`. Every `hostile`th, where that isn't 0, has an attack of `tests/attacks/`
    behind one of its answers; it is called `hostile`. What waits until its time is over is there only where `slow`.
    Of the known answers only those are drawn that the copy of the course at `unknown_to` doesn't know, where it is given.
    """
    draw, seen, drawn = random.Random(f"{seed} {assignment.name}"), set[tuple[str, ...]](), 0
    answers = {
        exercise: _answers(assignment, exercise, right, unknown_to) for exercise in assignment.stubs
    }
    honest = [case for kind in ("right", "half")[: 2 - right] for case in honest_cases(kind)]
    honest = [
        case
        for case in honest
        if case.assignment == assignment.name and (slow or case.name not in ENDLESS)
    ]
    own = CASES.Case("known answers", assignment.name, "", frozenset(), solved(assignment))
    reference, attacks = assignment.solutions, _attacks(slow)
    while True:
        case = draw.choice(honest) if drawn % 2 else own
        notebook = NotebookNode(
            case.notebook, cells=[NotebookNode(cell) for cell in case.notebook.cells]
        )
        for cell in notebook.cells:
            if cell.source == reference.get(exercise := grade_id(cell)):
                cell.source = draw.choice(draw.choice(answers[exercise]))
        name = case.name
        if hostile and drawn % hostile == hostile - 1:
            exercise, attack = draw.choice(attacks)
            cells = {
                grade_id(cell): cell
                for cell in notebook.cells
                if grade_id(cell) in assignment.stubs
            }
            if not cells:
                continue
            behind = exercise if exercise in cells else draw.choice(sorted(cells))
            # where the assignment has no such exercise, the attack is on another one
            cells[behind].source += "\n\n" + re.sub(rf"(?<![.\w]){exercise}\b", behind, attack)
            name = "hostile"
        if (sources := tuple(cell.source for cell in notebook.cells)) not in seen:
            seen.add(sources)
            drawn += 1
            yield CASES.Case(name, assignment.name, case.what, case.loses, notebook, case.files)


def _answers(
    assignment: Assignment, exercise: str, right: bool, unknown_to: Path | None
) -> list[list[str]]:
    """The sources that may answer an exercise, by kind."""
    found = []
    for folder in [assignment.right_answers] + [assignment.wrong_answers] * (not right):
        path = folder / f"{exercise}.py"
        there = (
            {answer.id for answer in known(unknown_to / path.relative_to(COURSE))}
            if unknown_to
            else set()
        )
        found.append([answer.source for answer in known(path) if answer.id not in there])
    return [[assignment.solutions[exercise]], *filter(None, found)] + [
        [assignment.stubs[exercise]]
    ] * (not right)


def _attacks(slow: bool) -> list[tuple[str, str]]:
    """The exercise and the cell of every attack that is a cell, and what a submission may leave to the next one."""
    found = [
        ("softmax", cell) for cell in importlib.import_module("test_neighbours").LEAVES.values()
    ]
    for path in sorted((TESTS / "attacks").glob("*.py")):
        if path.stem != "attack" and not path.stem.startswith("test_"):
            there = [
                one
                for one in vars(importlib.import_module(path.stem)).values()
                if isinstance(one, ATTACK)
            ]
            found += [
                (one.exercise, one.cell)
                for one in there
                if one.tamper is None and (slow or not one.slow)
            ]
    words = {"SECRET": "/etc/passwd", "OUTSIDE": "/etc", "COURSE": str(COURSE), "NEWFILE": "new"}
    pattern = re.compile("|".join(words))
    return [(exercise, pattern.sub(lambda word: words[word[0]], cell)) for exercise, cell in found]


class Watch(threading.Thread):
    """Looks four times a second at a process and at all that come from it, while it is entered: `with Watch(pid) as seen`.

    `peaks`: the most memory that one process of each role has had, in MiB. `own`: the CPU seconds of each process, and its
    role. `spent`: the CPU seconds of all together until then, by the clock. `largest`: the memory of the largest process
    that runs no student's code, in MiB, each time. The process itself has a part in memory only where it is `of_ours`.
    """

    def __init__(self, pid: int, of_ours: bool = True):
        super().__init__(daemon=True)
        self.of_ours = of_ours
        self.first, self.over = psutil.Process(pid), threading.Event()
        self.peaks: dict[str, float] = {}
        self.own: dict[psutil.Process, tuple[str, float]] = {}
        self.spent: list[tuple[float, float]] = []
        self.largest: list[float] = []

    def __enter__(self) -> "Watch":
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.over.set()
        self.join()

    def run(self) -> None:
        while not self.over.wait(0.25):
            spent, largest = 0.0, 0.0
            for process in self._all():
                with contextlib.suppress(psutil.Error):
                    # what has ended, and not been waited for, has times and no more
                    times = process.cpu_times()
                    spent += sum(times[:4])
                    if not (command := process.cmdline()) or (
                        process == self.first and not self.of_ours
                    ):
                        continue
                    role, memory = role_of(command), process.memory_info().rss / 2**20
                    self.own[process] = role, times.user + times.system
                    self.peaks[role] = max(self.peaks.get(role, 0.0), memory)
                    largest = max(largest, memory if role != "sandbox" else 0.0)
            self.spent.append((time.time(), max(spent, self.total)))
            self.largest.append(largest)

    def _all(self) -> list[psutil.Process]:
        try:
            return [self.first, *self.first.children(recursive=True)]
        except psutil.Error:
            return []

    @property
    def total(self) -> float:
        """The CPU seconds that have been spent, as far as was seen."""
        return self.spent[-1][1] if self.spent else 0.0

    def until(self, when: float) -> float:
        """The CPU seconds that had been spent by then."""
        before = [(at, spent) for at, spent in self.spent if at <= when][-1:] or self.spent[:1]
        after = [(at, spent) for at, spent in self.spent if at > when][:1] or before
        (start, low), (end, high) = before[0], after[0]
        return low + (high - low) * ((when - start) / (end - start) if end > start else 0.0)

    def left(self) -> list[psutil.Process]:
        """The processes that live on."""
        return [
            each for each in self.own if each.is_running() and each.status() != psutil.STATUS_ZOMBIE
        ]


def role_of(command: list[str]) -> str:
    """What a process is for."""
    told = " ".join(command)
    roles = {
        "proctor.sandbox.forkserver": "sandbox",
        "ipykernel": "sandbox",
        "multiprocessing": "worker",
    }
    return next((role for words, role in roles.items() if words in told), "command")


def machine(load: tuple[float, float]) -> str:
    """What was measured, when and where; `load`: the load average at the beginning and at the end."""
    told = ["git", "-C", str(COURSE), "describe", "--always", "--dirty"]
    commit = (
        subprocess.run(told, capture_output=True, text=True, check=False).stdout.strip()
        or "no commit"
    )
    packages = ", ".join(
        f"{name} {version(name)}"
        for name in ("torch", "nbgrader", "ipykernel", "matplotlib", "pytest")
    )
    return (
        f"Measured on {time.strftime('%Y-%m-%d')}, at {commit}: {os.cpu_count()} cores ({platform.machine()}, {platform.system()}), "
        f"load average {load[0]:.1f} to {load[1]:.1f}; Python {platform.python_version()}, {packages}."
    )
