"""`proctor serve`: what students hand in through nbgrader's exchange is graded at once, and
answered there.

The command uses `service.Service`, which looks, grades and answers; an instructor's
`nbgrader_config.py` sets `policy.Serve`.
"""
