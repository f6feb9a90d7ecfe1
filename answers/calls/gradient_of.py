"""Small calls of `gradient_of`, for questions about one's own code."""

gradient_of(lambda x: (x**2).sum(), tensor([1., -3.]))
gradient_of(lambda x: x.sum(), tensor([5., 7.]))
gradient_of(lambda x: x[0] * x[1], tensor([2., 3.]))
gradient_of(lambda x: 3 * x[0], tensor([2., 4.]))
gradient_of(lambda x: tensor(4.), tensor([1., 2.]))
gradient_of(lambda x: x**3, tensor(2.))
