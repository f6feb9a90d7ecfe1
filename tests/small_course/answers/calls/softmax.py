"""Small calls of `softmax`, for questions about one's own code."""

softmax(tensor([[1., 2., 0.]]), dim=-1)
softmax(tensor([[1., 2.], [1., 2.]]), dim=0)
softmax(tensor([[0., 1.], [3., 3.]]), dim=-1)
softmax(tensor([[0., 1.], [2., 1.]]), dim=0)
softmax(tensor([1000., 1000.]), dim=0)
softmax(tensor([[1000., 0.]]), dim=1)
softmax(tensor([2., 2., 2., 2.]), dim=0)
softmax(tensor([[5., 5.]]), dim=0)
