# assignment: 06-training-loop
# what: encode and decode in two cells, and nbgrader's notes lost to a converter

# %% before encode_decode
def encode(text, vocab):
    ids = {character: number for number, character in enumerate(vocab)}
    return torch.tensor([ids[character] for character in text], dtype=torch.int64)

# %% solution encode_decode
def decode(ids, vocab):
    return "".join(vocab[i] for i in ids.tolist())

# %% forget
