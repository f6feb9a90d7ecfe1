# assignment: 01-vectors
# what: checks the cosine against scikit-learn and SciPy, where they are installed

# %% solution cosine_similarity
def cosine_similarity(a, b):
    dot = torch.einsum("...d,...d->...", *torch.broadcast_tensors(a, b))
    lengths = torch.linalg.vector_norm(a, dim=-1) * torch.linalg.vector_norm(b, dim=-1)
    zero = lengths == 0
    return dot.div(lengths + zero).masked_fill(zero, 0.0)

# %% after cosine_similarity_values
try:
    from sklearn.metrics.pairwise import cosine_similarity as sk_cosine
    print(sk_cosine(word_table.numpy())[0])
except ImportError as e:
    print("no sklearn:", e)
try:
    import scipy.spatial.distance as ssd
    print(1 - ssd.cosine([3, 4], [4, 0]))
except ImportError:
    pass
print(cosine_similarity(word_table, word_table[0]))
