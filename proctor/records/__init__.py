"""All that is kept of a class, and all that nbgrader is given: preprocessors, exporters, plugins that nbgrader_config.py names.

What others use of it, by module:

- `engine`: `Recorder`, `Job`; `gradebook`: `recording`, `configuration`, `OpenGradebook`
- `plugins`: `Intake`, `Examine`, `SaveAutoGrades`, `AssignLatePenalties`
- `store`: `Store`, `Row`, `State`, `Remark`, `seed_of`; `stale`: `made_of`, `changed`; `results`: `results`, `Result`
- `collect`: `Collect`, `FromLMS`; `exports`: `Canvas`, `Moodle`, `Rows`; `roster`: `read_roster`
- `handout`: `HandOut`; `feedback_page`: `FeedbackPage`, `Summary`, `HideChecks`; `release`: `ReleaseFeedback`
"""
