"""What a killed run leaves in the temporary folder, the next one removes, and nothing else."""

import os
import subprocess
import sys
import tempfile

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
        subprocess.Popen([sys.executable, "-c", MAKES], stdout=subprocess.PIPE, text=True, env=environment)
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
    assert {path.name for path in place.iterdir()} >= {f"{files.PREFIX}open", f"{files.PREFIX}link", "another"}


def test_what_is_young_is_left_alone(place, monkeypatch):
    monkeypatch.setattr(files, "YOUNG", 60)
    (place / f"{files.PREFIX}new").mkdir(0o700)
    with files.RunFolder():
        assert (place / f"{files.PREFIX}new").exists()
