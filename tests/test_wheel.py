"""The wheel carries the course: it needs no copy of the repository, and student code can't read the checks in it."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import nbformat
import pytest

from proctor.answers import put
from proctor.sandbox import isolation

pytestmark = pytest.mark.full
BUILT_FROM = """
    pyproject.toml README.md LICENSE proctor source release answers tests/hidden helpers
""".split()
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
def wheel(course, tmp_path_factory):
    """The wheel that `make dist` builds from a copy of this course, by way of the source archive."""
    folder = tmp_path_factory.mktemp("dist")
    for name in BUILT_FROM:
        copy = shutil.copytree if (course / name).is_dir() else shutil.copy
        (folder / "copy" / name).parent.mkdir(parents=True, exist_ok=True)
        copy(course / name, folder / "copy" / name)
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, folder / "copy"]
    subprocess.run(build, check=True)
    assert list(folder.glob("proctor-*.tar.gz"))
    shutil.rmtree(folder / "copy")
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A folder with the package in it."""
    folder = tmp_path_factory.mktemp("installed")
    _pip_install("--target", folder, wheel)
    return folder


def _pip_install(*where: object) -> None:
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    if where[0] == "--python":
        pip += where[:2]
        where = where[2:]
    subprocess.run([*pip, "install", "--no-deps", "--no-index", *where], check=True)


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


def _link(source: str, target: str) -> None:
    """A copy takes seconds and gigabytes; between two disks there is no other way."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _by_pip(folder: Path, wheel: Path) -> None:
    venv.create(folder / ".venv")
    _pip_install("--python", folder / ".venv" / "bin" / "python", wheel)


def _by_uv(folder: Path, wheel: Path) -> None:
    """By docs/learn.md's lines, without `--torch-backend` and the dependencies: there is no index here."""
    if not shutil.which("uv"):
        pytest.skip("needs uv")
    page = (Path(__file__).parents[1] / "docs" / "learn.md").read_text()
    (lines,) = (step for step in page.split("```bash\n") if step.startswith("uv venv"))
    make, install = lines.partition("```")[0].splitlines()
    install = install.replace('".[course]"', f"'{wheel}'")
    install = install.replace("--torch-backend=auto", "--offline --no-deps")
    for line in (f"{make} --python '{sys.executable}'", install):
        subprocess.run(["bash", "-ec", line], cwd=folder, check=True)


@pytest.mark.parametrize("install", [_by_pip, _by_uv])
def test_start_and_check_work_in_an_empty_environment(install, wheel, environment, tmp_path):
    """An environment with the wheel in it, and with this environment's packages as its dependencies."""
    install(tmp_path, wheel)
    python = tmp_path / ".venv" / "bin" / "python"
    own = {"base": str(tmp_path / ".venv"), "platbase": str(tmp_path / ".venv")}
    packages = Path(sysconfig.get_path("purelib", "venv", own))
    # all but this checkout's own proctor
    shutil.copytree(
        sysconfig.get_path("purelib"),
        packages,
        copy_function=_link,
        ignore=shutil.ignore_patterns("proctor*", "_proctor*", "*editable*"),
        dirs_exist_ok=True,
    )

    def command(*arguments, code):
        program = [python.with_name("proctor"), *arguments]
        done = subprocess.run(
            program, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    where = [python, "-c", "import proctor; print(proctor.__file__)"]
    done = subprocess.run(where, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert Path(done.stdout.strip()).is_relative_to(packages)
    command("start", code=0)
    (report,) = json.loads(command("check", "--json", "mine/03-softmax/softmax.ipynb", code=1))
    assert {cell["status"] for cell in report["cells"]} == {"not_attempted"}


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
