"""Small calls of `merge_heads`, for questions about one's own code."""

merge_heads(tensor([[[[1, 2]], [[3, 4]]]]))
merge_heads(tensor([[[[1], [2]], [[3], [4]]]]))
merge_heads(tensor([[[[1], [2], [3]], [[4], [5], [6]]]]))
merge_heads(tensor([[[[1, 2], [3, 4]]]]))
merge_heads(torch.zeros(2, 4, 3, 5)).shape
merge_heads(torch.zeros(1, 2, 6, 3)).shape
