# assignment: 05-gradients
# what: leaves numerical_gradient and train_step as they came, the rest is right and logs a lot
# loses: numerical_gradient train_step

# %% solution numerical_gradient
def numerical_gradient(f, x: torch.Tensor, eps: float = 1e-6) -> torch.Tensor:
    """The gradient of f at x, by centred differences.

    f: takes a tensor with the shape of x, gives a 0-d tensor
    x: any shape, float64; left as it was
    eps: how far each entry is moved, either way
    returns: like x
    """
    # YOUR CODE HERE
    raise NotImplementedError()

# %% solution train_step
def train_step(model: nn.Module, optimizer, loss_fn, inputs: torch.Tensor, targets: torch.Tensor) -> float:
    """One training step; gives the loss before the update.

    model: (B, T) -> (B, T, V)
    loss_fn: (B*T, V), (B*T,) -> 0-d
    inputs, targets: (B, T) int64
    """
    # YOUR CODE HERE
    raise NotImplementedError()

# %% solution sgd_step
import logging
log = logging.getLogger("sgd")

def sgd_step(parameters, lr):
    with torch.no_grad():
        for i, p in enumerate(parameters):
            if p.grad is None:
                log.warning("parameter %d has no gradient", i)
            else:
                p.sub_(lr * p.grad)
