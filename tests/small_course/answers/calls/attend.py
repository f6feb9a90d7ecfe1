"""Small calls of `attend`, for questions about one's own code."""

attend(tensor([[0.]]), tensor([[1.], [2.]]), tensor([[1., 3.], [3., 5.]]))
attend(tensor([[1.]]), tensor([[0.], [100.]]), tensor([[1.], [7.]]))
attend(tensor([[1.]]), tensor([[2.], [2.]]), tensor([[4.], [8.]]))
attend(tensor([[1.], [-1.]]), tensor([[100.], [0.]]), tensor([[1.], [7.]]))
attend(tensor([[3., 0., 0., 0.]]), tensor([[2., 0., 0., 0.], [0., 0., 0., 0.]]), tensor([[1.], [0.]]))
attend(tensor([[5., 5.]]), tensor([[1., 2.]]), tensor([[6., 7., 8.]]))
