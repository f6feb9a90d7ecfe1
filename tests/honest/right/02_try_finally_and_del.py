# assignment: 02-matmul
# what: try/except/else/finally and del in the answers, turning PyTorch's error into a ValueError

# %% solution matmul
def matmul(A, B):
    result = None
    try:
        assert A.shape[1] == B.shape[0], "inner sizes"
        t = A.unsqueeze(-1) * B
        result = t.sum(1)
    except AssertionError as problem:
        raise ValueError(*problem.args) from problem
    else:
        del t
    finally:
        print("done" if result is not None else "failed")
    return result

# %% solution linear
def linear(x, W, b=None):
    y = x @ W.T
    try:
        y = y + b
    except TypeError:       # b is None
        pass
    return y
