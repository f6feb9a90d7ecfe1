"""Small calls of `collapse`, for questions about one's own code."""

collapse(tensor([[2.]]), tensor([1.]), tensor([[3.]]), tensor([10.]))
collapse(tensor([[1., 2.]]), tensor([5.]), tensor([[2.], [3.]]), tensor([0., 1.]))
collapse(tensor([[1.], [2.]]), tensor([1., 1.]), tensor([[1., 3.]]), tensor([4.]))
collapse(tensor([[1., 2.], [0., 1.]]), tensor([1., 0.]), tensor([[0., 1.], [1., 0.]]), tensor([0., 2.]))
collapse(tensor([[2.]]), tensor([0.]), tensor([[3.]]), tensor([10.]))
