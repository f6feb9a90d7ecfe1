"""What a killed run leaves, the next one removes, and nothing else; a folder is replaced as a whole or not at all."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from proctor.course import files

MAKES = """
import sys, time, proctor.course.files
folder = proctor.course.files.RunFolder()
open(folder.name + "/checks.py", "w").close()
print(folder.name, flush=True)
time.sleep(60)
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(files, "YOUNG", -1)
    return tmp_path


def test_what_a_killed_process_left_is_removed_and_what_lives_is_not(place):
    environment = os.environ | {"TMPDIR": str(place)}
    made = [
        subprocess.Popen(
            [sys.executable, "-c", MAKES], stdout=subprocess.PIPE, text=True, env=environment
        )
        for _ in range(2)
    ]
    killed, living = (process.stdout.readline().strip() for process in made)
    made[0].kill()
    made[0].wait()
    for name, mode in ((f"{files.PREFIX}open", 0o755), ("another", 0o700)):
        (place / name).mkdir(mode)
    (place / f"{files.PREFIX}link").symlink_to(place / "another")
    with files.RunFolder() as mine:
        assert not os.path.exists(killed)
        assert os.path.exists(os.path.join(living, "checks.py")) and os.path.exists(mine)
    assert not os.path.exists(mine)
    made[1].kill()
    made[1].wait()
    assert {path.name for path in place.iterdir()} >= {
        f"{files.PREFIX}open",
        f"{files.PREFIX}link",
        "another",
    }


def test_what_is_young_is_left_alone(place, monkeypatch):
    monkeypatch.setattr(files, "YOUNG", 60)
    (place / f"{files.PREFIX}new").mkdir(0o700)
    with files.RunFolder():
        assert (place / f"{files.PREFIX}new").exists()


def begin_to_replace(
    place: Path, made: dict[str, str], fail_at: str = "", kill_at: str = ""
) -> None:
    """Replaces a folder, and fails, or is killed in a process of its own, before this step."""

    failed = []

    def step(name: str) -> None:
        if name == fail_at and not failed:
            failed.append(name)
            raise OSError("the disk is full")
        if name == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    rename = Path.rename
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            Path,
            "rename",
            lambda path, target: (step(Path(target).suffix or "in place"), rename(path, target)),
        )
        with files.replaced_folder(place) as fresh:
            fresh.mkdir()
            step("written")
            for name, text in made.items():
                (fresh / name).write_text(text)


def content(place: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in place.iterdir()}


@pytest.mark.parametrize("step", ["written", ".old", "in place"])
def test_a_folder_is_replaced_as_a_whole_or_not_at_all(tmp_path, step):
    place = tmp_path / ("a" * 255)
    former = {"softmax.ipynb": "1", "helper.py": "x"}
    begin_to_replace(place, former)
    assert content(place) == former
    with pytest.raises(OSError, match="full"):
        begin_to_replace(place, {"softmax.ipynb": "2"}, fail_at=step)
    assert content(place) == former and len(list(tmp_path.iterdir())) == 1
    if (pid := os.fork()) == 0:
        begin_to_replace(place, {"softmax.ipynb": "2"}, kill_at=step)
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == signal.SIGKILL
    # what the killed process moved aside comes back before anything else is tried
    with pytest.raises(OSError, match="full"):
        begin_to_replace(place, {"softmax.ipynb": "3"}, fail_at="written")
    assert content(place) == former
    begin_to_replace(place, {"softmax.ipynb": "3"})
    assert content(place) == {"softmax.ipynb": "3"} and len(list(tmp_path.iterdir())) == 1


def test_a_link_in_the_place_of_a_folder_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "kept.txt").write_text("kept")
    (tmp_path / "place").symlink_to(tmp_path / "theirs")
    for number in "12":
        begin_to_replace(tmp_path / "place", {"softmax.ipynb": number})
    assert content(tmp_path / "place") == {"softmax.ipynb": "2"} and content(
        tmp_path / "theirs"
    ) == {"kept.txt": "kept"}
    assert {path.name for path in tmp_path.iterdir()} == {"place", "theirs"}
