"""Small calls of `split_heads`, for questions about one's own code."""

split_heads(tensor([[[1, 2, 3, 4]]]), 2)
split_heads(tensor([[[1, 2], [3, 4]]]), 2)
split_heads(tensor([[[1, 2], [3, 4]]]), 1)
split_heads(tensor([[[1, 2], [3, 4], [5, 6]]]), 2)
split_heads(torch.zeros(2, 3, 8), 4).shape
split_heads(torch.zeros(1, 5, 6), 2).shape
