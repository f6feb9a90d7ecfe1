"""For people who write the course: what is wrong with its files, a sample class, a page of what students get wrong."""
