"""One submission, from the notebook to its report.

- `run`: `grade_folder` and `grade_packed`, by which a class is graded, `run_cells`
- `examine`: `examine`, for a notebook of one's own, and `protected`; `in_kernel`: `run_here`, `examine_here`
"""
