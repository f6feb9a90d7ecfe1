"""Small calls of `matmul`, for questions about one's own code."""

matmul(tensor([[1., 2.]]), tensor([[3.], [4.]]))
matmul(tensor([[1.], [2.]]), tensor([[3., 4.]]))
matmul(tensor([[1., 2.], [3., 4.]]), tensor([[1., 0.], [0., 1.]]))
matmul(tensor([[1., 2.], [3., 4.]]), tensor([[0., 1.], [1., 0.]]))
matmul(tensor([[1., 0., 2.]]), tensor([[1.], [5.], [3.]]))
matmul(tensor([[2.]]), tensor([[1., 2., 3.]]))
