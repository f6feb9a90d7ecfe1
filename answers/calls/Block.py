"""Small calls of `Block`, for questions about one's own code."""

Block(4, 2)(torch.zeros(1, 3, 4)).shape
Block(6, 3)(torch.zeros(2, 5, 6)).shape
Block(4, 4)(torch.ones(2, 1, 4)).shape
sum(p.numel() for p in Block(2, 1).parameters())
sum(p.numel() for p in Block(4, 2).parameters())
len(list(Block(2, 2).parameters()))
