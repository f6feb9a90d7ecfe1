"""Small calls of `cross_entropy_between`, for questions about one's own code."""

cross_entropy_between(tensor([1., 0.]), tensor([0.5, 0.5]))
cross_entropy_between(tensor([0.5, 0.5]), tensor([0.25, 0.75]))
cross_entropy_between(tensor([0., 1.]), tensor([0., 1.]))
cross_entropy_between(tensor([[1., 0.], [0., 1.]]), tensor([[0.5, 0.5], [0.25, 0.75]]))
cross_entropy_between(tensor([[0.5, 0.5]]), tensor([[0.5, 0.5]]))
cross_entropy_between(tensor([0.25, 0.75]), tensor([0.5, 0.5]))
