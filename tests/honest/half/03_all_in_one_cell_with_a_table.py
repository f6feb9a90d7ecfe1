# assignment: 03-softmax
# what: all answers in one cell, with a table of functions at its end
# loses: softmax

# %% solution softmax
def softmax(x, dim):
    e = torch.exp(x - x.amax(dim, keepdim=True))
    return e / e.sum()

FUNCS = {"softmax": softmax}

def softmax_with_temperature(logits, temperature):
    if temperature <= 0:
        raise ValueError("t")
    return FUNCS["softmax"](logits / temperature, -1)

def next_token_probs(logits, f=softmax):
    return f(logits[:, -1], -1)

class Attention:
    weigh = staticmethod(softmax)
    def __call__(self, q, k, v):
        return self.weigh(q @ k.mT / q.shape[-1] ** 0.5, -1) @ v

attend = Attention()
# %% solution softmax_with_temperature
# it stands in the cell of softmax
# %% solution next_token_probs
# it stands in the cell of softmax
# %% solution attend
# it stands in the cell of softmax
