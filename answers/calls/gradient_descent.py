"""Small calls of `gradient_descent`, for questions about one's own code."""

gradient_descent(lambda x: (x**2).sum(), tensor([1.]), 0.5, 2)
gradient_descent(lambda x: (x**2).sum(), tensor([2.]), 0.25, 2)
gradient_descent(lambda x: (x**2).sum(), tensor([1., 2.]), 1., 2)
gradient_descent(lambda x: 3 * x, tensor(2.), 1., 3)
gradient_descent(lambda x: x**2, tensor(5.), 0.1, 0)
gradient_descent(lambda x: x[0] * x[1], tensor([1., 2.]), 0.5, 1)
