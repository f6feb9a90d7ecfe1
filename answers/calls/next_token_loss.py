"""Small calls of `next_token_loss`, for questions about one's own code."""

next_token_loss(tensor([[[0., 9.], [9., 0.]]]), tensor([[0, 1]]))
next_token_loss(tensor([[[0., 9.], [9., 0.]]]), tensor([[1, 0]]))
next_token_loss(tensor([[[0., 0.], [0., 5.]]]), tensor([[1, 1]]))
next_token_loss(tensor([[[0., 9.], [9., 0.], [0., 0.]]]), tensor([[0, 1, 0]]))
next_token_loss(tensor([[[0., 0., 0., 0.], [9., 0., 0., 0.]]]), tensor([[2, 3]]))
