"""The settings of a course: its `nbgrader_config.py`."""

import sys
from pathlib import Path

from traitlets.config.loader import Config, PyFileConfigLoader

from proctor.errors import GradingError

EXCHANGE = "/usr/local/share/nbgrader/exchange"  # nbgrader's default


def configuration(course: Path) -> Config:
    """The settings in `nbgrader_config.py`. Raises `GradingError` if it can't be read."""
    if str(course) not in sys.path:
        # as nbgrader does, for an instructor's own plugins
        sys.path.insert(0, str(course))
    try:
        config = PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()
    except Exception as error:
        raise GradingError(
            f"{course / 'nbgrader_config.py'} can't be read: {type(error).__name__}: {error}"
        ) from error
    # nbgrader's default is the current folder
    if "root" not in config.CourseDirectory:
        config.CourseDirectory.root = str(course)
    return config


def exchange_of(course: Path) -> Path:
    """The folder through which nbgrader collects submissions."""
    try:
        config = configuration(course)
    except GradingError:
        return Path(EXCHANGE)
    return Path(config.Exchange.get("root", EXCHANGE))
