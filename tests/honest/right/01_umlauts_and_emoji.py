# assignment: 01-vectors
# what: German names with umlauts, emoji in comments and strings, a Markdown cell with LaTeX and HTML

# %% markdown before embed
## Meine Notizen 📝

Die **Länge** ist $\lVert v\rVert=\sqrt{\sum_i v_i^2}$. <b style="color:red">Wichtig!</b>

<table><tr><td>👩‍🎓</td><td>Übung 1</td></tr></table>

# %% solution cosine_similarity
def größe(vektor):
    return torch.sqrt(torch.sum(vektor * vektor, dim=-1))  # Pythagoras 📐

def cosine_similarity(a, b):
    # 🐱 · 🐶 = ?
    länge = größe(a) * größe(b)
    null = länge == 0
    ähnlichkeit = (a * b).sum(dim=-1) / länge.masked_fill(null, 1.0)
    return ähnlichkeit.masked_fill(null, 0.0)

# %% solution most_similar
def most_similar(query, table, k):
    if not 1 <= k <= table.shape[0]:
        raise ValueError("k außerhalb von 1…V 😬")
    π = cosine_similarity(query, table)
    return π.topk(k).indices

# %% after most_similar
print("✅ geschafft! nächste Wörter:", [words[i] for i in most_similar(word_table[1], word_table, 3)])
