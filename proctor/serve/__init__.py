"""`proctor serve`: submissions through nbgrader's exchange are graded at once, and
answered there.

The command uses `service.Service`, which looks, grades and answers; an instructor's
`nbgrader_config.py` sets `policy.Serve`.
"""
