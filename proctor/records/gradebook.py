"""nbgrader's gradebook of a course: how it is opened, and the messages if it can't be."""

import contextlib
import logging
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from logging.handlers import BufferingHandler
from pathlib import Path
from typing import TypeVar

from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import scoped_session, sessionmaker
from traitlets.config.loader import Config

from proctor.course.foreign import DAMAGED, LAST_LINE, LOCKED, OTHER_VERSION
from proctor.course.report import readable
from proctor.errors import CannotRecord, GradingError
from proctor.records import groups, store

FILE = "gradebook.db"
# as of proctor's store, and those of the gradebook alone
REMEDIES = store.REMEDIES | {
    DAMAGED: (
        "{course}/{file} is damaged: put a copy that you kept in its place, or move it away to begin a new one, "
        "without the grades that were given by hand"
    ),
    OTHER_VERSION: (
        "{course}/{file} is of another version of nbgrader: run 'nbgrader db upgrade', which keeps a copy"
    ),
}
PATIENCE = 30.0  # seconds for which a gradebook that another program holds is tried again
Made = TypeVar("Made")


def patiently(function: Callable[[], Made]) -> Made:
    """`function()`, called again for a while if another program, a formgrader say, holds the
    gradebook.
    """
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return function()
        except OperationalError as error:
            if not LOCKED.search(str(error)) or time.monotonic() > end:
                raise
        time.sleep(0.2)


class OpenGradebook:
    """The gradebook of a course with this configuration, which stays open."""

    def __init__(self, config: Config):
        self._coursedir = CourseDirectory(config=config)

    @cached_property
    def gradebook(self) -> Gradebook:
        place = self._coursedir.db_url, self._coursedir.course_id
        return patiently(lambda: Gradebook(*place))

    @contextmanager
    def transaction(self) -> Iterator[Gradebook]:
        """The gradebook; changes are recorded at the end, all of them or, if an exception is
        raised, none.
        """
        with self.gradebook.engine.begin() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql(f"PRAGMA busy_timeout = {PATIENCE * 1000:.0f}")
            # nbgrader commits at every turn: here that only sends the changes to the database
            session = sessionmaker(connection, join_transaction_mode="rollback_only")
            self.gradebook.db = scoped_session(session)
            try:
                yield self.gradebook
                self.gradebook.db.commit()
            finally:
                self.gradebook.db.remove()


def copy_gradebook(course: Path, config: Config, trial: Path) -> None:
    """Copies the gradebook and proctor's store to the folder `trial`, and has `config` name the
    copy.
    """
    url = make_url(CourseDirectory(config=config).db_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise GradingError(
            f"a trial needs a gradebook that is a file: nbgrader_config.py names {url!r}"
        )
    gradebook = Path(url.database)
    with recording(course):
        # makes it if there is none: the trial then draws from the same secret
        store.connect(course).close()
        with contextlib.suppress(FileNotFoundError):
            shutil.copy(course / groups.FILE, trial)
        for file in (gradebook, course / store.FILE):
            if file.is_file():
                with contextlib.closing(sqlite3.connect(file)) as original:
                    original.execute("VACUUM INTO ?", [str(trial / file.name)])
    config.CourseDirectory.db_url = f"sqlite:///{trial / gradebook.name}"


@contextmanager
def recording(course: Path) -> Iterator[None]:
    """Raises `CannotRecord` for errors of the course's disk or its gradebook."""
    try:
        yield
    except (OSError, sqlite3.Error, SQLAlchemyError) as error:
        raise trouble(course, f"{type(error).__name__}: {error}") from error


@contextmanager
def nbgraders_log(
    course: Path, *heading: str, log: logging.Logger | None = None
) -> Iterator[logging.Logger]:
    """The log for calls to nbgrader: its errors are raised, below this heading, unless there is
    another `log`.
    """
    logger, errors = log or logging.Logger("nbgrader"), BufferingHandler(sys.maxsize)
    # a warning may quote the output of a student's cell
    errors.setLevel(logging.ERROR)
    if log is None:
        logger.addHandler(errors)
    try:
        yield logger
    except CannotRecord:
        # it names the file that it is about
        raise
    except Exception as error:
        logged = [record.getMessage() for record in errors.buffer]
        raise trouble(
            course, "\n".join([*heading, *logged, f"{type(error).__name__}: {error}"])
        ) from error


def trouble(course: Path, said: str) -> GradingError:
    """The error to raise for errors of nbgrader, with a remedy."""
    errors = [line for line in said.splitlines() if LAST_LINE.match(line)]
    for pattern, remedy in REMEDIES.items():
        for line in errors:
            if pattern.search(line):
                kept = "" if pattern is DAMAGED else " Nothing that was recorded is lost."
                return CannotRecord(
                    f"{remedy.format(course=course, file=FILE)}, then start again to go on.{kept} ({line[:300]})"
                )
    return GradingError(readable(said[-1500:]))
