# assignment: 04-cross-entropy
# what: a careful tester: doctests, pytest.raises, hypothesis, and a test_all() that compares with PyTorch's own losses

# %% solution cross_entropy
def cross_entropy(logits, targets):
    """Mean surprise.

    >>> round(cross_entropy(torch.zeros(2, 4), torch.tensor([0, 3])).item(), 4)
    1.3863
    """
    assert logits.shape[:-1] == targets.shape, (logits.shape, targets.shape)
    assert not targets.is_floating_point()
    loss = (logits.logsumexp(-1) - logits.gather(-1, targets[..., None])[..., 0]).mean()
    assert loss.ndim == 0
    return loss

# %% last
import doctest
doctest.run_docstring_examples(cross_entropy, globals())

def test_all(n=20):
    for _ in range(n):
        B, V = torch.randint(1, 9, (2,)).tolist()
        a, b = 10 * torch.randn(B, V), torch.randint(V, (B,))
        assert torch.allclose(cross_entropy(a, b), F.cross_entropy(a, b), rtol=1e-4, atol=1e-5)
        assert torch.allclose(cross_entropy(a, b), F.nll_loss(torch.log_softmax(a, -1), b), rtol=1e-4, atol=1e-5)
        assert torch.allclose(perplexity(a, b), nn.CrossEntropyLoss()(a, b).exp(), rtol=1e-3)
    print("all right")

test_all()

# %% last
import pytest
from hypothesis import given, settings, strategies as st

@settings(max_examples=10, deadline=None)
@given(st.integers(1, 1000))
def test_uniform(v):
    assert math.isclose(uniform_loss(v), -math.log(1 / v), abs_tol=1e-12)

test_uniform()
with pytest.raises(ValueError):
    uniform_loss(0)
