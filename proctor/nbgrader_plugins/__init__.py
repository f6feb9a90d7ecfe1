"""The name that an older nbgrader_config.py knows: says what to change there."""

raise ImportError(
    "proctor.nbgrader_plugins is called proctor.records now: take today's nbgrader_config.py, "
    "or write proctor.records in place of proctor.nbgrader_plugins in yours (feedback is feedback_page there)"
)
