"""The command line: one file a group of commands, by whom they are for."""

from proctor.cli import author, learner, quiz, teacher
from proctor.cli.group import main

__all__ = ["author", "learner", "main", "quiz", "teacher"]
