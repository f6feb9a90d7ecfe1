# assignment: 06-training-loop
# what: variables called list, type, input and mock, German identifiers, emoji, a match statement

# %% solution build_vocab
def build_vocab(text):
    list = []
    for zeichen in text:
        if zeichen not in list:
            list.append(zeichen)
    list.sort()
    return list

# %% solution encode_decode
def encode(text, vocab):
    wörterbuch = {}
    for nummer, zeichen in enumerate(vocab):
        wörterbuch[zeichen] = nummer
    input = torch.zeros(len(text), dtype=torch.int64)
    for stelle, zeichen in enumerate(text):
        match wörterbuch.get(zeichen):
            case None:
                raise KeyError(f"🤷 {zeichen!r}")
            case nummer:
                input[stelle] = nummer
    return input


def decode(ids, vocab):
    type = [vocab[i] for i in ids.tolist()]
    return "".join(type)

# %% solution TinyLM
class TinyLM(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.tabelle = nn.Embedding(vocab_size, d_model)
        self.größer = nn.Linear(d_model, 4 * d_model)
        self.wörter = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        mock = self.tabelle(ids)
        mock = nn.functional.gelu(self.größer(mock))
        return self.wörter(mock)

# %% after TinyLM_start
type = "tiny"
discover = TinyLM(5, 8)
print("🎉", type, sum(p.numel() for p in discover.parameters()))
