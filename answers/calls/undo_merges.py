"""Small calls of `undo_merges`, for questions about one's own code."""

undo_merges(tensor([2, 2]), [(0, 1)], 2)
undo_merges(tensor([3]), [(0, 1), (2, 2)], 2)
undo_merges(tensor([3, 0]), [(1, 0), (0, 2)], 2)
undo_merges(tensor([0, 1]), [(0, 1)], 2)
undo_merges(tensor([4]), [(0, 1), (3, 2)], 3)
undo_merges(tensor([1, 0, 1]), [], 2)
