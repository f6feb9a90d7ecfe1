"""How student code is confined, and all that runs inside: one notebook in one sandbox, which
answers questions over a socket.

Its public names, by module:

- `launcher`: `fork_server`, the process whose forks the sandboxes are, and which has imported
  PyTorch already
- `cell`: `Cell`, `CellDone`, `Limits`; `protocol`: `SandboxConfig`, `Call`, `Probe`, `encode`,
  `decode_answer`
- `wording`: `describe`, `bare`; `files`: `files_in`, `plain_files`, `write_files`
- `limited`: `run_limited`, for the grader's own work on a student's bytes

The walls are in `isolation`, `linux` and `calls`, the sandbox without walls in `plain_sandbox`;
inside are `forkserver`, `worker`, `shell`, `modes`, `guard` and `stand_ins`; the messages that
cross the walls are in `protocol`.
"""
