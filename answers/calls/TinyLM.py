"""Small calls of `TinyLM`, for questions about one's own code."""

TinyLM(10, 4)(torch.zeros(2, 3, dtype=torch.int64)).shape
TinyLM(5, 2)(tensor([[1, 4]])).shape
TinyLM(3, 8)(tensor([[0], [1]])).shape
sum(p.numel() for p in TinyLM(2, 1).parameters())
sum(p.numel() for p in TinyLM(10, 2).parameters())
[tuple(p.shape) for p in TinyLM(3, 1).parameters()]
