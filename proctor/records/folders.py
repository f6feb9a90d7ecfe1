"""Where the files of attempts are: `submitted/` has those of the attempt that counts, `attempts/` all.

`attempts/STUDENT/ASSIGNMENT/NUMBER/` holds `files/`, as they were handed in, and `judged.json`, what
came of them: the notebook with its outputs, the report, the files that its cells wrote. A folder that
somebody changed in `submitted/` becomes an attempt before anything takes its place.
"""

import contextlib
import os
import shutil
import time
from collections.abc import Collection
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import nbformat

from proctor.course.codes import as_note
from proctor.course.files import replace, replaced_folder
from proctor.course.report import Report, Status, Verdict
from proctor.errors import NotTaken
from proctor.examine.outcome import Outcome
from proctor.records.attempts import Attempt, Store, Way
from proctor.records.inbound import copy_submission
from proctor.records.stale import contents
from proctor.records.store import Key
from proctor.records.timestamps import timestamp, utc
from proctor.sandbox.files import SECRET, TIMESTAMP

SAME_TIME = 0.001  # seconds by which a time may differ once it was written and read
MOST = 100_000_000  # bytes of a folder in `submitted/` that are kept


class Folders:
    """The folders of a course's attempts. A `trial` is a folder that is written to in their place."""

    def __init__(self, course: Path, trial: Path | None = None):
        self.course, self.trial = course, trial

    def _home(self, attempt: Attempt, home: Path) -> Path:
        return home / "attempts" / attempt.student / attempt.assignment / str(attempt.number)

    def files(self, attempt: Attempt) -> Path:
        """The folder of an attempt's files as they were handed in; there may be none any more."""
        return self._home(attempt, self.course) / "files"

    def submitted(self, key: Key) -> Path:
        student, assignment = key
        return self.course / "submitted" / student / assignment

    def keep(self, attempt: Attempt, source: Path, most: int = MOST, ours: bool = False) -> None:
        """Copies an attempt's files; `ours`: from `submitted/`, with the notes that proctor added.

        Raises `NotTaken` if they can't be copied.
        """
        if self.trial is not None:
            return
        target = self.files(attempt)
        target.parent.mkdir(parents=True, exist_ok=True)
        copy_submission(source.parent, source.name, target, most, ours)
        attempt.digest = attempt.digest or contents(target)
        attempt.kept = True

    def save_outcome(self, attempt: Attempt, outcome: Outcome) -> None:
        """Keeps the outcome beside the attempt: its grade can be computed again without a sandbox."""
        path = self._home(attempt, self.trial or self.course) / "judged.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        report = asdict(outcome.report) if outcome.report else None
        # what `similarity` compares is kept elsewhere
        replace(path, msgspec.json.encode(vars(outcome) | {"report": report, "written": None}))

    def outcome(self, attempt: Attempt) -> Outcome | None:
        """The outcome of a judged attempt; None if its files are not kept any more."""
        for home in filter(None, (self.trial, self.course)):
            path = self._home(attempt, home) / "judged.json"
            if path.is_file():
                return _outcome(msgspec.json.decode(path.read_bytes()))
        return None

    def drop(self, attempt: Attempt) -> None:
        """Removes an attempt's files; what is known of it stays."""
        shutil.rmtree(self._home(attempt, self.course), ignore_errors=True)
        attempt.kept = False

    def size(self, attempt: Attempt) -> int:
        """The bytes of the files that are kept of an attempt."""
        found = self._home(attempt, self.course).rglob("*")
        return sum(path.stat().st_size for path in found if path.is_file())


def _outcome(found: dict) -> Outcome:
    report = found["report"]
    if report is not None:
        cells = [
            Verdict(**cell | {"status": Status(cell["status"]), "note": as_note(cell["note"])})
            for cell in report["cells"]
        ]
        report = Report(**report | {"cells": cells, "notes": as_note(report["notes"])})
    files = {name: msgspec.convert(data, bytes, strict=False) for name, data in found["files"].items()}
    notebook = nbformat.from_dict(found["notebook"])
    more = {"notebook": notebook, "report": report, "files": files, "notes": as_note(found["notes"])}
    return Outcome(**found | more)


def notice_by_hand(store: Store, folders: Folders, key: Key) -> Attempt | None:
    """The attempt in `submitted/`: a new one if somebody changed the folder; None if there is none.

    A new time alone makes no attempt: it is another time of the same one.
    """
    folder = folders.submitted(key)
    # also a file or a link, which is no folder, is something that was handed in
    if not os.path.lexists(folder):
        return None
    digest = contents(folder)
    when, _ = timestamp(folder / TIMESTAMP)
    arrived = when.replace(tzinfo=UTC).timestamp() if when else None
    attempts = store.of(*key)
    for attempt in store.rows("id IN (?, ?)", *store.placed(key)):
        # what a group that was left handed in becomes an attempt of a student who has no other
        if attempt.digest == digest and attempts:
            if attempt.student == key[0] and not _same_time(attempt.arrived, arrived):
                attempt.arrived = arrived
                attempt.known_by = "timestamp.txt" if when else ""
                store.save(attempt)
            return attempt
    known_by = "timestamp.txt" if when else ""
    made = Attempt(*key, way=Way.BY_HAND, arrived=arrived, known_by=known_by, digest=digest)
    made.collected = time.time()
    store.add(made)
    store.place(key, made.id)
    # what can't be copied stays where it is, and is moved before something takes its place
    with contextlib.suppress(NotTaken):
        folders.keep(made, folder, ours=True)
        store.save(made)
    return made


def _same_time(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) < SAME_TIME


def is_placed(store: Store, folders: Folders, key: Key, attempt: Attempt) -> bool:
    """Whether a student's `submitted/` holds this attempt; not if a process was killed while it put it there."""
    placed, before = store.placed(key)
    return placed == attempt.id and not before and os.path.lexists(folders.submitted(key))


def place(store: Store, folders: Folders, key: Key, attempt: Attempt) -> Path:
    """Puts an attempt of a student's group into their `submitted/`, as a whole or not at all, and returns its folder.

    What is there is an attempt, with files of its own.
    """
    target = folders.submitted(key)
    if is_placed(store, folders, key, attempt):
        return target
    placed, before_it = store.placed(key)
    placed = before_it or placed
    (before,) = store.rows("id = ?", placed) or [None]
    store.place(key, attempt.id, placed)
    target.parent.mkdir(parents=True, exist_ok=True)
    with replaced_folder(target) as fresh:
        shutil.copytree(folders.files(attempt), fresh)
        if attempt.student != key[0]:
            # the page that is released by this secret is the page of the member who handed in
            (fresh / SECRET).unlink(missing_ok=True)
        written, _ = timestamp(folders.files(attempt) / TIMESTAMP)
        if attempt.arrived is not None and written != received(attempt.arrived):
            (fresh / TIMESTAMP).write_text(utc(attempt.arrived))
        if (
            before
            and before.student == key[0]
            and not before.kept
            and target.is_dir()
            and contents(target) == before.digest
        ):
            folders.files(before).parent.mkdir(parents=True, exist_ok=True)
            target.rename(folders.files(before))
            before.kept = True
            store.save(before)
    store.place(key, attempt.id)
    return target


def drop_old(
    store: Store, folders: Folders, attempts: list[Attempt], protected: Collection[Attempt], keep: int
) -> None:
    """Removes the files of the oldest judged attempts beyond `keep`, but not of the protected ones."""
    kept = [each for each in attempts if each.kept and each.judged]
    old = [each for each in kept[: max(len(kept) - keep, 0)] if each not in protected]
    for attempt in old:
        folders.drop(attempt)
        attempt.why = f"its files are gone: {keep} attempts are kept"
        store.save(attempt)


def received(when: float | None) -> datetime | None:
    """An attempt's time, as nbgrader's gradebook has it."""
    return datetime.fromtimestamp(when, UTC).replace(tzinfo=None) if when is not None else None
