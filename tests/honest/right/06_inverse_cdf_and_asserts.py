# assignment: 06-training-loop
# what: samples by cumsum and searchsorted, asserts shapes everywhere, tests with pytest and hypothesis in scratch

# %% solution generate
def generate(model, prompt, max_new_tokens, temperature, generator):
    assert prompt.ndim == 1 and prompt.dtype == torch.int64, prompt
    ids = prompt
    for _ in range(max_new_tokens):
        with torch.no_grad():
            logits = model(ids.reshape(1, -1))
        assert logits.shape[:2] == (1, len(ids)), logits.shape
        p = torch.softmax(logits[0, -1].double() / temperature, dim=-1)
        cdf = p.cumsum(0)
        u = torch.rand(1, generator=generator, dtype=torch.float64) * cdf[-1]
        new = torch.searchsorted(cdf, u, right=True).clamp(max=len(p) - 1)
        ids = torch.cat((ids, new))
    return ids

# %% solution encode_decode
def encode(text, vocab):
    """
    >>> encode("ab", ["b", "a"]).tolist()
    [1, 0]
    """
    assert len(set(vocab)) == len(vocab)
    return torch.tensor([vocab.index(char) for char in text]).to(torch.int64)


def decode(ids, vocab):
    from operator import itemgetter
    return "".join(itemgetter(i)(vocab) for i in ids.tolist())

# %% after encode_decode_text
import doctest, pytest
from hypothesis import given, settings, strategies as st

doctest.run_docstring_examples(encode, globals())

@settings(max_examples=20, deadline=None)
@given(st.text("abc \n"))
def test_round_trip(text):
    assert decode(encode(text, list("abc \n")), list("abc \n")) == text

test_round_trip()
with pytest.raises((KeyError, ValueError)):
    encode("?", ["a"])
