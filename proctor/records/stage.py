"""The files of a submission that go to `autograded/`, besides its notebook."""

import contextlib
from pathlib import Path

from proctor.course.codes import Code, Note, left_behind
from proctor.records.timestamps import timestamp
from proctor.sandbox.files import (
    FOLDER,
    RESERVED,
    TIMESTAMP,
    is_kept,
    is_odd,
    note_in,
    plain_files,
    write_files,
    written,
)


def write_new_files(files: dict[str, bytes], folder: Path) -> list[Note]:
    """Puts the files that a notebook's cells made into `folder`, as far as they may be kept;
    returns notes on the others.
    """
    reserved = []
    free = {}
    for name, data in files.items():
        if str(Path(name)).casefold() in RESERVED:
            reserved.append(name)
        else:
            free[name] = data
    others = [name for name in write_files(free, folder) if not name.endswith(".pyc")]
    notes = []
    if others:
        notes.append(left_behind(others))
    if reserved:
        notes.append(left_behind(reserved, Code.RESERVED_NAME))
    return notes


def stage(folder: Path, source: Path, target: Path, ours: bool) -> list[Note]:
    """Copies a submission's files that may go to `autograded/`, but for notebooks, and returns
    notes on odd ones.

    Files of the same names as the instructor's in `source` come along: his own replace them. For an
    assignment of the instructor's own, which is not `ours` and which nbgrader may run there, so do
    files of the same kinds as his.
    """
    target.mkdir(parents=True)
    files: dict[str, bytes] = {}
    not_plain: list[str] = []
    with contextlib.suppress(OSError):
        files = plain_files(folder, depth=FOLDER, others=not_plain)
    theirs = set()
    kinds = set()
    for path in filter(Path.is_file, source.rglob("*")):
        theirs.add(str(path.relative_to(source)))
        if not ours:
            kinds.add(path.suffix.lower())
    behind = []
    for name, data in files.items():
        if name == TIMESTAMP or name.lower().endswith(".ipynb"):
            continue
        kind = Path(name).suffix.lower()
        comes = is_kept(name) or name in theirs or (kind in kinds and not is_odd(name))
        # a folder may be called as a file of the instructor's
        is_free = theirs.isdisjoint(map(str, Path(name).parents))
        if comes and is_free and written(target / name, data):
            continue
        # an archive was opened to look for a notebook: another note names it
        if not (ours and kind == ".zip"):
            behind.append(name)
    not_plain = [name for name in not_plain if not name.lower().endswith(".ipynb")]
    notes = []
    if not_plain:
        notes.append(left_behind(not_plain, Code.NOT_PLAIN))
    if behind:
        notes.append(left_behind(behind))
    when, odd = timestamp(folder / TIMESTAMP)
    # nbgrader keeps the text as it was handed in, with its time zone
    text = note_in(folder, TIMESTAMP)
    if odd and when is not None:
        notes.append(Code.BAD_TIMESTAMP())
        text = f"{when.isoformat(' ')} UTC"
    if text or TIMESTAMP in files:
        (target / TIMESTAMP).write_text(text, "utf-8")
    return notes
