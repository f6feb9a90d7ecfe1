"""`nbgrader autograde` and `proctor grade` leave the same behind: one alone, and both in turns.

One class goes through the `STORY` of a semester. After every step of it, each of the `WAYS` grades a copy of the course of
its own, and all of them hold the same: the rows of nbgrader's gradebook, and every file in `autograded/`. `EXPECTED` says
of some of that what it is, since all ways may be wrong in the same manner.

Nothing here knows how grading works inside: whatever grades, this must hold.
"""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_notebook
from nbgrader.api import Gradebook

from proctor.answers import put, solved
from proctor.course import Assignment, assignments, grade_id

NAME, FILE = "03-softmax", "softmax.ipynb"
AUTOGRADE = ("nbgrader", "autograde", NAME, "--force")
GRADE = ("proctor", "grade", "--workers", "1")
# the commands that grade after the first step, the second, the third and so on
WAYS = {
    "grade": [GRADE],
    "in turns": [AUTOGRADE, GRADE],
}

OVERFLOWS = "def softmax(x, dim):\n    return x.exp() / x.exp().sum(dim, keepdim=True)"
SHARP = "def softmax_with_temperature(logits, temperature):\n    return softmax(logits * 3, -1)"
EXERCISES = ("softmax", "predict_row_sum")  # what their names begin with
ESSAY, TASK = "why", "explore"  # graded by hand
# the row sum is 2: who predicts that is told that it is wrong, until the check is mended
PREDICTION = "predict_row_sum"
MENDED, BROKEN = (f'predicts(student, "{PREDICTION}", {wrong}' for wrong in ("", "1 + "))
ON_TIME, LATE = "2030-03-20 09:00:00 UTC", "2030-03-22 09:00:00 UTC"
PENALTY = """
from nbgrader.plugins import BasePlugin


class ADay(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 1.5 * (total_seconds_late // 86400)
"""


# The class


def class_of(assignment: Assignment) -> dict[str, dict[str, NotebookNode | str]]:
    """The files that each student hands in at first."""
    right, blank = solved(assignment), assignment.released
    right = with_essay(right, "So that the rows add up to one.")
    wrong = put(right, "softmax", OVERFLOWS)
    plain = new_notebook(
        cells=[deepcopy(cell) | {"metadata": {}} for cell in right.cells if answers(cell)]
    )
    return {
        "ada": {FILE: right, "timestamp.txt": ON_TIME},
        "ben": {FILE: wrong, "timestamp.txt": LATE},
        "cyd": {FILE: put(wrong, "softmax_with_temperature", SHARP)},
        "dan": {FILE: blank, "timestamp.txt": ON_TIME},
        "eve": {FILE: "{", "timestamp.txt": ON_TIME},
        "fay": {
            "Untitled.ipynb": plain,
            "timestamp.txt": LATE,
            "helper.py": "x = 1",
            "table.csv": "1,2",
        },
        "gus": {FILE: put(right, PREDICTION, f"{PREDICTION} = 1.0"), "timestamp.txt": LATE},
    }


def answers(cell: NotebookNode) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def with_essay(notebook: NotebookNode, text: str) -> NotebookNode:
    return put(notebook, ESSAY, text)


def hand_in(course: Path, student: str, files: dict[str, NotebookNode | str]) -> None:
    folder = course / "submitted" / student / NAME
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_text(content if isinstance(content, str) else json.dumps(content))


# The story


def graded_by_hand(course: Path, run: Callable) -> None:
    """An instructor goes through the class in the formgrader: scores, extra credit, comments."""
    with gradebook(course) as book:
        for student, cell, score, extra in [
            ("ada", ESSAY, 3.0, None),
            ("ada", "softmax_values", 1.0, 0.5),
            ("ben", ESSAY, 4.0, None),
            ("ben", "softmax_values", 2.0, None),
            ("ben", "softmax_stability", 1.0, None),
            ("cyd", ESSAY, 2.0, None),
            ("cyd", TASK, 2.0, None),
            ("cyd", "softmax_with_temperature_values", 1.0, None),
            ("dan", ESSAY, 0.0, None),
            ("eve", "softmax_values", 3.0, None),
            ("eve", ESSAY, 1.0, None),
            ("fay", ESSAY, 3.0, 1.0),
            ("fay", "softmax_values", 0.0, None),
            ("gus", TASK, 1.0, None),
            ("gus", f"{PREDICTION}_value", 0.5, None),
        ]:
            grade = book.find_grade(cell, "softmax", NAME, student)
            grade.manual_score, grade.extra_credit, grade.needs_manual_grade = score, extra, False
        for student, cell in [("ada", ESSAY), ("ben", "softmax"), ("gus", TASK)]:
            book.find_comment(cell, "softmax", NAME, student).manual_comment = f"Well, {student}."


def handed_in_again(course: Path, run: Callable) -> None:
    """Later, better, worse, with another answer to what was graded by hand, under another name, or broken."""
    assignment = assignments(course)[NAME]
    right = with_essay(solved(assignment), "So that the rows add up to one.")
    for student, files in {
        # the same, later
        "ada": {FILE: right, "timestamp.txt": LATE},
        # mended; the essay is the one that was graded
        "ben": {FILE: right, "timestamp.txt": LATE},
        # another essay, the rest as before
        "cyd": {
            FILE: with_essay(
                put(put(right, "softmax", OVERFLOWS), "softmax_with_temperature", SHARP),
                "It is a distribution.",
            )
        },
        "dan": {FILE: put(right, "softmax", OVERFLOWS), "timestamp.txt": ON_TIME},
        "eve": {FILE: right, "timestamp.txt": ON_TIME},
        # no time is known any more
        "fay": {FILE: right, "mine.txt": "new"},
        # right by the check of today; the first prediction counts
        "gus": {FILE: put(right, PREDICTION, f"{PREDICTION} = 3.0"), "timestamp.txt": LATE},
    }.items():
        hand_in(course, student, files)


def handed_in_a_third_time(course: Path, run: Callable) -> None:
    right = with_essay(solved(assignments(course)[NAME]), "So that the rows add up to one.")
    for student, files in {
        "dan": {FILE: right, "timestamp.txt": LATE},
        "eve": {FILE: "no notebook", "timestamp.txt": LATE},
        "gus": {FILE: right, "timestamp.txt": LATE},
    }.items():
        hand_in(course, student, files)


def a_due_date(course: Path, run: Callable) -> None:
    """There is a due date, a penalty for being late, and more time for one student."""
    (course / "late.py").write_text(PENALTY)
    configure(course, "import late\nc.AssignLatePenalties.plugin_class = late.ADay")
    with gradebook(course) as book:
        book.update_or_create_assignment(NAME, duedate="2030-03-20 12:00:00 UTC")
    run(course, "proctor", "extend", NAME, "ben", "12h")
    run(course, "proctor", "extend", NAME, "gus", "3d")


def no_due_date(course: Path, run: Callable) -> None:
    """There is none any more: extensions of it mean nothing."""
    with gradebook(course) as book:
        book.update_or_create_assignment(NAME, duedate=None)


def a_check_is_mended(course: Path, run: Callable) -> None:
    checks = hidden_checks(course)
    checks.write_text(checks.read_text().replace(BROKEN, MENDED))


def a_check_is_new(course: Path, run: Callable) -> None:
    """Everybody's softmax fails it."""
    checks = hidden_checks(course)
    checks.write_text(
        checks.read_text()
        + "\n\ndef test_softmax_values__never(student):\n    assert False, 'never'\n"
    )


def other_points(course: Path, run: Callable) -> None:
    """Cells are worth twice as much, those that are graded by hand, too."""
    path = course / "source" / NAME / FILE
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if "points" in (facts := cell.metadata.get("nbgrader", {})):
            facts["points"] *= 2
    nbformat.write(notebook, path)
    run(course, "nbgrader", "generate_assignment", NAME, "--create", "--force")


def a_remark(course: Path, run: Callable) -> None:
    """Said once to all who wrote the same."""
    run(course, "proctor", "remark", NAME, "softmax_with_temperature", "--like", "cyd", "Divide.")


def other_limits(course: Path, run: Callable) -> None:
    configure(course, "c.Execute.timeout = 50")


WHERE = f"03-softmax/{FILE} /metadata/proctor"
TOLD = f"{PREDICTION}_value"
# what happens, and some of what is then so in every way
STORY: list[tuple[list[Callable], dict[str, Any]]] = [
    # the class is graded for the first time
    (
        [],
        {
            f"ada/{WHERE}/score": 10,
            f"grade ada {TOLD} auto_score": 0,
            "grade ben softmax_stability auto_score": 0,
            "comment dan softmax auto_comment": "No response.",
            "grade eve softmax_values auto_score": None,
            "grade eve softmax_values needs_manual_grade": 1,
            f"grade fay {TASK} needs_manual_grade": 1,
        },
    ),
    (
        [graded_by_hand, a_due_date],
        {
            "grade ada softmax_values manual_score": 1,
            "grade ada softmax_values extra_credit": 0.5,
            "grade ada softmax_values needs_manual_grade": 0,
            f"grade ada {ESSAY} needs_manual_grade": 0,
            "comment ada why manual_comment": "Well, ada.",
            "notebook ada late_submission_penalty": None,
            "notebook ben late_submission_penalty": 1.5,
            "notebook fay late_submission_penalty": 1.5,
            "notebook gus late_submission_penalty": None,
        },
    ),
    (
        [a_remark, handed_in_again],
        {
            "submission ada timestamp": LATE.replace(" UTC", ".000000"),
            "notebook ada late_submission_penalty": 1.5,
            "grade ada softmax_values needs_manual_grade": 0,
            f"grade ben {ESSAY} needs_manual_grade": 0,
            "grade ben softmax_values needs_manual_grade": 1,
            f"grade cyd {ESSAY} needs_manual_grade": 1,
            "comment cyd softmax_with_temperature auto_comment": "Divide.",
            "grade eve softmax_values needs_manual_grade": 1,
            f"grade gus {TOLD} auto_score": 0,
        },
    ),
    (
        [a_check_is_mended],
        {
            f"ada/{WHERE}/score": 11,
            f"grade ada {TOLD} auto_score": 1,
            f"grade gus {TOLD} auto_score": 0,
        },
    ),
    (
        [handed_in_a_third_time],
        {
            "grade eve softmax_values manual_score": 3,
            # he was shown the first one
            f"grade gus {TOLD} auto_score": 0,
        },
    ),
    (
        [other_points],
        {
            f"ada/{WHERE}/score": 22,
            "worth softmax_values max_score": 6,
            f"task {TASK} max_score": 8,
            "grade ada softmax_values auto_score": 6,
            "grade ada softmax_values manual_score": 1,
            "grade ada softmax_values needs_manual_grade": 0,
        },
    ),
    (
        [a_check_is_new, other_limits],
        {"grade ada softmax_values auto_score": 0, f"ada/{WHERE}/score": 16},
    ),
    (
        [no_due_date],
        {
            "submission ben extension": None,
            "notebook ben late_submission_penalty": None,
            "notebook fay late_submission_penalty": None,
        },
    ),
]


def gradebook_file(course: Path) -> Path:
    return course / "gradebook.db"


@contextmanager
def gradebook(course: Path) -> Iterator[Gradebook]:
    with Gradebook(f"sqlite:///{gradebook_file(course)}") as book:
        yield book
        book.db.commit()


def configure(course: Path, lines: str) -> None:
    with (course / "nbgrader_config.py").open("a") as file:
        file.write(f"\n{lines}\n")


def hidden_checks(course: Path) -> Path:
    return course / "tests" / "hidden" / "test_03_softmax.py"


# What is left behind

CELLS = "JOIN submitted_notebook book ON book.id = row.notebook_id JOIN base_cell cell ON cell.id = row.cell_id"
WHOSE = "JOIN submitted_assignment handed_in ON handed_in.id = book.assignment_id"
# what the gradebook says, by table: the row's name, then all its columns but for ids, which are drawn
ROWS = {
    "student": "SELECT id, row.* FROM student row",
    "assignment": "SELECT name, duedate FROM assignment row",
    "worth": "SELECT cell.name, max_score, cell_type FROM grade_cells JOIN base_cell cell USING (id)",
    "task": "SELECT cell.name, max_score, cell_type FROM task_cells JOIN base_cell cell USING (id)",
    "source": "SELECT name, cell_type, locked, source, checksum FROM source_cell",
    "submission": "SELECT student_id, timestamp, extension FROM submitted_assignment",
    "notebook": f"SELECT student_id, flagged, late_submission_penalty FROM submitted_notebook book {WHOSE}",
    "grade": f"""SELECT student_id || ' ' || cell.name, auto_score, manual_score, extra_credit, needs_manual_grade
        FROM grade row {CELLS} {WHOSE}""",
    "comment": f"""SELECT student_id || ' ' || cell.name, auto_comment, manual_comment
        FROM comment row {CELLS} {WHOSE}""",
}


def rows(course: Path) -> dict[str, Any]:
    """What the gradebook says: every value by `table row column`."""
    found = {}
    with closing(sqlite3.connect(gradebook_file(course))) as database:
        for table, query in ROWS.items():
            cursor = database.execute(query)
            columns = [each[0] for each in cursor.description]
            for name, *values in cursor:
                found |= {
                    f"{table} {name} {column}": value
                    for column, value in zip(columns[1:], values, strict=True)
                }
    return found


def autograded(course: Path) -> dict[str, Any]:
    """Every file in `autograded/`, with its permissions; of notebooks, every value in it."""
    found, home = {}, course / "autograded"
    for path in sorted(each for each in home.glob("[!.]*/**/*") if each.is_file()):
        name = str(path.relative_to(home))
        found[f"{name} mode"] = oct(path.stat().st_mode)
        if path.suffix == ".ipynb":
            notebook = json.loads(path.read_text())
            # how long it took differs, and ids of cells that had none are drawn
            notebook["metadata"]["proctor"].pop("seconds")
            for cell in notebook["cells"]:
                cell.pop("id", None)
            found |= {f"{name} {where}": value for where, value in flat(notebook)}
        else:
            found[name] = path.read_bytes()
    return found


def flat(data: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    """Every value in nested lists and dicts, by where it is."""
    if isinstance(data, dict | list) and data:
        for key, each in data.items() if isinstance(data, dict) else enumerate(data):
            yield from flat(each, f"{where}/{key}")
    else:
        yield where, data


def differences(found: dict[str, dict[str, Any]]) -> list[str]:
    """What isn't the same in every way, one line each."""
    places = dict.fromkeys(place for each in found.values() for place in each)
    return [
        f"{place}: "
        + "; ".join(f"{way} {str(each.get(place, '-'))[:200]!r}" for way, each in found.items())
        for place in places
        if any(
            each.get(place, "-") != (next(iter(found.values()))).get(place, "-")
            for each in found.values()
        )
    ]


# The test


@pytest.fixture
def start(make_course, run) -> Path:
    """The course as it is before the story: handed in, and nothing graded; two were told verdicts by `proctor serve`."""
    course = make_course(NAME)
    path = course / "source" / NAME / FILE
    notebook = nbformat.read(path, as_version=4)
    # few exercises: it is the records that are compared
    notebook.cells = [
        cell for cell in notebook.cells if (grade_id(cell) or "").startswith(("setup", *EXERCISES))
    ]
    facts = {"schema_version": 3, "locked": False, "points": 4}
    for name, text, kind in (
        (ESSAY, "Why divide by the sum?", {"grade": True, "solution": True, "task": False}),
        (
            TASK,
            "Look at a language model.",
            {"grade": False, "solution": False, "task": True, "locked": True},
        ),
    ):
        notebook.cells.append(
            new_markdown_cell(
                text, id=name, metadata={"nbgrader": facts | {"grade_id": name} | kind}
            )
        )
    nbformat.write(notebook, path)
    checks = hidden_checks(course)
    assert MENDED in checks.read_text()
    checks.write_text(checks.read_text().replace(MENDED, BROKEN))
    run(course, "nbgrader", "generate_assignment", NAME, "--create", "--force")
    found = class_of(assignments(course)[NAME])
    configure(course, "c.ExchangeCollect.check_owner = False\nc.Serve.cool_down = 0")
    inbound = course / "exchange" / "tiny-llm-math" / "inbound"
    inbound.mkdir(parents=True)
    for student in ("ada", "gus"):
        submit(inbound, student, found[student][FILE])
    shutil.copy(gradebook_file(course), course / "before.db")
    said = run(course, "proctor", "serve", "--once", "--workers", "1").stderr
    assert (
        "ada/03-softmax: attempt 1, 10 of 11" in said
        and "gus/03-softmax: attempt 1, 10 of 11" in said
    )
    # that it was graded is forgotten, what they were told is not; all copies draw the same inputs
    shutil.rmtree(course / "autograded")
    (course / "before.db").replace(gradebook_file(course))
    for student, files in found.items():
        hand_in(course, student, files)
    return course


def submit(inbound: Path, student: str, notebook: NotebookNode) -> None:
    """Puts a notebook into the exchange as `nbgrader submit` does."""
    folder = inbound / f"{student}+{NAME}+{ON_TIME}+0123"
    folder.mkdir()
    (folder / FILE).write_text(json.dumps(notebook))
    (folder / "timestamp.txt").write_text(ON_TIME)
    (folder / "submission_secret.txt").write_text(student)
    folder.chmod(0o777)


@pytest.mark.full
def test_every_way_leaves_the_same(start, run, tmp_path):
    copies = {way: shutil.copytree(start, tmp_path / way / "course") for way in WAYS}
    for number, (events, expected) in enumerate(STORY):
        for way, copy in copies.items():
            for event in events:
                event(copy, run)
            run(copy, *WAYS[way][number % len(WAYS[way])])
        found = {way: rows(copy) | autograded(copy) for way, copy in copies.items()}
        if lines := differences(found | {"expected": found["grade"] | expected}):
            story = ", then ".join(
                event.__name__ for events, _ in STORY[: number + 1] for event in events
            )
            pytest.fail("\n".join([story, *lines]), pytrace=False)
