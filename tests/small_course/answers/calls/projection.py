"""Small calls of `projection`, for questions about one's own code."""

projection(tensor([3., 4.]), tensor([2., 0.]))
projection(tensor([3., 4.]), tensor([0., 1.]))
projection(tensor([2., 2.]), tensor([1., 1.]))
projection(tensor([[3., 4.], [1., 2.]]), tensor([[2., 0.], [0., 2.]]))
projection(tensor([[1., 3.]]), tensor([[2., 2.]]))
projection(tensor([[1., 3.], [2., 0.]]), tensor([[1., 0.], [1., 0.]]))
