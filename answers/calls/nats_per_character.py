"""Small calls of `nats_per_character`, for questions about one's own code."""

nats_per_character(1.5, 10, 30)
nats_per_character(2., 1, 1)
nats_per_character(2., 3, 6)
nats_per_character(0., 3, 8)
nats_per_character(3., 10, 5)
