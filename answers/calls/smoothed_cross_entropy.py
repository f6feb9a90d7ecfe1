"""Small calls of `smoothed_cross_entropy`, for questions about one's own code."""

smoothed_cross_entropy(tensor([[0., 0.]]), tensor([0]), 0.)
smoothed_cross_entropy(tensor([[0., 0.]]), tensor([1]), 0.5)
smoothed_cross_entropy(tensor([[0., 2.]]), tensor([1]), 0.)
smoothed_cross_entropy(tensor([[0., 2.]]), tensor([1]), 0.5)
smoothed_cross_entropy(tensor([[0., 2.]]), tensor([0]), 1.)
smoothed_cross_entropy(tensor([[0., 2.], [2., 0.]]), tensor([1, 1]), 0.1)
