# assignment: 01-vectors
# what: property tests with hypothesis in scratch cells

# %% solution cosine_similarity
def cosine_similarity(a, b):
    tiny = torch.finfo(a.dtype).tiny
    la = (a * a).sum(dim=-1, keepdim=True).sqrt().clamp(min=tiny)
    lb = (b * b).sum(dim=-1, keepdim=True).sqrt().clamp(min=tiny)
    return torch.sum((a / la) * (b / lb), -1)

# %% after cosine_similarity_zero
try:
    from hypothesis import given, settings, strategies as st
except ImportError:
    given = None

if given:
    @settings(max_examples=20, deadline=None, database=None)
    @given(st.lists(st.floats(-100, 100), min_size=3, max_size=3), st.floats(1, 9))
    def test_scale(v, c):
        v = torch.tensor(v, dtype=torch.float64)
        w = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
        assert torch.allclose(cosine_similarity(v, w), cosine_similarity(c * v, w), atol=1e-6)

    test_scale()
