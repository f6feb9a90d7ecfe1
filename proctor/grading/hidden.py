"""A file of hidden checks, imported once: its check functions, its stand-ins, and its lists by
exercise.
"""

import importlib.util
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from proctor.course import Assignment
from proctor.course.files import made_once
from proctor.errors import CourseError
from proctor.grading.outcome import imported_by


@made_once
def _module(path: Path) -> ModuleType:
    if sys.flags.optimize:
        # some wrong answers would pass
        raise CourseError(
            "Python leaves assertions out here, by which the hidden checks find mistakes: unset PYTHONOPTIMIZE, or "
            "start it without -O"
        )
    # modules beside the file would not be read again
    for each in imported_by(path):
        sys.modules.pop(each.stem, None)
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(str(path), path)
    assert spec is not None and spec.loader is not None, "the path ends in .py"
    module = importlib.util.module_from_spec(spec)
    # `inspect` finds the source of a class by its module
    sys.modules[str(path)] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise CourseError(f"{path} can't be imported: {type(error).__name__}: {error}") from error
    finally:
        sys.path.remove(str(path.parent))
    return module


def check_functions(path: Path) -> dict[str, Callable[..., None]]:
    """The checks in a file, by name. Raises `CourseError`."""
    found = {}
    for name, each in vars(_module(path)).items():
        if name.startswith("test_") and inspect.isfunction(each):
            found[name] = each
    return found


def cell_of(check: str) -> str:
    """The graded cell that a check belongs to: `softmax_values` of
    `test_softmax_values__every_dim`.
    """
    return check.split("[")[0].removeprefix("test_").split("__")[0]


def in_checks(assignment: Assignment, name: str) -> dict[str, Any]:
    """The dict of this name in the file of an assignment's hidden checks, by exercise."""
    checks = assignment.checks
    return getattr(_module(checks), name, {}) if checks.is_file() else {}


def stand_ins_of(assignment: Assignment) -> dict[str, str]:
    """The sources of the stand-ins in `STAND_INS`, by the name that each defines."""
    return _stand_ins(assignment.checks) if assignment.checks.is_file() else {}


@made_once
def _stand_ins(checks: Path) -> dict[str, str]:
    sources = {}
    for name, each in getattr(_module(checks), "STAND_INS", {}).items():
        if getattr(each, "__name__", "<lambda>") == "<lambda>":
            raise CourseError(
                f"{checks}: the stand-in of {name} must be a function or a class with a name: "
                f"write 'def {name}_stand_in(…):', and STAND_INS[{name!r}] = {name}_stand_in"
            )
        sources[name] = f"{inspect.getsource(each)}\n\n{name} = {each.__name__}"
    return sources
