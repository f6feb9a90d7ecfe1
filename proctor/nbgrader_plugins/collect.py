"""`nbgrader zip_collect` for the archives of submissions that Canvas and Moodle give out.

Canvas names a file `lovelaceada_LATE_12345_67890_softmax-1.ipynb`: last and first name, `LATE` where it is, Canvas's id
of the student, that of the file, and the file's name. Moodle makes a folder `Ada Lovelace_1234567_assignsubmission_file`
of the name and a number that is another one in every assignment, with one more underscore in older versions, or puts
that before the name of the file. Neither holds the student's id in nbgrader, so students must be in the gradebook, by
`nbgrader db student import`, beforehand.
"""

import re
import unicodedata
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from nbgrader.api import Gradebook
from nbgrader.plugins import FileNameCollectorPlugin

from proctor.report import readable

MOODLE = re.compile(r"(?P<name>[^_]+)_(?P<number>\d+)_assignsubmission_file(_(?P<file>.*))?")
CANVAS = re.compile(r"(?P<name>\w+?)_(?:LATE_)?(?P<id>\d+)_(?P<number>\d+)_(?P<file>.+)")
COPY = re.compile(r"(?:-(\d+)| \((\d+)\)|)$")  # what Canvas or a browser adds to a name that is there already


class Handed(NamedTuple):
    """A notebook of an archive: whose it is, which notebook of the assignment, and which of several is the last."""

    student: str
    notebook: str
    rank: tuple[int, ...]


class FromLMS(FileNameCollectorPlugin):
    """Finds the students of the gradebook in the names of an archive's files: `ZipCollectApp.collector_plugin`.

    What is nobody's, or might be that of several students, is left out and said. Where a student handed in a notebook
    several times, the last counts.
    """

    parent: Any  # `ZipCollectApp`

    def collect(self, submitted_file: str) -> dict[str, str] | None:
        """The student and the notebook that a file is; None where it is left out."""
        path = Path(submitted_file)
        if path not in self._last:
            return None
        return {"student_id": self._last[path].student, "file_id": self._last[path].notebook}

    @cached_property
    def _place(self) -> Path:
        app = self.parent
        steps = {"downloaded": app.downloaded_directory, "collect_step": app.extracted_directory}
        steps["assignment_id"] = app.coursedir.assignment_id
        return Path(app.coursedir.root, app.collect_directory_structure.format(**steps))

    @cached_property
    def _last(self) -> dict[Path, Handed]:
        """The notebooks that count: the last one that each student handed in under each name."""
        last: dict[tuple[str, str], tuple[Path, Handed]] = {}
        for path in sorted(self._place.rglob("*.ipynb")):
            parts = path.relative_to(self._place).parts
            if path.is_symlink() or any(part.startswith((".", "__MACOSX")) for part in parts):
                continue
            if (handed := self._handed(path, parts)) is None:
                continue
            kept = last.get(handed[:2])
            if kept is None or kept[1].rank <= handed.rank:
                last[handed[:2]] = path, handed
        return dict(last.values())

    def _handed(self, path: Path, parts: tuple[str, ...]) -> Handed | None:
        for part in parts:
            if found := MOODLE.fullmatch(part) or CANVAS.fullmatch(part):
                break
        else:
            self.log.error("Left out, neither Canvas nor Moodle names a file like this: %s", readable(str(path)))
            return None
        students = self._of_canvas.get(found.groupdict().get("id")) or self._named.get(_key(found["name"]), [])
        if len(students) != 1:
            what = f"is called {found['name']}"
            mend = "import the students' names (nbgrader db student import FILE.csv), and collect again with --force"
            if students:
                mend = f"copy it to submitted/STUDENT/{self.parent.coursedir.assignment_id}/ by hand"
            who = f"each of {', '.join(students)}" if students else "nobody in the gradebook"
            self.log.error("%s", readable(f"Left out, {who} {what}: {path}. To mend it, {mend}."))
            return None
        name = found["file"] if part == parts[-1] else parts[-1]
        stem, count = Path(name).stem, COPY.search(Path(name).stem)
        assert count is not None, "it may find nothing at the end"
        plain = stem[: count.start()]
        if plain in self._released:
            stem = plain
        return Handed(students[0], stem, (int(count[1] or count[2] or 0), int(found["number"])))

    @cached_property
    def _released(self) -> set[str]:
        coursedir = self.parent.coursedir
        folder = coursedir.format_path(coursedir.release_directory, ".", coursedir.assignment_id)
        return {path.stem for path in Path(folder).glob("*.ipynb")}

    @cached_property
    def _students(self) -> list[tuple[str, str, str, str]]:
        coursedir = self.parent.coursedir
        with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
            facts = [(s.id, s.first_name or "", s.last_name or "", s.lms_user_id or "") for s in gradebook.students]
        return facts

    @cached_property
    def _of_canvas(self) -> dict[str | None, list[str]]:
        """The students by Canvas's id of them, as far as it is known."""
        found: dict[str | None, list[str]] = {}
        for student, _, _, known in self._students:
            if known:
                found.setdefault(known, []).append(student)
        return found

    @cached_property
    def _named(self) -> dict[str, list[str]]:
        """The students by name, first or last name first."""
        found: dict[str, list[str]] = {}
        for student, first, last, _ in self._students:
            for key in {_key(first + last), _key(last + first)} - {""}:
                found.setdefault(key, []).append(student)
        return found


def _key(name: str) -> str:
    """A name without what archives leave out of it: case, spaces, punctuation; and accents, which some spell apart."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in letters if letter.isalnum())
