"""All that is kept of a class, and all that nbgrader is given: preprocessors, exporters, plugins that nbgrader_config.py names."""
