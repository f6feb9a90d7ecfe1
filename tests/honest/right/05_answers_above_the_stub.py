# assignment: 05-gradients
# what: solves the exercise in a cell above and never touches the stub

# %% before gradient_descent
def gradient_descent(f, start, lr, steps):
    xs = [start.detach().clone()]
    while len(xs) <= steps:
        xs += [xs[-1] - lr * gradient_of(f, xs[-1])]
    return torch.stack(xs)

print(gradient_descent(lambda x: x**2, torch.tensor(3.0), 0.1, 5))

# %% solution gradient_descent
def gradient_descent(f, start: torch.Tensor, lr: float, steps: int) -> torch.Tensor:
    """The path of gradient descent.

    f: takes a tensor with the shape of start, gives a 0-d tensor
    start: any shape; left as it was
    returns: (steps + 1, *start.shape), the start and the point after each step
    """
    # YOUR CODE HERE
    raise NotImplementedError()
