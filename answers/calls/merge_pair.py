"""Small calls of `merge_pair`, for questions about one's own code."""

merge_pair(tensor([1, 2, 3]), (1, 2), 9)
merge_pair(tensor([1, 1, 1]), (1, 1), 9)
merge_pair(tensor([1, 2, 1, 2]), (1, 2), 9)
merge_pair(tensor([2, 1]), (1, 2), 9)
merge_pair(tensor([3, 1, 2]), (1, 2), 9)
merge_pair(tensor([4]), (4, 4), 9)
