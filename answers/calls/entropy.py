"""Small calls of `entropy`, for questions about one's own code."""

entropy(tensor([0.5, 0.5]))
entropy(tensor([1., 0.]))
entropy(tensor([0.25, 0.25, 0.25, 0.25]))
entropy(tensor([[0.5, 0.5], [0., 1.]]))
entropy(tensor([[0.1, 0.9], [0.25, 0.75]]))
entropy(tensor([0.5, 0.25, 0.25]))
