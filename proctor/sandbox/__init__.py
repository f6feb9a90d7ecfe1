"""Where student code runs: one notebook in one sandbox, which answers questions over a socket.

What others use of it, by module:

- `session`: `Session`, which runs a notebook and asks; `cell`: `Cell`, `Limits`; `protocol`: `Setup`; `link`: `CancelHandle`
- `budget`: `Budget`, the most that all that is done for one submission may take
- `launcher`: `fork_server`, the process whose forks the sandboxes are, and which has imported PyTorch already
- `doctor`: `try_the_walls`, `keeps_secrets`; `bounded`: `bounded`, for the grader's own work on a student's bytes

What is behind the walls is in `forkserver`, `worker`, `shell`, `guard` and `stand_ins`; the walls are in `isolation` and
`linux`; what crosses them is in `protocol`.
"""
