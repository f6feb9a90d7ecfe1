"""Small calls of `SelfAttention`, for questions about one's own code."""

SelfAttention(4, 2)(torch.zeros(1, 3, 4)).shape
SelfAttention(6, 3)(torch.zeros(2, 5, 6)).shape
SelfAttention(6, 2)(torch.ones(3, 2, 6)).shape
SelfAttention(4, 4)(torch.ones(2, 1, 4)).shape
sum(p.numel() for p in SelfAttention(2, 1).parameters())
sum(p.numel() for p in SelfAttention(2, 2).parameters())
