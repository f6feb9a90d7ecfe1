# assignment: 01-vectors
# what: looks at the answers with inspect, dir, vars, globals and locals

# %% solution cosine_similarity
def cosine_similarity(a, b):
    """cos = a.b / |a||b|"""
    dot = (a * b).sum(-1)
    norm_a = a.norm(2, -1)
    norm_b = b.norm(2, -1)
    # print(locals().keys())
    denominator = (norm_a * norm_b)
    return torch.where(denominator != 0, dot / (denominator + (denominator == 0)), torch.zeros_like(dot))

# %% after cosine_similarity
import inspect
print(inspect.signature(cosine_similarity), cosine_similarity.__name__, cosine_similarity.__doc__)
print(inspect.getsource(embed))
mine = [n for n, v in globals().items() if inspect.isfunction(v) and not n.startswith("_")]
print(mine, len(dir(F)), "cosine_similarity" in dir(F))
print([n for n, _ in inspect.getmembers(torch.nn.functional, inspect.isbuiltin)][:5])
print(sorted(vars(nn.CosineSimilarity(dim=-1)))[:3])

# %% last
def where_am_i(x=1):
    y = 2
    return locals()
print(where_am_i(), "embed" in globals(), cosine_similarity.__code__.co_varnames)
