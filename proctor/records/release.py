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
    """Releases what can be released, and says what can't: `ExchangeFactory.release_feedback`.

    `left` says why, by student.
    """

    coursedir: CourseDirectory

    def start(self) -> None:
        coursedir, wanted = self.coursedir, self.coursedir.student_id or "*"
        feedback, assignment = Path(coursedir.root, coursedir.feedback_directory), glob.escape(coursedir.assignment_id)
        folders = {path.parent.name: path for path in sorted(feedback.glob(f"*/{assignment}"))}
        for excluded in coursedir.student_id_exclude.split(","):
            folders.pop(excluded, None)
        self.left: dict[str, str] = {}
        self._going: list[Path] = []
        for student, folder in folders.items():
            if student == wanted or fnmatchcase(student, wanted):
                if why := _stays(folder):
                    self.left[folder.parent.name] = why
                else:
                    self._going.append(folder)
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
            except OSError as error:
                self.left[folder.parent.name] = f"{error.filename or folder}: {error.strerror or error}"


def _stays(folder: Path) -> str:
    """Why the exchange can't take the feedback in a folder; empty where it can."""
    for name in ("timestamp.txt", "submission_secret.txt"):
        try:
            if not (folder / name).read_text():
                return f"its {name} is empty"
        except FileNotFoundError:
            return BY_HAND
        except (OSError, ValueError):
            return f"its {name} can't be read"
    return ""
