"""Small calls of `causal_mix`, for questions about one's own code."""

causal_mix(tensor([[0.], [0.]]), tensor([[1.], [2.]]), tensor([[2.], [4.]]))
causal_mix(tensor([[1.], [1.]]), tensor([[0.], [100.]]), tensor([[3.], [7.]]))
causal_mix(tensor([[1.], [1.]]), tensor([[100.], [0.]]), tensor([[3.], [7.]]))
causal_mix(tensor([[0.], [0.], [0.]]), tensor([[1.], [2.], [3.]]), tensor([[3.], [6.], [9.]]))
causal_mix(tensor([[5., 5.]]), tensor([[1., 2.]]), tensor([[6., 7., 8.]]))
causal_mix(tensor([[0.], [1.]]), tensor([[2.], [2.]]), tensor([[1., 0.], [0., 1.]]))
