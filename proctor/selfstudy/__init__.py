"""For self-learners: hints, and a verdict whenever they save a notebook."""
