"""What nbgrader is given: preprocessors, exporters and plugins that nbgrader_config.py names."""
