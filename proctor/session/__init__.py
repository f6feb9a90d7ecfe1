"""How the grader talks to a sandbox: it runs a notebook, puts the checks' questions, and replays
the notebook if its sandbox dies.

Its public names, by module:

- `session`: `Session`, one notebook in one sandbox after another; `transcript`: `Transcript`, its
  questions and answers
- `connection`: `Connection`
- `budget`: `Budget`, `ran_out`; `turns`: `turn`, side by side or alone
- `doctor`: `try_the_walls`, `keeps_secrets`, `works`
"""
