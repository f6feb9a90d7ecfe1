# assignment: 01-vectors
# what: keeps older versions, some with the forbidden built-ins, that the final answers never call

# %% solution embed
def embed_v1(token_ids, table):
    return F.embedding(token_ids, table)   # not allowed :(

def embed_v2(token_ids, table):
    out = []
    for i in token_ids:
        out.append(table[i])
    return torch.stack(out)                # 0-d ids fail

# def embed_v3(token_ids, table):
#     layer = nn.Embedding.from_pretrained(table)
#     return layer(token_ids)

def embed(token_ids, table):
    return table[token_ids]

# %% solution cosine_similarity
def cosine_old(a, b):
    return torch.cosine_similarity(a, b, dim=-1)

def cosine_similarity(a, b):
    return 0

def cosine_similarity(a, b):
    n = torch.linalg.vector_norm(a, dim=-1) * torch.linalg.vector_norm(b, dim=-1)
    return (a * b).sum(-1) / torch.where(n > 0, n, 1.0).to(n.dtype)

# %% after cosine_similarity_values
print(cosine_old(word_table[0], word_table[1]), cosine_similarity(word_table[0], word_table[1]))
