"""Small calls of `most_similar`, for questions about one's own code."""

most_similar(tensor([1., 0.]), tensor([[0., 5.], [9., 9.], [1., 0.]]), 1)
most_similar(tensor([1., 0.]), tensor([[0., 5.], [9., 9.], [1., 0.]]), 2)
most_similar(tensor([1., 0.]), tensor([[-1., 0.], [1., 0.], [0., 1.]]), 3)
most_similar(tensor([2., 0.]), tensor([[1., 0.], [3., 4.]]), 1)
most_similar(tensor([0., 1.]), tensor([[3., 4.], [0., -1.], [0., 2.]]), 2)
