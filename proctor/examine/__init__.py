"""One submission, from the notebook to its report.

- `examine`: `run_submission`, for a class, `run_cells`, and `examine`, for a notebook of one's own
- `packed`: `grade_packed`, for another machine; `in_kernel`: `run_here`, `examine_here`
"""
