"""Feedback goes out: pages are made if they are missing or out of date, and released through the
exchange.

Students who handed in another way are named, with their pages; an archive of these goes back to
Canvas or Moodle.
"""

import glob
import hashlib
import logging
import os
import shutil
import signal
import sys
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache, cached_property
from multiprocessing import get_context
from pathlib import Path

from nbgrader.api import MissingEntry
from nbgrader.apps.zipcollectapp import ZipCollectApp
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeFactory
from rich.console import Console
from rich.progress import track

from proctor.classroom.show import print_line
from proctor.course.configuration import configuration
from proctor.course.files import replaced_folder
from proctor.errors import CannotRecord, GradingError
from proctor.records.archives import read_collected
from proctor.records.attempts import mark_shown
from proctor.records.feedback_page import Pages, Recorded, recorded
from proctor.records.gradebook import OpenGradebook, recording
from proctor.records.inbound import ADDED
from proctor.records.roster import submissions
from proctor.records.stale import is_new
from proctor.records.store import Key
from proctor.sandbox.linux import die_with_parent
from proctor.text import all_shown, readable, shown

# beside a page: the digest of all that the page is made of
MADE_OF = ".made-of"
FEW = 5  # pages that one process makes as soon as several do


@dataclass
class Feedback:
    """The feedback on one submission, in `folder`; `error` says why there is no page, `left` why it
    isn't released.
    """

    student: str
    assignment: str
    folder: Path
    made: bool = False
    error: str = ""
    left: str = ""

    @property
    def key(self) -> Key:
        return self.student, self.assignment

    @property
    def pages(self) -> list[Path]:
        return sorted(self.folder.glob("*.html"))


class FeedbackRound:
    """Makes and releases a class's feedback.

    Raises `GradingError` if the configuration or the gradebook can't be read.
    """

    def __init__(self, course: Path):
        self.course, self.config = course, configuration(course)
        self._gradebook = OpenGradebook(self.config)
        if CourseDirectory(config=self.config).groupshared:
            os.umask(0o002)

    @cached_property
    def _pages(self) -> Pages:
        return Pages(self.config)

    def make_all(self, found: list[Feedback], workers: int) -> Iterator[Feedback]:
        """Makes the pages of these submissions, unless they are there and up to date, in so many
        processes.
        """
        # once the first page is made, the processes begin with the templates and the texts that all
        # pages have
        yield from map(self.make, found[:1])
        if workers == 1 or len(found) < FEW:
            yield from map(self.make, found[1:])
            return
        context = get_context("fork" if sys.platform == "linux" else "spawn")
        try:
            with ProcessPoolExecutor(workers, context, _start, (self.course,)) as pool:
                yield from pool.map(_make_there, found[1:])
        except BrokenProcessPool as error:
            raise GradingError(
                f"a process that makes pages died ({error}): start again to go on"
            ) from error

    def make(self, each: Feedback) -> Feedback:
        """Makes a submission's pages, unless they are there and up to date."""
        try:
            with recording(self.course):
                self._make(each)
        except CannotRecord:
            raise
        except GradingError as error:
            each.error = str(error)
        return each

    def _make(self, each: Feedback) -> None:
        graded = Path(self.course, "autograded", *each.key)
        known = self._recorded(each)
        made_of = _digest(graded, known)
        mark = each.folder / MADE_OF
        if each.pages and mark.is_file() and mark.read_text() == made_of:
            return
        texts = {}
        for path in graded.glob("*.ipynb"):
            try:
                texts[path.stem] = self._pages.make(path, each.key, recorded=known[path.stem])
            # whatever the notebook or an instructor's own preprocessor makes go wrong
            except Exception as error:
                raise GradingError(readable(f"{type(error).__name__}: {error}")) from error
        with replaced_folder(each.folder) as fresh:
            fresh.mkdir()
            for name, text in texts.items():
                (fresh / f"{name}.html").write_text(text, "utf-8")
            # by which the exchange knows the submission
            for name in ADDED:
                if (graded / name).is_file():
                    shutil.copyfile(graded / name, fresh / name)
            (fresh / MADE_OF).write_text(made_of)
        each.made = True

    def _recorded(self, each: Feedback) -> dict[str, Recorded]:
        """The records on each of a submission's notebooks, by its name."""
        try:
            with self._gradebook.transaction() as gradebook:
                books = gradebook.find_submission(each.assignment, each.student).notebooks
                return {book.name: recorded(gradebook, each.key, book.name) for book in books}
        except MissingEntry:
            raise GradingError("it is not in the gradebook: 'proctor grade' it again") from None

    def release(self, each: Feedback) -> None:
        """Releases a submission's pages through the exchange, or says why not."""
        quiet = logging.Logger("nbgrader")
        quiet.addHandler(logging.NullHandler())
        exchange = ExchangeFactory(config=self.config, log=quiet)
        coursedir = self._coursedir(glob.escape(each.student), each.assignment)
        release = exchange.ReleaseFeedback(coursedir=coursedir, authenticator=None)
        try:
            release.start()
            each.left = getattr(release, "left", {}).get(each.student, "")
        except Exception as error:
            each.left = f"the exchange can't take it: {error}"

    def pack(self, assignment: str, left: list[Feedback]) -> Iterator[str]:
        """Writes an archive of pages, named as Canvas or Moodle named the submissions; says whose
        are in it.
        """
        coursedir = self._coursedir("*", assignment)
        prefixes = read_collected(ZipCollectApp(config=self.config, coursedir=coursedir))["prefix"]
        named = []
        others = []
        for each in left:
            if each.student in prefixes:
                named.append(each)
            else:
                others.append(each.student)
        if named:
            path = self.course / "feedback" / f"{assignment}.zip"
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                for each in named:
                    for page in each.pages:
                        archive.write(page, prefixes[each.student] + page.name)
            yield f"{path.relative_to(self.course)}: the pages of {len(named)}, named as your LMS named what they handed in"
        if others:
            yield f"not packed, no upload of theirs is in a collected archive: {all_shown(others)}"

    def _coursedir(self, student: str, assignment: str) -> CourseDirectory:
        return CourseDirectory(config=self.config, student_id=student, assignment_id=assignment)


@cache
def _package_digest() -> str:
    """A digest of this package's files, the templates of pages included."""
    package = Path(__file__).resolve().parent.parent
    files = sorted(
        file for file in package.rglob("*") if file.suffix in (".py", ".j2", ".css", ".js")
    )
    return hashlib.sha256(b"".join(map(Path.read_bytes, files))).hexdigest()


def _digest(graded: Path, known: dict[str, Recorded]) -> str:
    """Changes when the graded notebook, the records on it or this package does."""
    facts: list[object] = [_package_digest(), known]
    for path in sorted(graded.iterdir()):
        if path.suffix == ".ipynb" or path.name in ADDED:
            facts.append((path.name, path.read_bytes()))
    return hashlib.sha256(repr(facts).encode()).hexdigest()


_round: FeedbackRound


def _start(course: Path) -> None:
    """Begins a process that makes pages; it ends with the one that started it, and leaves Ctrl-C to
    it.
    """
    global _round
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        die_with_parent()
    _round = FeedbackRound(course)


def _make_there(each: Feedback) -> Feedback:
    return _round.make(each)


def hand_out(
    course: Path, names: list[str], student: str, archive: bool, workers: int, console: Console
) -> bool:
    """Makes and releases the feedback on these assignments, and says who is left; whether all of it
    went well.
    """
    well, found_any = True, False
    a_round = FeedbackRound(course)
    for name in names:
        graded = submissions(course, [name], student, "autograded")
        ungraded = []
        for each in submissions(course, [name], student):
            if each not in graded or is_new(course, *each):
                ungraded.append(each.student)
        if not graded and not ungraded:
            continue
        found_any = True
        to_make = [Feedback(*each, Path(course, "feedback", *each)) for each in graded]
        # without a thread that refreshes the bar: processes are forked meanwhile
        made = track(
            a_round.make_all(to_make, workers),
            name,
            len(to_make),
            console=console,
            transient=True,
            disable=not console.is_terminal,
            auto_refresh=False,
        )
        found = []
        for each in made:
            if not each.error:
                a_round.release(each)
            found.append(each)
        # their students get these pages, by whichever way
        mark_shown(course, [each.key for each in found if not each.error])
        for line in _summary(name, found, ungraded):
            print_line(console, line)
        left = [each for each in found if each.left and each.student not in ungraded]
        if archive and left:
            for line in a_round.pack(name, left):
                print_line(console, f"  {line}")
        well &= not any(each.error for each in found)
    if not found_any:
        whose = "" if student == "*" else f" by {student}"
        raise GradingError(f"nothing is graded of {', '.join(names)}{whose}: 'proctor grade' first")
    return well


def _summary(name: str, found: list[Feedback], ungraded: list[str]) -> Iterator[str]:
    """Lines on an assignment's feedback: one in sum, and for each reason one that names the
    students who are left.
    """
    there = [each for each in found if not each.error]
    made = sum(each.made for each in there)
    released = 0
    left = defaultdict[str, list[str]](list)
    for each in there:
        if each.left:
            left[each.left].append(each.student)
        else:
            released += 1
    yield f"{name}: feedback for {len(there)}, made now for {made}; released through the exchange for {released}"
    for why, students in left.items():
        yield f"  not released, {why}: {all_shown(students)}"
    if left:
        yield f"  these pages are in feedback/STUDENT/{name}/: send them by mail, or --zip packs them for your LMS"
    for each in found:
        if each.error:
            yield f"  no page for {shown(each.student)}: {each.error}"
    if ungraded:
        yield f"  handed in, but not graded: {all_shown(ungraded)}"
