"""The trusted side of a room: starts it, runs the notebook in it up to where it is needed, and outlives its death."""

import atexit
import contextlib
import os
import select
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from nbformat import NotebookNode

from proctor import walls, wire
from proctor.course import Assignment, grade_id

MAX_KEPT, MAX_FILES, MAX_DEPTH = 64 * 2**20, 1000, 16  # of what a room wrote: bytes, files in a folder, nested folders


class RoomTimeout(Exception):
    """The student's code ran longer than it may."""


class RoomDied(Exception):
    """The student's process ended in the middle."""


@dataclass(frozen=True)
class Limits:
    """Wall-clock seconds for one cell, one call from a check, an exercise in all, the notebook; grace after an interrupt."""

    cell: float = 30.0
    call: float = 20.0
    exercise: float = 40.0
    notebook: float = 300.0
    grace: float = 2.0


LIMITS = Limits()


class Warm:
    """A handle on the warm parent process, which forks the rooms."""

    def __init__(self):
        self.rooms = tempfile.TemporaryDirectory(prefix="proctor-rooms-", ignore_cleanup_errors=True)
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        building = walls.building(self.rooms.name)
        self.walls = ["building"] if building else []
        self.process = subprocess.Popen(
            [*building, sys.executable, "-m", "proctor.warm", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env=walls.environment(),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        theirs.close()
        if self.control.recv(16) != b"ready":
            raise RuntimeError("the warm parent did not start: see its error above")
        atexit.register(self.close)

    def fork(self, folder: str) -> tuple[int, socket.socket]:
        """A fresh room that works in `folder`: its process id and our end of its socket."""
        ours, theirs = socket.socketpair()
        socket.send_fds(self.control, [msgspec.msgpack.encode(["fork", folder])], [theirs.fileno()])
        theirs.close()
        return msgspec.msgpack.decode(self.control.recv(64), type=int), ours

    def tell(self, command: str, pid: int) -> None:
        """Has the warm parent interrupt or kill a room."""
        self.control.send(msgspec.msgpack.encode([command, pid]))

    def close(self) -> None:
        """Ends the warm parent and with it every room."""
        self.control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        self.process.kill()
        self.rooms.cleanup()


@dataclass
class Cell:
    """A code cell of a submission on its way through a room."""

    source: str
    id: str | None = None
    exercise: str = ""
    done: wire.CellDone | None = None
    lethal: bool = False


@dataclass
class Sitting:
    """One notebook in one room; where the room dies, another one that skips what killed it."""

    warm: Warm
    cells: list[Cell]
    limits: Limits = LIMITS
    lethal_exercises: dict[str, Exception] = field(default_factory=dict)
    spent: Counter = field(default_factory=Counter)
    position: int = 0
    rooms: int = 0
    link: socket.socket | None = None
    folder: tempfile.TemporaryDirectory | None = None
    files: Path | None = None
    pid: int = 0

    def advance_to(self, cell_id: str) -> None:
        """Runs the notebook's cells up to and including the one with this id, so far as they haven't run yet."""
        ids = [cell.id for cell in self.cells]
        end = ids.index(cell_id) + 1 if cell_id in ids else len(ids)
        self._run_until(max(end, self.position))

    def end(self) -> None:
        """Ends the room's process, and waits until it is gone; its folder stays until `close`."""
        if self.link is None:
            return
        self.warm.tell("kill", self.pid)
        self.link.settimeout(self.limits.grace)
        with contextlib.suppress(OSError):
            while self.link.recv(2**20):
                pass

    def keep_files(self, folder: Path) -> None:
        """Ends the room and copies the new plain files that it wrote to `folder`; nothing there is replaced."""
        if self.link is None:
            return
        self.end()
        kept = 0
        for place, folders, files, descriptor in os.fwalk(self.folder.name, follow_symlinks=False):
            inside = Path(place).relative_to(self.folder.name)
            if len(inside.parts) >= MAX_DEPTH:
                folders.clear()
            for name in files[:MAX_FILES]:
                target = folder / inside / name
                if target.suffix == ".ipynb" or os.path.lexists(target) or not _is_plain_folder(folder, inside):
                    continue
                with contextlib.suppress(OSError):
                    data = _plain_file(name, descriptor)
                    if data is not None and kept + len(data) <= MAX_KEPT:
                        target.write_bytes(data)
                        kept += len(data)

    def run_all(self) -> None:
        """Runs what is left of the notebook."""
        self._run_until(len(self.cells))

    def ask(self, request: wire.Call | wire.Probe, name: str) -> wire.Returned | wire.Raised:
        """The reply to a call or probe about the exercise `name`. Raises `RoomTimeout` or `RoomDied`."""
        if name in self.lethal_exercises:
            raise self.lethal_exercises[name]
        try:
            reply = self._exchange(request, self.limits.call, name)
        except (RoomTimeout, RoomDied) as error:
            if self.link is None:
                self.lethal_exercises[name] = error
                self._replay()
            raise
        if isinstance(reply, wire.Returned | wire.Raised):
            return reply
        raise RoomDied("the student's process answered out of turn")

    def close(self) -> None:
        """Ends the room."""
        if self.link is not None:
            self.warm.tell("kill", self.pid)
            self.link.close()
            self.link = None
            try:
                self.folder.cleanup()
            except (OSError, RecursionError):  # folders nested deeper than Python's own removal can go
                self.folder._finalizer.detach()
                subprocess.run(["rm", "-rf", "--", self.folder.name], check=False)

    def _run_until(self, end: int) -> None:
        while self.position < end:
            cell = self.cells[self.position]
            if not cell.lethal:
                self._run(cell)
            self.position += 1

    def _run(self, cell: Cell) -> None:
        try:
            reply = self._exchange(wire.RunCell(cell.source), self.limits.cell, cell.exercise)
            if isinstance(reply, wire.CellDone):
                cell.done = reply
                return
            raise RoomDied("the student's process answered out of turn")
        except (RoomTimeout, RoomDied) as error:
            name = "Timeout" if isinstance(error, RoomTimeout) else "Died"
            cell.done = wire.CellDone([], name, str(error))
            cell.lethal = True
            if self.link is None:
                self._replay()

    def _replay(self) -> None:
        """In a new room, runs again what had run, but for the cells that killed one."""
        position, self.position = self.position, 0
        if self.rooms < 8:
            self._run_until(position)
        else:
            for cell in self.cells:
                cell.lethal = True
            self.position = position

    def _exchange(self, request: wire.Request, seconds: float, exercise: str) -> wire.Reply:
        left = self.limits.notebook - self.spent.total()
        if exercise:
            left = min(left, self.limits.exercise - self.spent[exercise])
        if left <= 0:
            raise RoomTimeout("it has used up its time")
        start = time.monotonic()
        try:
            return self._within(request, min(seconds, left))
        except (EOFError, TimeoutError, ConnectionError, wire.WireError) as error:
            self.close()
            raise RoomDied(str(error)) from None
        finally:
            self.spent[exercise] += time.monotonic() - start

    def _within(self, request: wire.Request, seconds: float) -> wire.Reply:
        if self.link is None:
            self.rooms += 1
            self.folder = tempfile.TemporaryDirectory(dir=self.warm.rooms.name, ignore_cleanup_errors=True)
            if self.files is not None:
                shutil.copytree(self.files, self.folder.name, dirs_exist_ok=True)
            self.pid, self.link = self.warm.fork(self.folder.name)
            self.link.settimeout(30)
            entered = wire.decode_reply(wire.receive(self.link))
            if not isinstance(entered, wire.Entered) or entered.error:
                raise walls.WallError(f"a room could not be walled in: {getattr(entered, 'error', entered)}")
        self.link.settimeout(seconds)
        wire.send(self.link, wire.encode(request))
        if not select.select([self.link], [], [], seconds)[0]:
            self.warm.tell("interrupt", self.pid)
            if select.select([self.link], [], [], self.limits.grace)[0]:
                wire.receive(self.link)
            else:
                self.close()
            raise RoomTimeout(f"it ran for more than {seconds:.0f} seconds")
        return wire.decode_reply(wire.receive(self.link))


def _plain_file(name: str, folder: int) -> bytes | None:
    """The bytes of a plain file of sane size in an open folder, never by way of a link; None where it is none."""
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    with open(descriptor, "rb") as file:
        facts = os.fstat(descriptor)
        return file.read() if stat.S_ISREG(facts.st_mode) and facts.st_size <= MAX_KEPT else None


def _is_plain_folder(folder: Path, inside: Path) -> bool:
    """Whether `inside` is an existing folder of `folder` that no link leads to."""
    places = [folder / part for part in (inside, *inside.parents)]
    return all(place.is_dir() and not place.is_symlink() for place in places)


def cells_of(notebook: NotebookNode, assignment: Assignment) -> list[Cell]:
    """The code cells of a submission in their order, with the locked ones as they were released and none missing."""
    cells, seen = [], set()
    for cell in notebook.cells:
        name = grade_id(cell)
        if name in assignment.locked:
            if name not in seen:
                cells.append(_locked(name, assignment))
                seen.add(name)
        elif name in assignment.stubs or cell.cell_type == "code":
            cells.append(Cell(cell.source, name, assignment.exercise_of(name)))
    return _with_missing(cells, seen, assignment)


def _with_missing(cells: list[Cell], seen: set[str], assignment: Assignment) -> list[Cell]:
    """Adds the released cells that a submission lacks, each behind the one that it follows in the release."""
    before = None
    for cell in assignment.released.cells:
        name = grade_id(cell)
        if name is None or cell.cell_type != "code":
            continue
        if name in assignment.locked and name not in seen:
            ids = [cell.id for cell in cells]
            cells.insert(ids.index(before) + 1 if before in ids else 0, _locked(name, assignment))
        before = name
    return cells


def _locked(name: str, assignment: Assignment) -> Cell:
    return Cell(assignment.locked[name].source, name, assignment.exercise_of(name))
