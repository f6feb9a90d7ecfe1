"""From findings, and the session while it lives, to words: messages, small calls that fail,
misconceptions.
"""
