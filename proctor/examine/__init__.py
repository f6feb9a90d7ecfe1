"""One notebook examined: its cells run, the hidden checks' questions asked, the misconceptions named.

What others use of it, by module:

- `run`: `grade_folder`, which all that grade a class call, `run_submission`, `run_cells`; `outcome`: `Outcome`, `pack`
- `examine`: `examine`, for a notebook of one's own, and `protected`; `in_kernel`: `run_here`, `examine_here`
- `student`: `Student`, `StudentError`, `Draw`, `fresh_seed`; `catch`: `caught`
"""
