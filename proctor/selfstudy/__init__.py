"""For people who learn alone: hints, and a verdict whenever a notebook is saved."""
