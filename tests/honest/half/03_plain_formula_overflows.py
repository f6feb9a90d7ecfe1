# assignment: 03-softmax
# what: softmax by the plain formula, which overflows; a decorator counts the calls of the others
# loses: softmax

# %% solution softmax
def softmax(x, dim):
    return x.exp() / x.exp().sum(dim, keepdim=True)

# %% before softmax_with_temperature
calls = {}

def counted(f):
    def wrapper(*args, **kwargs):
        calls[f.__name__] = calls.get(f.__name__, 0) + 1
        return f(*args, **kwargs)
    return wrapper

# %% solution softmax_with_temperature
@counted
def softmax_with_temperature(logits, temperature):
    if temperature <= 0:
        raise ValueError("T")
    return softmax(logits / temperature, dim=-1)
