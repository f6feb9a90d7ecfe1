# assignment: 01-vectors
# what: draws its own plots and an interactive widget, closes figures, changes rcParams

# %% after setup
plt.rcParams["figure.figsize"] = (4, 3)
plt.style.use("ggplot")

# %% solution cosine_similarity
def cosine_similarity(a, b):
    inv_a = (a * a).sum(-1, keepdim=True).clamp_min(1e-36).rsqrt()
    inv_b = (b * b).sum(-1, keepdim=True).clamp_min(1e-36).rsqrt()
    return (a * inv_a * b * inv_b).sum(-1)

# %% after cosine_similarity
angles = torch.linspace(0, 2 * math.pi, 50)
vecs = torch.stack([angles.cos(), angles.sin()], -1)
plt.plot(angles, cosine_similarity(vecs, torch.tensor([1.0, 0.0])))
plt.savefig("cosine.png")
plt.close("all")

# %% after most_similar_order
try:
    from ipywidgets import interact
    @interact(word=words, k=(1, 8))
    def neighbours(word="cat", k=3):
        print([words[i] for i in most_similar(word_table[words.index(word)], word_table, k)])
except ImportError:
    print("no widgets")
