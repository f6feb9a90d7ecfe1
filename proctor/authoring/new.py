"""Begins an exercise, an assignment or a course from the files in `templates/`: `proctor new`."""

import builtins
import json
import keyword
import re
import shutil
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from proctor.course import Assignment, assignments, grade_id, nbgrader_facts, notebook_at
from proctor.course.cells import bound
from proctor.course.course import carried_course
from proctor.errors import CourseError, NotFound

TEMPLATES = Path(__file__).parent / "templates"
# the kind of graded cell that a part of a template is about
KIND = re.compile(r'(?:def test_|"grade": true, "grade_id": ")EXERCISE_([a-z]+)')
IMPORT = "from proctor import checks"


def new_exercise(
    assignment: Assignment,
    name: str,
    after: str | None = None,
    kind: str = "write",
    points: dict[str, float] | None = None,
    forbid: Collection[str] = (),
) -> None:
    """Adds an exercise to an assignment's notebook, checks and known answers; `points`, by kind of
    graded cell.
    """
    require_ungraded(assignment)
    points = points or {}
    checks = assignment.checks
    if not checks.is_file():
        raise CourseError(
            f"{assignment.name} has no {checks.relative_to(assignment.course)}: write one, or begin "
            "an assignment with 'proctor new assignment NAME', without --plain"
        )
    notebook = notebook_at(assignment.source)
    _require_free(assignment, name, notebook)
    template = TEMPLATES / (kind if kind in ("predict", "catch") else "write")
    heading = "Exercise" if kind == "write" else kind.capitalize()
    words = {"EXERCISE": name, "TARGET": name.removeprefix("catch_"), "HEADING": heading}
    parts = [json.dumps(cell) for cell in notebook_at(template / "notebook.ipynb").cells]
    text = f"[{','.join(_with_kinds(parts, points))}]"
    cells = json.loads(_filled(text, words), object_hook=NotebookNode)
    graded = [cell for cell in cells if nbgrader_facts(cell).get("grade")]
    for cell in graded:
        which = cell.id.removeprefix(f"{name}_")
        cell.metadata.nbgrader.points = points.get(which, int(kind != "beyond"))
    if kind == "repair":
        cells[1].metadata.proctor = {"kind": kind, "handout": "as_it_came"}
    if forbid:
        cells[0].source += f"\n\nNot with: {', '.join(f'`{each}`' for each in forbid)}."
        for cell in graded:
            without = f', x=x, without="{" ".join(forbid)}")'
            cell.source = cell.source.replace(", x=x)", without)
    place = _place(notebook.cells, after)
    notebook.cells[place:place] = cells
    words["FIRST_CELL"] = graded[0].id
    added = (template / "checks.py").read_text("utf-8").removeprefix(IMPORT).strip()
    parts = _with_kinds(added.split("\n\n\n"), points)
    if forbid:
        parts.append(f'FORBIDDEN["EXERCISE"] = {json.dumps(forbid)}')
    _add_checks(checks, _filled("\n\n\n".join(parts), words))
    for folder in (assignment.wrong_answers, assignment.right_answers):
        _write(folder / f"{name}.py", template / f"{folder.name}.py", words)
    nbformat.write(notebook, assignment.source)
    release(assignment.course, assignment.name)


def new_assignment(course: Path, name: str, plain: bool = False) -> Path:
    """Makes a folder with a notebook and, unless it is `plain`, a file of hidden checks."""
    folder = course / "source" / name
    if folder.exists():
        raise CourseError(f"source/{name} is there already: choose another name")
    if not re.fullmatch(r"[\w-]+", name):
        raise CourseError(f"{name!r} is no name for a folder: take letters, digits, - and _")
    short = re.sub(r"^[\d_-]+", "", name).replace("-", "_") or "notebook"
    notebook = folder / f"{short}.ipynb"
    template = TEMPLATES / ("plain" if plain else "assignment")
    files = {"notebook.ipynb": notebook}
    folder.mkdir(parents=True)
    if not plain:
        files["checks.py"] = Assignment(name, course, notebook).checks
        # the calls of visible checks, and the word to AI assistants: links, if the others are
        beside = [*course.glob("source/*/expect.py"), *carried_course().glob("release/*/expect.py")]
        for helper in [beside[0], *beside[0].parent.glob("*.md")]:
            shutil.copy(helper, folder, follow_symlinks=False)
    words = {"ASSIGNMENT": name, "EXERCISE": f"{short}_mean"}
    for file, path in files.items():
        _write(path, template / file, words)
    release(course, name)
    return notebook


def new_course(folder: Path) -> None:
    """Makes an empty course, which is graded behind the same walls as this one."""
    if folder.exists() and any(folder.iterdir()):
        raise CourseError(f"{folder} is not empty: name a new folder")
    shutil.copytree(TEMPLATES / "course", folder, dirs_exist_ok=True)
    (folder / "source").mkdir()
    clone = carried_course()
    config = (clone / "nbgrader_config.py").read_text("utf-8")
    config = config.replace("tiny-llm-math", folder.resolve().name).replace("{HERE}", str(clone))
    (folder / "nbgrader_config.py").write_text(config, "utf-8")


def release(course: Path, assignment: str, *options: str) -> None:
    """Has nbgrader generate the students' notebook. Raises `CourseError` with the words of
    nbgrader.
    """
    command = [sys.executable, *"-m nbgrader generate_assignment --create --force".split()]
    command += [f"--assignment={assignment}", *options]
    done = subprocess.run(command, cwd=course, capture_output=True, text=True)
    if done.returncode:
        said = []
        for line in done.stderr.splitlines():
            if "error" in line.lower() and "raceback" not in line:
                said.append(line)
        raise CourseError(
            "\n".join(["nbgrader can't generate the release; mend the notebook in source/:", *said])
        )


def require_ungraded(assignment: Assignment) -> None:
    """Raises `CourseError` if nbgrader would refuse to add or remove a cell."""
    name = assignment.name
    graded = sorted(path.parts[-2] for path in assignment.course.glob(f"autograded/*/{name}"))
    if graded:
        raise CourseError(
            f"{len(graded)} are graded in {name}, {graded[0]} among them, and nbgrader then "
            "adds and removes no cell. Change a second clone, in which nobody is graded: "
            "docs/exercise.md, 'Once somebody is graded'"
        )


def _filled(text: str, words: dict[str, str]) -> str:
    """A template's text with these words in the place of its own."""
    for word, other in words.items():
        text = text.replace(word, other)
    return text


def _write(path: Path, template: Path, words: dict[str, str]) -> None:
    """Writes a template's text, with these words in the place of its own, to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_filled(template.read_text("utf-8"), words), "utf-8")


def _with_kinds(parts: list[str], kinds: Collection[str]) -> list[str]:
    """The parts of a template, with one for each of these kinds of graded cell: its own, or else
    its first one under another name.
    """
    models = {found[1]: part for part in parts if (found := KIND.search(part))}
    first = next(iter(models))
    made = [part for part in parts if part not in models.values()]
    for kind in kinds or models:
        other = models[first].replace(f"EXERCISE_{first}", f"EXERCISE_{kind}")
        made.append(models.get(kind, other))
    return made


def _place(cells: list[NotebookNode], after: str | None) -> int:
    """The number of cells before a new exercise: those to the last check of `after`, or of the
    notebook.
    """
    ids = [grade_id(cell) or cell.id for cell in cells]
    if after and after not in ids:
        raise NotFound(f"the notebook has no cell {after}: 'proctor new' takes a cell's id")
    place = ids.index(after) + 1 if after else 0
    for number, cell in enumerate(cells[place:], place + 1):
        facts = nbgrader_facts(cell)
        # the next exercise
        if after and facts.get("solution"):
            break
        if facts:
            place = number
    # in a notebook without exercises, its setup is the last
    return place or len(cells)


def _require_free(assignment: Assignment, name: str, notebook: NotebookNode) -> None:
    """Raises `CourseError` if an exercise of this name could hide something, or be hidden."""
    if not name.isidentifier() or keyword.iskeyword(name):
        raise CourseError(f"{name!r} is no name for a Python function")
    taken = {*dir(builtins)}
    for source in [assignment.checks.read_text("utf-8"), *(cell.source for cell in notebook.cells)]:
        taken.update(bound(source))
    for each in assignments(assignment.course).values():
        taken.update(each.stubs)
    taken.update(path.stem for path in assignment.course.glob("answers/*/*.py"))
    if name in taken:
        raise CourseError(f"{name} is a name of Python or of this course: choose another one")


def _add_checks(checks: Path, added: str) -> None:
    """Adds checks to a file, with the import and the tables that they need."""
    text = checks.read_text("utf-8").rstrip()
    for table in ("STAND_INS", "FORBIDDEN"):
        if f"\n{table}[" in added and table not in bound(text):
            added = f"{table} = {{}}\n\n\n{added}"
    if IMPORT not in text:
        # in the order that `ruff` wants
        line = f"{IMPORT}\n" if "\nfrom proctor" in text else f"{IMPORT}\n\n"
        text = re.sub(r"^(?=from proctor|[A-Z_]+ = |def )", line, text, count=1, flags=re.MULTILINE)
    checks.write_text(f"{text}\n\n\n{added}\n", "utf-8")
