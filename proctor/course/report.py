"""The findings of an examination: one report a notebook, one verdict a graded cell."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, TypedDict

import msgspec

from proctor.text import printable


class Status(StrEnum):
    """How a graded cell ended, by the names that reports give it."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_ATTEMPTED = "not_attempted"
    FORBIDDEN = "forbidden"
    ERROR = "error"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out_of_memory"
    DIED = "died"
    MISSING = "missing"
    # the notebook that was handed in could not be read
    UNREADABLE = "unreadable"
    # the check itself failed: the grader's fault, or the instructor's
    UNJUDGED = "unjudged"


class Diagnosis(TypedDict):
    """A misconception that was recognised: its id, what the answer does, and what would put its author right."""

    id: str
    title: str
    hint: str


# with this begins the id of a misconception that looks alike in every exercise
GENERAL = "general."
# nothing was answered
BLANK = (Status.NOT_ATTEMPTED, Status.MISSING)

# The promises of a sandbox, by the name that reports give it; `proctor.sandbox.doctor` attempts to break each.
PROMISES = {
    "hidden_checks_unreadable": "hidden checks unreadable from the sandbox",
    "reference_unreadable": "reference solutions unreadable from the sandbox",
    "submissions_unreadable": "other submissions unreadable from the sandbox",
    "gradebook_unreadable": "gradebook unreadable from the sandbox",
    "exchange_unreadable": "nbgrader's exchange unreadable from the sandbox",
    "writes_stay_inside": "nothing written outside the sandbox's own folder",
    "no_network": "no network, not even to this machine",
    "no_programs": "no other program started",
    "no_processes": "no process that could outlive the sandbox",
    "no_signals": "no signal to other processes",
    "no_tracing": "no look into other processes",
    "no_rights": "no right that an ordinary account lacks",
    "no_neighbours": "no word to another sandbox",
    "memory_limited": "memory limited",
    "files_limited": "open files limited",
    "threads_limited": "threads limited",
    "threads_apart": "threads left to a sandbox, however many another one has",
    "disk_limited": "size and number of a sandbox's files limited",
}

MESSAGE = 2000  # characters
# right answers in other words differ by up to 0.01 where a softmax of huge logits is written with logarithms
SLACK = 0.03


def readable(message: str) -> str:
    """A message, part of which a student's code may have written, cut and without what would move a terminal's cursor."""
    return printable(
        message if len(message) <= MESSAGE else f"{message[:MESSAGE]} … {len(message) - MESSAGE} more characters"
    )


def same_behaviour(one: str, other: str) -> bool:
    """Whether two behaviours are the same: their hashes are equal, and their sums but for rounding."""
    (exact, *sums), (exactly, *others) = one.split(), other.split()
    return exact == exactly and all(abs(float(a) - float(b)) <= SLACK for a, b in zip(sums, others, strict=True))


def given_words(names: list[str]) -> str:
    """Says that an answer is right with stand-ins for these names; nothing where there are none."""
    *first, last = [f"`{name}`" for name in names] or [""]
    return last and f"right, given a right {' and '.join([', '.join(first)] * bool(first) + [last])}"


@dataclass
class Verdict:
    """The verdict on one graded cell; `diagnosis` says which misconception is recognised.

    `given`: the names that a stand-in stood in for, where only that made it pass. `behaviour`, of a failed cell: a short
    name for the replies to all that its exercise was asked; for `same_behaviour`. `crash`: what the check itself raised,
    and where, for its author's eyes. `reveal`, of a prediction, for a learner alone: the answer and its reason, as Markdown.
    """

    id: str
    score: float
    max_score: float
    status: Status
    message: str = ""
    diagnosis: Diagnosis | None = None
    given: list[str] = field(default_factory=list)
    behaviour: str | None = None
    crash: str = ""
    reveal: str = ""

    @property
    def text(self) -> str:
        """The message, and the misconception where one is recognised."""
        parts = [self.message]
        if self.diagnosis:
            parts.append(f"{self.diagnosis['title']}\n{self.diagnosis['hint']}")
        return "\n\n".join(parts)


@dataclass
class Report:
    """The verdicts on one notebook; `protected` says which promises of the sandbox held when it was made.

    `flags`, for an instructor's eyes, are `{"cell", "line", "words"}`: see `proctor.examine.flags`. `notes`: how the
    notebook was found and read, where that isn't plain.
    """

    notebook: str
    assignment: str
    seed: int
    protected: dict[str, bool]
    cells: list[Verdict] = field(default_factory=list)
    flags: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def score(self) -> float:
        return sum(cell.score for cell in self.cells)

    @property
    def max_score(self) -> float:
        return sum(cell.max_score for cell in self.cells)

    def as_dict(self) -> dict[str, Any]:
        """The report in the terms of `proctor check --json`."""
        return {
            "notebook": self.notebook,
            "assignment": self.assignment,
            "score": self.score,
            "max_score": self.max_score,
            "seed": self.seed,
            "protected": self.protected,
            "flags": self.flags,
            "notes": [readable(note) for note in self.notes],
            "cells": [vars(cell) | {"status": cell.status.value} for cell in self.cells],
        }


class _Metadata(msgspec.Struct):
    proctor: dict = {}


class _Notebook(msgspec.Struct):
    metadata: _Metadata


def report_in(path: Path) -> dict:
    """The report that an autograded notebook holds; empty where there is none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Notebook).metadata.proctor
    except (OSError, msgspec.MsgspecError):
        return {}


LOOKS = {
    Status.TIMEOUT: "too slow",
    Status.DIED: "ended the process",
    Status.OUT_OF_MEMORY: "out of memory",
    Status.FORBIDDEN: "used what the exercise rules out",
    Status.MISSING: "cells were missing",
    Status.UNJUDGED: "a check could not judge the answer",
}
NOT_INSTALLED = "which isn't installed where this is graded"
LACKING = "needs a package that isn't installed here"
FILES = "which file counted, and what stayed behind"
FLAGGED = "may use a built-in unseen (points kept)"
FEWER = "answers fewer exercises than before"
MARKED_LATE = "marked as late by the LMS"
BY_ANOTHER = "handed in by another account"
# how a note ends that says so
NOT_THEIR_OWN = "and not by the student's own account"


def reasons(report: dict) -> dict[str, str]:
    """The reasons to look at a report, by kind."""
    found: dict[str, list[str]] = defaultdict(list)
    for note in report.get("notes", []):
        found[BY_ANOTHER if note.endswith(NOT_THEIR_OWN) else FILES].append(note)
    for cell in report.get("cells", []):
        if cell["status"] == Status.UNREADABLE:
            found["could not be read"] = [cell["message"].partition(": ")[2]]
            break
        if cell["status"] in LOOKS:
            crash = cell.get("crash", "").replace("\n", ", ")
            found[LOOKS[cell["status"]]].append(f"{cell['id']} ({crash})" if crash else cell["id"])
        # what else stands before these words may be a student's
        if needs := re.search(rf"needs ([\w.]+), {NOT_INSTALLED}", cell["message"]):
            found[LACKING].append(f"{cell['id']} ({needs[1]})")
    if report.get("fewer"):
        before, most, now = report["fewer"]
        found[FEWER] = [f"{before} of {most} answered before, {now} now"]
    if report.get("marked_late"):
        found[MARKED_LATE] = ["late by an unknown time, without a penalty; a timestamp.txt gives it one"]
    for flag in report.get("flags", []):
        found[FLAGGED].append(f"code cell {flag['cell']}, line {flag['line']}, {flag['words']}")
    return {kind: ", ".join(ids) for kind, ids in found.items()}
