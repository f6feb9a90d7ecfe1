"""Small calls of `nucleus_probs`, for questions about one's own code."""

nucleus_probs(tensor([0., 0., -90.]), 0.4)
nucleus_probs(tensor([0., 0., -90.]), 0.9)
nucleus_probs(tensor([1., 2., 0.]), 0.5)
nucleus_probs(tensor([1., 2., 0.]), 0.7)
nucleus_probs(tensor([1., 2., 0.]), 1.)
nucleus_probs(tensor([[3., 0.], [0., 0.]]), 0.8)
