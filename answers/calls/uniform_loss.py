"""Small calls of `uniform_loss`, for questions about one's own code."""

uniform_loss(1)
uniform_loss(2)
uniform_loss(10)
uniform_loss(65)
