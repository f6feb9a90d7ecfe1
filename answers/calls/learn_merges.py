"""Small calls of `learn_merges`, for questions about one's own code."""

learn_merges(tensor([0, 1, 0, 1]), 2, 1)
learn_merges(tensor([0, 1, 0, 1]), 2, 2)
learn_merges(tensor([0, 1, 0, 1]), 2, 9)
learn_merges(tensor([0, 0, 0, 1]), 2, 2)
learn_merges(tensor([0, 1]), 2, 0)
learn_merges(tensor([2, 0, 2, 0, 1]), 3, 2)
