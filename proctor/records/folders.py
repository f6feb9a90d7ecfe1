"""The folders with the files of attempts: `submitted/` for the attempt that counts, `attempts/` for
all.

`attempts/STUDENT/ASSIGNMENT/NUMBER/` holds `files/`, as they were handed in, and `judged.json`, the
outcome: the notebook with its outputs, the report, the files that its cells wrote. A folder that
somebody changed in `submitted/` becomes an attempt before anything takes its place.
"""

import contextlib
import dataclasses
import os
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import nbformat

from proctor.course.codes import as_note
from proctor.course.files import replace, replaced_folder
from proctor.errors import NotTaken
from proctor.grading.outcome import Outcome
from proctor.records.attempts import Attempt, Store, Way
from proctor.records.inbound import copy_submission
from proctor.records.stale import contents
from proctor.records.store import Key
from proctor.records.timestamps import timestamp, utc
from proctor.sandbox.files import SECRET, TIMESTAMP

MOST = 100_000_000  # bytes of a folder in `submitted/` that are kept


class Folders:
    """The folders of a course's attempts.

    A `trial` is a folder that is written to in their place, and read first.
    """

    def __init__(self, course: Path, trial: Path | None = None):
        self.course, self.trial = course, trial
        self._homes = [course] if trial is None else [trial, course]

    def _home(self, attempt: Attempt, home: Path) -> Path:
        return home / "attempts" / attempt.student / attempt.assignment / str(attempt.number)

    def _place(self, attempt: Attempt, name: str) -> Path:
        """The place of this part of an attempt: it is there, or to be written there."""
        places = [self._home(attempt, home) / name for home in self._homes]
        return next(filter(Path.exists, places), places[0])

    def files(self, attempt: Attempt) -> Path:
        """The folder of an attempt's files as they were handed in; there may be none any more."""
        return self._place(attempt, "files")

    def submitted(self, key: Key) -> Path:
        student, assignment = key
        return self.course / "submitted" / student / assignment

    def keep(self, attempt: Attempt, source: Path, most: int = MOST, ours: bool = False) -> None:
        """Copies an attempt's files; `ours`: from `submitted/`, with the notes that proctor added.

        Raises `NotTaken` if they can't be copied.
        """
        target = self._home(attempt, self._homes[0]) / "files"
        target.parent.mkdir(parents=True, exist_ok=True)
        copy_submission(source.parent, source.name, target, most, ours)
        attempt.digest = attempt.digest or contents(target)
        attempt.kept = True

    def save_outcome(self, attempt: Attempt, outcome: Outcome) -> None:
        """Keeps the outcome beside the attempt: its grade can be computed again without a
        sandbox.
        """
        path = self._home(attempt, self._homes[0]) / "judged.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        # `proctor.db` has the answers that similarity compares
        replace(path, msgspec.json.encode(dataclasses.replace(outcome, written="")))

    def outcome(self, attempt: Attempt) -> Outcome | None:
        """The outcome of a judged attempt; None if its files are not kept any more."""
        path = self._place(attempt, "judged.json")
        return _outcome(path.read_bytes()) if path.is_file() else None

    def drop(self, attempt: Attempt) -> None:
        """Removes an attempt's files; the table still has its verdicts."""
        shutil.rmtree(self._home(attempt, self.course), ignore_errors=True)
        attempt.kept = False

    def size(self, attempt: Attempt) -> int:
        """The bytes of the files that are kept of an attempt."""
        found = self._home(attempt, self.course).rglob("*")
        return sum(path.stat().st_size for path in found if path.is_file())


def _outcome(data: bytes) -> Outcome:
    found = msgspec.json.decode(
        data, type=Outcome, dec_hook=lambda _, notebook: nbformat.from_dict(notebook)
    )
    notes = list(found.notes)
    if found.report is not None:
        notes += [*found.report.notes, *(cell.note for cell in found.report.cells)]
    for note in notes:
        note.params.update(as_note(note.params))
    return found


def notice_by_hand(store: Store, folders: Folders, key: Key) -> None:
    """Makes an attempt of a student's folder in `submitted/` if somebody changed it.

    A new time alone makes no attempt: it is another time of the same one.
    """
    folder = folders.submitted(key)
    # also a file or a link, which is no folder, is something that was handed in
    if not os.path.lexists(folder):
        return
    when, _ = timestamp(folder / TIMESTAMP)
    now = Attempt(*key, way=Way.BY_HAND, digest=contents(folder), collected=time.time())
    if when:
        now.arrived = when.replace(tzinfo=UTC).timestamp()
        now.known_by = TIMESTAMP
    own = store.of(*key)
    for attempt in store.rows("id IN (?, ?)", *store.placed(key)):
        if attempt.digest != now.digest:
            continue
        if own:
            if attempt.key == key and received(attempt.arrived) != received(now.arrived):
                attempt.arrived, attempt.known_by = now.arrived, now.known_by
                store.save(attempt)
            return
        # who left a group keeps its work until there is an attempt of their own
        now.way = Way.FORMER_GROUP
    store.add(now)
    store.place(key, now.id)
    # files that can't be copied stay in the folder, and are moved before another attempt takes
    # their place
    with contextlib.suppress(NotTaken):
        folders.keep(now, folder, ours=True)
        store.save(now)


def is_placed(store: Store, folders: Folders, key: Key, attempt: Attempt) -> bool:
    """Whether a student's `submitted/` holds this attempt; not if a process was killed while it put
    it there.
    """
    placed, before = store.placed(key)
    return placed == attempt.id and not before and os.path.lexists(folders.submitted(key))


def place(store: Store, folders: Folders, key: Key, attempt: Attempt) -> Path:
    """Puts an attempt of a student's group into their `submitted/`, as a whole or not at all, and
    returns its folder.

    The folder that it replaces is an attempt, too, with files of its own.
    """
    target = folders.submitted(key)
    if is_placed(store, folders, key, attempt):
        return target
    placed, before_it = store.placed(key)
    placed = before_it or placed
    before = None
    for each in store.rows("id = ?", placed):
        if each.key == key and not each.kept:
            before = each
    store.place(key, attempt.id, placed)
    target.parent.mkdir(parents=True, exist_ok=True)
    with replaced_folder(target) as fresh:
        shutil.copytree(folders.files(attempt), fresh)
        if attempt.key != key:
            # the page that is released by this secret is the page of the member who handed in
            (fresh / SECRET).unlink(missing_ok=True)
        written, _ = timestamp(folders.files(attempt) / TIMESTAMP)
        if attempt.arrived is not None and written != received(attempt.arrived):
            (fresh / TIMESTAMP).write_text(utc(attempt.arrived))
        if before and target.is_dir() and contents(target) == before.digest:
            folders.files(before).parent.mkdir(parents=True, exist_ok=True)
            target.rename(folders.files(before))
            before.kept = True
            store.save(before)
    store.place(key, attempt.id)
    return target


def received(when: float | None) -> datetime | None:
    """An attempt's time, as nbgrader's gradebook has it."""
    return datetime.fromtimestamp(when, UTC).replace(tzinfo=None) if when is not None else None
