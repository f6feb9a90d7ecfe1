"""The findings of an examination: one report a notebook, one verdict a graded cell."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, TypedDict

import msgspec

from proctor.course.codes import Code, Note, Reason
from proctor.course.words import sentence
from proctor.text import readable


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


# nothing was answered
BLANK = (Status.NOT_ATTEMPTED, Status.MISSING)
# the answer itself lost the points
OWN_FAILURES = (Status.FAILED, Status.ERROR, Status.FORBIDDEN)
# not of an answer that was judged and failed
NOT_FAILED = (Status.PASSED, *BLANK, Status.UNREADABLE, Status.UNJUDGED)
# the reason is a rule of the exercise, the file or the grader: a page with few details has it, too
ALWAYS_SHOWN = (Status.FORBIDDEN, Status.MISSING, Status.UNREADABLE, Status.UNJUDGED)


def status_of(statuses: Sequence[str]) -> str:
    """The status of an exercise with these of its cells: of the first that was tried and has not
    passed.
    """
    not_passed = [status for status in statuses if status != Status.PASSED]
    tried = [status for status in not_passed if status not in BLANK]
    return [*tried, *not_passed, Status.PASSED][0]


class Diagnosis(TypedDict):
    """A misconception that was recognised: its id, a title and a hint."""

    id: str
    title: str
    hint: str


# with this begins the id of a misconception that looks alike in every exercise
GENERAL = "general."

# The promises of a sandbox, by the name that reports give it; `proctor.session.doctor` attempts to
# break each.
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

# right answers in other words differ by up to 0.01 if a softmax of huge logits is written with
# logarithms
SLACK = 0.03


def same_behaviour(one: str, other: str) -> bool:
    """Whether two behaviours are the same: their hashes are equal, and their sums but for
    rounding.
    """
    (exact, *sums), (exactly, *others) = one.split(), other.split()
    return exact == exactly and all(
        abs(float(a) - float(b)) <= SLACK for a, b in zip(sums, others, strict=True)
    )


def message_of(note: Note) -> str:
    """The sentence of a note, safe to show."""
    return readable(sentence(note).strip())


def as_stored(note: Note) -> dict[str, Any]:
    """A cell's note, as `proctor check --json` and a graded notebook's metadata have it."""
    return {"message": message_of(note)} | asdict(note)


def notes_as_stored(notes: list[Note]) -> dict[str, list]:
    """A report's notes, as `proctor check --json` and a graded notebook's metadata have them."""
    return {"notes": [*map(message_of, notes)], "note_codes": [*map(asdict, notes)]}


@dataclass
class Verdict:
    """The verdict on one graded cell; `note` says why, and `diagnosis` which misconception is
    recognised.

    `given`: the names that a stand-in stood in for, if it passed only with that. `behaviour`, of a
    failed cell: a short name for the replies to all questions about its exercise; for
    `same_behaviour`. `crash`: the error of the check itself, and its line, for its author's eyes.
    `check`: the hidden check that failed, for a teacher's eyes. `reveal`, of a prediction, for a
    learner alone: the answer and its reason, as Markdown.
    """

    id: str
    score: float
    max_score: float
    status: Status
    note: Note = field(default_factory=Note)
    diagnosis: Diagnosis | None = None
    given: list[str] = field(default_factory=list)
    behaviour: str | None = None
    crash: str = ""
    check: str | None = None
    reveal: str = ""

    @property
    def message(self) -> str:
        """The sentence of its note."""
        return message_of(self.note)

    @property
    def text(self) -> str:
        """The message, and the misconception if one is recognised."""
        parts = [self.message]
        if self.diagnosis:
            parts.append(f"{self.diagnosis['title']}\n{self.diagnosis['hint']}")
        return "\n\n".join(parts)

    def as_dict(self) -> dict[str, Any]:
        """The verdict in the terms of `proctor check --json`."""
        facts = vars(self) | {"status": self.status.value}
        del facts["note"]
        return facts | as_stored(self.note)


@dataclass
class Report:
    """The verdicts on one notebook; `protected` says which promises of the sandbox held when it was
    made.

    `flags`, for an instructor's eyes, are `{"cell", "line", "words"}`: see `proctor.grading.flags`.
    `notes`: how the notebook was found and read, if that isn't plain.
    """

    notebook: str
    assignment: str
    seed: int
    protected: dict[str, bool]
    cells: list[Verdict] = field(default_factory=list)
    flags: list[dict[str, Any]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    @property
    def score(self) -> float:
        return sum(cell.score for cell in self.cells)

    @property
    def max_score(self) -> float:
        return sum(cell.max_score for cell in self.cells)

    def has(self, code: Code) -> bool:
        """Whether one of its notes has this code."""
        return any(note.code == code for note in self.notes)

    def as_dict(self) -> dict[str, Any]:
        """The report in the terms of `proctor check --json`."""
        cells = [cell.as_dict() for cell in self.cells]
        points = {"score": self.score, "max_score": self.max_score}
        return vars(self) | points | notes_as_stored(self.notes) | {"cells": cells}


class _Metadata(msgspec.Struct):
    proctor: dict = {}


class _Notebook(msgspec.Struct):
    metadata: _Metadata


def report_in(path: Path) -> dict:
    """The report in an autograded notebook; empty if there is none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Notebook).metadata.proctor
    except (OSError, msgspec.MsgspecError):
        return {}


# statuses that are a reason for a person to look
LOOKS = {
    Status.TIMEOUT,
    Status.DIED,
    Status.OUT_OF_MEMORY,
    Status.FORBIDDEN,
    Status.MISSING,
    Status.UNJUDGED,
}


def reasons(report: dict) -> dict[Reason, str]:
    """The reasons to look at a report, each with the cells, the lines or the files that it is
    about.
    """
    found: dict[Reason, list[str]] = defaultdict(list)
    for message, note in zip(report.get("notes", []), report.get("note_codes", [])):
        reason = Reason.FILES
        if note["code"] == Code.HANDED_IN_BY:
            reason = Reason.BY_ANOTHER
        found[reason].append(message)
    for cell in report.get("cells", []):
        status = cell["status"]
        if status == Status.UNREADABLE:
            found[Reason.UNREADABLE] = [cell["params"]["why"]]
            break
        if status in LOOKS:
            about = cell["id"]
            if cell.get("crash"):
                crash = cell["crash"].replace("\n", ", ")
                about = f"{about} ({crash})"
            found[Reason(status)].append(about)
        if cell.get("code") == Code.LACKS_PACKAGE:
            found[Reason.LACKING].append(f"{cell['id']} ({cell['params']['package']})")
    if report.get("fewer"):
        before, most, now = report["fewer"]
        found[Reason.FEWER] = [f"{before} of {most} answered before, {now} now"]
    if report.get("marked_late"):
        found[Reason.MARKED_LATE] = [
            "late by an unknown time, without a penalty; a timestamp.txt gives it one"
        ]
    for flag in report.get("flags", []):
        found[Reason.FLAGGED].append(
            f"code cell {flag['cell']}, line {flag['line']}, {flag['words']}"
        )
    return {reason: ", ".join(about) for reason, about in found.items()}
