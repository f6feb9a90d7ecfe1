"""The sandbox: where student code runs, and what crosses between it and the grader."""
