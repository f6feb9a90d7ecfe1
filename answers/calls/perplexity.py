"""Small calls of `perplexity`, for questions about one's own code."""

perplexity(tensor([[0., 0.]]), tensor([1]))
perplexity(tensor([[0., 0., 0., 0.]]), tensor([2]))
perplexity(tensor([[50., 0.]]), tensor([0]))
perplexity(tensor([[0., 1.]]), tensor([0]))
perplexity(tensor([[0., 0.], [50., 0.]]), tensor([1, 0]))
perplexity(tensor([[[0., 0.], [0., 0.]]]), tensor([[0, 1]]))
