"""Puts a copy of the course into what is built, so that an installed proctor works without this folder.

All else is in pyproject.toml. An editable install copies nothing: it finds the course in this folder.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

COURSE = ("source", "release", "tests/hidden", "answers")
NO_PART = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", ".*")


class BuildWithCourse(build_py):
    def run(self):
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib, "proctor", "_course")
        shutil.rmtree(target, ignore_errors=True)
        for folder in COURSE:
            shutil.copytree(folder, target / folder, ignore=NO_PART)


setup(cmdclass={"build_py": BuildWithCourse})
