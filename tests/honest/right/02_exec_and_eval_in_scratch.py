# assignment: 02-matmul
# what: generates small experiments by exec and eval in scratch cells

# %% after matmul
for n in (1, 2):
    exec(f"A{n} = torch.eye({n + 1}) * {n}")
print(eval("matmul(A2, A2)"))
code = compile("r = matmul(A1, A1)", "<mine>", "exec")
space = {"matmul": matmul, "A1": A1}
exec(code, space)
space["r"]

# %% solution linear
def linear(x, W, b=None):
    shape = x.shape
    flat = x.reshape(-1, shape[-1])
    y = flat @ W.T
    if b is not None:
        y = y + b[None, :]
    return y.reshape(*shape[:-1], W.shape[0])

# %% after linear_gradients
for op in ("sum", "mean", "std"):
    print(op, getattr(linear(torch.ones(2, 3), torch.ones(2, 3)), op)())
