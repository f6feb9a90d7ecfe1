"""One notebook examined: its cells run, the hidden checks' questions asked, the misconceptions named."""
