"""Small calls of `numerical_gradient`, for questions about one's own code."""

numerical_gradient(lambda x: (x**2).sum(), tensor([1., -3.], dtype=torch.float64))
numerical_gradient(lambda x: x.sum(), tensor([5., 7.], dtype=torch.float64))
numerical_gradient(lambda x: x[0] * x[1], tensor([2., 3.], dtype=torch.float64))
numerical_gradient(lambda x: 3 * x, tensor(2., dtype=torch.float64))
numerical_gradient(lambda x: (x**3).sum(), tensor([1., 2.], dtype=torch.float64), 1.)
numerical_gradient(lambda x: (x**2).sum(), tensor([[1.], [2.]], dtype=torch.float64), 0.5)
