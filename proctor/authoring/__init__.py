"""For authors of the course: problems in its files, and a sample class."""
