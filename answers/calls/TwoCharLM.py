"""Small calls of `TwoCharLM`, for questions about one's own code."""

TwoCharLM(10, 4)(torch.zeros(2, 3, dtype=torch.int64)).shape
TwoCharLM(5, 2)(tensor([[1, 4]])).shape
TwoCharLM(3, 8)(tensor([[0], [1]])).shape
sum(p.numel() for p in TwoCharLM(2, 1).parameters())
torch.equal(*TwoCharLM(3, 2)(tensor([[1, 2], [1, 0]]))[:, 0])
torch.equal(*TwoCharLM(3, 2)(tensor([[1, 2], [0, 2]]))[:, 1])
torch.equal(*TwoCharLM(3, 2)(tensor([[1, 2, 0], [0, 2, 0]]))[:, 2])
