"""nbgrader's release of feedback, for a class where not everybody hands in through the exchange.

The exchange knows a submission by the secret that `nbgrader submit` puts into it. nbgrader itself ends in a traceback at
the first submission without one, and releases nothing behind it.
"""

import glob
from fnmatch import fnmatchcase
from pathlib import Path

from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import ExchangeReleaseFeedback

from proctor.course.report import printable

BY_HAND = "handed in by hand or in an archive, not through the exchange"


class ReleaseFeedback(ExchangeReleaseFeedback):
    """Releases the feedback that can be released, and names the rest: `ExchangeFactory.release_feedback`.

    `left` says why, by student.
    """

    coursedir: CourseDirectory

    def start(self) -> None:
        coursedir = self.coursedir
        feedback, assignment = Path(coursedir.root, coursedir.feedback_directory), glob.escape(coursedir.assignment_id)
        excluded = coursedir.student_id_exclude.split(",")
        self.left: dict[str, str] = {}
        self._going: list[Path] = []
        for folder in sorted(feedback.glob(f"*/{assignment}")):
            student = folder.parent.name
            if student not in excluded and fnmatchcase(student, coursedir.student_id or "*"):
                submitted = [folder / "timestamp.txt", folder / "submission_secret.txt"]
                if all(path.is_file() and path.stat().st_size for path in submitted):
                    self._going.append(folder)
                else:
                    self.left[student] = BY_HAND
        if self._going or not self.left:
            super().start()
        for why in dict.fromkeys(self.left.values()):
            whose = ", ".join(student for student, each in self.left.items() if each == why)
            pages = feedback / "STUDENT" / coursedir.assignment_id
            self.log.warning("%s", printable(f"Not released, {why}: {whose}. To be sent another way: {pages}"))

    def copy_files(self) -> None:
        for folder in self._going:
            self.src_path = glob.escape(str(folder))
            try:
                super().copy_files()
            except (OSError, UnicodeDecodeError) as error:
                self.left[folder.parent.name] = f"{type(error).__name__}: {error}"
