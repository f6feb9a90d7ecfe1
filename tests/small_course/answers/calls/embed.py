"""Small calls of `embed`, for questions about one's own code."""

embed(2, tensor([[1, 2], [3, 4], [5, 6]]))
embed(tensor([2, 0]), tensor([[1, 2], [3, 4], [5, 6]]))
embed(tensor([1]), tensor([[1, 2], [3, 4], [5, 6]]))
embed(tensor([[0, 1]]), tensor([[1, 2], [3, 4], [5, 6]]))
embed(tensor([0, 0, 1]), tensor([[1], [2]]))
embed(tensor([[1], [0]]), tensor([[1], [2]]))
