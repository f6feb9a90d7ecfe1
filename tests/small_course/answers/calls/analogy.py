"""Small calls of `analogy`, for questions about one's own code."""

analogy(0, 1, 2, tensor([[1., 0.], [1., 1.], [2., 0.], [2., 1.]]))
analogy(0, 2, 1, tensor([[1., 0.], [1., 1.], [2., 0.], [2., 1.], [9., 0.]]))
analogy(1, 0, 3, tensor([[1., 0.], [1., 1.], [2., 0.], [2., 1.], [0., 9.]]))
analogy(2, 0, 3, tensor([[0., 1.], [1., 0.], [1., 1.], [2., 1.], [1., 5.]]))
