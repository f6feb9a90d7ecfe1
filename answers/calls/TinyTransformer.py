"""Small calls of `TinyTransformer`, for questions about one's own code."""

TinyTransformer(10, 4, 2, 1, 8)(torch.zeros(2, 3, dtype=torch.int64)).shape
TinyTransformer(5, 4, 1, 2, 4)(tensor([[1, 4]])).shape
TinyTransformer(3, 2, 2, 1, 1)(tensor([[0], [1]])).shape
sum(p.numel() for p in TinyTransformer(3, 2, 1, 0, 4).parameters())
sum(p.numel() for p in TinyTransformer(5, 2, 1, 0, 4).parameters())
torch.equal(*TinyTransformer(3, 2, 1, 1, 4)(tensor([[1, 2], [1, 0]]))[:, 0])
torch.equal(*TinyTransformer(3, 2, 1, 1, 4)(tensor([[0, 2], [1, 2]]))[:, 1])
