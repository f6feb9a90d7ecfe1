"""All that is kept of a class, and all that nbgrader is given: preprocessors, exporters, plugins that nbgrader_config.py names.

Its public names, by module; a module is imported when one of its names is asked for.
"""

from importlib import import_module
from typing import Any

PUBLIC = {
    "collect": ["Collect", "FromLMS"],
    "engine": ["Job", "Recorder"],
    "exports": ["Canvas", "Moodle", "Rows"],
    "feedback_page": ["FeedbackPage", "HideChecks", "Summary"],
    "gradebook": ["OpenGradebook", "configuration", "recording"],
    "handout": ["HandOut"],
    "plugins": ["AssignLatePenalties", "Examine", "Intake", "SaveAutoGrades"],
    "release": ["ReleaseFeedback"],
    "results": ["Result", "Results"],
    "roster": ["Roster", "read_roster"],
    "stale": ["changed", "made_of"],
    "store": ["Remark", "Row", "State", "Store", "seed_of"],
}


def __getattr__(name: str) -> Any:
    for module, names in PUBLIC.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
