"""Small calls of `Queries`, for questions about one's own code."""

Queries(4, 2)(torch.zeros(1, 3, 4)).shape
Queries(6, 3)(torch.zeros(2, 5, 6)).shape
Queries(6, 2)(torch.zeros(2, 2, 6)).shape
Queries(4, 4)(torch.zeros(3, 1, 4)).shape
Queries(4, 1)(torch.zeros(1, 2, 4)).shape
