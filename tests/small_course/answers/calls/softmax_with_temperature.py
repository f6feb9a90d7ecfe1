"""Small calls of `softmax_with_temperature`, for questions about one's own code."""

softmax_with_temperature(tensor([0., 1.]), 1.)
softmax_with_temperature(tensor([0., 1.]), 2.)
softmax_with_temperature(tensor([0., 1.]), 0.5)
softmax_with_temperature(tensor([[3., 3.]]), 0.1)
softmax_with_temperature(tensor([[0., 2.], [1., 1.]]), 2.)
softmax_with_temperature(tensor([1., 2., 0.]), 0.1)
