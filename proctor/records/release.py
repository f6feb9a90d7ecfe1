"""nbgrader's release of feedback, for a class where not everybody hands in through the exchange.

The exchange knows a submission by the secret that `nbgrader submit` puts into it. nbgrader itself ends in a traceback at
the first submission without one, and releases nothing behind it.
"""

import glob
from pathlib import Path

from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import ExchangeReleaseFeedback

from proctor.course.files import replace
from proctor.course.report import report_in
from proctor.records.attempts import mark_shown
from proctor.records.inbound import ADDED, pages
from proctor.text import printable, shown


class ReleaseFeedback(ExchangeReleaseFeedback):
    """Releases the feedback that can be released, and names the rest: `ExchangeFactory.release_feedback`.

    `left` says why, by student.
    """

    coursedir: CourseDirectory
    src_path: str
    dest_path: str

    def start(self) -> None:
        self.init_src()
        self.left: dict[str, str] = {}
        self._going: list[Path] = []
        for folder in sorted(map(Path, glob.glob(self.src_path))):
            if all((folder / name).is_file() and (folder / name).stat().st_size for name in ADDED):
                self._going.append(folder)
            else:
                self.left[folder.parent.name] = self._why_left(folder)
        # where nobody handed in through the exchange, there need be none
        if self._going or not self.left:
            super().start()
        pages = Path(self.coursedir.root, self.coursedir.feedback_directory, "STUDENT", self.coursedir.assignment_id)
        for why in dict.fromkeys(self.left.values()):
            whose = ", ".join(shown(student) for student, each in self.left.items() if each == why)
            self.log.warning("%s", printable(f"Not released, {why}: {whose}. To be sent another way: {pages}"))

    def _why_left(self, folder: Path) -> str:
        student, assignment = folder.parent.name, folder.name
        graded = self.coursedir.format_path(self.coursedir.autograded_directory, student, assignment)
        if any("by" in report_in(path) for path in Path(graded).glob("*.ipynb")):
            return "handed in by another member of the group, who alone gets a page through the exchange"
        return "handed in by hand or in an archive, not through the exchange"

    def copy_files(self) -> None:
        for folder in self._going:
            self.src_path = glob.escape(str(folder))
            try:
                super().copy_files()
                self._copy_for_other_names(folder)
                mark_shown(Path(self.coursedir.root), [(folder.parent.name, folder.name)])
            except (OSError, UnicodeDecodeError) as error:
                self.left[folder.parent.name] = f"{type(error).__name__}: {error}"

    def _copy_for_other_names(self, folder: Path) -> None:
        """Puts the page where its student looks for it, too, who handed in the notebook under another name."""
        made, coursedir = list(folder.glob("*.html")), self.coursedir
        submitted = coursedir.format_path(coursedir.submitted_directory, folder.parent.name, folder.name)
        # of several pages, none is known to be the renamed notebook's
        names = pages(Path(submitted).parent, folder.name, made[0].stem) if len(made) == 1 else []
        # released by another secret, the page is on an earlier submission
        if names and (page := Path(self.dest_path, names[0])).is_file():
            for name in names[1:]:
                replace(page.with_name(name), page.read_bytes(), page.stat().st_mode)
