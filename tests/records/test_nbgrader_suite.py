"""nbgrader's own tests of autograde pass with our preprocessors in the place of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.full


def test_nbgraders_own_suite(course, tmp_path):
    config = (course / "nbgrader_config.py").read_text()
    ours = re.findall(
        r"^c.Autograde.\w+_preprocessors = \[.*?^\]", config, re.MULTILINE | re.DOTALL
    )
    assert len(ours) == 1
    ours = "\n".join(ours) + "\nc.Autograde.exporter_class = 'proctor.records.plugins.Intake'"
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "nbgrader_config.py").write_text(f"c = get_config()\n{ours}\n")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    environment["JUPYTER_CONFIG_PATH"] = str(tmp_path / "config")
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment["PATH"]])
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-W",
        "ignore",
        "--pyargs",
    ]
    # for every new gradebook nbgrader starts a program to ask for the version of its tables
    once = "import functools, nbgrader.api as api\napi.get_alembic_version = functools.cache(api.get_alembic_version)"
    (tmp_path / "once.py").write_text(once)
    # of what a submission shows, and says of its kernel, nothing is kept
    left_out = "not test_no_execute and not test_missing_source_kernelspec"
    command += ["-p", "once", "nbgrader.tests.apps.test_nbgrader_autograde", "-k", left_out]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-5000:]
    assert re.search(r"[3-9]\d passed", done.stdout), done.stdout[-500:]
