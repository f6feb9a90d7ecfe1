"""`proctor serve`: what students hand in through nbgrader's exchange is graded at once, and answered there."""
