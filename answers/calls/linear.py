"""Small calls of `linear`, for questions about one's own code."""

linear(tensor([1., 2.]), tensor([[1., 0.], [0., 1.], [1., 1.]]))
linear(tensor([1., 2.]), tensor([[3., 4.]]), tensor([10.]))
linear(tensor([[1., 2.]]), tensor([[0., 1.], [1., 0.]]), tensor([10., 20.]))
linear(tensor([[1., 2.], [3., 4.]]), tensor([[1., 1.], [0., 2.]]), tensor([0., 1.]))
linear(tensor([[1., 2.]]), tensor([[1., 1.], [1., -1.]]))
linear(tensor([[1.], [2.]]), tensor([[1.], [3.]]), tensor([0., 1.]))
