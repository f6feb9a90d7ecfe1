"""Questions about a student's own code, computed by running it."""
