"""The wheel carries the course: whoever installs it needs no checkout, and student code can't read the checks in it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from proctor.answers import put
from proctor.sandbox import isolation

pytestmark = pytest.mark.full
BUILT_FROM = "pyproject.toml README.md LICENSE proctor source release answers tests/hidden".split()
READS = """
def softmax(x, dim):
    read = []
    for path in {paths}:
        try:
            with open(path) as file:
                read.append(file.read(1))
        except OSError:
            pass
    raise RuntimeError(f"read {{len(read)}} files")
"""


@pytest.fixture(scope="module")
def installed(course, tmp_path_factory):
    """A folder with the package in it, installed from a wheel that was built from a copy of this course."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in BUILT_FROM:
        copy = shutil.copytree if (course / name).is_dir() else shutil.copy
        (folder / "copy" / name).parent.mkdir(parents=True, exist_ok=True)
        copy(course / name, folder / "copy" / name)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run(
        [*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", folder, folder / "copy"],
        check=True,
    )
    (wheel,) = folder.glob("*.whl")
    subprocess.run(
        [*pip, "install", "--no-deps", "--target", folder / "installed", wheel], check=True
    )
    shutil.rmtree(folder / "copy")
    return folder / "installed"


@pytest.fixture
def proctor(installed, environment, tmp_path):
    """Runs the installed command in an empty folder, with these directories of programs before it."""

    def proctor(*arguments, code=0, path=environment["PATH"]):
        program = [sys.executable, installed / "bin" / "proctor", *arguments]
        of_its_own = environment | {"PYTHONPATH": str(installed), "PATH": path}
        done = subprocess.run(
            program, cwd=tmp_path, env=of_its_own, capture_output=True, text=True, timeout=600
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    return proctor


def test_start_and_check_work_anywhere(proctor, course, tmp_path):
    proctor("start")
    assert {path.name for path in (tmp_path / "mine").iterdir()} == {
        path.name for path in course.glob("release/*")
    }
    (report,) = json.loads(proctor("check", "--json", "mine/03-softmax/softmax.ipynb", code=1))
    assert {cell["status"] for cell in report["cells"]} == {"not_attempted"}
    (report,) = json.loads(
        proctor("check", "--json", course / "source" / "03-softmax" / "softmax.ipynb")
    )
    assert report["score"] == report["max_score"]


@pytest.mark.parametrize("path", [None, "/nowhere"], ids=["all_walls", "without_bubblewrap"])
def test_a_submission_reads_nothing_of_the_course(proctor, installed, course, tmp_path, path):
    files = [
        str(file) for file in Path(installed, "proctor", "_course").rglob("*") if file.is_file()
    ]
    assert len(files) > 50
    notebook = nbformat.read(course / "release" / "03-softmax" / "softmax.ipynb", as_version=4)
    nbformat.write(put(notebook, "softmax", READS.format(paths=files)), tmp_path / "thief.ipynb")
    elsewhere = {"path": path} if path else {}
    (report,) = json.loads(proctor("check", "--json", "thief.ipynb", code=1, **elsewhere))
    if not report["protected"]["hidden_checks_unreadable"]:
        pytest.skip("there are no walls here, and the report says so")
    messages = [cell["message"] for cell in report["cells"] if "files" in cell["message"]]
    assert messages and all("read 0 files" in message for message in messages), messages


def test_a_class_has_a_folder_of_its_own(proctor):
    for command in ("grade", "report"):
        proctor(command, code=1)


def test_around_the_course_everything_else_stays_readable(tmp_path, monkeypatch):
    """What Landlock is told: every neighbour of the course, on all the ways that lead to it, and links to neither."""
    packages = tmp_path / "lib" / "packages"
    course = packages / "proctor" / "_course"
    for file in (
        course / "checks.py",
        packages / "proctor" / "cli.py",
        packages / "numpy" / "a.py",
        tmp_path / "x",
    ):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    (tmp_path / "lib64").symlink_to("lib")
    monkeypatch.setattr(isolation, "COURSE", str(course))
    monkeypatch.setattr(isolation, "readable", lambda: [str(tmp_path), str(packages / "proctor")])
    parts = isolation.readable_parts.__wrapped__()
    allowed = {
        Path(place).relative_to(tmp_path).as_posix() for place, whole in parts.items() if whole
    }
    assert allowed == {"x", "lib/packages/numpy", "lib/packages/proctor/cli.py"}
    named = {
        Path(place).relative_to(tmp_path).as_posix() for place, whole in parts.items() if not whole
    }
    assert named == {".", "lib", "lib/packages", "lib/packages/proctor"}
