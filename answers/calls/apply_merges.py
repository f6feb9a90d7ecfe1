"""Small calls of `apply_merges`, for questions about one's own code."""

apply_merges(tensor([0, 1, 0, 1]), [(0, 1)], 2)
apply_merges(tensor([0, 1, 0, 1]), [(0, 1), (2, 2)], 2)
apply_merges(tensor([0, 1, 0]), [(1, 0), (0, 2)], 2)
apply_merges(tensor([0, 0, 0]), [(0, 0)], 1)
apply_merges(tensor([1, 0]), [], 2)
apply_merges(tensor([0, 1, 2]), [(0, 1), (3, 2)], 3)
