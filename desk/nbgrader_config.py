"""The course's configuration, for JupyterLab's Assignment List: it reads the one where students fetch to."""

from pathlib import Path

load_subconfig("nbgrader_config.py", path=str(Path(__file__).resolve().parent.parent))  # noqa: F821
