"""A class of ordinary users, by `test_ordinary_users` of test_serve.py: `unshare --mount python tests/serve/ordinary.py FOLDER`.

Users, their homes and the exchange lie in this process's own mount namespace, and are gone with it. In FOLDER lie the
course and the notebooks that ada hands in, one after the other; ben hands in the first one, which is collected.
"""

import os
import pwd
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nbgrader.api import Gradebook

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS.parent)]

from commands import Forks  # noqa: E402

from proctor.course.report import report_in  # noqa: E402
from proctor.records.attempts import Store  # noqa: E402

NAME = "03-softmax"
MINE = Path("/mnt")
COURSE, EXCHANGE = MINE / "teach" / "course", MINE / "exchange"
CONFIG = f"""
c.CourseDirectory.course_id = "tiny-llm-math"
c.Exchange.root = "{EXCHANGE}"
"""
IMPOSSIBLE = 77  # the exit status where such users can't be


def main(given: Path) -> None:
    try:
        prepare(given)
    except subprocess.CalledProcessError as error:
        print(f"{error.cmd}: {error.stderr}")
        sys.exit(IMPOSSIBLE)
    bin, environment = (
        Path(sys.executable).parent,
        {**os.environ, "HOME": str(MINE / "teach"), "USER": "teach"},
    )
    forks = Forks(environment, **identity("teach"))

    def teach(*command: str) -> str:
        done = forks.run([str(bin / command[0]), *command[1:]], COURSE, environment, timeout=300)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stderr

    def hand_in(student: str, notebook: str) -> None:
        home = MINE / student
        with acting(student):
            (home / NAME).mkdir(exist_ok=True)
            (home / NAME / "softmax.ipynb").write_text((MINE / notebook).read_text())
        own = {**os.environ, "HOME": str(home), "USER": student}
        subprocess.run(
            [bin / "nbgrader", "submit", NAME], cwd=home, env=own, **identity(student), check=True
        )

    teach("nbgrader", "release_assignment", NAME)
    hand_in("ben", "1.ipynb")
    teach("nbgrader", "collect", NAME)
    assert (COURSE / "submitted" / "ben" / NAME / "softmax.ipynb").is_file()
    for number, notebook in enumerate(("1.ipynb", "2.ipynb"), 1):
        hand_in("ada", notebook)
        said = teach("proctor", "serve", "--once", "--workers", "1")
        assert f"ada/{NAME}: attempt {number}, " in said and "could not" not in said, said
    rows = Store(COURSE).rows()
    assert sorted((row.student, row.state, row.page) for row in rows) == [
        ("ada", "judged", "told"),
        ("ada", "judged", "told"),
        ("ben", "judged", "told"),
    ]
    assert report_in(COURSE / "autograded" / "ada" / NAME / "softmax.ipynb")["score"] == 29
    with Gradebook(f"sqlite:///{COURSE / 'gradebook.db'}") as gradebook:
        assert [gradebook.find_submission(NAME, student).score for student in ("ada", "ben")] == [
            29,
            26,
        ]
    # a student reads the page, and finds no other one's
    with acting("ada"):
        feedback = EXCHANGE / "tiny-llm-math" / "feedback"
        assert "29 of 30 points" in (feedback / rows[-1].pages[0]).read_text()
        for closed in (feedback, feedback.with_name("inbound"), COURSE):
            assert not os.access(closed, os.R_OK, effective_ids=True), closed
    forks.close()


def prepare(given: Path) -> None:
    """Users, their homes, the exchange and the course; and Python where they can reach it."""
    shell("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", MINE)
    own_copy(Path("/etc"))
    for path in (TESTS, Path(sys.prefix), Path(sys.base_prefix)):
        for place in reversed((path, *path.parents)):
            if not place.stat().st_mode & stat.S_IXOTH:
                own_copy(place)
                place.chmod(0o755)
    for user in ("teach", "ada", "ben"):
        shell("useradd", "--create-home", "--home-dir", MINE / user, user)
        (MINE / user).chmod(0o700)
        (MINE / user / "nbgrader_config.py").write_text(f"c = get_config(){CONFIG}")
    EXCHANGE.mkdir()
    EXCHANGE.chmod(0o1777)
    shutil.copytree(given / "course", COURSE)
    with (COURSE / "nbgrader_config.py").open("a") as file:
        file.write(f"{CONFIG}c.Serve.cool_down = 0\n")
    shell("chown", "--recursive", "teach:", COURSE)
    for notebook in ("1.ipynb", "2.ipynb"):
        shutil.copy(given / notebook, MINE)


def own_copy(place: Path) -> None:
    """What is written in this folder from here on is this namespace's alone."""
    own = Path(MINE, "own", *place.parts[1:])
    for part in ("upper", "work"):
        (own / f".{part}").mkdir(parents=True)
    options = f"lowerdir={place},upperdir={own}/.upper,workdir={own}/.work"
    shell("mount", "-t", "overlay", "overlay", "-o", options, place)


def shell(*command: object) -> None:
    subprocess.run([*map(str, command)], check=True, capture_output=True, text=True)


def identity(user: str) -> dict:
    """Options of `subprocess.Popen` for a process of this user's."""
    facts = pwd.getpwnam(user)
    return {"user": facts.pw_uid, "group": facts.pw_gid, "extra_groups": [], "umask": 0o022}


@contextmanager
def acting(user: str) -> Iterator[None]:
    """What is done to files is done by this user."""
    facts, groups = pwd.getpwnam(user), os.getgroups()
    os.setgroups([])
    os.setegid(facts.pw_gid)
    os.seteuid(facts.pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
