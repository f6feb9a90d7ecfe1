# assignment: 03-softmax
# what: a decorator prints arguments and results of every answer into a StringIO

# %% after setup
import io, contextlib, functools
journal = io.StringIO()

def spy(function):
    @functools.wraps(function)
    def inner(*args, **kwargs):
        with contextlib.redirect_stdout(journal):
            print("->", function.__name__, [getattr(a, "shape", a) for a in args], kwargs.keys())
            result = function(*args, **kwargs)
            print("<-", getattr(result, "shape", result))
        return result
    return inner

# %% solution softmax
@spy
def softmax(x, dim):
    e = torch.exp(x - x.amax(dim, keepdim=True))
    return e / e.sum(dim, keepdim=True)

# %% solution next_token_probs
@spy
def next_token_probs(logits):
    return softmax(logits[:, -1], dim=-1)

# %% last
print(journal.getvalue()[-500:])
journal.close
