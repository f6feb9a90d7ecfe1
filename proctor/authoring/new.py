"""Begins an exercise, an assignment or a course from the files in `templates/`: `proctor new`."""

import builtins
import json
import keyword
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from proctor.course.cells import bound
from proctor.course.course import INSTALLED, PACKAGE
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
    forbid: list[str] | None = None,
) -> None:
    """Adds an exercise to an assignment's notebook, checks and known answers; `points`, by kind of graded cell."""
    notebook = notebook_of(course, assignment)
    require_ungraded(course, assignment)
    folder, heading = KINDS[kind]
    checks = course / "tests" / "hidden" / f"test_{assignment.replace('-', '_')}.py"
    if not checks.is_file():
        raise CourseError(
            f"{assignment} has no {checks.relative_to(course)}: write one, or begin an assignment "
            "with 'proctor new assignment NAME', without --plain"
        )
    _require_free(course, name, notebook, checks)
    words = {"EXERCISE": name, "TARGET": name.removeprefix("catch_")}
    cells = _filled(TEMPLATES / folder / "notebook.ipynb", words)["cells"]
    text = [cell for cell in cells if not _facts(cell).get("grade")]
    models = {_kind(cell, name): cell for cell in cells if _facts(cell).get("grade")}
    wanted = points or {each: 0 if kind == "beyond" else 1 for each in models}
    graded = [_graded(models, name, each, worth) for each, worth in wanted.items()]
    _replace(text[0], "### Exercise:", f"### {heading}:")
    if kind == "repair":
        text[1]["metadata"]["proctor"] = {"kind": kind, "handout": "as_it_came"}
    if forbid:
        text[0]["source"] += [f"\n\nNot with: {', '.join(f'`{each}`' for each in forbid)}."]
        for cell in graded:
            _replace(cell, ", x=x)", f', x=x, without="{" ".join(forbid)}")')
    content = json.loads(notebook.read_text(encoding="utf-8"))
    at = _place(content["cells"], after)
    content["cells"][at:at] = [*text, *graded]
    words["FIRST_CELL"] = _facts(graded[0])["grade_id"]
    _add_checks(checks, TEMPLATES / folder / "checks.py", words, wanted, forbid or [])
    for answers in ("wrong", "right"):
        path = course / "answers" / answers / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_text(TEMPLATES / folder / f"{answers}.py", words), encoding="utf-8")
    save(notebook, content)
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
        checks.write_text(_text(template / "checks.py", words), encoding="utf-8")
    notebook = folder / f"{short}.ipynb"
    save(notebook, _filled(template / "notebook.ipynb", words))
    release(course, name)
    return notebook


def new_course(folder: Path) -> None:
    """Makes an empty course, which is graded behind the same walls as this one."""
    if folder.exists() and any(folder.iterdir()):
        raise CourseError(f"{folder} is not empty: name a new folder")
    for place in ("source", "release", "tests/hidden", "answers/wrong", "answers/right"):
        (folder / place).mkdir(parents=True)
    config = (_carried() / "nbgrader_config.py").read_text(encoding="utf-8")
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


def save(notebook: Path, content: dict[str, Any]) -> None:
    """Writes a notebook as JupyterLab does."""
    text = json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True)
    notebook.write_text(f"{text}\n", encoding="utf-8")


def _facts(cell: dict[str, Any]) -> dict[str, Any]:
    return cell["metadata"].get("nbgrader", {})


def _kind(cell: dict[str, Any], exercise: str) -> str:
    """The part of a graded cell's id behind the name of its exercise."""
    return _facts(cell)["grade_id"].removeprefix(f"{exercise}_")


def _replace(cell: dict[str, Any], old: str, new: str) -> None:
    cell["source"] = [line.replace(old, new) for line in cell["source"]]


def _text(template: Path, words: dict[str, str]) -> str:
    """The text of a template with these words in the place of its own."""
    text = template.read_text(encoding="utf-8")
    for word, other in words.items():
        text = text.replace(word, other)
    return text


def _filled(template: Path, words: dict[str, str]) -> dict[str, Any]:
    return json.loads(_text(template, words))


def _graded(models: dict[str, Any], name: str, kind: str, points: float) -> dict[str, Any]:
    """A graded cell: the template's of this kind, or else its first one under another name."""
    model = kind if kind in models else next(iter(models))
    text = json.dumps(models[model]).replace(f"{name}_{model}", f"{name}_{kind}")
    cell = json.loads(text)
    cell["metadata"]["nbgrader"]["points"] = int(points) if points == int(points) else points
    return cell


def _place(cells: list[dict[str, Any]], after: str | None) -> int:
    """The number of cells before a new exercise: those to the last graded cell, or to the exercise or cell `after`."""
    ids = [_facts(cell).get("grade_id") or cell.get("id") for cell in cells]
    if after is not None and after not in ids:
        raise NotFound(f"the notebook has no cell {after}: 'proctor new' takes a cell's id")
    last = ids.index(after) if after else -1
    judges = after is None or _facts(cells[last]).get("solution")
    for number, cell in enumerate(cells[last + 1 :], last + 1) if judges else ():
        if after is not None and _facts(cell).get("solution"):
            break
        if _facts(cell).get("grade"):
            last = number
    if after is None and last < 0:
        # an empty assignment: below its setup
        last = next((n for n, cell in enumerate(cells) if _facts(cell)), len(cells) - 1)
    return last + 1


def _require_free(course: Path, name: str, notebook: Path, checks: Path) -> None:
    """Raises `CourseError` if an exercise of this name could hide something, or be hidden."""
    if not name.isidentifier() or keyword.iskeyword(name):
        raise CourseError(f"{name!r} is no name for a Python function")
    taken = {each: "is a name of Python's" for each in dir(builtins)}
    taken |= dict.fromkeys(bound(checks.read_text("utf-8")), f"is a name in {checks.name}")
    for path in sorted((course / "source").glob("*/*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            here = [_facts(cell).get("grade_id")] if _facts(cell).get("solution") else []
            if path == notebook and cell["cell_type"] == "code":
                here += [*bound("".join(cell["source"]))]
            taken |= dict.fromkeys(here, f"is a name in {path.relative_to(course)}")
    for answers in (course / "answers").glob(f"*/{name}.py"):
        taken[name] = f"has answers already, in {answers.relative_to(course)}"
    if name in taken:
        raise CourseError(f"{name} {taken[name]}: choose another name")


def _add_checks(
    checks: Path, template: Path, words: dict[str, str], kinds: Iterable[str], forbid: Iterable[str]
) -> None:
    """Adds the template's checks to a file: one test for each kind of graded cell."""
    content = template.read_text(encoding="utf-8").removeprefix(IMPORT)
    blocks = content.strip().split("\n\n\n")
    models = {found[1]: block for block in blocks if (found := TEST.match(block))}
    first, model = next(iter(models.items()))
    body = [block for block in blocks if block not in models.values()]
    for kind in kinds:
        body.append(models.get(kind, model.replace(f"EXERCISE_{first}", f"EXERCISE_{kind}")))
    if forbid:
        body.append(f'FORBIDDEN["EXERCISE"] = {json.dumps([*forbid])}')
    text = checks.read_text(encoding="utf-8").rstrip()
    for table in ("FORBIDDEN", "STAND_INS"):
        if table not in bound(text):
            body.insert(0, f"{table} = {{}}")
    if IMPORT not in text:
        # where `ruff` sorts it
        line = f"{IMPORT}\n" if "\nfrom proctor" in text else f"{IMPORT}\n\n"
        text = re.sub(r"^(?=from proctor|[A-Z_]+ = |def )", line, text, count=1, flags=re.MULTILINE)
    added = "\n\n\n".join(body)
    for word, other in words.items():
        added = added.replace(word, other)
    checks.write_text(f"{text}\n\n\n{added}\n", encoding="utf-8")


def _carried() -> Path:
    """The course that comes with this package."""
    return INSTALLED if INSTALLED.is_dir() else PACKAGE.parent


def _helpers(course: Path) -> list[Path]:
    """The files that lie beside every notebook: the calls of visible checks, and the word to AI assistants."""
    for folder in (course / "helpers", *sorted((_carried() / "release").glob("*/"))):
        found = [folder / name for name in ("expect.py", "AGENTS.md", "CLAUDE.md")]
        if all(path.is_file() for path in found):
            return found
    return []
