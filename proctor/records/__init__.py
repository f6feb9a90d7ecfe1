"""All that is kept of a class, and all that nbgrader is given: preprocessors, exporters, plugins
that nbgrader_config.py names.

Its names for others, by module:

- `attempts`: `Attempt`, `Store`, `State`; `counting`: `Attempts`, `choose`, the rule which attempt
  counts; `standings`
- `folders`: `Folders`, `place`; `grading_pass`: `GradingPass`; `engine`: `Recorder`; `record`:
  `record`; `job`: `Job`; `gradebook`: `recording`, `OpenGradebook`
- `plugins`: `Intake`, `Examine`, `SaveAutoGrades`, `AssignLatePenalties`
- `store`: `Remark`, `extensions`; `stale`: `made_of`, `changed`; `results`: `results`, `Result`
- `inbound`: `arrivals`, `copy_submission`; `lock`: `writing`; `remarks`: `failures`, `reach`
- `collect`: `Collect`; `archives`: `FromLMS`; `exports`: `Canvas`, `Moodle`, `Rows`; `roster`:
  `read_roster`
- `groups`: `groups_in`
- `handout`: `HandOut`; `feedback_page`: `FeedbackPage`, `Summary`, `HideChecks`; `release`:
  `ReleaseFeedback`
"""
