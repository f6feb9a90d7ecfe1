"""Machines on which walls are missing, simulated by a seccomp filter that refuses what a container would refuse."""

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from proctor.cli import main
from proctor.course.report import PROMISES
from proctor.sandbox.isolation import bubblewrap

BIN = Path(sys.executable).parent
REFUSING = """
import errno, os, sys, pyseccomp
rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
for call in sys.argv[1].split(","):
    rules.add_rule(pyseccomp.ERRNO(errno.EPERM), call)
if "unshare" in sys.argv[1]:
    rules.add_rule(pyseccomp.ERRNO(errno.EPERM), "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, 0x20000, 0x20000))
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
rules.load()
os.execv(sys.argv[2], sys.argv[2:])
"""
NAMESPACES = "unshare,mount,umount2,pivot_root,setns"
LANDLOCK = "landlock_create_ruleset,landlock_add_rule,landlock_restrict_self"


@pytest.fixture
def doctor(course, run):
    def doctor(refused: str, code: int, folder: Path = course) -> str:
        return run(
            folder, "python", "-c", REFUSING, refused, BIN / "proctor", "doctor", code=code
        ).stdout

    return doctor


@pytest.mark.full
@pytest.mark.skipif(bool(bubblewrap().why_not), reason="there is no bubblewrap to be refused")
def test_a_container_without_namespaces_keeps_the_secrets_and_says_what_it_lacks(doctor):
    said = doctor(NAMESPACES, 0)
    assert "hidden checks unreadable from the sandbox: yes" in said
    assert "size and number of a sandbox's files limited: NO" in said
    assert (
        "bubblewrap is missing: bwrap: " in said
        and "apt install" not in said
        and "Walls in containers" in said
    )


@pytest.mark.full
def test_with_neither_namespaces_nor_landlock_nothing_is_promised(doctor):
    said = doctor(f"{NAMESPACES},{LANDLOCK}", 1)
    assert "hidden checks unreadable from the sandbox: NO" in said
    assert "Landlock is missing: this container forbids it" in said and "--trust-students" in said


def test_what_grading_a_class_lacks_is_named(monkeypatch):
    held = dict.fromkeys(PROMISES, True) | {"no_tracing": False}
    monkeypatch.setattr("proctor.examine.examine.protected", lambda: held)
    done = CliRunner().invoke(main, ["doctor"])
    assert done.exit_code == 1
    assert (
        "needs --trust-students, or the promises that this machine lacks: no look into other processes.\n"
        in done.output
    )


@pytest.mark.full
def test_the_doctor_needs_no_course(doctor, tmp_path):
    assert "NO" not in doctor("landlock_create_ruleset", 0, tmp_path).replace("limited: NO", "")
    said = doctor(f"{NAMESPACES},{LANDLOCK}", 1, tmp_path)
    assert "other submissions unreadable from the sandbox: NO" in said
