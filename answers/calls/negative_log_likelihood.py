"""Small calls of `negative_log_likelihood`, for questions about one's own code."""

negative_log_likelihood(tensor([0.5, 0.5]), 0)
negative_log_likelihood(tensor([0., 1.]), 1)
negative_log_likelihood(tensor([0.25, 0.5, 0.25]), 1)
negative_log_likelihood(tensor([0.25, 0.5, 0.25]), 2)
negative_log_likelihood(tensor([0.1, 0.9]), 0)
