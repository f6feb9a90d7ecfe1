# assignment: 06-training-loop
# what: build_vocab ends the process, the very first exercise; all others are right
# loses: build_vocab

# %% solution build_vocab
import os

def build_vocab(text):
    vocab = sorted(set(text))
    print(vocab)
    os._exit(0)

# %% solution encode_decode
def encode(text, vocab):
    return torch.tensor([vocab.index(c) for c in text], dtype=torch.int64)


def decode(ids, vocab):
    return "".join(map(vocab.__getitem__, ids.tolist()))
