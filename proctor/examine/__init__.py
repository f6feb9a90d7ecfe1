"""One notebook examined: its cells run, the hidden checks' questions asked, what was misunderstood named."""
