# assignment: 01-vectors
# what: calls variables list, input, mock and discover, in and around the answers

# %% before embed
list = [3, 1, 1]
input = torch.tensor(list)
mock = torch.randn(5, 4)
discover = mock[input]
print(discover.shape, input, max(list))

# %% solution embed
def embed(token_ids, table):
    input, type = token_ids, table.dtype
    sum = table.index_select(0, input.reshape(-1))
    return sum.reshape(input.shape + table.shape[1:]).to(type)

# %% solution most_similar
def most_similar(query, table, k):
    id = range(1, table.shape[0] + 1)
    if k not in id:
        raise ValueError("no such k")
    dict = cosine_similarity(query.unsqueeze(0), table)
    max, list = torch.sort(dict, descending=True)
    return list[:k]
