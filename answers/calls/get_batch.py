"""Small calls of `get_batch`, for questions about one's own code."""

data = torch.arange(6)
g = torch.Generator().manual_seed(0)

get_batch(torch.arange(3), 1, 2, g)
get_batch(torch.arange(2), 2, 1, g)
get_batch(data, 1, 5, g)
get_batch(data, 4, 2, g)[0].shape
get_batch(data, 4, 2, g)[1].shape
(lambda x, y: y - x)(*get_batch(data, 2, 3, g))
get_batch(torch.full((4,), 7), 2, 3, g)
