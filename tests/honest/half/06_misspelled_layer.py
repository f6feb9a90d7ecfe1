# assignment: 06-training-loop
# what: misspells nn.Embedding, so the model cannot be made; the rest is right and never seen at work
# loses: TinyLM

# %% solution TinyLM
class TinyLM(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.emb = nn.Embeding(vocab_size, d_model)
        self.up = nn.Linear(d_model, 4 * d_model)
        self.down = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        return self.down(F.gelu(self.up(self.emb(ids))))

# %% after TinyLM_logits
%tb
