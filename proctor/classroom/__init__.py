"""A whole class: graded by many processes, recorded by one, and seen at a glance."""
