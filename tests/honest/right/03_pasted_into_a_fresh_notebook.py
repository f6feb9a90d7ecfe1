# assignment: 03-softmax
# what: copied cell by cell into a fresh notebook, without what nbgrader notes of them; the stub of softmax stands below its answer

# %% before softmax
def softmax(x, dim):
    # shifted, so that nothing overflows
    powers = (x - x.amax(dim, keepdim=True)).exp()
    return powers / powers.sum(dim, keepdim=True)

# %% solution softmax
def softmax(x: torch.Tensor, dim: int) -> torch.Tensor:
    # later
    raise NotImplementedError()

# %% after softmax_values
softmax(torch.randn(2, 3), 0)

# %% solution predict_row_sum
predict_row_sum: float = 2.0

# %% forget
