"""Small calls of `cross_entropy`, for questions about one's own code."""

cross_entropy(tensor([[0., 0.]]), tensor([1]))
cross_entropy(tensor([[0., 0., 0., 0.]]), tensor([3]))
cross_entropy(tensor([[0., 1.], [0., 1.]]), tensor([0, 1]))
cross_entropy(tensor([[9., 0.], [0., 9.]]), tensor([0, 1]))
cross_entropy(tensor([[9., 0.], [0., 9.]]), tensor([1, 0]))
cross_entropy(tensor([[1000., 0.]]), tensor([0]))
cross_entropy(tensor([[[0., 2.]]]), tensor([[0]]))
