"""Small calls of `most_frequent_pair`, for questions about one's own code."""

most_frequent_pair(tensor([1, 2, 1, 2, 3]))
most_frequent_pair(tensor([0, 0, 0]))
most_frequent_pair(tensor([5, 6]))
most_frequent_pair(tensor([3, 1, 2, 1]))
most_frequent_pair(tensor([2, 1, 1, 2, 1, 1]))
most_frequent_pair(tensor([9, 8, 7, 9, 8]))
