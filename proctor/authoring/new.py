"""Begins an exercise, an assignment or a course from the files in `templates/`: `proctor new`."""

import builtins
import json
import keyword
import re
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from proctor.course import assignments, grade_id, notebook_at
from proctor.course.cells import bound
from proctor.course.course import carried_course
from proctor.errors import CourseError, NotFound

TEMPLATES = Path(__file__).parent / "templates"
# the folder of templates, and the word in the heading, of each kind of exercise
KINDS = {
    "write": ("write", "Exercise"),
    "beyond": ("write", "Beyond"),
    "repair": ("write", "Repair"),
    "predict": ("predict", "Predict"),
    "catch": ("catch", "Catch"),
}
TEST = re.compile(r"def test_EXERCISE_(\w+?)__")
IMPORT = "from proctor import checks"


def new_exercise(
    course: Path,
    name: str,
    assignment: str,
    after: str | None = None,
    kind: str = "write",
    points: dict[str, float] | None = None,
    forbid: Collection[str] = (),
) -> None:
    """Adds an exercise to an assignment's notebook, checks and known answers; `points`, by kind of
    graded cell.
    """
    notebook = notebook_of(course, assignment)
    require_ungraded(course, assignment)
    checks = course / "tests" / "hidden" / f"test_{assignment.replace('-', '_')}.py"
    if not checks.is_file():
        raise CourseError(
            f"{assignment} has no {checks.relative_to(course)}: write one, or begin an assignment "
            "with 'proctor new assignment NAME', without --plain"
        )
    content = notebook_at(notebook)
    _require_free(course, name, content, checks)
    folder, heading = KINDS[kind]
    template = TEMPLATES / folder
    cells = notebook_at(template / "notebook.ipynb").cells
    text = [cell for cell in cells if not _facts(cell).get("grade")]
    models = {
        cell.id.removeprefix("EXERCISE_"): json.dumps(cell)
        for cell in cells
        if _facts(cell).get("grade")
    }
    wanted = points or dict.fromkeys(models, 0 if kind == "beyond" else 1)
    graded = [_cells(_of_kind(models, each)) for each in wanted]
    for cell, worth in zip(graded, wanted.values(), strict=True):
        cell.metadata.nbgrader.points = worth
    text[0].source = text[0].source.replace("### Exercise:", f"### {heading}:")
    if kind == "repair":
        text[1].metadata.proctor = {"kind": kind, "handout": "as_it_came"}
    if forbid:
        text[0].source += f"\n\nNot with: {', '.join(f'`{each}`' for each in forbid)}."
        for cell in graded:
            without = f', x=x, without="{" ".join(forbid)}")'
            cell.source = cell.source.replace(", x=x)", without)
    words = {"EXERCISE": name, "TARGET": name.removeprefix("catch_")}
    words["FIRST_CELL"] = f"{name}_{next(iter(wanted))}"
    at = _place(content.cells, after)
    content.cells[at:at] = _cells(_filled(json.dumps([*text, *graded]), words))
    _add_checks(checks, template / "checks.py", words, wanted, forbid)
    for answers in ("wrong", "right"):
        path = course / "answers" / answers / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        _copy(template / f"{answers}.py", path, words)
    nbformat.write(content, notebook)
    release(course, assignment)


def new_assignment(course: Path, name: str, plain: bool = False) -> Path:
    """Makes a folder with a notebook and, unless it is `plain`, a file of hidden checks."""
    folder = course / "source" / name
    if folder.exists():
        raise CourseError(f"source/{name} is there already: choose another name")
    if not re.fullmatch(r"[\w-]+", name):
        raise CourseError(f"{name!r} is no name for a folder: take letters, digits, - and _")
    short = re.sub(r"^[\d_-]+", "", name).replace("-", "_") or "notebook"
    words = {"ASSIGNMENT": name, "EXERCISE": f"{short}_mean"}
    template = TEMPLATES / ("plain" if plain else "assignment")
    folder.mkdir(parents=True)
    if not plain:
        for helper in _helpers(course):
            shutil.copyfile(helper, folder / helper.name)
        checks = course / "tests" / "hidden" / f"test_{name.replace('-', '_')}.py"
        checks.parent.mkdir(parents=True, exist_ok=True)
        _copy(template / "checks.py", checks, words)
    notebook = folder / f"{short}.ipynb"
    _copy(template / "notebook.ipynb", notebook, words)
    release(course, name)
    return notebook


def new_course(folder: Path) -> None:
    """Makes an empty course, which is graded behind the same walls as this one."""
    if folder.exists() and any(folder.iterdir()):
        raise CourseError(f"{folder} is not empty: name a new folder")
    for place in ("source", "release", "tests/hidden", "answers/wrong", "answers/right"):
        (folder / place).mkdir(parents=True)
    config = (carried_course() / "nbgrader_config.py").read_text(encoding="utf-8")
    name = folder.resolve().name
    config = re.sub(r'(course_id = )".*"', lambda found: f"{found[1]}{name!r}", config)
    (folder / "nbgrader_config.py").write_text(config, encoding="utf-8")
    shutil.copyfile(TEMPLATES / "gitignore", folder / ".gitignore")


def release(course: Path, assignment: str) -> None:
    """Generates the students' notebook. Raises `CourseError` with the words of nbgrader."""
    if said := generate(course, assignment):
        raise CourseError(f"source/{assignment} is written, but nbgrader can't release it:\n{said}")


def generate(course: Path, assignment: str, *options: str) -> str:
    """Has nbgrader generate an assignment; its errors, if it can't."""
    command = [sys.executable, *"-m nbgrader generate_assignment --create --force".split()]
    command += [f"--assignment={assignment}", *options]
    done = subprocess.run(command, cwd=course, capture_output=True, text=True)
    if not done.returncode:
        return ""
    return "\n".join(line for line in done.stderr.splitlines() if "error" in line.lower())


def require_ungraded(course: Path, assignment: str) -> None:
    """Raises `CourseError` if nbgrader would refuse to add or remove a cell."""
    if graded := sorted(path.parts[-2] for path in course.glob(f"autograded/*/{assignment}")):
        raise CourseError(
            f"{len(graded)} are graded in {assignment}, {graded[0]} among them, and nbgrader then "
            "adds and removes no cell. Change a second clone, in which nobody is graded: "
            "docs/exercise.md, 'Once somebody is graded'"
        )


def notebook_of(course: Path, assignment: str) -> Path:
    """The instructor's notebook of an assignment. Raises `NotFound`."""
    found = sorted((course / "source" / assignment).glob("[!.]*.ipynb"))
    if not found:
        there = sorted(path.name for path in (course / "source").glob("[!._]*/"))
        raise NotFound(f"source/ has no assignment {assignment}: {', '.join(there)}")
    return found[0]


def _facts(cell: NotebookNode) -> dict[str, Any]:
    return cell.metadata.get("nbgrader", {})


def _cells(text: str) -> Any:
    return json.loads(text, object_hook=NotebookNode)


def _filled(text: str, words: dict[str, str]) -> str:
    """A template's text with these words in the place of its own."""
    for word, other in words.items():
        text = text.replace(word, other)
    return text


def _copy(template: Path, to: Path, words: dict[str, str]) -> None:
    to.write_text(_filled(template.read_text(encoding="utf-8"), words), encoding="utf-8")


def _of_kind(models: dict[str, str], kind: str) -> str:
    """The template's text for this kind of graded cell, or else its first one under another
    name.
    """
    first = next(iter(models))
    return models.get(kind) or models[first].replace(f"EXERCISE_{first}", f"EXERCISE_{kind}")


def _place(cells: list[NotebookNode], after: str | None) -> int:
    """The number of cells before a new exercise: those to the last check of `after`, or of the
    notebook.
    """
    ids = [grade_id(cell) or cell.id for cell in cells]
    if after is None:
        graded = [number for number, cell in enumerate(cells) if _facts(cell).get("grade")]
        # an empty assignment: below its setup
        setup = [number for number, cell in enumerate(cells) if _facts(cell)]
        return max(graded or setup, default=len(cells) - 1) + 1
    if after not in ids:
        raise NotFound(f"the notebook has no cell {after}: 'proctor new' takes a cell's id")
    place = ids.index(after) + 1
    for number, cell in enumerate(cells[place:], place):
        if _facts(cell).get("solution"):
            break
        if _facts(cell).get("grade"):
            place = number + 1
    return place


def _require_free(course: Path, name: str, notebook: NotebookNode, checks: Path) -> None:
    """Raises `CourseError` if an exercise of this name could hide something, or be hidden."""
    if not name.isidentifier() or keyword.iskeyword(name):
        raise CourseError(f"{name!r} is no name for a Python function")
    taken = dict.fromkeys(dir(builtins), "Python")
    taken |= dict.fromkeys(bound(checks.read_text("utf-8")), f"{checks.relative_to(course)}")
    for cell in notebook.cells:
        if cell.cell_type == "code":
            taken |= dict.fromkeys(bound(cell.source), f"the cell {cell.id}")
    for each in assignments(course).values():
        taken |= dict.fromkeys(each.stubs, each.name)
    for path in course.glob("answers/*/*.py"):
        taken[path.stem] = f"{path.relative_to(course)}"
    if name in taken:
        raise CourseError(f"{name} is taken, in {taken[name]}: choose another name")


def _add_checks(
    checks: Path,
    template: Path,
    words: dict[str, str],
    kinds: Iterable[str],
    forbid: Collection[str],
) -> None:
    """Adds the template's checks to a file: one test for each kind of graded cell."""
    content = template.read_text(encoding="utf-8").removeprefix(IMPORT)
    blocks = content.strip().split("\n\n\n")
    models = {found[1]: block for block in blocks if (found := TEST.match(block))}
    added = [block for block in blocks if block not in models.values()]
    added += [_of_kind(models, kind) for kind in kinds]
    if forbid:
        added.append(f'FORBIDDEN["EXERCISE"] = {json.dumps([*forbid])}')
    text = checks.read_text(encoding="utf-8").rstrip()
    for table in ("FORBIDDEN", "STAND_INS"):
        if table not in bound(text):
            added.insert(0, f"{table} = {{}}")
    if IMPORT not in text:
        # where `ruff` sorts it
        line = f"{IMPORT}\n" if "\nfrom proctor" in text else f"{IMPORT}\n\n"
        text = re.sub(r"^(?=from proctor|[A-Z_]+ = |def )", line, text, count=1, flags=re.MULTILINE)
    parts = [text, *(_filled(block, words) for block in added)]
    checks.write_text("\n\n\n".join(parts) + "\n", encoding="utf-8")


def _helpers(course: Path) -> list[Path]:
    """The files that lie beside every notebook: the calls of visible checks, and the word to AI
    assistants.
    """
    for folder in (course / "helpers", *sorted((carried_course() / "release").glob("*/"))):
        found = [folder / name for name in ("expect.py", "AGENTS.md", "CLAUDE.md")]
        if all(path.is_file() for path in found):
            return found
    return []
