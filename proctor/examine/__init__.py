"""One notebook examined: its cells run, the hidden checks' questions asked, the misconceptions named.

What others use most of it, by module:

- `run`: `grade_folder` and `grade_packed`, by which a class is graded, `run_cells`; `outcome`: `Outcome`, `pack`, `judging`
- `examine`: `examine`, for a notebook of one's own, and `protected`; `in_kernel`: `run_here`, `examine_here`
- `student`: `Student`, `StudentError`, `fresh_seed`; `hints`: `hints`, `solution`
"""
