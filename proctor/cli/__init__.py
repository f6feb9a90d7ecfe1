"""The command line: one file a group of commands, by whom they are for."""

from proctor.cli import learner, quiz, teacher
from proctor.cli.group import main

__all__ = ["learner", "main", "quiz", "teacher"]
