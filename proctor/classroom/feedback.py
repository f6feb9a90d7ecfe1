"""Feedback goes out: pages are made by nbgrader where they are missing or out of date, and released through the exchange.

Whose submission came another way is named, with the page; an archive of these pages goes back to Canvas or Moodle.
"""

import glob
import hashlib
import logging
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps.zipcollectapp import ZipCollectApp
from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeFactory
from nbgrader.exchange.default import ExchangeReleaseFeedback
from rich.console import Console
from rich.progress import track
from traitlets.config.loader import Config

from proctor.classroom.show import say
from proctor.classroom.workers import version
from proctor.errors import CannotRecord, GradingError
from proctor.records.collect import FromLMS, Handed
from proctor.records.engine import Lines
from proctor.records.gradebook import ERROR, OpenGradebook, configuration, recording, trouble
from proctor.records.release import BY_HAND, ReleaseFeedback

# beside a page: changes when what the page is made of does
MADE_OF = ".made-of"


@dataclass
class Feedback:
    """The feedback on one submission, in `folder`; `error` says why there is no page, `left` why it isn't released."""

    student: str
    assignment: str
    folder: Path
    email: str = ""
    made: bool = False
    error: str = ""
    left: str = ""

    @property
    def pages(self) -> list[Path]:
        return sorted(self.folder.glob("*.html"))


class Class:
    """The feedback of a course's class. Raises `GradingError` where the configuration or the gradebook can't be read."""

    def __init__(self, course: Path):
        self.course, self.config = course, configuration(course)
        coursedir = self._coursedir("*", "")
        self._gradebook = OpenGradebook(coursedir.db_url, coursedir.course_id)

    def graded(self, assignment: str, student: str = "*") -> list[Feedback]:
        """What was graded of an assignment."""
        with self._gradebook.transaction() as gradebook:
            emails = {each.id: each.email or "" for each in gradebook.students}
        folders = sorted((self.course / "autograded").glob(f"[!.]*/{glob.escape(assignment)}"))
        students = [path.parent.name for path in folders if student in ("*", path.parent.name)]
        feedback = self.course / "feedback"
        return [Feedback(one, assignment, feedback / one / assignment, emails.get(one, "")) for one in students]

    def ungraded(self, assignment: str, student: str = "*") -> list[str]:
        """Who handed in what isn't graded."""
        found = (self.course / "submitted").glob(f"[!.]*/{glob.escape(assignment)}")
        graded = {one.student for one in self.graded(assignment)}
        return sorted({path.parent.name for path in found if student in ("*", path.parent.name)} - graded)

    def make(self, each: Feedback) -> None:
        """Makes a submission's pages, unless they are there and up to date."""
        try:
            with self._gradebook.transaction() as gradebook:
                made_of = self._made_of(each, gradebook)
        except MissingEntry:
            each.error = "it is not in the gradebook: 'proctor grade' it again"
            return
        mark = each.folder / MADE_OF
        if each.pages and mark.is_file() and mark.read_text() == made_of:
            return
        logger = logging.Logger("nbgrader")
        logger.addHandler(said := Lines())
        try:
            _FeedbackOn(self._coursedir(each.student, each.assignment), self.config, logger).start()
            mark.write_text(made_of)
            each.made = True
        except Exception as error:
            lines = "\n".join([*said.lines, f"{type(error).__name__}: {error}"]).splitlines()
            if isinstance(failed := trouble(self.course, "\n".join(lines)), CannotRecord):
                raise failed from error
            each.error = next((line for line in reversed(lines) if ERROR.match(line)), lines[-1])

    def release(self, each: Feedback) -> None:
        """Releases a submission's pages through the exchange, or says why not."""
        exchange = ExchangeFactory(config=self.config, log=_quiet())
        if exchange.release_feedback is ExchangeReleaseFeedback:
            # an older `nbgrader_config.py`
            exchange.release_feedback = ReleaseFeedback
        release = exchange.ReleaseFeedback(coursedir=self._coursedir(each.student, each.assignment), authenticator=None)
        try:
            release.start()
        except FileNotFoundError:
            each.left = BY_HAND
        except Exception as error:
            each.left = f"the exchange can't take it: {error}"
        else:
            each.left = getattr(release, "left", {}).get(each.student, "")

    def pack(self, assignment: str, left: list[Feedback]) -> Iterator[str]:
        """Writes an archive of pages, named as Canvas or Moodle named the submissions; says where, and whose aren't in it."""
        names, path = self._named_by_lms(assignment), self.course / "feedback" / f"{assignment}.zip"
        if named := [each for each in left if each.student in names]:
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                for each in named:
                    for page in each.pages:
                        archive.write(page, names[each.student] + page.name)
            yield f"{path.relative_to(self.course)}: the pages of {len(named)}, named as your LMS named what they handed in"
        if others := [each.student for each in left if each not in named]:
            yield f"not in an archive that was collected, so not packed: {', '.join(others)}"

    def _named_by_lms(self, assignment: str) -> dict[str, str]:
        """What the LMS knows each student's submission by, as far as an archive was collected."""
        quiet = _quiet()
        app = ZipCollectApp(config=self.config, log=quiet, coursedir=self._coursedir("*", assignment))
        last: dict[str, Handed] = {}
        for handed in FromLMS(parent=app, log=quiet).handed_in.values():
            last[handed.student] = max(handed, last.get(handed.student, handed), key=lambda one: one.rank)
        return {student: handed.prefix for student, handed in last.items()}

    def _coursedir(self, student: str, assignment: str) -> CourseDirectory:
        return CourseDirectory(config=self.config, student_id=student, assignment_id=assignment)

    def _made_of(self, each: Feedback, gradebook: Gradebook) -> str:
        """Changes when the graded notebook, a score, a comment or this package does."""
        facts: list[object] = [version()]
        for path in sorted((self.course / "autograded" / each.student / each.assignment).iterdir()):
            if path.suffix == ".ipynb" or path.name in ("timestamp.txt", "submission_secret.txt"):
                facts.append((path.name, path.read_bytes()))
        for notebook in gradebook.find_submission(each.assignment, each.student).notebooks:
            facts.append((notebook.name, notebook.late_submission_penalty))
            facts += sorted(
                (one.name, one.auto_score, one.manual_score, one.extra_credit, one.needs_manual_grade, one.max_score)
                for one in notebook.grades
            )
            facts += sorted((one.name, one.auto_comment, one.manual_comment) for one in notebook.comments)
        return hashlib.sha256(repr(facts).encode()).hexdigest()


def _quiet() -> logging.Logger:
    logger = logging.Logger("nbgrader")
    logger.addHandler(logging.NullHandler())
    return logger


class _FeedbackOn(GenerateFeedback):
    """nbgrader's feedback on one submission."""

    coursedir: CourseDirectory

    def __init__(self, coursedir: CourseDirectory, config: Config, logger: logging.Logger):
        super().__init__(coursedir=coursedir, config=config, log=logger, force=True)

    def init_notebooks(self) -> None:
        """As nbgrader's, but for a student who may be called what no glob finds: `[a]`."""
        folder = Path(self._format_source(self.coursedir.assignment_id, self.coursedir.student_id))
        self.assignments = {str(folder): [str(path) for path in folder.iterdir() if path.suffix == ".ipynb"]}


def hand_out(course: Path, names: list[str], student: str, archive: bool, console: Console) -> bool:
    """Makes and releases the feedback on these assignments, and says who is left; whether all of it went well."""
    well, found_any = True, False
    the_class = Class(course)
    for name in names:
        with recording(course):
            found, ungraded = the_class.graded(name, student), the_class.ungraded(name, student)
        if not found and not ungraded:
            continue
        found_any = True
        for each in track(found, name, console=console, transient=True, disable=not console.is_terminal):
            with recording(course):
                the_class.make(each)
            if not each.error:
                the_class.release(each)
        for line in _told(course, name, found, ungraded):
            say(console, line)
        well &= not any(each.error for each in found)
        if archive and (left := [each for each in found if each.left]):
            with recording(course):
                for line in the_class.pack(name, left):
                    say(console, f"  {line}")
    if not found_any:
        raise GradingError(
            f"nothing is graded of {', '.join(names)}{'' if student == '*' else f' by {student}'}: 'proctor grade' first"
        )
    return well


def _told(course: Path, name: str, found: list[Feedback], ungraded: list[str]) -> Iterator[str]:
    """What became of an assignment's feedback: a line in sum, and who is left, by reason."""
    there = [each for each in found if not each.error]
    left = [each for each in there if each.left]
    made, released = sum(each.made for each in there), len(there) - len(left)
    yield f"{name}: feedback for {len(there)}, made now for {made}; released through the exchange for {released}"
    for why in dict.fromkeys(each.left for each in left):
        yield f"  not released, {why}; send the page by mail, or put it into your LMS:"
        for each in left:
            if each.left == why:
                pages = ", ".join(str(page.relative_to(course)) for page in each.pages)
                yield f"    {each.student}{f' <{each.email}>' if each.email else ''}: {pages}"
    for each in found:
        if each.error:
            yield f"  no page for {each.student}: {each.error}"
    if ungraded:
        yield f"  handed in, but not graded: {', '.join(ungraded)}"
