# assignment: 05-gradients
# what: a dataclass with __call__ is the answer, configured by cfg.attr = value, and forwarded by a def with the asked names

# %% solution gradient_descent
from dataclasses import dataclass, field

@dataclass
class Descent:
    lr: float = 0.1
    steps: int = 10
    _trace: list = field(default_factory=list, repr=False)

    def __call__(self, f, x):
        self._trace = [x]
        for _ in range(self.steps):
            x = x - self.lr * gradient_of(f, x)
            self._trace.append(x)
        return torch.stack(self._trace)


cfg = Descent()


def gradient_descent(f, start, lr, steps):
    cfg.lr = lr
    cfg.steps = steps
    return cfg(f, start.detach().clone())

# %% solution sgd_step
class SGDStep:
    @torch.no_grad()
    def __call__(self, parameters, lr):
        for p in parameters:
            if p.grad is not None:
                torch.sub(p, p.grad, alpha=lr, out=p)


sgd_step = SGDStep()
