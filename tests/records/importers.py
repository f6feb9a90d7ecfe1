"""What Canvas and Moodle make of our files, by the rules that are in their public sources, in our own words.

- Canvas reads grades: https://github.com/instructure/canvas-lms/blob/master/lib/gradebook_importer.rb
- Canvas names what is downloaded: https://github.com/instructure/canvas-lms/blob/master/lib/content_zipper.rb
- Canvas takes files back: `infer_comment_context_from_filename` in
  https://github.com/instructure/canvas-lms/blob/master/app/models/abstract_assignment.rb
- Moodle reads grades: https://github.com/moodle/moodle/blob/main/grade/import/csv/classes/load_data.php
  and https://github.com/moodle/moodle/blob/main/lib/csvlib.class.php
- Moodle names what is downloaded: https://github.com/moodle/moodle/blob/main/mod/assign/classes/downloader.php
- Moodle takes files back: https://github.com/moodle/moodle/blob/main/mod/assign/feedback/file/importziplib.php
"""

import csv
import re
import unicodedata
from dataclasses import dataclass

# by the number of a person in the LMS and the title of an assignment
Grades = dict[tuple[int, str], str]
SUMS = re.compile("(Current|Final) (Score|Points|Grade)|Override (Score|Grade|Status)")


class NotImported(Exception):
    """The system would refuse the file, or ask what is meant by something in it."""


@dataclass
class Person:
    """Somebody in the LMS: `number` is its own, `sis` and `idnumber` the institution's, `login` what they sign in with."""

    number: int
    first: str
    last: str
    login: str = ""
    email: str = ""
    sis: str = ""


def canvas_imports(data: bytes, people: list[Person], points: dict[str, float]) -> Grades:
    """The grades that Canvas would show, of assignments that are there already, each with its `points`."""
    lines = data.decode("utf-8").splitlines(keepends=True)
    separator = ";" if _fields(lines[:3], ";") > _fields(lines[:3], ",") else ","
    kept = [line for line in lines if not re.fullmatch(r"[;, ]+\r?\n?", line)]
    head, *rows = (
        [_canvas_number(cell) for cell in row] for row in csv.reader(kept, delimiter=separator)
    )
    # a mark of the encoding may stand before the first one
    if len(head) < 4 or "Student" not in head[0] or "ID" not in head[1]:
        raise NotImported("Invalid header row")
    about = 3
    if "SIS Login ID" in head[2]:
        about = 4
    elif "SIS User ID" in head[2] and "SIS Login ID" in head[3]:
        about = 5 + ("Integration ID" in head[4])
        about += "Root Account" in head[about - 1]
    if "Section" not in head[about - 1]:
        raise NotImported("Invalid header row")
    titles = {
        title: place
        for place, title in enumerate(head)
        if place >= about and not SUMS.search(title)
    }
    if unknown := titles.keys() - points.keys():
        raise NotImported(f"asks which assignments {unknown} are")
    found: Grades = {}
    for row in rows:
        if "Points Possible" in row[0]:
            if any(float(row[place]) != points[title] for title, place in titles.items()):
                raise NotImported("changes the points of an assignment")
            continue
        institution, login = (row[2], row[3]) if about >= 5 else ("", row[2] if about == 4 else "")
        who = _canvas_person(row[0], row[1], institution, login, people)
        found |= {(who.number, title): row[place].strip() for title, place in titles.items()}
    return found


def _fields(lines: list[str], separator: str) -> int:
    """How many fields each of the lines has; 0 where they don't have the same number, or one of them is no row."""
    try:
        counts = {
            len(row)
            for line in lines
            for row in csv.reader([line], delimiter=separator, strict=True)
        }
    except csv.Error:
        return 0
    return counts.pop() if len(counts) == 1 else 0


def _canvas_number(cell: str) -> str:
    """Of what looks like a number, the last point or comma is the decimal sign, and the others go: in every cell."""
    if not re.fullmatch(r"-?[0-9.,]+%?", cell):
        return cell
    *whole, last = re.split("[.,]", cell)
    return f"{''.join(whole)}.{last}" if whole else last


def _canvas_person(
    name: str, own: str, institution: str, login: str, people: list[Person]
) -> Person:
    """By Canvas's own number, or the SIS User ID, or the login, or the name in either order: in this order."""
    number = re.match(r"\d+", own)
    looks = [
        lambda one: number and one.number == int(number[0]),
        lambda one: institution and one.sis == institution,
        lambda one: login and one.login == login,
        lambda one: name in (f"{one.first} {one.last}", f"{one.last}, {one.first}"),
    ]
    for look in looks:
        if found := [one for one in people if look(one)]:
            return found[0]
    raise NotImported(f"asks who {name} is")


def moodle_imports(
    data: bytes, people: list[Person], by: tuple[str, str], columns: dict[str, str]
) -> Grades:
    """The grades that Moodle would show.

    `by`: the column that tells who it is, and of what: `email`, `sis` or `login`. `columns`: the assignments, by column.
    Both are what one chooses on Moodle's page.
    """
    text = data.decode("utf-8").removeprefix("\ufeff")
    head, *rows = (
        row for row in csv.reader(re.sub("\r\n?", "\n", text).splitlines(keepends=True)) if row
    )
    if any(len(row) != len(head) for row in rows):
        raise NotImported("the number of columns is not constant")
    found: Grades = {}
    who = None
    for row in rows:
        cells = dict(
            zip((title.strip() for title in head), (cell.strip() for cell in row), strict=True)
        )
        # without anything in this cell, whoever was in the row before
        if cells[by[0]]:
            who = next(
                (
                    one
                    for one in people
                    if getattr(one, by[1]).casefold() == cells[by[0]].casefold()
                ),
                None,
            )
        if who is None:
            raise NotImported(f"nobody is found by {cells[by[0]]!r}: nothing is imported")
        for column, title in columns.items():
            # in a language with a decimal comma, a point is read as well
            if (
                not re.fullmatch(r"-?\d+(\.\d+)?|-|", cells[column])
                or float(cells[column].strip("-") or 0) > 100
            ):
                raise NotImported(f"{cells[column]!r} is no grade: nothing is imported")
            found[who.number, title] = cells[column].strip("-")
    return found


def canvas_names(who: Person, name: str, late: bool = False, file: int | None = 0) -> str:
    """How Canvas calls what somebody handed in: a file with a number, or what was typed in, without one."""
    called = re.sub(r"_(\d+)_", r"\1", f"{who.last}, {who.first}").lower()
    whole = "_".join([called, *(["LATE"] if late else []), str(who.number)])
    # letters, marks on them, digits, and what connects words
    kept = "".join(
        each
        for each in whole
        if unicodedata.category(each) in ("Nd", "Pc") or unicodedata.category(each)[0] in "LM"
    )
    return (
        f"{kept}_{name}"
        if file is None
        else f"{kept}_{file}_" + re.sub(r'[\x00/\\:*?"<>|]+', "_", name)
    )


def canvas_takes_back(path: str, handed_in: dict[int, set[int]]) -> int | None:
    """Whose comment a file becomes: of the parts that are digits alone, the first two tell the person and a file of theirs."""
    *_, name = path.split("/")
    who, file, *_ = [int(part) for part in name.split("_") if re.fullmatch(r"\d+", part)] + [0, 0]
    return who if file in handed_in.get(who, set()) and not name.startswith("._") else None


def moodle_names(
    who: Person, participant: int, path: str, folders: bool = True, older: bool = False
) -> str:
    """How Moodle calls what somebody handed in; in older versions, folders end in one more underscore."""
    called = re.sub(r"[\x00-\x1f\x7f&<>\"`|':\\/]", "", f"{who.first} {who.last}".replace("_", " "))
    prefix = f"{called}_{participant}_assignsubmission_file"
    if folders:
        return f"{prefix}{'_' * older}/{path}"
    return f"{prefix}_{path.rpartition('/')[2]}"


def moodle_takes_back(path: str, participants: set[int]) -> int | None:
    """Whose feedback a file becomes: by the first part of its path that tells a participant and where it was handed in."""
    parts = path.split("/")
    if parts[-1].startswith((".", "~")):
        return None
    for part in parts:
        _, *about = part.split("_", 4)
        if (
            len(about) >= 3
            and about[0].isdigit()
            and int(about[0]) in participants
            and about[1] == "assignsubmission"
        ):
            return int(about[0]) if about[2] in ("file", "onlinetext") else None
    return None
