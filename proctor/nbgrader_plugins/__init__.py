"""The name that an older nbgrader_config.py knows: says what to change there."""

raise ImportError(
    "proctor.nbgrader_plugins is called proctor.records now: take today's nbgrader_config.py and put your own lines into "
    "it. Intake, Examine, SaveAutoGrades and AssignLatePenalties are in proctor.records.plugins there, feedback is "
    "feedback_page, and of OverwriteKernelspec, OverwriteCells and CheckCellMetadata nbgrader's own do"
)
