"""nbgrader's release of feedback, for a class where not everybody hands in through the exchange.

The exchange knows a submission by the secret that `nbgrader submit` puts into it. nbgrader itself
ends in a traceback at the first submission without one, and releases nothing behind it.
"""

import glob
from pathlib import Path

from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import ExchangeReleaseFeedback

from proctor.course.files import replace
from proctor.course.report import report_in
from proctor.records.attempts import mark_shown
from proctor.records.inbound import ADDED, pages
from proctor.text import all_shown, printable_record


class ReleaseFeedback(ExchangeReleaseFeedback):
    """Releases the feedback that can be released, and names the rest:
    `ExchangeFactory.release_feedback`.

    `left` says why, by student.
    """

    coursedir: CourseDirectory
    src_path: str
    dest_path: str

    def start(self) -> None:
        self.log.addFilter(printable_record)
        self.init_src()
        self.left: dict[str, str] = {}
        self._going: list[Path] = []
        for folder in sorted(map(Path, glob.glob(self.src_path))):
            if all((folder / name).is_file() and (folder / name).stat().st_size for name in ADDED):
                self._going.append(folder)
            else:
                self.left[folder.parent.name] = self._why_left(folder)
        # if nobody handed in through the exchange, there need be none
        if self._going or not self.left:
            super().start()
        pages = Path(
            self.coursedir.root,
            self.coursedir.feedback_directory,
            "STUDENT",
            self.coursedir.assignment_id,
        )
        for why in dict.fromkeys(self.left.values()):
            names = all_shown(student for student, each in self.left.items() if each == why)
            self.log.warning("Not released, %s: %s. To be sent another way: %s", why, names, pages)

    def _why_left(self, folder: Path) -> str:
        student, assignment = folder.parent.name, folder.name
        graded = self.coursedir.format_path(
            self.coursedir.autograded_directory, student, assignment
        )
        if any("by" in report_in(path) for path in Path(graded).glob("*.ipynb")):
            return "handed in by another member of the group, who alone gets a page through the exchange"
        return "without a submission_secret.txt, by hand or from an archive"

    def copy_files(self) -> None:
        for folder in self._going:
            key = folder.parent.name, folder.name
            self.src_path = glob.escape(str(folder))
            try:
                super().copy_files()
                self._copy_for_other_names(folder, *key)
                mark_shown(Path(self.coursedir.root), [key])
            except (OSError, UnicodeDecodeError) as error:
                self.left[folder.parent.name] = f"{type(error).__name__}: {error}"

    def _copy_for_other_names(self, folder: Path, student: str, assignment: str) -> None:
        """Copies the page for a student who handed in the notebook under another name, and looks
        for the page under that.
        """
        made = list(folder.glob("*.html"))
        # of several pages, none is known to be the renamed notebook's
        if len(made) != 1:
            return
        submitted = Path(
            self.coursedir.format_path(self.coursedir.submitted_directory, student, assignment)
        )
        first, *others = pages(submitted.parent, assignment, made[0].stem) or [""]
        page = Path(self.dest_path, first)
        # released by another secret, the page is on an earlier submission
        if page.is_file():
            for name in others:
                replace(page.with_name(name), page.read_bytes(), page.stat().st_mode)
