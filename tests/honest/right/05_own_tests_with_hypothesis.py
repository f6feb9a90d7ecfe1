# assignment: 05-gradients
# what: tests with pytest and hypothesis, compares with autograd.grad and torch.optim.SGD in a test_all() that several cells call

# %% before sgd_step
import pytest
from hypothesis import given, settings, strategies as st

def test_all():
    for name in ("gradient_of", "numerical_gradient", "sgd_step"):
        if name not in globals():
            print("skip", name); continue
        if name == "gradient_of":
            x = torch.randn(3, requires_grad=True)
            assert torch.equal(gradient_of(torch.sum, x), torch.autograd.grad(x.sum(), x)[0])
        elif name == "sgd_step":
            a = nn.Linear(2, 2); b = nn.Linear(2, 2); b.load_state_dict(a.state_dict())
            for m in (a, b): m(torch.ones(2)).sum().backward()
            sgd_step(a.parameters(), 0.3); torch.optim.SGD(b.parameters(), lr=0.3).step()
            assert torch.allclose(a.bias, b.bias)
    return "ok"

# %% after sgd_step_in_place
print(test_all())

@settings(max_examples=5, deadline=None)
@given(st.floats(0.01, 1))
def test_lr(lr):
    p = torch.ones(1, requires_grad=True); p.grad = torch.ones(1)
    sgd_step([p], lr)
    assert p.item() == pytest.approx(1 - lr)

test_lr()

# %% solution sgd_step
def sgd_step(parameters, lr):
    """
    >>> p = torch.ones(1, requires_grad=True); p.grad = torch.ones(1)
    >>> sgd_step([p], 0.5); p.tolist()
    [0.5]
    """
    for p in parameters:
        if isinstance(p.grad, torch.Tensor):
            with torch.no_grad():
                p.add_(p.grad, alpha=-lr)

# %% last
import doctest
print(doctest.run_docstring_examples(sgd_step, globals()), test_all())
